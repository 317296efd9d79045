"""A dependency or a branch label that Alembic cannot place.

`depends_on` names neither a revision nor a branch label but looks like one (the start of an id is not enough), or a branch
label is given twice, or equals an id. Alembic cannot load such a history. A name that looks like nothing here is reported where an
ini file says where the revisions are and nothing adds other folders to that; elsewhere it may be a revision of another package.

```python versions/0002_example.py bad
revision = "0002"
down_revision = "0001"
depends_on = "000"
#            ^^^^^ neither a revision nor a branch label


def upgrade():
    pass
```
```python versions/0002_example.py good
revision = "0002"
down_revision = "0001"
branch_labels = ("billing",)
depends_on = None


def upgrade():
    pass
```
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.lint.context import ProjectContext
from foreshot.lint.finding import Finding, Related
from foreshot.lint.rule import ProjectRule
from foreshot.lint.words import code
from foreshot.migration.graph_names import nearest
from foreshot.text import Span

_ALIKE = 0.85


class UnknownBranchLabel(ProjectRule):
    """``depends_on`` that leads nowhere, labels that collide."""

    severity = "error"

    def check(self, project: ProjectContext) -> Iterator[Finding]:
        """Names that lead nowhere, then labels that are taken."""
        graph = project.graph
        for unresolved in graph.unresolved_dependencies:
            node = graph.at(unresolved.key)
            if node is None:
                continue
            spans = node.header.depends_spans
            at = (
                spans[unresolved.index]
                if unresolved.index < len(spans)
                else node.header.spans.get("depends_on", Span(0, 0))
            )
            meant = unresolved.meant or _likely(project, unresolved.name)
            if meant is None and not _is_alone(project):
                # Another package may bring the revision along.
                continue
            advice = f" Write {code(meant)}." if meant is not None else ""
            yield self.finding(
                at,
                f"Alembic cannot load the history: {code(unresolved.name)} is neither a revision nor a branch label.{advice}",
                path=unresolved.key,
                object=unresolved.name,
            )
        for collision in graph.label_collisions:
            node, other = graph.at(collision.key), graph.at(collision.other)
            if node is None:
                continue
            related = (
                [Related("it is taken here", other.header.spans.get("revision", Span(0, 0)), other.key)]
                if other
                else []
            )
            yield self.finding(
                node.header.spans.get("branch_labels", Span(0, 0)),
                f"Alembic cannot load the history: the branch label {code(collision.label)} is taken.",
                path=collision.key,
                object=collision.label,
                related=related,
            )


def _is_alone(project: ProjectContext) -> bool:
    """Whether the environment's own folders hold the whole history: an ini file says where it is, and nothing adds to that."""
    environment, module = project.environment, project.surroundings.env_module
    return (
        environment.ini is not None
        and environment.option("version_locations") is None
        and module is not None
        and "version_locations" not in module.content
    )


def _likely(project: ProjectContext, name: str) -> str | None:
    """An id or a label that differs by so little that it must have been meant."""
    from difflib import SequenceMatcher

    near = nearest(project.graph, name, limit=1)
    return near[0] if near and SequenceMatcher(None, near[0], name).ratio() > _ALIKE else None
