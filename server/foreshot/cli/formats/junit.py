"""JUnit's XML, for CI systems that show test reports: a suite for each file with findings, a failed case for each finding.

XML has no escape for control characters, so that none may be left; everything else from a file is escaped.
"""

from __future__ import annotations

from typing import Final
from xml.sax.saxutils import escape

from foreshot.cli.formats import BaseFormat
from foreshot.cli.listing import Entry, FileFindings, Tally
from foreshot.cli.text import clean, one_line
from foreshot.lint.severity import Severity

_FAILURES: Final[frozenset[Severity]] = frozenset({"error", "warning"})
"""What fails a case; what is milder passes, with its message in the case's output."""


class Format(BaseFormat):
    """The report."""

    def before(self) -> str:
        """Its beginning."""
        return '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="foreshot">\n'

    def file(self, file: FileFindings) -> str:
        """One suite."""
        failures = sum(entry.report.severity in _FAILURES for entry in file.entries)
        name, count = _attribute(file.path), len(file.entries)
        lines = [f'  <testsuite name="{name}" tests="{count}" failures="{failures}" errors="0">']
        lines += [_case(entry) for entry in file.entries]
        return "\n".join([*lines, "  </testsuite>", ""])

    def after(self, tally: Tally) -> str:
        """Its end; some systems take a report without any case for a broken one."""
        passed = (
            '  <testsuite name="foreshot" tests="1" failures="0" errors="0">\n'
            '    <testcase name="migrations" classname="foreshot"/>\n  </testsuite>\n'
        )
        return f"{'' if tally.counts else passed}</testsuites>\n"


def _case(entry: Entry) -> str:
    report = entry.report
    place = f"{entry.path}:{report.start[0] + 1}:{report.start[1] + 1}"
    name = _attribute(f"{report.rule} ({report.start[0] + 1}:{report.start[1] + 1})")
    opening = (
        f'    <testcase name="{name}" classname="{_attribute(entry.path)}"'
        f' file="{_attribute(entry.path)}" line="{report.start[0] + 1}">'
    )
    text = escape(one_line(f"{place}: {report.severity}: {report.message}"))
    if report.severity in _FAILURES:
        body = f'<failure type="{_attribute(report.rule)}" message="{_attribute(report.message)}">{text}</failure>'
    else:
        body = f"<system-out>{text}</system-out>"
    return f"{opening}\n      {body}\n    </testcase>"


def _attribute(text: str) -> str:
    return escape(one_line(clean(text)), {'"': "&quot;"})
