"""Columns: adding, dropping, altering and renaming them, and what goes with them."""

from __future__ import annotations

import re

from msgspec.structs import replace

from foreshot.schema import changes as to
from foreshot.schema import state as st
from foreshot.schema.apply_constraints import add_check, add_key, add_unique, set_primary_key
from foreshot.schema.apply_indexes import add_index
from foreshot.schema.draft import Draft, is_unclear, names_on, text, with_column
from foreshot.schema.plain import Called, Named, Plain, chosen, renamed_in, renamed_in_call
from foreshot.schema.state import NOT_SEEN, Column, ColumnType, Perhaps, Table
from foreshot.schema.types import old_check, spell

_SERIAL = frozenset({"INTEGER", "BIGINT", "SMALLINT"})


def make_column(draft: Draft, change: to.MadeColumn) -> None:
    """A column is added."""
    table = draft.table(change.table, "a column is added")
    if table is None:
        return
    made = change.column
    if made.name is None:
        draft.doubt("a column whose name is not known is added", table.name)
        return
    if made.name in table.columns:
        if not change.if_not_exists:
            draft.doubt(f"the column {made.name} is added a second time", table.name)
        return
    column = column_of(draft, table, made, create=False)
    if column.default is not None and not is_unclear(column.default):
        column = replace(column, filled_by=draft.origin)
    table = with_column(table, column)
    if made.primary_key and table.primary_key is None and _keeps_its_key(draft, change):
        table = set_primary_key(draft, table, (column.name,), "", draft.raw)
    draft.put(with_attached(draft, table, made))
    draft.gone.pop(f"{table.name}.{made.name}", None)


def _keeps_its_key(draft: Draft, change: to.MadeColumn) -> bool:
    """Whether a column that is added as the primary key becomes it: Alembic sends ADD COLUMN without PRIMARY KEY."""
    return draft.raw or (change.at.batch >= 0 and draft.dialect == "sqlite")


def column_of(draft: Draft, table: Table, made: to.NewColumn, *, create: bool) -> Column:
    """A new column; what cannot be told of it is its ``perhaps``."""
    name = made.name or ""
    about = f"{table.name}.{name}"
    default = chosen(made.default, draft.dialect)
    type_ = draft.type_of(made.type, made.sql, create)
    if made.type is None and made.sql is None and draft.dialect != "sqlite":
        type_ = type_of_referred(draft, made) or type_
    reasons: list[Perhaps] = []
    if type_.stored is None and not (made.type is None and draft.dialect == "sqlite"):
        reasons.append(Perhaps(unknown_type(made.type), draft.origin, about, "type"))
    if made.nullable is None:
        reasons.append(Perhaps("whether it takes NULL is not known", draft.origin, about, "nullable"))
    if is_unclear(default):
        reasons.append(Perhaps("its default is not known", draft.origin, about, "default"))
    serial = spell(made.type, draft.dialect, made.sql).serial
    sequence = None
    if serial is not None and draft.dialect == "postgresql":
        sequence = own_sequence(draft, table.name, name)
    nullable = made.nullable
    if serial is not None:
        nullable = False
    return Column(
        name,
        type_,
        nullable,
        draft.origin,
        default,
        made.identity,
        made.computed,
        text(made.comment),
        sequence,
        made.autoincrement is True,
        perhaps=tuple(reasons),
    )


def type_of_referred(draft: Draft, made: to.NewColumn) -> ColumnType | None:
    """``sa.Column("user_id", sa.ForeignKey("users.id"))`` takes the type of what it refers to."""
    if not made.keys:
        return None
    key = made.keys[0]
    other = draft.tables.get(draft.find(key.ref_table) or "")
    column = other.columns.get(key.ref_columns[0] or "") if other is not None else None
    return column.type if column is not None else None


def unknown_type(written: Plain) -> str:
    """Why a type has no spelling."""
    if isinstance(written, Called | Named):
        return f"what {written.path} is stored as is not known"
    return "its type is not known"


