"""Applying repairs to a whole project, until there is nothing left to repair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from foreshot.lint.finding import NewFile
from foreshot.lint.report import Report
from foreshot.project.files import Files
from foreshot.rules import by_hand
from foreshot.text import SourceText
from foreshot.workspace.advance import advanced
from foreshot.workspace.check import Options, ProjectResult, check, load_project
from foreshot.workspace.project import Project
from foreshot.workspace.rounds import Applied, Rounds, Subject

MAX_ROUNDS: Final = 80
"""Rounds after which repairs bring up new ones without end: the rules whose repairs they are, are left out then."""
_LAST: Final = 8
"""Rounds at the end that show which rules those are."""


class FixOutcome(Struct, frozen=True):
    """What all repairs together come to; nothing of it is written yet."""

    files: Mapping[str, tuple[SourceText, str]]
    """By absolute path, a file's text as it is and as it would be."""
    creates: Sequence[NewFile]
    applied: Sequence[Applied]
    """Each finding that is repaired."""
    left_out: int = 0
    """How many findings have a repair that was tried and does not hold."""


SubjectT = TypeVar("SubjectT", bound=Subject)


class _Texts:
    """Texts as they are and as repairs leave them, of all projects together."""

    def __init__(self, base: Files) -> None:
        self.base = base
        self.old: dict[str, SourceText] = {}
        self.new: dict[str, SourceText] = {}
        self.created: set[str] = set()

    def files(self, more: Mapping[str, SourceText]) -> Files:
        """The files with every repair so far, and with other texts on top."""
        return self.base.laid({**self.new, **more})

    def take(self, project: Project, texts: Mapping[str, SourceText]) -> None:
        """These are the texts from now on."""
        for path, text in texts.items():
            if path not in self.new:
                source = project.source(path)
                if source is None:
                    self.created.add(path)
                else:
                    self.old[path] = source
            self.new[path] = text


class _Whole(Subject):
    """A project as the command line repairs it: everything that is reported, in every file."""

    def __init__(self, result: ProjectResult, texts: _Texts, options: Options) -> None:
        self._result = result
        self._texts = texts
        self._options = replace(options, cache=False)
        self._taken: list[Mapping[str, SourceText]] = []

    @property
    def project(self) -> Project:
        return self._result.project

    def reports(self) -> Sequence[Report]:
        return self._result.reports

    def with_texts(self, texts: Mapping[str, SourceText]) -> _Whole:
        result = self._result
        files = self._texts.files(self._pending(texts))
        project = load_project(files, result.environment, self._options, before=result.project)
        after = _Whole(result.of(project), self._texts, self._options)
        after._taken = [*self._taken, texts]
        return after

    def _pending(self, texts: Mapping[str, SourceText]) -> dict[str, SourceText]:
        pending: dict[str, SourceText] = {}
        for taken in (*self._taken, texts):
            pending.update(taken)
        return pending

    def keep(self, first: Project) -> None:
        """Let all texts that led here count for every project."""
        self._texts.take(first, self._pending({}))


class _OneFile(Subject):
    """One file of a project as an editor repairs it: safely, and without touching another."""

    def __init__(self, project: Project, path: str) -> None:
        self._project = project
        self._path = path

    @property
    def project(self) -> Project:
        return self._project

    def reports(self) -> Sequence[Report]:
        return self._project.reports_for(self._path)

    def with_texts(self, texts: Mapping[str, SourceText]) -> _OneFile:
        files = self._project.files.laid(texts)
        return _OneFile(advanced(self._project, files, texts), self._path)


def fix_all(options: Options, *, unsafe: bool) -> FixOutcome:
    """Repair everything that is reported, the first repair of each finding, safe ones only unless ``unsafe``.

    A second run finds nothing to repair: what cannot be repaired so that its finding is gone is left as it was.

    Raises:
        ConfigurationError: as :func:`~foreshot.workspace.check.check`.
    """
    applied: list[Applied] = []
    left_out = 0
    texts: _Texts | None = None
    for result in check(options):
        texts = texts or _Texts(result.project.files)
        if texts.new:
            # Environments may share files.
            quiet, before = replace(options, cache=False), result.project
            result = result.of(load_project(texts.files({}), result.environment, quiet, before=before))
        subject = _Whole(result, texts, options)
        rounds = _repaired(subject, unsafe=unsafe)
        rounds.subject.keep(result.project)
        applied.extend(rounds.applied)
        left_out += rounds.left_out
    if texts is None:
        return FixOutcome({}, (), ())
    files = {
        path: (source, texts.new[path].content)
        for path, source in texts.old.items()
        if texts.new[path].content != source.content
    }
    creates = [NewFile(path, texts.new[path].content) for path in sorted(texts.created)]
    return FixOutcome(files, creates, applied, left_out)


def safely_fixed(project: Project, path: str) -> str | None:
    """The text of one file with all its safe repairs that touch no other; None when there are none."""
    source = project.source(path)
    # Only a revision's findings can be told anew without the disk.
    if source is None or path not in project.analyses:
        return None
    rounds = _repaired(_OneFile(project, path), unsafe=False, within=path)
    after = rounds.subject.project.source(path)
    return None if after is None or after.content == source.content else after.content


def _repaired(subject: SubjectT, *, unsafe: bool, within: str | None = None) -> Rounds[SubjectT]:
    """The rounds after all repairs, without those of rules that never come to an end."""
    excluded = set(by_hand())
    while True:
        rounds = Rounds(subject, unsafe=unsafe, excluded=frozenset(excluded), within=within)
        for _ in range(MAX_ROUNDS):
            if not rounds.step():
                return rounds
        excluded.update(step.report.rule for made in rounds.history[-_LAST:] for step in made)
