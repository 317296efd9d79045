"""Whether a rename lasts: whether running code meets it, or the revision only moves something out of its way."""

from __future__ import annotations

from foreshot.lint.context import Context
from foreshot.migration.operations import (
    AddColumn,
    AlterColumn,
    CreateTable,
    DropColumn,
    DropTable,
    Execute,
    Operation,
    RenameTable,
)


def others_of(operation: Operation, context: Context) -> tuple[Operation, ...]:
    """The operations of the same direction."""
    return context.upgrade if operation.site.function == "upgrade" else context.downgrade


def table_after(operation: RenameTable) -> str:
    """The table's name after the rename, with its schema."""
    prefix = f"{operation.schema}." if isinstance(operation.schema, str) else ""
    return f"{prefix}{operation.new_name}"


def column_lasts(operation: AlterColumn, context: Context) -> bool:
    """Whether a column that existed before has another name, and no column the old one, when the function ends."""
    table, old, new = operation.table_name, operation.column, operation.new_name
    if table is None or not isinstance(old, str) or not isinstance(new, str) or old == new:
        return False
    if context.is_new(operation) or context.schema.column(table, old, operation) is not None:
        return False
    for other in others_of(operation, context):
        match other:
            case DropTable() if other.table_name == table:
                return False
            case AddColumn(column=column) if other.table_name == table and column.name == old:
                return False
            case DropColumn(column=dropped) if other.table_name == table and dropped == new:
                return False
            case AlterColumn() if other is not operation and other.table_name == table:
                if other.new_name == old or (other.column == new and other.new_name is not None):
                    return False
            case _:
                pass
    return True


def table_lasts(operation: RenameTable, context: Context) -> bool:
    """Whether a table that existed before has another name, and nothing the old one, when the function ends."""
    if operation.table_name is None or not isinstance(operation.new_name, str) or context.is_new(operation):
        return False
    after = table_after(operation)
    for other in others_of(operation, context):
        match other:
            case CreateTable() if other.table_name == operation.table_name:
                return False
            case DropTable() if other.table_name == after:
                return False
            case RenameTable() if other is not operation:
                if table_after(other) == operation.table_name or other.table_name == after:
                    return False
            case Execute(verb="CREATE VIEW") if (
                other.site.order > operation.site.order and after in other.tables
            ):
                return False
            case _:
                pass
    return True
