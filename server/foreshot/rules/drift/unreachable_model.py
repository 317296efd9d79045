"""A mapped class whose metadata is not among those that env.py hands to Alembic: no migration will ever make its table.

This happens when a project has two bases, or makes a second `MetaData` by mistake, and `target_metadata` names one of them. Hand over both as a list. Not reported where the env.py of another environment
in the workspace hands it over, or one of which that cannot be told.

```python app/models.py
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Other(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)


class Audit(Other):
    #| Alembic never sees the table `audits`
    __tablename__ = "audits"
    id: Mapped[int] = mapped_column(primary_key=True)
```
```python env.py bad
from alembic import context
from app.models import Base

context.configure(connection=None, target_metadata=Base.metadata)
```
```python env.py good
from alembic import context
from app.models import Base, Other

context.configure(connection=None, target_metadata=[Base.metadata, Other.metadata])
```
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.lint.context import ProjectContext
from foreshot.lint.finding import Finding
from foreshot.lint.mapped import models_of
from foreshot.lint.rule import ProjectRule
from foreshot.lint.words import code


class UnreachableModel(ProjectRule):
    """A class mapped to metadata that env.py does not hand over."""

    severity = "warning"

    def check(self, project: ProjectContext) -> Iterator[Finding]:
        """Each class, where env.py's metadata is known and reaches its module."""
        models = models_of(project.surroundings)
        if not models.targets or models.reached is None or models.elsewhere is None:
            return
        known = {table.full_name for table in models.target_tables}
        for table in models.tables:
            if models.is_target(table) or table.metadata in models.elsewhere:
                continue
            if table.module not in models.reached or table.full_name in known:
                continue
            told = f"Alembic never sees the table {code(table.full_name)}: its metadata is not among env.py's `target_metadata`."
            yield self.finding(
                table.origin.span,
                told,
                path=table.origin.path,
                object=table.full_name,
                cause=table.metadata,
            )
