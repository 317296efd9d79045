"""Keys, uniques, checks, foreign keys and indexes: making, naming, dropping, renaming them."""

from __future__ import annotations

import re
from typing import Final

from msgspec.structs import replace

from foreshot.schema import changes as to
from foreshot.schema import state as st
from foreshot.schema.draft import Draft, known_columns, names_on
from foreshot.schema.names import (
    by_convention,
    cut,
    kept_as,
    mysql_index_name,
    mysql_key_name,
    postgresql_name,
    shortened,
)
from foreshot.schema.plain import Called, Plain
from foreshot.schema.state import Naming, Table


def make_constraint(draft: Draft, change: to.MadeConstraint) -> None:
    """A constraint is added to a table."""
    table = draft.table(change.table, "a constraint is added")
    if table is None:
        return
    if change.key is not None:
        table = add_key(draft, table, change.key, apart=True)
    elif change.check is not None:
        table = add_check(draft, table, change.check)
    elif change.constraint is not None:
        table = add_constraint(draft, table, change.constraint)
    draft.put(table)


def add_constraint(draft: Draft, table: Table, made: to.NewConstraint) -> Table:
    """The table with a primary key, a unique constraint or an exclusion."""
    columns = known_columns(made.columns)
    if made.kind == "exclude":
        name = cut(made.name, draft.dialect) if made.name else None
        return replace(table, exclusions=(*table.exclusions, st.Exclusion(name, "written", draft.origin)))
    together = False
    if made.using_index is not None:
        index = next((item for item in table.indexes if item.name == made.using_index), None)
        if index is not None:
            columns, together = known_columns(index.columns), index.nulls_not_distinct
            table = replace(table, indexes=tuple([item for item in table.indexes if item is not index]))
    if columns is None or made.name is None or made.kind not in ("primary key", "unique"):
        return doubted(draft, table, "a constraint that is not known is added")
    if made.kind == "primary key":
        return set_primary_key(draft, table, columns, made.name, made.final)
    table = add_unique(draft, table, columns, made.name, made.final, made.deferrable)
    if (made.nulls_not_distinct or together) and draft.dialect == "postgresql":
        *before, key = table.uniques
        table = replace(table, uniques=(*before, replace(key, nulls_not_distinct=True)))
    return table


def set_primary_key(draft: Draft, table: Table, columns: tuple[str, ...], name: str, final: bool) -> Table:
    """The table with a primary key, whose columns take no NULL."""
    written, named = name_of(draft, table, "pk", columns, name, final)
    if written is None and draft.dialect == "postgresql":
        written, named = postgresql_name(table.name, (), "pkey", taken_names(draft, table)), "server"
    if draft.target.is_mysql:
        written = None
    found = dict(table.columns)
    for column in columns:
        known = found.get(column)
        # SQLite lets a primary key hold NULL; SQLAlchemy writes NOT NULL for it all the same.
        if known is not None and known.nullable is not False:
            found[column] = replace(known, nullable=False, nullable_by=draft.origin)
    return replace(table, columns=found, primary_key=st.Key(written, named, columns, draft.origin))


def add_unique(
    draft: Draft,
    table: Table,
    columns: tuple[str, ...],
    name: str,
    final: bool = False,
    deferrable: bool = False,
) -> Table:
    """The table with a unique constraint."""
    # What gives way has no name any more when the server thinks of one.
    table = without_implied(draft, table, columns)
    written, named = name_of(draft, table, "uq", columns, name, final)
    if written is None:
        if draft.dialect == "postgresql":
            written, named = postgresql_name(table.name, columns, "key", taken_names(draft, table)), "server"
        elif draft.target.is_mysql and columns:
            written, named = mysql_index_name(columns[0], names_on(table)), "server"
    made = st.Key(written, named, columns, draft.origin, deferrable)
    return replace(table, uniques=(*table.uniques, made))


