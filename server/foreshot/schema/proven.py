"""Conditions of which a later operation shows that they held.

A table that was created under a condition is there when a later revision, under no condition, adds a column to it: without the table
that revision would have failed. So the condition held, and with it for all that ran under it.
"""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from foreshot.schema import changes as to
from foreshot.schema.draft import Draft
from foreshot.schema.state import Perhaps

_NEEDS_THE_TABLE: Final = (
    to.MadeColumn,
    to.LostColumn,
    to.SetColumn,
    to.MadeIndex,
    to.MadeConstraint,
    to.MovedTable,
)


def note_what_held(draft: Draft, change: to.Change) -> None:
    """Before a change that surely runs: take back the doubts whose condition has held if this does not fail."""
    # SQL has `ALTER TABLE IF EXISTS`, which runs without the table.
    if not isinstance(change, _NEEDS_THE_TABLE) or change.at.raw or change.at.tried:
        return
    table = draft.tables.get(draft.meant(change.table) or "")
    there = table.there if table is not None else None
    if there is not None and there.under:
        _take_back(draft, there)


def not_by_that(draft: Draft, name: str) -> None:
    """A table that is perhaps there may have been created by another operation: that it is there says nothing of the first."""
    table = draft.tables[name]
    if table.there is not None and table.there.under:
        plain = replace(table.there, under=())
        rest = tuple([plain if reason == table.there else reason for reason in table.perhaps])
        draft.put(replace(table, there=plain, perhaps=rest))


def _take_back(draft: Draft, known: Perhaps) -> None:
    at, held = known.origin, frozenset(known.under)

    def gone(reason: Perhaps | None) -> bool:
        if reason is None or not reason.under:
            return False
        by = reason.origin
        return (by.revision, by.direction) == (at.revision, at.direction) and held.issuperset(reason.under)

    def without(reasons: tuple[Perhaps, ...]) -> tuple[Perhaps, ...]:
        return tuple([reason for reason in reasons if not gone(reason)])

    # How many of the schema's doubts are older than a thing is counted anew.
    older = [0]
    for reason in draft.perhaps:
        older.append(older[-1] + (not gone(reason)))
    draft.perhaps = [reason for reason in draft.perhaps if not gone(reason)]
    for name, table in draft.tables.items():
        draft.tables[name] = replace(
            table,
            there=None if gone(table.there) else table.there,
            perhaps=without(table.perhaps),
            since=older[table.since],
        )
    for name, enum in draft.enums.items():
        draft.enums[name] = replace(
            enum,
            there=None if gone(enum.there) else enum.there,
            perhaps=without(enum.perhaps),
            since=older[enum.since],
        )
