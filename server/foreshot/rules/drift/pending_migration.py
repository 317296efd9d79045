"""The models ask for something that no migration makes.

A column was added to a model, an index, a table, a length: as long as no revision makes it, the application works on a database of its developer
and fails on every other. Foreshot compares the models with the schema that the migrations make, as `alembic revision --autogenerate` would
with a database, and says it at the attribute. Models that cannot be read say nothing, nor is
anything said of what another environment's revisions, for the same metadata in perhaps the same database, speak of. `foreshot diff` shows all operations at once.

```python setup
def upgrade():
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.String(20), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
```
```python app/models.py
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(20))
    nick: Mapped[str | None] = mapped_column(sa.String(20))
    #| No migration adds `users.nick`
```
```python env.py bad
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
    op.add_column('users', sa.Column('nick', sa.String(length=20), nullable=True))


def downgrade():
    op.drop_column('users', 'nick')
```
```python app/models.py
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(20))
```
```python env.py good
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
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None] = mapped_column(sa.String(40))
    #| `users.name` is `VARCHAR(20)` in the history and `VARCHAR(40)` in the model
    #| `users.name` is `NOT NULL` in the history and `NULL` in the model
```
```python env.py bad
from alembic import context
from app.models import Base

context.configure(connection=None, target_metadata=Base.metadata)
```
What is dropped and made again under its name, or over its columns, is one thing that changes:

```python setup
def upgrade():
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.String(20), nullable=False),
        sa.Column("mail", sa.String(20), nullable=False),
        sa.Column("nick", sa.String(20), nullable=False),
        sa.UniqueConstraint("mail", name="uq_users_mail"),
    )
    op.create_index("ix_users_name", "users", ["name"])
    op.create_index("ix_users_nick", "users", ["nick"])
```
```python app/models.py
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(20), index=True, unique=True)
    #| The index `ix_users_name` on `users` is `not unique` in the history and `unique` in the model
    mail: Mapped[str] = mapped_column(sa.String(20), index=True, unique=True)
    #| The constraint `uq_users_mail` on `users` is a unique index in the model
    nick: Mapped[str] = mapped_column(sa.String(20))
    __table_args__ = (sa.Index("ix_users_nick", "nick", "name"),)
    #| The index `ix_users_nick` on `users` is another one in the history
```
```python env.py bad
from alembic import context
from app.models import Base

context.configure(connection=None, target_metadata=Base.metadata)
```
So are comments, where the database keeps them:

```python setup
def upgrade():
    op.create_table("plans", sa.Column("id", sa.Integer(), primary_key=True), comment="what can be bought")
    op.create_table("users", sa.Column("id", sa.Integer(), primary_key=True), comment="who buys")
    op.create_table("teams", sa.Column("id", sa.Integer(), primary_key=True))
    op.create_table_comment("teams", "who pays")
    op.execute("COMMENT ON COLUMN teams.id IS 'as in the books'")
```
```python app/models.py
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Plan(Base):
    #| No migration sets the comment on `plans` yet
    __tablename__ = "plans"
    __table_args__ = {"comment": "what we sell"}
    id: Mapped[int] = mapped_column(primary_key=True)


class User(Base):
    __tablename__ = "users"
    __table_args__ = {"comment": "who buys"}
    id: Mapped[int] = mapped_column(primary_key=True)
    age: Mapped[int]
    #| No migration adds `users.age`


class Team(Base):
    #| The comment on `teams` is in the history and not in the model
    __tablename__ = "teams"
    id: Mapped[int] = mapped_column(primary_key=True, comment="as in the books")
```
```python env.py bad dialect=postgresql
from alembic import context
from app.models import Base

context.configure(connection=None, target_metadata=Base.metadata)
```
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from foreshot.lint.context import ProjectContext
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.mapped import drift_of_project, revision_of_all
from foreshot.lint.rule import ProjectRule
from foreshot.lint.words import code
from foreshot.project.beside import may_be_changed_beside

if TYPE_CHECKING:
    from foreshot.engine.described import Difference
    from foreshot.engine.drift import Pending

_SAYS = {
    "add_table": "No migration creates the table {table} yet.",
    "add_column": "No migration adds {column} yet.",
    "remove_column": "{column} is in the history and not in the model: no migration drops it yet.",
    "modify_type": "{column} is {was} in the history and {wanted} in the model: no migration changes it yet.",
    "modify_nullable": "{column} is {was} in the history and {wanted} in the model: no migration changes it yet.",
    "modify_default": "{column} has another server default in the history: no migration changes it yet.",
    "modify_comment": "{column} has another comment in the history: no migration changes it yet.",
    "add_index": "No migration creates the index {name} on {table} yet.",
    "remove_index": "The index {name} on {table} is in the history and not in the model.",
    "add_constraint": "No migration adds this unique constraint to {table} yet.",
    "remove_constraint": "The constraint {name} on {table} is in the history and not in the model.",
    "add_fk": "No migration adds this foreign key to {table} yet.",
    "remove_fk": "The foreign key {name} of {table} is in the history and not in the model.",
    "modify_fk": "The foreign key {name} of {table} has {was} in the history and {wanted} in the model: no migration changes it yet.",
    "modify_index": "The index {name} on {table} is {was} in the history and {wanted} in the model: no migration changes it yet.",
    "other_index": "The index {name} on {table} is another one in the history: no migration changes it yet.",
    "to_index": "The constraint {name} on {table} is a unique index in the model: no migration changes it yet.",
    "to_constraint": "The unique index {name} on {table} is a constraint in the model: no migration changes it yet.",
    "add_table_comment": "No migration sets the comment on {table} yet.",
    "remove_table_comment": "The comment on {table} is in the history and not in the model.",
}

_BY_TABLE = ("modify_nullable", "remove_index")
"""What is said once of a table, with its other places."""


class PendingMigration(ProjectRule):
    """A model's attribute, table, index or constraint that the history lacks, or has otherwise."""

    severity = "warning"
    safety = "unsafe"
    by_hand = True

    def check(self, project: ProjectContext) -> Iterator[Finding]:
        """Each operation at the line of the models that asks for it."""
        drift = drift_of_project(project)
        for item in _changes(drift.pending) if drift is not None else ():
            if item.origin is None or not item.certain or not item.detectable:
                continue
            found = item.difference
            path, span = item.origin.path, item.origin.span
            source = project.source(path)
            if source is None or _may_be_done_beside(found, project):
                continue
            end = source.content.find("\n", span.start, span.end)
            at = span if end == -1 else type(span)(span.start, end)
            yield self.finding(
                at,
                _said(found),
                path=path,
                object=found.column or found.name or found.table,
                # Whoever leaves `nullable=False` out of a model, or its indexes, leaves out all of them.
                cause=f"{found.kind}|{found.table_name}|{found.was}" if found.kind in _BY_TABLE else None,
            )

    def fixes(self, finding: Finding, project: ProjectContext) -> Iterator[Fix]:
        """One revision with everything that is pending."""
        del finding
        yield from revision_of_all(project)


