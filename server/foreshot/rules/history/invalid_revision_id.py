"""Alembic refuses the revision id, or the database has no room for it.

Ids with `@`, `:`, `+` or `-` are refused, because commands give those characters a meaning; `base`, `head` and `heads` name
places in the history; and `alembic_version.version_num` holds 32 characters: on PostgreSQL and MySQL a longer id fails when
it is written, after the migration's operations have run (SQLite does not look at lengths). A file of the version folder without any id stops every Alembic command.

```python versions/0002_example.py bad
revision = "add-users"
#          ^^^^^^^^^^^ Alembic refuses
down_revision = "0001"


def upgrade():
    pass
```
```python fixed versions/0002_example.py
revision = "add_users"
down_revision = "0001"


def upgrade():
    pass
```
```python versions/0002_example.py bad
revision = "0002_add_the_column_email_to_the_table_users"
#          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ 44 characters
down_revision = "0001"


def upgrade():
    pass
```
```python versions/0002_example.py good dialect=sqlite
revision = "0002_add_the_column_email_to_the_table_users"
down_revision = "0001"


def upgrade():
    pass
```
```python versions/0002_example.py good
revision = "0002_add_users"
down_revision = "0001"


def upgrade():
    pass
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from foreshot.lint.context import ProjectContext
from foreshot.lint.finding import FileChanges, Finding, Fix
from foreshot.lint.rule import ProjectRule
from foreshot.lint.words import code, listed, plain
from foreshot.migration.graph_parts import Node
from foreshot.migration.revision_ids import REFUSED, RESERVED, ROOM
from foreshot.syntax.changes import ReplaceText
from foreshot.text import Span


class InvalidRevisionId(ProjectRule):
    """An id that Alembic or its version table does not take."""

    severity = "error"
    safety = "unsafe"

    def check(self, project: ProjectContext) -> Iterator[Finding]:
        """Each id, and each part of a header that Alembic does not take."""
        env = project.surroundings.env_source
        # SQLite stores what is too long.
        lenient = {target.database for target in project.targets} == {"sqlite"}
        roomy = lenient or (env is not None and "version_num" in env.content)
        for entry in project.entries:
            header = entry.header
            if header is None:
                continue
            at = header.spans.get("revision", Span(0, 0))
            why = _trouble(header.revision, roomy=roomy) if header.revision else None
            if why is not None:
                yield self.finding(at, why, path=entry.path, object=header.revision)
            for problem in header.problems:
                if problem.certain:
                    message = f"Alembic cannot use `{problem.field}`: {plain(problem.message)}."
                    yield self.finding(problem.span, message, path=entry.path, object=problem.field)

    def fixes(self, finding: Finding, project: ProjectContext) -> Iterator[Fix]:
        """The id without what is refused, here and where it is named."""
        node = project.graph.at(finding.path or "")
        if node is None or finding.object != node.header.revision:
            return
        better = re.sub(rf"[{re.escape(REFUSED)}]+", "_", node.header.revision)[:ROOM].strip("_")
        if not better or better in RESERVED or project.graph.node(better) is not None:
            return
        others = tuple(_followers(project, node, better))
        also = (
            f", and in {len(others)} revision{'s' if len(others) > 1 else ''} that name it" if others else ""
        )
        change = ReplaceText(finding.span, f'"{better}"')
        yield Fix(f"Rename the revision to {code(better)}{also}", "unsafe", (change,), others)


def _trouble(revision: str, *, roomy: bool) -> str | None:
    if revision in RESERVED:
        return f"{code(revision)} means a place in the history, so no revision can have it as its id. Give it another."
    refused = sorted({character for character in revision if character in REFUSED})
    if refused:
        return f"Alembic refuses the revision id {code(revision)}: {listed([code(item) for item in refused])} is not allowed in an id."
    if len(revision) > ROOM and not roomy:
        return (
            f"The revision id has {len(revision)} characters, but `alembic_version` holds {ROOM}: upgrades fail"
            " on every database that enforces the length. Shorten it."
        )
    return None


def _followers(project: ProjectContext, node: Node, better: str) -> Iterator[FileChanges]:
    for child in project.graph.children(node):
        header = child.header
        changes = tuple(
            ReplaceText(span, f'"{better}"')
            for name, span in zip(header.down_revisions, header.down_spans, strict=False)
            if name == node.header.revision
        )
        if changes:
            yield FileChanges(child.key, changes)
