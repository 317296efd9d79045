"""CONCURRENTLY, VACUUM and their like fail inside a transaction, and Alembic runs every revision in one.

PostgreSQL refuses them with 25001: `CREATE INDEX CONCURRENTLY`, `DROP INDEX CONCURRENTLY`, `REINDEX … CONCURRENTLY`, `DETACH PARTITION …
CONCURRENTLY`, `VACUUM`, `ALTER SYSTEM`, `CREATE DATABASE`, and before PostgreSQL 12 `ALTER TYPE … ADD VALUE`. `REFRESH MATERIALIZED VIEW
CONCURRENTLY` is none of them. It fails on an empty table too, but only on PostgreSQL: on SQLite, which ignores the argument, a
test passes.

`with op.get_context().autocommit_block():` commits what was done so far and runs each statement on its own. Several statements in
one string are one transaction even there: give each a call of its own. In a batch block operations are not run before the
block's end, so the autocommit block goes around it.

A `COMMIT` by hand is no substitute: with psycopg 3 the next statement begins a new transaction, and fails.

Nothing is said where env.py or the revision sets `isolation_level="AUTOCOMMIT"`.

```python bad
def upgrade():
    op.create_index("ix_users_email", "users", ["email"], postgresql_concurrently=True)
#                                                         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^ fails on PostgreSQL
```
```python fixed
def upgrade():
    with op.get_context().autocommit_block():
        op.drop_index("ix_users_email", table_name="users", postgresql_concurrently=True, if_exists=True)
        op.create_index("ix_users_email", "users", ["email"], postgresql_concurrently=True)
```
```python bad
def upgrade():
    op.execute("ALTER TABLE orders ADD COLUMN note text")
    op.execute("VACUUM orders")
#               ^^^^^^^^^^^^^ fails on PostgreSQL
```
```python fixed
def upgrade():
    with op.get_context().autocommit_block():
        op.execute("VACUUM orders")
```
```python first.py fixed
def upgrade():
    op.execute("ALTER TABLE orders ADD COLUMN note text")
```
```python bad
def upgrade():
    with op.batch_alter_table("users") as batch_op:
        batch_op.create_index("ix_users_email", ["email"], postgresql_concurrently=True)
#                                                          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^ fails on PostgreSQL
```
```python fixed
def upgrade():
    with op.get_context().autocommit_block():
        op.drop_index("ix_users_email", table_name="users", postgresql_concurrently=True, if_exists=True)
        op.create_index("ix_users_email", "users", ["email"], postgresql_concurrently=True)
```
```python bad
def upgrade():
    with op.get_context().autocommit_block():
        op.execute("DROP INDEX CONCURRENTLY ix_a; DROP INDEX CONCURRENTLY ix_b")
#                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^ one string are one transaction
#                                                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^ one string are one transaction
```
```python bad version=11
def upgrade():
    op.execute("ALTER TYPE state ADD VALUE 'late'")
#               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ fails on PostgreSQL 11
```
```python good
def upgrade():
    with op.get_context().autocommit_block():
        op.create_index("ix_users_email", "users", ["email"], postgresql_concurrently=True)
    op.execute("REFRESH MATERIALIZED VIEW CONCURRENTLY totals")
    op.execute("ALTER TYPE state ADD VALUE 'late'")
```
```python good dialect=sqlite
def upgrade():
    op.create_index("ix_users_email", "users", ["email"], postgresql_concurrently=True)
```
Nor is it taken, in whatever block, on a table that has partitions:

```python setup
def upgrade():
    op.create_table("events", sa.Column("id", sa.Integer()), sa.Column("at", sa.Date()), postgresql_partition_by="RANGE (at)")
```
```python bad
def upgrade():
    with op.get_context().autocommit_block():
        op.create_index("ix_events_at", "events", ["at"], postgresql_concurrently=True)
        #                                                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^ `events` is partitioned
```
What is asked for on PostgreSQL alone is asked for there:

```python bad
def upgrade():
    options = {"postgresql_concurrently": True} if op.get_bind().dialect.name == "postgresql" else {}
    op.create_index("ix_users_email", "users", ["email"], **options)
#   ^^^^^^^^^^^^^^^ refuses it inside a transaction
```
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from foreshot.knowledge import Facts, Target, effects_of
from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.rule import OperationRule
from foreshot.lint.states import is_partitioned
from foreshot.lint.words import code, on
from foreshot.migration.operations import (
    AddEnumValue,
    CreateIndex,
    DropContainer,
    DropIndex,
    Maintenance,
)
from foreshot.rules.transaction import _commits as commits

_Outside = CreateIndex | DropIndex | Maintenance | AddEnumValue | DropContainer
_REFUSED = "25001"


class ConcurrentlyInTransaction(OperationRule[_Outside]):
    """What PostgreSQL does outside of a transaction only, inside of one."""

    looks_at = (CreateIndex, DropIndex, Maintenance, AddEnumValue, DropContainer)
    severity = "error"
    databases = ("postgresql",)
    safety = "safe"
    fails_outright = True

    def check(self, operation: _Outside, context: Context) -> Iterator[Finding]:
        """Whether it stands in a transaction."""
        site = operation.site
        if (
            isinstance(operation, CreateIndex | DropIndex)
            and operation.concurrently is True
            and is_partitioned(operation, context)
        ):
            yield self._on_partitions(operation, context)
            return
        refusing = [
            target for target in context.targets(self.databases, operation) if _refuses(target, operation)
        ]
        if not refusing:
            return
        text = commits.call_of(operation, context)
        together = text is not None and len(text.statements) > 1
        if commits.is_outside(operation, context) and not (site.autocommit and together):
            return
        title = code(_title(operation))
        message = (
            f"{title} fails on {on(refusing)}: several statements in one string are one transaction. Run it by itself."
            if site.autocommit
            else f"{title} fails on {on(refusing)}, which refuses it inside a transaction. Run it in"
            " `op.get_context().autocommit_block()`."
        )
        name = getattr(operation, "name", None)
        if isinstance(operation, CreateIndex):
            name = operation.index.name
        yield self.finding(
            site.keywords.get("postgresql_concurrently", site.name),
            message,
            operation=operation,
            object=name if isinstance(name, str) else None,
            targets=refusing,
        )

    def _on_partitions(self, operation: CreateIndex | DropIndex, context: Context) -> Finding:
        """An autocommit block does not help there."""
        site = operation.site
        targets = context.targets(self.databases, operation)
        if isinstance(operation, CreateIndex):
            name, what = operation.index.name, code(operation.table_name)
            then = "Create it `ON ONLY` the table, concurrently on each partition, and attach those."
        else:
            name, what = operation.name, "its table"
            then = "Drop it without CONCURRENTLY."
        return self.finding(
            site.keywords.get("postgresql_concurrently", site.name),
            f"{code(_title(operation))} fails on {on(targets)}: {what} is partitioned. {then}",
            operation=operation,
            object=name if isinstance(name, str) else None,
            targets=targets,
            state="partitioned",
        )

    def fixes(self, finding: Finding, context: Context) -> Iterator[Fix]:
        """An autocommit block around it."""
        operation = finding.operation
        if finding.state == "partitioned":
            return
        changes = commits.in_autocommit(operation, context) if operation is not None else []
        if changes:
            yield Fix("Run it in an autocommit block", "safe", tuple(changes))


def _refuses(target: Target, operation: _Outside) -> bool:
    """Whether the database takes it outside of a transaction, and not inside one."""
    if isinstance(operation, CreateIndex | DropIndex) and operation.concurrently is not True:
        return False
    # Asked of the operation as if it stood in no autocommit block: whether it does is another question.
    return _REFUSED in (
        effects_of(_bare(operation), target, facts=Facts(in_transaction=True)).always_fails or ""
    )


def _bare(operation: _Outside) -> _Outside:
    return replace(operation, site=replace(operation.site, autocommit=False))


def _title(operation: _Outside) -> str:
    match operation:
        case CreateIndex():
            return "CREATE INDEX CONCURRENTLY"
        case DropIndex():
            return "DROP INDEX CONCURRENTLY"
        case AddEnumValue():
            return "ALTER TYPE … ADD VALUE"
        case DropContainer():
            return f"DROP {operation.what.upper()}"
        case Maintenance():
            return operation.what.upper() + (" CONCURRENTLY" if operation.concurrently else "")
