"""Autogenerate does not compare column types, so a changed type never becomes a migration.

With `compare_type=False` in `context.configure`, a column whose type was changed in the model looks unchanged to
`alembic revision --autogenerate` and to `alembic check`. The model and the database drift apart without a word.

Alembic compares types unless told otherwise since 1.12. Before, it did not; so where the project pins an older release, leaving
the argument off is reported too.

```python env.py bad
from alembic import context
from app.models import Base

target_metadata = Base.metadata


def run_migrations_online():
    context.configure(connection=None, target_metadata=target_metadata, compare_type=False)
    #                                                                   ^^^^^^^^^^^^^^^^^^ Autogenerate does not compare column types
    with context.begin_transaction():
        context.run_migrations()


run_migrations_online()
```
```python fixed env.py
from alembic import context
from app.models import Base

target_metadata = Base.metadata


def run_migrations_online():
    context.configure(connection=None, target_metadata=target_metadata, compare_type=True)
    with context.begin_transaction():
        context.run_migrations()


run_migrations_online()
```
```text requirements.txt
alembic==1.11.3
```
```python env.py bad
from alembic import context
from app.models import Base

target_metadata = Base.metadata


def run_migrations_online():
    context.configure(connection=None, target_metadata=target_metadata)
    #|                before 1.12
    with context.begin_transaction():
        context.run_migrations()


run_migrations_online()
```
```python fixed env.py
from alembic import context
from app.models import Base

target_metadata = Base.metadata


def run_migrations_online():
    context.configure(connection=None, target_metadata=target_metadata, compare_type=True)
    with context.begin_transaction():
        context.run_migrations()


run_migrations_online()
```
```text requirements.txt
alembic==1.16.0
```
```python env.py good
from alembic import context
from app.models import Base

target_metadata = Base.metadata


def run_migrations_online():
    context.configure(connection=None, target_metadata=target_metadata)
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
from foreshot.rules.environment._metadata import passed
from foreshot.syntax.changes import ReplaceText, SetArgument

_COMPARES = (1, 12)  # "compare_type now defaults to True", Alembic 1.12.0


class CompareTypeDisabled(ProjectRule):
    """``compare_type=False``, or left off where that means the same."""

    severity = "warning"
    safety = "safe"

    def check(self, project: ProjectContext) -> Iterator[Finding]:
        """The argument, or the first call that lacks it."""
        env, path = project.env, project.environment.env_py
        if env is None or path is None or env.has_metadata is False:
            return
        told = "Autogenerate does not compare column types: changed types never become migrations."
        for call, argument in passed(project, "compare_type"):
            if argument.value is False and not call.offline:
                at = argument.keyword or argument.span
                yield self.finding(at, f"{told} Pass `compare_type=True`.", path=path, state=(argument.span,))
                return
        release = project.surroundings.alembic
        calls = env.online
        if release is None or release >= _COMPARES or not calls:
            return
        if any(call.open_ended or "compare_type" in call.arguments for call in calls):
            return
        # A bound such as `~= 1.11` leaves the last part open.
        version = ".".join(str(part) for part in release if part != 999)
        yield self.finding(
            calls[0].name,
            f"{told} Alembic {version}, like all before 1.12, does so only with `compare_type=True`.",
            path=path,
        )

    def fixes(self, finding: Finding, project: ProjectContext) -> Iterator[Fix]:
        """``compare_type=True``."""
        env, source = project.env, project.surroundings.env_source
        spans = [argument.span for _, argument in passed(project, "compare_type") if argument.value is False]
        if env is None or source is None:
            return
        if spans and all(source.content[span.start : span.end] == "False" for span in spans):
            changes = tuple(ReplaceText(span, "True") for span in dict.fromkeys(spans))
        elif not spans:
            changes = tuple(SetArgument(call.span, "compare_type", "True") for call in env.online)
        else:
            return
        yield Fix("Pass `compare_type=True`", "safe", changes)
