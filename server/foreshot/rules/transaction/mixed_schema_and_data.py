"""Rows are changed while the transaction holds a table locked against everybody.

On PostgreSQL an `ALTER TABLE` locks its table against reads and writes until the transaction ends. An UPDATE of many rows behind it runs
under that lock: what takes milliseconds in the first statement keeps the application out for as long as the second
takes. It is the same whichever table the rows are in.

Make two revisions: the first changes the schema, the second fills the rows, in batches and with a transaction of its own
(`transaction_per_migration=True`, or an autocommit block). It is said of statements that change every row, every row
whose column is empty yet, or one row after the other; not of a few rows that a WHERE names.

```python bad
def upgrade():
    op.add_column("users", sa.Column("plan", sa.Text(), nullable=True))
    op.execute("UPDATE users SET plan = 'free'")
#               ^^^^^^^^^^^^ `users` stays locked against everybody
```
```python bad
def upgrade():
    op.drop_column("orders", "note")
    op.execute("UPDATE users SET plan = 'free' WHERE plan IS NULL")
#               ^^^^^^^^^^^^ `orders` stays locked against everybody
```
```python bad
users = sa.table("users", sa.column("id"), sa.column("plan"))


def upgrade():
    op.add_column("users", sa.Column("plan", sa.Text(), nullable=True))
    op.execute(users.update().where(users.c.plan.is_(None)).values(plan="free"))
    #| `users` stays locked against everybody
```
```python good
users = sa.table("users", sa.column("id"), sa.column("plan"))


def upgrade():
    op.add_column("users", sa.Column("plan", sa.Text(), nullable=True))
    op.execute(users.update().where(users.c.plan.is_(None)).where(users.c.id == 1).values(plan="free"))
```
```python good
def upgrade():
    op.execute("UPDATE users SET plan = 'free' WHERE plan IS NULL")
    op.drop_column("users", "bio")
```
```python good
def upgrade():
    op.add_column("users", sa.Column("plan", sa.Text(), nullable=True))
    op.execute("UPDATE users SET plan = 'free' WHERE id = 1")
```
```python good
def upgrade():
    op.create_table("plans", sa.Column("name", sa.Text()))
    op.execute("UPDATE plans SET name = 'free'")
```
Where one upgrade is one transaction, a second revision alone is in it too:

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
    op.execute("UPDATE users SET plan = 'free'")
#               ^^^^^^^^^^^^ in their own revision with `transaction_per_migration=True`, in batches.
```
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Related
from foreshot.lint.held import firmly, held_before
from foreshot.lint.rule import RevisionRule
from foreshot.lint.words import code
from foreshot.migration.operations import DataChange
from foreshot.rules.transaction import _commits as commits
from foreshot.rules.transaction._many import is_over_many


class MixedSchemaAndData(RevisionRule):
    """Many rows written under an exclusive lock."""

    severity = "warning"
    databases = ("postgresql",)
    is_about_locks = True

    def check(self, context: Context) -> Iterator[Finding]:
        """The first such statement of each direction."""
        if commits.is_autocommit(context):
            return
        for operations in (context.upgrade, context.downgrade):
            for operation, held in held_before(operations, context):
                if not held or not isinstance(operation, DataChange) or not is_over_many(operation, context):
                    continue
                tables = firmly(held, operation)
                if not tables:
                    continue
                own = operation.table_name
                first = own if own in tables else tables[0]
                targets = context.targets(self.databases, operation)
                yield self.finding(
                    operation.site.name,
                    f"{code(first)} stays locked against everybody until these rows are written{context.where(targets)}."
                    f" Write them in their own revision{'' if context.env is not None and context.env.commits_each else ' with `transaction_per_migration=True`'}, in batches.",
                    operation=operation,
                    object=first,
                    targets=targets,
                    related=[Related(f"{code(first)} is locked here", held[str(first)].site.name)],
                )
                break
