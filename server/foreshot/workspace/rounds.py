"""Repairs in rounds: those that have nothing to do with each other at once, the others when they can see what was done.

A round counts only when what it wrote parses, what it was to repair is gone, and nothing worse has come up instead. A repair
that does not keep to that is left out; what is left at the end would be left in the next run too.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Generic, NamedTuple, Self, TypeVar

from msgspec import Struct

from foreshot.lint.report import Report
from foreshot.lint.severity import SEVERITIES, Severity
from foreshot.rules import by_hand, project_rules
from foreshot.syntax.module import Module, parse
from foreshot.text import Edit, SourceText, Span, apply_edits
from foreshot.workspace.project import Project
from foreshot.workspace.resolve import ResolvedFix
from foreshot.workspace.taken import Taken

_Identity = tuple[str, str, str]


class Subject(ABC):
    """What is repaired, at one moment."""

    @property
    @abstractmethod
    def project(self) -> Project:
        """The project."""

    @abstractmethod
    def reports(self) -> Sequence[Report]:
        """What is to be repaired."""

    @abstractmethod
    def with_texts(self, texts: Mapping[str, SourceText]) -> Self:
        """The same with other texts, everything told anew that depends on them."""


SubjectT = TypeVar("SubjectT", bound=Subject)


class Applied(Struct, frozen=True):
    """A finding that has been repaired."""

    report: Report
    title: str
    paths: frozenset[str]
    """The files that were changed or made for it."""
    secret: str = ""
    """What stood at its place, where that is not to be shown."""


class Step(Struct, frozen=True):
    """One repair that is chosen for a round."""

    report: Report
    fix: ResolvedFix

    @property
    def paths(self) -> frozenset[str]:
        """The files that it changes or makes."""
        return frozenset(self.fix.edits) | {created.path for created in self.fix.creates}

    @property
    def identity(self) -> _Identity:
        """Which finding it is for."""
        return self.report.path, self.report.rule, self.report.key


class _Fault(NamedTuple):
    """Repairs that cannot all stand: each of them, or only some."""

    group: list[Step]
    certain: bool = False


class Rounds(Generic[SubjectT]):
    """The repairs of one subject, round by round.

    Args:
        subject: what is repaired.
        unsafe: whether repairs that change what runs are made too.
        excluded: rules whose repairs are not made.
        within: the one file that repairs may touch; None: any.
    """

    def __init__(
        self, subject: SubjectT, *, unsafe: bool, excluded: frozenset[str], within: str | None
    ) -> None:
        self.subject = subject
        self.applied: list[Applied] = []
        self.history: list[list[Step]] = []
        self._unsafe = unsafe
        self._excluded = excluded
        self._within = within
        self._refused: set[_Identity] = set()
        self._is_stale = False

    @property
    def left_out(self) -> int:
        """How many findings have a repair after which they are still there, or something worse is."""
        return len(self._refused)

    def step(self) -> bool:
        """Make one round; False when nothing is left that can be repaired."""
        while True:
            chosen = self._chosen()
            if not chosen and self._refused and self._is_stale:
                # What could not be repaired may be now that its surroundings have changed.
                self._refused.clear()
                self._is_stale = False
                continue
            if not chosen:
                return False
            while chosen:
                after, faults = self._tried(chosen)
                if after is not None and not faults:
                    self._accept(chosen, after)
                    return True
                bad = self._blamed(chosen, faults)
                chosen = [step for step in chosen if id(step) not in bad]

    def _accept(self, chosen: list[Step], after: SubjectT) -> None:
        before, self.subject = self.subject.project, after
        self.history.append(chosen)
        for step in chosen:
            report, source = step.report, before.source(step.report.path)
            secret = source.content[report.span.start : report.span.end] if report.secret and source else ""
            self.applied.append(Applied(report, step.fix.title, step.paths, secret))
        self._is_stale = True

    def _chosen(self) -> list[Step]:
        """Repairs that have nothing to do with each other."""
        project = self.subject.project
        taken = Taken(project)
        chosen: list[Step] = []
        for report in self.subject.reports():
            if not report.offers or report.rule in self._excluded:
                continue
            if (report.path, report.rule, report.key) in self._refused:
                continue
            fix = self._first(project, report, taken)
            if fix is None:
                continue
            if taken.take(fix):
                chosen.append(Step(report, fix))
        return chosen

    def _first(self, project: Project, report: Report, taken: Taken) -> ResolvedFix | None:
        """The first repair of a finding that can be made, and could be beside those that are taken."""
        offers = [
            index for index, offer in enumerate(report.offers) if self._unsafe or offer.safety == "safe"
        ]
        described = project.offers.described(report) if offers else ()
        for index in offers:
            if index >= len(described) or not (self._unsafe or described[index].safety == "safe"):
                continue
            if not taken.leaves_room_for(described[index], report.path):
                return None
            fix = project.offers.fix(report, index)
            if fix is None or fix.refused is not None or not (fix.edits or fix.creates):
                continue
            if self._within is not None and (fix.creates or set(fix.edits) != {self._within}):
                continue
            # Databases have run those: whoever wants that chooses it by hand.
            if any(project.is_only_read(path) for path in fix.edits):
                continue
            return fix
        return None

    def _tried(self, chosen: Sequence[Step]) -> tuple[SubjectT | None, list[_Fault]]:
        """The subject after the repairs, and the groups of repairs that cannot all stand."""
        project = self.subject.project
        texts = _written(project, chosen)
        broken = {path for path, text in texts.items() if path.endswith(".py") and not _parses(text)}
        if broken:
            faults = [_Fault([step for step in chosen if path in step.paths]) for path in broken]
            return None, faults
        after = self.subject.with_texts(texts)
        return after, list(_faults(chosen, project, after.project, unsafe=self._unsafe))

    def _blamed(self, chosen: Sequence[Step], faults: Iterable[_Fault]) -> set[int]:
        """What is left out of this round: half of each group, so that the one at fault is found.

        What is at fault for certain is not tried again. The first of the chosen ones is only ever left out for that,
        so every round makes a repair or refuses one.
        """
        left_out: set[int] = set()
        for group, certain in faults:
            members = set(map(id, group))
            ordered = [step for step in chosen if id(step) in members]
            if certain or len(ordered) == 1:
                self._refused.update(step.identity for step in ordered)
                left_out |= members
            else:
                left_out.update(map(id, ordered[len(ordered) // 2 :]))
        return left_out


def _written(project: Project, chosen: Sequence[Step]) -> dict[str, SourceText]:
    """The texts of the files that repairs change or make."""
    edits: dict[str, dict[Edit, None]] = {}
    texts: dict[str, SourceText] = {}
    for step in chosen:
        for path, wanted in step.fix.edits.items():
            edits.setdefault(path, {}).update(dict.fromkeys(wanted))
        texts.update({created.path: SourceText(created.text) for created in step.fix.creates})
    for path, wanted in edits.items():
        source = project.source(path)
        if source is not None:
            content = apply_edits(source.content, wanted)
            texts[path] = SourceText(content, source.encoding, bom=source.bom)
    return texts


def _parses(text: SourceText) -> bool:
    return isinstance(parse(text), Module)


def _faults(chosen: Sequence[Step], before: Project, after: Project, *, unsafe: bool) -> Iterator[_Fault]:
    """Repairs whose findings are still there, and those that have brought up something worse."""
    edits: dict[str, list[Edit]] = {}
    for step in chosen:
        for path, wanted in step.fix.edits.items():
            edits.setdefault(path, []).extend(wanted)
    moved = {path: _Moved(edits.get(path, ())) for path in {step.report.path for step in chosen}}
    places = _Places(after)
    futile = [
        step for step in chosen if places.has(step.report, *moved[step.report.path].range(step.report.span))
    ]
    if futile:
        yield _Fault(futile, certain=True)
    by_path: dict[str, list[Step]] = {}
    for step in chosen:
        for path in step.paths:
            by_path.setdefault(path, []).append(step)
    blamed: dict[int, Step] = {}
    for path in {*by_path, *before.found.reports, *after.found.reports}:
        group = by_path.get(path)
        # What the models have to follow is nobody's fault; what comes up elsewhere and can be repaired is repaired next.
        told = [
            report
            for report in after.reports_for(path)
            if report.rule not in by_hand()
            and (group is not None or not any(unsafe or offer.safety == "safe" for offer in report.offers))
        ]
        woken = _woken(before.reports_for(path), told)
        if woken is None:
            continue
        if group is not None:
            gravest = min(_rank(step.report.severity) for step in group)
            if _rank(woken) < gravest:
                yield _Fault(group)
        else:
            # In a file that nobody has touched: what the history looks like has changed.
            group = [step for step in chosen if _is_about_history(step)] or list(chosen)
            if _rank(woken) <= min(_rank(step.report.severity) for step in group):
                blamed.update((id(step), step) for step in group)
    if blamed:
        yield _Fault(list(blamed.values()))


def _is_about_history(step: Step) -> bool:
    return bool(step.fix.creates) or len(step.paths) > 1 or step.report.rule in project_rules().by_name


class _Moved:
    """Where the places of a text are after edits."""

    def __init__(self, edits: Iterable[Edit]) -> None:
        self._edits = sorted(set(edits))
        self._ends = [edit.span.end for edit in self._edits]
        self._shifts = [0]
        for edit in self._edits:
            self._shifts.append(self._shifts[-1] + _grown(edit))

    def range(self, span: Span) -> tuple[int, int]:
        """From where to where what stood in a span may begin now."""
        first = bisect_right(self._ends, span.start)
        low = high = self._shifts[first]
        low, high = low + span.start, high + span.end
        for index in range(first, len(self._edits)):
            edit = self._edits[index]
            if edit.span.start > span.end:
                break
            low = min(low, edit.span.start + self._shifts[index])
            high += _grown(edit)
        return low, max(low, high)


def _grown(edit: Edit) -> int:
    return len(edit.text) - (edit.span.end - edit.span.start)


class _Places:
    """Where a project's findings stand, by file, rule and what they are about."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._known: dict[str, dict[tuple[str, str], list[int]]] = {}

    def has(self, report: Report, low: int, high: int) -> bool:
        """Whether the same is found between two places."""
        known = self._known.get(report.path)
        if known is None:
            known = self._known[report.path] = {}
            for other in self._project.reports_for(report.path):
                known.setdefault((other.rule, _base(other)), []).append(other.span.start)
            for starts in known.values():
                starts.sort()
        starts = known.get((report.rule, _base(report)), [])
        at = bisect_left(starts, low)
        return at < len(starts) and starts[at] <= high


def _base(report: Report) -> str:
    return report.key.rpartition("|")[0]


def _woken(before: Iterable[Report], after: Iterable[Report]) -> Severity | None:
    """The gravest severity of a rule that finds more than before."""
    counts = Counter((report.rule, report.severity) for report in after)
    counts.subtract((report.rule, report.severity) for report in before)
    found = {severity for (_, severity), count in counts.items() if count > 0}
    return next((severity for severity in SEVERITIES if severity in found), None)


def _rank(severity: Severity) -> int:
    return SEVERITIES.index(severity)
