"""One line a finding, as compilers and editors expect it: ``path:row:col: severity[rule] message``."""

from __future__ import annotations

from foreshot.cli.formats import BaseFormat
from foreshot.cli.listing import FileFindings
from foreshot.cli.text import clean, one_line


class Format(BaseFormat):
    """The lines."""

    by_cost = True

    def file(self, file: FileFindings) -> str:
        """One line a finding."""
        paint = self.console.paint
        path = paint(clean(file.path), "bold")
        lines: list[str] = []
        for entry in file.entries:
            report = entry.report
            row, column = report.start
            rule = f"{paint(report.severity, report.severity)}{paint(f'[{clean(report.rule)}]', 'bold')}"
            lines.append(f"{path}:{row + 1}:{column + 1}: {rule} {one_line(report.message)}\n")
        return "".join(lines)
