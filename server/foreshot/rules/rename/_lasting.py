"""Whether a rename lasts: whether running code meets it, or the revision only moves something out of its way."""

from __future__ import annotations

from collections.abc import Iterable

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
    ends = _ends(operation, context)
    return not (table in ends.dropped or (table, old) in ends.named or (table, new) in ends.unnamed)


def table_lasts(operation: RenameTable, context: Context) -> bool:
    """Whether a table that existed before has another name, and nothing the old one, when the function ends."""
    name = operation.table_name
    if name is None or not isinstance(operation.new_name, str) or context.is_new(operation):
        return False
    ends, after = _ends(operation, context), table_after(operation)
    return not (
        name in ends.created
        or name in ends.renamed_to
        or after in ends.dropped
        or after in ends.renamed_from
        or ends.viewed.get(after, -1) > operation.site.order
    )


def table_is_renamed(operation: AlterColumn, context: Context) -> bool:
    """Whether the same direction renames the operation's table too."""
    ends = _ends(operation, context)
    return operation.table_name in ends.renamed_from | ends.renamed_to


class _Ends:
    """What one direction makes and takes away, by name."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self.created: set[str | None] = set()
        self.dropped: set[str | None] = set()
        self.renamed_from: set[str | None] = set()
        self.renamed_to: set[str | None] = set()
        self.viewed: dict[str, int] = {}
        self.named: set[tuple[str | None, object]] = set()
        """Columns that are added, or given this name."""
        self.unnamed: set[tuple[str | None, object]] = set()
        """Columns that are dropped, or given another name."""
        for operation in operations:
            match operation:
                case CreateTable():
                    self.created.add(operation.table_name)
                case DropTable():
                    self.dropped.add(operation.table_name)
                case RenameTable():
                    self.renamed_from.add(operation.table_name)
                    self.renamed_to.add(table_after(operation))
                case AddColumn(column=column):
                    self.named.add((operation.table_name, str(column.name)))
                case DropColumn():
                    self.unnamed.add((operation.table_name, str(operation.column)))
                case AlterColumn() if operation.new_name is not None:
                    self.named.add((operation.table_name, str(operation.new_name)))
                    self.unnamed.add((operation.table_name, str(operation.column)))
                case Execute(verb="CREATE VIEW"):
                    self.viewed.update(dict.fromkeys(operation.tables, operation.site.order))
                case _:
                    pass


def _ends(operation: Operation, context: Context) -> _Ends:
    return context.once_each_way(_Ends, operation.site.function)
