"""What a revision does to the rows of a table, as far as that can be told."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from foreshot.lint.context import Context
from foreshot.migration.operations import (
    AddColumn,
    AlterColumn,
    BulkInsert,
    CreateTable,
    DataChange,
    Direction,
    Execute,
    Opaque,
    Operation,
    SqlText,
    TableOperation,
    TransactionControl,
    TruncateTable,
)
from foreshot.syntax.values import Unknown
from foreshot.text import Span

# Work on rows that is not followed: an ORM session, a query, a driver's cursor, a record of an ORM that has no session (peewee, Django).
# Apart, since a pattern that begins with letters is searched for many times faster than a choice of patterns.
_WORK: Final = tuple(
    re.compile(pattern)
    for pattern in (
        r"ession\w{0,60}\s{0,9}[.(]",
        r"\.query\(",
        r"bulk_(?:save|update|insert_mappings)",
        r"\.cursor\(",
        r"\.save\(",
        r"\.execute\(\s{0,99}\)",
    )
)
CORE_WHERE: Final = re.compile(
    r"\.where\(\s*\w+\.c\.(\w+)\s*"
    r"(?:(?:==|!=|<=?|>=?)\s*(?:\"[^\"]*\"|'[^']*'|-?[\d.]+|True|False)|\.(?:is_not|isnot)\(None\))\s*\)"
)
"""A ``where()`` of Core that compares a column with a value that stands there."""
_LAST_WHERE: Final = re.compile(r"(?is)\bwhere\b((?:(?!\bwhere\b).)*)\Z")
_BEYOND_ITSELF: Final = re.compile(
    r"(?i)\b(?:or|from|join|select|exists|using|case|coalesce|ifnull|not\s+\()\b|\ufffc"
)
_COMPARED: Final = r"(?is)[\s(]*(?:\w+\.)?[\"`]?{column}[\"`]?\s*(?:=|<>|!=|<=?|>=?|in\b|like\b|between\b|is\s+not\s+null\b).*"
_COMMENT: Final = re.compile(r"#[^\n]*")


def other_way(operation: Operation) -> Direction:
    """``downgrade`` for an operation of ``upgrade()``, and the reverse."""
    return "downgrade" if operation.site.function == "upgrade" else "upgrade"


def has_no_rows(operation: TableOperation, context: Context) -> bool:
    """Whether the table is new in this revision, or was emptied by it before, or may have been."""
    if context.is_new(operation):
        return True
    emptied = context.once_each_way(_emptied, operation.site.function)
    # None stands for a mapped class, of which it is not known which table it is.
    names = [None, operation.table_name]
    if isinstance(operation.table, str):
        # A schema that is not known may be any.
        names.append(f"?.{operation.table}")
        if isinstance(operation.schema, Unknown):
            names.append(f"*.{operation.table}")
    return any(emptied.get(name, operation.site.order) < operation.site.order for name in names)


def _emptied(operations: tuple[Operation, ...]) -> Mapping[str | None, int]:
    """When each table was first made or emptied; of made ones also by their names alone."""
    found: dict[str | None, int] = {}
    for operation in operations:
        match operation:
            case CreateTable() if isinstance(operation.table, str):
                unknown = isinstance(operation.schema, Unknown)
                found.setdefault(
                    f"?.{operation.table}" if unknown else operation.table_name, operation.site.order
                )
                found.setdefault(f"*.{operation.table}", operation.site.order)
            case TruncateTable():
                found.setdefault(operation.table_name or "", operation.site.order)
            case DataChange(verb="delete", has_where=False):
                found.setdefault(operation.table_name, operation.site.order)
            case _:
                pass
    return found


def on_table(table: str | None, direction: Direction, context: Context) -> Sequence[TableOperation]:
    """The operations of a direction on one table, in order; on None, those of which the table is not known."""
    return context.once_each_way(_by_table, direction).get(table, ())


def _by_table(operations: tuple[Operation, ...]) -> Mapping[str | None, Sequence[TableOperation]]:
    found: dict[str | None, list[TableOperation]] = {}
    for operation in operations:
        if isinstance(operation, TableOperation):
            found.setdefault(operation.table_name, []).append(operation)
    return found


def before(operation: TableOperation, context: Context) -> Iterator[TableOperation]:
    """The operations on the same table that run before ``operation``."""
    for other in on_table(operation.table_name, operation.site.function, context):
        if other.site.order >= operation.site.order:
            return
        yield other


def counterparts(operation: TableOperation, column: object, context: Context) -> Iterator[AlterColumn]:
    """What the other direction says of the same column."""
    said = context.once_each_way(_by_column, other_way(operation))
    for other in said.get((operation.table_name, column), ()):
        if isinstance(other, AlterColumn):
            yield other


def added(operation: TableOperation, column: object, context: Context) -> AddColumn | None:
    """The operation that added the column, earlier in the same direction."""
    said = context.once_each_way(_by_column, operation.site.function)
    found = None
    for other in said.get((operation.table_name, column), ()):
        if other.site.order >= operation.site.order:
            break
        if isinstance(other, AddColumn):
            found = other
    return found


def _by_column(
    operations: tuple[Operation, ...],
) -> Mapping[tuple[str | None, object], Sequence[AddColumn | AlterColumn]]:
    """What adds or alters each column, in order, by table and by every name that it is said to have."""
    found: dict[tuple[str | None, object], list[AddColumn | AlterColumn]] = {}
    for operation in operations:
        if isinstance(operation, AddColumn):
            found.setdefault((operation.table_name, operation.column.name), []).append(operation)
        elif isinstance(operation, AlterColumn):
            for name in dict.fromkeys((operation.column, operation.new_name)):
                found.setdefault((operation.table_name, name), []).append(operation)
    return found


def is_written(table: str, column: str, operation: Operation, context: Context) -> bool:
    """Whether something before ``operation`` may have given the column a value in every row."""
    before = (
        other
        for other in context.once_each_way(_work, operation.site.function)
        if other.site.order < operation.site.order
    )
    return any(
        _may_write(other, table, column) and not _leaves_null(other, column, context) for other in before
    ) or works_on_rows(operation, context)


def is_written_later(table: str, column: str, operation: Operation, context: Context) -> bool:
    """Whether something after ``operation`` may give the column a value in every row."""
    after = (
        other
        for other in context.once_each_way(_work, operation.site.function)
        if other.site.order > operation.site.order
    )
    return any(_may_write(other, table, column) for other in after) or works_on_rows(
        operation, context, later=True
    )


def is_touched(table: str, operation: Operation, context: Context) -> bool:
    """Whether something before ``operation`` may have read or written rows of the table."""
    for other in context.once_each_way(_work, operation.site.function):
        if other.site.order >= operation.site.order:
            break
        if isinstance(other, DataChange | BulkInsert) and other.table_name in (table, None):
            return True
        if is_unread(other) or (isinstance(other, Execute) and _names(other, table)):
            return True
    return works_on_rows(operation, context)


def _work(operations: tuple[Operation, ...]) -> tuple[Operation, ...]:
    """What reads or writes rows, or may."""
    return tuple(
        operation
        for operation in operations
        if isinstance(operation, DataChange | BulkInsert | Execute) or is_unread(operation)
    )


def _may_write(other: Operation, table: str, column: str) -> bool:
    match other:
        case DataChange(verb="delete"):
            return other.table_name in (table, None) and column in other.reads
        case DataChange():
            return other.table_name in (table, None) and (not other.columns or column in other.columns)
        case _:
            return is_unread(other) or (isinstance(other, Execute) and _names(other, table, column))


def _leaves_null(other: Operation, column: str, context: Context) -> bool:
    """Whether an UPDATE only meets rows that have a value in the column: it fills none that has NULL."""
    if not isinstance(other, DataChange) or other.verb != "update" or not other.has_where:
        return False
    sql = other.site.sql
    if sql is None:
        text = context.text(other.site.call)
        found = CORE_WHERE.search(text) if text.count(".where(") == 1 else None
        return found is not None and found[1] == column
    where = _LAST_WHERE.search(sql)
    if where is None or _BEYOND_ITSELF.search(sql):
        return False
    compared = re.compile(_COMPARED.format(column=re.escape(column)))
    return any(compared.fullmatch(part) for part in re.split(r"(?i)\band\b", where[1]))


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
    functions = context.revision.functions
    own, at = functions.get(operation.site.function), operation.site.statement
    others = [spec.span for spec in functions.values() if spec is not own]
    if own is not None and own.span.contains(at):
        others.append(Span(own.span.start, at.start) if later else Span(at.start, own.span.end))
    return any(not any(span.touches(place) for span in others) for place in context.once(_places))


def _places(context: Context) -> tuple[int, ...]:
    """Where such code stands in the file."""
    content = context.module.content
    if not any(pattern.search(content) for pattern in _WORK):
        return ()
    content = _COMMENT.sub(lambda match: " " * len(match[0]), content)
    return tuple(match.start() for pattern in _WORK for match in pattern.finditer(content))


def _names(operation: Execute, *words: str) -> bool:
    """Whether a statement names a table, and a column."""
    sql = operation.site.sql or ""
    bare = [word.rpartition(".")[2] for word in words]
    return all(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", sql) for word in bare)
