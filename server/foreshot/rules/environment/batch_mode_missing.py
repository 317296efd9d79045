"""Autogenerate writes operations that SQLite cannot do, because env.py does not turn on batch mode.

SQLite has no `ALTER TABLE` for most changes: altering a column's type or nullability, and adding or dropping a constraint,
fail there with "No support for ALTER of constraints in SQLite dialect" or a syntax error. `batch_alter_table` does them by copying
the table. With `render_as_batch=True` in `context.configure`, autogenerate writes it; on other databases the block has no
effect of its own.

Reported only where SQLite is known to be among the databases, and env.py hands metadata to autogenerate. The setting changes what
the next revision looks like and none that exists.

```python env.py bad dialect=sqlite
from alembic import context
from app.models import Base

target_metadata = Base.metadata


def run_migrations_online():
    context.configure(connection=None, target_metadata=target_metadata)
    #|                operations that SQLite does not have
    with context.begin_transaction():
        context.run_migrations()


run_migrations_online()
```
```python fixed env.py
from alembic import context
from app.models import Base

target_metadata = Base.metadata


def run_migrations_online():
    context.configure(connection=None, target_metadata=target_metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()


run_migrations_online()
```
```python env.py good dialect=sqlite
from alembic import context
from app.models import Base

target_metadata = Base.metadata


def run_migrations_online():
    context.configure(connection=None, target_metadata=target_metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()


run_migrations_online()
```
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.lint.context import ProjectContext
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.rule import ProjectRule
from foreshot.syntax.changes import Change, ReplaceText, SetArgument


class BatchModeMissing(ProjectRule):
    """SQLite among the databases and no ``render_as_batch``."""

    severity = "warning"
    databases = ("sqlite",)
    safety = "safe"
    needs_database = True

    def check(self, project: ProjectContext) -> Iterator[Finding]:
        """The first call of ``context.configure`` that does not turn it on."""
        env, path = project.env, project.environment.env_py
        targets = [target for target in project.targets if target.database == "sqlite"]
        if env is None or path is None or not targets or env.has_metadata is not True:
            return
        for call in env.online:
            argument = call.arguments.get("render_as_batch")
            if call.open_ended if argument is None else argument.value is not False:
                continue
            yield self.finding(
                call.name if argument is None else argument.keyword or argument.span,
                "Autogenerate writes operations that SQLite does not have, such as altering a column: `render_as_batch` is off."
                " Turn it on.",
                path=path,
                targets=targets,
            )
            return

    def fixes(self, finding: Finding, project: ProjectContext) -> Iterator[Fix]:
        """``render_as_batch=True`` in every call that lacks it."""
        env, source = project.env, project.surroundings.env_source
        if env is None or source is None:
            return
        changes: list[Change] = []
        for call in env.configures:
            argument = call.arguments.get("render_as_batch")
            if argument is None and not call.open_ended:
                changes.append(SetArgument(call.span, "render_as_batch", "True"))
            elif argument is not None and argument.value is False:
                if source.content[argument.span.start : argument.span.end] != "False":
                    return
                changes.append(ReplaceText(argument.span, "True"))
        yield Fix("Pass `render_as_batch=True`", "safe", tuple(dict.fromkeys(changes)))
