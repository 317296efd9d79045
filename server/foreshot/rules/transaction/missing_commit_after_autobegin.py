"""An autocommit block inside a transaction that env.py has begun: the migration stops with an AssertionError.

`autocommit_block()` ends Alembic's own transaction, runs its statements without one, and begins another. Where env.py has begun the transaction itself, by
`engine.begin()`, by `connection.begin()` or by a statement before `context.configure`, it is not Alembic's to end, and the block stops
at an `assert` without a word. Measured with Alembic 1.20, with and without `transaction_per_migration`.

Let env.py use `engine.connect()`, and commit what it runs before `context.configure`: Alembic then begins and commits by itself.

Not reported where SQLAlchemy is pinned below 2 and nothing but a statement has begun it; and right after `op.get_bind().commit()`, which ends
a transaction that a statement has begun. The next statement begins another.

```python env.py
from alembic import context
from app.db import engine
from app.models import Base

target_metadata = Base.metadata


def run_migrations_online():
    with engine.begin() as connection:
        context.configure(connection=connection, target_metadata=target_metadata)
        with context.begin_transaction():
            context.run_migrations()


run_migrations_online()
```
```python bad
def upgrade():
    with op.get_context().autocommit_block():
        op.execute("VACUUM users")
        #|          stops with an AssertionError
```
```python env.py
from alembic import context
from app.db import engine
from app.models import Base

target_metadata = Base.metadata


def run_migrations_online():
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=target_metadata)
        with context.begin_transaction():
            context.run_migrations()


run_migrations_online()
```
```python good
def upgrade():
    with op.get_context().autocommit_block():
        op.execute("VACUUM users")
```
```python env.py
from alembic import context
from app.db import engine
from app.models import Base
from sqlalchemy import text

target_metadata = Base.metadata


def run_migrations_online():
    with engine.connect() as connection:
        connection.execute(text("SET lock_timeout = 4000"))
        context.configure(connection=connection, target_metadata=target_metadata, transaction_per_migration=True)
        with context.begin_transaction():
            context.run_migrations()
            context.get_bind().commit()


run_migrations_online()
```
```python good
def upgrade():
    op.get_bind().commit()
    with op.get_context().autocommit_block():
        op.execute("VACUUM users")
```
```python bad
def upgrade():
    op.get_bind().commit()
    with op.get_context().autocommit_block():
        op.execute("VACUUM users")
    op.execute("ANALYZE users")
    with op.get_context().autocommit_block():
        op.execute("VACUUM orders")
        #|          env.py's SQL before `context.configure`
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Related
from foreshot.lint.rule import RevisionRule
from foreshot.rules.transaction import _commits as commits

_WHY: Final = {
    True: "env.py's SQL before `context.configure` has begun a transaction, which an autocommit block cannot end."
    " Commit it there",
    False: "env.py has begun the transaction itself, which an autocommit block cannot end. Use `engine.connect()` there",
}


class MissingCommitAfterAutobegin(RevisionRule):
    """``autocommit_block()`` while env.py's own transaction is open."""

    severity = "error"
    fails_outright = True

    def check(self, context: Context) -> Iterator[Finding]:
        """The first operation of a direction that stands in such a block."""
        env, environment = context.env, context.surroundings.environment
        if env is None or env.transaction.begun is None or environment.env_py is None:
            return
        transaction, release = env.transaction, context.surroundings.sqlalchemy
        if transaction.by_statement and release is not None and release < (2,):
            return
        for direction in ("upgrade", "downgrade"):
            inside = commits.block_in_transaction(direction, context)
            if inside is None:
                continue
            yield self.finding(
                inside.site.call,
                f"The migration stops with an AssertionError: {_WHY[transaction.by_statement]}.",
                operation=inside,
                related=(Related("the transaction begins here", env.transaction.begun, environment.env_py),),
            )
