"""A revision has another id than its file's name says: databases that have run it under the old one cannot be upgraded.

Alembic looks up what stands in `alembic_version`, and stops with "Can't locate revision" when no file has that id any more. Measured with Alembic 1.20. A file that was copied and given a
new id is no harm but for its name, which still says whose copy it is.

Not reported where another file has the id of the name, or where other revisions are built upon the id that the file has: then it is the name that is wrong; and only names that begin as Alembic's own do, with twelve hexadecimal digits, are looked at.

```python versions/c2d3e4f5a6b7_add_binding.py bad
\"""add binding\"""
revision = "d2d3e4f5a6b8"
#          ^^^^^^^^^^^^^^ cannot be upgraded
down_revision = "0001"


def upgrade():
    pass
```
```python fixed
\"""add binding\"""
revision = "c2d3e4f5a6b7"
down_revision = "0001"


def upgrade():
    pass
```
```python versions/c2d3e4f5a6b7_add_binding.py good
\"""add binding\"""
revision = "c2d3e4f5a6b7"
down_revision = "0001"


def upgrade():
    pass
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from foreshot.lint.context import ProjectContext
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.rule import ProjectRule
from foreshot.lint.words import code
from foreshot.project import paths
from foreshot.syntax.changes import ReplaceText

_NAME = re.compile(r"(?P<id>[0-9a-f]{12})(?:_|\.py$)")


class ChangedRevisionId(ProjectRule):
    """An id that is not the one in the file's name."""

    severity = "warning"
    safety = "unsafe"

    def check(self, project: ProjectContext) -> Iterator[Finding]:
        """Each such file, unless its name's id is somebody else's."""
        built = {
            parent
            for entry in project.entries
            if entry.header is not None
            for parent in (*entry.header.down_revisions, *entry.header.depends_on)
        }
        known = {entry.header.revision for entry in project.entries if entry.header is not None}
        for entry in project.entries:
            header = entry.header
            match = _NAME.match(paths.name(entry.path))
            if header is None or match is None or not header.revision or header.revision == match["id"]:
                continue
            if header.revision in built or match["id"] in header.revision:
                continue
            if (
                match["id"] in known
                or "revision" not in header.spans
                or not any(map(str.isalpha, match["id"]))
            ):
                continue
            yield self.finding(
                header.spans["revision"],
                f"Databases that have run {code(match['id'])} cannot be upgraded: the file now says {code(header.revision)}."
                " Restore the id, or rename the file.",
                path=entry.path,
                object=header.revision,
                state=match["id"],
            )

    def fixes(self, finding: Finding, project: ProjectContext) -> Iterator[Fix]:
        """The id of the file's name."""
        if isinstance(finding.state, str):
            yield Fix(
                f"Restore the id {code(finding.state)}",
                "unsafe",
                (ReplaceText(finding.span, f'"{finding.state}"'),),
            )
