"""The tables of indexes that are spoken of by their names alone."""

from __future__ import annotations

from foreshot.lint.context import Context
from foreshot.migration.operations import CreateIndex, DropIndex


def table_of(operation: DropIndex, context: Context) -> str | None:
    """The table of an index that is dropped, also by its name alone when the revision creates it anywhere."""
    return operation.table_name or context.once(_tables).get(operation.name)


def _tables(context: Context) -> dict[object, str | None]:
    found: dict[object, str | None] = {}
    for operation in context.revision.operations:
        if isinstance(operation, CreateIndex) and isinstance(operation.index.name, str):
            found.setdefault(operation.index.name, operation.table_name)
    return found
