"""A new value of an enum cannot be used in the transaction that adds it.

PostgreSQL 12 and newer run `ALTER TYPE … ADD VALUE` inside a transaction, and refuse the value until it has been committed (55P04, "unsafe use of
new value"): in an UPDATE or an INSERT, as a default, in a check, the condition of an index, a view, and also where a WHERE only
compares with it. All revisions of one `alembic upgrade` share a transaction unless env.py sets `transaction_per_migration=True`,
so that a later revision that uses it fails in the same way on a database that is two revisions behind. On PostgreSQL 10 and 11
`ADD VALUE` itself is refused in a transaction.

Add the value in `op.get_context().autocommit_block()`, which commits it at once. Nothing is said where an autocommit block in
between ends the transaction, and where the same revision creates the type, which from PostgreSQL 17 on allows it.

```python bad
def upgrade():
    op.execute("ALTER TYPE state ADD VALUE 'late'")
    op.execute("UPDATE orders SET state = 'late' WHERE due < now()")
#               ^^^^^^^^^^^^^ uses `late` of the enum `state`
```
```python fixed
def upgrade():
    with op.get_context().autocommit_block():
        op.execute("ALTER TYPE state ADD VALUE 'late'")
    op.execute("UPDATE orders SET state = 'late' WHERE due < now()")
```
```python bad
def upgrade():
    op.execute("ALTER TYPE state ADD VALUE IF NOT EXISTS 'late'")
    op.add_column("orders", sa.Column("was", sa.Enum("new", "late", name="state"), server_default="late"))
#                                                                                  ^^^^^^^^^^^^^^^^^^^^^ uses `late`
```
```python bad
def upgrade():
    op.execute("ALTER TYPE state ADD VALUE 'late'")
    orders = sa.table("orders", sa.column("state"))
    op.execute(orders.update().values(state="late"))
#   ^^^^^^^^^^ uses `late` of the enum `state`
```
```python good
def upgrade():
    with op.get_context().autocommit_block():
        op.execute("ALTER TYPE state ADD VALUE 'late'")
    op.execute("UPDATE orders SET state = 'late' WHERE due < now()")
```
```python good
def upgrade():
    op.execute("ALTER TYPE state ADD VALUE 'late'")
    op.execute("UPDATE orders SET done = true WHERE state::text = 'late'")
    op.execute("COMMENT ON TYPE state IS 'new or late'")
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Fix, Related
from foreshot.lint.rule import OperationRule
from foreshot.lint.words import code, on
from foreshot.migration.operations import (
    AddColumn,
    AddConstraint,
    AddEnumValue,
    AlterColumn,
    BulkInsert,
    ColumnSpec,
    CreateEnum,
    CreateIndex,
    CreateTable,
    DataChange,
    DropType,
    Execute,
    Operation,
    RenameEnumValue,
    SqlText,
    TypeSpec,
)
from foreshot.rules.transaction import _commits as commits
from foreshot.syntax.values import CallValue, Text, Value
from foreshot.text import Span

# What these hold in quotes is run later, or is no value.
_NO_USE: Final = re.compile(
    r"(?:create(?: or replace)? (?:function|procedure)|comment|create type|set|grant)\b", re.IGNORECASE
)
_NAMING = AddEnumValue | RenameEnumValue | CreateEnum | DropType | SqlText


class EnumValueUsedInSameTransaction(OperationRule[AddEnumValue]):
    """ADD VALUE, and the value used before it is committed."""

    looks_at = (AddEnumValue,)
    severity = "error"
    databases = ("postgresql",)
    safety = "unsafe"
    fails_outright = True

    def check(self, operation: AddEnumValue, context: Context) -> Iterator[Finding]:
        """Whether something uses the value before the transaction ends."""
        name, value = operation.name, operation.value
        if not isinstance(name, str) or not isinstance(value, str) or commits.is_outside(operation, context):
            return
        targets = [
            target
            for target in context.targets(self.databases, operation)
            if any(version.at_least(12) for version in target.versions)
        ]
        if not targets or _is_made(name, operation, context):
            return
        for other in context.after(operation):
            if other.site.autocommit or commits.ends_transaction(other):
                return
            use = _use(other, name, value, context)
            if use is None or not other.site.runs_on("postgresql"):
                continue
            at, certain = use
            yield self.finding(
                at,
                f"This uses {code(value)} of the enum {code(name)} before it is committed, and fails on {on(targets)}."
                " Add the value in `op.get_context().autocommit_block()`.",
                operation=other,
                object=value,
                targets=targets,
                certainty=None if certain and not operation.site.conditional else "possible",
                related=[Related(f"{code(value)} is added here", operation.site.name)],
                state=operation,
            )

    def fixes(self, finding: Finding, context: Context) -> Iterator[Fix]:
        """An autocommit block around ADD VALUE."""
        operation = finding.state
        changes = commits.in_autocommit(operation, context) if isinstance(operation, AddEnumValue) else []
        if changes:
            yield Fix("Add the value in an autocommit block", "unsafe", tuple(changes))


def _is_made(name: str, operation: AddEnumValue, context: Context) -> bool:
    return any(
        isinstance(other, CreateEnum) and _last(other.name) == _last(name)
        for other in context.before(operation)
    )


def _last(name: object) -> object:
    return name.rpartition(".")[2] if isinstance(name, str) else name


def _use(operation: Operation, enum: str, value: str, context: Context) -> tuple[Span, bool] | None:
    """Where an operation uses the value, and whether that is certain."""
    site = operation.site
    if isinstance(operation, _NAMING) or (isinstance(operation, Execute) and _NO_USE.match(operation.verb)):
        return None
    if site.sql is not None:
        # A literal takes the type of what it stands beside, unless that is made a text of.
        if value.replace("'", "''") not in site.sql:
            return None
        found = re.search(rf"'{re.escape(value.replace(chr(39), chr(39) * 2))}'", site.sql)
        if found is None or re.search(r"::\s*(?:text|varchar|character)", site.sql, re.IGNORECASE):
            return None
        return site.name, re.search(rf"'\s*::\s*\"?{re.escape(str(_last(enum)))}\b", site.sql) is not None
    match operation:
        case AddColumn(column=column):
            return _by_default([column], enum, value)
        case CreateTable(columns=columns):
            return _by_default(columns, enum, value)
        case AlterColumn(server_default=default) if _says(default, value):
            types = [
                type_ for type_ in (operation.type, operation.existing_type) if isinstance(type_, TypeSpec)
            ]
            named = [type_ for type_ in types if type_.argument("name") == _last(enum)]
            return (site.keywords.get("server_default", site.name), True) if named else None
        case DataChange() | BulkInsert():
            written = context.text(site.statement)
            quoted = re.search(rf"[\"']{re.escape(value)}[\"']", written)
            return (site.name, False) if quoted else None
        case CreateIndex(index=index) if index.where is not None:
            return (site.name, False) if _quotes(index.where, value) else None
        case AddConstraint(constraint=constraint):
            return (site.name, False) if _quotes(constraint.condition, value) else None
        case _:
            return None


def _by_default(columns: Sequence[ColumnSpec], enum: str, value: str) -> tuple[Span, bool] | None:
    for column in columns:
        type_ = column.type
        if (
            isinstance(type_, TypeSpec)
            and type_.argument("name") == _last(enum)
            and _says(column.server_default, value)
        ):
            return column.keywords.get("server_default", column.span), True
    return None


def _text(value: Value) -> str | None:
    if isinstance(value, CallValue):
        value = value.argument("text", 0)
    if isinstance(value, Text):
        return value.value
    return value if isinstance(value, str) else None


def _says(default: Value, value: str) -> bool:
    """Whether a default is the value, as a literal or as SQL."""
    text = _text(default)
    return text is not None and (text == value or text.startswith(f"'{value}'"))


def _quotes(condition: Value, value: str) -> bool:
    return f"'{value}'" in (_text(condition) or "")
