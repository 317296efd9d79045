"""`script.py.mako` does not import what autogenerate writes: revisions stop with a NameError.

Alembic adds imports for the types of SQLAlchemy's dialects, through the template's `${imports if imports else ""}`. Everything else
that autogenerate writes is left to the template: the module of `user_module_prefix`, and what a `render_item` hook returns. A template
without the place for imports leaves out those for the dialects too.

SQLModel maps each `str` to a type of its own, which autogenerate writes as `sqlmodel.sql.sqltypes.AutoString()`: the template has to import `sqlmodel`.

A `render_item` that adds imports itself, with `autogen_context.imports.add(...)`, is not reported, nor one that is defined
elsewhere.

```python app/__init__.py
```
```python app/types.py
class Money:
    pass
```
```python env.py bad
from alembic import context
from app.models import Base

target_metadata = Base.metadata


def run_migrations_online():
    context.configure(connection=None, target_metadata=target_metadata, user_module_prefix="app.types.")
    #                                                                                      ^^^^^^^^^^^^ script.py.mako imports no `app`
    with context.begin_transaction():
        context.run_migrations()


run_migrations_online()
```
```mako fixed script.py.mako
\"\"\"${message}

Revision ID: ${up_revision}
Revises: ${down_revision | comma,n}
Create Date: ${create_date}

\"\"\"
from alembic import op
import sqlalchemy as sa
import app.types
${imports if imports else ""}

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade():
    ${upgrades if upgrades else "pass"}


def downgrade():
    ${downgrades if downgrades else "pass"}
```
```python env.py bad
from alembic import context
from app.models import Base

target_metadata = Base.metadata


def render_item(type_, obj, autogen_context):
    if type_ == "type" and type(obj).__name__ == "Data":
        return "postgresql.JSONB()"
        #      ^^^^^^^^^^^^^^^^^^^^ script.py.mako imports no `postgresql`
    return False


def run_migrations_online():
    context.configure(connection=None, target_metadata=target_metadata, render_item=render_item)
    with context.begin_transaction():
        context.run_migrations()


run_migrations_online()
```
```mako fixed script.py.mako
\"\"\"${message}

Revision ID: ${up_revision}
Revises: ${down_revision | comma,n}
Create Date: ${create_date}

\"\"\"
from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
${imports if imports else ""}

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade():
    ${upgrades if upgrades else "pass"}


def downgrade():
    ${downgrades if downgrades else "pass"}
```
```mako script.py.mako bad
\"\"\"${message}

Revision ID: ${up_revision}
Revises: ${down_revision | comma,n}
Create Date: ${create_date}

\"\"\"
from alembic import op
import sqlalchemy as sa
##| no place for imports

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade():
    ${upgrades if upgrades else "pass"}


def downgrade():
    ${downgrades if downgrades else "pass"}
```
```mako fixed script.py.mako
\"\"\"${message}

Revision ID: ${up_revision}
Revises: ${down_revision | comma,n}
Create Date: ${create_date}

\"\"\"
from alembic import op
import sqlalchemy as sa
${imports if imports else ""}

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade():
    ${upgrades if upgrades else "pass"}


def downgrade():
    ${downgrades if downgrades else "pass"}
```
```mako script.py.mako
\"\"\"${message}

Revision ID: ${up_revision}
Revises: ${down_revision | comma,n}
Create Date: ${create_date}

\"\"\"
from alembic import op
import sqlalchemy as sa
import app.types
${imports if imports else ""}

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade():
    ${upgrades if upgrades else "pass"}


def downgrade():
    ${downgrades if downgrades else "pass"}
```
```python env.py good
from alembic import context
from app.models import Base

target_metadata = Base.metadata


def run_migrations_online():
    context.configure(connection=None, target_metadata=target_metadata, user_module_prefix="app.types.")
    with context.begin_transaction():
        context.run_migrations()


run_migrations_online()
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from foreshot.lint.context import ProjectContext
from foreshot.lint.finding import FileChanges, Finding, Fix
from foreshot.lint.mapped import models_of
from foreshot.lint.rule import ProjectRule
from foreshot.lint.words import code
from foreshot.models.model import CustomType
from foreshot.project.env_facts import Argument
from foreshot.rules.types._importing import import_of, into_template
from foreshot.rules.types._templates import PREFIX, bound_in, prefix_of, readable
from foreshot.syntax.values import FunctionValue
from foreshot.text import Span

_FIELD = '${imports if imports else ""}'


class TemplateMissingImport(ProjectRule):
    """What autogenerate writes and the template does not import."""

    severity = "warning"
    safety = "safe"

    def check(self, project: ProjectContext) -> Iterator[Finding]:
        """The prefix, the strings of a hook, and the template without a place for imports."""
        template, env, env_py = readable(project), project.env, project.environment.env_py
        if template is None or env is None or env.has_metadata is False:
            return
        prefix = prefix_of(project, "user_module_prefix")
        if prefix is not None and not bound_in(template, prefix.root):
            message = f"Autogenerated revisions with a type of {code(prefix.value)} stop with a NameError:"
            yield self.finding(
                prefix.argument.span,
                f"{message} script.py.mako imports no {code(prefix.root)}.",
                path=env_py,
                object=prefix.value,
            )
        elif prefix is None and not bound_in(template, "sqlmodel") and _writes_sqlmodel(project):
            last = [item.span for item in template.imports if item.span.end <= template.insert_import]
            yield self.finding(
                last[-1] if last else Span(0, 0),
                "Autogenerated revisions with a text of a SQLModel stop with a NameError: this template imports no `sqlmodel`.",
                path=project.environment.template,
                object="sqlmodel",
            )
        for span, written in _rendered(project):
            root = written.partition(".")[0]
            if not bound_in(template, root):
                yield self.finding(
                    span,
                    f"Autogenerated revisions stop with a NameError where this is written: script.py.mako imports no {code(root)}.",
                    path=env_py,
                    object=written,
                )
        if template.imports_field is None and "imports" not in template.fields:
            at = next(
                (item.span for item in reversed(template.imports) if item.span.end <= template.insert_import),
                None,
            )
            yield self.finding(
                at or Span(0, 0),
                "Autogenerated revisions with types such as `postgresql.JSONB` stop with a NameError: this template has no place for"
                f" imports. Add {code(_FIELD)} below its own.",
                path=project.environment.template,
            )

    def fixes(self, finding: Finding, project: ProjectContext) -> Iterator[Fix]:
        """The import, or the place for imports, in the template."""
        template, source, path = (
            readable(project),
            project.surroundings.template_source,
            project.environment.template,
        )
        if template is None or source is None or path is None:
            return
        if finding.path == path and finding.object is None:
            yield Fix(f"Add {code(_FIELD)}", "safe", (into_template([_FIELD], template, source),))
            return
        statement = import_of(finding.object or "", project.surroundings)
        if statement is not None:
            title = f"Add {code(statement)} to {path.rpartition('/')[2]}"
            yield Fix(
                title, "safe", others=(FileChanges(path, (into_template([statement], template, source),)),)
            )


def _writes_sqlmodel(project: ProjectContext) -> bool:
    """Whether a model has a type of SQLModel's own, as each ``str`` is, and autogenerate writes it as it is."""
    if project.env is None or project.env.argument("render_item") is not None:
        return False
    types = (column.type for table in models_of(project.surroundings).tables for column in table.columns)
    return any(
        isinstance(type_, CustomType) and type_.module.partition(".")[0] == "sqlmodel" for type_ in types
    )


def _rendered(project: ProjectContext) -> Iterator[tuple[Span, str]]:
    """The strings that env.py's own ``render_item`` returns, each with the dotted path that it begins with."""
    argument = project.env.argument("render_item") if project.env is not None else None
    module = project.surroundings.env_module
    hook = argument.value if isinstance(argument, Argument) else None
    if module is None or not isinstance(hook, FunctionValue) or not isinstance(hook.node, ast.FunctionDef):
        return
    if "imports" in module.text(module.span(hook.node)):
        return
    for node in ast.walk(hook.node):
        value = node.value if isinstance(node, ast.Return) else None
        first = value.values[0] if isinstance(value, ast.JoinedStr) and value.values else value
        if isinstance(value, ast.expr) and isinstance(first, ast.Constant) and isinstance(first.value, str):
            match = PREFIX.match(first.value)
            if match is not None:
                yield module.span(value), first.value.partition("(")[0]
