"""Values without places: what an expression said, in a form that can be compared, stored and sent.

:mod:`foreshot.syntax.values` describes expressions with spans and the scopes that they close over. A schema outlives the
file that it was read from, so its values are these: constants as they are, dotted names, calls, lists, and what could not be told.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, Union, cast

from msgspec import Struct
from msgspec.structs import replace

from foreshot.syntax.sharing import is_too_large
from foreshot.syntax.values import CallValue, Choice, Ref, Text, Unknown, Value
from foreshot.text import Span

NOWHERE: Final = Span(0, 0)
"""The place of a value that was made again out of a stored one."""
_MAX_DEPTH: Final = 12
_MOST_PARTS: Final = 2_000
"""Parts of a value: values may share theirs, so that a short file spells one without end."""


BY_DIALECT: Final = "<by dialect>"
"""The path of a call that stands for what a dialect decides: the dialects, the value on these, the value on others."""


class Named(Struct, frozen=True, array_like=True, tag="n"):
    """A dotted name, by where the imports say it leads: ``sqlalchemy.String``."""

    path: str
    written: str = ""


class Called(Struct, frozen=True, array_like=True, tag="c"):
    """A described call: ``sa.String(50)`` is ``sqlalchemy.String`` with ``50``."""

    path: str
    args: tuple[Plain, ...] = ()
    keywords: tuple[tuple[str, Plain], ...] = ()
    written: str = ""
    receiver: Plain = None
    """For a method, what it was called on: ``sa.Integer().with_variant(…)``."""

    def argument(self, name: str, position: int | None = None) -> Plain:
        """The argument passed by keyword ``name`` or at ``position``; None when it was not passed."""
        for key, value in self.keywords:
            if key == name:
                return value
        return self.args[position] if position is not None and position < len(self.args) else None

    def given(self, name: str) -> bool:
        """Whether the keyword was passed."""
        return any(key == name for key, _ in self.keywords)


class Listed(Struct, frozen=True, array_like=True, tag="l"):
    """A list, a tuple, a set, or the pairs of a dict."""

    items: tuple[Plain, ...] = ()


class Unclear(Struct, frozen=True, array_like=True, tag="u"):
    """A value that cannot be told, and why."""

    why: str


Plain = Union[None, bool, int, float, str, Named, Called, Listed, Unclear]  # noqa: UP007
"""A value without places. ``Text`` becomes its str; what is formatted into it at run time makes it Unclear."""


def plain(value: Value, depth: int = 0) -> Plain:
    """The value without its places."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return str(value)
    if depth > _MAX_DEPTH:
        return Unclear("it is nested too deeply")
    if depth == 0 and is_too_large(value, _MOST_PARTS):
        return Unclear("it has too many parts")
    depth += 1
    match value:
        case Choice():
            dialects = Listed(tuple(sorted(value.dialects)))
            return Called(BY_DIALECT, (dialects, plain(value.then, depth), plain(value.other, depth)))
        case Unknown():
            return Unclear(value.why)
        case Ref():
            return Named(value.path, value.written)
        case CallValue():
            return Called(
                value.path,
                tuple([plain(item, depth) for item in value.args]),
                tuple([(key, plain(item, depth)) for key, item in value.keywords.items()]),
                value.func.written,
                plain(value.receiver, depth),
            )
        case Text():
            return Unclear("a part of it is only known when it runs") if value.interpolated else value.value
        case list() | tuple() | set() | frozenset():
            return Listed(tuple([plain(item, depth) for item in cast("list[Value]", value)]))
        case dict():
            pairs = cast("Mapping[Value, Value]", value).items()
            return Listed(tuple([Listed((plain(key, depth), plain(item, depth))) for key, item in pairs]))
        case _:
            return Unclear("it is only known when it runs")


def chosen(value: Plain, dialect: str, depth: int = 0) -> Plain:
    """The value as it is on a dialect."""
    if depth > _MAX_DEPTH:
        return Unclear("it is nested too deeply")
    match value:
        case Called(path=path, args=(Listed(items=dialects), then, other)) if path == BY_DIALECT:
            names = (dialect, "mysql") if dialect == "mariadb" else (dialect,)
            return chosen(then if any(name in dialects for name in names) else other, dialect, depth + 1)
        case Called():
            return Called(
                value.path,
                tuple([chosen(item, dialect, depth + 1) for item in value.args]),
                tuple([(key, chosen(item, dialect, depth + 1)) for key, item in value.keywords]),
                value.written,
                chosen(value.receiver, dialect, depth + 1),
            )
        case Listed(items=items):
            return Listed(tuple([chosen(item, dialect, depth + 1) for item in items]))
        case _:
            return value


def sql_text(value: str) -> str:
    """A text as a literal of SQL."""
    return "'" + value.replace("'", "''") + "'"


def placed(value: Plain) -> Value:
    """The value as the readers describe it, at :data:`NOWHERE`: for what asks about a described value."""
    match value:
        case Unclear(why=why):
            return Unknown(why, NOWHERE)
        case Named(path=path, written=written):
            return Ref(path, written or path, NOWHERE)
        case Called(path=path) if path == BY_DIALECT:
            return Unknown("the value depends on the dialect", NOWHERE)
        case Called():
            return CallValue(
                Ref(value.path, value.written or value.path, NOWHERE),
                tuple([placed(item) for item in value.args]),
                {key: placed(item) for key, item in value.keywords},
                NOWHERE,
                tuple([NOWHERE for _ in value.args]),
                receiver=placed(value.receiver),
            )
        case Listed(items=items):
            return [placed(item) for item in items]
        case _:
            return value


def renamed_in(text: str, name: str, new: str) -> str:
    """The SQL of an expression with a column under its new name."""
    return re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", lambda _: new, text) if text else text


def renamed_in_call(call: Called, name: str, new: str) -> Called:
    """A call that is given SQL, as ``sa.Computed("price * 2")`` is, with a column under its new name."""

    def part(value: Plain) -> Plain:
        if isinstance(value, Called):
            return renamed_in_call(value, name, new)
        return renamed_in(value, name, new) if isinstance(value, str) else value

    keywords = tuple([(key, part(item)) for key, item in call.keywords])
    return replace(call, args=tuple([part(item) for item in call.args]), keywords=keywords)
