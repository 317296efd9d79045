"""What a check found, gathered for output: the reports of all projects in one order, and how to ask for more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from foreshot.cli.text import shown_path
from foreshot.lint.report import Report
from foreshot.lint.severity import SEVERITIES, Severity
from foreshot.text import SourceText

if TYPE_CHECKING:
    # Brings all rules' machinery along, which a listing does without.
    from foreshot.workspace.resolve import ResolvedFix


class Checked(Protocol):
    """A project that was checked; :class:`foreshot.workspace.check.ProjectResult` is one."""

    @property
    def reports(self) -> Sequence[Report]:
        """What is to be reported."""
        ...

    @property
    def files(self) -> int:
        """Revision files that were read."""
        ...

    def source(self, path: str) -> SourceText | None:
        """The text of a file as it was checked."""
        ...

    def resolve(self, report: Report) -> list[ResolvedFix]:
        """The repairs of a report as edits."""
        ...


class Entry(Struct, frozen=True):
    """One report, with its path as outputs name it and the project that it comes from."""

    report: Report
    path: str
    project: Checked

    @property
    def fixes(self) -> list[ResolvedFix]:
        """The repairs that can be made."""
        if not self.report.offers:
            return []
        return [fix for fix in self.project.resolve(self.report) if fix.refused is None]


class Findings:
    """Everything that was found, ordered by path as shown, then position."""

    def __init__(self, projects: Iterable[Checked], folder: str) -> None:
        """
        Args:
            projects: what was checked.
            folder: the current folder, which paths are shown relative to.
        """
        self.folder = folder
        self.files = 0
        entries: list[Entry] = []
        # A file that two environments share is reported once.
        seen: set[tuple[object, ...]] = set()
        shown: dict[str, str] = {}
        for project in projects:
            self.files += project.files
            for report in project.reports:
                identity = (report.path, report.rule, report.span, report.message)
                if identity in seen:
                    continue
                seen.add(identity)
                path = shown.get(report.path)
                if path is None:
                    path = shown[report.path] = shown_path(report.path, folder)
                entries.append(Entry(report, path, project))
        entries.sort(key=lambda entry: (entry.path, entry.report.start, entry.report.end, entry.report.rule))
        self.entries: Sequence[Entry] = entries

    def show(self, path: str) -> str:
        """An absolute path as outputs name it."""
        return shown_path(path, self.folder)

    def count(self, wanted: Callable[[Report], bool]) -> int:
        """How many reports ``wanted`` says yes to."""
        return sum(wanted(entry.report) for entry in self.entries)

    @property
    def by_severity(self) -> dict[Severity, int]:
        """How many there are of each severity that occurs, the gravest first."""
        counts = Counter(entry.report.severity for entry in self.entries)
        return {level: counts[level] for level in SEVERITIES if level in counts}


def is_safe(report: Report) -> bool:
    """Whether a safe repair is offered."""
    return any(offer.safety == "safe" for offer in report.offers)


def is_unsafe(report: Report) -> bool:
    """Whether repairs are offered and none is safe."""
    return bool(report.offers) and not is_safe(report)
