"""The revisions follow each other in a circle: Alembic cannot load the history.

Going from parent to parent leads back to where it started, so there is no order in which to run them. Alembic stops with
"Cycle is detected in revisions". One `down_revision` (or `depends_on`) on the way is wrong.

```python versions/0003_other.py
revision = "0003"
down_revision = "0002"


def upgrade():
    pass
```
```python versions/0002_example.py bad
revision = "0002"
down_revision = "0003"
#               ^^^^^^ in a circle: `0002` → `0003` → `0002`


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

from foreshot.lint.context import ProjectContext
from foreshot.lint.finding import Finding, Related
from foreshot.lint.rule import ProjectRule
from foreshot.lint.words import code
from foreshot.text import Span

_SHOWN = 8


class RevisionCycle(ProjectRule):
    """A loop in the graph."""

    severity = "error"

    def check(self, project: ProjectContext) -> Iterator[Finding]:
        """One finding a loop, on a revision of it."""
        for cycle in project.graph.cycles:
            first = cycle.nodes[0]
            ids = [*cycle.ids[:_SHOWN], *(["…"] if len(cycle.ids) > _SHOWN else []), cycle.ids[0]]
            way = " → ".join(code(name) if name != "…" else name for name in ids)
            field = "depends_on" if cycle.through_dependencies and len(cycle.nodes) == 1 else "down_revision"
            yield self.finding(
                first.header.spans.get(field) or first.header.spans.get("revision", Span(0, 0)),
                f"Alembic cannot load the history: revisions follow each other in a circle: {way}."
                " One of them follows the wrong revision.",
                path=first.key,
                object=first.header.revision,
                related=[
                    Related(
                        f"{code(node.header.revision)} is part of it", node.header.spans["revision"], node.key
                    )
                    for node in cycle.nodes[1:_SHOWN]
                    if "revision" in node.header.spans
                ],
            )
