"""Migrations wait for their locks without end, and the application waits behind them.

A lock that blocks others has to wait itself until every transaction that uses the table is over. While it waits, each new
query that it would block queues behind it: one forgotten transaction or one long report is enough to stop the
application, however short the change itself is. PostgreSQL's `lock_timeout` is off unless it is set; MySQL's
`lock_wait_timeout` is a year by default, MariaDB's a day.

Set a timeout of a few seconds in env.py. Then a revision gives up with an error, the queue drains, and it can be tried again:
on PostgreSQL nothing has happened. `SET LOCAL` holds until the transaction ends, so it is not in force in an
autocommit block, where an index that is built `CONCURRENTLY` has to wait for as long as it takes.

It is said once an environment, at `context.configure`, with the number of operations that wait: those that take a lock
that blocks others, on a table that their revision did not make. On MySQL and MariaDB every ALTER does, however it works
otherwise. Nothing is said where `lock_timeout` or `lock_wait_timeout` is set in env.py or in the URL.

Where revisions set timeouts themselves (one in ten of those that lock something, or more), it is said on each that
does not, at the first of its locks.

```python setup
def upgrade():
    op.add_column("users", sa.Column("plan", sa.String(20), nullable=True))
    op.add_column("orders", sa.Column("note", sa.Text(), nullable=True))


def downgrade():
    op.drop_column("orders", "note")
    op.drop_column("users", "plan")
```
```python env.py bad
from alembic import context
from sqlalchemy import engine_from_config, pool

config = context.config


def run_migrations_online():
    connectable = engine_from_config(config.get_section("alembic"), prefix="sqlalchemy.", poolclass=pool.NullPool)
    with connectable.connect() as connection:
        context.configure(connection=connection)
#       ^^^^^^^^^^^^^^^^^ 2 operations in one revision
        with context.begin_transaction():
            context.run_migrations()


run_migrations_online()
```
```python env.py fixed
from alembic import context
from sqlalchemy import engine_from_config, pool

config = context.config


def run_migrations_online():
    connectable = engine_from_config(config.get_section("alembic"), prefix="sqlalchemy.", poolclass=pool.NullPool)
    with connectable.connect() as connection:
        context.configure(connection=connection)
        with context.begin_transaction():
            context.execute("SET LOCAL lock_timeout = '5s'")
            context.run_migrations()


run_migrations_online()
```
```python env.py bad dialect=postgresql,sqlite
from alembic import context


def run_migrations_online(connection):
    context.configure(connection=connection)
#   ^^^^^^^^^^^^^^^^^ with no limit set
    with context.begin_transaction():
        context.run_migrations()
```
```python env.py fixed
from alembic import context


def run_migrations_online(connection):
    context.configure(connection=connection)
    with context.begin_transaction():
        if context.get_context().dialect.name == "postgresql":
            context.execute("SET LOCAL lock_timeout = '5s'")
        context.run_migrations()
```
```python env.py bad dialect=mysql
from alembic import context


def run_migrations_online(connection):
    context.configure(connection=connection, transaction_per_migration=True)
#   ^^^^^^^^^^^^^^^^^ Set `lock_wait_timeout`
    with context.begin_transaction():
        context.run_migrations()
```
```python env.py good
from alembic import context


def run_migrations_online(connection):
    context.configure(connection=connection)
    with context.begin_transaction():
        context.execute("SET LOCAL lock_timeout = '5s'")
        context.run_migrations()
```
```python env.py good dialect=sqlite
from alembic import context


def run_migrations_online(connection):
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
```

Revision by revision:

```python setup
def upgrade():
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("users", sa.Column("plan", sa.String(20), nullable=True))
```
```python bad
def upgrade():
    op.add_column("users", sa.Column("paid", sa.Boolean(), nullable=True))
#   ^^^^^^^^^^^^^ reads and writes of `users` queue behind it


def downgrade():
    op.drop_column("users", "paid")
```
```python fixed
def upgrade():
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("users", sa.Column("paid", sa.Boolean(), nullable=True))


def downgrade():
    op.drop_column("users", "paid")
```
```python bad
def upgrade():
    op.execute("SET LOCAL lock_timeout = '5s'")
    with op.get_context().autocommit_block():
        op.create_index("ix_users_email", "users", ["email"], postgresql_concurrently=True)
    op.rename_table("users", "people")
#   ^^^^^^^^^^^^^^^ reads and writes of `users` queue behind it
```
```python fixed
def upgrade():
    op.execute("SET LOCAL lock_timeout = '5s'")
    with op.get_context().autocommit_block():
        op.create_index("ix_users_email", "users", ["email"], postgresql_concurrently=True)
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.rename_table("users", "people")
```
```python bad dialect=postgresql,sqlite
def upgrade():
    op.add_column("users", sa.Column("paid", sa.Boolean(), nullable=True))
#   ^^^^^^^^^^^^^ reads and writes of `users` queue behind it
```
```python fixed
def upgrade():
    if op.get_context().dialect.name == "postgresql":
        op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("users", sa.Column("paid", sa.Boolean(), nullable=True))
```
```python bad dialect=mysql
def upgrade():
    op.alter_column("orders", "total", existing_type=sa.Integer(), type_=sa.BigInteger())
#   ^^^^^^^^^^^^^^^ reads and writes of `orders` queue behind it
```
```python bad dialect=postgresql,mysql
def upgrade():
    op.create_index("ix_users_email", "users", ["email"])
#   ^^^^^^^^^^^^^^^ writes to `users` queue behind it, and on MySQL reads too
```

A table that is made with a foreign key locks the one that the key refers to. That is no finding by itself, but a timeout
that is set for the rest is set before it:

```python bad
def upgrade():
    with op.get_context().autocommit_block():
        op.create_index("ix_users_email", "users", ["email"], postgresql_concurrently=True)
    op.create_table("plans", sa.Column("user_id", sa.Integer(), sa.ForeignKey("users.id")))
    op.add_column("users", sa.Column("paid", sa.Boolean(), nullable=True))
#   ^^^^^^^^^^^^^ reads and writes of `users` queue behind it
```
```python fixed
def upgrade():
    with op.get_context().autocommit_block():
        op.create_index("ix_users_email", "users", ["email"], postgresql_concurrently=True)
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table("plans", sa.Column("user_id", sa.Integer(), sa.ForeignKey("users.id")))
    op.add_column("users", sa.Column("paid", sa.Boolean(), nullable=True))
```
```python bad locks=downgrade
def upgrade():
    op.create_table("plans", sa.Column("user_id", sa.Integer(), sa.ForeignKey("users.id")))
    op.drop_column("users", "bio")
#   ^^^^^^^^^^^^^^ reads and writes of `users` queue behind it


def downgrade():
    op.drop_table("plans")
#   ^^^^^^^^^^^^^ reads and writes of `users` queue behind it
    op.add_column("users", sa.Column("bio", sa.Text()))
```
```python bad
def upgrade():
    op.drop_index("ix_users_bio")
#   ^^^^^^^^^^^^^ reads and writes of the index's table queue behind it
    op.add_column("orders", sa.Column("paid", sa.Boolean(), nullable=True))
```
```python good
def upgrade():
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("users", sa.Column("paid", sa.Boolean(), nullable=True))
```
```python good
def upgrade():
    op.create_table("plans", sa.Column("name", sa.String(20)))
    op.add_column("plans", sa.Column("price", sa.Integer()))


def downgrade():
    op.drop_table("plans")
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from foreshot.knowledge.databases import Target
from foreshot.lint.context import UNION, Context, ProjectContext
from foreshot.lint.entry import Note
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.rule import ProjectRule
from foreshot.lint.words import listed
from foreshot.rules.locking import _timeouts as timeouts
from foreshot.rules.locking import _unlimited as unlimited
from foreshot.text import Span

_SHARE: Final = 10
"""Of so many revisions that lock something, one sets a timeout where that is how the project does it."""


class MissingLockTimeout(ProjectRule):
    """Locks that block others, on tables that existed before, with no limit to the waiting for them."""

    severity = "information"
    databases = unlimited.DATABASES
    is_about_locks = True
    safety = "unsafe"

    def notes(self, context: Context) -> Iterator[Note]:
        """Whether the revision limits its waiting, what waits without a limit, and the first of it each way."""
        if context.surroundings.lock_timeout:
            return
        if timeouts.is_set_unseen(context) or any(map(timeouts.limits, context.revision.operations)):
            yield ("sets",)
        if timeouts.is_set_unseen(context):
            return
        both = context.surroundings.settings.lock_rules_in_downgrade
        for operations in (context.upgrade, context.downgrade) if both else (context.upgrade,):
            waits = unlimited.unlimited(operations, context)
            if not waits:
                continue
            operation, found, table = waits[0]
            for each, *_ in waits:
                yield ("waits", each.site.name.start)
            databases = ",".join(dict.fromkeys(wait.target.database for wait in found))
            span = operation.site.name
            yield ("first", span.start, span.end, unlimited.said(found, table, context), databases)

    def check(self, project: ProjectContext) -> Iterator[Finding]:
        """Once for the environment, or on each revision where others set timeouts."""
        sets, without, waits, revisions = 0, 0, 0, 0
        for entry in project.entries:
            kinds = [note[0] for note in entry.notes.get(self.name, ())]
            sets += "sets" in kinds
            without += "waits" in kinds and "sets" not in kinds
            if not entry.reviewed:
                continue
            waits += kinds.count("waits")
            revisions += "waits" in kinds
        if not waits:
            return
        if sets * _SHARE >= sets + without:
            yield from self._on_revisions(project)
            return
        env, path = project.env, project.environment.env_py
        if env is None or path is None or not env.online:
            return
        where = "one revision" if revisions == 1 else f"{revisions} revisions"
        what = "One operation" if waits == 1 else f"{waits} operations"
        verb = "waits" if waits == 1 else "wait"
        options = listed([f"`{option}`" for option in _options(project)])
        yield self.finding(
            env.online[0].name,
            f"{what} in {where} {verb} for locks with no limit set, and the application queues behind. Set {options}.",
            path=path,
            targets=_targets(project),
        )

    def _on_revisions(self, project: ProjectContext) -> Iterator[Finding]:
        for entry in project.entries:
            for note in entry.notes.get(self.name, ()) if entry.reviewed else ():
                match note:
                    case ("first", int(start), int(end), str(message), str(databases)):
                        names = databases.split(",")
                        yield self.finding(
                            Span(start, end),
                            message,
                            path=entry.path,
                            targets=[target for target in _targets(project) if target.database in names],
                        )
                    case _:
                        pass

    def fixes(self, finding: Finding, project: ProjectContext) -> Iterator[Fix]:
        """A timeout for all migrations in env.py, or for the one revision."""
        if finding.path == project.environment.env_py:
            change = timeouts.in_env(project)
            if change is not None:
                yield Fix("Set a lock timeout of five seconds for all migrations", "unsafe", (change,))
            return
        context = project.revision(finding.path or "")
        if context is None:
            return
        for operations in (context.upgrade, context.downgrade):
            waits = unlimited.unlimited(operations, context)
            operation = next((each for each, *_ in waits if each.site.name == finding.span), None)
            if operation is None:
                continue
            databases = tuple(dict.fromkeys(wait.target.database for _, found, _ in waits for wait in found))
            # A session's timeout of MySQL would outlive the revision.
            local = set(databases) == {"postgresql"}
            change = timeouts.in_revision(operation, databases, context) if local else None
            if change is not None:
                yield Fix("Set a lock timeout of five seconds first", "unsafe", (change, *context.op_import))
            return


def _targets(project: ProjectContext) -> list[Target]:
    return [target for target in project.targets or UNION if target.database in unlimited.DATABASES]


def _options(project: ProjectContext) -> list[str]:
    names = {target.database for target in _targets(project)}
    return ["lock_timeout"] * ("postgresql" in names) + ["lock_wait_timeout"] * bool(names - {"postgresql"})
