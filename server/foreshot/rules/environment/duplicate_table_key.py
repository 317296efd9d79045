"""Two of env.py's metadatas have one table: autogenerate fails with `Duplicate table keys across multiple MetaData objects`.

Alembic puts the tables of all target metadatas into one dictionary. Let one metadata own the table, or give each its own schema.

```python app/models.py
import sqlalchemy as sa

first = sa.MetaData()
second = sa.MetaData()
users = sa.Table("users", first, sa.Column("id", sa.Integer, primary_key=True))
admins = sa.Table("users", second, sa.Column("id", sa.Integer, primary_key=True))
```
```python env.py bad
from alembic import context
from app.models import first, second

context.configure(connection=None, target_metadata=[first, second])
#                                                  ^^^^^^^^^^^^^^^ Two `MetaData` objects have the table `users`
```
```python env.py good
from alembic import context
from app.models import first

context.configure(connection=None, target_metadata=first)
```
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.lint.context import ProjectContext
from foreshot.lint.finding import Finding, Related
from foreshot.lint.mapped import models_of
from foreshot.lint.rule import ProjectRule
from foreshot.lint.words import code
from foreshot.models.model import ModelTable
from foreshot.rules.environment._metadata import passed


class DuplicateTableKey(ProjectRule):
    """One table in two target metadatas."""

    severity = "error"

    def check(self, project: ProjectContext) -> Iterator[Finding]:
        """The first such table, at the metadata."""
        path = project.environment.env_py
        models = models_of(project.surroundings)
        if path is None or not models.targets or len(models.targets) < 2 or models.reached is None:
            return
        owners: dict[str, ModelTable] = {}
        for table in models.target_tables:
            first = owners.setdefault(table.full_name, table)
            if first.metadata == table.metadata:
                continue
            for call, argument in passed(project, "target_metadata"):
                # Several databases may each have a table of that name.
                if call.offline or not isinstance(argument.value, list | tuple):
                    continue
                told = f"Two `MetaData` objects have the table {code(table.full_name)}: autogenerate fails. Keep it in one of them."
                related = [Related("here", item.origin.span, item.origin.path) for item in (first, table)]
                yield self.finding(argument.span, told, path=path, object=table.full_name, related=related)
                return
