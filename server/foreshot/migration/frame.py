"""Where a walk through a revision stands."""

from __future__ import annotations

from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from foreshot.migration.guards import Condition
from foreshot.migration.operations import Direction
from foreshot.syntax.evaluate import Scope
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
    repeated: bool = False
    autocommit: bool = False
    depth: int = 0
    path: tuple[int, ...] = ()
    functions: tuple[object, ...] = ()

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
        )

    def and_unknown(self, number: int) -> tuple[int, ...]:
        """The conditions inside one more that cannot be told; of very many the outer ones and the last are kept."""
        return (*self.conditions[: _MAX_CONDITIONS - 1], number)
