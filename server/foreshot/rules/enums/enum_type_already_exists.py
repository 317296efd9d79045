"""A table is created with an enum whose type is there already.

`op.create_table` creates the types of its columns with a plain `CREATE TYPE`. Where an earlier revision has made the type, or the same function
has made it with `.create()`, that fails: `type "file_kind" already exists`. Two tables in one function are no problem, nor is a
database that runs both revisions at once: Alembic remembers what it has created in one run. The database that
has run the first one before is the one that fails.

Say `create_type=False`, which the generic `sa.Enum` does not take: write `postgresql.ENUM(…, create_type=False)`.

```python setup
def upgrade():
    op.create_table("files", sa.Column("kind", sa.Enum("general", "data", name="file_kind")))
```
```python bad
def upgrade():
    op.create_table("papers", sa.Column("kind", sa.Enum("general", "data", name="file_kind")))
#   ^^^^^^^^^^^^^^^ the type `file_kind` already exists
```
```python bad
def upgrade():
    kind = sa.Enum("a4", "a5", name="paper_size")
    kind.create(op.get_bind(), checkfirst=True)
    op.create_table("papers", sa.Column("size", kind))
#   ^^^^^^^^^^^^^^^ the type `paper_size` already exists
```
```python good
def upgrade():
    op.create_table("papers", sa.Column("size", sa.Enum("a4", "a5", name="paper_size")))
    op.create_table("letters", sa.Column("size", sa.Enum("a4", "a5", name="paper_size")))
```
```python good
from sqlalchemy.dialects import postgresql


def upgrade():
    op.create_table("papers", sa.Column("kind", postgresql.ENUM("general", "data", name="file_kind", create_type=False)))
```
```python good dialect=mysql
def upgrade():
    op.create_table("papers", sa.Column("kind", sa.Enum("general", "data", name="file_kind")))
```
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.lint.aborted import is_survived
from foreshot.lint.context import Context
from foreshot.lint.finding import Finding
from foreshot.lint.rule import OperationRule
from foreshot.lint.states import made_here, states
from foreshot.lint.words import code
from foreshot.migration.operations import CreateTable
from foreshot.rules.enums._types import enums_of, known_name


class EnumTypeAlreadyExists(OperationRule[CreateTable]):
    """A table whose type was made before."""

    looks_at = (CreateTable,)
    severity = "error"
    databases = ("postgresql",)

    def check(self, operation: CreateTable, context: Context) -> Iterator[Finding]:
        """Whether the type is surely there, and not by another table of the same function."""
        if operation.site.conditional or is_survived(operation, context) or operation.if_not_exists:
            return
        if operation.site.sql is not None:
            return
        here = context.revision.header.revision
        for name, enum in enums_of(operation.columns).items() if operation.columns else ():
            if not enum.created:
                continue
            for state in states(operation, context, self.databases):
                known = state.schema.enums.get(known_name(name, state) or "")
                if known is None or state.schema.doubts(known):
                    continue
                origin = known.origin
                if origin.revision == here and origin.kind != "create_enum":
                    continue
                yield self.finding(
                    operation.site.name,
                    f"This fails: the type {code(name)} already exists{context.where([state.target])}. Write"
                    " `postgresql.ENUM(…, create_type=False)`.",
                    operation=operation,
                    object=name,
                    targets=[state.target],
                    related=made_here(origin, f"{code(name)} was made here", context),
                )
                break
