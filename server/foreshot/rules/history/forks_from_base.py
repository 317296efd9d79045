"""A new revision does not follow the base's head.

Since the branch began, or when the revision was written, the base branch has another revision after the same parent. This
branch alone may have one head; after the merge there are two, and `alembic upgrade head` refuses to run. A new revision has
run nowhere else, so it can be put after the base's head. No merge revision is needed.

```python base versions/0002_theirs.py
revision = "0002"
down_revision = "0001"


def upgrade():
    pass
```
```python base versions/0003_example.py
(absent)
```
```python versions/0003_example.py bad
revision = "0003"
down_revision = "0001"
#               ^^^^^^ there are two heads


def upgrade():
    pass
```
```python fixed versions/0003_example.py
revision = "0003"
down_revision = "0002"


def upgrade():
    pass
```
```python versions/0003_example.py good
revision = "0003"
down_revision = "0002"


def upgrade():
    pass
```
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.lint.base import Fork
from foreshot.lint.context import ProjectContext
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.rule import ProjectRule
from foreshot.lint.words import code, codes
from foreshot.migration.header import docstring_line
from foreshot.syntax.changes import ReplaceText
from foreshot.syntax.module import Module, parse
from foreshot.text import Span


class ForksFromBase(ProjectRule):
    """A new revision whose parent has another child on the base."""

    of_shipped = False
    severity = "error"
    safety = "unsafe"

    def check(self, project: ProjectContext) -> Iterator[Finding]:
        """The first revision of each such line."""
        base = project.base
        if base is None:
            return
        for fork in project.forks:
            header = fork.entry.header
            if header is None:
                continue
            spans = header.down_spans
            at = (
                spans[fork.index]
                if fork.index < len(spans)
                else header.spans.get("down_revision", Span(0, 0))
            )
            parent, heads = header.down_revisions[fork.index], fork.base_heads
            after = f"Put it after {codes(heads)}" if len(heads) == 1 else "Put it after one of them"
            yield self.finding(
                at,
                f"After the merge there are two heads, and `alembic upgrade head` fails: {code(base.name)} has"
                f" {codes(heads)} after {code(parent)}. {after}.",
                path=fork.entry.path,
                object=header.revision,
                state=fork,
            )

    def fixes(self, finding: Finding, project: ProjectContext) -> Iterator[Fix]:
        """Follow the base's head."""
        fork = finding.state
        if not isinstance(fork, Fork) or len(fork.base_heads) != 1 or fork.entry.header is None:
            return
        spans = fork.entry.header.down_spans
        if fork.index >= len(spans):
            return
        (head,) = fork.base_heads
        changes = [ReplaceText(spans[fork.index], f'"{head}"')]
        # The docstring says the same, for people.
        source = project.source(fork.entry.path)
        module = parse(source) if source is not None else None
        if isinstance(module, Module) and len(spans) == 1:
            line = docstring_line(module, "Revises")
            if line is not None:
                changes.append(ReplaceText(line, head))
        first = "" if head in project.graph else " (merge it in first)"
        base = project.base.name if project.base is not None else ""
        yield Fix(f"Follow {code(head)}, the head of {code(base)}{first}", "unsafe", tuple(changes))
