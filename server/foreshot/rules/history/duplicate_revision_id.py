"""Two files have the same revision id: Alembic runs only one of them.

Alembic warns and keeps the file that it reads last; the other one's operations never run, and which one that is depends on
the names of the files. It comes from a copied file, or from the same migration on two branches.

Where another revision follows the id, only its author knows which of the files it means: give the other file an id of its own,
and its children with it.

```python versions/0001_setup.py
revision = "0001"
#          ^^^^^^ Two files have the revision id `0001`
down_revision = None


def upgrade():
    pass
```
```python versions/0001_users.py
revision = "0001_users"
down_revision = "0001"


def upgrade():
    pass
```
```python versions/0002_example.py bad
revision = "0001"
#          ^^^^^^ Two files have the revision id `0001`
down_revision = "0001_users"


def upgrade():
    pass
```
```python fixed
revision = "74c85e681a9a"
down_revision = "0001_users"


def upgrade():
    pass
```
```python versions/0002_example.py good
revision = "0002"
down_revision = "0001"


def upgrade():
    pass
```
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.lint.base import BaseRevision
from foreshot.lint.context import ProjectContext
from foreshot.lint.entry import Entry
from foreshot.lint.finding import Finding, Fix, Related
from foreshot.lint.rule import ProjectRule
from foreshot.lint.words import MAX_NAMES, code, codes
from foreshot.project.new_file import revision_id
from foreshot.syntax.changes import ReplaceText
from foreshot.text import Span


def _taken(project: ProjectContext) -> Iterator[tuple[Entry, BaseRevision]]:
    """New revisions whose id the base has got in the meantime, in another file that is not here."""
    if project.base is None:
        return
    others = {
        other.header.revision: other for other in project.base.others if other.path not in project.by_path
    }
    for entry in project.entries:
        header = entry.header
        if header is not None and not entry.shipped and header.revision in others:
            yield entry, others[header.revision]


class DuplicateRevisionId(ProjectRule):
    """One id in several files."""

    severity = "error"
    safety = "unsafe"

    def check(self, project: ProjectContext) -> Iterator[Finding]:
        """Every file of each id that several have."""
        for revision, nodes in project.graph.duplicates.items():
            for node in nodes:
                others = [other for other in nodes if other is not node]
                names = codes(other.key.rpartition("/")[2] for other in others)
                count = "Two" if len(nodes) == 2 else str(len(nodes))
                yield self.finding(
                    node.header.spans.get("revision", Span(0, 0)),
                    f"{count} files have the revision id {code(revision)}: Alembic runs only one of them. The"
                    f" {'other is' if len(others) == 1 else 'others are'} {names}. Give this file another id.",
                    path=node.key,
                    object=revision,
                    related=[
                        Related("the same id", other.header.spans.get("revision", Span(0, 0)), other.key)
                        for other in others[:MAX_NAMES]
                    ],
                )

        for entry, other in _taken(project):
            header = entry.header
            if header is None:
                continue
            name = other.path.replace("\\", "/").rpartition("/")[2]
            base = project.base.name if project.base is not None else ""
            yield self.finding(
                header.spans.get("revision", Span(0, 0)),
                f"{code(base)} has the revision id {code(header.revision)} in {code(name)}: after a merge Alembic runs"
                " only one of them. Give this file another id.",
                path=entry.path,
                object=header.revision,
            )

    def fixes(self, finding: Finding, project: ProjectContext) -> Iterator[Fix]:
        """An id of its own for every file but the first, where nobody follows the id: which file is meant, only people know."""
        nodes = project.graph.duplicates.get(finding.object or "", ())
        first = min((node.key for node in nodes), default=None)
        followers = {
            entry.path
            for entry in project.entries
            if entry.header is not None
            and finding.object in (*entry.header.down_revisions, *entry.header.depends_on)
        }
        # What this file follows itself can only follow the other one.
        named = followers - _ancestors(finding.path or "", finding.object or "", project)
        if first == finding.path:
            return
        name = (finding.path or "").rpartition("/")[2]
        fresh = revision_id("own", finding.object or "", name)
        change = ReplaceText(finding.span, f'"{fresh}"')
        title = f"Give this file the id {code(fresh)}"
        if named:
            yield Fix(
                title,
                "unsafe",
                refused="Another revision follows this id, and only its author knows which file it means.",
            )
        else:
            yield Fix(title, "unsafe", (change,))


def _ancestors(path: str, revision: str, project: ProjectContext) -> set[str]:
    """The files that a file comes after, as far as the id in question."""
    by_id = {entry.header.revision: entry for entry in project.entries if entry.header is not None}
    entry = project.by_path.get(path)
    pending = list(entry.header.down_revisions) if entry is not None and entry.header is not None else []
    found: set[str] = set()
    while pending:
        name = pending.pop()
        entry = by_id.get(name)
        if name == revision or entry is None or entry.header is None or entry.path in found:
            continue
        found.add(entry.path)
        pending.extend(entry.header.down_revisions)
    return found
