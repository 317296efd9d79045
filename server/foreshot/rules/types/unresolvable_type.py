"""The revision names something of the application that is not there any more.

A revision keeps the path that a type had when it was written. When the class moves or is renamed, the import in the old
revision fails, and with it every Alembic command: all revisions are loaded before any of them runs. A path that is only used
inside `upgrade()`, `app.types.Money()`, fails when the revision runs, on an empty database first of all.

Where exactly one class of that name is left in the workspace, the repair writes its path.

Only modules of the workspace are looked into, without importing them. What cannot be told is not reported: packages that are
installed, modules that make names up when they run, star imports from elsewhere, namespace packages, imports in a `try`, what stands under
`if hasattr(…)`, and what is only called in a `try` that goes on after any exception.

```python app/__init__.py
```
```python app/money.py
class Money:
    pass
```
```python app/types.py
class Colour:
    pass
```
```python versions/0002_example.py bad
from alembic import op
import sqlalchemy as sa
from app.types import Money
#                     ^^^^^ `app.types` has no `Money`

revision = "0002"
down_revision = "0001"


def upgrade():
    op.add_column("orders", sa.Column("total", Money(), nullable=True))


def downgrade():
    op.drop_column("orders", "total")
```
```python fixed versions/0002_example.py
from alembic import op
import sqlalchemy as sa
from app.money import Money

revision = "0002"
down_revision = "0001"


def upgrade():
    op.add_column("orders", sa.Column("total", Money(), nullable=True))


def downgrade():
    op.drop_column("orders", "total")
```
```python versions/0002_example.py bad
from alembic import op
import sqlalchemy as sa
import app.types

revision = "0002"
down_revision = "0001"


def upgrade():
    op.add_column("orders", sa.Column("total", app.types.Money(), nullable=True))
    #                                          ^^^^^^^^^^^^^^^ `app.types` has no `Money`


def downgrade():
    op.drop_column("orders", "total")
```
```python fixed versions/0002_example.py
from alembic import op
import sqlalchemy as sa
import app.types
import app.money

revision = "0002"
down_revision = "0001"


def upgrade():
    op.add_column("orders", sa.Column("total", app.money.Money(), nullable=True))


def downgrade():
    op.drop_column("orders", "total")
```
```python versions/0002_example.py bad
from alembic import op
import app.types

revision = "0002"
down_revision = "0001"


def rate():
    return app.types.Rate.now()
    #      ^^^^^^^^^^^^^^ `app.types` has no `Rate`


def upgrade():
    try:
        op.execute(f"UPDATE orders SET rate = {rate()}")
    except Exception as error:
        print(error)
        raise


def downgrade():
    pass
```
```python versions/0002_example.py good
from alembic import op
import app.types

revision = "0002"
down_revision = "0001"


def rate():
    return app.types.Rate.now()


def upgrade():
    try:
        op.execute(f"UPDATE orders SET rate = {rate()}")
    except Exception as error:
        print(error)


def downgrade():
    pass
```
```python versions/0002_example.py good
from alembic import op
import sqlalchemy as sa
from app.money import Money

revision = "0002"
down_revision = "0001"


def upgrade():
    op.add_column("orders", sa.Column("total", Money(), nullable=True))


def downgrade():
    op.drop_column("orders", "total")
```
```python app/settings.py
SIZE = 1
```
```python versions/0002_example.py bad
from alembic import op
from app import settings

revision = "0002"
down_revision = "0001"


def upgrade():
    size = settings.LENGTH if hasattr(settings, "LENGTH") else settings.SIZE
    if hasattr(settings, "WIDTH"):
        size = settings.WIDTH
    op.execute(f"UPDATE orders SET size = {size + settings.HEIGHT}")
    #                                             ^^^^^^^^^^^^^^^ `app.settings` has no `HEIGHT`


def downgrade():
    pass
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from itertools import accumulate

from msgspec import Struct

from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Fix, Safety
from foreshot.lint.rule import RevisionRule
from foreshot.lint.words import code
from foreshot.migration.operations import Operation
from foreshot.project import paths
from foreshot.project.modules import Definition
from foreshot.rules.types._naming import Named, imported_packages, named_in
from foreshot.rules.types._scopes import Places, reads_of
from foreshot.syntax.changes import AddImport, Change, ReplaceStatement, ReplaceText

_CANDIDATES = 5


class _Lost(Struct, frozen=True):
    named: Named
    name: str


class UnresolvableType(RevisionRule):
    """Imports and dotted paths that lead nowhere in the workspace."""

    of_shipped = True
    severity = "error"
    safety = "safe"
    fails_outright = True

    def check(self, context: Context) -> Iterator[Finding]:
        """Everything of the application that the revision names."""
        modules = context.surroundings.modules
        if not any(modules.could_hold(name) for name in imported_packages(context.module)):
            return
        known: dict[str, str | None] = {}
        lost: set[str] = set()
        places: Places | None = None
        for named in named_in(context):
            # What an import cannot give is reported at the import.
            if named.statement is None and not lost.isdisjoint(
                accumulate(named.path.split("."), "{}.{}".format)
            ):
                continue
            if named.path not in known:
                gone = modules.resolve(named.path) == "missing"
                known[named.path] = _first_missing(named.path, context) if gone else None
            missing = known[named.path]
            if missing is None:
                continue
            places = places if places is not None else Places(reads_of(context.module))
            place = places.of(named.owner)
            if place is None:
                continue
            module, _, name = missing.rpartition(".")
            if named.statement is not None:
                lost.add(missing)
            yield self.finding(
                named.span(missing),
                f"{_EFFECT[place]}: {code(module)} has no {code(name)}. Write its new place.",
                operation=_operation(named, place, context),
                object=missing,
                state=_Lost(named, missing),
            )

    def fixes(self, finding: Finding, context: Context) -> Iterator[Fix]:
        """The path of the class of that name; one repair a candidate."""
        lost = finding.state
        if not isinstance(lost, _Lost):
            return
        wanted = lost.named.class_name
        if not wanted:
            return
        own = context.surroundings.environment.script_location
        found = [
            definition
            for definition in context.surroundings.modules.classes_named(wanted)
            if not paths.is_inside(definition.path, own)
        ]
        safety: Safety = "safe" if len(found) == 1 else "unsafe"
        for definition in found[:_CANDIDATES]:
            changes = _rewritten(lost.named, definition, context)
            if changes:
                yield Fix(f"Write {code(definition.dotted)}", safety, tuple(changes))


_EFFECT = {
    "": "Every Alembic command that loads this file fails",
    "upgrade": "`alembic upgrade` fails here",
    "downgrade": "`alembic downgrade` fails here",
}


def _first_missing(path: str, context: Context) -> str:
    """The shortest beginning of a path that leads nowhere."""
    parts = path.split(".")
    for end in range(2, len(parts)):
        shorter = ".".join(parts[:end])
        if context.surroundings.modules.resolve(shorter) == "missing":
            return shorter
    return path


def _operation(named: Named, place: str, context: Context) -> Operation | None:
    at = named.span(named.path)
    return next(
        (
            operation
            for operation in context.revision.operations
            if operation.site.call.start <= at.start
            and at.end <= operation.site.call.end
            and operation.site.function == place
        ),
        None,
    )


def _rewritten(named: Named, definition: Definition, context: Context) -> Sequence[Change]:
    module, _, name = definition.dotted.rpartition(".")
    statement = named.statement
    if statement is None:
        written = named.written_until(named.class_name)
        return (ReplaceText(written, definition.dotted), AddImport(f"import {module}")) if written else ()
    if not isinstance(statement, ast.ImportFrom):
        return ()
    alias = next((item for item in statement.names if item.name == name), None)
    gone = (
        len(statement.names) > 1 and context.surroundings.modules.resolve(statement.module or "") == "missing"
    )
    if alias is None or gone:
        return ()
    others = [ast.unparse(ast.alias(item.name, item.asname)) for item in statement.names if item is not alias]
    imported = f"from {module} import {ast.unparse(ast.alias(alias.name, alias.asname))}"
    kept = f"from {statement.module} import {', '.join(others)}\n" if others else ""
    return (ReplaceStatement(context.module.span(statement), kept + imported),)
