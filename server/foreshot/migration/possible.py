"""What a statement can be whose text is only known when it runs: where every text that the function gives it changes rows, it does."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Final, Literal, cast

from foreshot.migration.data import data_change
from foreshot.migration.operations import DataChange, Site
from foreshot.syntax.evaluate import Scope
from foreshot.syntax.values import CallValue, Unknown
from foreshot.text import Span

_VERB: Final = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE)\s", re.IGNORECASE)
_MORE: Final = re.compile(
    r";\s*\S|\bINTO\s+(?:TEMP|OUTFILE)|^\s*SELECT\b.*\bINTO\b", re.IGNORECASE | re.DOTALL
)
"""A second statement, or a query that makes a table."""
_WRAPPERS: Final = frozenset({"text", "dedent", "cleandoc", "DDL"})
_SAME: Final = frozenset({"format", "strip", "lstrip", "rstrip", "bindparams", "execution_options"})
_MOST: Final = 200
_MAX_DEPTH: Final = 6


def rows_only(argument: ast.expr, function: object, scope: Scope, site: Site) -> list[DataChange] | None:
    """What the statement may do to rows, of tables that are not told; None where it may be anything else.

    Args:
        argument: what is executed.
        function: the function around it; every text that it gives to a name counts, whatever the way through it.
    """
    if not isinstance(function, ast.FunctionDef):
        return None
    texts = list(_texts(argument, function, 0))
    if not texts or len(texts) > _MOST:
        return None
    found: dict[str, DataChange] = {}
    for node in texts:
        verb = None if node is None else _verb(node, scope, site)
        if verb is None:
            return None
        if verb != "select":
            table = Unknown("the statement is only known when it runs", Span(site.call.start, site.call.end))
            kind = cast('Literal["update", "delete", "insert"]', verb)
            found[verb] = DataChange(site, kind, table, None, columns=(), has_where=True)
    return list(found.values())


def _texts(node: ast.expr, function: ast.FunctionDef, depth: int) -> Iterator[ast.expr | None]:
    """Every expression that it may be by the function's text; None for what is none of the forms that are followed."""
    if depth > _MAX_DEPTH:
        yield None
        return
    match node:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=[inner, *_]) if (
            name in _WRAPPERS
        ):
            yield from _texts(inner, function, depth + 1)
        case ast.IfExp(body=body, orelse=orelse):
            yield from _texts(body, function, depth + 1)
            yield from _texts(orelse, function, depth + 1)
        case ast.Name(id=name):
            given = list(_given(name, function, depth))
            yield from given or [None]
        case _:
            yield node


def _given(name: str, function: ast.FunctionDef, depth: int) -> Iterator[ast.expr | None]:
    """What a function gives one of its names."""
    for node in ast.walk(function):
        match node:
            case ast.Assign(targets=targets, value=value) if any(_is(target, name) for target in targets):
                yield from _texts(value, function, depth + 1)
            case ast.AnnAssign(target=ast.Name(id=target), value=ast.expr() as value) if target == name:
                yield from _texts(value, function, depth + 1)
            case ast.For(target=ast.Name(id=target), iter=source) if target == name:
                yield from _items(source, function, depth + 1)
            case (
                ast.AugAssign(target=ast.Name(id=target))
                | ast.NamedExpr(target=ast.Name(id=target))
                | ast.Global(names=[target])
                | ast.Nonlocal(names=[target])
            ) if target == name:
                yield None
            case _:
                pass
    if not _is_followed(name, function):
        yield None


def _is_followed(name: str, function: ast.FunctionDef) -> bool:
    """Whether the name is no parameter, and bound in no other way than those that are followed: a ``with``, an unpacking."""
    arguments = function.args
    if any(item.arg == name for item in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)):
        return False
    bound = followed = 0
    for node in ast.walk(function):
        match node:
            case ast.Name(id=target, ctx=ast.Store()) if target == name:
                bound += 1
            case ast.Assign(targets=targets):
                followed += sum(_is(target, name) for target in targets)
            case ast.AnnAssign(target=target) | ast.AugAssign(target=target) | ast.For(target=target):
                followed += _is(target, name)
            case _:
                pass
    return 0 < bound == followed


def _items(source: ast.expr, function: ast.FunctionDef, depth: int) -> Iterator[ast.expr | None]:
    """The items that a list of the function may have."""
    if depth > _MAX_DEPTH:
        yield None
        return
    match source:
        case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
            for item in items:
                yield from [None] if isinstance(item, ast.Starred) else _texts(item, function, depth + 1)
        case ast.Name(id=name):
            if not _is_followed(name, function):
                yield None
            for node in ast.walk(function):
                match node:
                    case ast.Assign(targets=targets, value=value) if any(_is(item, name) for item in targets):
                        yield from _items(value, function, depth + 1)
                    case (
                        ast.AnnAssign(target=ast.Name(id=target), value=ast.expr() as value)
                        | ast.AugAssign(target=ast.Name(id=target), op=ast.Add(), value=value)
                    ) if target == name:
                        yield from _items(value, function, depth + 1)
                    case ast.Call(
                        func=ast.Attribute(value=ast.Name(id=target), attr="append"), args=[item]
                    ) if target == name:
                        yield from _texts(item, function, depth + 1)
                    case (
                        ast.Call(func=ast.Attribute(value=ast.Name(id=target)))
                        | ast.Subscript(value=ast.Name(id=target), ctx=ast.Store())
                        | ast.For(target=ast.Name(id=target))
                    ) if target == name:
                        yield None
                    case _:
                        pass
        case _:
            yield None


def _is(target: ast.expr, name: str) -> bool:
    return isinstance(target, ast.Name) and target.id == name


def _verb(node: ast.expr, scope: Scope, site: Site) -> str | None:
    """The verb of a statement that changes rows, or only reads; None for any other."""
    literals = [
        item.value
        for item in ast.walk(node)
        if isinstance(item, ast.Constant) and isinstance(item.value, str)
    ]
    start = _beginning(node)
    if start is not None:
        match = _VERB.match(start)
        return (
            match[1].lower() if match and not any(_MORE.search(text) for text in (*literals, start)) else None
        )
    value = scope.evaluate(node)
    if not isinstance(value, CallValue):
        return None
    change = data_change(value, site, executed=True)
    return change.verb if change is not None else None


def _beginning(node: ast.expr) -> str | None:
    """What a text begins with, as far as the source spells it."""
    match node:
        case ast.Constant(value=str() as text):
            return text
        case ast.JoinedStr(values=[ast.Constant(value=str() as text), *_]):
            return text
        case ast.BinOp(op=ast.Add() | ast.Mod(), left=left):
            return _beginning(left)
        case ast.Call(func=ast.Attribute(attr=name, value=inner)) if name in _SAME:
            return _beginning(inner)
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=[inner, *_]) if (
            name in _WRAPPERS
        ):
            return _beginning(inner)
        case _:
            return None
