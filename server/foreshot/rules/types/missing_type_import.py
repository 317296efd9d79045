"""A name that the revision uses is imported nowhere in it: it stops with a NameError.

Autogenerate writes a type of your own, or of a package, by its full path, `sqlmodel.sql.sqltypes.AutoString()`, and
leaves it to `script.py.mako` to import the module. Nothing shows until the revision runs: `alembic upgrade` stops at
that line with `NameError: name 'sqlmodel' is not defined`. On a database without transactional DDL, such as MySQL, the
operations before it are already applied and stay so.

The repair adds the import. The second one adds it to `script.py.mako` too, so that the next revision has it from the start.

Names are looked up by Python's own rules: parameters, local variables, imports inside functions, comprehensions and
builtins are known. Not reported are files with a star import, names in annotations, what stands in a `try` that catches
NameError, and functions that neither `upgrade()` nor `downgrade()` comes to. An import under `if TYPE_CHECKING:` is
none when the revision runs.

```python versions/0002_example.py bad
from alembic import op
import sqlalchemy as sa

revision = "0002"
down_revision = "0001"


def upgrade():
    op.add_column("users", sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=True))
    #                                        ^^^^^^^^ `alembic upgrade` stops here with a NameError


def downgrade():
    op.drop_column("users", "name")
```
```python fixed versions/0002_example.py
from alembic import op
import sqlalchemy as sa
import sqlmodel.sql.sqltypes

revision = "0002"
down_revision = "0001"


def upgrade():
    op.add_column("users", sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=True))


def downgrade():
    op.drop_column("users", "name")
```
```mako fixed script.py.mako fix=2
\"\"\"${message}

Revision ID: ${up_revision}
Revises: ${down_revision | comma,n}
Create Date: ${create_date}

\"\"\"
from alembic import op
import sqlalchemy as sa
import sqlmodel.sql.sqltypes
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

A name of SQLAlchemy itself is written as the file writes the others:

```python versions/0002_example.py bad
from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"


def upgrade():
    op.add_column("users", sa.Column("data", postgresql.JSONB(astext_type=Text()), nullable=True))
    #                                                                     ^^^^ nothing in this file defines or imports `Text`


def downgrade():
    op.drop_column("users", "data")
```
```python fixed versions/0002_example.py
from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"


def upgrade():
    op.add_column("users", sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=True))


def downgrade():
    op.drop_column("users", "data")
```
A function that only serves as the Python default of a column that is added is never called by a migration:

```python good
def make_token():
    return secrets.token_hex()


def upgrade():
    op.add_column("users", sa.Column("token", sa.String(64), default=make_token, nullable=True))
```
```python good
def upgrade():
    import sqlmodel

    op.add_column("users", sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=True))
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import cast

from foreshot.lint.context import Context
from foreshot.lint.finding import FileChanges, Finding, Fix, Related
from foreshot.lint.rule import RevisionRule
from foreshot.lint.words import code
from foreshot.migration.operations import Operation
from foreshot.rules.types._importing import Chain, into_template, missing_in_template, remedy
from foreshot.rules.types._scopes import Places, Use, unbound
from foreshot.syntax.module import Module
from foreshot.text import Span

_RELATED = 8


class MissingTypeImport(RevisionRule):
    """Names that nothing in the file binds."""

    severity = "error"
    safety = "safe"
    fails_outright = True

    def check(self, context: Context) -> Iterator[Finding]:
        """Each missing name once for the module, for ``upgrade()`` and for ``downgrade()``."""
        uses, reads = unbound(context.module)
        if not uses:
            return
        missing = _Missing(context.module, uses)
        used: dict[tuple[str, str], list[Use]] = {}
        places = Places(reads)
        for use in uses:
            place = places.of(use.owner)
            if place is not None:
                used.setdefault((use.node.id, place), []).append(use)
        for (name, place), group in used.items():
            spans = [context.module.span(use.node) for use in group]
            yield self.finding(
                spans[0],
                f"{_EFFECT[place]} with a NameError: nothing in this file defines or imports {code(name)}. Import or define it.",
                operation=_operation(spans[0], place, context),
                object=name,
                related=[Related(f"{code(name)} is used here too", span) for span in spans[1 : _RELATED + 1]],
                state=(name, missing),
            )

    def fixes(self, finding: Finding, context: Context) -> Iterator[Fix]:
        """The import here; the import here and in the template."""
        name, uses = cast("tuple[str, _Missing]", finding.state)
        chains = uses.chains(name)
        found = remedy(chains, context) if chains else None
        if found is None:
            return
        yield Fix(found.title, found.safety, found.changes)
        surroundings = context.surroundings
        template, source = surroundings.template, surroundings.template_source
        path = surroundings.environment.template
        if not found.rendered or template is None or source is None or path is None or template.problem:
            return
        missing = missing_in_template(found.imports, template, source)
        if missing:
            others = (FileChanges(path, (into_template(missing, template, source),)),)
            yield Fix(
                f"{found.title} here and in {path.rpartition('/')[2]}", found.safety, found.changes, others
            )


_EFFECT = {
    "": "Every Alembic command that loads this file stops here",
    "upgrade": "`alembic upgrade` stops here",
    "downgrade": "`alembic downgrade` stops here",
}


def _operation(span: Span, place: str, context: Context) -> Operation | None:
    return next(
        (
            operation
            for operation in context.revision.operations
            if operation.site.function == place
            and operation.site.call.start <= span.start
            and span.end <= operation.site.call.end
        ),
        None,
    )


class _Missing:
    """The missing names of a file. Its tree is walked once, however many there are."""

    def __init__(self, module: Module, uses: Sequence[Use]) -> None:
        self._module = module
        self._uses = uses

    def chains(self, name: str) -> list[Chain]:
        """Every use of a missing name, with the attributes that are asked of it."""
        found: list[Chain] = []
        for use in self._by_name[name]:
            parts = [name]
            top: ast.AST = use.node
            while isinstance(outer := self._above.get(id(top)), ast.Attribute):
                parts.append(outer.attr)
                top = outer
            called = isinstance(outer, ast.Call) and outer.func is top and len(parts) == 1
            found.append(Chain(tuple(parts), self._module.span(use.node), called))
        return sorted(found, key=lambda chain: chain.span)

    @cached_property
    def _by_name(self) -> Mapping[str, Sequence[Use]]:
        found: dict[str, list[Use]] = {}
        for use in self._uses:
            found.setdefault(use.node.id, []).append(use)
        return found

    @cached_property
    def _above(self) -> Mapping[int, ast.AST]:
        return {
            id(child): node for node in ast.walk(self._module.tree) for child in ast.iter_child_nodes(node)
        }
