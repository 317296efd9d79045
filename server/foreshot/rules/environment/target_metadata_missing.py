"""env.py hands no metadata to Alembic: autogenerate has nothing to compare the database with.

`alembic revision --autogenerate` and `alembic check` stop with "Can't proceed with --autogenerate option": env.py "does not provide a
MetaData object or sequence of objects to the context". `alembic init` writes `target_metadata = None`; it is to be replaced by the metadata of the
models, such as `Base.metadata`.

Where every revision is written by hand this is a choice, and only an information, and nothing after ten of them, or where the project has
no models: upgrades do not need the metadata.

The repair takes the declarative base that it finds in the workspace. The modules that define the tables must be imported by
env.py too, or their tables are missing from the metadata.

```python app/__init__.py
```
```python app/models.py
from sqlalchemy.orm import DeclarativeBase


class Base(DeclarativeBase):
    pass
```
```python env.py bad
from alembic import context

target_metadata = None
#                 ^^^^ `alembic revision --autogenerate` refuses to run


def run_migrations_online():
    context.configure(connection=None, target_metadata=target_metadata)
    with context.begin_transaction():
        context.run_migrations()


run_migrations_online()
```
```python fixed env.py
from alembic import context
from app.models import Base

target_metadata = Base.metadata


def run_migrations_online():
    context.configure(connection=None, target_metadata=target_metadata)
    with context.begin_transaction():
        context.run_migrations()


run_migrations_online()
```
```python env.py bad
from alembic import context


def run_migrations_online():
    context.configure(connection=None)
    #|                is given no `target_metadata`
    with context.begin_transaction():
        context.run_migrations()


run_migrations_online()
```
```python fixed env.py
from alembic import context
from app.models import Base


def run_migrations_online():
    context.configure(connection=None, target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()


run_migrations_online()
```
```python env.py good
from alembic import context
from app.models import Base

target_metadata = Base.metadata


def run_migrations_online():
    context.configure(connection=None, target_metadata=target_metadata)
    with context.begin_transaction():
        context.run_migrations()


run_migrations_online()
```
```python app/models.py
(absent)
```
```python setup
def upgrade():
    op.execute("CREATE TABLE users (id integer)")
```
```python env.py good
from alembic import context

target_metadata = None


def run_migrations_online():
    context.configure(connection=None, target_metadata=target_metadata)
    with context.begin_transaction():
        context.run_migrations()


run_migrations_online()
```
Metadata that env.py makes itself, and that no model is in, is worse than none:

```python app/models.py
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
```
```python env.py bad
import app.models
from alembic import context
from sqlalchemy import MetaData

target_metadata = MetaData()
#                 ^^^^^^^^^^ drops every table


def run_migrations_online():
    context.configure(connection=None, target_metadata=target_metadata)
    with context.begin_transaction():
        context.run_migrations()


run_migrations_online()
```
```python env.py good
import app.models
from alembic import context
from sqlalchemy import MetaData

target_metadata = MetaData()
app.models.Base.metadata.tables["users"].to_metadata(target_metadata)


def run_migrations_online():
    context.configure(connection=None, target_metadata=target_metadata)
    with context.begin_transaction():
        context.run_migrations()


run_migrations_online()
```
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from foreshot.lint.context import ProjectContext
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.mapped import models_of
from foreshot.lint.rule import ProjectRule
from foreshot.lint.words import code
from foreshot.project import paths
from foreshot.project.beside import files_of_same_env
from foreshot.project.pins import DEPENDENCY_FILES
from foreshot.rules.environment._metadata import bases, imports_of, modules_on
from foreshot.syntax.changes import AddImport, Change, ReplaceText, SetArgument
from foreshot.syntax.values import CallValue
from foreshot.text import Span

_CANDIDATES = 4


# What may put tables into a metadata of env.py's own.
_FILLS = re.compile(
    r"\b(?:Table|reflect|to_?metadata|import_module|registry|declarative_base|DeclarativeBase|metadata=)\b"
)
_HABIT = 10
"""So many revisions, all written by hand, are a choice that nobody has to be told of."""


class TargetMetadataMissing(ProjectRule):
    """``target_metadata`` that is None or not passed."""

    severity = "error"
    safety = "unsafe"

    def check(self, project: ProjectContext) -> Iterator[Finding]:
        """Where None stands, or the call that is not given any."""
        env, path = project.env, project.environment.env_py
        if env is None or path is None:
            return
        if env.has_metadata is not False:
            fresh = _own_metadata(project)
            if fresh is not None and models_of(project.surroundings).tables:
                yield self.finding(
                    fresh,
                    "`alembic revision --autogenerate` drops every table: this metadata is new, and no model is in it."
                    " Give it that of the models.",
                    path=path,
                )
            return
        assigned = env.target_metadata
        call = env.online[0]
        argument = call.arguments.get("target_metadata")
        if argument is None:
            at, what = call.name, "`context.configure` is given no `target_metadata`"
        else:
            is_assigned = assigned is not None and assigned.value is None
            at = assigned.value_span if assigned is not None and is_assigned else argument.span
            what = "`target_metadata` is empty"
        acting = [entry for entry in project.entries if entry.acts]
        # Who writes every revision by hand does without it. One or two are no habit yet, where there are models.
        by_hand = (len(acting) > 2 or (bool(acting) and not _maps_anything(project))) and not any(
            entry.autogenerated for entry in acting
        )
        count = len(acting)
        if not any(entry.autogenerated for entry in acting):
            # One env.py may serve several databases, each with revisions of its own: the habit is that of all.
            beside = files_of_same_env(project.surroundings.modules.files, project.environment)
            count += len(beside)
            by_hand = by_hand or len(beside) > 2
        if by_hand and (count > _HABIT or not _has_models(project)):
            return
        yield self.finding(
            at,
            f"`alembic revision --autogenerate` refuses to run: {what}. Give it the metadata of the models.",
            path=path,
            severity="information" if by_hand else None,
        )

    def fixes(self, finding: Finding, project: ProjectContext) -> Iterator[Fix]:
        """The metadata of each declarative base of the workspace."""
        env = project.env
        if env is None:
            return
        assigned = env.target_metadata
        is_assigned = assigned is not None and finding.span == assigned.value_span
        for base in bases(project)[:_CANDIDATES]:
            value = f"{base.name}.metadata"
            changes: list[Change] = [AddImport(f"from {base.module} import {base.name}")]
            if is_assigned:
                changes.append(ReplaceText(finding.span, value))
            else:
                changes.extend(SetArgument(call.span, "target_metadata", value) for call in env.configures)
            # A metadata that nothing is registered in would have autogenerate drop every table.
            changes.extend(imports_of(modules_on(base, project), project))
            yield Fix(f"Pass {code(f'{base.module}.{value}')}", "unsafe", tuple(changes))


def _own_metadata(project: ProjectContext) -> Span | None:
    """Where env.py makes the metadata that it passes, and puts nothing into it."""
    env, module = project.env, project.surroundings.env_module
    assigned = env.target_metadata if env is not None else None
    if env is None or module is None or assigned is None or _FILLS.search(module.content):
        return None
    made = assigned.value
    passes = isinstance(made, CallValue) and all(
        isinstance(value := getattr(call.arguments.get("target_metadata"), "value", None), CallValue)
        and value.span == made.span
        for call in env.online
    )
    spans = [call.span for call in env.configures]
    hands_on = any(
        node.id == "target_metadata"
        and isinstance(node.ctx, ast.Load)
        and not any(span.contains(module.span(node)) for span in spans)
        for node in module.nodes(ast.Name)
    )
    is_new = (
        not hands_on
        and isinstance(made, CallValue)
        and made.path in ("sqlalchemy.MetaData", "sqlalchemy.schema.MetaData")
    )
    return assigned.value_span if passes and is_new else None


def _maps_anything(project: ProjectContext) -> bool:
    """Whether there are models: SQLModel and others bring a base that the project does not define."""
    return bool(bases(project)) or bool(models_of(project.surroundings).tables)


def _has_models(project: ProjectContext) -> bool:
    """Whether the project of the environment has models: what lies next to it in the repository may be another one's."""
    modules, environment = project.surroundings.modules, project.environment
    own = next(
        (
            folder
            for folder in paths.ancestors(environment.home, environment.root)
            if any(modules.files.is_file(paths.child(folder, name)) for name in DEPENDENCY_FILES)
        ),
        environment.root,
    )
    named = {base.module for base in bases(project)}
    named |= {table.module for table in models_of(project.surroundings).tables}
    return any(path is not None and paths.is_inside(path, own) for path in map(modules.locate, sorted(named)))
