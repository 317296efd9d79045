"""First steps of longer ways around writing a whole table anew."""

from __future__ import annotations

import re

from foreshot.knowledge import volatility
from foreshot.lint import writing
from foreshot.lint.context import Context
from foreshot.migration.operations import AddColumn, AlterColumn, Opaque
from foreshot.rules.locking import _placing as placing
from foreshot.syntax.changes import Change, RemoveArgument, ReplaceStatement, SetArgument
from foreshot.text import Span

_FIRST_STEP = """\
# The application writes both columns from now on. A later revision fills the rows that are there
# in batches; the last one drops the old column and renames the new one.
"""
_LATER = "# A later revision fills the rows that are there in batches"


def second_column(operation: AlterColumn, context: Context) -> list[Change]:
    """A column of the new type beside the old one, and nothing else; empty where that cannot be written."""
    table, column = operation.table, operation.column
    alone = (operation.new_name, operation.server_default, operation.comment, operation.nullable)
    if not placing.is_own_statement(operation) or any(change is not None for change in alone):
        return []
    if operation.site.function == "downgrade" or _changes_again(operation, context):
        return []
    if is_named_later(operation, column, context):
        return []
    type_ = (
        writing.one_line(context.module, operation.site.args["type_"])
        if "type_" in operation.site.args
        else None
    )
    if type_ is None or not isinstance(table, str) or not isinstance(column, str):
        return []
    new = writing.literal(f"{column}_new")
    sa, imports = context.sa()
    added = _call(operation, context, "add_column", f"{sa}.Column({new}, {type_}, nullable=True)")
    if added is None:
        return []
    changes: list[Change] = [
        ReplaceStatement(operation.site.statement, _FIRST_STEP + added),
        *imports,
        *context.op_import,
    ]
    for other in context.downgrade:
        if not isinstance(other, AlterColumn) or other.type is None:
            continue
        if other.table_name == operation.table_name and other.column == column:
            dropped = _call(other, context, "drop_column", new)
            if dropped is None or not placing.is_own_statement(other):
                return []
            changes.append(ReplaceStatement(other.site.statement, dropped))
    if any(
        _holds_comment(change.statement, context)
        for change in changes
        if isinstance(change, ReplaceStatement)
    ):
        return []
    return changes


def is_named_later(operation: AddColumn | AlterColumn, column: object, context: Context) -> bool:
    """Whether anything behind the operation speaks of the column, or could not be read."""
    word = re.compile(rf"\b{re.escape(str(column))}\b")
    return any(
        isinstance(other, Opaque)
        or (
            other.site.statement != operation.site.statement
            and word.search(context.text(other.site.statement))
        )
        for other in context.after(operation)
    )


def _holds_comment(statement: Span, context: Context) -> bool:
    """Whether a comment stands inside a statement: it would go with what is written anew."""
    return any(statement.contains(comment.span) for comment in context.module.comments)


def _changes_again(operation: AlterColumn, context: Context) -> bool:
    """Whether the same function changes the column's type once more: by way of another type."""
    return any(
        isinstance(other, AlterColumn)
        and other.type is not None
        and (other.table_name, other.column) == (operation.table_name, operation.column)
        for other in (*context.before(operation), *context.after(operation))
    )


def default_afterwards(operation: AddColumn, context: Context) -> list[Change]:
    """The column without its volatile default, which comes in a statement of its own; empty where that cannot be written."""
    column, databases = operation.column, {target.database for target in context.targets((), operation)}
    span = column.args.get("server_default")
    default = writing.one_line(context.module, span) if span is not None else None
    if volatility(column.server_default) != "volatile" or column.computed or column.identity:
        return []
    if is_named_later(operation, column.name, context):
        return []
    if default is None or column.call is None or not placing.is_own_statement(operation):
        return []
    # Outside of a batch, SQLite has no ALTER for it.
    if not isinstance(column.name, str) or "sqlite" in databases:
        return []
    name = writing.literal(column.name)
    changed = _call(operation, context, "alter_column", f"{name}, server_default={default}")
    if changed is None:
        return []
    strict = column.is_nullable is False
    later = f"{_LATER}, and sets the column NOT NULL." if strict else f"{_LATER}."
    return [
        RemoveArgument(column.call.span, "server_default"),
        *([SetArgument(column.call.span, "nullable", "True")] if strict else []),
        placing.next_to(operation, f"{changed}\n{later}"),
        *context.op_import,
    ]


def _call(operation: AlterColumn | AddColumn, context: Context, method: str, arguments: str) -> str | None:
    """An operation on the same table: of the batch block, or of ``op``."""
    batch, table, schema = operation.site.batch, operation.table, operation.schema
    if batch is not None:
        return f"{batch.alias}.{method}({arguments})"
    if not isinstance(table, str) or not isinstance(schema, str | None):
        return None
    where = f", schema={writing.literal(schema)}" if schema else ""
    return f"{context.op}.{method}({writing.literal(table)}, {arguments}{where})"
