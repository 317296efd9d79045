"""The model's enum lacks a value that the type of the history has: rows with it can no longer be loaded.

A value was taken out of a Python enum, or renamed. The database keeps the old one, in its type and in its rows, and SQLAlchemy raises a
`LookupError` for each row that has it. `alembic revision --autogenerate` does not see it. Rename with `ALTER TYPE … RENAME VALUE`; before a
value goes, move its rows to another.

```python setup
def upgrade():
    op.create_table(
        "bills",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("state", sa.Enum("open", "paid", "void", name="bill_state")),
    )
```
```python app/models.py dialect=postgresql
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Bill(Base):
    __tablename__ = "bills"
    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(sa.Enum("open", "paid", name="bill_state"), nullable=True)
    #| Rows with `void` cannot be loaded
```
```python env.py bad dialect=postgresql
from alembic import context
from app.models import Base

context.configure(connection=None, target_metadata=Base.metadata)
```
```python app/models.py
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Bill(Base):
    __tablename__ = "bills"
    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(sa.Enum("open", "paid", "void", name="bill_state"), nullable=True)
```
```python env.py good dialect=postgresql
from alembic import context
from app.models import Base

context.configure(connection=None, target_metadata=Base.metadata)
```
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.lint.context import ProjectContext
from foreshot.lint.finding import Finding
from foreshot.lint.mapped import enums_out_of_step
from foreshot.lint.rule import ProjectRule
from foreshot.lint.words import code, codes
from foreshot.text import Span


class EnumValueRemoved(ProjectRule):
    """A value of the history's type that the model's enum does not have."""

    severity = "error"
    databases = ("postgresql",)

    def check(self, project: ProjectContext) -> Iterator[Finding]:
        """Each type once, at a column that has it."""
        seen: set[str] = set()
        for enum, known in enums_out_of_step(project):
            gone = [value for value in known.values if value not in enum.values]
            if not gone or enum.name in seen:
                continue
            seen.add(enum.name)
            source = project.source(enum.origin.path)
            span = enum.origin.span
            end = source.content.find("\n", span.start, span.end) if source is not None else -1
            at = span if end == -1 else Span(span.start, end)
            told = f"Rows with {codes(gone)} cannot be loaded: {code(enum.name)} has it in the history, but not in the model."
            yield self.finding(at, told, path=enum.origin.path, object=enum.name)
