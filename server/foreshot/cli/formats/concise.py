"""One line a finding, as compilers and editors expect it: ``path:row:col: severity[rule] message``."""

from __future__ import annotations

from foreshot.cli.console import Console
from foreshot.cli.listing import Findings
from foreshot.cli.text import clean, one_line


def write(findings: Findings, console: Console) -> None:
    """Write the findings."""
    paint = console.paint
    for entry in findings.entries:
        report = entry.report
        row, column = report.start
        rule = f"{paint(report.severity, report.severity)}{paint(f'[{clean(report.rule)}]', 'bold')}"
        place = f"{paint(clean(entry.path), 'bold')}:{row + 1}:{column + 1}:"
        console.line(f"{place} {rule} {one_line(report.message)}")
