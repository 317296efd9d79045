"""Mapped classes that a revision writes for itself, and what it reads of their rows."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from foreshot.lint.context import Context
from foreshot.syntax.module import Module, assigned

_ASKING = frozenset({"query", "select", "get"})


def is_read(table: str, column: str | None, before: int, context: Context) -> bool:
    """Whether rows of a class mapped to the table are asked for in front of a place, and the column taken from one of them.

    Without a column, any that the class has.
    """
    return context.once(_read).get((table, column), before) < before


def _read(context: Context) -> dict[tuple[str, str | None], int]:
    """The columns that are taken from rows of such classes, by table, with where that is first done."""
    module = context.module
    if "__tablename__" not in module.content:
        return {}
    asked, taken = _asked(module), _taken(context)
    found: dict[tuple[str, str | None], int] = {}
    for node in module.nodes(ast.ClassDef):
        if node.name not in asked:
            continue
        values = dict(assigned(node.body))
        named = values.get("__tablename__")
        table = named.value if isinstance(named, ast.Constant) else None
        if not isinstance(table, str):
            continue
        for attribute, value in values.items():
            if isinstance(value, ast.Call) and attribute in taken:
                at = max(asked[node.name], taken[attribute])
                for key in ((table, _column(attribute, value)), (table, None)):
                    found[key] = min(at, found.get(key, at))
    return found


def _asked(module: Module) -> dict[str, int]:
    """The names that a query is made of, with where that is first done."""
    found: dict[str, int] = {}
    for call in module.nodes(ast.Call):
        if _last(call.func) in _ASKING:
            start = module.span(call).start
            for name in _names(call.args):
                found[name] = min(start, found.get(name, start))
    return found


def _names(arguments: list[ast.expr]) -> Iterator[str]:
    """``Model``, ``Model.column`` and ``[Model]``."""
    for argument in arguments:
        for item in argument.elts if isinstance(argument, ast.List) else (argument,):
            name = item.value if isinstance(item, ast.Attribute) else item
            if isinstance(name, ast.Name):
                yield name.id


def _taken(context: Context) -> dict[str, int]:
    """The attributes of variables that the module itself does not have, with where they are first read."""
    found: dict[str, int] = {}
    module, known = context.module, context.revision.scope.values
    for node in module.nodes(ast.Attribute):
        match node:
            case ast.Attribute(value=ast.Name(id=name), ctx=ast.Load()) if name not in known:
                start = module.span(node).start
                found[node.attr] = min(start, found.get(node.attr, start))
            case _:
                pass
    return found


def _column(attribute: str, made: ast.Call) -> str:
    """The column's name: the first argument where that is a string."""
    match made.args:
        case [ast.Constant(value=str(name)), *_]:
            return name
        case _:
            return attribute


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
