"""SARIF 2.1.0, for GitHub code scanning and whatever else collects results.

The shape is that of the OASIS standard; paths are relative to the current folder, which should be the repository's.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from foreshot import __version__
from foreshot.cli.formats import BaseFormat
from foreshot.cli.formats._array import elements
from foreshot.cli.formats._fingerprint import fingerprints
from foreshot.cli.listing import Entry, FileFindings, Findings, Tally
from foreshot.cli.text import as_json, clean
from foreshot.ide.pages import page_of, url_of
from foreshot.lint.report import Position
from foreshot.lint.severity import Severity
from foreshot.rules import all_rules
from foreshot.workspace.resolve import ResolvedFix

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

_LEVELS: Final[dict[Severity, str]] = {
    "error": "error",
    "warning": "warning",
    "information": "note",
    "hint": "note",
}


class Format(BaseFormat):
    """One log with one run."""

    joint = ","
    slow = True

    def before(self) -> str:
        """The log as far as the first result."""
        run: dict[str, object] = {"columnKind": "unicodeCodePoints", "results": []}
        log: dict[str, object] = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
        return as_json(log).rpartition("]")[0].rpartition("]")[0]

    def file(self, file: FileFindings) -> str:
        """The results of one file."""
        marked = zip(file.entries, fingerprints(file.entries), strict=True)
        return elements((_result(entry, mark, self.findings) for entry, mark in marked), 4)

    def after(self, tally: Tally) -> str:
        """The rest of the log: the rules of what was found are known when all has been written."""
        names = sorted({rule for rule, _ in tally.counts})
        driver = {
            "name": "Foreshot",
            "semanticVersion": __version__,
            "version": __version__,
            "rules": [_rule(name) for name in names],
        }
        tool = as_json({"driver": driver}).replace("\n", "\n      ")
        end = "\n      ]" if tally.counts else "]"
        return f'{end},\n      "tool": {tool}\n    }}\n  ]\n}}\n'


def _rule(name: str) -> dict[str, object]:
    rule = all_rules().by_name.get(name)
    described: dict[str, object] = {
        "id": name,
        "name": "".join(part.capitalize() for part in name.split("-")),
    }
    if rule is None:
        return described
    page = page_of(rule)
    return described | {
        "shortDescription": {"text": page.title},
        "fullDescription": {"text": page.summary or page.title},
        "help": {"text": page.to_markdown(), "markdown": page.to_markdown()},
        "helpUri": url_of(name),
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {
            "tags": ["alembic", "migrations", rule.family],
            "problem.severity": _problem(rule.severity),
        },
    }


def _problem(severity: Severity) -> str:
    """GitHub's word for it."""
    return severity if severity in ("error", "warning") else "recommendation"


def _result(entry: Entry, mark: str, findings: Findings) -> dict[str, object]:
    report = entry.report
    value: dict[str, object] = {
        "ruleId": report.rule,
        "level": _LEVELS[report.severity],
        "message": {"text": clean(report.message)},
        "locations": [{"physicalLocation": _place(entry.path, report.start, report.end)}],
        "partialFingerprints": {"foreshotFinding/v1": mark},
        "properties": {"certainty": report.certainty, "revision": report.revision and clean(report.revision)},
    }
    if report.related:
        value["relatedLocations"] = [
            {
                "id": number,
                "physicalLocation": _place(findings.show(place.path), place.start, place.end),
                "message": {"text": clean(place.message)},
            }
            for number, place in enumerate(report.related)
        ]
    # SARIF has no words for a file that does not exist yet, and half a fix is none.
    fixes = [_fix(fix, entry, findings) for fix in entry.fixes if fix.edits and not fix.creates]
    if fixes:
        value["fixes"] = fixes
    return value


def _fix(fix: ResolvedFix, entry: Entry, findings: Findings) -> dict[str, object]:
    changes: list[dict[str, object]] = []
    for path, edits in sorted(fix.edits.items()):
        source = entry.project.source(path)
        if source is None:
            continue
        position = source.lines.position
        replacements = [
            {
                "deletedRegion": _region(position(edit.span.start), position(edit.span.end)),
                "insertedContent": {"text": edit.text},
            }
            for edit in sorted(edits)
        ]
        changes.append({"artifactLocation": _artifact(findings.show(path)), "replacements": replacements})
    return {"description": {"text": f"{clean(fix.title)} ({fix.safety})"}, "artifactChanges": changes}


def _place(path: str, start: Position, end: Position) -> dict[str, object]:
    return {"artifactLocation": _artifact(path), "region": _region(start, end)}


def _artifact(path: str) -> dict[str, str]:
    # A colon would read as the end of a scheme.
    return {"uri": quote(path.encode("utf-8", "surrogatepass"), safe="/"), "uriBaseId": "%SRCROOT%"}


def _region(start: Position, end: Position) -> dict[str, int]:
    """A region as SARIF counts: from 1, the end column just past the last character."""
    return {
        "startLine": start[0] + 1,
        "startColumn": start[1] + 1,
        "endLine": end[0] + 1,
        "endColumn": end[1] + 1,
    }
