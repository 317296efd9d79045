"""Tables: creating, dropping, renaming them, their rows and their comments."""

from __future__ import annotations

from msgspec.structs import replace

from foreshot.schema import changes as to
from foreshot.schema.apply_columns import column_of, own_sequence, with_attached
from foreshot.schema.apply_constraints import add_check, add_constraint, add_key, set_primary_key
from foreshot.schema.apply_indexes import add_index
from foreshot.schema.draft import Draft, is_unclear, text
from foreshot.schema.proven import not_by_that
from foreshot.schema.state import Column, Perhaps, Table

_INTEGERS = frozenset({"INTEGER", "BIGINT", "SMALLINT"})


def make_table(draft: Draft, change: to.MadeTable) -> None:
    """A table is created."""
    if change.table is None:
        draft.doubt("a table whose name is not known is created")
        return
    known = draft.find(change.table)
    if known is not None:
        before = draft.tables[known]
        if before.there is None and not before.perhaps and not change.if_not_exists:
            draft.doubt("the table is created a second time", known)
        if change.if_not_exists:
            not_by_that(draft, known)
        if change.if_not_exists or before.there is None:
            return
        draft.tables.pop(known)
    table = Table(
        change.table,
        {},
        draft.origin,
        comment=text(change.comment),
        partitioned=change.partitioned,
        temporary=change.temporary,
        seen=False,
        rows="some" if change.filled else "none",
        rows_by=draft.origin if change.filled else None,
        since=len(draft.perhaps),
    )
    keys = _key_columns(change)
    columns: dict[str, Column] = {}
    for made in change.columns:
        if made.name is None:
            table = _doubted(draft, table, "it has a column whose name is not known")
            continue
        column = column_of(draft, table, made, create=not change.at.raw)
        if keys == (made.name,) and _is_serial(made, column, change):
            column = replace(column, autoincrement=True)
            if draft.dialect == "postgresql" and made.identity is None:
                column = replace(column, sequence=own_sequence(draft, table.name, made.name))
        columns[made.name] = column
    table = replace(table, columns=columns)
    if not change.complete:
        table = _doubted(draft, table, "not all of its columns can be told")
    table = _constrained(draft, table, change, keys)
    draft.put(table)
    draft.gone.pop(table.name, None)


def _key_columns(change: to.MadeTable) -> tuple[str, ...]:
    """The columns of the primary key, however it is written."""
    for item in change.constraints:
        if item.kind == "primary key":
            return tuple([column for column in item.columns if column is not None])
    return tuple([column.name for column in change.columns if column.primary_key and column.name])


def _is_serial(made: to.NewColumn, column: Column, change: to.MadeTable) -> bool:
    """Whether SQLAlchemy makes the column of a one-column key count by itself."""
    if change.at.raw:
        return made.autoincrement is True
    stored = (column.type.stored or "").removesuffix(" UNSIGNED")
    if made.autoincrement is False or made.default is not None or stored not in _INTEGERS:
        return False
    referring = made.keys or any(made.name in key.columns for key in change.keys)
    return not referring or made.autoincrement is True


def _constrained(draft: Draft, table: Table, change: to.MadeTable, keys: tuple[str, ...]) -> Table:
    """The table with its keys, in the order in which the server names them."""
    written = next((item for item in change.constraints if item.kind == "primary key"), None)
    if written is not None and None in written.columns:
        table = _doubted(draft, table, "its primary key is not known")
    elif keys:
        name = (written.name if written is not None else "") or ""
        table = set_primary_key(
            draft, table, keys, name, written.final if written is not None else change.at.raw
        )
    for made in change.columns:
        if made.name is not None:
            table = with_attached(draft, table, made)
    for item in change.constraints:
        if item.kind != "primary key":
            table = add_constraint(draft, table, item)
    for check in change.checks:
        table = add_check(draft, table, check)
    for key in change.keys:
        table = add_key(draft, table, key, apart=change.at.raw)
    for index in change.indexes:
        table = add_index(draft, table, index)
    return _same_as_key(draft, table)


def _same_as_key(draft: Draft, table: Table) -> Table:
    """PostgreSQL makes one index for a primary key and an equal UNIQUE of one CREATE TABLE; an unnamed key takes its name."""
    key = table.primary_key
    if key is None or draft.dialect != "postgresql":
        return table
    equal = [item for item in table.uniques if item.columns == key.columns]
    if not equal:
        return table
    if key.named == "server":
        name = next((item.name for item in equal if item.named != "server"), None)
        if name is not None:
            key = replace(key, name=name)
    return replace(
        table, primary_key=key, uniques=tuple([item for item in table.uniques if item not in equal])
    )


