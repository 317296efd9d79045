"""What is known of one file in short: enough to tell whether anything has changed, and to draw it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from hashlib import blake2b

from msgspec import Struct

from foreshot.lint.report import Report
from foreshot.lint.severity import Severity
from foreshot.text import SourceText
from foreshot.workspace.kept import FileAnalysis


class Glance(Struct, frozen=True):
    """One file's reports in short, and where its revision's id stands."""

    mark: str
    """Names the reports: the same ones, the same name."""
    severities: Mapping[Severity, int]
    """How many reports there are of each severity; empty when there are none."""
    row: int
    """Of the revision's id, from 0."""


def mark_of(reports: Sequence[Report]) -> str:
    """Names what an editor shows of a list of reports."""
    made = blake2b(digest_size=12)
    for report in reports:
        made.update(
            repr((report.rule, report.severity, report.message, report.start, report.end, report.key)).encode(
                "utf-8", "replace"
            )
        )
    return made.hexdigest()


def glance_at(reports: Sequence[Report], analysis: FileAnalysis | None, source: SourceText | None) -> Glance:
    """A file's reports, what its text amounts to, and the text."""
    at = analysis.header.spans.get("revision") if analysis is not None and analysis.header else None
    row = source.lines.position(at.start)[0] if source is not None and at is not None else 0
    return Glance(mark_of(reports), Counter(report.severity for report in reports), row)
