"""What a check found, gathered for output: file by file, of all projects in one order, and how much it is in all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final, Protocol

from msgspec import Struct

from foreshot.cli.text import shown_path
from foreshot.lint.report import Report
from foreshot.lint.severity import SEVERITIES, Severity
from foreshot.migration.revision_parts import RevisionHeader
from foreshot.rules import family_of, rule_named
from foreshot.text import SourceText
from foreshot.workspace.parallel import map_in_processes
from foreshot.workspace.sift import of_several

if TYPE_CHECKING:
    # Brings all rules' machinery along, which a listing does without.
    from foreshot.workspace.resolve import ResolvedFix

_AT_ONCE: Final = 32
"""Files that are laid out in one go, between which the processes take turns."""
_AT_ONCE_SLOWLY: Final = 4
_WORTHWHILE: Final = 32
"""Goes below which one process is faster than two."""


class Checked(Protocol):
    """A project that was checked; :class:`foreshot.workspace.check.ProjectResult` is one."""

    @property
    def files(self) -> int:
        """Revision files that were read."""
        ...

    @property
    def shipped(self) -> int:
        """How many of them were not reviewed, as they have shipped."""
        ...

    @property
    def paths(self) -> Iterable[str]:
        """Every file in which something may have been found."""
        ...

    def reports_for(self, path: str) -> Sequence[Report]:
        """What is to be reported of one file, in order."""
        ...

    def is_grave(self, report: Report) -> bool:
        """Whether the project counts a report as a failure."""
        ...

    def age(self, path: str) -> int:
        """How many revisions are newer, for a revision file; more than all of them for another file."""
        ...

    @property
    def new_revisions(self) -> Sequence[RevisionHeader]:
        """The revisions that were reviewed, the newest first."""
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
    with_fixes: bool = True

    @property
    def fixes(self) -> list[ResolvedFix]:
        """The repairs that can be made, where they were asked for."""
        if not self.report.offers or not self.with_fixes:
            return []
        return [fix for fix in self.project.resolve(self.report) if fix.refused is None]


class FileFindings(Struct, frozen=True):
    """What was found in one file, ordered by position."""

    path: str
    """As outputs name it."""
    entries: Sequence[Entry]

    @property
    def source(self) -> SourceText | None:
        """Its text as it was checked."""
        first = self.entries[0]
        return first.project.source(first.report.path)


class Count(Struct):
    """How often something was found, and how many of them have a safe repair, or none but unsafe ones."""

    found: int = 0
    safe: int = 0
    unsafe: int = 0

    def add(self, other: Count) -> None:
        """Count those as well."""
        self.found += other.found
        self.safe += other.safe
        self.unsafe += other.unsafe


class Tally(Struct):
    """How much was found."""

    counts: dict[tuple[str, Severity], Count] = {}
    """By rule and severity."""
    revisions: int = 0
    """Revision files with findings."""
    others: int = 0
    """Other files with findings."""
    is_grave: bool = False
    """Whether something counts as a failure."""

    def count(self, file: FileFindings) -> None:
        """Count what was found in one file more."""
        in_revision = False
        for entry in file.entries:
            report = entry.report
            count = self._of(report.rule, report.severity)
            count.found += 1
            if report.offers and not rule_named(report.rule).by_hand:
                safe = any(offer.safety == "safe" for offer in report.offers)
                count.safe += safe
                count.unsafe += not safe
            in_revision = in_revision or report.revision is not None
        self.revisions += in_revision
        self.others += not in_revision

    def add(self, other: Tally) -> None:
        """Count what was found in other files as well."""
        for key, count in other.counts.items():
            self._of(*key).add(count)
        self.revisions += other.revisions
        self.others += other.others
        self.is_grave = self.is_grave or other.is_grave

    def _of(self, rule: str, severity: Severity) -> Count:
        count = self.counts.get((rule, severity))
        if count is None:
            count = self.counts[rule, severity] = Count()
        return count

    @property
    def total(self) -> Count:
        """Everything together."""
        total = Count()
        for count in self.counts.values():
            total.add(count)
        return total

    @property
    def by_severity(self) -> dict[Severity, int]:
        """How many there are of each severity that occurs, the gravest first."""
        found: dict[Severity, int] = {}
        for level in SEVERITIES:
            number = sum(count.found for (_, severity), count in self.counts.items() if severity == level)
            if number:
                found[level] = number
        return found


_OUTAGES: Final = frozenset({"locking", "transaction", "rename"})
_COSTS: Final = ("data or the upgrade", "an outage", "warning", "information", "hint")


def _by_cost(entries: Sequence[Entry]) -> list[list[Entry]]:
    """The findings of one file by what they cost, in the order of ``_COSTS``."""
    found: list[list[Entry]] = [[] for _ in _COSTS]
    for entry in entries:
        found[_cost(entry.report)].append(entry)
    return found


def _cost(report: Report) -> int:
    if report.severity == "error":
        return 0
    if report.severity == "warning" and family_of(report.rule) in _OUTAGES:
        return 1
    return _COSTS.index(report.severity)


class _Place(Struct, frozen=True):
    shown: str
    path: str
    projects: list[Checked]


class Findings:
    """Everything that was found, ordered by path as shown, then position."""

    def __init__(self, projects: Iterable[Checked], folder: str, *, with_fixes: bool = True) -> None:
        """
        Args:
            projects: what was checked.
            folder: the current folder, which paths are shown relative to.
            with_fixes: whether repairs are worked out.
        """
        self.with_fixes = with_fixes
        self.folder = folder
        self.projects = tuple(projects)
        self.files = 0
        """How many revision files were reviewed."""
        found: dict[str, list[Checked]] = {}
        for project in self.projects:
            self.files += project.files - project.shipped
            for path in project.paths:
                found.setdefault(path, []).append(project)
        places = [_Place(self.show(path), path, owners) for path, owners in found.items()]
        self._places = sorted(places, key=lambda place: place.shown)

    def show(self, path: str) -> str:
        """An absolute path as outputs name it."""
        return shown_path(path, self.folder)

    def laid_out(
        self, lay_out: Callable[[FileFindings], str], joint: str = "", *, slow: bool = False
    ) -> Iterator[tuple[str, Tally]]:
        """What ``lay_out`` makes of every file with findings, and how much it is; by several processes when that is worth it.

        Args:
            lay_out: the text of one file's findings.
            joint: what stands between two files' texts of one piece, and is to be put between pieces.
            slow: it takes milliseconds a finding.
        """
        size = _AT_ONCE_SLOWLY if slow else _AT_ONCE
        pieces = [self._places[start : start + size] for start in range(0, len(self._places), size)]

        def one(piece: Sequence[_Place]) -> tuple[str, Tally]:
            tally = Tally()
            texts = [lay_out(file) for place in piece if (file := self._file(place, tally)) is not None]
            return joint.join(texts), tally

        return map_in_processes(one, pieces, tuple[str, Tally], worthwhile=_WORTHWHILE)

    def by_cost(self, lay_out: Callable[[FileFindings], str]) -> Iterator[tuple[str, Tally]]:
        """The same by what the findings cost, the dearest first, and the newest revision first among equals.

        What costs most is given out as it comes; the rest is held until the end.
        """
        places = sorted(self._places, key=lambda place: min(one.age(place.path) for one in place.projects))
        pieces = [places[start : start + _AT_ONCE] for start in range(0, len(places), _AT_ONCE)]

        def one(piece: Sequence[_Place]) -> tuple[list[str], Tally]:
            tally = Tally()
            texts = [""] * len(_COSTS)
            for place in piece:
                file = self._file(place, tally)
                for number, entries in enumerate(_by_cost(file.entries) if file is not None else ()):
                    if entries:
                        texts[number] += lay_out(FileFindings(place.shown, entries))
            return texts, tally

        held: list[list[str]] = []
        for texts, tally in map_in_processes(one, pieces, tuple[list[str], Tally], worthwhile=_WORTHWHILE):
            held.append(texts)
            yield texts[0], tally
        for number in range(1, len(_COSTS)):
            yield "".join(texts[number] for texts in held), Tally()

    def tally(self) -> Tally:
        """How much was found in all."""
        whole = Tally()
        for _, tally in self.laid_out(lambda _: ""):
            whole.add(tally)
        return whole

    def _file(self, place: _Place, tally: Tally) -> FileFindings | None:
        """What was found in one file, and counts it; a file that two environments share is reported once."""
        found = [(project, project.reports_for(place.path)) for project in place.projects]
        graver = any(project.is_grave(report) for project, reports in found for report in reports)
        tally.is_grave = tally.is_grave or graver
        entries = [
            Entry(report, place.shown, project, self.with_fixes)
            for project, report in of_several(place.path, found)
        ]
        if not entries:
            return None
        if len(place.projects) > 1:
            entries.sort(key=lambda entry: (entry.report.start, entry.report.end, entry.report.rule))
        file = FileFindings(place.shown, entries)
        tally.count(file)
        return file
