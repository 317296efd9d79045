"""The history has a table that no model has: autogenerate will drop it.

Whoever runs `alembic revision --autogenerate` next gets an `op.drop_table` for it. That is right when the model was removed on purpose, and deletes
data when the table belongs to a library, to raw SQL or to another application. Then an `include_object` hook in env.py leaves it out.
A table whose model is there, and only not imported, is [models-not-imported](models-not-imported.md)'s.

```python setup
def upgrade():
    op.create_table("users", sa.Column("id", sa.Integer(), primary_key=True))
    op.create_table("ledger", sa.Column("id", sa.Integer(), primary_key=True))
```
```python app/models.py
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
```
```python env.py bad
from alembic import context
from app.models import Base

context.configure(connection=None, target_metadata=Base.metadata)
#|  No model maps `ledger`
```
```python env.py good
from alembic import context
from app.models import Base


def include_object(object, name, type_, reflected, compare_to):
    return not (type_ == "table" and name == "ledger")


context.configure(connection=None, target_metadata=Base.metadata, include_object=include_object)
```
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.lint.context import ProjectContext
from foreshot.lint.finding import Finding
from foreshot.lint.mapped import drift_of_project, models_of
from foreshot.lint.rule import ProjectRule
from foreshot.lint.words import code


class UnmappedTable(ProjectRule):
    """A table of the history that no model has."""

    severity = "information"

    def check(self, project: ProjectContext) -> Iterator[Finding]:
        """Each table, at the call that hands the models over."""
        path, env = project.environment.env_py, project.env
        drift = drift_of_project(project)
        if drift is None or path is None or env is None or not env.online:
            return
        # A model that env.py does not load, or of another base, is another rule's.
        mapped = {table.full_name for table in models_of(project.surroundings).tables}
        for item in drift.pending:
            table = item.difference.table_name
            if item.difference.kind == "remove_table" and item.certain and table not in mapped:
                told = f"No model maps {code(table)}, which the migrations create: autogenerate will drop it."
                yield self.finding(env.online[0].name, told, path=path, object=table)
