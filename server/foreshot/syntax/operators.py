"""Operators and comparisons of known values. What is put together is bounded, and its size is counted."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, cast

from foreshot.syntax.budget import MAX_ITEMS, MAX_TEXT
from foreshot.syntax.folding import is_wide
from foreshot.syntax.outlook import Decided
from foreshot.syntax.values import Asked, Choice, Ref, Value, as_key
from foreshot.text import Span

if TYPE_CHECKING:
    from foreshot.syntax.evaluate import Scope

_ORDERS: Final[Mapping[type[ast.cmpop], tuple[int, ...]]] = {
    ast.Lt: (-1,),
    ast.LtE: (-1, 0),
    ast.Gt: (1,),
    ast.GtE: (0, 1),
}
_PREFIXES: Final = ("postgresql_", "mysql_", "mariadb_", "sqlite_", "mssql_", "oracle_")
"""How SQLAlchemy's options for one dialect begin, which every other passes over."""


def binary(scope: Scope, node: ast.BinOp, depth: int) -> Value:
    """``a + b``, ``"%s" % a`` and small sums and products."""
    left, right = scope.evaluate(node.left, depth), scope.evaluate(node.right, depth)
    match node.op, left, right:
        case ast.Add(), str(), str() if len(left) + len(right) <= MAX_TEXT:
            return scope.budget.kept(left + right)
        case (ast.Add(), list(), list()) | (ast.Add(), tuple(), tuple()):
            one, other = cast("list[Value]", left), cast("list[Value]", right)
            if len(one) + len(other) > MAX_ITEMS:
                return scope.unknown("the sequence is too long", node)
            return scope.budget.kept(one + other)
        case ast.Mod(), str(), _:
            return _percent(scope, left, right, node)
        case (ast.Add() | ast.Sub(), int(), int()) if abs(left) < 1 << 62 and abs(right) < 1 << 62:
            return left + right if isinstance(node.op, ast.Add) else left - right
        case (ast.Mult(), int(), int()) if abs(left) < 1 << 31 and abs(right) < 1 << 31:
            return left * right
        case _:
            return scope.unknown(f"{describe(node)} is only known when it runs", node)


def _percent(scope: Scope, template: str, value: Value, node: ast.expr) -> Value:
    arguments: tuple[Value, ...] | dict[Value, Value]
    arguments = (
        cast("tuple[Value, ...]", value)
        if isinstance(value, tuple)
        else cast("dict[Value, Value]", value)
        if isinstance(value, dict)
        else (value,)
    )
    items = list(arguments.values() if isinstance(arguments, dict) else arguments)
    if not all(isinstance(item, str | int | float) for item in items) or is_wide(template):
        return scope.unknown("a string is formatted with a value that is only known when it runs", node)
    longest = max((len(item) for item in items if isinstance(item, str)), default=0)
    if len(template) + template.count("%") * longest > MAX_TEXT:
        return scope.unknown("the text is too long", node)
    try:
        return scope.budget.kept(template % arguments)
    except (TypeError, ValueError, KeyError, OverflowError):
        return scope.unknown("the string's formatting does not fit its values", node)


def unary(scope: Scope, node: ast.UnaryOp, depth: int) -> Value:
    """``-a`` and ``not a``."""
    value = scope.evaluate(node.operand, depth)
    if isinstance(node.op, ast.USub) and isinstance(value, int | float):
        return -value
    if isinstance(node.op, ast.Not) and isinstance(value, bool | int | str | None):
        return not value
    return scope.unknown(f"{describe(node)} is only known when it runs", node)


def subscript(scope: Scope, node: ast.Subscript, depth: int) -> Value:
    """An item of a known sequence or dictionary."""
    base = scope.evaluate(node.value, depth)
    if isinstance(node.slice, ast.Slice):
        return _slice(scope, base, node.slice, node, depth)
    index = scope.evaluate(node.slice, depth)
    try:
        match base, index:
            case Ref(path=path), str() if path.endswith("get_context().opts"):
                options = scope.root.options
                return scope.unknown("it is an option of env.py", node) if options is None else options(index)
            case dict(), str() | int() | Ref():
                return cast("dict[Value, Value]", base)[as_key(index)]
            case Asked(), str():
                return base.at(index)
            case (list(), int()) | (tuple(), int()) | (str(), int()):
                return cast("list[Value]", base)[index]
            case _:
                pass
    except (KeyError, IndexError):
        pass
    return scope.unknown("the item is only known when it runs", node)


def _slice(scope: Scope, base: Value, part: ast.Slice, node: ast.expr, depth: int) -> Value:
    """``name[len("old_"):]``."""
    ends = [scope.evaluate(end, depth) if end is not None else None for end in (part.lower, part.upper)]
    if (
        part.step is None
        and isinstance(base, str | list | tuple)
        and all(end is None or (isinstance(end, int) and abs(end) < 1 << 31) for end in ends)
    ):
        start, stop = cast("list[int | None]", ends)
        return scope.budget.kept(cast("list[Value]", base)[start:stop])
    return scope.unknown("the item is only known when it runs", node)


