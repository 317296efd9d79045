"""A table or a column as a number that survives renames, and what one operation does to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from foreshot.migration.specs import Direction
from foreshot.text import Span

Role = Literal["created", "made", "changed", "lost", "used", "referred"]
"""``created`` is a table with its columns, ``made`` a column that is added to one; ``referred`` is done by another table's foreign key."""
Moment = tuple[str, Direction, int]
"""An operation: its file, its direction and its order."""


class Names(Struct, frozen=True):
    """What names mean at one moment."""

    tables: Mapping[str, int] = {}
    columns: Mapping[tuple[int, str], int] = {}

    def table(self, name: str | None) -> int | None:
        """The table of that name."""
        if name is None:
            return None
        found = self.tables.get(name)
        return found if found is not None else self.tables.get(other_spelling(name))

    def column(self, table: str | None, name: str) -> int | None:
        """The column of that name."""
        known = self.table(table)
        return self.columns.get((known, name)) if known is not None else None

    def name_of(self, thing: int) -> str | None:
        """What a table or a column is called; None where it is not there."""
        for name, known in self.tables.items():
            if known == thing:
                return name
        return next((name for (_, name), known in self.columns.items() if known == thing), None)

    def table_of(self, column: int) -> str | None:
        """What the table of a column is called."""
        return next(
            (self.name_of(table) for (table, _), known in self.columns.items() if known == column), None
        )


class Event(Struct, frozen=True):
    """What one change of a revision does to a table or some of its columns."""

    path: str
    revision: str
    direction: Direction
    order: int
    """Of the operation, as in its :class:`~foreshot.migration.specs.Site`."""
    span: Span
    """The call, in the text that the history was read from."""
    role: Role
    said: str
    """What it does, in a few words with names as code."""
    table: int
    columns: frozenset[int]
    name: str
    """What the table, or the one column that it is about, is called there."""


def other_spelling(name: str) -> str:
    """The name with, or without, PostgreSQL's default schema."""
    return name.removeprefix("public.") if name.startswith("public.") else f"public.{name}"
