"""A revision that has shipped does something else here.

The base branch has the revision, so databases may have run it: they are stamped with its id and never run it again. What
is changed in it here reaches new databases and no other. Undo the change, and make it in a new revision.

Comments, formatting and imports are no change, nor are `if_not_exists` and `if_exists`, for where the revision has run it did the same without them. A corrected
`downgrade()` reaches every database: it is read when it runs. Where nothing but a local commit has the revision, this is said as possible.

```python base versions/0002_example.py
from alembic import op
import sqlalchemy as sa

revision = "0002"
down_revision = "0001"


def upgrade():
    op.add_column("pots", sa.Column("lid", sa.Integer()))
```
```python versions/0002_example.py bad
from alembic import op
import sqlalchemy as sa

revision = "0002"
#          ^^^^^^ databases that have run it never get what changed in `upgrade()`
down_revision = "0001"


def upgrade():
    op.add_column("pots", sa.Column("lid", sa.BigInteger()))
```
```python fixed versions/0002_example.py
from alembic import op
import sqlalchemy as sa

revision = "0002"
down_revision = "0001"


def upgrade():
    op.add_column("pots", sa.Column("lid", sa.Integer()))
```
```python versions/0002_example.py good
import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    # The lids came later than the pots.
    op.add_column(
        "pots",
        sa.Column("lid", sa.Integer()),
    )
```
```python versions/0002_example.py good
from alembic import op
import sqlalchemy as sa

revision = "0002"
down_revision = "0001"


def upgrade():
    op.add_column("pots", sa.Column("lid", sa.Integer), if_not_exists=True)


def downgrade():
    op.drop_column("pots", "lid", if_exists=True)
```
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.lint.base import Base, BaseRevision
from foreshot.lint.context import ProjectContext
from foreshot.lint.entry import Entry
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.rule import ProjectRule
from foreshot.lint.words import code, codes
from foreshot.syntax.changes import ReplaceText
from foreshot.text import Span


class EditedAfterMerge(ProjectRule):
    """A revision whose header or operations differ from those that the base has."""

    severity = "error"
    safety = "unsafe"

    def check(self, project: ProjectContext) -> Iterator[Finding]:
        """Every revision that was edited."""
        base = project.base
        if base is None:
            return
        surely = base.kind == "branch"
        for entry in project.entries:
            header = entry.header
            # What `downgrade()` is now, every database gets.
            edited = [part for part in entry.edited if part != "downgrade()"]
            if not edited or header is None:
                continue
            there = _on_base(base, entry)
            if "revision" in edited and there is not None:
                what = f"databases that have run {code(there.header.revision)} no longer find it, and upgrades fail."
                what += " Keep its id."
            else:
                what = f"databases that have run it never get what changed in {codes(edited)}."
                what += " Undo that, and do it in a new revision."
            yield self.finding(
                header.spans.get("revision", Span(0, 0)),
                f"This revision is on {code(base.name)}: {what}",
                path=entry.path,
                object=header.revision,
                severity=None if surely else "warning",
                certainty=None if surely else "possible",
            )

    def fixes(self, finding: Finding, project: ProjectContext) -> Iterator[Fix]:
        """The text that the base has."""
        base = project.base
        entry = project.by_path.get(finding.path or "")
        source = project.source(finding.path or "")
        there = _on_base(base, entry) if base is not None and entry is not None else None
        if base is not None and source is not None and there is not None and there.text is not None:
            yield Fix(
                f"Restore the file as {code(base.name)} has it",
                "unsafe",
                (ReplaceText(Span(0, len(source.content)), _with_line_ends(there.text, source.newline)),),
            )


def _on_base(base: Base, entry: Entry) -> BaseRevision | None:
    """What the tip has in a revision's place, else what the branch began with."""
    revision = entry.header.revision if entry.header is not None else ""
    known = [*base.others, *base.before.values()]
    at = [other for other in known if other.path == entry.path]
    named = [other for other in known if other.header.revision == revision]
    return next(iter([*at, *named]), None)


def _with_line_ends(text: str, newline: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", newline)
