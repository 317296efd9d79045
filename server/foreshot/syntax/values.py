"""Static values: what an expression is known to be without running it.

A value is a plain Python constant, a list, tuple or dict of values, a :class:`Ref` (a dotted name that an
import explains), a :class:`CallValue` (a call that is described, not made), or :class:`Unknown` with the
reason. Unknown is a value like the others: it spreads, and it accuses nobody.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias, TypeVar, Union, cast

from msgspec import Struct

from foreshot.text import Span

if TYPE_CHECKING:
    from foreshot.syntax.evaluate import Scope

T = TypeVar("T")


class Unknown(Struct, frozen=True):
    """A value that cannot be told statically, why, and which expression is to blame."""

    why: str
    span: Span


class Choice(Unknown, frozen=True):
    """A value that the dialect decides: one on ``dialects``, another everywhere else. Who does not ask for a dialect does not know it."""

    dialects: frozenset[str]
    then: object
    other: object


class Asked(Unknown, frozen=True):
    """A part of what the database answers: of a row that a loop is at, the item or attribute at the end of ``path``.

    A step of ``path`` that is a tuple is a method of a string with its arguments.
    """

    loop: int
    path: tuple[str | tuple[str, ...], ...] = ()
    sets: tuple[tuple[tuple[str | tuple[str, ...], ...], Value], ...] = ()
    """What the file has set in the row, by its path, the last last."""

    def at(self, step: str | tuple[str, ...]) -> Value:
        """A part of it."""
        path = (*self.path, step)[:8]
        for there, value in reversed(self.sets):
            if there == path:
                return value
        return Asked(self.why, self.span, self.loop, path, self.sets)

    def having(self, path: tuple[str | tuple[str, ...], ...], value: Value) -> Asked:
        """The row with a part of it set."""
        return Asked(self.why, self.span, self.loop, self.path, (*self.sets, (path, value))[-8:])


class Ref(Struct, frozen=True):
    """A dotted name.

    ``path`` is where the imports say it leads (``sqlalchemy.String``); ``written`` is how the file spells it
    (``sa.String``); ``bound`` is False when no import, assignment or builtin explains its first part.
    """

    path: str
    written: str
    span: Span
    bound: bool = True


def as_key(value: Value) -> Value:
    """A value as a dictionary's key: a class or a member of an enum is the same wherever it is named."""
    return Ref(value.path, value.path, Span(0, 0)) if isinstance(value, Ref) and value.bound else value


class CallValue(Struct, frozen=True):
    """A call that is described but not made, such as ``sa.String(50)``.

    ``func.path`` of a method on another call's result has that call's path with ``()`` in it, and
    ``receiver`` is that call: ``sa.Enum(...).create(bind)`` has the path ``sqlalchemy.Enum().create``.
    ``keyword_spans`` gives the whole ``name=value`` of each keyword; ``open_ended`` is True when ``*args`` or
    ``**kwargs`` of unknown content were passed too, ``starred`` when it was ``*args`` alone.
    """

    func: Ref
    args: tuple[Value, ...]
    keywords: Mapping[str, Value]
    span: Span
    arg_spans: tuple[Span, ...] = ()
    keyword_value_spans: Mapping[str, Span] = {}
    keyword_spans: Mapping[str, Span] = {}
    receiver: Value = None
    open_ended: bool = False
    starred: bool = False

    @property
    def path(self) -> str:
        """Where the called name leads."""
        return self.func.path

    def argument(self, name: str, position: int | None = None) -> Value:
        """The argument passed by keyword ``name`` or at ``position``; None when it was not passed."""
        if name in self.keywords:
            return self.keywords[name]
        if position is not None and position < len(self.args):
            return self.args[position]
        return None


class FunctionValue(Struct, frozen=True, eq=False):
    """A function defined in the file, with the scope that it closes over."""

    node: ast.FunctionDef | ast.Lambda
    scope: Scope
    bound: object = None
    """Of a method: the object that it is called on."""


class OpaqueValue(Struct, frozen=True, eq=False):
    """A value that only its maker understands (a batch block); attributes of it go back to the maker."""

    content: object


class Text(Struct, frozen=True):
    """A known string built from pieces, with a map back into the source.

    ``pieces`` are pairs of (offset in ``value``, span of the literal's contents in the file); it is how a range
    inside SQL finds its place in the Python string. ``interpolated`` are the spans of the unknown or
    formatted-in expressions. ``given`` are the fields of a template that stayed unknown, each with the argument of
    ``.format`` or ``%`` that it takes.
    """

    value: str
    pieces: tuple[tuple[int, Span], ...]
    interpolated: tuple[Span, ...] = ()
    given: tuple[tuple[Span, Span], ...] = ()


Value: TypeAlias = object
"""Any of the above. Readers narrow it with ``isinstance``."""

Maybe = Union[T, Unknown]  # noqa: UP007
"""A value of type ``T`` that may not be knowable: ``table: Maybe[str]``."""


def known_str(value: object) -> str | None:
    """The value when it is a known string, else None."""
    return value if isinstance(value, str) else None


def known_strs(value: object) -> list[str] | None:
    """The items of a sequence that is wholly known strings, else None."""
    if not isinstance(value, list | tuple):
        return None
    sequence = cast("list[object] | tuple[object, ...]", value)
    items = [item for item in sequence if isinstance(item, str)]
    return items if len(items) == len(sequence) else None
