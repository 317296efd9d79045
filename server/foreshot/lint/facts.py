"""What is known of an operation's surroundings, as ``knowledge`` wants to be told."""

from __future__ import annotations

from msgspec.structs import replace

from foreshot.knowledge import Facts, Target
from foreshot.lint.context import Context
from foreshot.lint.emptied import is_without_rows
from foreshot.migration.operations import (
    AlterColumn,
    DataChange,
    DropColumn,
    DropConstraint,
    Operation,
    TableOperation,
    ValidateConstraint,
)


def facts_of(operation: Operation, context: Context, target: Target) -> Facts:
    """What the revision itself tells: the table's age and whether it has rows, the column's type before, what covers it."""
    if not isinstance(operation, TableOperation | DataChange):
        return Facts()
    facts = _facts(operation, context)
    if isinstance(operation, TableOperation) and is_without_rows(operation, target, context):
        return replace(facts, table_is_empty=True)
    return facts


def _facts(operation: TableOperation | DataChange, context: Context) -> Facts:
    is_new = context.is_new(operation)
    schema, table = context.schema, operation.table_name
    match operation:
        case AlterColumn(column=str() as name) | DropColumn(column=str() as name):
            column = schema.column(table, name, operation)
            covered = any(name in index.columns for index in schema.indexes(table, operation))
            return Facts(
                table_is_new=is_new,
                old_type=column.type if column is not None else None,
                old_nullable=column.nullable if column is not None else None,
                indexed=True if covered else None,
            )
        case DropConstraint(name=str() as name) | ValidateConstraint(name=str() as name):
            known = next((spec for spec in schema.constraints(table, operation) if spec.name == name), None)
            parent = known.ref_table if known is not None else None
            return Facts(
                table_is_new=is_new,
                constraint_kind=known.kind if known is not None and known.kind != "unknown" else None,
                parents=(parent,) if isinstance(parent, str) else None,
            )
        case _:
            return Facts(table_is_new=is_new)
