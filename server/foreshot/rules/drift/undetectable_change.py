"""The model asks for something that no migration makes and autogenerate does not compare: nobody is told.

`alembic revision --autogenerate` writes nothing for a server default (unless `compare_server_default` is on), a check, the columns of a primary key, or
whether a column is computed. The tests create their tables from the models and pass; the database that was migrated has none of it: rows that
others insert have NULL for the default, and what the check forbids gets in.

The revision that Foreshot creates has what autogenerate leaves out: `op.alter_column(…, server_default=…)`, `op.create_check_constraint(…)`. Another
primary key and a computed column are to be written by hand. [What autogenerate misses](../what-autogenerate-misses.md) has the whole list. A default that the
history has and the model has not is mostly left from filling a new column, and is not reported; nor is a default that is spelled in another way, or a check
that the history has under another name.

```python setup
def upgrade():
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("plan", sa.String(20)),
        sa.Column("seats", sa.Integer(), server_default="1"),
    )
```
```python app/models.py dialect=postgresql
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    __table_args__ = (sa.CheckConstraint("seats > 0", name="ck_seats"),)
    #                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ No migration adds the check `ck_seats`
    id: Mapped[int] = mapped_column(primary_key=True)
    plan: Mapped[str | None] = mapped_column(sa.String(20), server_default="free")
    #| No migration gives `users.plan` the server default
    seats: Mapped[int | None] = mapped_column(sa.Integer(), server_default=sa.text("5"))
    #| No migration gives `users.seats` the server default
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
    op.alter_column('users', 'plan',
               existing_type=sa.VARCHAR(length=20),
               server_default='free',
               existing_nullable=True)
    op.alter_column('users', 'seats',
               existing_type=sa.INTEGER(),
               server_default=sa.text('5'),
               existing_nullable=True)
    op.create_check_constraint('ck_seats', 'users', 'seats > 0')


def downgrade():
    op.drop_constraint('ck_seats', 'users', type_='check')
    op.alter_column('users', 'seats',
               existing_type=sa.INTEGER(),
               server_default=sa.text('1'),
               existing_nullable=True)
    op.alter_column('users', 'plan',
               existing_type=sa.VARCHAR(length=20),
               server_default=None,
               existing_nullable=True)
```
```python app/models.py
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    plan: Mapped[str | None] = mapped_column(sa.String(20), default="free")
    seats: Mapped[int | None] = mapped_column(sa.Integer(), server_default=sa.text("'1'"))
```
```python env.py good dialect=postgresql
from alembic import context
from app.models import Base

context.configure(connection=None, target_metadata=Base.metadata)
```
```python app/models.py
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class User(Base):
    #| primary key of `users` is `id`, the model's `plan, seats`
    __tablename__ = "users"
    id: Mapped[int] = mapped_column()
    plan: Mapped[str] = mapped_column(sa.String(20), primary_key=True)
    seats: Mapped[int] = mapped_column(sa.Integer(), primary_key=True)
```
```python env.py bad dialect=postgresql
from alembic import context
from app.models import Base

context.configure(connection=None, target_metadata=Base.metadata)
```
```python setup
def upgrade():
    op.create_table("desks", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("seats", sa.Integer()))
    op.create_check_constraint(op.f("ck_has_seats"), "desks", "(seats > 0) OR seats IS NULL")
```
```python app/models.py
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    metadata = sa.MetaData(naming_convention={"ck": "ck_%(table_name)s_%(constraint_name)s"})


class Desk(Base):
    __tablename__ = "desks"
    __table_args__ = (sa.CheckConstraint("seats > 0 OR seats IS NULL", name="has_seats"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    seats: Mapped[int | None] = mapped_column(sa.Integer())
```
```python env.py good dialect=postgresql
from alembic import context
from app.models import Base

context.configure(connection=None, target_metadata=Base.metadata)
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from foreshot.lint.context import ProjectContext
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.mapped import drift_of_project, head_of, models_of, revision_of_all
from foreshot.lint.rule import ProjectRule
from foreshot.lint.words import code
from foreshot.models.model import ModelColumn, ModelTable
from foreshot.schema.state import Table
from foreshot.syntax.values import CallValue

_SAYS: Final = {
    "modify_default": "No migration gives {column} the server default that its model has",
    "add_check": "No migration adds the check {name} to {table}",
}
_UNSEEN: Final = "autogenerate does not see it"


class UndetectableChange(ProjectRule):
    """What models have, the history lacks, and Alembic does not compare."""

    severity = "information"
    safety = "unsafe"
    by_hand = True

    def check(self, project: ProjectContext) -> Iterator[Finding]:
        """Each, at the line of the models that asks for it."""
        models = models_of(project.surroundings)
        if not models.target_tables or project.env is None or not project.env.online:
            return
        head = head_of(project)
        doubted = {doubt.table for doubt in models.doubts}
        if head is None or None in doubted:
            return
        yield from self._compared(project, doubted)
        _, schema = head
        for model in models.target_tables:
            table = schema.tables.get(model.full_name)
            if table is None or schema.doubts(table) or model.full_name in doubted:
                continue
            for column in model.columns:
                known = table.columns.get(column.name)
                if known is None or known.perhaps or not _is_computed(column):
                    continue
                if known.computed is None and not known.default:
                    name = code(f"{table.name}.{column.name}")
                    told = f"{name} is computed in the model, and a plain column in the history, and {_UNSEEN}. Write it by hand."
                    yield self.finding(column.origin.span, told, path=column.origin.path, object=column.name)
            yield from self._of_key(model, table)

    def _compared(self, project: ProjectContext, doubted: set[str | None]) -> Iterator[Finding]:
        drift = drift_of_project(project)
        for item in drift.pending if drift is not None else ():
            found, origin = item.difference, item.origin
            told = _SAYS.get(found.kind)
            if item.detectable or told is None or origin is None or found.table_name in doubted:
                continue
            column = f"{found.table_name}.{found.column}"
            said = told.format(table=code(found.table_name), column=code(column), name=code(found.name))
            yield self.finding(
                origin.span,
                f"{said}, and {_UNSEEN}.",
                path=origin.path,
                object=found.column or found.name or found.table,
            )

    def _of_key(self, model: ModelTable, table: Table) -> Iterator[Finding]:
        mine = [column.name for column in model.columns if column.keywords.get("primary_key") is True]
        listed_apart = any(_is(item.call, "PrimaryKeyConstraint") for item in model.items)
        key = table.primary_key
        if not mine or listed_apart or key is None or set(mine) == set(key.columns):
            return
        was, wanted = (code(", ".join(names)) for names in (key.columns, mine))
        told = f"The history's primary key of {code(table.name)} is {was}, the model's {wanted}, and {_UNSEEN}. Write it by hand."
        yield self.finding(model.origin.span, told, path=model.origin.path, object=table.name)

    def fixes(self, finding: Finding, project: ProjectContext) -> Iterator[Fix]:
        """One revision with everything that is pending, where it has this."""
        drift = drift_of_project(project)
        names = {(item.difference.column or item.difference.name) for item in drift.pending} if drift else ()
        if finding.object in names:
            yield from revision_of_all(project)


def _is(call: CallValue, name: str) -> bool:
    return call.path.rpartition(".")[2] == name


def _is_computed(column: ModelColumn) -> bool:
    return any(isinstance(item, CallValue) and _is(item, "Computed") for item in column.args)
