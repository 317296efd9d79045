"""The revision uses a mapped class of the application, which changes while the revision stays.

A revision runs on the schema of its own time, a model describes today's. Once the model has a column that this point of history does not
have yet, `select(User)` or `session.query(User)` asks for it and fails, wherever it still has to run: in tests, for the next developer, on
an installation that skipped releases. In `downgrade()` it is `alembic downgrade` that fails. When the class is moved or deleted, every
Alembic command fails; that alone is said of a class that is only handed on to a function of another module, such as a queue's `enqueue`.

Write down what the revision needs of the table: `sa.table("users", sa.column("id"), sa.column("email"))`, with just the columns that are
used. The repair does it where every use is a column or the table of an update, insert or delete, and the columns are of
plain types.

Constants, enums, types and functions of the application are not reported, nor a class that is imported and not used.

```python app/__init__.py
```
```python app/models.py
from sqlalchemy import Column, Integer, String
from sqlalchemy.orm import DeclarativeBase


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"

    id = Column(Integer, primary_key=True)
    email = Column(String(255))
    added_later = Column(String(20))
```
```python versions/0002_example.py bad
from alembic import op
import sqlalchemy as sa
from app.models import User
#                      ^^^^ a column the table does not have yet, `alembic upgrade` fails

revision = "0002"
down_revision = "0001"


def upgrade():
    op.execute(sa.update(User).where(User.email == "").values(email=None))


def downgrade():
    raise NotImplementedError
```
```python fixed versions/0002_example.py
from alembic import op
import sqlalchemy as sa

revision = "0002"
down_revision = "0001"


def upgrade():
    users = sa.table("users", sa.column("email"))
    op.execute(sa.update(users).where(users.c.email == "").values(email=None))


def downgrade():
    raise NotImplementedError
```
```python app/models.py
from sqlalchemy import Column, Integer, String
from sqlalchemy.orm import DeclarativeBase


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)


class Team(Base):
    __tablename__ = "teams"
    id = Column(Integer, primary_key=True)
```
```python versions/0002_example.py bad
from alembic import op
from app.models import Team, User
#                      ^^^^ `alembic upgrade` fails. Declare it with `sa.table`. One more place.
from sqlalchemy.orm import Session

revision = "0002"
down_revision = "0001"


def upgrade():
    session = Session(bind=op.get_bind())
    print(session.query(User).join(Team).all())


def downgrade():
    raise NotImplementedError
```
```python versions/0002_example.py bad
from alembic import op
from app import models
from sqlalchemy.orm import Session

revision = "0002"
down_revision = "0001"


def upgrade():
    session = Session(bind=op.get_bind())
    for user in session.query(models.User):
        #                     ^^^^^^^^^^^ today's model
        user.email = user.email.lower()
    session.commit()


def downgrade():
    raise NotImplementedError
```
```python versions/0002_example.py bad
from alembic import op
from app import models
from sqlalchemy.orm import Session

revision = "0002"
down_revision = "0001"


def upgrade():
    op.drop_column("users", "email")


def downgrade():
    session = Session(bind=op.get_bind())
    session.add(models.User(id=1))
    #           ^^^^^^^^^^^ does not have any more, `alembic downgrade` fails
    session.commit()
```
```python versions/0002_example.py bad
from alembic import op
import sqlalchemy as sa
from app.jobs import queue, set_checksum
from app.models import User
#                      ^^^^ once that is moved or deleted

revision = "0002"
down_revision = "0001"


def upgrade():
    for row in op.get_bind().execute(sa.text("SELECT id FROM users")):
        queue.enqueue(set_checksum, User, row.id)


def downgrade():
    raise NotImplementedError
```
```python versions/0002_example.py good
from alembic import op
import sqlalchemy as sa

revision = "0002"
down_revision = "0001"


def upgrade():
    users = sa.table("users", sa.column("email"))
    op.execute(sa.update(users).where(users.c.email == "").values(email=None))


def downgrade():
    raise NotImplementedError
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from msgspec import Struct

from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.rule import RevisionRule
from foreshot.lint.words import code
from foreshot.project import paths
from foreshot.rules.types._light_tables import light_table
from foreshot.rules.types._mapped import MappedClass, mapped_class
from foreshot.rules.types._naming import Named, imported_packages, named_in
from foreshot.rules.types._scopes import Places, reads_of
from foreshot.rules.types._uses import Uses

_QUERIES = frozenset(
    {
        "add_entity", "aliased", "bulk_insert_mappings", "bulk_update_mappings", "class_mapper", "delete", "exists", "get",
        "get_one", "get_or_404", "insert", "inspect", "join", "load_only", "outerjoin", "query", "select", "select_from",
        "update", "with_entities",
    }
)  # fmt: skip
"""Calls that make SQL of the class that they are given, by their names."""
_MISSING = {"upgrade": "yet", "downgrade": "any more"}
"""When it is that a table has no column of the model's, by the direction in which a revision runs."""


