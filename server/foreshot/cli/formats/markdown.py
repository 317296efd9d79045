"""The comment on a pull request: which revisions are new, what follows what, and what they risk, the dearest first.

Everything that comes from a file is escaped: no link, no image, no mention and no HTML but ours. The first line is a mark by which the
comment is found again, so that a pull request has one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from foreshot.cli.formats import BaseFormat
from foreshot.cli.formats.full import counted
from foreshot.cli.listing import Entry, FileFindings, Tally
from foreshot.cli.text import clean
from foreshot.ide.markup import prose, said
from foreshot.lint.severity import Severity
from foreshot.migration.revision_parts import RevisionHeader

MARK: Final = "<!-- foreshot: one comment, kept up to date -->"
MAX_COMMENT: Final = 30_000
"""Characters of findings in one process, of two that there may be; GitHub takes 65,536 in all."""
_MOST_REVISIONS: Final = 30
_SIGNS: Final[dict[Severity, str]] = {
    "error": "**error**",
    "warning": "**warning**",
    "information": "information",
    "hint": "hint",
}


class Format(BaseFormat):
    """The comment."""

    by_cost = True
    _written = 0
    _left_out = 0

    def before(self) -> str:
        """The mark, the title and the new revisions."""
        lines = [MARK, "## Foreshot on the migrations", ""]
        revisions = [line for project in self.findings.projects for line in _revisions(project.new_revisions)]
        if revisions:
            lines += [
                "| new revision | follows | what it says |",
                "|---|---|---|",
                *revisions[:_MOST_REVISIONS],
            ]
            if len(revisions) > _MOST_REVISIONS:
                lines.append(f"| and {len(revisions) - _MOST_REVISIONS} more | | |")
            lines.append("")
        return "\n".join(lines)

    def file(self, file: FileFindings) -> str:
        """What was found in one file."""
        lines = [f"\n### {_code(file.path)}\n"]
        lines += [line for entry in file.entries for line in _finding(entry)]
        text = "\n".join([*lines, ""])
        if self._written + len(text) > MAX_COMMENT:
            self._left_out += len(file.entries)
            return ""
        self._written += len(text)
        return text

    def after(self, tally: Tally) -> str:
        """What there is in all."""
        if self._left_out:
            return f"\n{counted(self._left_out, 'more problem is', 'more problems are')} in the log of this run.\n"
        return (
            ""
            if tally.counts
            else "Nothing was found in them.\n"
            if self._has_new
            else "No revision is new.\n"
        )

    @property
    def _has_new(self) -> bool:
        return any(project.new_revisions for project in self.findings.projects)


def _revisions(new: Iterable[RevisionHeader]) -> Iterator[str]:
    for header in new:
        parents = ", ".join(_code(parent) for parent in header.down_revisions) or "nothing: it is the first"
        yield f"| {_code(header.revision)} | {parents} | {prose(header.message)} |"


def _finding(entry: Entry) -> Iterator[str]:
    report = entry.report
    yield f"- {_SIGNS[report.severity]}, line {report.start[0] + 1}: {said(report.message)} {_code(report.rule)}"
    titles = [f"{prose(offer.title)} ({offer.safety})" for offer in report.offers]
    if titles:
        yield f"  - `foreshot check --fix` can: {'; or: '.join(titles)}"


def _code(text: str) -> str:
    """A name as code; in a table a bar would end the cell."""
    shown = clean(text).replace("`", "'").replace("|", "¦").replace("\n", " ")
    return f"`{shown}`" if shown.strip() else "` `"
