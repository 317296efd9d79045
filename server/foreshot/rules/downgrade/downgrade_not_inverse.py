"""`downgrade()` does not give back the schema that was there before `upgrade()`.

The history is replayed: what was before, what `upgrade()` makes of it, and what `downgrade()` makes of that. Where the two ends
differ, the next upgrade meets a schema that nobody has tested: it fails on what is left behind, or goes on without what is missing.

Names of constraints and the order of columns do not count, nor does a value of an enum type that cannot be taken away. An empty
`downgrade()` is reported by `missing-downgrade`. Nothing is said of tables of which something could not be read.

```python setup
def upgrade():
    op.create_table("users", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("name", sa.String(80), nullable=False))
```
```python bad
def upgrade():
    op.add_column("users", sa.Column("a", sa.Integer()))
    op.add_column("users", sa.Column("b", sa.Integer()))


def downgrade():
#   ^^^^^^^^^ the column `users.b` is still there
    op.drop_column("users", "a")
```
```python bad
def upgrade():
    op.alter_column("users", "name", type_=sa.Text(), existing_type=sa.String(80), nullable=True)


def downgrade():
#   ^^^^^^^^^ `users.name` allows NULL and did not
    op.alter_column("users", "name", type_=sa.String(80), existing_type=sa.Text())
```
```python good
def upgrade():
    op.add_column("users", sa.Column("a", sa.Integer()))


def downgrade():
    op.drop_column("users", "a")
```
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.lint.context import Context
from foreshot.lint.finding import Finding
from foreshot.lint.rule import RevisionRule
from foreshot.lint.words import code, listed
from foreshot.schema.difference import Difference, differences

_MOST = 2


class DowngradeNotInverse(RevisionRule):
    """A downgrade that does not undo its upgrade."""

    severity = "warning"

    def check(self, context: Context) -> Iterator[Finding]:
        """The differences on the first database that has some."""
        function = context.revision.functions.get("downgrade")
        if function is None or not context.downgrade or not context.upgrade:
            return
        for target in context.targets():
            story = context.story(target)
            if story is None:
                continue
            found = [
                item
                for item in differences(story.start("upgrade"), story.end("downgrade"))
                if not _is_excused(item)
            ]
            if not found:
                continue
            shown = listed([item.words.format(*map(code, item.names)) for item in found[:_MOST]])
            more = f", and {len(found) - _MOST} more" if len(found) > _MOST else ""
            yield self.finding(
                function.name,
                f"After upgrade and downgrade, {shown}{more}{context.where([target])}. Undo what `upgrade()` does.",
                object=found[0].about,
                targets=[target],
            )
            return


def _is_excused(item: Difference) -> bool:
    """An enum type that stays is `enum-type-not-dropped`'s; a default that nobody sees is none."""
    return item.kind == "enum" and not item.missing