def add_check(
    draft: Draft, table: Table, made: to.NewCheck, column: str | None = None, implied: str | None = None
) -> Table:
    """The table with a check."""
    if made.name is None:
        return doubted(draft, table, "a check whose name is not known is added")
    written, named = name_of(draft, table, "ck", (column,) if column else (), made.name, made.final)
    if written is None and draft.dialect == "postgresql":
        of = (column,) if column else _mentioned(made.condition, table)
        written = postgresql_name(table.name, of if len(of) == 1 else (), "check", taken_names(draft, table))
        named = "server"
    elif written is None and draft.dialect == "mysql":
        written, named = mysql_key_name(table.name, names_on(table), "_chk_"), "server"
    elif written is None and draft.dialect == "mariadb":
        written, named = (column or _numbered(table)), "server"
    check = st.Check(
        written, named, made.condition, draft.origin, _is_validated(draft, made), implied_by=implied
    )
    return replace(table, checks=(*table.checks, check))


def _is_validated(draft: Draft, made: to.NewCheck | to.NewKey) -> bool:
    """Whether the rows that are there are looked at: MySQL and SQLite have no NOT VALID, and take no notice of PostgreSQL's keyword."""
    return not made.not_valid or draft.target.is_mysql or draft.dialect == "sqlite"


def _numbered(table: Table) -> str:
    """MariaDB's CONSTRAINT_1, CONSTRAINT_2…"""
    number = 1
    taken = names_on(table)
    while f"CONSTRAINT_{number}" in taken:
        number += 1
    return f"CONSTRAINT_{number}"


def _mentioned(condition: Plain, table: Table) -> tuple[str, ...]:
    """The columns that a check's condition names: PostgreSQL calls it after one that stands alone."""
    text = (
        condition
        if isinstance(condition, str)
        else condition.argument("text", 0)
        if isinstance(condition, Called)
        else None
    )
    if not isinstance(text, str):
        return ()
    bare = re.sub(r"'(?:[^']|'')*'", "", text)
    words = {word.lower() for word in re.findall(r"[A-Za-z_]\w*", bare)}
    return tuple([name for name in table.columns if name.lower() in words])


_UNNAMED: Final = "a constraint without a name that is known is dropped"


def add_key(draft: Draft, table: Table, made: to.NewKey, *, apart: bool) -> Table:
    """The table with a foreign key; ``apart``: by ALTER TABLE."""
    columns, referred = known_columns(made.columns), known_columns(made.ref_columns)
    if columns is None or referred is None or made.ref_table is None or made.name is None:
        return doubted(draft, table, "a foreign key that is not known is added")
    if made.use_alter and not apart and draft.dialect != "sqlite":
        # SQLAlchemy leaves it to an ALTER TABLE that Alembic never makes.
        return table
    ref_table = draft.find(made.ref_table) or made.ref_table
    written, named = name_of(draft, table, "fk", columns, made.name, made.final, ref_table, referred)
    if written is None:
        if draft.dialect == "postgresql":
            written, named = postgresql_name(table.name, columns, "fkey", taken_names(draft, table)), "server"
        elif draft.target.is_mysql:
            written, named = mysql_key_name(table.name, names_on(table)), "server"
    key = st.ForeignKey(
        written,
        named,
        columns,
        ref_table,
        referred,
        draft.origin,
        made.ondelete,
        made.onupdate,
        _is_validated(draft, made),
        made.deferrable or made.deferred,
        made.deferred,
    )
    # What was dropped by a name that was looked up is the key that is now made anew, with other rules.
    dropped = any(reason.why == _UNNAMED for reason in table.perhaps)
    kept = [
        item
        for item in table.foreign_keys
        if not dropped or (item.columns, item.ref_table, item.ref_columns) != (columns, ref_table, referred)
    ]
    table = replace(table, foreign_keys=(*kept, key))
    if draft.target.is_mysql and not _is_indexed(table, columns):
        # An index made for an earlier key gives way to this one, which has the new key's name (sql_table.cc).
        table = without_implied(draft, table, columns)
        name = written if named != "server" and written else mysql_index_name(columns[0], names_on(table))
        index = st.Index(name, "server", columns, unique=False, origin=draft.origin, implied_by=written)
        table = replace(table, indexes=(*table.indexes, index))
    return table


