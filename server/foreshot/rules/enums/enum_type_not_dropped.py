"""`downgrade()` leaves an enum type behind, and the next upgrade fails at creating it.

`op.create_table` creates the types of its columns, `op.drop_table` does not drop them. After going back the type is still there, and going
forward again stops with `type "letter_kind" already exists`.

Nor does a type that SQL creates go with its last column. Drop the type in `downgrade()`, after the last table or column that uses it.

```python bad
def upgrade():
    op.create_table("letters", sa.Column("kind", sa.Enum("first", "second", name="letter_kind")))


def downgrade():
    op.drop_table("letters")
#   ^^^^^^^^^^^^^ leaves the type `letter_kind` behind
```
```python fixed
def upgrade():
    op.create_table("letters", sa.Column("kind", sa.Enum("first", "second", name="letter_kind")))


def downgrade():
    op.drop_table("letters")
    op.execute("DROP TYPE IF EXISTS letter_kind")
```
```python good
def upgrade():
    op.create_table("letters", sa.Column("kind", sa.Enum("first", "second", name="letter_kind")))


def downgrade():
    op.drop_table("letters")
    sa.Enum(name="letter_kind").drop(op.get_bind())
```
```python good
def upgrade():
    sa.Enum("first", "second", name="letter_kind").create(op.get_bind(), checkfirst=True)
    op.add_column("letters", sa.Column("kind", sa.Enum("first", "second", name="letter_kind")))


def downgrade():
    op.drop_column("letters", "kind")
```
```python bad
def upgrade():
    op.execute("CREATE TYPE letter_kind AS ENUM ('first', 'second')")
    op.execute("ALTER TABLE letters ADD COLUMN kind letter_kind")


def downgrade():
    op.drop_column("letters", "kind")
#   ^^^^^^^^^^^^^^ leaves the type `letter_kind` behind
```
```python fixed
def upgrade():
    op.execute("CREATE TYPE letter_kind AS ENUM ('first', 'second')")
    op.execute("ALTER TABLE letters ADD COLUMN kind letter_kind")


def downgrade():
    op.drop_column("letters", "kind")
    op.execute("DROP TYPE IF EXISTS letter_kind")
```
```python good
def upgrade():
    op.execute("DROP TYPE IF EXISTS letter_kind")
    op.execute("CREATE TYPE letter_kind AS ENUM ('first', 'second')")
    op.execute("ALTER TABLE letters ADD COLUMN kind letter_kind")


def downgrade():
    op.drop_column("letters", "kind")
```
```python good
def upgrade():
    op.execute("ALTER TYPE post_kind RENAME TO post_kind_old")
    op.execute("CREATE TYPE post_kind AS ENUM ('first', 'second')")
    op.execute("ALTER TABLE letters ALTER COLUMN kind TYPE post_kind USING kind::text::post_kind")
    op.execute("DROP TYPE post_kind_old")


def downgrade():
    op.execute("ALTER TYPE post_kind RENAME TO post_kind_old")
    op.execute("CREATE TYPE post_kind AS ENUM ('first')")
    op.execute("ALTER TABLE letters ALTER COLUMN kind TYPE post_kind USING kind::text::post_kind")
    op.execute("DROP TYPE post_kind_old")
```
```python good
def upgrade():
    op.create_table("letters", sa.Column("kind", sa.Enum("first", "second", name="letter_kind")))


def downgrade():
    pass
```
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.lint import writing
from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.rule import RevisionRule
from foreshot.lint.words import code
from foreshot.migration.operations import (
    CreateEnum,
    CreateTable,
    DropColumn,
    DropTable,
    DropType,
    RenameEnumValue,
)
from foreshot.rules.enums._types import enums_of
from foreshot.schema.state import Schema
from foreshot.syntax.changes import AppendToFunction


class EnumTypeNotDropped(RevisionRule):
    """A type that goes with nobody on the way back."""

    severity = "warning"
    databases = ("postgresql",)
    safety = "unsafe"
    fails_outright = True

    def check(self, context: Context) -> Iterator[Finding]:
        """The types that a table of ``upgrade()`` makes, and that are there after ``downgrade()``."""
        created = _created(context)
        function = context.revision.functions.get("downgrade")
        if not created or not context.downgrade or function is None:
            return
        for target in context.targets(self.databases):
            story = context.story(target)
            if story is None:
                continue
            before, after = story.start("upgrade").enums, story.end("downgrade")
            for name, operation in created.items():
                left = after.enums.get(name)
                if name in before or left is None or after.doubts(left):
                    continue
                drop = _last_use(name, operation, story.end("upgrade"), context)
                if drop is None and isinstance(operation, CreateTable):
                    continue
                yield self.finding(
                    drop.site.name if drop is not None else function.name,
                    f"This leaves the type {code(name)} behind, and the next upgrade fails when it creates it again{context.where([target])}."
                    " Drop the type too.",
                    operation=drop,
                    object=name,
                    targets=[target],
                    cause=name,
                )
            return

    def fixes(self, finding: Finding, context: Context) -> Iterator[Fix]:
        """The type dropped at the end."""
        down, name, drop = context.revision.functions.get("downgrade"), finding.object, finding.operation
        quoted = writing.sql_name(name, ("postgresql",)) if name is not None else None
        if down is None or drop is None or quoted is None:
            return
        statement = writing.execute(context, f"DROP TYPE IF EXISTS {quoted}")
        code_ = writing.on_postgresql(context, drop, statement)
        yield Fix(
            "Drop the type at the end of `downgrade()`", "unsafe", (AppendToFunction(down.span, code_),)
        )


def _created(context: Context) -> dict[str, CreateTable | CreateEnum]:
    """The types that ``upgrade()`` makes and could not make twice, each with what makes it: a table, or SQL."""
    created: dict[str, CreateTable | CreateEnum] = {}
    dropped: set[object] = set()
    for operation in context.upgrade:
        match operation:
            case DropType() | RenameEnumValue(value=None):
                # A type that is renamed leaves its name to the next one.
                dropped.add(operation.name)
            case CreateTable() if not operation.site.conditional and operation.site.sql is None:
                for name, enum in enums_of(operation.columns).items():
                    if enum.created:
                        created.setdefault(name, operation)
            case CreateEnum(name=str() as name) if operation.site.sql is not None:
                if not (operation.site.conditional or operation.checkfirst or name in dropped):
                    created.setdefault(f"{operation.schema}.{name}" if operation.schema else name, operation)
            case _:
                pass
    return created


def _last_use(
    name: str, made: CreateTable | CreateEnum, schema: Schema, context: Context
) -> DropTable | DropColumn | None:
    """What takes the last table or column of the type away in ``downgrade()``."""
    users = {
        (table.name, column.name)
        for table in schema.tables.values()
        for column in table.columns.values()
        if column.type.enum == name
    }
    found = None
    for operation in context.downgrade:
        match operation:
            case DropTable() if isinstance(made, CreateTable):
                found = operation if operation.table_name == made.table_name else found
            case DropTable() if any(table == operation.table_name for table, _ in users):
                found = operation
            case DropColumn() if (
                isinstance(made, CreateEnum) and (operation.table_name, operation.column) in users
            ):
                found = operation
            case _:
                pass
    return found
