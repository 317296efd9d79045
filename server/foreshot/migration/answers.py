"""Loops over what the database answers: ``for key in inspector.get_foreign_keys("users"):``.

What a row has is known when the history is told, so an operation in such a loop holds marks instead of names. A mark is a text
that no name is: a NUL, and the loop's number with the path of the item, as JSON.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping
from typing import Final, Literal, cast

from msgspec import Struct
from msgspec.structs import fields, replace

from foreshot.migration.columns import last_name
from foreshot.migration.specs import Each, Site, Test
from foreshot.syntax.evaluate import Scope
from foreshot.syntax.values import Asked, CallValue, Unknown, Value, known_strs
from foreshot.text import Span

Kind = Literal["columns", "indexes", "uniques", "foreign_keys", "checks"]
_METHODS: Final[dict[str, Kind]] = {
    "get_columns": "columns",
    "get_indexes": "indexes",
    "get_unique_constraints": "uniques",
    "get_foreign_keys": "foreign_keys",
    "get_check_constraints": "checks",
}
_ATTRIBUTES: Final[dict[str, Kind]] = {
    "columns": "columns",
    "c": "columns",
    "indexes": "indexes",
    "foreign_key_constraints": "foreign_keys",
    "foreign_keys": "foreign_keys",
}
_NAMES: Final = frozenset({
    "table", "name", "new_name", "column", "columns", "constraint", "constraints", "index", "indexes", "foreign_keys", "target",
    "ref_table", "ref_columns", "ondelete", "onupdate",
})  # fmt: skip
"""Fields of operations that hold names, or hold what holds names."""
_REFLECTED = ("autoload", "autoload_with")


class Answer(Unknown, frozen=True):
    """A list that the database answered: what of, of which table, and before which operation."""

    kind: Kind
    table: str | None
    asked: tuple[int, int]
    sets: tuple[tuple[tuple[str, ...], str | None], ...] = ()


class DrawnItem(Struct, frozen=True):
    """An item of a list, and the loops and conditions under which it was put there."""

    value: Value
    loops: tuple[Each, ...] = ()
    conditions: tuple[int, ...] = ()
    tests: Mapping[int, Test] = {}


class Drawn(Unknown, frozen=True):
    """A list that was filled in loops over what the database answers."""

    items: tuple[DrawnItem, ...] = ()
    more: bool = False
    """It may have further items, of which nothing is known."""


def answered(value: Value, now: tuple[int, int]) -> Value:
    """The value, an inspector's list as an :class:`Answer` of this moment."""
    if not isinstance(value, CallValue) or last_name(value.path) not in _METHODS:
        return value
    table = mark_of(value.argument("table_name", 0))
    schema = value.argument("schema", 1)
    if isinstance(schema, str) and table is not None and schema != "public":
        table = f"{schema}.{table}"
    return Answer("it is what the database answers", value.span, _METHODS[last_name(value.path)], table, now)


def rows_of(node: ast.expr, scope: Scope, now: tuple[int, int]) -> Answer | None:
    """The list of an inspector, or of a reflected table, that a loop runs over."""
    if isinstance(node, ast.Attribute) and node.attr in _ATTRIBUTES:
        table = scope.evaluate(node.value)
        if isinstance(table, CallValue) and last_name(table.path) == "Table":
            name = table.argument("name", 0)
            if isinstance(name, str) and any(word in table.keywords for word in _REFLECTED):
                return Answer(
                    "it is what the database answers", table.span, _ATTRIBUTES[node.attr], name, now
                )
        return None
    value = answered(scope.evaluate(node), now)
    return value if isinstance(value, Answer) else None


def mark_of(value: Value) -> str | None:
    """A known text as it is, a part of a row as a mark; None for anything else."""
    if isinstance(value, Asked):
        return "\0" + json.dumps([value.loop, value.path])
    return str(value) if isinstance(value, str) else None


def marked(value: Value, loops: frozenset[int], depth: int = 0) -> Value:
    """An operation, or a part of one, with marks for what is asked in these loops."""
    if isinstance(value, Asked):
        return mark_of(value) if value.loop in loops else value
    if depth > 6 or isinstance(value, CallValue | Site | Span | Unknown):
        return value
    if isinstance(value, tuple):
        return tuple([marked(item, loops, depth + 1) for item in cast("tuple[Value, ...]", value)])
    if isinstance(value, Struct):
        changed: dict[str, Value] = {}
        for field in fields(value):
            if field.name not in _NAMES:
                continue
            before: Value = getattr(value, field.name)
            after = marked(before, loops, depth + 1)
            if after is not before and after != before:
                changed[field.name] = after
        return replace(value, **changed) if changed else value
    return value


def each_of(
    answer: Answer, number: int, condition: int, outer: tuple[int, ...], *, stops: bool = False
) -> Each:
    """The loop over an answer."""
    return Each(number, answer.kind, answer.table, answer.asked, condition, outer, answer.sets, stops)


def compared(node: ast.expr, scope: Scope) -> Test | None:
    """What a condition asks of a row: ``row["name"] == "x"``, ``"x" in row["name"]``, ``row["name"] in (…)``, ``row["name"]``."""
    if isinstance(node, ast.Name | ast.Subscript | ast.Attribute):
        mark = _mark(scope.evaluate(node))
        return Test("is", mark, json.dumps(["set"])) if mark is not None else None
    if not isinstance(node, ast.Compare) or len(node.ops) != 1:
        return None
    one, other = scope.evaluate(node.left), scope.evaluate(node.comparators[0])
    operator = node.ops[0]
    word = ""
    if (members := _members(node.left, scope) or _members(node.comparators[0], scope)) is not None:
        wanted = known_strs(other if _members(node.left, scope) is not None else one)
        if wanted is None or not isinstance(operator, ast.Eq | ast.NotEq):
            return None
        negated = isinstance(operator, ast.NotEq)
        return Test("is", members, json.dumps(["members", sorted(set(wanted))]), negated)
    if isinstance(operator, ast.Eq | ast.NotEq | ast.Is | ast.IsNot):
        word = "equals"
        if isinstance(other, Asked):
            one, other = other, one
    elif isinstance(operator, ast.In | ast.NotIn):
        word = "among"
        if isinstance(other, Asked):
            word, one, other = "contains", other, one
    mark, wanted = _mark(one), _wanted(other)
    if not word or mark is None or wanted is _NONE:
        return None
    negated = isinstance(operator, ast.NotEq | ast.IsNot | ast.NotIn)
    return Test("is", mark, json.dumps([word, wanted]), negated)


def _members(node: ast.expr, scope: Scope) -> str | None:
    """The mark of the list whose members are asked for in any order: ``set(row["column_names"])``."""
    match node:
        case ast.Call(func=ast.Name(id="set" | "frozenset" | "sorted"), args=[inner], keywords=[]):
            return _mark(scope.evaluate(inner))
        case _:
            return None


_NONE: Final = object()


def _mark(value: Value) -> str | None:
    return mark_of(value) if isinstance(value, Asked) else None


def _wanted(value: Value) -> object:
    if value is None or isinstance(value, str | bool):
        return value
    texts = known_strs(value)
    return texts if texts is not None else _NONE
