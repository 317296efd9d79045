"""Rows are inserted with ids of their own, and the sequence knows nothing of them: the application's next insert fails.

An id that is given does not move the sequence of a serial or identity column on. It still stands at 1, and the first insert without an id gets one that is there: "duplicate key
value violates unique constraint". Measured on PostgreSQL 18. MySQL, MariaDB and SQLite take the largest id that there is.

Reported for tables that the revision creates, where nothing later in it sets the sequence.

```python bad
def upgrade():
    roles = op.create_table("roles", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("name", sa.Text()))
    op.bulk_insert(roles, [{"id": 1, "name": "admin"}, {"id": 2, "name": "guest"}])
    #|             next insert
```
```python fixed
def upgrade():
    roles = op.create_table("roles", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("name", sa.Text()))
    op.bulk_insert(roles, [{"id": 1, "name": "admin"}, {"id": 2, "name": "guest"}])
    op.execute("SELECT setval(pg_get_serial_sequence('roles', 'id'), (SELECT max(id) FROM roles))")
```
```python good
def upgrade():
    roles = op.create_table("roles", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("name", sa.Text()))
    op.bulk_insert(roles, [{"name": "admin"}, {"name": "guest"}])
    codes = op.create_table("codes", sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False))
    op.bulk_insert(codes, [{"id": 1}, {"id": 2}])
    op.create_table("states", sa.Column("id", sa.Integer(), primary_key=True))
    op.execute("INSERT INTO states (id) VALUES (1); ALTER SEQUENCE states_id_seq RESTART WITH 2")
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from foreshot.knowledge import classify
from foreshot.lint import writing
from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.rule import OperationRule
from foreshot.lint.words import code
from foreshot.migration.operations import BulkInsert, ColumnSpec, CreateTable, DataChange, SqlText, TypeSpec
from foreshot.rules.data import _seeds as seeds
from foreshot.syntax.changes import InsertAfter
from foreshot.syntax.values import Text

_SETS = re.compile(r"(?i)setval|restart|pg_get_serial_sequence|alter\s+sequence")
_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")


class SeededIdsWithoutSequence(OperationRule[BulkInsert | DataChange]):
    """Explicit ids in a serial column, without ``setval``."""

    looks_at = (BulkInsert, DataChange)
    severity = "warning"
    databases = ("postgresql",)
    directions = ("upgrade",)
    safety = "unsafe"

    def check(self, operation: BulkInsert | DataChange, context: Context) -> Iterator[Finding]:
        """Whether a key that counts by itself is given."""
        if isinstance(operation, DataChange) and operation.verb != "insert":
            return
        table = seeds.made(operation.table_name, operation.site.order, context)
        key = seeds.key_of(table) if table is not None else None
        targets = context.targets(self.databases, operation)
        if (
            table is None
            or key is None
            or not isinstance(key.name, str)
            or not targets
            or not _counts(key, table, context)
        ):
            return
        if isinstance(operation, BulkInsert):
            if not any(key.name in row for row in seeds.rows_of(operation, context)):
                return
        elif key.name not in operation.columns:
            return
        later = [item for item in context.upgrade if item.site.order > operation.site.order]
        together = [item for item in context.upgrade if item.site.statement == operation.site.statement]
        if any(_may_set(item) for item in (*together, *later)):
            return
        last = [
            item
            for item in later
            if isinstance(item, BulkInsert | DataChange) and item.table_name == operation.table_name
        ]
        if last:
            # Once, behind the last of them.
            return
        yield self.finding(
            operation.site.args.get("table", operation.site.name),
            f"The application's next insert into {code(operation.table_name)} fails: ids are given here,"
            " but the sequence still stands at 1. Advance it.",
            operation=operation,
            object=key.name,
            targets=targets,
        )

    def fixes(self, finding: Finding, context: Context) -> Iterator[Fix]:
        """``setval`` behind it."""
        operation, key = finding.operation, finding.object
        if not isinstance(operation, BulkInsert | DataChange) or key is None or operation.site.repeated:
            return
        table = operation.table_name
        if (
            table is None
            or not _PLAIN.fullmatch(key)
            or not all(_PLAIN.fullmatch(part) for part in table.split("."))
        ):
            return
        sql = f"SELECT setval(pg_get_serial_sequence('{table}', '{key}'), (SELECT max({key}) FROM {table}))"
        code_ = writing.on_postgresql(context, operation, writing.execute(context, sql))
        yield Fix(
            "Set the sequence to the largest id",
            "unsafe",
            (InsertAfter(operation.site.statement, code_),),
        )


def _counts(key: ColumnSpec, table: CreateTable, context: Context) -> bool:
    """Whether SQLAlchemy, or the SQL, makes it a serial or an identity column."""
    if key.identity is not None:
        return (
            not isinstance(key.identity.argument("always", 0), bool)
            or key.identity.argument("always", 0) is False
        )
    if not isinstance(key.type, TypeSpec) or key.foreign_keys or key.server_default is not None:
        return False
    kinds = [classify(key.type, target) for target in context.targets(("postgresql",), table)]
    if table.site.sql is not None:
        return bool(kinds) and all(kind.serial for kind in kinds)
    keyed = [name for item in table.constraints if item.kind == "foreign key" for name in item.columns]
    auto = key.autoincrement in (None, True, "auto")
    return (
        auto
        and key.default is None
        and key.name not in keyed
        and all(kind.family == "integer" for kind in kinds)
    )


def _may_set(operation: object) -> bool:
    return isinstance(operation, SqlText) and (
        not isinstance(operation.value, Text) or _SETS.search(operation.value.value) is not None
    )