def own_sequence(draft: Draft, table: str, column: str) -> str:
    """The sequence that a serial makes for itself."""
    schema, _, bare = table.rpartition(".")
    name = f"{bare}_{column}_seq"
    full = f"{schema}.{name}" if schema else name
    draft.sequences[full] = st.Sequence(full, draft.origin, f"{table}.{column}")
    return full


def _is_spatial(draft: Draft, made: to.NewColumn) -> bool:
    """Whether GeoAlchemy2 gives the column an index on PostgreSQL, as it does with its types unless it is told not to."""
    type_ = chosen(made.type, draft.dialect)
    if draft.dialect != "postgresql" or not isinstance(type_, Called | Named):
        return False
    top, _, name = type_.path.partition(".")
    if top != "geoalchemy2" or name.rpartition(".")[2] not in ("Geometry", "Geography", "Raster"):
        return False
    return isinstance(type_, Named) or type_.argument("spatial_index") is not False


def with_attached(draft: Draft, table: Table, made: to.NewColumn) -> Table:
    """The table with the keys, the unique constraint, the index and the checks that a column was written with."""
    name = made.name or ""
    for key in made.keys:
        table = add_key(draft, table, replace(key, columns=(name,)), apart=False)
    if not draft.raw and _is_spatial(draft, made):
        bare = table.name.rpartition(".")[2]
        table = add_index(draft, table, to.NewIndex((name,), f"idx_{bare}_{name}", final=True, using="gist"))
        # Its name is geoalchemy2's own: nobody wrote it.
        table = replace(table, indexes=(*table.indexes[:-1], replace(table.indexes[-1], named="convention")))
    if made.unique and made.index:
        table = add_index(draft, table, to.NewIndex((name,), unique=True))
    elif made.unique:
        table = add_unique(draft, table, (name,), "")
    elif made.index:
        table = add_index(draft, table, to.NewIndex((name,)))
    for check in made.checks:
        table = add_check(draft, table, check, name)
    brought = spell(made.type, draft.dialect, made.sql).check
    if brought is None and draft.target.types_check and not draft.raw:
        brought = old_check(made.type, draft.dialect)
    if brought is not None:
        table = add_check(draft, table, to.NewCheck(None, brought), name, name)
    return table


def lose_column(draft: Draft, change: to.LostColumn) -> None:
    """A column is dropped, with what stands on it."""
    table = draft.table(change.table, "a column is dropped")
    if table is None:
        return
    if change.column is None:
        draft.doubt("a column that is not known is dropped", table.name)
        return
    if change.column not in table.columns:
        if not change.if_exists and table.there is None and not table.perhaps:
            draft.doubt(f"the column {change.column} is dropped and was not known", table.name, refused=True)
        return
    name = change.column
    column = table.columns[name]
    after = without_column(draft, table, name)
    if change.at.batch >= 0 and draft.dialect == "sqlite":
        draft.fallen |= set(names_on(table)) - set(names_on(after))
    draft.put(after)
    draft.gone[f"{table.name}.{name}"] = draft.origin
    if column.sequence is not None:
        draft.sequences.pop(column.sequence, None)
    draft.release(lambda owner: owner == f"{table.name}.{column.name}")
    if change.cascade:
        for view in [
            item
            for item in draft.views.values()
            if name.lower() in item.words and table.name.lower() in item.words
        ]:
            draft.views.pop(view.name, None)
        for other in list(draft.tables.values()):
            kept = tuple(
                [
                    item
                    for item in other.foreign_keys
                    if not (item.ref_table == table.name and name in item.ref_columns)
                ]
            )
            if len(kept) != len(other.foreign_keys):
                draft.put(replace(other, foreign_keys=kept))


