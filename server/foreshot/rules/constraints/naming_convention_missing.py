"""The project's metadata has no naming convention: constraints get whatever name the database gives them.

`op.drop_constraint` needs a name. Without a convention PostgreSQL, MySQL and SQLite each make up their own, or none, and a revision that works on one
fails on another. A convention names every constraint the same everywhere. Given to a project that has constraints already, it changes the names of
new ones only: rename the old ones, or name them in the models. For a project on PostgreSQL alone with more than twenty revisions this is a hint.

```python app/models.py
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    #| has no naming convention
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
```
```python env.py bad
from alembic import context
from app.models import Base

context.configure(connection=None, target_metadata=Base.metadata)
```
```python app/models.py
from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention={"pk": "pk_%(table_name)s", "uq": "uq_%(table_name)s_%(column_0_name)s"})


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
```
```python env.py good
from alembic import context
from app.models import Base

context.configure(connection=None, target_metadata=Base.metadata)
```
```python app/models.py
from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

metadata = MetaData()
#| `metadata` has no naming convention


class Base(DeclarativeBase):
    metadata = metadata


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
```
```python env.py bad
from alembic import context
from app.models import Base

context.configure(connection=None, target_metadata=Base.metadata)
```
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.lint.context import ProjectContext
from foreshot.lint.finding import Finding
from foreshot.lint.mapped import models_of
from foreshot.lint.rule import ProjectRule
from foreshot.lint.words import code

_SETTLED = 20
"""So many revisions make a project that has settled."""


class NamingConventionMissing(ProjectRule):
    """Target metadata without ``naming_convention``."""

    severity = "information"

    def check(self, project: ProjectContext) -> Iterator[Finding]:
        """Each of env.py's metadatas that has tables, where it is made."""
        models = models_of(project.surroundings)
        for identity in models.targets or ():
            info = models.metadatas.get(identity)
            if info is None or not info.known or info.convention or info.origin is None:
                continue
            if not any(table.metadata == identity for table in models.target_tables):
                continue
            owner = identity.removesuffix(".metadata")
            of_module = project.surroundings.modules.locate(owner) is not None
            name = (identity if of_module else owner).rpartition(".")[2]
            told = f"{code(name)} has no naming convention: each database makes up its own constraint names. Give its `MetaData` one."
            # PostgreSQL's own names are always the same ones: a project that has lived with them has no need of others.
            alone = {target.database for target in project.targets} == {"postgresql"}
            severity = "hint" if alone and len(project.entries) > _SETTLED else None
            yield self.finding(info.origin.span, told, path=info.origin.path, object=name, severity=severity)
