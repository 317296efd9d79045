"""One column's drop and add, in both functions, as one rename."""

from __future__ import annotations

from foreshot.lint.context import Context
from foreshot.lint.renames import ColumnRename
from foreshot.lint.writing import literal
from foreshot.migration.operations import (
    AddColumn,
    AddConstraint,
    AlterColumn,
    ColumnSpec,
    CreateIndex,
    DropColumn,
    Operation,
    TableOperation,
)
from foreshot.rules.rename import _carried as carrying
from foreshot.rules.rename import _edits as edits
from foreshot.syntax.changes import Change, ReplaceStatement


def changes(pair: ColumnRename, context: Context) -> list[Change] | None:
    """The rename, its inverse, and what goes along with the column; None where it cannot be written."""
    old, new = pair.old, pair.add.column
    if (old.unique, old.index, bool(old.foreign_keys)) != (new.unique, new.index, bool(new.foreign_keys)):
        return None
    there = _replaced(pair.add, pair.drop, old, new, context)
    back = _back(pair, context)
    if there is None or back is None:
        return None
    table = pair.drop.table_name or ""
    changes = [*there, *back]
    for item in carrying.carried(context, {table: table}, {pair.old_name: pair.new_name}):
        spec = item.back.index if isinstance(item.back, CreateIndex) else item.back.constraint
        if pair.old_name in spec.columns:
            changes.extend(carrying.changes_for(item, context))
    return changes


def _back(pair: ColumnRename, context: Context) -> list[Change] | None:
    add = drop = None
    for operation in context.downgrade:
        if isinstance(operation, TableOperation) and operation.table_name == pair.drop.table_name:
            if isinstance(operation, AddColumn) and operation.column.name == pair.old_name:
                add = operation
            elif isinstance(operation, DropColumn) and operation.column == pair.new_name:
                drop = operation
    if add is None or drop is None:
        return None
    return _replaced(add, drop, pair.add.column, pair.old, context)


def _replaced(
    add: AddColumn, drop: DropColumn, old: ColumnSpec, new: ColumnSpec, context: Context
) -> list[Change] | None:
    """The earlier of the two becomes ``alter_column`` from ``old`` to ``new``, the later one goes."""
    if not edits.is_plain(add) or not edits.is_plain(drop) or not edits.run_alike(add, drop):
        return None
    first, second = sorted((add, drop), key=lambda operation: operation.site.order)
    for operation in context.operations(add.site.function):
        between = first.site.order < operation.site.order < second.site.order
        if between and add is first and _mentions(operation, drop.table_name, str(old.name)):
            return None
    same_type = context.renames.same_type(old, new)
    arguments = [
        literal(str(old.name)),
        f"new_column_name={literal(str(new.name))}",
        *edits.difference(old, new, context, same_type=same_type),
    ]
    return [
        ReplaceStatement(first.site.statement, edits.on_table(first, "alter_column", arguments, context)),
        edits.removal(second, context),
    ]


def _mentions(operation: Operation, table: str | None, column: str) -> bool:
    """Whether an operation needs the column under this name."""
    if not isinstance(operation, TableOperation) or operation.table_name not in (table, None):
        return operation.site.sql is not None
    match operation:
        case AlterColumn():
            return operation.column == column
        case CreateIndex(index=spec) | AddConstraint(constraint=spec):
            return column in spec.columns or operation.site.sql is not None
        case _:
            return operation.site.sql is not None
