"""Where a walk through a revision stands."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from foreshot.migration.guards import Condition
from foreshot.migration.operations import Direction
from foreshot.migration.specs import Each, Test
from foreshot.syntax.evaluate import Scope
from foreshot.syntax.values import Value
from foreshot.text import Span

_MAX_CONDITIONS: Final = 20


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
    returns: list[tuple[Value, tuple[int, ...]]] | None = None
    """Takes what the function returns, and the conditions under which it does."""
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

    def take_guards(self, other: Frame) -> None:
        """From here on run under what ``other`` runs under."""
        self.dialects, self.excluded = other.dialects, other.excluded
        self.conditions, self.tests = other.conditions, other.tests

    def and_unknown(self, number: int) -> tuple[int, ...]:
        """The conditions inside one more that cannot be told; of very many the outer ones and the last are kept."""
        return (*self.conditions[: _MAX_CONDITIONS - 1], number)
