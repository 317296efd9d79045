"""A constraint or an index is called otherwise than the naming convention calls it.

With a convention, whoever writes `op.drop_constraint(op.f("uq_orders_status"), …)` trusts that the name is what the convention makes, and so does
autogenerate: it drops a unique constraint or an index of another name, and creates it once more. A name that a server would give (`orders_status_key`)
mostly comes from before there was a convention, or from a revision that was made without it.

Leave the name out (`None`), so that the convention gives it, or give the model's constraint the same name: nothing is said of names that the models
have, nor where models could not be read. Nor of an index whose name begins with the convention's and goes on: `ix_orders_status_open`, for one over
some of the rows, leaves the plain name to the plain index. What geoalchemy2 calls a spatial index is its own convention.

Several metadatas of one env.py with conventions of their own name the constraints of one database in several ways: that is reported at the later one.

```python app/models.py
from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
```
```python env.py
from alembic import context
from app.models import Base

target_metadata = Base.metadata
context.configure(connection=None, target_metadata=target_metadata)
```
```python setup
def upgrade():
    op.create_table("orders", sa.Column("id", sa.Integer()), sa.Column("status", sa.Text()))
```
```python bad
def upgrade():
    op.create_unique_constraint("orders_status_key", "orders", ["status"])
    #                           ^^^^^^^^^^^^^^^^^^^ The convention calls this `uq_orders_status`
```
```python bad
def upgrade():
    op.create_index("orders_by_status", "orders", ["status"])
    #               ^^^^^^^^^^^^^^^^^^ `ix_orders_status`
```
Nor of a name that differs because the convention's is taken, as by an index whose first column is the same, nor of a schema in it.

```python good
def upgrade():
    op.create_index(op.f("ix_orders_status"), "orders", ["status"])
    op.create_index("ix_orders_status_id", "orders", ["status", "id"])
    op.create_table("leads", sa.Column("owner", sa.Integer()), schema="crm")
    op.create_index(op.f("ix_crm_leads_owner"), "leads", ["owner"], schema="crm")
```
```python good
def upgrade():
    op.create_unique_constraint(op.f("uq_orders_status"), "orders", ["status"])
    op.create_unique_constraint(None, "orders", ["id"])
    op.create_index("uq_orders_id", "orders", ["id"], unique=True)
    op.create_check_constraint("known", "orders", "status in ('open', 'paid')")
    op.create_index("ix_orders_status_open", "orders", ["status"], postgresql_where=sa.text("status = 'open'"))
    op.create_index("ix_orders_status_id", "orders", ["status", "id"])
```
```python good
def upgrade():
    op.create_index("idx_orders_status", "orders", ["status"], postgresql_using="gist")
```
```python app/models.py
from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention={"uq": "uq_%(table_name)s_%(column_0_name)s"})


class AdminBase(DeclarativeBase):
    metadata = MetaData(naming_convention={"uq": "unique_%(table_name)s_%(column_0_name)s"})
    #| `AdminBase.metadata` has another naming convention than `Base.metadata`


class ReadBase(DeclarativeBase):
    metadata = MetaData(naming_convention={"uq": "uq_%(table_name)s_%(column_0_name)s"})
```
```python env.py bad
from alembic import context
from app.models import AdminBase, Base, ReadBase

context.configure(connection=None, target_metadata=[Base.metadata, AdminBase.metadata, ReadBase.metadata])
```
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from foreshot.lint.context import Context, ProjectContext
from foreshot.lint.entry import Note
from foreshot.lint.finding import Finding
from foreshot.lint.mapped import head_of, models_of
from foreshot.lint.rule import ProjectRule
from foreshot.lint.words import code
from foreshot.migration import operations as ops
from foreshot.models.model import Models
from foreshot.schema.draft import names_on
from foreshot.schema.names import by_convention
from foreshot.schema.state import Schema
from foreshot.syntax.values import CallValue
from foreshot.text import Span

_KINDS: Final = {"unique": "uq", "foreign key": "fk"}
"""Those for which a name is made of columns alone; what a primary key is called nobody asks."""


class NamingConventionMismatch(ProjectRule):
    """A written name that is neither the convention's nor the models'."""

    severity = "warning"
    of_shipped = False

    def notes(self, context: Context) -> Iterator[Note]:
        """The names in ``upgrade()`` that differ from the convention's: place, name, the convention's."""
        story = next(filter(None, map(context.story, context.targets())), None)
        if story is None or not story.target.conventions:
            return
        for operation in context.upgrade:
            if operation.site.sql or operation.site.repeated:
                continue
            match operation:
                case ops.AddConstraint(constraint=made) if made.kind in _KINDS and made.using_index is None:
                    kind, at = _KINDS[made.kind], operation.site.args.get("constraint_name")
                case ops.CreateIndex(index=made) if not made.expressions:
                    kind, at = "ix", operation.site.args.get("index_name")
                case _:
                    continue
            table, columns = operation.table, [name for name in made.columns if isinstance(name, str)]
            if at is None or not isinstance(table, str) or not isinstance(made.name, str) or not columns:
                continue
            if len(columns) != len(made.columns) or "constraint_name" in dict(story.target.conventions).get(
                kind, ""
            ):
                continue
            referred = made.ref_table if isinstance(made, ops.ConstraintSpec) else ""
            their = made.ref_columns if isinstance(made, ops.ConstraintSpec) else ()
            # A unique index may stand for a unique constraint, and is called like one then.
            kinds = ("ix", "uq") if isinstance(made, ops.IndexSpec) and made.unique is not False else (kind,)
            names = [
                by_convention(
                    story.target,
                    each,
                    operation.table_name or table,
                    columns,
                    referred if isinstance(referred, str) else "",
                    [item for item in their if isinstance(item, str)],
                )
                for each in kinds
            ]
            if made.name in names or names[0] is None or "%(" in names[0]:
                continue
            if isinstance(made, ops.IndexSpec) and _is_more_exact(made, table, columns, names):
                continue
            there = story.before_operation(operation.site).table(operation.table_name)
            if there is None or names[0] not in names_on(there):
                yield (at.start, at.end, made.name, names[0], operation.table_name or table)

    def check(self, project: ProjectContext) -> Iterator[Finding]:
        """Each metadata with another convention, and each such name that no model gives."""
        yield from self._of_metadatas(project)
        noted = [entry for entry in project.entries if entry.reviewed and entry.notes.get(self.name)]
        if not noted:
            return
        models = models_of(project.surroundings)
        # What could not be read of the models may have the name.
        if models.doubts and (models.tables or not models.targets):
            return
        known = _names(models)
        head = head_of(project)
        for entry in noted:
            for note in entry.notes[self.name]:
                match note:
                    case (int(start), int(end), str(name), str(other), str(table)) if (
                        name not in known and _is_left(name, table, head[1] if head is not None else None)
                    ):
                        yield self.finding(
                            Span(start, end),
                            f"The convention calls this {code(other)}: autogenerate and `op.f()` do not find it under"
                            f" {code(name)}. Leave the name to the convention.",
                            path=entry.path,
                            object=name,
                            cause=entry.path,
                        )
                    case _:
                        pass

    def _of_metadatas(self, project: ProjectContext) -> Iterator[Finding]:
        models = models_of(project.surroundings)
        known = [
            (identity, info)
            for identity in models.targets or ()
            if (info := models.metadatas.get(identity)) is not None and info.known and info.convention
        ]
        for identity, info in known[1:]:
            first = known[0]
            if info.convention != first[1].convention and info.origin is not None:
                yield self.finding(
                    info.origin.span,
                    f"The constraints of one database get names of two kinds: {code(_short(identity))} has another naming convention than"
                    f" {code(_short(first[0]))}. Give both the same.",
                    path=info.origin.path,
                    object=identity,
                )


def _short(identity: str) -> str:
    """``Base.metadata`` of ``app.models.Base.metadata``."""
    return ".".join(identity.split(".")[-2:])


def _is_more_exact(made: ops.IndexSpec, table: str, columns: list[str], names: Sequence[str | None]) -> bool:
    """Whether an index's name says more than the convention's does, or is geoalchemy2's for a spatial index."""
    name = made.name if isinstance(made.name, str) else ""
    if any(known is not None and name.startswith(f"{known}_") for known in names):
        return True
    return made.using == "gist" and name == f"idx_{table}_{columns[0]}"


def _is_left(name: str, table: str, schema: Schema | None) -> bool:
    """Whether the name is still there after the last revision: an index may be one step toward a constraint."""
    known = schema.table(table) if schema is not None else None
    return known is None or name in names_on(known)


def _names(models: Models) -> frozenset[str]:
    """What the models call their constraints and indexes themselves."""
    found: set[str] = set()
    for table in models.tables:
        calls = [item.call for item in table.items]
        calls += [item for column in table.columns for item in column.args if isinstance(item, CallValue)]
        for call in calls:
            given = (call.keywords.get("name"), *call.args[:1])
            found.update(name for name in given if isinstance(name, str))
    return frozenset(found)
