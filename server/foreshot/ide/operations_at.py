"""Which operation a place of a revision file is about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from foreshot.lint.words import code
from foreshot.migration.operations import (
    AddColumn,
    AlterColumn,
    ColumnSpec,
    CreateTable,
    Operation,
    SqlText,
    TypeSpec,
)
from foreshot.migration.revision import Revision
from foreshot.text import Span


class Found(Struct, frozen=True):
    """The operations that a place stands for, and the span of what says them.

    One as a rule; several for a string of SQL with several statements, a batch block, a whole function, or
    a call that a loop repeats. ``title`` then says what they have in common.
    """

    operations: tuple[Operation, ...]
    span: Span
    title: str = ""


def operations_at(revision: Revision, offset: int) -> Found | None:
    """What the narrowest call, block or function name at a place does; None where that is nothing."""
    around = [operation for operation in revision.operations if operation.site.call.touches(offset)]
    if around:
        span = min((operation.site.call for operation in around), key=lambda call: call.end - call.start)
        here = [operation for operation in around if operation.site.call == span]
        texts = [operation for operation in here if isinstance(operation, SqlText)]
        if not texts:
            return Found(tuple(here), span, "Repeated" if len(here) > 1 else "")
        inside = [
            operation
            for operation in revision.operations
            if not isinstance(operation, SqlText) and span.contains(operation.site.call)
        ]
        return Found(tuple(inside) or tuple(texts[:1]), span, "Runs these SQL statements")
    return _batch(revision, offset) or _function(revision, offset) or _statement(revision, offset)


def custom_type_at(operations: Sequence[Operation], offset: int) -> TypeSpec | None:
    """The type at a place among operations' arguments, unless it is one of SQLAlchemy's own."""
    for operation in operations:
        for spec in _types(operation):
            if (
                spec.span.touches(offset)
                and spec.bound
                and not spec.path.startswith(("sqlalchemy.", "alembic."))
            ):
                return spec
    return None


def _batch(revision: Revision, offset: int) -> Found | None:
    for operation in revision.operations:
        batch = operation.site.batch
        if batch is not None and batch.call.touches(offset):
            inside = tuple(
                other
                for other in revision.operations
                if other.site.batch is not None
                and other.site.batch.call == batch.call
                and not isinstance(other, SqlText)
            )
            return Found(inside, batch.call, f"A batch of changes to {code(batch.table)}")
    return None


def _function(revision: Revision, offset: int) -> Found | None:
    for function in revision.functions.values():
        if function.name.touches(offset):
            inside = tuple(item for item in revision.of(function.direction) if not isinstance(item, SqlText))
            if inside:
                return Found(inside, function.name, f"What {code(function.direction)} does, in this order")
    return None


def _statement(revision: Revision, offset: int) -> Found | None:
    """What a whole statement does, where only a part of it is said to do it: ``op.execute(helper())``."""
    around = [operation for operation in revision.operations if operation.site.statement.touches(offset)]
    if not around:
        return None
    span = min((operation.site.statement for operation in around), key=lambda item: item.end - item.start)
    here = tuple(operation for operation in around if operation.site.statement == span)
    return Found(here, span, "Does several things")


def _types(operation: Operation) -> Iterator[TypeSpec]:
    specs: list[object] = []
    columns: tuple[ColumnSpec, ...] = ()
    match operation:
        case CreateTable():
            columns = operation.columns
        case AddColumn():
            columns = (operation.column,)
        case AlterColumn():
            specs = [operation.type, operation.existing_type]
        case _:
            pass
    for spec in [*(column.type for column in columns), *specs]:
        if isinstance(spec, TypeSpec) and spec.sql is None:
            yield spec
