"""Columns that SQLite's own ALTER TABLE does not add or drop: seen on SQLite 3.40, by Alembic 1.20."""

from __future__ import annotations

from foreshot.knowledge.defaults import volatility
from foreshot.lint.words import code
from foreshot.migration.operations import AddColumn
from foreshot.schema.state import Table
from foreshot.syntax.values import Unknown


def cannot_add(operation: AddColumn, table: Table | None) -> str:
    """Why the column is refused, to follow "This fails on SQLite"; empty where it is not known to be."""
    column = operation.column
    # Alembic adds the constraints of a column by statements of their own; `unique` beside `index` is an index.
    if column.foreign_keys and operation.inline_references is None:
        return f": the foreign key of {code(column.name)} is a constraint of its own"
    if column.unique is True and column.index is False:
        return f": the unique constraint of {code(column.name)} is one of its own"
    default = column.server_default
    if table is not None and table.rows == "none" and not table.seen:
        return ""
    if default is None or isinstance(default, Unknown) or volatility(default) not in ("stable", "volatile"):
        return ""
    where = f" if {code(table.name)} has rows" if table is not None else " if the table has rows"
    return f"{where}: the default of {code(column.name)} is computed"


def cannot_drop(column: object, table: Table | None) -> str:
    """The same for a column that is to be dropped."""
    if table is None or not isinstance(column, str):
        return ""
    name = column.lower()
    if table.primary_key is not None and name in map(str.lower, table.primary_key.columns):
        return f": {code(column)} is part of the primary key"
    for held in (*table.uniques, *table.foreign_keys):
        if any(other.lower() == name for other in held.columns):
            return f": {code(held.name) if held.name else 'a constraint'} needs {code(column)}"
    return ""


def indexes_of(column: object, table: Table | None) -> list[str]:
    """The indexes that have the column. SQLite drops none of them with it, and a batch block makes them again, which fails."""
    if table is None or not isinstance(column, str):
        return []
    name = column.lower()
    return [
        index.name
        for index in table.indexes
        if index.name
        and index.implied_by is None
        and any(isinstance(other, str) and other.lower() == name for other in index.columns)
    ]