def lose_table(draft: Draft, change: to.LostTable) -> None:
    """A table is dropped, with what lives on it."""
    if change.table is None:
        draft.doubt("a table that is not known is dropped")
        return
    name = draft.meant(change.table)
    if name is None:
        view = change.table if change.table in draft.views else None
        if view is None:
            draft.doubt_namesakes(change.table, "a table is dropped")
        if view is None and not change.if_exists:
            draft.doubt("the table is dropped and was not known", change.table)
        draft.gone[change.table] = draft.origin
        return
    draft.tables.pop(name)
    draft.gone[name] = draft.origin
    draft.release(lambda owner: owner.rpartition(".")[0] == name)
    for place in [place for place, thing in draft.things.items() if thing.table == name]:
        draft.things.pop(place)
    if change.cascade:
        for other in list(draft.tables.values()):
            kept = tuple([item for item in other.foreign_keys if item.ref_table != name])
            if len(kept) != len(other.foreign_keys):
                draft.put(replace(other, foreign_keys=kept))
        for view_ in [item for item in draft.views.values() if name.rpartition(".")[2].lower() in item.words]:
            draft.views.pop(view_.name)


def move_table(draft: Draft, change: to.MovedTable) -> None:
    """A table is renamed, or goes to another schema: names of keys, indexes and sequences stay; MySQL renames the keys that it named itself."""
    if change.table is None or change.new is None:
        draft.doubt("a table whose name is not known is renamed")
        return
    view = draft.views.pop(change.table, None)
    if view is not None:
        draft.views[change.new] = replace(view, name=change.new)
        return
    table = draft.table(change.table, "a table is renamed")
    if table is None:
        return
    old, new = table.name, change.new
    schema = old.rpartition(".")[0]
    if schema and "." not in new:
        new = f"{schema}.{new}"
    if draft.dialect == "postgresql" and schema != "public":
        # It comes back into the schema of those without one.
        new = new.removeprefix("public.")
    if new in draft.tables:
        draft.doubt("another table is renamed to it, and it is there", new)
    keys = table.foreign_keys
    if draft.target.is_mysql:
        start = old.rpartition(".")[2] + "_ibfk_"
        keys = tuple(
            [
                replace(item, name=new.rpartition(".")[2] + "_ibfk_" + item.name[len(start) :])
                if item.name and item.name.startswith(start)
                else item
                for item in keys
            ]
        )
    # Its place in the order is kept.
    draft.tables = {
        (new if name == old else name): (
            replace(item, name=new, foreign_keys=keys, named_by=draft.origin) if name == old else item
        )
        for name, item in draft.tables.items()
        if name != new
    }
    # With foreign keys off, as SQLite has them unless it is told otherwise, its older RENAME changes no other table.
    for other in () if draft.legacy_renames and draft.dialect == "sqlite" else list(draft.tables.values()):
        if any(item.ref_table == old for item in other.foreign_keys):
            moved = tuple(
                [
                    replace(item, ref_table=new) if item.ref_table == old else item
                    for item in other.foreign_keys
                ]
            )
            draft.put(replace(other, foreign_keys=moved))
    for sequence in [
        item for item in draft.sequences.values() if (item.owner or "").rpartition(".")[0] == old
    ]:
        column = (sequence.owner or "").rpartition(".")[2]
        draft.sequences[sequence.name] = replace(sequence, owner=f"{new}.{column}")
    draft.gone[old] = draft.origin
    draft.gone.pop(new, None)


def change_rows(draft: Draft, change: to.Rows) -> None:
    """Rows are inserted, changed or deleted."""
    name = draft.meant(change.table)
    if name is None:
        if change.table is not None:
            draft.doubt_namesakes(change.table, "rows change")
        return
    table = draft.tables[name]
    match change.verb:
        case "insert" | "merge":
            table = replace(table, rows="some", rows_by=draft.origin)
        case "truncate":
            table = replace(table, rows="none", rows_by=draft.origin)
        case "delete" if change.whole:
            table = replace(table, rows="none", rows_by=draft.origin)
        case "update" | "delete":
            filled = [table.columns[column] for column in change.fills if column in table.columns]
            if not filled:
                return
            columns = dict(table.columns)
            columns.update({item.name: replace(item, filled_by=draft.origin) for item in filled})
            for copied in set(change.copied).intersection(columns):
                columns[copied] = replace(columns[copied], copied_by=draft.origin)
            table = replace(table, columns=columns)
    draft.put(table)


def comment(draft: Draft, change: to.Commented) -> None:
    """A table gets or loses its comment."""
    name = draft.meant(change.table)
    if name is not None:
        draft.put(
            replace(draft.tables[name], comment=None if is_unclear(change.comment) else text(change.comment))
        )


def commit(draft: Draft, change: to.Commit | None = None) -> None:  # noqa: ARG001
    """What was made so far can be seen by others."""
    for table in [item for item in draft.tables.values() if not item.seen]:
        draft.put(replace(table, seen=True))


def _doubted(draft: Draft, table: Table, why: str) -> Table:
    return replace(table, perhaps=(*table.perhaps, Perhaps(why, draft.origin, table.name)))