def _changes(pending: Sequence[Pending]) -> Iterator[Pending]:
    """What is pending: what comes with a new table is its part, and what is dropped and made anew is one thing that changes."""
    tables = {item.difference.table_name for item in pending if item.difference.kind == "add_table"}
    made: dict[object, Pending] = {}
    for item in pending:
        for place in _places(item.difference):
            made.setdefault(place, item)
    became = [(item, *change) for item in pending for change in _became(item.difference)]
    told: set[int] = set()
    # What keeps its name is the same thing before anything else is.
    for item, kind, place in sorted(became, key=lambda change: not change[1].startswith("modify")):
        other = made.get(place)
        if other is None or not told.isdisjoint((id(item), id(other))):
            continue
        wanted = other.difference.wanted
        if item.difference.was == wanted and kind == "modify_fk":
            continue
        if item.difference.was == wanted and kind == "modify_index":
            kind = "other_index"
        told |= {id(item), id(other)}
        difference = replace(item.difference, kind=kind, wanted=wanted)
        yield replace(item, difference=difference, certain=item.certain and other.certain)
    for item in pending:
        if id(item) in told:
            continue
        if item.difference.kind == "add_table" or item.difference.table_name not in tables:
            yield item


def _places(made: Difference) -> Iterator[object]:
    """Under what a thing that is made is looked for, to see whether it was there otherwise."""
    match made.kind:
        case "add_fk":
            yield "fk", made.table_name, made.columns
        case "add_index":
            yield "name", made.table_name, made.name
            if made.wanted == "unique":
                yield "index", made.table_name, made.columns
        case "add_constraint":
            yield "constraint", made.table_name, made.columns
        case _:
            pass


def _became(gone: Difference) -> Iterator[tuple[str, object]]:
    """What a thing that goes may have become, and under what that is looked for."""
    match gone.kind:
        case "remove_fk" if gone.columns:
            yield "modify_fk", ("fk", gone.table_name, gone.columns)
        case "remove_index":
            yield "modify_index", ("name", gone.table_name, gone.name)
            if gone.was == "unique" and gone.columns:
                yield "to_constraint", ("constraint", gone.table_name, gone.columns)
        case "remove_constraint" if gone.columns:
            yield "to_index", ("index", gone.table_name, gone.columns)
        case _:
            pass


def _may_be_done_beside(found: Difference, project: ProjectContext) -> bool:
    """Whether another environment of the same models and perhaps the same database speaks of the table and the thing together."""
    name = found.column or found.name
    names = found.columns if name is None else (name,)
    files = project.surroundings.modules.files
    return may_be_changed_beside(files, project.environment, (found.table, *names))


def _said(found: Difference) -> str:
    said = _SAYS.get(found.kind, "The history has {table} otherwise: no migration changes it yet.")
    column = code(f"{found.table_name}.{found.column}")
    was, wanted = (code(side) if side else "no `ON DELETE`" for side in (found.was, found.wanted))
    return said.format(
        table=code(found.table_name), column=column, name=code(found.name), was=was, wanted=wanted
    )
