"""What Alembic asks for again each time, because no migration can settle it: it is none of the pending operations.

PostgreSQL makes no second index of a constraint over the columns of a primary key within one CREATE TABLE, NULL is refused in a key's columns whatever
the model says, and an empty default is none to Alembic. The models are put right before they are compared, and what they would have asked for is told apart.
"""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.sql.elements import conv

from foreshot.engine.described import Difference
from foreshot.engine.target import Target
from foreshot.schema.state import Key, Schema, Table


def settle_keys(target: Target, schema: Schema, dialect: str) -> list[Difference]:
    """Take out of the models what a primary key decides, and say what that was."""
    found: list[Difference] = []
    for table in (table for metadata in target.metadatas for table in metadata.tables.values()):
        if table.fullname in target.stubs:
            continue
        known = schema.tables.get(table.fullname)
        if known is not None and known.primary_key is not None:
            found += _not_null(table, known, known.primary_key)
            found += _given_by_key(table, known, known.primary_key, dialect)
    return found


def _not_null(table: sa.Table, known: Table, key: Key) -> Iterator[Difference]:
    for column in table.primary_key.columns:
        there = known.columns.get(column.name)
        if column.name in key.columns and there is not None and there.nullable is False and column.nullable:
            column.nullable = False
            yield Difference("modify_nullable", table.schema, table.name, column.name, None, (), "")


def _given_by_key(table: sa.Table, known: Table, key: Key, dialect: str) -> Iterator[Difference]:
    """Unique constraints that are the key: under its name, or without one of their own.

    Measured on PostgreSQL 18 with Alembic 1.20: ``id TEXT, PRIMARY KEY (id), UNIQUE (id)`` within one CREATE TABLE is the key alone, under the
    constraint's name where it has one; Alembic asks for such a constraint each time, and then the name is taken (42P07).
    """
    postgresql = dialect == "postgresql"
    for item in [item for item in table.constraints if isinstance(item, sa.UniqueConstraint)]:
        columns = tuple(column.name for column in item.columns)
        given = item.name is not None and not isinstance(item.name, conv)
        named = postgresql and item.name == key.name and columns == key.columns
        unnamed = not given and set(columns) == set(key.columns)
        if (named or unnamed) and not any(set(made.columns) == set(columns) for made in known.uniques):
            table.constraints.discard(item)
            if postgresql:
                name = str(item.name) if item.name is not None else None
                yield Difference("add_constraint", table.schema, table.name, None, name, columns, "")
