"""The docstring of a revision names another parent, or another id, than its code does.

Alembic reads the assignments and no docstring, but people read the docstring first: in a review, and when two branches have to be put in order. It usually
goes out of step when `down_revision` is changed by hand after a rebase.

```python bad
\"""Add plans.

Revision ID: 0002
Revises: 9999
#        ^^^^ names another parent
Create Date: 2026-01-01 00:00:00

\"""
revision = "0002"
down_revision = "0001"


def upgrade():
    pass
```
```python fixed
\"""Add plans.

Revision ID: 0002
Revises: 0001
Create Date: 2026-01-01 00:00:00

\"""
revision = "0002"
down_revision = "0001"


def upgrade():
    pass
```
```python good
\"""Add plans.

Revision ID: 0002
Revises: 0001
Create Date: 2026-01-01 00:00:00

\"""
revision = "0002"
down_revision = "0001"


def upgrade():
    pass
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import cast

from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.rule import RevisionRule
from foreshot.lint.words import code, listed
from foreshot.syntax.changes import ReplaceText
from foreshot.text import Span

_LINE = {
    "revises": re.compile(r"^[ \t]*Revises:[ \t]*(?P<value>[^\r\n]*?)[ \t]*(?=\r?$)", re.MULTILINE),
    "revision": re.compile(r"^[ \t]*Revision ID:[ \t]*(?P<value>[^\r\n]*?)[ \t]*(?=\r?$)", re.MULTILINE),
}
_ID = re.compile(r"[\w.-]+")


class DocstringDisagrees(RevisionRule):
    """``Revises:`` and ``Revision ID:`` that are not what the code says."""

    severity = "information"
    safety = "safe"

    def check(self, context: Context) -> Iterator[Finding]:
        """Each line that differs."""
        header = context.revision.header
        if not header.revision or header.has_problem("down_revision") or header.has_problem("revision"):
            return
        if header.docstring_disagrees:
            parents = ", ".join(header.down_revisions)
            told = listed([code(item) for item in header.down_revisions]) if parents else "no parent"
            match = _LINE["revises"].search(context.module.content, 0, 4_000)
            message = (
                f"The docstring names another parent; the code says {told}."
                if match is None or match["value"].strip()
                else f"The docstring names no parent; the code says {told}."
            )
            yield from self._at("revises", message, parents, context)
        said = header.docstring_revision
        if said is not None and said != header.revision and _ID.fullmatch(said):
            message = f"The docstring names another id; the code says {code(header.revision)}."
            yield from self._at("revision", message, header.revision, context)

    def _at(self, line: str, message: str, value: str, context: Context) -> Iterator[Finding]:
        match = _LINE[line].search(context.module.content, 0, 4_000)
        if match is None:
            return
        start, end = match.span("value")
        at = Span(start, end) if end > start else Span(match.start(), match.end())
        yield self.finding(at, message, object=line, state=(Span(start, end), value))

    def fixes(self, finding: Finding, context: Context) -> Iterator[Fix]:
        """What the code says."""
        state = cast("tuple[Span, str] | None", finding.state)
        if state is not None and all(_ID.fullmatch(part) for part in filter(None, state[1].split(", "))):
            span, value = state
            before = context.module.content[span.start - 1 : span.start]
            text = f" {value}" if before == ":" and value else value
            yield Fix("Update the docstring from the code", "safe", (ReplaceText(span, text),))
