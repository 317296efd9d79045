"""A dropped column or table is still mapped by a model: code that runs will break.

A mapped class names all its columns in every SELECT and INSERT. Once the column is gone, each of these statements fails, for everybody, until a release of
the application that does not map it any more is running everywhere. Release the code first, drop afterwards.

A column that a later revision adds again is none of it.

```python setup
def upgrade():
    op.create_table("users", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("phone", sa.String(20)))
```
```python app/models.py
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    phone: Mapped[str | None] = mapped_column(sa.String(20))
```
```python env.py
from alembic import context
from app.models import Base

context.configure(connection=None, target_metadata=Base.metadata)
```
```python bad
def upgrade():
    op.drop_column("users", "phone")
    #                       ^^^^^^^ `User` still maps `users.phone`
```
```python good
def upgrade():
    op.add_column("users", sa.Column("fax", sa.String(20)))
    op.drop_column("users", "fax")
```
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.lint.context import ProjectContext
from foreshot.lint.finding import Finding, Related
from foreshot.lint.mapped import head_of, models_of
from foreshot.lint.rule import ProjectRule
from foreshot.lint.words import code
from foreshot.migration.operations import DropColumn, DropTable, Operation
from foreshot.models.model import ModelTable
from foreshot.models.model import Origin as Place
from foreshot.schema.state import Origin
from foreshot.text import Span


class DropMappedColumn(ProjectRule):
    """A column or a table that a model maps, and that the history has dropped for good."""

    severity = "error"

    def check(self, project: ProjectContext) -> Iterator[Finding]:
        """Each, at the operation that drops it."""
        models = models_of(project.surroundings)
        head = head_of(project) if models.tables else None
        if head is None or models.targets is None:
            return
        schema = head[1]
        if schema.perhaps:
            return
        for model in models.tables:
            if not models.is_target(model):
                continue
            table = schema.tables.get(model.full_name)
            if table is None:
                yield from self._found(schema.gone.get(model.full_name), None, model, model.origin, project)
                continue
            if schema.doubts(table):
                continue
            for column in model.columns:
                if column.name not in table.columns:
                    gone = schema.gone.get(f"{model.full_name}.{column.name}")
                    yield from self._found(gone, column.name, model, column.origin, project)

    def _found(
        self,
        gone: Origin | None,
        column: str | None,
        model: ModelTable,
        place: Place,
        project: ProjectContext,
    ) -> Iterator[Finding]:
        node = project.graph.node(gone.revision) if gone is not None and gone.direction == "upgrade" else None
        context = project.revision(node.key) if node is not None else None
        if node is None or context is None:
            return
        for operation in context.upgrade:
            at = _at(operation, model.full_name, column)
            if at is None:
                continue
            what = f"{model.full_name}.{column}" if column else model.full_name
            owner = code(model.classes[0].rpartition(".")[2]) if model.classes else "A model"
            told = f"{owner} still maps {code(what)}: running code will fail at its next query. Deploy code without it first."
            related = [Related(f"{code(what)} is mapped here", place.span, place.path)]
            yield self.finding(at, told, operation=operation, path=node.key, object=what, related=related)
            return


def _at(operation: Operation, table: str, column: str | None) -> Span | None:
    """Where an operation drops the column, or the table; None where it is another operation."""
    site = operation.site
    if column is None and isinstance(operation, DropTable) and operation.table_name == table:
        return site.args.get("table_name", site.name)
    if isinstance(operation, DropColumn) and operation.table_name == table and operation.column == column:
        return site.args.get("column_name", site.name)
    return None
