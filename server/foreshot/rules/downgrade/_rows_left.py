"""Rows that ``upgrade()`` inserts and ``downgrade()`` does not take away."""

from __future__ import annotations

import re
from typing import Final, TypeGuard

from foreshot.lint.context import Context
from foreshot.migration.operations import (
    BulkInsert,
    DataChange,
    DropTable,
    Opaque,
    Operation,
    RenameTable,
    TruncateTable,
    inserts_rows,
)
from foreshot.schema.state import Schema

_PLAIN_ROW = re.compile(
    r"\s*insert\s+into\b(?!.*\b(?:select|on\s+conflict|on\s+duplicate)\b)", re.IGNORECASE | re.DOTALL
)
"""An INSERT of values that are written there, and that fails when they are there already."""
_OTHERWISE: Final = re.compile(r"\b(?:from_select|on_conflict_\w+|on_duplicate_\w+|prefix_with)\b")
"""What Core says where the rows are another table's, or may be there already."""


def row_left(before: Schema, context: Context) -> tuple[str, str] | None:
    """A table that gets a row which cannot be inserted twice and is not deleted again, and the key that is in the way."""
    if any(isinstance(operation, Opaque) for operation in context.downgrade):
        return None
    touched = {operation.table_name for operation in context.downgrade if _may_delete(operation)}
    if None in touched:
        return None
    for operation in context.upgrade:
        if _may_delete(operation):
            # The next upgrade takes the row away itself before it inserts it.
            touched.add(operation.table_name)
        if not inserts_rows(operation) or operation.site.conditional or operation.site.loops:
            continue
        table = before.table(operation.table_name)
        if table is None or table.name in touched or not _is_plain_row(operation, context):
            continue
        primary = (table.primary_key,) if table.primary_key is not None else ()
        keys = (
            *primary,
            *table.uniques,
            *(index for index in table.indexes if index.unique and index.where is None),
        )
        key = next((key for key in keys if key.name and set(key.columns) <= set(operation.columns)), None)
        if key is not None and key.name is not None:
            return table.name, key.name
    return None


def _is_plain_row(operation: BulkInsert | DataChange, context: Context) -> bool:
    """Whether the rows are written there, and inserting them fails when they are there already."""
    if operation.site.sql is not None:
        return _PLAIN_ROW.match(operation.site.sql) is not None
    return isinstance(operation, BulkInsert) or (
        operation.verb == "insert" and _OTHERWISE.search(context.text(operation.site.call)) is None
    )


def _may_delete(operation: Operation) -> TypeGuard[DataChange | DropTable | RenameTable | TruncateTable]:
    """Whether rows of its table may be gone, or have other values, when it is done."""
    if isinstance(operation, DataChange):
        return operation.verb != "insert"
    return isinstance(operation, DropTable | RenameTable | TruncateTable)
