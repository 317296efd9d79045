"""Columns of the history as the readers describe one that is written in a revision."""

from __future__ import annotations

from foreshot.migration.specs import ColumnSpec, TypeSpec
from foreshot.schema.plain import NOWHERE, Called, placed
from foreshot.schema.state import Column
from foreshot.syntax.values import CallValue


def type_spec(column: Column | None) -> TypeSpec | None:
    """A column's type as the readers describe one; None where it is not known."""
    written = column.type.written if column is not None else None
    if written is None:
        return None
    spelled = written.written or written.path
    made = placed(written) if isinstance(written, Called) else None
    return TypeSpec(written.path, spelled, NOWHERE, made if isinstance(made, CallValue) else None)


def column_spec(column: Column) -> ColumnSpec:
    """A column as the readers describe one: its type, whether it takes NULL, and its default."""
    computed = placed(column.computed)
    return ColumnSpec(
        column.name,
        type_spec(column),
        NOWHERE,
        nullable=column.nullable,
        server_default=placed(column.default),
        computed=computed if isinstance(computed, CallValue) else None,
    )
