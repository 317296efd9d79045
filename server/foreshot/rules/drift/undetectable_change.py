"""The model asks for something that no migration makes and autogenerate does not compare: nobody is told.

`alembic revision --autogenerate` writes nothing for a server default (unless `compare_server_default` is on), a check, the columns of a primary key, or
whether a column is computed. The tests create their tables from the models and pass; the database that was migrated has none of it: rows that
others insert have NULL for the default, and what the check forbids gets in.

Write the operation by hand: `op.alter_column(…, server_default=…)`, `op.create_check_constraint(…)`. [What autogenerate
misses](../what-autogenerate-misses.md) has the whole list. A default that the history has and the model has not is mostly left from filling a new column,
and is not reported; nor is a default that is spelled in another way, or a check that the history has under another name.

```python setup
def upgrade():
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("plan", sa.String(20)),
        sa.Column("seats", sa.Integer()),
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
    seats: Mapped[int | None] = mapped_column(sa.Integer())
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


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    plan: Mapped[str | None] = mapped_column(sa.String(20), default="free")
    seats: Mapped[int | None] = mapped_column(sa.Integer())
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
from foreshot.lint.finding import Finding
from foreshot.lint.mapped import head_of, models_of
from foreshot.lint.rule import ProjectRule
from foreshot.lint.words import code
from foreshot.models.model import ModelColumn, Models, ModelTable, Origin
from foreshot.schema.difference import canonical_sql, sql_of
from foreshot.schema.names import by_convention
from foreshot.schema.plain import plain
from foreshot.schema.state import Column, Table, Target
from foreshot.syntax.values import CallValue, Text, Unknown

_NO_DEFAULT: Final = ("FetchedValue", "Computed", "Identity", "Sequence")
"""What may stand as ``server_default`` and is none, or is another's to set."""


class UndetectableChange(ProjectRule):
    """What models have, the history lacks, and Alembic does not compare."""

    severity = "information"

    def check(self, project: ProjectContext) -> Iterator[Finding]:
        """Each, at the line of the models that asks for it."""
        models = models_of(project.surroundings)
        if not models.target_tables or project.env is None or not project.env.online:
            return
        head = head_of(project)
        if head is None or any(doubt.table is None for doubt in models.doubts):
            return
        target, schema = head
        defaults = project.env.argument("compare_server_default") is None
        stories = project.stories
        conventions = stories(target).target if stories is not None else Target(target.database)
        for model in models.target_tables:
            table = schema.tables.get(model.full_name)
            if table is None or schema.doubts(table) or _is_doubted(models, model.full_name):
                continue
            for origin, object_, told in _missing(model, table, conventions, defaults=defaults):
                yield self.finding(
                    origin.span,
                    f"{told}, and autogenerate does not see it. Write it by hand.",
                    path=origin.path,
                    object=object_,
                )


def _is_doubted(models: Models, table: str) -> bool:
    return any(doubt.table == table for doubt in models.doubts)


def _missing(
    model: ModelTable, table: Table, target: Target, *, defaults: bool
) -> Iterator[tuple[Origin, str, str]]:
    for column in model.columns:
        known = table.columns.get(column.name)
        if known is None or known.perhaps:
            continue
        name = f"{table.name}.{column.name}"
        if defaults and _has_default(column) and _lacks_default(known):
            yield (
                column.origin,
                column.name,
                f"No migration gives {code(name)} the server default that its model has",
            )
        if _is_computed(column) and known.computed is None and not known.default:
            yield (
                column.origin,
                column.name,
                f"{code(name)} is computed in the model, and a plain column in the history",
            )
    yield from _checks(model, table, target)
    mine = [column.name for column in model.columns if column.keywords.get("primary_key") is True]
    listed_apart = any(_is(item.call, "PrimaryKeyConstraint") for item in model.items)
    key = table.primary_key
    if mine and not listed_apart and key is not None and set(mine) != set(key.columns):
        was, wanted = (code(", ".join(names)) for names in (key.columns, mine))
        yield (
            model.origin,
            table.name,
            f"The history's primary key of {code(table.name)} is {was}, the model's {wanted}",
        )


def _checks(model: ModelTable, table: Table, target: Target) -> Iterator[tuple[Origin, str, str]]:
    known = {check.name for check in table.checks}
    if None in known:
        # One of those without a name may be the one.
        return
    written = (sql_of(check.condition) for check in table.checks)
    conditions = {canonical_sql(text) for text in written if text is not None}
    for item in model.items:
        name = item.call.keywords.get("name")
        if not _is(item.call, "CheckConstraint") or not isinstance(name, str):
            continue
        full = by_convention(target, "ck", table.name, (), name=name)
        condition = sql_of(plain(item.call.argument("sqltext", 0)))
        if not known & {name, full} and (condition is None or canonical_sql(condition) not in conditions):
            yield item.origin, name, f"No migration adds the check {code(name)} to {code(table.name)}"


def _is(call: CallValue, name: str) -> bool:
    return call.path.rpartition(".")[2] == name


def _has_default(column: ModelColumn) -> bool:
    """Whether the model surely has a server default of its own."""
    given = column.keywords.get("server_default")
    if given is None or isinstance(given, Unknown):
        return False
    if any(
        isinstance(item, CallValue) and item.path.rpartition(".")[2] in _NO_DEFAULT for item in column.args
    ):
        return False
    if isinstance(given, CallValue):
        return given.path.rpartition(".")[2] not in _NO_DEFAULT
    return isinstance(given, str | Text)


def _lacks_default(column: Column) -> bool:
    return (
        column.default is None
        and column.identity is None
        and column.computed is None
        and column.sequence is None
        and not column.autoincrement
    )


def _is_computed(column: ModelColumn) -> bool:
    return any(isinstance(item, CallValue) and _is(item, "Computed") for item in column.args)
