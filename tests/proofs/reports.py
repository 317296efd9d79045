"""What must hold of every finding, whatever project it is about."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from foreshot.lint.report import Position, Report
from foreshot.text import SourceText
from foreshot.workspace.project import Project

LONGEST_MESSAGE = 2_000
# What drives a terminal or reorders a line, and what no encoding can carry.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


@dataclass(frozen=True)
class Violation:
    """Something that must hold and does not."""

    what: str
    path: str
    rule: str = ""
    key: str = ""
    detail: str = ""

    def __str__(self) -> str:
        about = f" [{self.rule}] {self.key}" if self.rule else ""
        return f"{self.what}: {self.path}{about}{': ' if self.detail else ''}{self.detail}"


@contextmanager
def logged(path: str) -> Iterator[list[Violation]]:
    """Collects what is logged as a warning or worse meanwhile: a rule that fails is one line in the log."""
    found: list[Violation] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            error = record.exc_info[1] if record.exc_info else None
            why = f" ({type(error).__name__}: {error})" if error is not None else ""
            found.append(Violation("logged", path, detail=record.getMessage() + why))

    listener = Listener(logging.WARNING)
    logger = logging.getLogger("foreshot")
    logger.addHandler(listener)
    try:
        yield found
    finally:
        logger.removeHandler(listener)


def unsound_reports(project: Project, reports: Iterable[Report]) -> Iterator[Violation]:
    """Findings that point outside their file, cannot be shown, or cannot be told apart."""
    keys = Counter((report.path, report.rule, report.key) for report in reports)
    said = Counter((report.path, report.rule, report.span, report.message) for report in reports)
    for report in reports:
        complaints = list(_complaints(project, report))
        if keys[report.path, report.rule, report.key] > 1:
            complaints.append(("key not unique", ""))
        if said[report.path, report.rule, report.span, report.message] > 1:
            complaints.append(("said twice", report.message))
        for what, detail in complaints:
            yield Violation(what, report.path, report.rule, report.key, detail)


def _complaints(project: Project, report: Report) -> Iterator[tuple[str, str]]:
    source = project.source(report.path)
    known = report.path in project.analyses or project.files.read(report.path) is not None
    if not known and project.files.listing(report.path) is None:
        yield "no such file", ""
    lines = (source or SourceText("")).lines
    span = report.span
    if not 0 <= span.start <= span.end <= len(lines.content):
        yield "range outside the file", f"{span}"
    elif (report.start, report.end) != (lines.position(span.start), lines.position(span.end)):
        yield "positions disagree with the span", f"{span} {report.start} {report.end}"
    if not report.rows[0] <= report.start[0] <= report.end[0] <= report.rows[1]:
        yield "rows leave the finding out", f"{report.rows} {report.start} {report.end}"
    texts = [report.message, *(place.message for place in report.related)]
    texts += [offer.title for offer in report.offers]
    for text in texts:
        if not text.strip() or len(text) > LONGEST_MESSAGE:
            yield "empty or endless text", text[:80]
        if found := _CONTROL.search(text):
            yield "control character in a text", f"{text!r} at {found.start()}"
    for place in report.related:
        other = project.source(place.path)
        if other is None or not _inside(other, place.start) or not _inside(other, place.end):
            yield "related place outside its file", f"{place.path} {place.start}"


def _inside(source: SourceText, position: Position) -> bool:
    row, column = position
    start, end = source.lines.line_bounds(row)
    # A span may end behind the line's end, in front of the next line.
    return row < len(source.lines.starts) and column <= end - start + 2
