"""The history has more than one head: `alembic upgrade head` refuses to run.

Two revisions follow the same one, usually because two branches of the code were merged. Alembic stops with "Multiple
head revisions are present", and a deployment stops with it.

Join the heads in a merge revision, an empty revision that follows both; or, while one side has not been deployed yet,
put its first revision after the other side's head. Heads that carry different branch labels are meant to be apart and are
not reported, nor are separate histories with labels of their own.

```python versions/0003_other.py
revision = "0003"
#          ^^^^^^ one of 2 heads: `0002` and `0003`
down_revision = "0001"


def upgrade():
    pass
```
```python versions/0002_example.py bad
revision = "0002"
#          ^^^^^^ one of 2 heads: `0002` and `0003`
down_revision = "0001"


def upgrade():
    pass

```
```python fixed versions/5c43609c552f_merge_0002_and_0003.py
\"\"\"merge 0002 and 0003

Revision ID: 5c43609c552f
Revises: 0002, 0003
Create Date: 2026-01-01 00:00:00

\"\"\"
from alembic import op
import sqlalchemy as sa


revision = '5c43609c552f'
down_revision = ('0002', '0003')
branch_labels = None
depends_on = None


def upgrade():
    pass


def downgrade():
    pass
```
```python versions/0003_other.py
revision = "0003"
down_revision = "0002"


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
from functools import cached_property

from foreshot.lint.context import ProjectContext
from foreshot.lint.finding import FileChanges, Finding, Fix, NewFile, Related
from foreshot.lint.rule import ProjectRule
from foreshot.lint.words import MAX_NAMES, code, codes
from foreshot.migration.graph_parts import MergePlan
from foreshot.project.new_file import new_revision, revision_id
from foreshot.syntax.changes import ReplaceText
from foreshot.text import Span


class MultipleHeads(ProjectRule):
    """Several heads that no branch labels tell apart."""

    severity = "error"
    safety = "safe"

    def check(self, project: ProjectContext) -> Iterator[Finding]:
        """Every head of each group that cannot be told apart."""
        # New revisions that do not follow the base's head are told so, and need no merge.
        forked = frozenset[str]().union(*(fork.heads for fork in project.forks))
        for heads in project.graph.confused_heads:
            group = tuple(head for head in heads if head not in forked)
            if len(group) < 2:
                continue
            plan = project.graph.merge_plan(group)
            state = _Group(plan, project) if plan is not None else None
            shown = codes(group)
            for head in group:
                node = project.graph.node(head)
                if node is None:
                    continue
                related = [
                    Related(
                        f"{code(other)} is another head",
                        other_node.header.spans.get("revision", Span(0, 0)),
                        other_node.key,
                    )
                    for other in group[:MAX_NAMES]
                    if other != head and (other_node := project.graph.node(other)) is not None
                ]
                yield self.finding(
                    node.header.spans.get("revision", Span(0, 0)),
                    f"`alembic upgrade head` fails: this is one of {len(group)} heads: {shown}."
                    " Merge them, or put one after the other.",
                    path=node.key,
                    object=head,
                    related=related,
                    state=state,
                )

    def fixes(self, finding: Finding, project: ProjectContext) -> Iterator[Fix]:
        """A merge revision; for two heads also one side after the other."""
        if not isinstance(finding.state, _Group):
            return
        plan = finding.state.plan
        yield finding.state.merge
        if len(plan.parents) != 2 or not plan.common:
            return
        for side, other in ((0, 1), (1, 0)):
            if not plan.sides[side]:
                # The other side depends on this head: nothing here is its own to be moved.
                continue
            first = plan.sides[side][0]
            header = first.header
            if len(header.down_spans) == 1 and len(header.down_revisions) == 1:
                change = ReplaceText(header.down_spans[0], repr(plan.parents[other]).replace("'", '"'))
                title = f"Put {code(header.revision)} after {code(plan.parents[other])}"
                if first.key == finding.path:
                    yield Fix(title, "unsafe", (change,))
                else:
                    name = first.key.rpartition("/")[2]
                    yield Fix(f"{title}, in {name}", "unsafe", others=(FileChanges(first.key, (change,)),))


class _Group:
    """Heads that belong together. Their merge is written once, however many they are."""

    def __init__(self, plan: MergePlan, project: ProjectContext) -> None:
        self.plan = plan
        self._project = project

    @cached_property
    def merge(self) -> Fix:
        """A revision that joins them."""
        parents = self.plan.parents
        some = (
            parents
            if len(parents) <= MAX_NAMES
            else (*parents[: MAX_NAMES - 1], f"{len(parents) - MAX_NAMES + 1} more")
        )
        path, text = new_revision(
            self._project.environment,
            self._project.surroundings.template_source,
            revision_id("merge", *parents),
            parents,
            f"merge {' and '.join(some)}",
        )
        return Fix(f"Create a merge revision of {codes(parents)}", "safe", creates=(NewFile(path, text),))