def conditional(scope: Scope, node: ast.IfExp, depth: int) -> Value:
    """``a if test else b``."""
    test = scope.evaluate(node.test, depth)
    if isinstance(test, bool | int | str | None):
        return scope.evaluate(node.body if test else node.orelse, depth)
    decided = decided_by(scope, node.test, test, depth)
    if decided is None:
        return scope.unknown("the value depends on a condition", node)
    return chosen(
        decided, scope.evaluate(node.body, depth), scope.evaluate(node.orelse, depth), scope.module.span(node)
    )


def decided_by(scope: Scope, node: ast.expr, value: Value, depth: int) -> Decided | None:
    """The dialects on which a condition holds, or does not, where only they decide it; ``value`` is what it comes to."""
    if isinstance(value, Choice) and isinstance(value.then, bool) and isinstance(value.other, bool):
        return (value.dialects, value.then) if value.then != value.other else None
    return scope.outlook.dialects(node, scope, depth) if scope.outlook is not None else None


def chosen(decided: Decided, then: Value, other: Value, span: Span) -> Value:
    """What a condition on the dialect comes to: ``then`` where it holds, ``other`` where it does not."""
    dialects, holds = decided
    if not holds:
        then, other = other, then
    return Choice("the value depends on the dialect", span, dialects, then, other)


def of_any_dialect(value: Value) -> Value:
    """What ``**options`` hand over where the dialect decides, and each side has only what the other's dialects pass over: ``postgresql_where``."""
    if not isinstance(value, Choice):
        return value
    sides = (value.then, value.other)
    if not isinstance(sides[0], dict) or not isinstance(sides[1], dict):
        return value
    then, other = cast("tuple[dict[Value, Value], dict[Value, Value]]", sides)
    own = tuple([f"{dialect}_" for dialect in value.dialects])
    if not all(isinstance(key, str) and key.startswith(own) for key in then):
        return value
    if not all(
        isinstance(key, str) and key.startswith(_PREFIXES) and not key.startswith(own) for key in other
    ):
        return value
    return {**then, **other}


def compare(scope: Scope, node: ast.Compare, depth: int) -> Value:
    """Equality, order and membership of constants."""
    if len(node.ops) != 1:
        return scope.unknown("a chained comparison is not followed", node)
    left, right = scope.evaluate(node.left, depth), scope.evaluate(node.comparators[0], depth)
    if isinstance(left, Choice):
        sides = [_compared(scope, node, side, right) for side in (left.then, left.other)]
        return Choice(left.why, left.span, left.dialects, *sides)
    return _compared(scope, node, left, right)


_PLAIN: Final = (str, int, float, bool, type(None))


def _is_plain(value: Value) -> bool:
    """Whether two such values can be compared: constants, and tuples of them."""
    return isinstance(value, _PLAIN) or (
        isinstance(value, tuple)
        and all(isinstance(item, _PLAIN) for item in cast("tuple[Value, ...]", value))
    )


def _compared(scope: Scope, node: ast.Compare, left: Value, right: Value) -> Value:
    plain = _PLAIN
    if isinstance(node.ops[0], ast.In | ast.NotIn):
        has = _has(left, right)
        if has is not None:
            return has == isinstance(node.ops[0], ast.In)
    elif isinstance(left, plain):
        match node.ops[0]:
            case ast.Eq() | ast.Is() if isinstance(right, plain):
                return left == right
            case ast.NotEq() | ast.IsNot() if isinstance(right, plain):
                return left != right
            case ast.Lt() | ast.LtE() | ast.Gt() | ast.GtE() as operator if (
                order := _order(left, right)
            ) is not None:
                return order in _ORDERS[type(operator)]
            case _:
                pass
    return scope.unknown("the comparison is only known when it runs", node)


def _has(left: Value, right: Value) -> bool | None:
    """Whether ``left`` is in ``right``; None where that is only known when it runs."""
    if isinstance(left, str) and isinstance(right, str):
        return left in right
    if not isinstance(right, list | tuple) or not _is_plain(left):
        return None
    items = cast("list[Value]", right)
    return left in items if all(map(_is_plain, items)) else None


def _order(left: Value, right: Value) -> int | None:
    """Whether one value comes before another (-1), after it (1) or neither (0); None where Python knows no order of them."""
    match left, right:
        case str(), str():
            return (left > right) - (left < right)
        case ((int() | float()), (int() | float())):
            return (left > right) - (left < right)
        case _:
            return None


def boolean(scope: Scope, node: ast.BoolOp, depth: int) -> Value:
    """``a and b``, ``a or b``."""
    value: Value = None
    for part in node.values:
        value = scope.evaluate(part, depth)
        if not isinstance(value, bool | int | str | None):
            return scope.unknown("the condition is only known when it runs", node)
        if bool(value) == isinstance(node.op, ast.Or):
            return value
    return value


def describe(node: ast.expr) -> str:
    """What an expression is, in words."""
    words = {
        "BinOp": "a calculation",
        "Call": "a call",
        "Await": "an awaited value",
        "NamedExpr": "an assignment expression",
    }
    return words.get(type(node).__name__, f"an expression ({type(node).__name__})")
