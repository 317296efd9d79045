"""Models name schemas, and `include_schemas` is not set: autogenerate never looks there.

Without `include_schemas=True`, Alembic reflects the default schema alone. Each table of a model in another schema looks missing, and
`alembic revision --autogenerate` writes its `op.create_table` again and again.

```python app/models.py
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Bill(Base):
    __tablename__ = "bills"
    __table_args__ = {"schema": "billing"}
    id: Mapped[int] = mapped_column(primary_key=True)
```
```python env.py bad dialect=postgresql
from alembic import context
from app.models import Base

context.configure(connection=None, target_metadata=Base.metadata)
#| Autogenerate never looks into the schema `billing`
```
```python fixed env.py
from alembic import context
from app.models import Base

context.configure(connection=None, target_metadata=Base.metadata, include_schemas=True)
```
```python env.py good dialect=postgresql
from alembic import context
from app.models import Base

context.configure(connection=None, target_metadata=Base.metadata, include_schemas=True)
```
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.lint.context import ProjectContext
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.mapped import models_of
from foreshot.lint.rule import ProjectRule
from foreshot.lint.words import codes
from foreshot.syntax.changes import SetArgument

_DEFAULT = {"postgresql": "public", "mssql": "dbo", "sqlite": "main"}


class IncludeSchemasOff(ProjectRule):
    """Tables in schemas of their own, and no ``include_schemas``."""

    severity = "warning"
    databases = ("postgresql", "mysql", "mariadb", "mssql")
    safety = "safe"

    def check(self, project: ProjectContext) -> Iterator[Finding]:
        """The first call that lacks it."""
        env, path = project.env, project.environment.env_py
        if env is None or path is None or not env.online or env.argument("include_schemas") is not None:
            return
        usual = {_DEFAULT.get(target.database) for target in project.targets} | {None}
        models = models_of(project.surroundings)
        schemas = list(
            dict.fromkeys(table.schema for table in models.target_tables if table.schema not in usual)
        )
        if not schemas or models.targets is None:
            return
        what = "the schema" if len(schemas) == 1 else "the schemas"
        told = f"Autogenerate never looks into {what} {codes(schemas[:4])}, which models use. Pass `include_schemas=True`."
        yield self.finding(env.online[0].name, told, path=path, object=schemas[0])

    def fixes(self, finding: Finding, project: ProjectContext) -> Iterator[Fix]:
        """``include_schemas=True`` in each call."""
        env = project.env
        changes = tuple(
            SetArgument(call.span, "include_schemas", "True")
            for call in (env.configures if env is not None else ())
        )
        yield Fix("Pass `include_schemas=True`", "safe", changes)
