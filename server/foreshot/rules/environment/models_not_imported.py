"""Modules that define mapped tables are not imported by env.py, even indirectly: autogenerate drops their tables.

`Base.metadata` knows the tables whose modules have been imported, and no others. An env.py that imports the base alone hands over an empty
metadata: `alembic revision --autogenerate` then writes an `op.drop_table` for each table of the database. Import the modules; `# noqa: F401` keeps
a formatter from taking the import away.

Not reported where the project has a program that makes the revisions (`alembic.command.revision`), or no configuration file leads to env.py, so that only a
program can run it: it may well have imported the models by then. Nor is a table that no revision here makes, while those of another environment with the same
metadata speak of it: it may be in another database.

```python app/base.py
from sqlalchemy.orm import DeclarativeBase


class Base(DeclarativeBase):
    pass
```
```python app/orders.py
from sqlalchemy.orm import Mapped, mapped_column

from app.base import Base


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
```
```python env.py bad
from alembic import context
from app.base import Base

context.configure(connection=None, target_metadata=Base.metadata)
#                                                  ^^^^^^^^^^^^^ Autogenerate does not know `orders`
```
```python fixed env.py
from alembic import context
from app.base import Base
import app.orders  # noqa: F401

context.configure(connection=None, target_metadata=Base.metadata)
```
```python env.py good
from alembic import context
from app import orders
from app.base import Base

context.configure(connection=None, target_metadata=Base.metadata)
```
A function that imports what it finds in the package's folders imports all of it:

```python app/tools/discovery.py
import importlib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def import_all():
    for path in ROOT.glob("*.py"):
        importlib.import_module(f"app.{path.stem}")
```
```python env.py good
from alembic import context
from app.base import Base


def run():
    from app.tools.discovery import import_all

    import_all()
    context.configure(connection=None, target_metadata=Base.metadata)


run()
```
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from foreshot.lint.context import ProjectContext
from foreshot.lint.finding import Finding, Fix, Related
from foreshot.lint.mapped import head_of, models_of
from foreshot.lint.rule import ProjectRule
from foreshot.lint.words import code, codes
from foreshot.models.model import ModelTable
from foreshot.project.beside import is_kept_beside
from foreshot.rules.environment._metadata import imports_of, passed
from foreshot.schema.state import Schema


class ModelsNotImported(ProjectRule):
    """Tables of env.py's metadata in modules that its imports do not lead to."""

    severity = "error"
    safety = "safe"

    def check(self, project: ProjectContext) -> Iterator[Finding]:
        """All of them at once, at the metadata."""
        path = project.environment.env_py
        missing = _missing(project)
        if not missing or path is None:
            return
        at = next(
            (argument.span for call, argument in passed(project, "target_metadata") if not call.offline), None
        )
        if at is None:
            return
        names = codes(list(dict.fromkeys(table.full_name for table in missing))[:4])
        more = len(missing) - 4
        listed = f"{names} and {more} more" if more > 0 else names
        told = (
            f"Autogenerate does not know {listed} and would drop them: env.py does not import their modules."
        )
        if len(missing) == 1:
            told = (
                f"Autogenerate does not know {listed} and would drop it: env.py does not import its module."
            )
        related = [
            Related(f"{code(table.full_name)} is defined here", table.origin.span, table.origin.path)
            for table in missing[:4]
        ]
        yield self.finding(at, told, path=path, object=missing[0].full_name, related=related)

    def fixes(self, finding: Finding, project: ProjectContext) -> Iterator[Fix]:
        """The imports, behind those that there are."""
        changes = imports_of((table.module for table in _missing(project)), project)
        if changes:
            yield Fix("Import the modules of the models", "safe", changes)


def _missing(project: ProjectContext) -> list[ModelTable]:
    models = models_of(project.surroundings)
    if not models.targets or models.reached is None:
        return []
    known = {table.full_name for table in models.target_tables}
    missing = [
        table
        for table in models.tables
        if models.is_target(table) and not models.is_reached(table) and table.full_name not in known
    ]
    head = head_of(project) if missing else None
    # What no revision has made, or one has dropped, is nothing that autogenerate could drop.
    return [
        table
        for table in missing
        if head is None
        or (
            _is_there(table, head[1], project.graph.heads)
            and (table.full_name in head[1].tables or not _is_kept_beside(table, project))
        )
    ]


def _is_there(table: ModelTable, schema: Schema, heads: Collection[str]) -> bool:
    """Whether databases have the table. A drop in the newest revision may be what autogenerate made of the missing import."""
    name = table.full_name
    gone = schema.gone.get(name)
    if name in schema.tables or (gone is not None and gone.revision in heads):
        return True
    return gone is None and not schema.is_whole


def _is_kept_beside(table: ModelTable, project: ProjectContext) -> bool:
    """Whether the revisions of another environment speak of it, so that it may be in another database."""
    return is_kept_beside(project.surroundings.modules.files, project.environment, table.full_name)
