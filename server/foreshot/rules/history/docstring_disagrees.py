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
```python bad
\"""Add plans.

Revision ID: 0001
Revises: None
#        ^^^^ is another revision's: the code says `0002`, and `0001` as its parent
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
from foreshot.syntax.changes import Change, ReplaceText
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
        """The lines that differ: both at once where the docstring is that of another revision."""
        header = context.revision.header
        if not header.revision or header.has_problem("down_revision") or header.has_problem("revision"):
            return
        said = header.docstring_revision
        other_id = said is not None and said != header.revision and _ID.fullmatch(said) is not None
        parents = ", ".join(header.down_revisions)
        told = listed([code(item) for item in header.down_revisions]) if parents else "no parent"
        lines = {"revision": header.revision} if other_id else {}
        if header.docstring_disagrees:
            match = _LINE["revises"].search(context.module.content, 0, 4_000)
            is_named = match is None or match["value"].strip()
            if other_id:
                parent = f"{told} as its parent" if parents else told
                message = f"The docstring is another revision's: the code says {code(header.revision)}, and {parent}."
            else:
                message = (
                    f"The docstring names {'another' if is_named else 'no'} parent; the code says {told}."
                )
            yield from self._at("revises", message, {**lines, "revises": parents}, context)
        elif other_id:
            message = f"The docstring names another id; the code says {code(header.revision)}."
            yield from self._at("revision", message, lines, context)

    def _at(self, line: str, message: str, values: dict[str, str], context: Context) -> Iterator[Finding]:
        found = {name: _LINE[name].search(context.module.content, 0, 4_000) for name in values}
        match = found[line]
        if match is None:
            return
        start, end = match.span("value")
        at = Span(start, end) if end > start else Span(match.start(), match.end())
        state = [
            (Span(*item.span("value")), values[name]) for name, item in found.items() if item is not None
        ]
        yield self.finding(at, message, object=line, state=state)

    def fixes(self, finding: Finding, context: Context) -> Iterator[Fix]:
        """What the code says."""
        state = cast("list[tuple[Span, str]]", finding.state or [])
        if not all(_ID.fullmatch(part) for _, value in state for part in filter(None, value.split(", "))):
            return
        if any(value == "None" for _, value in state):
            return  # In a docstring that says that there is no parent, and not that its id is so.
        changes: list[Change] = []
        for span, value in state:
            before = context.module.content[span.start - 1 : span.start]
            changes.append(ReplaceText(span, f" {value}" if before == ":" and value else value))
        if changes:
            yield Fix("Update the docstring from the code", "safe", tuple(changes))
