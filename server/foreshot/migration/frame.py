"""Where a walk through a revision stands."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Final

from msgspec import Struct, field
from msgspec.structs import replace

from foreshot.migration.guards import Condition
from foreshot.migration.operations import Direction
from foreshot.migration.specs import Each, Test
from foreshot.syntax.evaluate import Scope
from foreshot.syntax.values import Value
from foreshot.text import Span

_MAX_CONDITIONS: Final = 20


class Found(Struct, frozen=True):
    """How a row was found whose parts are used behind its loop: the loops, and the conditions that it met."""

    loops: tuple[Each, ...]
    conditions: tuple[int, ...]
    tests: Mapping[int, Test]
    surely: bool = False
    """Where there is no such row, what is behind the loop does not run."""


class Leaving(Struct, frozen=True):
    """Where a loop is left, or a function returns: with which value or names, and under what."""

    value: Value
    names: Mapping[str, Value]
    loops: tuple[Each, ...]
    conditions: tuple[int, ...]
    tests: Mapping[int, Test]


class Frame(Struct):
    """Where the walk stands: copied, never shared, when a block changes anything."""

    scope: Scope
    direction: Direction
    statement: Span
    dialects: frozenset[str] | None = None
    excluded: frozenset[str] = frozenset()
    conditions: tuple[int, ...] = ()
    tests: Mapping[int, Test] = {}
    """What those conditions ask of the schema, by number."""
    repeated: bool = False
    autocommit: bool = False
    depth: int = 0
    path: tuple[int, ...] = ()
    functions: tuple[object, ...] = ()
    loops: tuple[Each, ...] = ()
    returns: list[Leaving] | None = None
    """Takes what the function returns, and the conditions under which it does."""
    breaks: list[Leaving] | None = None
    """Takes what the names are where the loop is left."""
    found: dict[int, Found] = field(default_factory=dict[int, Found])
    """Rows that loops have found, by the loop's number: shared by all frames, as the names are that hold them."""
    resume: Callable[[ast.Yield], None] | None = None
    """Inside a context manager's function: what a ``yield`` of it goes on with."""
    entry: str = ""
    tried: bool = False
    """Inside a block whose errors are caught."""

    def under(self, condition: Condition, number: int) -> Frame:
        """The frame inside a block that runs only under ``condition``, which has that number among all of the file."""
        dialects, excluded = self.dialects, self.excluded
        if condition.only is not None:
            dialects = condition.only if dialects is None else dialects & condition.only
        if condition.never:
            excluded = excluded | condition.never
        return replace(
            self,
            dialects=dialects,
            excluded=excluded,
            conditions=self.and_unknown(number) if condition.unknown else self.conditions,
            tests={**self.tests, number: condition.test}
            if condition.unknown and condition.test is not None
            else self.tests,
        )

    def leaving(self, value: Value = None) -> Leaving:
        """What is known where the walk leaves a loop or a function here."""
        names = dict(self.scope.values) if self.breaks is not None else {}
        return Leaving(value, names, self.loops, self.conditions, self.tests)

    def take_guards(self, other: Frame) -> None:
        """From here on run under what ``other`` runs under."""
        self.dialects, self.excluded = other.dialects, other.excluded
        self.conditions, self.tests = other.conditions, other.tests

    def and_unknown(self, number: int) -> tuple[int, ...]:
        """The conditions inside one more that cannot be told; of very many the outer ones and the last are kept."""
        return (*self.conditions[: _MAX_CONDITIONS - 1], number)
