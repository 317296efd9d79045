"""The foreign keys that an operation makes: beside a column, as a constraint of a new table, or by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from foreshot.migration.operations import AddColumn, AddConstraint, CreateTable, Operation
from foreshot.syntax.values import Maybe
from foreshot.text import Span


class Reference(NamedTuple):
    """A foreign key: its columns, what they refer to, and where it is written."""

    columns: tuple[Maybe[str], ...]
    ref_table: str
    ref_columns: tuple[Maybe[str], ...]
    span: Span


def references(operation: Operation) -> Iterator[Reference]:
    """The foreign keys of an operation whose referred table can be told, as they are written."""
    columns = (operation.column,) if isinstance(operation, AddColumn) else ()
    constraints = (operation.constraint,) if isinstance(operation, AddConstraint) else ()
    if isinstance(operation, CreateTable):
        columns = operation.columns
        # The others are left to an ALTER TABLE that Alembic never runs.
        constraints = [item for item in operation.constraints if not item.use_alter]
    for column in columns:
        for key in column.foreign_keys:
            if isinstance(key.target, str):
                table, _, name = key.target.rpartition(".")
                yield Reference((column.name,), table, (name,), key.span)
    for item in constraints:
        if item.kind == "foreign key" and isinstance(item.ref_table, str):
            yield Reference(item.columns, item.ref_table, item.ref_columns, item.span)