def _is_indexed(table: Table, columns: tuple[str, ...]) -> bool:
    """Whether an index begins with these columns that the server would not replace."""
    size = len(columns)
    wanted = set(columns)
    candidates: list[tuple[str | None, ...]] = [
        item.columns for item in table.indexes if item.implied_by is None or len(item.columns) > size
    ]
    candidates += [item.columns for item in table.uniques]
    if table.primary_key is not None:
        candidates.append(table.primary_key.columns)
    return any(set(item[:size]) == wanted and item[:size] == columns for item in candidates)


def without_implied(draft: Draft, table: Table, columns: tuple[str | None, ...]) -> Table:
    """On MySQL an index that was made for a foreign key goes when another can serve it."""
    if not draft.target.is_mysql:
        return table
    kept = tuple(
        [
            item
            for item in table.indexes
            if item.implied_by is None or item.columns != columns[: len(item.columns)]
        ]
    )
    return replace(table, indexes=kept) if len(kept) != len(table.indexes) else table


def same_name(draft: Draft, one: str | None, other: str) -> bool:
    """Whether a name that the server has may be one that was written."""
    if one is None:
        return False
    forms = kept_as(other, draft.dialect)
    return one.lower() in map(str.lower, forms) if draft.target.is_mysql else one in forms


def drop_constraint(draft: Draft, change: to.LostConstraint) -> None:
    """A constraint is dropped."""
    table = draft.table(change.table, "a constraint is dropped")
    if table is None:
        return
    if change.kind == "primary key" and (draft.target.is_mysql or not change.name):
        draft.put(replace(table, primary_key=None))
        return
    if not change.name:
        draft.put(doubted(draft, table, _UNNAMED))
        return
    after = without_constraint(draft, table, change.name, change.kind)
    if after is None and not change.if_exists:
        why = f"the constraint {change.name} is dropped and was not known"
        after = doubted(draft, table, why, refused=True)
    if after is not None:
        draft.put(after)
    if change.cascade:
        _cascade(draft, table)


def _cascade(draft: Draft, table: Table) -> None:
    """Foreign keys of other tables that stood on a key which is gone go with it."""
    after = draft.tables.get(table.name)
    if after is None:
        return
    keys = {item.columns for item in after.uniques}
    if after.primary_key is not None:
        keys.add(after.primary_key.columns)
    for other in list(draft.tables.values()):
        kept = tuple(
            [item for item in other.foreign_keys if item.ref_table != table.name or item.ref_columns in keys]
        )
        if len(kept) != len(other.foreign_keys):
            draft.put(replace(other, foreign_keys=kept))


def without_constraint(draft: Draft, table: Table, name: str, kind: str) -> Table | None:
    """The table without the constraint of that name; None when there is none."""
    names = [name]
    made = by_convention(draft.target, "ck", table.name, (), name=name)
    if made is not None:
        names.append(made)
    names.append(shortened(name, draft.dialect))
    for wanted in names:
        if table.primary_key is not None and same_name(draft, table.primary_key.name, wanted):
            return replace(table, primary_key=None)
        for group in ("foreign_keys", "uniques", "checks", "exclusions"):
            items: tuple[st.ForeignKey | st.Key | st.Check | st.Exclusion, ...] = getattr(table, group)
            kept = tuple([item for item in items if not same_name(draft, item.name, wanted)])
            if len(kept) != len(items):
                return replace(table, **{group: kept})
        if kind in ("unique", "unknown") and draft.target.is_mysql:
            kept_indexes = tuple([item for item in table.indexes if not same_name(draft, item.name, wanted)])
            if len(kept_indexes) != len(table.indexes):
                return replace(table, indexes=kept_indexes)
    if draft.dialect == "sqlite":
        return _unnamed(table, name, kind)
    return None


