"""What else the revision says of something that it drops."""

from __future__ import annotations

import re

from foreshot.lint.context import Context
from foreshot.lint.rename_evidence import is_empty
from foreshot.migration.operations import (
    AddColumn,
    AddConstraint,
    AlterColumn,
    CreateIndex,
    CreateTable,
    DataChange,
    DropColumn,
    DropConstraint,
    DropTable,
    Execute,
    Opaque,
    Operation,
    RenameTable,
    SqlText,
    TableOperation,
)
from foreshot.syntax.values import Text


def operations_of(operation: Operation, context: Context) -> tuple[Operation, ...]:
    """Those of the same direction."""
    return context.upgrade if operation.site.function == "upgrade" else context.downgrade


def has_no_rows(operation: TableOperation, context: Context) -> bool:
    """Whether the table is new in this revision, or was emptied by it before."""
    return is_empty(operation.table_name, operation, operations_of(operation, context))


def table_goes(operation: TableOperation, context: Context) -> bool:
    """Whether the whole table is dropped, or retired, in the same direction."""
    return any(
        isinstance(other, DropTable | RenameTable)
        and other.table_name == operation.table_name is not None
        and (isinstance(other, DropTable) or "_retired_" in str(other.new_name))
        for other in operations_of(operation, context)
    )


def names_of(operation: TableOperation, context: Context) -> set[str | None]:
    """What the operation's table is called before and after it, where the same direction renames it."""
    names = {operation.table_name}
    for other in operations_of(operation, context):
        if isinstance(other, RenameTable) and isinstance(other.new_name, str):
            prefix = f"{other.schema}." if isinstance(other.schema, str) else ""
            pair = {other.table_name, prefix + other.new_name}
            if pair & names:
                names |= pair
    return names


def is_undone(operation: TableOperation, context: Context) -> bool:
    """Whether ``operation`` stands in ``downgrade()`` and takes back what ``upgrade()`` made, or may have made."""
    if operation.site.function == "upgrade":
        return False
    return any(_makes(other, operation) for other in context.upgrade)


def _makes(made: Operation, dropped: TableOperation) -> bool:
    if isinstance(made, Opaque) or (isinstance(made, Execute) and not made.parsed):
        return True
    if isinstance(made, Execute):
        return _says(str(dropped.table), made.site.sql or "")
    if isinstance(made, CreateTable):
        return made.table_name in (dropped.table_name, None)
    if isinstance(made, RenameTable):
        return made.new_name == dropped.table or not isinstance(made.new_name, str)
    if not isinstance(made, TableOperation) or made.table_name not in (dropped.table_name, None):
        return False
    match dropped, made:
        case DropColumn(), AddColumn():
            return made.column.name == dropped.column or not isinstance(made.column.name, str)
        case DropColumn(), AlterColumn():
            return made.new_name is not None and (
                made.new_name == dropped.column or not isinstance(made.new_name, str)
            )
        case DropConstraint(), AddConstraint() | CreateIndex():
            # A naming convention may have made one name of the other.
            return True
        case DropConstraint(), AddColumn(column=column):
            return bool(column.foreign_keys or column.unique or column.primary_key)
        case _:
            return False


def is_read_before(operation: TableOperation, context: Context, column: str | None = None) -> bool:
    """Whether a statement or a table object in front of ``operation`` names its table, and ``column`` of it."""
    names = [str(operation.table), *([column] if column else [])]
    for other in context.before(operation):
        if isinstance(other, SqlText) and isinstance(other.value, Text | str):
            text = other.value.value if isinstance(other.value, Text) else other.value
            if _MOVES.search(text) and all(_says(name, text) for name in names):
                return True
        if (
            isinstance(other, DataChange)
            and other.table == operation.table
            and (column is None or column in (*other.columns, *other.reads))
        ):
            return True
    before = context.module.content[: operation.site.statement.start]
    objects = " ".join(match[0] for match in _OBJECT.finditer(before))
    return all(_says(name, objects) for name in names)


def _says(name: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None


_MOVES = re.compile(r"\b(?:select|insert|update|merge|copy)\b", re.IGNORECASE)
# `sa.table("users", sa.column("name"))`, `sa.Column("name")` of a light table object: what Core reads rows by.
_OBJECT = re.compile(r"\b(?:[tT]able|[cC]olumn)\(\s*[\"'][^\"']*[\"']")
