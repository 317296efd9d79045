"""Constraints that are added without looking at the rows, and validated in a transaction of their own."""

from __future__ import annotations

from foreshot.lint import writing
from foreshot.lint.context import Context
from foreshot.migration.operations import AddColumn, AddConstraint, ForeignKeyRef, TableOperation
from foreshot.rules.locking import _names as names
from foreshot.rules.locking import _placing as placing
from foreshot.syntax.changes import Change, ReplaceText, SetArgument
from foreshot.text import Span


def validated_later(operation: AddConstraint, context: Context) -> list[Change]:
    """NOT VALID, and VALIDATE behind it; empty where that cannot be written.

    A check is dropped first, if an earlier try has left it: adding it takes the strongest lock anyway. A foreign key
    takes a weaker one than a drop would, so that what validates it goes to a revision of its own.
    """
    name, site = names.name_of(operation, context), operation.site
    validation = _validation(operation, context, name)
    if name is None or not validation:
        return []
    dropped: list[Change] = []
    if operation.constraint.kind == "check":
        table, quoted = writing.table_in_sql(operation), writing.quoted(name)
        if table is None or quoted is None:
            return []
        code = writing.execute(context, f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {quoted}")
        dropped = [placing.before(operation, writing.on_postgresql(context, operation, code))]
    if site.sql is not None:
        span = operation.constraint.span
        # Only where the file says it as the database reads it.
        exact = writing.is_exact(operation, operation.constraint.name)
        if operation.constraint.name is None or not exact or context.text(span) not in site.sql:
            return []
        word = " not valid" if context.text(site.name).islower() else " NOT VALID"
        return [*dropped, ReplaceText(Span(span.end, span.end), word), *validation]
    changes: list[Change] = [SetArgument(site.call, "postgresql_not_valid", "True"), *validation]
    if operation.constraint.name is None:
        # VALIDATE needs the name: the one that PostgreSQL would have given.
        changes.insert(0, SetArgument(site.call, "constraint_name", writing.literal(name), 0))
    return [*dropped, *changes]


def key_validated_later(operation: AddColumn, key: ForeignKeyRef, context: Context) -> list[Change]:
    """The same for the foreign key of a column that is added."""
    if not isinstance(key.name, str | None) or not placing.is_plain(operation):
        return []
    name = key.name or names.given_name("foreign key", operation.table, (operation.column.name,))
    validation = _validation(operation, context, name)
    if name is None or not validation:
        return []
    changes: list[Change] = [SetArgument(key.span, "postgresql_not_valid", "True"), *validation]
    if key.name is None:
        changes.insert(0, SetArgument(key.span, "name", writing.literal(name)))
    return changes


def validated(operation: TableOperation, context: Context, name: str) -> str | None:
    """``VALIDATE CONSTRAINT`` in a transaction of its own; None where a name cannot be written."""
    table, constraint = writing.table_in_sql(operation), writing.quoted(name)
    if table is None or constraint is None or not writing.is_exact(operation):
        return None
    code = writing.execute(context, f"ALTER TABLE {table} VALIDATE CONSTRAINT {constraint}")
    return code if operation.site.autocommit else writing.in_autocommit(context, code)


def _validation(
    operation: AddConstraint | AddColumn, context: Context, name: str | None
) -> tuple[Change, ...]:
    if name is None or operation.site.repeated:
        return ()
    code = validated(operation, context, name)
    if code is None:
        return ()
    return (
        placing.after(operation, writing.on_postgresql(context, operation, code)),
        *context.op_import,
    )
