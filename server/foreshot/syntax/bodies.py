"""What the body of a plain function comes to."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

from foreshot.syntax.folding import MISSING
from foreshot.syntax.operators import chosen
from foreshot.syntax.values import Value

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
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                scope.bind(name, scope.evaluate(value, depth), value)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                scope.bind(name, scope.evaluate(value, depth), value)
            case ast.Import() | ast.ImportFrom():
                scope.bind_import(statement)
            case ast.Pass() | ast.Expr(value=ast.Constant()):
                pass
            case ast.If(test=test, body=then, orelse=other):
                return _branched(
                    scope, test, [*then, *body[place + 1 :]], [*other, *body[place + 1 :]], depth
                )
            case _:
                return MISSING
    return MISSING


def _branched(scope: Scope, test: ast.expr, then: list[ast.stmt], other: list[ast.stmt], depth: int) -> Value:
    if depth > MAX_INLINED:
        return MISSING
    known = scope.evaluate(test, depth)
    if isinstance(known, bool | int | str | None):
        return returned(scope.child(), then if known else other, depth + 1)
    decided = scope.outlook.dialects(test, scope, depth) if scope.outlook is not None else None
    if decided is None:
        return MISSING
    one, two = returned(scope.child(), then, depth + 1), returned(scope.child(), other, depth + 1)
    return MISSING if one is MISSING or two is MISSING else chosen(decided, one, two, scope.module.span(test))
