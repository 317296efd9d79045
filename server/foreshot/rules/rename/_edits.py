"""Where renames are written, and what goes for them."""

from __future__ import annotations

import re

from foreshot.lint.context import Context
from foreshot.lint.rename_evidence import same_default
from foreshot.lint.writing import call, literal, one_line, sql_name, sql_table
from foreshot.migration.operations import ColumnSpec, Operation, TableOperation, TypeSpec
from foreshot.syntax.changes import Change, RemoveStatement
from foreshot.syntax.values import Maybe, Unknown
from foreshot.text import Span


def is_plain(operation: Operation) -> bool:
    """Whether the operation's call is a statement of its own that runs once."""
    site = operation.site
    return not site.repeated and site.sql is None and site.statement == site.call


def run_alike(one: Operation, other: Operation) -> bool:
    """Whether one of the two can do what both did: they run under the same conditions."""
    first, second = one.site, other.site
    return (first.conditional, first.dialects, first.excluded) == (
        second.conditional,
        second.dialects,
        second.excluded,
    )


def removal(operation: Operation, context: Context) -> Change:
    """The operation's statement goes, with the batch block around it when there is nothing else in that."""
    site, batch = operation.site, operation.site.batch
    if batch is not None and batch.statement.end == site.statement.end:
        header = context.text(Span(batch.call.end, site.statement.start))
        if re.fullmatch(r"\s*(?:as\s+\w+\s*)?:\s*", header):
            return RemoveStatement(batch.statement)
    return RemoveStatement(site.statement)


def on_table(
    operation: TableOperation, name: str, arguments: list[str], context: Context, *, table: str | None = None
) -> str:
    """A call of ``op``, or of the batch block around ``operation``, for its table, or for ``table`` instead."""
    batch = operation.site.batch
    if batch is not None and batch.alias:
        return call(f"{batch.alias}.{name}", arguments)
    schema = [f"schema={literal(operation.schema)}"] if isinstance(operation.schema, str) else []
    return call(f"{context.op}.{name}", [literal(table or str(operation.table)), *arguments, *schema])


def type_text(column: ColumnSpec, context: Context) -> str | None:
    """A column's type as the file writes it."""
    return one_line(context.module, column.type.span) if isinstance(column.type, TypeSpec) else None


def argument_text(column: ColumnSpec, name: str, context: Context) -> str | None:
    """An argument of a column as the file writes it; None where it was not given."""
    span = column.args.get(name)
    return one_line(context.module, span) if span is not None else None


def difference(old: ColumnSpec, new: ColumnSpec, context: Context, *, same_type: bool) -> list[str]:
    """What ``alter_column`` has to say to make ``new`` of ``old``, their names left out."""
    before = type_text(new if same_type else old, context)
    said: list[str] = []
    after = type_text(new, context)
    if not same_type and after is not None:
        said.append(f"type_={after}")
    if isinstance(new.is_nullable, bool) and new.is_nullable != old.is_nullable:
        said.append(f"nullable={new.is_nullable}")
    default, former = (argument_text(column, "server_default", context) for column in (new, old))
    if not same_default(old, new):
        said.append(f"server_default={default}")
    if before is not None:
        said.append(f"existing_type={before}")
    if isinstance(old.is_nullable, bool):
        said.append(f"existing_nullable={old.is_nullable}")
    if former is not None and former != "None":
        said.append(f"existing_server_default={former}")
    comment, remark = (argument_text(column, "comment", context) for column in (new, old))
    if comment != remark:
        said.append(f"comment={comment}")
    if remark is not None:
        said.append(f"existing_comment={remark}")
    return said


def rename_sql(
    kind: str,
    old: str,
    new: str,
    table: object,
    schema: Maybe[str] | None,
    operation: Operation,
    context: Context,
) -> str | None:
    """SQL that gives an index or a constraint another name in place, where one statement does on all targets."""
    databases = {target.database for target in context.targets((), operation)}
    if not context.targets_known or isinstance(schema, Unknown):
        return None
    before, after = sql_name(old, databases), sql_name(new, databases)
    named = sql_table(table, schema, databases)
    if before is None or after is None:
        return None
    if databases == {"postgresql"}:
        if kind == "index":
            prefix = sql_name(schema, databases) if schema else None
            return f"ALTER INDEX {prefix + '.' if prefix else ''}{before} RENAME TO {after}"
        return f"ALTER TABLE {named} RENAME CONSTRAINT {before} TO {after}" if named else None
    if databases <= {"mysql", "mariadb"} and kind in ("index", "unique") and named:
        return f"ALTER TABLE {named} RENAME INDEX {before} TO {after}"
    return None


def execute(sql: str, context: Context) -> str:
    """``op.execute`` of a statement."""
    return call(f"{context.op}.execute", [literal(sql)])
