"""The revision follows one that does not exist: Alembic cannot load the history.

`down_revision` names an id that no file of the version folders has. Every Alembic command stops with a KeyError. The file
was deleted or renamed, it was not committed, or the id is misspelt.

```python versions/0002_example.py bad
revision = "0002"
down_revision = "0001a"
#               ^^^^^^^ no revision `0001a`


def upgrade():
    pass
```
```python fixed versions/0002_example.py
revision = "0002"
down_revision = "0001"


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
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.rule import ProjectRule
from foreshot.lint.words import code
from foreshot.migration.graph_names import nearest
from foreshot.syntax.changes import ReplaceText
from foreshot.text import Span


class MissingParent(ProjectRule):
    """A name in ``down_revision`` that no file has."""

    severity = "error"
    safety = "unsafe"

    def check(self, project: ProjectContext) -> Iterator[Finding]:
        """Each parent that is not there."""
        for missing in project.graph.missing_parents:
            node = project.graph.at(missing.key)
            # What the base has comes with the merge.
            if node is None or (missing.id and missing.id in project.union):
                continue
            header = node.header
            spans = header.down_spans
            at = (
                spans[missing.index]
                if missing.index < len(spans)
                else header.spans.get("down_revision", Span(0, 0))
            )
            what = (
                f"there is no revision {code(missing.id)}"
                if missing.id
                else "`down_revision` is an empty string"
            )
            yield self.finding(
                at,
                f"Alembic cannot load the history: {what}. Name the revision that this one follows.",
                path=missing.key,
                object=missing.id,
                state=header.revision,
            )

    def fixes(self, finding: Finding, project: ProjectContext) -> Iterator[Fix]:
        """The id that is spelt most alike; else the head of the rest."""
        own = finding.state
        graph = project.graph
        descendants = graph.descendants(str(own)) | {str(own)}
        name = finding.object
        near = nearest(graph, name, exclude=descendants, limit=2) if name else ()
        heads = [head for head in graph.heads if head not in descendants]
        offered = near or (heads if len(heads) == 1 else [])
        for parent in offered:
            yield Fix(f"Follow {code(parent)}", "unsafe", (ReplaceText(finding.span, f'"{parent}"'),))