def without_column(draft: Draft, table: Table, name: str) -> Table:
    """The table without a column: PostgreSQL drops every index and constraint on it, MySQL takes it out of its indexes."""
    columns = {key: value for key, value in table.columns.items() if key != name}
    key = table.primary_key
    if key is not None and name in key.columns:
        rest = tuple([item for item in key.columns if item != name])
        key = replace(key, columns=rest) if rest and draft.target.is_mysql else None
    if draft.target.is_mysql:
        indexes = tuple(
            [
                replace(item, columns=tuple([part for part in item.columns if part != name]))
                if name in item.columns
                else item
                for item in table.indexes
                if item.columns != (name,)
            ]
        )
        uniques = tuple(
            [
                replace(item, columns=tuple([part for part in item.columns if part != name]))
                if name in item.columns
                else item
                for item in table.uniques
                if item.columns != (name,)
            ]
        )
    else:
        indexes = tuple(
            [
                item
                for item in table.indexes
                if name not in item.columns
                and not _names_in(item.where, name)
                and not (item.mentions and _names_in(item.mentions, name))
            ]
        )
        uniques = tuple([item for item in table.uniques if name not in item.columns])
    return replace(
        table,
        columns=columns,
        primary_key=key,
        indexes=indexes,
        uniques=uniques,
        foreign_keys=tuple([item for item in table.foreign_keys if name not in item.columns]),
        checks=tuple(
            [item for item in table.checks if item.implied_by != name and not _names_in(item.condition, name)]
        ),
    )


def _names_in(condition: Plain, name: str) -> bool:
    """Whether an SQL condition names the column."""
    if isinstance(condition, Called):
        condition = condition.argument("text", 0)
    if not isinstance(condition, str):
        return False
    return (
        re.search(rf"(?<!\w){re.escape(name)}(?!\w)", re.sub(r"'(?:[^']|'')*'", "''", condition)) is not None
    )


def set_column(draft: Draft, change: to.SetColumn) -> None:
    """A column is altered or renamed."""
    if not change.sets:
        return
    table = draft.table(change.table, "a column is altered")
    if table is None:
        return
    if change.column is None:
        draft.doubt("a column that is not known is altered", table.name)
        return
    column = table.columns.get(change.column)
    if column is None and (draft.target.is_mysql or change.at.raw):
        lowered = change.column.lower()
        column = next((item for name, item in table.columns.items() if name.lower() == lowered), None)
    if column is None:
        column = _met(draft, table, change)
    column = _altered(draft, table, column, change)
    table = with_column(table, column)
    draft.put(table)
    if "name" in change.sets:
        if change.name is None:
            draft.doubt(f"the column {change.column} gets a name that is not known", table.name)
        elif change.name != column.name:
            rename_column(draft, table, column.name, change.name)


def _met(draft: Draft, table: Table, change: to.SetColumn) -> Column:
    """A column that nobody is known to have made."""
    name = change.column or ""
    reason = Perhaps(NOT_SEEN, draft.origin, f"{table.name}.{name}")
    return Column(name, ColumnType(None, None), None, draft.origin, perhaps=(reason,))


def _altered(draft: Draft, table: Table, column: Column, change: to.SetColumn) -> Column:
    about = f"{table.name}.{column.name}"
    sets = change.sets
    # What was not known of what is set now counts no more.
    reasons = [item for item in column.perhaps if item.part not in sets]
    if "type" in sets:
        type_ = draft.type_of(change.type, change.sql)
        if type_.stored is None:
            reasons.append(Perhaps(unknown_type(change.type), draft.origin, about, "type"))
        column = replace(column, type=type_, typed_by=draft.origin)
    if "nullable" in sets:
        if change.nullable is None:
            reasons.append(Perhaps("whether it takes NULL is not known", draft.origin, about, "nullable"))
        column = replace(column, nullable=change.nullable, nullable_by=draft.origin)
    if "default" in sets:
        default, identity = chosen(change.default, draft.dialect), column.identity
        if is_unclear(default):
            reasons.append(Perhaps("its default is not known", draft.origin, about, "default"))
        if isinstance(default, Called) and default.path.rpartition(".")[2] == "Identity":
            default, identity = None, default
        elif default is None:
            identity = None
        column = replace(column, default=default, identity=identity, sequence=None, default_by=draft.origin)
    if "comment" in sets:
        column = replace(column, comment=text(change.comment))
    if "autoincrement" in sets:
        column = replace(column, autoincrement=change.autoincrement is True)
    if draft.target.is_mysql and not change.at.raw:
        column = _modified(draft, table, column, change)
    return replace(column, perhaps=tuple(reasons)) if tuple(reasons) != column.perhaps else column


