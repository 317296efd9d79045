"""GitLab's code quality report (a subset of Code Climate's issues).

A fingerprint does not depend on the line, so a finding stays the same finding while code above it comes and goes.
"""

from __future__ import annotations

from typing import Final

from foreshot.cli.console import Console
from foreshot.cli.formats._fingerprint import fingerprints
from foreshot.cli.listing import Findings
from foreshot.cli.text import as_json, clean
from foreshot.lint.severity import Severity

_SEVERITIES: Final[dict[Severity, str]] = {
    "error": "major",
    "warning": "minor",
    "information": "info",
    "hint": "info",
}


def write(findings: Findings, console: Console) -> None:
    """Write one array of issues."""
    issues: list[dict[str, object]] = []
    for entry, fingerprint in zip(findings.entries, fingerprints(findings.entries), strict=True):
        report = entry.report
        issues.append(
            {
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
        )
    console.line(as_json(issues))
