"""The project writes its migrations as SQL, and env.py has no way to do so.

With `alembic upgrade --sql` env.py has to call `context.configure(url=…)` where it would open a connection otherwise; `context.is_offline_mode()` tells which
is wanted. An env.py that only connects needs the database after all, and what it prints is made for that database.

Reported only where the repository runs Alembic with `--sql`, in a workflow, a Makefile or a script.

```yaml .gitlab-ci.yml
sql:
  script: alembic upgrade head --sql > upgrade.sql
```
```python env.py bad
from alembic import context
from app.db import engine
from app.models import Base

target_metadata = Base.metadata

with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=target_metadata)
    #|                env.py still connects
    with context.begin_transaction():
        context.run_migrations()
```
```python env.py good
from alembic import context
from app.db import engine
from app.models import Base

target_metadata = Base.metadata

if context.is_offline_mode():
    context.configure(url="postgresql://", target_metadata=target_metadata)
    with context.begin_transaction():
        context.run_migrations()
else:
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=target_metadata)
        with context.begin_transaction():
            context.run_migrations()
```
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.lint.context import ProjectContext
from foreshot.lint.finding import Finding, Related
from foreshot.lint.rule import ProjectRule


class OfflineBranchMissing(ProjectRule):
    """``--sql`` in the repository, and no ``is_offline_mode`` in env.py."""

    severity = "information"

    def check(self, project: ProjectContext) -> Iterator[Finding]:
        """The call that configures the connection."""
        env, path, offline = project.env, project.environment.env_py, project.surroundings.offline
        source = project.surroundings.env_source
        if env is None or path is None or source is None or offline is None or not env.online:
            return
        if "offline" in source.content or "as_sql" in source.content or len(env.online) < len(env.configures):
            return
        yield self.finding(
            env.online[0].name,
            "With `--sql`, as Alembic is run here, env.py still connects. Check `context.is_offline_mode()`, and configure a `url` there.",
            path=path,
            related=(Related("Alembic is run with `--sql` here", offline.span, offline.path),),
        )