def _modified(draft: Draft, table: Table, column: Column, change: to.SetColumn) -> Column:
    """Alembic's MODIFY and CHANGE on MySQL state the column anew: what was passed neither new nor as ``existing_`` is lost."""
    if not {"nullable", "type", "comment", "autoincrement", "name"} & set(change.sets):
        return column
    key = table.primary_key
    in_key = key is not None and column.name in key.columns
    if "type" not in change.sets and "type" in change.existing:
        column = _restated(draft, column, change.was_type)
    if "nullable" not in change.sets and not in_key:
        nullable = change.was_nullable if "nullable" in change.existing else True
        if nullable is not None and nullable != column.nullable:
            column = replace(column, nullable=nullable, nullable_by=draft.origin)
    if "default" not in change.sets:
        if column.default is not None and "default" not in change.existing:
            column = replace(column, default=None, default_by=draft.origin)
        elif column.default is None and draft.origin.direction == "downgrade":
            # What `upgrade()` has lost comes back; elsewhere it would be a default that the history does not know.
            column = replace(column, default=change.was_default, default_by=draft.origin)
    if column.autoincrement and "autoincrement" not in (*change.sets, *change.existing):
        column = replace(column, autoincrement=False)
    return column


def _restated(draft: Draft, column: Column, written: Plain) -> Column:
    """The column as it is stated anew: of a type that is not what it was, where nobody changed it."""
    type_ = draft.type_of(written, None)
    if type_.stored is None or type_.stored == column.type.stored:
        return column
    return replace(column, type=type_, typed_by=draft.origin)


def rename_column(draft: Draft, table: Table, name: str, new: str) -> None:
    """A column is renamed: what stands on it follows, the names of those things stay."""

    def moved(columns: tuple[str, ...]) -> tuple[str, ...]:
        return tuple([new if item == name else item for item in columns])

    def moved_parts(columns: tuple[str | None, ...]) -> tuple[str | None, ...]:
        return tuple([new if item == name else item for item in columns])

    def told(other: Column) -> Column:
        computed = other.computed
        return other if computed is None else replace(other, computed=renamed_in_call(computed, name, new))

    columns = {
        (new if key == name else key): (
            replace(value, name=new, named_by=draft.origin) if key == name else told(value)
        )
        for key, value in table.columns.items()
    }
    key = table.primary_key
    after = replace(
        table,
        columns=columns,
        primary_key=replace(key, columns=moved(key.columns)) if key is not None else None,
        uniques=tuple([replace(item, columns=moved(item.columns)) for item in table.uniques]),
        indexes=tuple(
            [
                replace(
                    item, columns=moved_parts(item.columns), mentions=renamed_in(item.mentions, name, new)
                )
                for item in table.indexes
            ]
        ),
        foreign_keys=tuple([replace(item, columns=moved(item.columns)) for item in table.foreign_keys]),
        checks=tuple(
            [replace(item, implied_by=new) if item.implied_by == name else item for item in table.checks]
        ),
    )
    draft.put(after)
    draft.reread(table.name, name, new)
    draft.gone[f"{table.name}.{name}"] = draft.origin
    draft.gone.pop(f"{table.name}.{new}", None)
    for other in list(draft.tables.values()):
        if any(item.ref_table == table.name and name in item.ref_columns for item in other.foreign_keys):
            keys = tuple(
                [
                    replace(item, ref_columns=moved(item.ref_columns))
                    if item.ref_table == table.name
                    else item
                    for item in other.foreign_keys
                ]
            )
            draft.put(replace(other, foreign_keys=keys))
