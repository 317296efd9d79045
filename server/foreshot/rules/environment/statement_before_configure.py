"""SQL runs on the connection before `context.configure`, and nobody commits it: upgrades are rolled back, and Alembic reports success.

With SQLAlchemy 2 the first statement on a connection begins a transaction. Alembic finds it, joins it, and leaves the committing to whoever began it. When the
connection closes, everything goes: on PostgreSQL tables, rows and the version; on SQLite and MySQL, where DDL is not rolled back, the version alone, so that the
next upgrade stops at a table that exists. The exit status is 0 either way, and revisions with an autocommit block stop with an AssertionError. Measured with Alembic
1.20 on PostgreSQL 18 and SQLite. A look through `inspect(connection)` is a statement, too.

Not reported: with `engine.begin()`, which commits; after `connection.commit()` or `connection.rollback()`; inside `with connection.begin():`; after
`context.configure`; in AUTOCOMMIT; in a project that pins SQLAlchemy below 2; and where anything in env.py may commit it afterwards, as `context.get_bind().commit()` does,
or the caller that opened the connection, or code elsewhere that is given the connection.

`SET LOCAL` ends with its transaction, so a commit would undo it: move it behind `context.begin_transaction()`.

```python env.py bad
from alembic import context
from app.db import engine
from app.models import Base
from sqlalchemy import text

target_metadata = Base.metadata


def run_migrations_online():
    with engine.connect() as connection:
        connection.execute(text("CREATE SCHEMA IF NOT EXISTS shop"))
        #|                                                           rolled back
        context.configure(connection=connection, target_metadata=target_metadata)
        with context.begin_transaction():
            context.run_migrations()


run_migrations_online()
```
```python fixed env.py
from alembic import context
from app.db import engine
from app.models import Base
from sqlalchemy import text

target_metadata = Base.metadata


def run_migrations_online():
    with engine.connect() as connection:
        connection.execute(text("CREATE SCHEMA IF NOT EXISTS shop"))
        connection.commit()
        context.configure(connection=connection, target_metadata=target_metadata)
        with context.begin_transaction():
            context.run_migrations()


run_migrations_online()
```
```python env.py good
from alembic import context
from app.db import engine
from app.models import Base
from sqlalchemy import text

target_metadata = Base.metadata


def run_migrations_online():
    with engine.connect() as connection:
        connection.execute(text("SET lock_timeout = '4s'"))
        connection.commit()
        context.configure(connection=connection, target_metadata=target_metadata)
        with context.begin_transaction():
            connection.execute(text("SET LOCAL app.tenant = 'all'"))
            context.run_migrations()


run_migrations_online()
```
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.lint.context import ProjectContext
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.rule import ProjectRule
from foreshot.lint.words import code
from foreshot.project.env_transaction import Early
from foreshot.syntax.changes import InsertAfter


class StatementBeforeConfigure(ProjectRule):
    """A statement that begins a transaction before Alembic is given the connection."""

    severity = "error"
    safety = "unsafe"

    def check(self, project: ProjectContext) -> Iterator[Finding]:
        """The first statement on each way to ``context.configure``: the others are in its transaction."""
        env, path = project.env, project.environment.env_py
        release = project.surroundings.sqlalchemy
        if env is None or path is None or (release is not None and release < (2,)):
            return
        for early in env.transaction.early[:1]:
            where = (
                "before `context.begin_transaction()`"
                if not early.local
                else "inside `context.begin_transaction()`"
            )
            advice = "Run it" if early.local else "Commit it"
            yield self.finding(
                early.call,
                "Upgrades are rolled back, and Alembic reports success: this begins a transaction that Alembic joins and never commits."
                f" {advice} {where}.",
                path=path,
                certainty="possible" if early.conditional else "certain",
                state=early,
            )

    def fixes(self, finding: Finding, project: ProjectContext) -> Iterator[Fix]:
        """A commit after the last of them."""
        env = project.env
        if env is None or any(early.local for early in env.transaction.early):
            return
        last = env.transaction.early[-1]
        names = {early.connection for early in env.transaction.early}
        if isinstance(finding.state, Early) and len(names) == 1:
            commit = f"{last.connection}.commit()"
            text = f"await {commit}" if last.awaited else commit
            yield Fix(f"Add {code(text)}", "unsafe", (InsertAfter(last.statement, text),))
