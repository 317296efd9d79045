"""A revision that joins two branches changes the schema, too.

Its changes are easily overlooked: a merge is read as "nothing but the graph", squashed away or made anew by whoever merges next. And a database that is on
one branch only gets the other branch's revisions and these changes in one step, which cannot be taken back one by one: `alembic downgrade -1` from a merge goes back to
both branches at once.

Leave the merge empty and make a revision behind it.

```python versions/0002_left.py
revision = "l"
down_revision = "0001"
```
```python versions/0002_right.py
revision = "r"
down_revision = "0001"
```
```python versions/0003_merge.py bad
\"""merge\"""
from alembic import op
import sqlalchemy as sa

revision = "m"
down_revision = ("l", "r")
#               ^^^^^^^^^^ joins 2 branches


def upgrade():
    op.add_column("users", sa.Column("plan", sa.String(20)))


def downgrade():
    op.drop_column("users", "plan")
```
```python versions/0003_merge.py good
\"""merge\"""

revision = "m"
down_revision = ("l", "r")


def upgrade():
    pass


def downgrade():
    pass
```
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.lint.context import Context
from foreshot.lint.finding import Finding
from foreshot.lint.rule import RevisionRule
from foreshot.lint.words import code
from foreshot.text import Span


class MergeWithOperations(RevisionRule):
    """Several parents, and operations."""

    severity = "information"

    def check(self, context: Context) -> Iterator[Finding]:
        """Whether a merge does anything."""
        header = context.revision.header
        if len(set(header.down_revisions)) > 1 and context.upgrade:
            yield self.finding(
                header.spans.get("down_revision", Span(0, 0)),
                f"{code(header.revision)} joins {len(set(header.down_revisions))} branches and also changes the schema."
                " Leave the merge empty, and put the changes in a revision after it.",
            )
