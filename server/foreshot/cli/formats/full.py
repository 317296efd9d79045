"""The default format: for each finding its source with the exact range underlined, what explains it and what repairs it."""

from __future__ import annotations

from typing import Final

from foreshot.cli.console import Console
from foreshot.cli.formats import BaseFormat
from foreshot.cli.formats._excerpt import Margin, excerpt, shown_rows
from foreshot.cli.listing import FileFindings, Findings, Tally
from foreshot.cli.text import clean, one_line, wrapped
from foreshot.lint.report import Report
from foreshot.lint.severity import Severity

_PLURALS: Final[dict[Severity, tuple[str, str]]] = {
    "error": ("error", "errors"),
    "warning": ("warning", "warnings"),
    "information": ("information", "information"),
    "hint": ("hint", "hints"),
}


class Format(BaseFormat):
    """The findings and a summary."""

    by_cost = True

    def __init__(self, findings: Findings, console: Console) -> None:
        super().__init__(findings, console)
        self._margins: dict[int, Margin] = {}

    def file(self, file: FileFindings) -> str:
        """The findings of one file, an empty line after each."""
        path = clean(file.path)
        source = file.source
        index = source.lines if source is not None and source.content else None
        lines: list[str] = []
        for entry in file.entries:
            report = entry.report
            rows = shown_rows(report)
            self._head(lines, report)
            margin = self._margin(len(str(rows[-1] + 1)))
            lines.append(f"{margin.arrow} {path}:{report.start[0] + 1}:{report.start[1] + 1}")
            if index is not None:
                lines.append(margin.bar)
                excerpt(lines, rows, index, report, margin)
                lines.append(margin.bar)
            for related in report.related:
                where = (
                    f"{clean(self.findings.show(related.path))}:{related.start[0] + 1}:{related.start[1] + 1}"
                )
                self._note(lines, "see", f"{one_line(related.message)} ({where})", margin)
            for offer in report.offers:
                self._note(lines, "fix", f"{one_line(offer.title)} ({offer.safety})", margin)
            for kept in report.withheld:
                self._note(lines, "no fix", f"{one_line(kept.title)}: {one_line(kept.reason)}", margin)
            lines.append("")
        lines.append("")
        return "\n".join(lines)

    def after(self, tally: Tally) -> str:
        """The summary."""
        said = summary(tally, self.findings.files)
        lines = wrapped(said, self.console.columns) if self.console.is_terminal else [said]
        return "\n".join([*lines, ""])

    def _margin(self, gutter: int) -> Margin:
        margin = self._margins.get(gutter)
        if margin is None:
            margin = self._margins[gutter] = Margin(gutter, self.console)
        return margin

    def _head(self, lines: list[str], report: Report) -> None:
        paint = self.console.paint
        rule = f"[{clean(report.rule)}]"
        severity = report.severity
        first, *others = wrapped(
            one_line(report.message), self.console.columns, len(severity) + len(rule) + len(": ")
        )
        lines.append(f"{paint(severity, severity)}{paint(rule, 'bold')}: {first}")
        lines += others

    def _note(self, lines: list[str], label: str, text: str, margin: Margin) -> None:
        room = margin.room - len(label) - 2
        first, *others = wrapped(text, room)
        lines.append(f"{margin.note} {self.console.paint(f'{label}:', 'bold')} {first}")
        if others:
            indent = " " * (self.console.columns - room)
            lines += [f"{indent}{other}" for other in others]


def summary(tally: Tally, files: int) -> str:
    """How much was found, where, and how much of it Foreshot can repair; ``files`` revisions were reviewed."""
    revisions = counted(files, "revision", "revisions")
    total = tally.total
    if not total.found:
        return f"No problems in {revisions}."
    severities = ", ".join(counted(count, *_PLURALS[level]) for level, count in tally.by_severity.items())
    inside, beside = tally.revisions, tally.others
    places: list[str] = []
    if inside or not beside:
        places.append(f"{inside} of {revisions}")
    if beside:
        places.append(
            counted(beside, "other file", "other files") if inside else counted(beside, "file", "files")
        )
    text = f"Found {counted(total.found, 'problem', 'problems')} ({severities}) in {' and '.join(places)}"
    if total.safe:
        text += f"; {total.safe} fixable with --fix"
    if total.unsafe:
        text += f"{',' if total.safe else ';'} {total.unsafe}{' more' if total.safe else ' fixable'} with --unsafe-fixes"
    return f"{text}."


def counted(count: int, one: str, many: str) -> str:
    """``1 file``, ``2 files``."""
    return f"{count} {one if count == 1 else many}"
