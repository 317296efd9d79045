"""What an editor offers to do about findings: repairs, comments that silence them, explanations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from msgspec import Struct

from foreshot.lint.finding import NewFile
from foreshot.lint.report import Report
from foreshot.rules import family_of
from foreshot.syntax.comments import string_around
from foreshot.text import Edit, SourceText, Span, line_edits
from foreshot.workspace.fixall import safely_fixed
from foreshot.workspace.project import Project

Kind = Literal["fix", "rewrite", "ignore", "explain"]


class Action(Struct, frozen=True):
    """One thing that can be done; what it changes is worked out when it is chosen."""

    title: str
    kind: Kind
    report: Report
    index: int = 0
    """Which of the report's repairs it is."""
    preferred: bool = False


class Changes(Struct, frozen=True):
    """Edits to texts by path, and files to create."""

    edits: Mapping[str, Sequence[Edit]] = {}
    creates: Sequence[NewFile] = ()


class Unavailable(Exception):
    """The action cannot be carried out on the text as it is now; the message says why."""


def actions_at(reports: Sequence[Report], span: Span) -> list[Action]:
    """The actions for the findings that a selection touches: repairs, safe ones first, then the rest."""
    touched = [
        report for report in reports if report.span.start <= span.end and span.start <= report.span.end
    ]
    found: list[Action] = []
    for report in touched:
        first_safe = next(
            (index for index, offer in enumerate(report.offers) if offer.safety == "safe"), None
        )
        for index, offer in enumerate(report.offers):
            kind: Kind = "fix" if offer.safety == "safe" else "rewrite"
            title = offer.title if kind == "fix" else f"{offer.title} (changes what runs)"
            found.append(Action(title, kind, report, index, preferred=index == first_safe))
    found.sort(key=lambda action: action.kind != "fix")
    found.extend(
        Action(f"Ignore {report.rule} here", "ignore", report)
        for report in touched
        if can_be_silenced(report)
    )
    seen: set[str] = set()
    for report in touched:
        if report.rule not in seen:
            seen.add(report.rule)
            found.append(Action(f"Explain {report.rule}", "explain", report))
    return found


def can_be_silenced(report: Report) -> bool:
    """Whether a comment can be offered for a report: in Python, and not for what is wrong with such a comment itself."""
    return report.path.endswith(".py") and family_of(report.rule) != "suppression"


def find_report(reports: Sequence[Report], rule: str, key: str) -> Report | None:
    """The report with a key, as the current text has it."""
    return next((report for report in reports if report.rule == rule and report.key == key), None)


def resolve_action(project: Project, report: Report, kind: Kind, index: int) -> Changes:
    """What an action changes, worked out on the current texts.

    Raises:
        Unavailable: when the repair is no longer offered or cannot be made.
    """
    if kind == "ignore":
        source = project.source(report.path)
        if source is None:
            raise Unavailable("the file cannot be read")
        return Changes({report.path: [ignore_comment(source, report)]})
    fix = project.offers.fix(report, index)
    if fix is None:
        raise Unavailable("the finding is gone")
    if fix.refused is not None:
        raise Unavailable(fix.refused)
    return Changes(fix.edits, fix.creates)


def ignore_comment(source: SourceText, report: Report) -> Edit:
    """The comment on its own line before the operation that silences a report, or the rule added to one that is there.

    Raises:
        Unavailable: where the line goes on from the one above, and no comment can stand between them.
    """
    row = report.rows[0]
    start, end = source.lines.line_bounds(row)
    line = source.content[start:end]
    indent = line[: len(line) - len(line.lstrip())]
    if row > 0:
        above_start, above_end = source.lines.line_bounds(row - 1)
        above = source.content[above_start:above_end]
        marker = above.find("foreshot: ignore[")
        closing = above.find("]", marker)
        if above.lstrip().startswith("#") and marker != -1 and closing != -1:
            at = above_start + closing
            return Edit(Span(at, at), f", {report.rule}")
        if above.endswith("\\") or string_around(source.content, start) is not None:
            raise Unavailable("no comment can stand before this line")
    return Edit(Span(start, start), f"{indent}# foreshot: ignore[{report.rule}] {source.newline}")


def safe_fixes(project: Project, path: str) -> Changes:
    """Every safe repair of a file, until nothing is left to repair; other files are left alone."""
    source = project.source(path)
    after = safely_fixed(project, path)
    return Changes({path: line_edits(source.content, after)} if source is not None and after else {})
