"""A second table is read or rewritten whole while the first is still locked against everybody.

PostgreSQL holds each lock until the transaction ends. A revision that changes two busy tables locks the first for as long as
the second takes, and waits for the second while it holds the first: an application that uses both in the other order
meets it in a deadlock, and one of the two is ended.

Give each table a revision of its own, with `transaction_per_migration=True` in env.py, so that each has a transaction of its own:
without it, one upgrade is one transaction, and holds every lock to its end.
It is said where what comes later reads or rewrites a whole table; brief changes of several tables are common, and rarely matter.

```python bad
def upgrade():
    op.alter_column("users", "plan", existing_type=sa.Text(), nullable=False)
    op.alter_column("orders", "total", existing_type=sa.Integer(), nullable=False)
#   ^^^^^^^^^^^^^^^ `users` stays locked against everybody
```
```python bad
def upgrade():
    op.add_column("users", sa.Column("plan", sa.Text(), nullable=True))
    op.create_index("ix_orders_total", "orders", ["total"])
#   ^^^^^^^^^^^^^^^ `users` stays locked against everybody
```
```python good
def upgrade():
    op.add_column("users", sa.Column("plan", sa.Text(), nullable=True))
    op.add_column("orders", sa.Column("note", sa.Text(), nullable=True))
```
A table that has got a column as NOT NULL without a default has no rows, or that would have failed:

```python good
def upgrade():
    op.add_column("plans", sa.Column("name", sa.Text(), nullable=False))
    op.create_index("ix_orders_total", "orders", ["total"])
```
```python good
def upgrade():
    op.create_table("plans", sa.Column("name", sa.Text()))
    op.alter_column("orders", "total", existing_type=sa.Integer(), nullable=False)
```
```python good dialect=mysql
def upgrade():
    op.alter_column("users", "plan", existing_type=sa.Text(), nullable=False)
    op.alter_column("orders", "total", existing_type=sa.Integer(), nullable=False)
```
A table that is gone keeps nobody waiting that would not fail, and one with a new name is the same one:

```python good
def upgrade():
    op.drop_table("carts")
    op.create_index("ix_orders_total", "orders", ["total"])
```
```python good
def upgrade():
    op.rename_table("orders", "purchases")
    op.create_index("ix_purchases_total", "purchases", ["total"])
```
```python good
def upgrade():
    op.execute("ALTER TABLE orders SET SCHEMA shop")
    op.create_index("ix_orders_total", "orders", ["total"], schema="shop")
```
Where one upgrade is one transaction, that comes first:

```python env.py
from alembic import context
from app.models import Base

target_metadata = Base.metadata


def run_migrations_online():
    context.configure(connection=None, target_metadata=target_metadata)
    with context.begin_transaction():
        context.run_migrations()


run_migrations_online()
```
```python bad
def upgrade():
    op.add_column("users", sa.Column("plan", sa.Text(), nullable=True))
    op.create_index("ix_orders_total", "orders", ["total"])
#   ^^^^^^^^^^^^^^^ its own revision, and pass `transaction_per_migration=True`.
```
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.lint.context import Context
from foreshot.lint.emptied import passes_only_without_rows
from foreshot.lint.finding import Finding, Related
from foreshot.lint.held import firmly, held_before
from foreshot.lint.rule import RevisionRule
from foreshot.lint.words import code
from foreshot.migration.operations import CreateTable, TableOperation
from foreshot.rules.locking import _waiting as waiting
from foreshot.rules.transaction import _commits as commits


class LockPileup(RevisionRule):
    """Long work on one table under the exclusive lock of another."""

    severity = "warning"
    databases = ("postgresql",)

    def check(self, context: Context) -> Iterator[Finding]:
        """The first such operation of each direction."""
        if commits.is_autocommit(context):
            return
        for operations in (context.upgrade, context.downgrade):
            for operation, held in held_before(operations, context):
                if (
                    not held
                    or not isinstance(operation, TableOperation)
                    or isinstance(operation, CreateTable)
                ):
                    continue
                table = operation.table_name
                first = next(
                    (
                        name
                        for name in firmly(held, operation)
                        if name != table and not passes_only_without_rows(name, operation.site, context)
                    ),
                    None,
                )
                if first is None or table is None or context.is_new(operation):
                    continue
                found = waiting.waits(operation, context, self.databases)
                if not found:
                    continue
                yield self.finding(
                    operation.site.name,
                    f"{code(first)} stays locked against everybody while {code(table)} is read{context.where(waiting.targets(found))}."
                    f" Give each table its own revision{'' if context.env is not None and context.env.commits_each else ', and pass `transaction_per_migration=True`'}.",
                    operation=operation,
                    targets=waiting.targets(found),
                    related=[Related(f"{code(first)} is locked here", held[first].site.name)],
                )
                break
