"""The default format: for each finding its source with the exact range underlined, what explains it and what repairs it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from foreshot.cli.console import Console
from foreshot.cli.formats._excerpt import excerpt, shown_rows
from foreshot.cli.listing import Entry, Findings, is_safe, is_unsafe
from foreshot.cli.text import clean, one_line, wrapped
from foreshot.lint.severity import Severity

_PLURALS: Final[dict[Severity, tuple[str, str]]] = {
    "error": ("error", "errors"),
    "warning": ("warning", "warnings"),
    "information": ("information", "information"),
    "hint": ("hint", "hints"),
}


def write(findings: Findings, console: Console) -> None:
    """Write the findings and a summary."""
    for entry in findings.entries:
        for line in _entry(entry, findings, console):
            console.line(line)
        console.line()
    said = summary(findings)
    for line in wrapped(said, console.columns) if console.is_terminal else [said]:
        console.line(line)


def summary(findings: Findings) -> str:
    """How much was found, where, and how much of it Foreshot can repair."""
    revisions = counted(findings.files, "revision", "revisions")
    total = len(findings.entries)
    if not total:
        return f"No problems in {revisions}."
    severities = ", ".join(counted(count, *_PLURALS[level]) for level, count in findings.by_severity.items())
    inside = {entry.path for entry in findings.entries if entry.report.revision is not None}
    beside = {entry.path for entry in findings.entries} - inside
    places: list[str] = []
    if inside or not beside:
        places.append(f"{len(inside)} of {revisions}")
    if beside:
        places.append(
            counted(len(beside), "other file", "other files")
            if inside
            else counted(len(beside), "file", "files")
        )
    text = f"Found {counted(total, 'problem', 'problems')} ({severities}) in {' and '.join(places)}"
    safe, unsafe = findings.count(is_safe), findings.count(is_unsafe)
    if safe:
        text += f"; {safe} fixable with --fix"
    if unsafe:
        text += f"{',' if safe else ';'} {unsafe}{' more' if safe else ' fixable'} with --unsafe-fixes"
    return f"{text}."


def counted(count: int, one: str, many: str) -> str:
    """``1 file``, ``2 files``."""
    return f"{count} {one if count == 1 else many}"


def _entry(entry: Entry, findings: Findings, console: Console) -> Iterator[str]:
    report, paint = entry.report, console.paint
    rule = clean(report.rule)
    head = f"{report.severity}[{rule}]: "
    first, *others = wrapped(one_line(report.message), console.columns, len(head))
    yield f"{paint(report.severity, report.severity)}{paint(f'[{rule}]', 'bold')}: {first}"
    yield from others
    source = entry.project.source(report.path)
    gutter = len(str(shown_rows(report)[-1] + 1))
    place = f"{clean(entry.path)}:{report.start[0] + 1}:{report.start[1] + 1}"
    yield f"{' ' * gutter}{paint('-->', 'path')} {place}"
    bar = f"{' ' * gutter} {paint('|', 'path')}"
    if source is not None and source.content:
        yield bar
        yield from excerpt(source.lines, report, console, gutter)
        yield bar
    mark = f"{' ' * gutter} {paint('=', 'path')}"
    room = console.columns - gutter - 3
    for related in report.related:
        where = f"{clean(findings.show(related.path))}:{related.start[0] + 1}:{related.start[1] + 1}"
        yield from _note("see", f"{one_line(related.message)} ({where})", mark, room, console)
    for offer in report.offers:
        yield from _note("fix", f"{one_line(offer.title)} ({offer.safety})", mark, room, console)


def _note(label: str, text: str, mark: str, room: int, console: Console) -> Iterator[str]:
    first, *others = wrapped(text, room - len(label) - 2)
    yield f"{mark} {console.paint(f'{label}:', 'bold')} {first}"
    indent = " " * (console.columns - room + len(label) + 2)
    yield from (f"{indent}{other}" for other in others)
