"""A new revision does not follow the head.

The file is not committed yet, and since it was made another revision has come to follow the same parent. Committed like
this, it makes a second head. As it has not run anywhere else, it can simply be put after the head.

```python versions/0003_committed.py
revision = "0003"
down_revision = "0001"


def upgrade():
    pass
```
```python versions/0002_untracked.py bad
revision = "0002"
down_revision = "0001"
#               ^^^^^^ follows `0001`, which is no longer the head


def upgrade():
    pass
```
```python fixed versions/0002_untracked.py
revision = "0002"
down_revision = "0003"


def upgrade():
    pass
```
```python versions/0002_untracked.py good
revision = "0002"
down_revision = "0003"


def upgrade():
    pass
```
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.lint.context import ProjectContext
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.rule import ProjectRule
from foreshot.lint.words import code
from foreshot.syntax.changes import ReplaceText


class StaleParent(ProjectRule):
    """An uncommitted revision beside a committed one."""

    of_shipped = False
    severity = "warning"
    safety = "unsafe"

    def check(self, project: ProjectContext) -> Iterator[Finding]:
        """Uncommitted revisions whose parent has a committed child."""
        # Where there is a branch to compare with, that is what counts, and another rule speaks of it.
        if project.base is None or project.base.kind != "commit" or len(project.graph.heads) < 2:
            return
        for entry in project.entries:
            header = entry.header
            if (
                entry.shipped
                or header is None
                or len(header.down_revisions) != 1
                or len(header.down_spans) != 1
            ):
                continue
            siblings = [
                child for child in project.graph.children(header.down_revisions[0]) if child.key != entry.path
            ]
            committed = [child for child in siblings if project.by_path[child.key].shipped]
            if not committed or header.branch_labels:
                continue
            heads = {
                head
                for child in committed
                for head in project.graph.heads
                if head == child.header.revision or head in project.graph.descendants(child)
            }
            heads -= project.graph.descendants(header.revision) | {header.revision}
            head = next(iter(heads)) if len(heads) == 1 else None
            after = f" Put it after {code(head)}." if head else ""
            yield self.finding(
                header.down_spans[0],
                f"This new revision follows {code(header.down_revisions[0])}, which is no longer the head:"
                f" committed as it is, it makes a second head.{after}",
                path=entry.path,
                object=header.revision,
                state=head,
            )

    def fixes(self, finding: Finding, project: ProjectContext) -> Iterator[Fix]:
        """Follow the head."""
        if isinstance(finding.state, str):
            yield Fix(
                f"Follow {code(finding.state)}", "unsafe", (ReplaceText(finding.span, f'"{finding.state}"'),)
            )
