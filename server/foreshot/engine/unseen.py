"""What the models ask for and Alembic does not compare, as the operations that Alembic has for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

import sqlalchemy as sa

from foreshot.engine.described import Difference, Options
from foreshot.engine.libraries import alembic
from foreshot.engine.target import Target
from foreshot.models.enums import NativeEnum
from foreshot.schema.difference import canonical_sql, sql_of
from foreshot.schema.plain import sql_text
from foreshot.schema.state import Schema

_PARAMETER: Final = re.compile(r"(?<![:\w\\]):(?=\w)")
"""A colon that SQLAlchemy takes for the beginning of a parameter."""


def take_defaults(upgrade: Any) -> list[Any]:
    """Take the changes of server defaults out of what was compared, where the models have a default of their own.

    One that the history alone has was mostly left there when the column was filled: nobody misses anything.
    """
    ops = alembic("operations.ops")
    found: list[Any] = []
    for table in [item for item in upgrade.ops if isinstance(item, ops.ModifyTableOps)]:
        for op in [item for item in table.ops if isinstance(item, ops.AlterColumnOp)]:
            default = op.modify_server_default
            if default is False:
                continue
            op.modify_server_default = False
            if not op.has_changes():
                table.ops.remove(op)
            if not isinstance(default, sa.DefaultClause):
                continue
            found.append(
                ops.AlterColumnOp(
                    op.table_name,
                    op.column_name,
                    schema=op.schema,
                    existing_type=op.existing_type if op.modify_type is None else op.modify_type,
                    existing_nullable=op.existing_nullable,
                    existing_server_default=op.existing_server_default,
                    existing_comment=op.existing_comment,
                    modify_server_default=default,
                )
            )
        if table.is_empty():
            upgrade.ops.remove(table)
    return found


def missing_checks(target: Target, schema: Schema) -> Iterator[Any]:
    """The named checks of the models that no revision adds to a table that is there."""
    ops = alembic("operations.ops")
    for metadata in target.metadatas:
        for table in metadata.tables.values():
            known = schema.tables.get(table.fullname)
            names = [check.name for check in known.checks] if known is not None else [None]
            if known is None or None in names:
                # One of those without a name may be the one.
                continue
            texts = [sql_of(check.condition) for check in known.checks]
            conditions = {canonical_sql(text) for text in texts if text is not None}
            for check in sorted(_checks_of(table), key=lambda check: str(check.name)):
                same = canonical_sql(str(check.sqltext)) in conditions
                # A history that a naming convention serves may have its part of the name only.
                if not same and not any(str(check.name).endswith(str(name)) for name in names):
                    yield ops.CreateCheckConstraintOp.from_constraint(check)


def _checks_of(table: sa.Table) -> Iterator[sa.CheckConstraint]:
    """Those with a name that no type brings along."""
    for owner in (table, *table.columns):
        for check in owner.constraints:
            if isinstance(check, sa.CheckConstraint) and isinstance(check.name, str):
                bound: bool = getattr(check, "_type_bound", False)
                if not bound:
                    yield check


def enum_values(
    enum: NativeEnum, known: Sequence[str | None], options: Options, quote: Callable[[str], str]
) -> str:
    """The code that gives a type the values which it lacks, each where the models have it; empty where it lacks none."""
    there, statements = list(known), list[str]()
    name = ".".join(quote(part) for part in enum.name.split("."))
    for at, value in enumerate(enum.values):
        if value in there:
            continue
        before = enum.values[at - 1] if at else None
        after = next((item for item in enum.values[at + 1 :] if item in there), None)
        place = ""
        if after is not None:
            place = f" BEFORE {sql_text(after)}" if before is None else f" AFTER {sql_text(before)}"
        there.append(value)
        statements.append(f"ALTER TYPE {name} ADD VALUE IF NOT EXISTS {sql_text(value)}{place}")
    lines = [_executed(statement, options) for statement in statements]
    if not options.values_in_transaction and lines:
        block = f"with {options.alembic_module_prefix}get_context().autocommit_block():"
        return "\n".join([block, *(f"    {line}" for line in lines)])
    return "\n".join(lines)


def missing_schemas(
    tables: Iterable[Difference], schema: Schema, options: Options, quote: Callable[[str], str]
) -> Iterator[Difference]:
    """The schemas of new tables in which nothing was before."""
    seen = {*options.schemas, *(name.rpartition(".")[0] for name in schema.tables)}
    seen |= {name for kind, name in schema.things if kind == "schema"}
    for item in tables:
        if item.schema is not None and item.schema not in seen:
            seen.add(item.schema)
            text = _executed(f"CREATE SCHEMA IF NOT EXISTS {quote(item.schema)}", options)
            yield Difference("add_schema", item.schema, item.table, None, item.schema, (), text)


def _executed(statement: str, options: Options) -> str:
    escaped = _PARAMETER.sub(r"\\:", statement)
    code = repr(escaped) if '"' in escaped or "\\" in escaped or not escaped.isprintable() else f'"{escaped}"'
    return f"{options.alembic_module_prefix}execute({code})"
