"""Workflow commands of GitHub Actions, which become annotations.

Escaping follows ``actions/toolkit`` (``packages/core/src/command.ts``): what comes from a file can neither end its command
nor begin another.
"""

from __future__ import annotations

from typing import Final

from foreshot.cli.formats import BaseFormat
from foreshot.cli.listing import Entry, FileFindings
from foreshot.cli.text import one_line
from foreshot.lint.severity import Severity

_COMMANDS: Final[dict[Severity, str]] = {
    "error": "error",
    "warning": "warning",
    "information": "notice",
    "hint": "notice",
}


class Format(BaseFormat):
    """The commands."""

    def file(self, file: FileFindings) -> str:
        """One command a finding."""
        return "".join(f"{_command(entry)}\n" for entry in file.entries)


def _command(entry: Entry) -> str:
    report = entry.report
    properties: dict[str, object] = {
        "title": f"Foreshot ({report.rule})",
        "file": entry.path,
        "line": report.start[0] + 1,
        "endLine": report.end[0] + 1,
    }
    # GitHub refuses columns on a range of several lines.
    if report.start[0] == report.end[0]:
        properties |= {"col": report.start[1] + 1, "endColumn": report.end[1] + 1}
    listed = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items())
    message = f"{entry.path}:{report.start[0] + 1}:{report.start[1] + 1}: {report.rule}: {report.message}"
    return f"::{_COMMANDS[report.severity]} {listed}::{_data(message)}"


def _data(text: str) -> str:
    return one_line(text).replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
