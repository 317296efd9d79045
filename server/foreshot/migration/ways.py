"""What an expression comes to on each database: ``"a" if dialect == "sqlite" else "b"``, and functions that return by the database."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from foreshot.migration.guards import Condition, all_of, read_condition
from foreshot.syntax.evaluate import Scope
from foreshot.syntax.expressions import bind_parameters
from foreshot.syntax.values import Choice, FunctionValue

MAX_WAYS: Final = 12
_MAX_DEPTH: Final = 6

Way = tuple[Condition, ast.expr, Scope, bool]
"""When it is so, the expression, the scope that it stands in, and whether a ``text(…)`` stands around it."""


def sides_of(node: ast.expr, scope: Scope) -> Iterator[Condition]:
    """One after the other, the databases on which an expression's names have one value, which they have meanwhile."""
    found = _choice(node, scope, 0)
    if found is None:
        return
    owner, name, choice = found
    origin = owner.nodes.get(name)
    for condition, value in (
        (Condition(only=choice.dialects), choice.then),
        (Condition(never=choice.dialects), choice.other),
    ):
        owner.bind(name, value)
        yield condition
    owner.bind(name, choice, origin)


def _choice(node: ast.expr, scope: Scope, depth: int) -> tuple[Scope, str, Choice] | None:
    """A name in an expression, or in what its names stand for, that the database decides."""
    for inner in ast.walk(node):
        if not isinstance(inner, ast.Name):
            continue
        owner: Scope | None = scope
        while owner is not None and inner.id not in owner.values:
            owner = owner.parent
        value = owner.values[inner.id] if owner is not None else None
        if owner is not None and isinstance(value, Choice):
            return owner, inner.id, value
        origin = scope.node_of(inner.id) if depth < _MAX_DEPTH and not isinstance(value, str) else None
        if origin is not None and (found := _choice(*origin, depth + 1)) is not None:
            return found
    return None


def ways_of(node: ast.expr, scope: Scope) -> list[Way]:
    """Every expression that it may come to, with the databases for which it does; empty where something else decides."""
    found = _ways(node, scope, Condition(known=True), 0, in_text=False)
    return found if found is not None and len(found) <= MAX_WAYS else []


def _ways(node: ast.expr, scope: Scope, under: Condition, depth: int, *, in_text: bool) -> list[Way] | None:
    if depth > _MAX_DEPTH or under.known is False:
        return [] if under.known is False else None
    match node:
        case ast.IfExp(test=test, body=body, orelse=orelse):
            asked = read_condition(test, scope)
            if asked.unknown:
                return None
            one = _ways(body, scope, all_of([under, asked]), depth + 1, in_text=in_text)
            other = _ways(orelse, scope, all_of([under, asked.negated()]), depth + 1, in_text=in_text)
            return None if one is None or other is None else one + other
        case ast.Name(id=name):
            origin = scope.node_of(name)
            if origin is not None and isinstance(origin[0], ast.IfExp | ast.Call):
                return _ways(*origin, under, depth + 1, in_text=in_text)
        case ast.Call(func=ast.Attribute(attr="text"), args=[inner]):
            return _ways(inner, scope, under, depth + 1, in_text=True)
        case ast.Call(func=func, args=args, keywords=keywords):
            function = scope.evaluate(func)
            if isinstance(function, FunctionValue) and isinstance(function.node, ast.FunctionDef):
                given = [scope.evaluate(item) for item in args if not isinstance(item, ast.Starred)]
                named = {item.arg: scope.evaluate(item.value) for item in keywords if item.arg}
                inner_scope = bind_parameters(function, given, named)
                return _returned(function.node.body, inner_scope, under, depth + 1, in_text=in_text)
        case _:
            pass
    return [(under, node, scope, in_text)]


def _returned(
    body: list[ast.stmt], scope: Scope, under: Condition, depth: int, *, in_text: bool
) -> list[Way] | None:
    """What a function's body returns; None where that depends on more than the database."""
    found: list[Way] = []
    if depth > _MAX_DEPTH:
        return None
    for statement in body:
        match statement:
            case ast.Return(value=ast.expr() as value):
                ways = _ways(value, scope, under, depth, in_text=in_text)
                return None if ways is None else found + ways
            case ast.Raise():
                return found
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                scope.bind(name, scope.evaluate(value), value)
            case ast.If(test=test, body=inner, orelse=orelse):
                asked = read_condition(test, scope)
                if asked.unknown or not isinstance(inner[-1], ast.Return | ast.Raise):
                    return None
                ways = _returned(inner, scope, all_of([under, asked]), depth + 1, in_text=in_text)
                under = all_of([under, asked.negated()])
                if ways is None:
                    return None
                found += ways
                if orelse:
                    rest = _returned(orelse, scope, under, depth + 1, in_text=in_text)
                    return None if rest is None else found + rest
            case ast.Expr(value=ast.Constant()) | ast.Pass() | ast.Import() | ast.ImportFrom():
                pass
            case _:
                return None
    return None
