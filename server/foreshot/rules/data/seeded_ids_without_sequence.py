"""Rows are inserted with ids of their own, and the sequence knows nothing of them: the application's next insert fails.

An id that is given does not move the sequence of a serial or identity column on. It still stands at 1, and the first insert without an id gets one that is there: "duplicate key
value violates unique constraint". Measured on PostgreSQL 18. MySQL, MariaDB and SQLite take the largest id that there is.

Reported for tables that the history makes, where nothing later in the revision sets the sequence.

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
```python setup
def upgrade():
    op.create_table("ranks", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("name", sa.Text()))
    op.create_table("marks", sa.Column("id", sa.Integer(), autoincrement=False, primary_key=True))
```
```python bad
def upgrade():
    op.execute("INSERT INTO ranks (id, name) VALUES (1, 'first'), (2, 'second')")
    #|                      once the sequence comes to the ids
```
```python fixed
def upgrade():
    op.execute("INSERT INTO ranks (id, name) VALUES (1, 'first'), (2, 'second')")
    op.execute("SELECT setval(pg_get_serial_sequence('ranks', 'id'), (SELECT max(id) FROM ranks))")
```
```python bad
def upgrade():
    op.execute("INSERT INTO ranks VALUES (1, 'first'), (2, 'second')")
    #|                      once the sequence comes to the ids
```
```python good
def upgrade():
    op.execute("INSERT INTO ranks (id, name) VALUES (DEFAULT, 'first')")
    op.execute("INSERT INTO ranks (id, name) VALUES (nextval('ranks_id_seq'), 'second')")
    op.execute("INSERT INTO ranks (name) VALUES ('third')")
    op.execute("INSERT INTO marks (id) VALUES (1)")
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
from foreshot.lint.states import states
from foreshot.lint.words import code
from foreshot.migration.operations import BulkInsert, ColumnSpec, CreateTable, DataChange, SqlText, TypeSpec
from foreshot.rules.data import _seeds as seeds
from foreshot.syntax.changes import InsertAfter
from foreshot.syntax.values import Text

_SETS = re.compile(r"(?i)setval|restart|pg_get_serial_sequence|alter\s+sequence")
_COUNTED = re.compile(r"(?i)\bnextval\b|\bdefault\b|\bon\s+conflict\b")
"""The id is the sequence's own after all, or the row may be there already."""
_BY_PLACE = re.compile(r"(?i)\s*insert\s+into\s+[\w.\"]+\s+values\s*\(\s*\d+\s*[,)]")
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
        if not targets:
            return
        if table is None:
            name = _counting_key(operation, context)
        else:
            counts = key is not None and isinstance(key.name, str) and _counts(key, table, context)
            name = str(key.name) if key is not None and counts else None
        if name is None:
            return
        if isinstance(operation, BulkInsert):
            if not any(name in row for row in seeds.rows_of(operation, context)):
                return
        elif not _gives(operation, name, table, context) or _COUNTED.search(operation.site.sql or ""):
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
            " but the sequence still stands at 1. Advance it."
            if table is not None
            else f"The application's inserts into {code(operation.table_name)} fail once the sequence comes to the ids that are given here. Advance it.",
            operation=operation,
            object=name,
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


def _gives(operation: DataChange, name: str, table: CreateTable | None, context: Context) -> bool:
    """Whether an INSERT names the key, or names no column and begins with a number for the key, which is the first of them."""
    if operation.columns or not _BY_PLACE.match(operation.site.sql or ""):
        return name in operation.columns
    if table is not None:
        return bool(table.columns) and table.columns[0].name == name
    found = [state.known_table(operation.table_name) for state in states(operation, context, ("postgresql",))]
    return all(known is not None and next(iter(known.columns), None) == name for known in found)


def _counting_key(operation: BulkInsert | DataChange, context: Context) -> str | None:
    """The only column of the primary key of a table that an earlier revision made, where it takes its numbers of a sequence."""
    found: set[str | None] = set()
    for state in states(operation, context, ("postgresql",)):
        table = state.known_table(operation.table_name)
        key = table.primary_key.columns if table is not None and table.primary_key is not None else ()
        column = state.column(operation.table_name, key[0]) if len(key) == 1 else None
        if table is None or column is None or table.there is not None:
            return None
        always = column.identity is not None and column.identity.argument("always") is True
        counts = (column.sequence is not None or column.identity is not None) and not always
        found.add(column.name if counts else None)
    return found.pop() if len(found) == 1 else None


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
