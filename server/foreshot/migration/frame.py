"""Where a walk through a revision stands."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from foreshot.migration.guards import Condition
from foreshot.migration.operations import Batch, Direction
from foreshot.syntax.evaluate import Scope
from foreshot.text import Span


class Frame(Struct):
    """Where the walk stands: copied, never shared, when a block changes anything."""

    scope: Scope
    direction: Direction
    statement: Span
    dialects: frozenset[str] | None = None
    excluded: frozenset[str] = frozenset()
    conditional: bool = False
    repeated: bool = False
    batch: Batch | None = None
    autocommit: bool = False
    depth: int = 0
    path: tuple[int, ...] = ()
    functions: tuple[object, ...] = ()

    def under(self, condition: Condition) -> Frame:
        """The frame inside a block that runs only under ``condition``."""
        dialects, excluded = self.dialects, self.excluded
        if condition.only is not None:
            dialects = condition.only if dialects is None else dialects & condition.only
        if condition.never:
            excluded = excluded | condition.never
        return replace(
            self, dialects=dialects, excluded=excluded, conditional=self.conditional or condition.unknown
        )
