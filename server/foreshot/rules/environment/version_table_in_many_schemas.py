"""Autogenerate looks into every schema, and nothing says in which of them Alembic's version table is.

Without `version_table_schema`, `alembic_version` is wherever the connection's default schema leads: another role, or another `search_path`, and Alembic finds no version table,
takes the database for an empty one and begins with the first revision. Among several schemas that is easy to get. The setting
puts it in one place for good.

Before it is set on databases that exist, move the table there (`ALTER TABLE alembic_version SET SCHEMA …`); where it is already there, as `public` usually
is, nothing else changes. Not reported for databases where a schema is a database of its own.

```python env.py bad
from alembic import context
from app.models import Base

target_metadata = Base.metadata


def run_migrations_online():
    context.configure(connection=None, target_metadata=target_metadata, include_schemas=True)
    #                                                                   ^^^^^^^^^^^^^^^^^^^^ `search_path` decides
    with context.begin_transaction():
        context.run_migrations()


run_migrations_online()
```
```python fixed env.py
from alembic import context
from app.models import Base

target_metadata = Base.metadata


def run_migrations_online():
    context.configure(connection=None, target_metadata=target_metadata, include_schemas=True, version_table_schema="public")
    with context.begin_transaction():
        context.run_migrations()


run_migrations_online()
```
```python env.py good
from alembic import context
from app.models import Base

target_metadata = Base.metadata


def run_migrations_online():
    context.configure(
        connection=None, target_metadata=target_metadata, include_schemas=True, version_table_schema="public"
    )
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
from foreshot.syntax.changes import Change, SetArgument


class VersionTableInManySchemas(ProjectRule):
    """``include_schemas`` without ``version_table_schema``."""

    severity = "information"
    databases = ("postgresql", "mssql")
    safety = "unsafe"
    needs_database = True

    def check(self, project: ProjectContext) -> Iterator[Finding]:
        """The first call that asks for schemas and does not say it."""
        env, path = project.env, project.environment.env_py
        targets = [target for target in project.targets if target.database in self.databases]
        if env is None or path is None or not targets:
            return
        for call in env.online:
            asked = call.arguments.get("include_schemas")
            if (
                asked is None
                or asked.value is not True
                or call.open_ended
                or "version_table_schema" in call.arguments
            ):
                continue
            yield self.finding(
                asked.keyword or asked.span,
                "The connection's `search_path` decides in which schema Alembic looks for its version table."
                " Set `version_table_schema`.",
                path=path,
                targets=targets,
            )
            return

    def fixes(self, finding: Finding, project: ProjectContext) -> Iterator[Fix]:
        """The default schema of the database, said in every call."""
        env = project.env
        if env is None or not project.targets:
            return
        schema = '"dbo"' if project.targets[0].database == "mssql" else '"public"'
        changes: list[Change] = [
            SetArgument(call.span, "version_table_schema", schema)
            for call in env.configures
            if not call.open_ended and "version_table_schema" not in call.arguments
        ]
        yield Fix(f"Pass `version_table_schema={schema}`", "unsafe", tuple(changes))
