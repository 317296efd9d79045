"""GitLab's code quality report (a subset of Code Climate's issues).

A fingerprint does not depend on the line, so a finding stays the same finding while code above it comes and goes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from foreshot.cli.formats._array import JsonArray
from foreshot.cli.formats._fingerprint import fingerprints
from foreshot.cli.listing import FileFindings
from foreshot.cli.text import clean
from foreshot.lint.severity import Severity

_SEVERITIES: Final[dict[Severity, str]] = {
    "error": "major",
    "warning": "minor",
    "information": "info",
    "hint": "info",
}


class Format(JsonArray):
    """The array of issues."""

    def values(self, file: FileFindings) -> Iterator[dict[str, object]]:
        """The findings of one file."""
        for entry, fingerprint in zip(file.entries, fingerprints(file.entries), strict=True):
            report = entry.report
            yield {
                "type": "issue",
                "check_name": report.rule,
                "description": clean(report.message),
                "categories": ["Bug Risk"],
                "severity": _SEVERITIES[report.severity],
                "fingerprint": fingerprint,
                "location": {
                    "path": entry.path,
                    "lines": {"begin": report.start[0] + 1, "end": report.end[0] + 1},
                },
            }
