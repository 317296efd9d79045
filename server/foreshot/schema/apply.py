"""What an operation makes of a schema. No judgment: what fails on a server is applied as far as it says anything, and doubted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

from msgspec.structs import replace

from foreshot.schema import apply_columns, apply_constraints, apply_indexes, apply_tables, apply_things
from foreshot.schema import changes as to
from foreshot.schema.draft import Draft
from foreshot.schema.proven import note_what_held
from foreshot.schema.state import Origin, Perhaps, Schema, Table, Target


def apply(schema: Schema, change: to.Change, target: Target, origin: Origin, doubt: str = "") -> Schema:
    """The schema after a change.

    Args:
        origin: which operation it is.
        doubt: why it may not happen at all; empty when it surely does.
    """
    draft = Draft(schema, target)
    run(draft, change, origin, doubt)
    return draft.freeze()


def run(
    draft: Draft, change: to.Change, origin: Origin, doubt: str = "", under: tuple[int, ...] = ()
) -> None:
    """Apply a change to a draft; ``under`` are the conditions by which it is in doubt, where one of them is asked once."""
    draft.origin, draft.raw = origin, change.at.raw
    handler = _HANDLERS.get(type(change))
    if handler is None:
        return
    if not doubt:
        note_what_held(draft, change)
        handler(draft, change)
        return
    tables, enums = draft.tables, draft.enums
    draft.tables, draft.enums = dict(tables), dict(enums)
    handler(draft, change)
    if isinstance(change, to.Rows):
        # Rows that may have come are rows that may be there; what was perhaps filled was not.
        draft.tables = _with_rows(tables, draft.tables)
        return
    for name in list(draft.changed_tables(tables)):
        before, after = tables.get(name), draft.tables[name]
        # Of two tables of one name, each under a condition, it cannot be told which one is there.
        alone = before is None or not isinstance(change, to.MadeTable)
        reason = Perhaps(doubt, origin, name, under=under if alone else ())
        if before is None:
            draft.tables[name] = replace(after, there=reason, perhaps=(*after.perhaps, reason))
        else:
            draft.tables[name] = replace(after, perhaps=(*after.perhaps, reason))
    for name in tables.keys() - draft.tables.keys():
        draft.perhaps.append(Perhaps(doubt, origin, name, under=under))
    for name, enum in draft.enums.items():
        if enums.get(name) is not enum:
            reason = Perhaps(doubt, origin, name, under=under)
            there = reason if name not in enums else enum.there
            draft.enums[name] = replace(enum, there=there, perhaps=(*enum.perhaps, reason))


def _with_rows(before: Mapping[str, Table], after: Mapping[str, Table]) -> dict[str, Table]:
    found = dict(before)
    for name, table in after.items():
        old = before.get(name)
        if old is not None and old is not table and table.rows != old.rows:
            found[name] = replace(old, rows="unknown", rows_by=table.rows_by)
    return found


def _legacy_renames(draft: Draft, change: to.LegacyRenames) -> None:
    draft.legacy_renames = change.on


def _unread(draft: Draft, change: to.Unread) -> None:
    for about in change.about or ("",):
        draft.doubt(change.why, about)


_HANDLERS = cast(
    "Mapping[type[to.Change], Callable[[Draft, to.Change], None]]",
    {
        to.MadeTable: apply_tables.make_table,
        to.LostTable: apply_tables.lose_table,
        to.MovedTable: apply_tables.move_table,
        to.Rows: apply_tables.change_rows,
        to.Commented: apply_tables.comment,
        to.Commit: apply_tables.commit,
        to.MadeColumn: apply_columns.make_column,
        to.LostColumn: apply_columns.lose_column,
        to.SetColumn: apply_columns.set_column,
        to.MadeIndex: apply_indexes.make_index,
        to.LostIndex: apply_indexes.drop_index,
        to.MovedIndex: apply_indexes.rename_index,
        to.MadeConstraint: apply_constraints.make_constraint,
        to.LostConstraint: apply_constraints.drop_constraint,
        to.MovedConstraint: apply_constraints.rename_constraint,
        to.Validated: apply_constraints.validate,
        to.MadeEnum: apply_things.make_enum,
        to.LostType: apply_things.lose_type,
        to.MadeValue: apply_things.make_value,
        to.MovedValue: apply_things.move_value,
        to.MadeThing: apply_things.make_thing,
        to.LostThing: apply_things.lose_thing,
        to.LegacyRenames: _legacy_renames,
        to.Unread: _unread,
    },
)
