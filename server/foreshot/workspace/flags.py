"""Settings of the project that tell its database, and so decide conditions of its revisions.

``if settings.pg_uri: url = settings.pg_uri`` and ``else: url = "sqlite:///…"`` in env.py say that the setting is true on any
database but SQLite. A property that comes down to one name or another by a setting is looked through.
"""

from __future__ import annotations

import ast
from typing import Final

from foreshot.models.scopes import ClassSource, Linker, ModuleScope
from foreshot.syntax.module import Module
from foreshot.syntax.values import Ref
from foreshot.workspace.singletons import class_of, path_of

Flags = tuple[tuple[str, bool], ...]
_MOST: Final = 20
_ENV: Final = "foreshot_env"


def flags_of(env: Module, path: str, linker: Linker) -> Flags:
    """What is true or false of the project's settings on any database but SQLite, by their dotted paths."""
    scope = linker.adopt(env, _ENV, path)
    found: dict[str, bool] = {}
    for node in env.nodes(ast.If)[:_MOST]:
        then, other = _is_for_sqlite(node.body), _is_for_sqlite(node.orelse)
        if then != other:
            _told(node.test, other, scope, linker, found, 0)
    return tuple(sorted(found.items()))


def _is_for_sqlite(body: list[ast.stmt]) -> bool:
    """Whether a branch gives a URL of SQLite."""
    return any(
        isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith("sqlite:")
        for statement in body
        for node in ast.walk(statement)
    )


def _told(
    test: ast.expr, holds: bool, scope: ModuleScope, linker: Linker, found: dict[str, bool], depth: int
) -> None:
    """Note what follows from a condition that holds, or does not."""
    if depth > _MOST:
        return
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            _told(inner, not holds, scope, linker, found, depth + 1)
        case ast.Compare(
            left=left, ops=[ast.Is() | ast.Eq() | ast.IsNot() | ast.NotEq() as op], comparators=[right]
        ):
            wanted = scope.evaluate(right)
            if isinstance(wanted, Ref):
                same = isinstance(op, ast.Is | ast.Eq) == holds
                _chosen(left, wanted.path, same, scope, linker, found)
        case ast.Attribute() | ast.Name():
            if name := _dotted(test, scope):
                found[name] = holds
        case _:
            pass


def _chosen(
    left: ast.expr, wanted: str, same: bool, scope: ModuleScope, linker: Linker, found: dict[str, bool]
) -> None:
    """``settings.engine is Kind.POSTGRES``, where the property ``engine`` is one of two by another setting."""
    if not isinstance(left, ast.Attribute):
        return
    base = _dotted(left.value, scope)
    source = class_of(base, linker) if base else None
    if source is None:
        return
    match _property(source, left.attr):
        case ast.IfExp(test=ast.Attribute(value=ast.Name(id="self"), attr=name), body=then, orelse=other):
            one, two = (path_of(item, source.scope) for item in (then, other))
            if one != two and wanted in (one, two):
                found[f"{base}.{name}"] = (wanted == one) == same
        case _:
            pass


def _dotted(node: ast.expr, scope: ModuleScope) -> str:
    """Where a name of a module is imported from, with its attributes; empty for anything else."""
    match node:
        case ast.Name(id=name):
            return scope.imports.get(name, "")
        case ast.Attribute(value=value, attr=attr):
            base = _dotted(value, scope)
            return f"{base}.{attr}" if base else ""
        case _:
            return ""


def _property(source: ClassSource, name: str) -> ast.expr | None:
    for item in source.node.body:
        match item:
            case ast.FunctionDef(name=target, body=[*_, ast.Return(value=ast.expr() as value)]) if (
                target == name and len([part for part in item.body if not _is_docstring(part)]) == 1
            ):
                return value
            case _:
                pass
    return None


def _is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
