"""Both sides of a merge did something to one object: the merged history fails, or depends on the order.

Each branch was tried alone, and passes. After the merge a database runs the one after the other: the second `add_column` fails,
or a column is altered that the other side has dropped. Take the duplicate out of the side that no database has run.

```python versions/0002_left.py
from alembic import op
import sqlalchemy as sa

revision = "0002_left"
down_revision = None


def upgrade():
    op.create_table("users", sa.Column("id", sa.Integer(), primary_key=True))
```
```python versions/0002_right.py
from alembic import op
import sqlalchemy as sa

revision = "0002_right"
down_revision = None


def upgrade():
    op.create_table("users", sa.Column("id", sa.Integer(), primary_key=True))
```
```python versions/0002_example.py bad
from alembic import op
import sqlalchemy as sa

revision = "0003"
#          ^^^^^^ both sides create it
down_revision = ("0002_left", "0002_right")


def upgrade():
    pass
```
```python versions/0002_other.py
from alembic import op
import sqlalchemy as sa

revision = "0002_other"
down_revision = None


def upgrade():
    op.create_table("orders", sa.Column("id", sa.Integer(), primary_key=True))
```
```python versions/0002_example.py good
from alembic import op
import sqlalchemy as sa

revision = "0003"
down_revision = ("0002_left", "0002_other")


def upgrade():
    pass
```
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.lint.context import Context
from foreshot.lint.finding import Finding
from foreshot.lint.rule import RevisionRule
from foreshot.lint.states import made_here
from foreshot.lint.words import code
from foreshot.text import Span


class MergeConflict(RevisionRule):
    """A merge of two sides that get in each other's way."""

    severity = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """Each object that both sides touched, on the first database where they did."""
        header = context.revision.header
        if len(header.down_revisions) < 2:
            return
        for target in context.targets():
            story = context.story(target)
            if story is None:
                continue
            found = story.own_conflicts()
            for conflict in found:
                related = made_here(conflict.origin, "one side", context)
                yield self.finding(
                    header.spans.get("revision", Span(0, 0)),
                    f"The merged history fails at {code(conflict.about)}: {conflict.why}{context.where([target])}. Take it out of one side.",
                    object=conflict.about,
                    targets=[target],
                    related=[*related, *made_here(conflict.other, "the other side", context)],
                )
            if found:
                return
