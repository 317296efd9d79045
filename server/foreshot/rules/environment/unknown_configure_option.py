"""`context.configure` is given an option that Alembic does not know, and takes it without a word: it does nothing.

`configure` ends in `**kw`, so that a database's own options can be passed, and keeps whatever comes. `compare_typ=True` is
accepted like `compare_type=True`, and types are not compared the way that the author wanted. Measured with Alembic 1.16 to 1.20: no warning, exit
status 0.

Reported where the name resembles one of Alembic's. One that does not may be read elsewhere, by a plugin or as `op.get_context().opts["name"]` in a revision.

```python env.py bad
from alembic import context
from app.models import Base

target_metadata = Base.metadata


def run_migrations_online():
    context.configure(connection=None, target_metadata=target_metadata, compare_typ=True)
    #                                                                   ^^^^^^^^^^^^^^^^ does nothing
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
```python env.py bad
from alembic import context
from app.models import Base

target_metadata = Base.metadata
options = {"include_schema": True}
#          ^^^^^^^^^^^^^^^^ does nothing


def run_migrations_online():
    context.configure(connection=None, target_metadata=target_metadata, **options)
    with context.begin_transaction():
        context.run_migrations()


run_migrations_online()
```
```python fixed env.py
from alembic import context
from app.models import Base

target_metadata = Base.metadata
options = {"include_schemas": True}


def run_migrations_online():
    context.configure(connection=None, target_metadata=target_metadata, **options)
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
        connection=None, target_metadata=target_metadata, compare_type=True, mssql_batch_separator="GO"
    )
    with context.begin_transaction():
        context.run_migrations()


run_migrations_online()
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Final

from foreshot.lint.context import ProjectContext
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.rule import ProjectRule
from foreshot.lint.words import code
from foreshot.migration.sql_words import words
from foreshot.syntax.changes import ReplaceText
from foreshot.syntax.module import Module
from foreshot.text import Span

_OPTIONS: Final = words(
    """
    connection url dialect_name dialect_opts transactional_ddl transaction_per_migration output_buffer starting_rev tag
    template_args render_as_batch target_metadata include_name include_object include_schemas process_revision_directives
    compare_type compare_server_default render_item literal_binds upgrade_token downgrade_token alembic_module_prefix
    sqlalchemy_module_prefix user_module_prefix on_version_apply autogenerate_plugins version_table version_table_schema
    version_table_pk output_encoding as_sql fn script revision_context autogenerate purge
    """
)
"""Parameters of ``EnvironmentContext.configure`` of Alembic 1.16 to 1.20, and what it reads out of ``**kw``."""
_OWN: Final = ("mssql_", "oracle_", "postgresql_", "mysql_", "mariadb_", "sqlite_", "batch_")


class UnknownConfigureOption(ProjectRule):
    """A keyword of ``context.configure`` that nobody reads."""

    severity = "warning"
    safety = "unsafe"

    def check(self, project: ProjectContext) -> Iterator[Finding]:
        """Each one, once a name."""
        env, path, module = project.env, project.environment.env_py, project.surroundings.env_module
        if env is None or path is None or module is None:
            return
        seen: set[str] = set()
        for call in env.configures:
            for name, argument in call.arguments.items():
                if name in _OPTIONS or name in seen or name.startswith(_OWN):
                    continue
                # A key of a dictionary that is passed with `**` stands there as a string.
                key = None if argument.keyword is not None else _key(name, argument.span, module)
                at = argument.keyword or (module.span(key) if key is not None else None)
                if at is None:
                    continue
                seen.add(name)
                if any(node.value == name and node is not key for node in module.nodes(ast.Constant)):
                    continue
                near = get_close_matches(name, _OPTIONS, 1, 0.8)
                if near:
                    yield self.finding(
                        at,
                        f"{code(name)} does nothing: `context.configure` takes any name, and Alembic has no such option."
                        f" Did you mean {code(near[0])}?",
                        path=path,
                        object=name,
                        state=near[0],
                    )

    def fixes(self, finding: Finding, project: ProjectContext) -> Iterator[Fix]:
        """Alembic's name that it resembles."""
        name, module = finding.object or "", project.surroundings.env_module
        if isinstance(finding.state, str) and module is not None:
            start = module.content.find(name, finding.span.start, finding.span.end)
            span = Span(start, start + len(name))
            if start >= 0:
                yield Fix(
                    f"Rename it to {code(finding.state)}", "unsafe", (ReplaceText(span, finding.state),)
                )


def _key(name: str, value: Span, module: Module) -> ast.Constant | None:
    """The key of a dictionary literal whose value stands at a span."""
    for node in module.nodes(ast.Dict):
        for key, item in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and key.value == name and module.span(item) == value:
                return key
    return None
