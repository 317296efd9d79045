"""The operations that undo others, as code, where they follow from the operations alone."""

from __future__ import annotations

from collections.abc import Sequence

from foreshot.migration.operations import (
    AddColumn,
    AddConstraint,
    CreateIndex,
    CreateTable,
    Operation,
    RenameTable,
    SqlText,
    TableOperation,
)

_TYPES = {"primary key": "primary", "unique": "unique", "check": "check", "foreign key": "foreignkey"}


def inverse(operations: Sequence[Operation], op: str) -> str | None:
    """Code that undoes the operations in reverse order; None when any of them cannot be undone from what it says.

    Args:
        operations: those of one direction, in order.
        op: how the file spells Alembic's ``op``.
    """
    lines: list[str] = []
    created = {operation.table_name for operation in operations if isinstance(operation, CreateTable)}
    for operation in reversed(operations):
        if (
            isinstance(operation, SqlText)
            or operation.site.repeated
            or operation.site.conditional
            or operation.site.batch
        ):
            return None
        if (
            isinstance(operation, TableOperation)
            and not isinstance(operation, CreateTable)
            and operation.table_name in created
        ):
            # It goes with the table.
            continue
        line = _undo(operation, op)
        if line is None:
            return None
        lines.append(line)
    return "\n".join(lines) or None


def _undo(operation: Operation, op: str) -> str | None:
    if (
        operation.site.sql is not None
        or not isinstance(operation, TableOperation)
        or not isinstance(operation.table, str)
    ):
        return None
    table = _quoted(operation.table)
    if operation.schema is not None and not isinstance(operation.schema, str):
        return None
    schema = f", schema={_quoted(operation.schema)}" if operation.schema else ""
    match operation:
        case CreateTable():
            return f"{op}.drop_table({table}{schema})"
        case AddColumn() if isinstance(operation.column.name, str):
            return f"{op}.drop_column({table}, {_quoted(operation.column.name)}{schema})"
        case CreateIndex() if isinstance(operation.index.name, str):
            return f"{op}.drop_index({_quoted(operation.index.name)}, table_name={table}{schema})"
        case AddConstraint() if (
            isinstance(operation.constraint.name, str) and operation.constraint.kind in _TYPES
        ):
            kind = _TYPES[operation.constraint.kind]
            return (
                f'{op}.drop_constraint({_quoted(operation.constraint.name)}, {table}{schema}, type_="{kind}")'
            )
        case RenameTable() if isinstance(operation.new_name, str):
            return f"{op}.rename_table({_quoted(operation.new_name)}, {table}{schema})"
        case _:
            return None


def _quoted(text: str) -> str:
    """A Python string literal, in double quotes where it can be."""
    written = repr(text)
    return f'"{written[1:-1]}"' if written[0] == "'" and '"' not in written else written
