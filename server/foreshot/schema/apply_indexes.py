"""Indexes: making, naming, dropping, renaming them."""

from __future__ import annotations

from msgspec.structs import replace

from foreshot.schema import changes as to
from foreshot.schema import state as st
from foreshot.schema.apply_constraints import (
    doubted,
    name_of,
    renamed,
    same_name,
    taken_names,
    without_implied,
)
from foreshot.schema.draft import Draft, names_on
from foreshot.schema.names import mysql_index_name, postgresql_name, shortened
from foreshot.schema.state import Table


def make_index(draft: Draft, change: to.MadeIndex) -> None:
    """An index is created on a table or on a materialized view."""
    view = draft.views.get(change.table or "")
    if view is not None:
        made = built_index(draft, Table(view.name, {}, view.origin), change.index)
        if made is not None:
            draft.views[view.name] = replace(view, indexes=(*view.indexes, made))
        return
    table = draft.table(change.table, "an index is created")
    if table is not None:
        draft.put(add_index(draft, table, change.index, change.if_not_exists))


def built_index(draft: Draft, table: Table, made: to.NewIndex) -> st.Index | None:
    """The index with its name; None when its name cannot be told."""
    if made.name is None:
        return None
    columns = tuple([item for item in made.columns if item is not None])
    written, named = name_of(draft, table, "ix", columns, made.name, made.final)
    if written is None and columns:
        if made.name == "" and draft.origin.kind != "execute" and not made.final:
            label = f"ix_{table.name.replace('.', '_')}_{columns[0]}"
            written, named = shortened(label, draft.dialect), "convention"
        elif draft.dialect == "postgresql":
            written, named = postgresql_name(table.name, columns, "idx", taken_names(draft, table)), "server"
        elif draft.target.is_mysql:
            written, named = mysql_index_name(columns[0], names_on(table)), "server"
    valid = True if not made.concurrently else None
    where = made.where if draft.dialect in ("postgresql", "sqlite") else None
    return st.Index(
        written,
        named,
        made.columns,
        made.unique is True,
        draft.origin,
        where,
        made.using,
        made.include,
        made.expressions,
        None,
        valid,
        made.nulls_not_distinct and draft.dialect == "postgresql",
        made.mentions,
        made.orders if draft.dialect == "postgresql" else (),
    )


def add_index(draft: Draft, table: Table, made: to.NewIndex, if_not_exists: bool = False) -> Table:
    """The table with an index."""
    index = built_index(draft, without_implied(draft, table, made.columns), made)
    if index is None or made.unique is None:
        return doubted(draft, table, "an index that is not known is created")
    if if_not_exists and any(item.name == index.name for item in table.indexes):
        return table
    table = without_implied(draft, table, index.columns)
    table = replace(table, indexes=(*table.indexes, index))
    if (
        any(item is None and place not in made.expressions for place, item in enumerate(made.columns))
        and not made.expressions
    ):
        table = doubted(draft, table, "an index on columns that are not known is created")
    return table


def drop_index(draft: Draft, change: to.LostIndex) -> None:
    """An index is dropped."""
    if change.name is None:
        draft.doubt("an index that is not known is dropped", change.table or "")
        return
    name = change.name.rpartition(".")[2]
    for table in _places(draft, change.table):
        for group in ("indexes", "uniques"):
            items: tuple[st.Index | st.Key, ...] = getattr(table, group)
            kept = tuple([item for item in items if not same_name(draft, item.name, name)])
            # A unique constraint's index goes with DROP INDEX on MySQL only.
            if len(kept) != len(items) and (group == "indexes" or draft.target.is_mysql):
                draft.put(replace(table, **{group: kept}))
                return
    for view in draft.views.values():
        if any(item.name == name for item in view.indexes):
            kept = tuple([item for item in view.indexes if item.name != name])
            draft.views[view.name] = replace(view, indexes=kept)
            return
    if name in draft.fallen and change.at.batch >= 0:
        return
    if (
        not change.if_exists
        and change.table
        and (table := draft.tables.get(draft.find(change.table) or "")) is not None
    ):
        draft.put(doubted(draft, table, f"the index {name} is dropped and was not known", refused=True))
    elif not change.if_exists and not change.table:
        draft.doubt(f"the index {name} is dropped and was not known", f"index {name}")


def _places(draft: Draft, name: str | None) -> list[Table]:
    """The table, or all of them where none was given: an index is found by its name."""
    found = draft.find(name) if name else None
    if found is not None and draft.dialect != "postgresql":
        return [draft.tables[found]]
    if found is not None:
        return [draft.tables[found], *[item for item in draft.tables.values() if item.name != found]]
    return list(draft.tables.values())


def rename_index(draft: Draft, change: to.MovedIndex) -> None:
    """An index is renamed; on PostgreSQL a key's index takes the key with it."""
    if change.name is not None and change.new is not None:
        for table in _places(draft, change.table):
            after = renamed(table, change.name.rpartition(".")[2], change.new)
            if after is not None:
                draft.put(after)
                return
        if change.if_exists:
            return
    draft.doubt("an index that was not known is renamed", f"index {change.name}" if change.name else "")
