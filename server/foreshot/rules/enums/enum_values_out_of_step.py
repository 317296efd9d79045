"""The model's enum has values that the type of the history lacks: the first row with one of them fails.

`alembic revision --autogenerate` does not compare the values of an enum, so nothing tells before production does: `invalid input value for enum`.
The revision that Foreshot creates adds it: `ALTER TYPE … ADD VALUE`. What is filled with the new value belongs in a later revision.

```python setup
def upgrade():
    op.create_table(
        "bills",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("state", sa.Enum("open", "paid", name="bill_state")),
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
    state: Mapped[str] = mapped_column(sa.Enum("open", "paid", "void", name="bill_state"), nullable=True)
    #                                                          ^^^^^^ `void` is not a value of `bill_state`
```
```python env.py bad dialect=postgresql
from alembic import context
from app.models import Base

context.configure(connection=None, target_metadata=Base.metadata)
```
```python fixed versions/0560170b75f7_model_changes.py
\"\"\"model changes

Revision ID: 0560170b75f7
Revises: 0002
Create Date: 2026-01-01 00:00:00

\"\"\"
from alembic import op
import sqlalchemy as sa


revision = '0560170b75f7'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade():
    op.execute("ALTER TYPE bill_state ADD VALUE IF NOT EXISTS 'void'")


def downgrade():
    pass
```
```python app/models.py
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Bill(Base):
    __tablename__ = "bills"
    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(sa.Enum("open", "paid", name="bill_state"), nullable=True)
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
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.mapped import enums_out_of_step, revision_of_all
from foreshot.lint.rule import ProjectRule
from foreshot.lint.words import code


class EnumValuesOutOfStep(ProjectRule):
    """A value of a model's native enum that the type of the history does not have."""

    severity = "warning"
    databases = ("postgresql",)
    safety = "unsafe"
    by_hand = True

    def check(self, project: ProjectContext) -> Iterator[Finding]:
        """Each value, where the model writes it."""
        seen: set[tuple[str, str]] = set()
        for enum, known in enums_out_of_step(project):
            for value, place in zip(enum.values, enum.places, strict=True):
                if value in known.values or (enum.name, value) in seen:
                    continue
                seen.add((enum.name, value))
                told = f"{code(value)} is not a value of {code(enum.name)} in the history: writing it fails. No migration adds it, and autogenerate does not see it."
                yield self.finding(place.span, told, path=place.path, object=enum.name)

    def fixes(self, finding: Finding, project: ProjectContext) -> Iterator[Fix]:
        """One revision with everything that is pending."""
        del finding
        yield from revision_of_all(project)
