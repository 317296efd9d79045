"""A revision that has shipped is not here any more.

The base branch has the revision, and this branch has deleted it: databases that are stamped with it cannot be upgraded
(`Can't locate revision`), and its children follow something else than they did when they ran. Restore the file; what it did
is undone by a new revision.

```python base versions/0003_gone.py
from alembic import op
import sqlalchemy as sa

revision = "0003"
down_revision = "0002"


def upgrade():
    op.add_column("pots", sa.Column("lid", sa.Integer()))
```
```python base versions/0004_example.py
(absent)
```
```python versions/0004_example.py bad
revision = "0004"
down_revision = "0002"
#               ^^^^^^ Databases that have run `0003` cannot be upgraded


def upgrade():
    pass
```
```python fixed versions/0003_gone.py
from alembic import op
import sqlalchemy as sa

revision = "0003"
down_revision = "0002"


def upgrade():
    op.add_column("pots", sa.Column("lid", sa.Integer()))
```
```python fixed versions/0004_example.py
revision = "0004"
down_revision = "0003"


def upgrade():
    pass
```
```python versions/0003_gone.py
from alembic import op
import sqlalchemy as sa

revision = "0003"
down_revision = "0002"


def upgrade():
    op.add_column("pots", sa.Column("lid", sa.Integer()))
```
```python versions/0004_example.py good
revision = "0004"
down_revision = "0003"


def upgrade():
    pass
```
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import cast

from foreshot.lint.base import BaseRevision
from foreshot.lint.context import ProjectContext
from foreshot.lint.finding import Finding, Fix, NewFile
from foreshot.lint.rule import ProjectRule
from foreshot.lint.words import code, codes
from foreshot.migration.revision_parts import RevisionHeader
from foreshot.syntax.changes import ReplaceText
from foreshot.text import Span

_MAX_RESTORED = 20


class DeletedAfterMerge(ProjectRule):
    """Revisions that the base has, and that the branch began with, and that are gone."""

    severity = "error"
    safety = "unsafe"

    def check(self, project: ProjectContext) -> Iterator[Finding]:
        """All of them in one finding: there is one cause."""
        base = project.base
        if base is None or not base.compared:
            return
        # A file that was given another id is told so.
        renamed = {entry.path for entry in project.entries if "revision" in entry.edited}
        gone = {
            other.header.revision: other
            for other in base.others
            if other.header.revision in base.before
            and other.header.revision not in project.graph
            and other.path not in renamed
        }
        if not gone:
            return
        surely = base.kind == "branch"
        names = sorted(gone)
        path, at, revision = _place(project, list(gone.values()))
        ran = codes(names)
        them, they = ("it", "it was") if len(names) == 1 else ("them", "they were")
        yield self.finding(
            at,
            f"Databases that have run {ran} cannot be upgraded: {code(base.name)} has {them}, and {they} deleted here."
            f" Restore {them}.",
            path=path,
            object=revision or names[0],
            severity=None if surely else "warning",
            certainty=None if surely else "possible",
            state=list(gone.values()),
        )

    def fixes(self, finding: Finding, project: ProjectContext) -> Iterator[Fix]:
        """The files as the base has them."""
        gone = finding.state
        if not isinstance(gone, list):
            return
        others = [other for other in cast("list[object]", gone) if isinstance(other, BaseRevision)]
        files = [NewFile(other.path, other.text) for other in others if other.text is not None]
        if len(files) == len(others) <= _MAX_RESTORED:
            names = codes(file.path.replace("\\", "/").rpartition("/")[2] for file in files)
            last = _last(project, finding, others)
            changes = (ReplaceText(finding.span, f'"{last}"'),) if last else ()
            then = f", and put this revision after {code(last)}" if last else ""
            yield Fix(f"Restore {names}{then}", "unsafe", changes, creates=tuple(files))


def _last(project: ProjectContext, finding: Finding, gone: Sequence[BaseRevision]) -> str | None:
    """The deleted revision that a new one has to follow again, when it follows what came before."""
    entry = project.by_path.get(finding.path or "")
    if entry is None or entry.header is None or entry.shipped or len(entry.header.down_revisions) != 1:
        return None
    names = {other.header.revision for other in gone}
    if names.intersection(entry.header.down_revisions):
        return None
    followed = {parent for other in gone for parent in other.header.down_revisions}
    ends = names - followed
    return next(iter(ends)) if len(ends) == 1 else None


def _place(project: ProjectContext, gone: Sequence[BaseRevision]) -> tuple[str | None, Span, str | None]:
    """Where a person would look: at a revision that now follows what the deleted one followed, else env.py."""
    names = {other.header.revision for other in gone}
    before = {parent for other in gone for parent in other.header.down_revisions} - names
    found: list[tuple[bool, str, RevisionHeader]] = []
    for entry in project.entries:
        header = entry.header
        if header is not None and header.down_spans and (names | before).intersection(header.down_revisions):
            found.append((entry.shipped, entry.path, header))
    if not found:
        return project.environment.env_py, Span(0, 0), None
    _, path, header = min(found, key=lambda item: item[:2])
    index = next(at for at, parent in enumerate(header.down_revisions) if parent in names | before)
    return path, header.down_spans[min(index, len(header.down_spans) - 1)], header.revision
