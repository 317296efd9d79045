"""An autocommit block commits the revisions before it too, where all share one transaction.

Unless `transaction_per_migration=True` is given to `context.configure`, one `alembic upgrade` runs all revisions in one transaction. Entering
`autocommit_block()` commits it: everything that earlier revisions of this run did, and the first half of this one. If a
revision fails afterwards, the database is left between two revisions that people believe to be applied together or not at all.

With a transaction for each revision, a run that fails ends behind the last revision that went through, and says so.

```python setup
def upgrade():
    op.add_column("users", sa.Column("plan", sa.Text(), nullable=True))
```
```python versions/0002_example.py
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    with op.get_context().autocommit_block():
        op.create_index("ix_users_plan", "users", ["plan"], postgresql_concurrently=True)
```
```python env.py bad
from alembic import context


def run_migrations_online(connection):
    context.configure(connection=connection)
#   ^^^^^^^^^^^^^^^^^ one revision has an autocommit block
    with context.begin_transaction():
        context.run_migrations()
```
```python env.py fixed
from alembic import context


def run_migrations_online(connection):
    context.configure(connection=connection, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
```
```python env.py good
from alembic import context


def run_migrations_online(connection):
    context.configure(connection=connection, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
```
With `transactional_ddl=False`, too, each revision has a transaction of its own:

```python env.py good
from alembic import context


def run_migrations_online(connection):
    context.configure(connection=connection, transactional_ddl=False)
    with context.begin_transaction():
        context.run_migrations()
```
```python env.py good dialect=sqlite
from alembic import context


def run_migrations_online(connection):
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from foreshot.lint.context import Context, ProjectContext
from foreshot.lint.entry import Note
from foreshot.lint.finding import Finding, Fix, Related
from foreshot.lint.rule import ProjectRule
from foreshot.rules.transaction import _commits as commits
from foreshot.syntax.changes import SetArgument
from foreshot.text import Span

_SHOWN: Final = 5


class AutocommitNeedsTransactionPerMigration(ProjectRule):
    """Autocommit blocks in revisions that share one transaction."""

    severity = "warning"
    databases = ("postgresql",)
    safety = "unsafe"

    def notes(self, context: Context) -> Iterator[Note]:
        """Where the first block of ``upgrade()`` is entered."""
        if commits.is_autocommit(context):
            return
        for operation in context.upgrade:
            if operation.site.autocommit and operation.site.runs_on("postgresql"):
                yield operation.site.name.start, operation.site.name.end
                return

    def check(self, project: ProjectContext) -> Iterator[Finding]:
        """Once, at the call that leaves it at one transaction."""
        env, path = project.env, project.environment.env_py
        places = [
            (entry.path, note)
            for entry in project.entries
            if entry.header is not None and entry.header.down_revisions
            for note in entry.notes.get(self.name, ())
        ]
        if env is None or path is None or not places or not env.online:
            return
        if not env.shares_transaction:
            return
        related = [
            Related("This block commits what ran before it", Span(start, end), file)
            for file, (start, end) in places[-_SHOWN:]
            if isinstance(start, int) and isinstance(end, int)
        ]
        count = "one revision has" if len(places) == 1 else f"{len(places)} revisions have"
        yield self.finding(
            env.online[0].name,
            f"All revisions of a run share one transaction, but {count} an autocommit block, which commits the others halfway."
            " Pass `transaction_per_migration=True`.",
            path=path,
            targets=[target for target in project.targets if target.database == "postgresql"],
            related=related,
        )

    def fixes(self, finding: Finding, project: ProjectContext) -> Iterator[Fix]:
        """A transaction for each revision."""
        del finding
        calls = [call for call in (project.env.configures if project.env else ()) if not call.offline]
        if calls and not any(call.open_ended for call in calls):
            changes = tuple(SetArgument(call.span, "transaction_per_migration", "True") for call in calls)
            yield Fix("Pass `transaction_per_migration=True`", "unsafe", changes)
