"""What a revision does to the rows of a table, as far as that can be told."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from foreshot.lint.context import Context
from foreshot.lint.rename_evidence import is_empty
from foreshot.migration.operations import (
    AlterColumn,
    BulkInsert,
    CreateTable,
    DataChange,
    Execute,
    Opaque,
    Operation,
    SqlText,
    TableOperation,
    TransactionControl,
)
from foreshot.syntax.values import Unknown
from foreshot.text import Span

# Work on rows that is not followed: an ORM session, a query, a driver's cursor.
_WORK: Final = re.compile(r"[sS]ession\w*\s*[.(]|\.query\(|\bbulk_(?:save|update|insert_mappings)|\.cursor\(")
_COMMENT: Final = re.compile(r"#[^\n]*")


def other_direction(operation: Operation, context: Context) -> tuple[Operation, ...]:
    """The operations of ``downgrade()`` for one of ``upgrade()``, and the reverse."""
    return context.downgrade if operation.site.function == "upgrade" else context.upgrade


def has_no_rows(operation: TableOperation, context: Context) -> bool:
    """Whether the table is new in this revision, or was emptied by it before, or may have been."""
    before = context.before(operation)
    return is_empty(operation.table_name, operation, before) or any(
        # A mapped class, of which it is not known which table it is; a table that may have been there already.
        (
            isinstance(other, DataChange)
            and other.verb == "delete"
            and other.table_name is None
            and not other.has_where
        )
        or (isinstance(other, CreateTable) and _may_be(other, operation))
        for other in before
    )


def _may_be(created: CreateTable, operation: TableOperation) -> bool:
    """Whether both can mean one table; a schema that is not known may be any."""
    if isinstance(created.schema, Unknown) or isinstance(operation.schema, Unknown):
        return created.table == operation.table
    return created.table_name == operation.table_name is not None


def counterparts(operation: TableOperation, column: object, context: Context) -> Iterator[AlterColumn]:
    """What the other direction says of the same column."""
    for other in other_direction(operation, context):
        if (
            isinstance(other, AlterColumn)
            and other.table_name == operation.table_name
            and column in (other.column, other.new_name)
        ):
            yield other


def is_written(table: str, column: str, operation: Operation, context: Context) -> bool:
    """Whether something before ``operation`` may have given the column a value in every row."""
    return _may_write(table, column, context.before(operation)) or works_on_rows(operation, context)


def is_written_later(table: str, column: str, operation: Operation, context: Context) -> bool:
    """Whether something after ``operation`` may give the column a value in every row."""
    return _may_write(table, column, context.after(operation)) or works_on_rows(
        operation, context, later=True
    )


def is_touched(table: str, operation: Operation, context: Context) -> bool:
    """Whether something before ``operation`` may have read or written rows of the table."""
    for other in context.before(operation):
        if isinstance(other, DataChange | BulkInsert) and other.table_name in (table, None):
            return True
        if is_unread(other) or (isinstance(other, Execute) and _names(other, table)):
            return True
    return works_on_rows(operation, context)


def _may_write(table: str, column: str, operations: Iterable[Operation]) -> bool:
    for other in operations:
        match other:
            case DataChange(verb="delete"):
                if other.table_name in (table, None) and column in other.reads:
                    return True
            case DataChange():
                if other.table_name in (table, None) and (not other.columns or column in other.columns):
                    return True
            case _:
                if is_unread(other) or (isinstance(other, Execute) and _names(other, table, column)):
                    return True
    return False


def is_unread(operation: Operation) -> bool:
    """Whether an operation may do anything: SQL that is not known, a helper from elsewhere, a session's work."""
    match operation:
        case Opaque() | Execute(parsed=False):
            return True
        case TransactionControl(verb="commit", receiver=receiver):
            return bool(receiver)
        case SqlText():
            return isinstance(operation.value, Unknown)
        case _:
            return False


def works_on_rows(operation: Operation, context: Context, *, later: bool = False) -> bool:
    """Whether code that is not followed, such as an ORM session's, may run before ``operation``, or after it."""
    content = context.module.content
    own = context.revision.functions.get(operation.site.function)
    spans = [spec.span for spec in context.revision.functions.values() if spec is not own]
    at = operation.site.statement
    if own is not None and own.span.contains(at):
        spans.append(Span(own.span.start, at.start) if later else Span(at.start, own.span.end))
    for span in sorted(spans, reverse=True):
        content = content[: span.start] + content[span.end :]
    return _WORK.search(_COMMENT.sub("", content)) is not None


def _names(operation: Execute, *words: str) -> bool:
    """Whether a statement names a table, and a column."""
    sql = operation.site.sql or ""
    bare = [word.rpartition(".")[2] for word in words]
    return all(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", sql) for word in bare)
