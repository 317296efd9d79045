"""Values that share their parts: fifty lines of ``a = [b, b]`` make one with more parts than anybody can look at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, cast

from foreshot.syntax.values import CallValue, Choice, Unknown, Value
from foreshot.text import Span

MAX_SHARED: Final = 1_000
"""Parts that a name's value may have beside four for each that is one of its own."""


def is_too_large(value: Value, most: int) -> bool:
    """Whether a value has more parts than ``most``, each counted as often as it stands in it."""
    ahead: list[Value] = [value]
    for _ in range(most):
        if not ahead:
            return False
        item = ahead.pop()
        ahead += _parts(item)
    return True


def bounded(value: Value, at: Span) -> Value:
    """A value that a name is given, unless it shares so many of its parts that whoever looks into it does not come to an end."""
    shares = is_too_large(value, MAX_SHARED) and is_too_large(value, MAX_SHARED + 4 * _own_parts(value))
    return Unknown("the value has too many parts", at) if shares else value


def _own_parts(value: Value) -> int:
    """How many parts a value has, each counted once."""
    ahead: list[Value] = [value]
    seen: dict[int, Value] = {}
    while ahead:
        item = ahead.pop()
        if id(item) not in seen:
            seen[id(item)] = item
            ahead += _parts(item)
    return len(seen)


def _parts(value: Value) -> list[Value]:
    match value:
        case CallValue():
            return [*value.args, *value.keywords.values(), value.receiver]
        case Choice():
            return [value.then, value.other]
        case list() | tuple() | set() | frozenset():
            return list(cast("list[Value]", value))
        case dict():
            return list(cast("Mapping[Value, Value]", value).values())
        case _:
            return []