def _unnamed(table: Table, name: str, kind: str) -> Table | None:
    """On SQLite a batch block's naming convention finds a constraint that has no name: the one whose columns the name tells."""
    groups = {"unique": "uniques", "foreign key": "foreign_keys", "check": "checks"}
    for of in (groups[kind],) if kind in groups else tuple(groups.values()):
        items: tuple[st.ForeignKey | st.Key | st.Check, ...] = getattr(table, of)
        unnamed = [item for item in items if item.name is None and not isinstance(item, st.Check)]
        told = [item for item in unnamed if all(column in name for column in getattr(item, "columns", ()))]
        if len(told) == 1:
            return replace(table, **{of: tuple([item for item in items if item is not told[0]])})
    if kind == "primary key" and table.primary_key is not None:
        return replace(table, primary_key=None)
    return None


def rename_constraint(draft: Draft, change: to.MovedConstraint) -> None:
    """A constraint is renamed."""
    table = draft.table(change.table, "a constraint is renamed")
    if table is None:
        return
    if (
        change.name is None
        or change.new is None
        or (after := renamed(table, change.name, change.new)) is None
    ):
        after = doubted(draft, table, "a constraint that was not known is renamed")
    draft.put(after)


def renamed(table: Table, name: str, new: str) -> Table | None:
    """The table with a constraint or an index under a new name; None when it has none of that name."""
    if table.primary_key is not None and table.primary_key.name == name:
        return replace(table, primary_key=replace(table.primary_key, name=new, named="written"))
    for group in ("uniques", "indexes", "foreign_keys", "checks", "exclusions"):
        items: tuple[st.Key | st.Index | st.ForeignKey | st.Check | st.Exclusion, ...] = getattr(table, group)
        if any(item.name == name for item in items):
            changed = tuple(
                [replace(item, name=new, named="written") if item.name == name else item for item in items]
            )
            return replace(table, **{group: changed})
    return None


def validate(draft: Draft, change: to.Validated) -> None:
    """A constraint is validated."""
    table = draft.table(change.table, "a constraint is validated")
    if table is None or change.name is None:
        return
    checks = tuple(
        [
            replace(item, validated=True, validated_by=draft.origin) if item.name == change.name else item
            for item in table.checks
        ]
    )
    keys = tuple(
        [replace(item, validated=True) if item.name == change.name else item for item in table.foreign_keys]
    )
    draft.put(replace(table, checks=checks, foreign_keys=keys))


def name_of(
    draft: Draft,
    table: Table,
    kind: str,
    columns: tuple[str, ...],
    name: str,
    final: bool,
    ref_table: str = "",
    ref_columns: tuple[str, ...] = (),
) -> tuple[str | None, Naming]:
    """The name as it arrives at the server, and who gave it; None when only the server can."""
    if name and final:
        # What SQLAlchemy sends it has shortened by its own rule; what stands in SQL the server cuts.
        return (cut if draft.raw else shortened)(name, draft.dialect), "written"
    if not (final and not name):
        made = by_convention(draft.target, kind, table.name, columns, ref_table, ref_columns, name)
        if made is not None:
            return made, "convention"
    if name:
        return shortened(name, draft.dialect) if len(name) > 63 else name, "written"
    return None, "server"


def taken_names(draft: Draft, table: Table) -> set[str]:
    return draft.constraint_names() | names_on(table) | set(draft.tables)


def doubted(draft: Draft, table: Table, why: str, *, refused: bool = False) -> Table:
    reason = st.Perhaps(why, draft.origin, table.name, refused=refused)
    return replace(table, perhaps=(*table.perhaps, reason))
