"""What the body of a plain function comes to."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final, cast

from foreshot.syntax.budget import MAX_ITEMS
from foreshot.syntax.folding import MISSING
from foreshot.syntax.operators import chosen, decided_by
from foreshot.syntax.values import Unknown, Value

if TYPE_CHECKING:
    from foreshot.syntax.evaluate import Scope

MAX_INLINED: Final = 24  # depth below which a function's body is not looked into


def returned(scope: Scope, body: list[ast.stmt], depth: int) -> Value:
    """What a straight run of statements that do nothing but name values returns; the missing marker when it is no such."""
    for place, statement in enumerate(body):
        scope.budget.spend(1)
        if scope.budget.is_spent:
            return MISSING
        match statement:
            case ast.Return(value=ast.expr() as value):
                return scope.evaluate(value, depth)
            case ast.If(test=test, body=then, orelse=other):
                return _branched(
                    scope, test, [*then, *body[place + 1 :]], [*other, *body[place + 1 :]], depth
                )
            case _:
                if not _ran(scope, statement, depth):
                    return MISSING
    return MISSING


def last_returned(scope: Scope, body: list[ast.stmt], depth: int) -> ast.expr | None:
    """The one expression that a function returns, at its end, with the names of ``scope`` as they are then.

    What is set by a statement that is not followed is Unknown. None for a function that returns elsewhere, too.
    """
    returns = [node for statement in body for node in ast.walk(statement) if isinstance(node, ast.Return)]
    if len(returns) != 1 or body[-1] is not returns[0] or depth > MAX_INLINED:
        return None
    for statement in body[:-1]:
        if not _ran(scope, statement, depth):
            _forget(scope, statement)
    return returns[0].value


def _ran(scope: Scope, statement: ast.stmt, depth: int) -> bool:
    """Follow a statement that names values or puts them into a list; False for any other."""
    scope.budget.spend(1)
    if scope.budget.is_spent:
        return False
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            scope.bind(name, scope.evaluate(value, depth), value)
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
            scope.bind(name, scope.evaluate(value, depth), value)
        case ast.Import() | ast.ImportFrom():
            scope.bind_import(statement)
        case ast.Expr(
            value=ast.Call(
                func=ast.Attribute(value=ast.Name(id=name), attr="append"), args=[item], keywords=[]
            )
        ):
            known = scope.lookup(name)
            if not isinstance(known, list) or len(cast("list[Value]", known)) >= MAX_ITEMS:
                return False
            scope.bind(name, scope.budget.kept([*cast("list[Value]", known), scope.evaluate(item, depth)]))
        case ast.For(target=target, iter=source, body=body, orelse=[]):
            items = scope.items(source, depth)
            if items is None or depth > MAX_INLINED:
                return False
            for item in items:
                scope.unpack(target, item)
                if not all(_ran(scope, inner, depth + 1) for inner in body):
                    return False
        case ast.If(test=test, body=body, orelse=orelse):
            known = scope.evaluate(test, depth)
            if not isinstance(known, bool | int | str | None):
                return False
            return all(_ran(scope, inner, depth + 1) for inner in (body if known else orelse))
        case ast.Pass() | ast.Expr(value=ast.Constant()):
            pass
        case _:
            return False
    return True


def _forget(scope: Scope, statement: ast.stmt) -> None:
    """Make every name Unknown that a statement may set, or whose value it may change in place."""
    for node in ast.walk(statement):
        match node:
            case (
                ast.Name(id=name, ctx=ast.Store())
                | ast.Attribute(value=ast.Name(id=name))
                | ast.Subscript(value=ast.Name(id=name), ctx=ast.Store())
            ):
                scope.bind(
                    name, Unknown(f"`{name}` is set in a way that is not followed", scope.module.span(node))
                )
            case _:
                pass


def _branched(scope: Scope, test: ast.expr, then: list[ast.stmt], other: list[ast.stmt], depth: int) -> Value:
    if depth > MAX_INLINED:
        return MISSING
    known = scope.evaluate(test, depth)
    if isinstance(known, bool | int | str | None):
        return returned(scope.child(), then if known else other, depth + 1)
    decided = decided_by(scope, test, known, depth)
    if decided is None:
        return MISSING
    one, two = returned(scope.child(), then, depth + 1), returned(scope.child(), other, depth + 1)
    return MISSING if one is MISSING or two is MISSING else chosen(decided, one, two, scope.module.span(test))
