"""`downgrade()` leaves an enum type behind, and the next upgrade fails at creating it.

`op.create_table` creates the types of its columns, `op.drop_table` does not drop them. After going back the type is still there, and going
forward again stops with `type "letter_kind" already exists`.

Drop the type in `downgrade()`, after the last table that uses it.

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
from foreshot.migration.operations import CreateTable, DropTable, Operation
from foreshot.rules.enums._types import enums_of
from foreshot.syntax.changes import AppendToFunction


class EnumTypeNotDropped(RevisionRule):
    """A type that goes with nobody on the way back."""

    severity = "warning"
    databases = ("postgresql",)
    safety = "unsafe"
    fails_outright = True

    def check(self, context: Context) -> Iterator[Finding]:
        """The types that a table of ``upgrade()`` makes, and that are there after ``downgrade()``."""
        created: dict[str, CreateTable] = {}
        for operation in context.upgrade:
            if isinstance(operation, CreateTable) and operation.columns and not operation.site.conditional:
                for name, enum in enums_of(operation.columns).items():
                    if enum.created and operation.site.sql is None:
                        created.setdefault(name, operation)
        if not created:
            return
        drops: dict[str | None, Operation] = {
            one.table_name: one for one in context.downgrade if isinstance(one, DropTable)
        }
        for target in context.targets(self.databases):
            story = context.story(target)
            if story is None:
                continue
            before, after = story.start("upgrade").enums, story.end("downgrade")
            for name, operation in created.items():
                left, drop = after.enums.get(name), drops.get(operation.table_name)
                if name in before or left is None or drop is None or after.doubts(left):
                    continue
                yield self.finding(
                    drop.site.name,
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
