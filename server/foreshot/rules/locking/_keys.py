"""Unique constraints and primary keys over an index that was built concurrently beforehand."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from foreshot.lint import writing
from foreshot.lint.context import Context
from foreshot.migration.operations import AddColumn, AddConstraint, DropConstraint, DropIndex, Operation
from foreshot.rules.locking import _concurrently as concurrently
from foreshot.rules.locking import _names as names
from foreshot.rules.locking import _placing as placing
from foreshot.syntax.changes import Change, RemoveArgument
from foreshot.text import Span

_CARRIED: Final = ("postgresql_include", "postgresql_nulls_not_distinct")
_IN_SQL: Final = {"unique": "UNIQUE", "primary key": "PRIMARY KEY"}


def over_index(operation: AddConstraint, context: Context) -> list[Change]:
    """The index concurrently, then the constraint on it; empty where that cannot be written.

    Not where the constraint replaces one that was dropped just before: there would be none while the index is built.
    """
    constraint, name = operation.constraint, names.name_of(operation, context)
    options = _deferral(operation, context)
    if name is None or options is None or not placing.is_own_statement(operation):
        return []
    if operation.site.autocommit or _replaces(operation, name, context):
        return []
    allowed = {"constraint_name", "table_name", "columns", "schema", "deferrable", "initially", *_CARRIED}
    arguments = placing.arguments(
        operation, context, ("constraint_name", "table_name", "columns"), ("deferrable", "initially")
    )
    attach = _attach(operation, context, name, _IN_SQL[constraint.kind] + " USING INDEX", options)
    if arguments is None or attach is None or not operation.site.keywords.keys() <= allowed:
        return []
    if constraint.name is None:
        arguments[0] = writing.literal(name)
    if not isinstance(operation.table, str) or not isinstance(operation.schema, str | None):
        return []
    arguments[3:3] = ["unique=True"]
    index = concurrently.built(context, arguments, name, operation.table, operation.schema or None)
    code = f"{index}\n{attach}"
    if writing.meets_others(context, operation):
        otherwise = _as_it_was(operation, context)
        if otherwise is None or placing.shares_batch(operation, context):
            return []
        code = writing.on_postgresql(context, operation, code, otherwise)
    return [*placing.instead(operation, context, code), *context.op_import]


def column_over_index(operation: AddColumn, context: Context) -> list[Change]:
    """The same for ``unique=True`` on a column that is added, in a project that runs on PostgreSQL alone."""
    column = operation.column
    name = names.given_name("unique", operation.table, (column.name,))
    if name is None or column.call is None or not placing.is_plain(operation) or operation.site.autocommit:
        return []
    if writing.meets_others(context, operation):
        return []
    attach = _attach(operation, context, name, "UNIQUE USING INDEX", "")
    if attach is None or not isinstance(operation.table, str) or not isinstance(column.name, str):
        return []
    arguments = [
        writing.literal(name),
        writing.literal(operation.table),
        f"[{writing.literal(column.name)}]",
        "unique=True",
        *([f"schema={writing.literal(operation.schema)}"] if isinstance(operation.schema, str) else []),
    ]
    schema = operation.schema if isinstance(operation.schema, str) else None
    index = concurrently.built(context, arguments, name, operation.table, schema)
    return [
        RemoveArgument(column.call.span, "unique"),
        placing.after(operation, f"{index}\n{attach}"),
        *context.op_import,
    ]


def _attach(
    operation: AddConstraint | AddColumn, context: Context, name: str, kind: str, options: str
) -> str | None:
    table, quoted = writing.table_in_sql(operation), writing.quoted(name)
    if table is None or quoted is None:
        return None
    return writing.execute(context, f"ALTER TABLE {table} ADD CONSTRAINT {quoted} {kind} {quoted}{options}")


def _deferral(operation: AddConstraint, context: Context) -> str | None:
    """``DEFERRABLE`` and ``INITIALLY`` as SQL; None where they cannot be told."""
    site, deferrable = operation.site, operation.constraint.deferrable
    if deferrable not in (None, True, False):
        return None
    options = "" if deferrable is None else " DEFERRABLE" if deferrable else " NOT DEFERRABLE"
    span = site.args.get("initially")
    if span is None:
        return options
    word = re.fullmatch(r"[\"'](DEFERRED|IMMEDIATE)[\"']", context.text(span).strip(), re.IGNORECASE)
    return f"{options} INITIALLY {word[1].upper()}" if word else None


def _replaces(operation: AddConstraint, name: str, context: Context) -> bool:
    """Whether the revision has dropped a constraint of that kind, or an index of that name, before."""
    table, order = operation.table_name, operation.site.order
    dropped = context.once_each_way(_dropped, operation.site.function)
    asked = (
        ("index", name),
        ("name", table, name),
        ("kind", table, "unknown"),
        ("kind", table, operation.constraint.kind),
    )
    return any(dropped.get(what, order) < order for what in asked)


def _dropped(operations: tuple[Operation, ...]) -> Mapping[tuple[object, ...], int]:
    """Where an index of each name, and a constraint of each name and of each kind of a table, is first dropped."""
    found: dict[tuple[object, ...], int] = {}
    for other in operations:
        if isinstance(other, DropIndex):
            found.setdefault(("index", other.name), other.site.order)
        elif isinstance(other, DropConstraint):
            found.setdefault(("name", other.table_name, other.name), other.site.order)
            found.setdefault(("kind", other.table_name, other.constraint_kind), other.site.order)
    return found


def _as_it_was(operation: AddConstraint, context: Context) -> str | None:
    """The operation's own statement, in its batch block where it stands in one."""
    site, batch = operation.site, operation.site.batch
    statement = writing.one_line(context.module, site.statement)
    if batch is None or statement is None:
        return statement
    header = writing.one_line(context.module, Span(batch.statement.start, batch.call.end))
    return writing.under(f"{header} as {batch.alias}:", statement) if header and batch.alias else None
