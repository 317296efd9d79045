"""A write hook of the project's own is registered in env.py, which a plain `alembic revision` does not run: it stops with "No formatter with name".

`alembic revision` runs env.py only with `--autogenerate`, or when `revision_environment` is on. Without it, the file is written, and then the command fails.
Measured with Alembic 1.16 to 1.20.

```python env.py
from alembic import context
from alembic.script import write_hooks
from app.models import Base

target_metadata = Base.metadata


@write_hooks.register("tabs")
def tabs(filename, options):
    pass


def run_migrations_online():
    context.configure(connection=None, target_metadata=target_metadata)
    with context.begin_transaction():
        context.run_migrations()


run_migrations_online()
```
```ini alembic.ini bad
[alembic]
script_location = migrations
sqlalchemy.url = postgresql://localhost/shop

[post_write_hooks]
hooks = tabs
tabs.type = tabs
;           ^^^^ does not run env.py
```
```ini fixed alembic.ini
[alembic]
revision_environment = true
script_location = migrations
sqlalchemy.url = postgresql://localhost/shop

[post_write_hooks]
hooks = tabs
tabs.type = tabs
```
```ini alembic.ini good
[alembic]
script_location = migrations
sqlalchemy.url = postgresql://localhost/shop
revision_environment = true

[post_write_hooks]
hooks = tabs
tabs.type = tabs
```
```python app/hooks.py
from alembic.script import write_hooks


@write_hooks.register("tabs")
def tabs(filename, options):
    pass
```
```python env.py
from alembic import context
from app import hooks
from app.models import Base

context.configure(connection=None, target_metadata=Base.metadata)
```
```ini alembic.ini bad
[alembic]
script_location = migrations
sqlalchemy.url = postgresql://localhost/shop

[post_write_hooks]
hooks = tabs
tabs.type = tabs
;           ^^^^ does not run env.py
```
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.lint.context import ProjectContext
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.rule import ProjectRule
from foreshot.lint.words import code
from foreshot.rules.environment._write_hooks import write_hooks
from foreshot.syntax.changes import ReplaceText
from foreshot.text import Span


class RevisionEnvironmentNeeded(ProjectRule):
    """A hook type of env.py's, and ``revision_environment`` off."""

    severity = "warning"
    safety = "safe"

    def check(self, project: ProjectContext) -> Iterator[Finding]:
        """The type of each hook that env.py registers."""
        option = project.environment.option("revision_environment")
        if option is not None and str(option.value).lower() in ("true", "1", "yes", "on"):
            return
        hooks, own = write_hooks(project)
        for hook in hooks:
            kind = hook.options.get("type")
            if kind is not None and kind.value in own:
                yield self.finding(
                    kind.span,
                    f"A plain `alembic revision` does not run env.py, which registers {code(kind.value)}:"
                    " it fails after it has written the file. Turn on `revision_environment`.",
                    path=hook.path,
                    object=hook.name,
                )

    def fixes(self, finding: Finding, project: ProjectContext) -> Iterator[Fix]:
        """``revision_environment = true``, in the section that configures Alembic."""
        environment = project.environment
        path = finding.path or ""
        config = next((item for item in environment.configs if item.path == path), None)
        source = project.source(path)
        if config is None or source is None:
            return
        option = config.options.get("revision_environment")
        if option is not None:
            yield Fix("Turn on `revision_environment`", "safe", (ReplaceText(option.value_span, "true"),))
            return
        lines = source.lines
        row = lines.position(config.section_span.start)[0] + 1
        if row >= len(lines.starts):
            return
        at = lines.starts[row]
        end = "\r\n" if "\r\n" in source.content[:at] else "\n"
        yield Fix(
            "Turn on `revision_environment`",
            "safe",
            (ReplaceText(Span(at, at), f"revision_environment = true{end}"),),
        )
