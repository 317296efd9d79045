"""``--output-format json``: every finding with its fixes as edits. The keys are a contract."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from foreshot.cli.formats._array import JsonArray
from foreshot.cli.listing import Entry, FileFindings, Findings
from foreshot.cli.text import clean
from foreshot.lint.report import Position

if TYPE_CHECKING:
    from foreshot.workspace.resolve import ResolvedFix


class Format(JsonArray):
    """The array."""

    slow = True

    def values(self, file: FileFindings) -> Iterator[dict[str, object]]:
        """The findings of one file."""
        return (as_value(entry, self.findings) for entry in file.entries)


def as_value(entry: Entry, findings: Findings) -> dict[str, object]:
    """One finding as JSON has it."""
    report = entry.report
    return {
        "rule": report.rule,
        "severity": report.severity,
        "message": clean(report.message),
        "path": entry.path,
        "location": location(report.start),
        "end_location": location(report.end),
        "revision": _name(report.revision),
        "function": report.function,
        "operation": report.operation,
        "table": _name(report.table),
        "object": _name(report.object),
        "dialects": list(report.databases) or None,
        "certainty": report.certainty,
        "related": [
            {
                "path": findings.show(place.path),
                "location": location(place.start),
                "message": clean(place.message),
            }
            for place in report.related
        ],
        "fixes": [_fix(fix, entry, findings) for fix in entry.fixes],
    }


def location(position: Position) -> dict[str, int]:
    """A position counted from 1."""
    row, column = position
    return {"row": row + 1, "column": column + 1}


def _fix(fix: ResolvedFix, entry: Entry, findings: Findings) -> dict[str, object]:
    edits: list[dict[str, object]] = []
    for path, changes in sorted(fix.edits.items()):
        source = entry.project.source(path)
        if source is None:
            continue
        lines = source.lines
        edits.extend(
            {
                "path": findings.show(path),
                "location": location(lines.position(edit.span.start)),
                "end_location": location(lines.position(edit.span.end)),
                "text": edit.text,
            }
            for edit in sorted(changes)
        )
    return {
        "title": clean(fix.title),
        "safety": fix.safety,
        "edits": edits,
        "creates": [{"path": findings.show(created.path), "text": created.text} for created in fix.creates],
    }


def _name(name: str | None) -> str | None:
    return None if name is None else clean(name)