class _Import(Struct, frozen=True):
    statement: ast.ImportFrom
    alias: ast.alias
    model: MappedClass


class ModelImportInMigration(RevisionRule):
    """Mapped classes of the application that the revision's functions use."""

    severity = "warning"
    safety = "unsafe"

    def check(self, context: Context) -> Iterator[Finding]:
        """Each class once: where it is imported, or else where it is first used."""
        modules = context.surroundings.modules
        if not any(modules.could_hold(name) for name in imported_packages(context.module)):
            return
        known: dict[str, MappedClass | None] = {}
        reported: set[str] = set()
        reached: Places | None = None
        for named in named_in(context):
            path = _class_path(named)
            if path is None or path in reported or not modules.is_ours(path):
                continue
            if path not in known:
                known[path] = _model(path, context)
            model = known[path]
            if model is None:
                continue
            reached = reached if reached is not None else Places(reads_of(context.module))
            if isinstance(named.node, ast.alias):
                uses = _uses(named.node.asname or named.node.name, model, context)
                places = {reached.of(owner) for owner in uses}
                at = named.span(named.path)
            else:
                attribute = named.path[len(path) + 1 :].partition(".")[0]
                span = named.written_until(path.rpartition(".")[2])
                if attribute in model.plain or span is None:
                    continue
                places = {reached.of(named.owner)}
                at = span
            direction = next((name for name in _MISSING if name in places), None)
            if direction is None:
                continue
            reported.add(path)
            name = path.rpartition(".")[2]
            origin = None
            if isinstance(named.statement, ast.ImportFrom) and isinstance(named.node, ast.alias):
                origin = _Import(named.statement, named.node, model)
            if isinstance(named.node, ast.alias) and _is_handed_on(
                named.node.asname or named.node.name, context
            ):
                message = (
                    f"This revision needs the application's model {code(name)}: once that is moved or deleted, every Alembic"
                    " command fails here. Leave that work to the application."
                )
            else:
                message = (
                    f"This uses today's model {code(name)}: once it maps a column"
                    f" the table does not have {_MISSING[direction]}, `alembic {direction}` fails. Declare"
                    " it with `sa.table`."
                )
            yield self.finding(
                at,
                message,
                object=path,
                state=origin,
                cause=_together(named, message.replace(code(name), "")),
            )

    def fixes(self, finding: Finding, context: Context) -> Iterator[Fix]:
        """A light table with just the columns that are used."""
        found = finding.state
        if isinstance(found, _Import):
            changes = light_table(found.statement, found.alias, found.model, context)
            if changes:
                yield Fix(
                    f"Declare the table {code(found.model.table)} with `sa.table`", "unsafe", tuple(changes)
                )


def _together(named: Named, said: str) -> str | None:
    """What one import brings is said once."""
    return f"{named.statement.lineno}|{said}" if named.statement is not None else None


def _model(path: str, context: Context) -> MappedClass | None:
    """The mapped class of a path; a copy that is kept for the migrations' own use is none."""
    modules = context.surroundings.modules
    definition = modules.definition(path)
    own = context.surroundings.environment.script_location
    if definition is None or paths.is_inside(definition.path, own):
        return None
    return mapped_class(path, modules)


def _class_path(named: Named) -> str | None:
    """The part of a path up to the class in it."""
    if named.statement is not None:
        return named.path if isinstance(named.statement, ast.ImportFrom) else None
    name = named.class_name
    parts = named.path.split(".")
    return ".".join(parts[: parts.index(name) + 1]) if name else None


def _uses(name: str, model: MappedClass, context: Context) -> Iterator[str]:
    """The functions and classes that use a name for the table's sake."""
    known = context.once(Uses)
    for statement, node in known.of(name):
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            outer = known.above(node)
            if not (isinstance(outer, ast.Attribute) and outer.attr in model.plain):
                yield statement.name


def _is_handed_on(name: str, context: Context) -> bool:
    """Whether all that is done with a class is to give it to functions of other modules, which may use it at any time."""
    given = context.once(_handed_on)
    uses = context.once(Uses).of(name)
    return bool(uses) and all(use in given for _, use in uses)


def _handed_on(context: Context) -> set[ast.expr]:
    """What functions of other modules are given that make no SQL of it."""
    nodes = context.module.nodes
    own = {node.name for kind in (ast.FunctionDef, ast.AsyncFunctionDef) for node in nodes(kind)}
    given: set[ast.expr] = set()
    for node in nodes(ast.Call):
        match node:
            case ast.Call(func=ast.Name(id=called) | ast.Attribute(attr=called), args=arguments):
                if called not in _QUERIES and called not in own:
                    given.update(arguments)
            case _:
                pass
    return given
