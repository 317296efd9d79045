"""Checking projects on disk, for the command line: every revision once, in several processes when there are many."""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import cached_property

from msgspec import Struct
from msgspec.structs import replace

from foreshot.lint.report import Report
from foreshot.lint.severity import at_least
from foreshot.migration.graph_names import Unresolved, resolve_revision
from foreshot.migration.revision_parts import RevisionHeader
from foreshot.project import paths
from foreshot.project.dialects import RevisionHints
from foreshot.project.discover import environments_at, revision_files, workspace_root
from foreshot.project.disk import DiskFiles
from foreshot.project.environment import Environment
from foreshot.project.files import Answer, Files
from foreshot.project.looks import Record, recording
from foreshot.project.settings import Settings, settings_from_options
from foreshot.project.settings_keys import camel_case
from foreshot.text import SourceText, decode
from foreshot.workspace.cache import Cache
from foreshot.workspace.found import key_of_found
from foreshot.workspace.kept import NOT_READ, SURROUNDINGS, FileAnalysis
from foreshot.workspace.load import all_hints, hints_in_revisions, identity, load_surroundings, wants_hints
from foreshot.workspace.project import Project
from foreshot.workspace.resolve import ResolvedFix
from foreshot.workspace.revision_files import Progress, RevisionFiles
from foreshot.workspace.shipped import Wanted, compared, review_of


class ConfigurationError(Exception):
    """What was asked for cannot be done: the command line says so and exits with 2."""


class Options(Struct, frozen=True):
    """What to check and how."""

    paths: tuple[str, ...]
    """Absolute paths of files or folders."""
    overrides: Mapping[str, object] = {}
    """Settings that go before those of the project, with the keys of the settings file."""
    cache: bool = True
    jobs: int | None = None
    """Processes; None: as many as there are processors, when it is worth it."""
    wanted: Wanted = Wanted()
    """What is to be reviewed."""
    stdin: tuple[str, str] | None = None
    """A path and the text that stands for its content."""


class ProjectResult:
    """One environment, checked; ``only`` are the paths that were asked for when a part of it was."""

    def __init__(self, project: Project, options: Options, only: Sequence[str] | None = None) -> None:
        self.project = project
        self._options = options
        self._only = only

    @property
    def environment(self) -> Environment:
        """What was checked."""
        return self.project.surroundings.environment

    @property
    def settings(self) -> Settings:
        """By which settings."""
        return self.project.surroundings.settings

    @property
    def files(self) -> int:
        """How many revision files were asked for."""
        if self._only is None:
            return len(self.project.analyses)
        return sum(any(_is_under(path, part) for part in self._only) for path in self.project.analyses)

    @property
    def shipped(self) -> int:
        """How many of them have shipped, and were not reviewed."""
        return sum(
            not analysis.reviewed
            for path, analysis in self.project.analyses.items()
            if self._only is None or any(_is_under(path, part) for part in self._only)
        )

    @property
    def notes(self) -> Sequence[str]:
        """What could not be compared with the base, a sentence each."""
        return self.project.review.notes

    @property
    def unlisted(self) -> list[str]:
        """Version folders that are there and could not be looked into, or not to their end: what they hold was not checked."""
        found: list[str] = []
        for folder in self.environment.version_dirs:
            listing = self.project.files.listing(folder)
            if (listing is None and os.path.lexists(folder)) or (
                listing is not None and not listing.complete
            ):
                found.append(folder)
        return found

    @property
    def paths(self) -> list[str]:
        """The files that were asked for and in which something may have been found."""
        return restricted(self.project, self._options, self._only)

    @property
    def reports(self) -> list[Report]:
        """Everything that is to be reported, in order."""
        return [report for path in self.paths for report in self.reports_for(path)]

    def reports_for(self, path: str) -> list[Report]:
        """What is to be reported of one file, in order."""
        return self.project.reports_for(path)

    def is_grave(self, report: Report) -> bool:
        """Whether the settings count a report as a failure."""
        return at_least(report.severity, self.settings.fail_level)

    def age(self, path: str) -> int:
        """How many revisions are newer, for a revision file; more than all of them for another file."""
        return self._ages.get(path, len(self._ages))

    @property
    def new_revisions(self) -> list[RevisionHeader]:
        """The revisions that were reviewed, the newest first."""
        analyses = self.project.analyses
        found = (analyses.get(node.key) for node in reversed(self.project.graph.order))
        return [one.header for one in found if one is not None and one.reviewed and one.header is not None]

    @cached_property
    def _ages(self) -> Mapping[str, int]:
        """The newest first; what is in no history, such as what does not parse, is new."""
        ordered = self.project.graph.order
        ages = {node.key: len(ordered) - 1 - place for place, node in enumerate(ordered)}
        return {**dict.fromkeys(self.project.analyses, 0), **ages}

    def source(self, path: str) -> SourceText | None:
        """The text of a file as it was checked."""
        return self.project.source(path)

    def of(self, project: Project) -> ProjectResult:
        """The same question, asked of another state of the project."""
        return ProjectResult(project, self._options, self._only)

    def resolve(self, report: Report) -> list[ResolvedFix]:
        """The repairs of a report as edits."""
        return self.project.fixes(report)


def check(options: Options, progress: Progress | None = None) -> list[ProjectResult]:
    """Check every environment under the paths.

    Raises:
        ConfigurationError: when a setting that was asked for makes no sense for a project.
    """
    _, problems = settings_from_options({camel_case(key): value for key, value in options.overrides.items()})
    if problems:
        raise ConfigurationError(problems[0].message)
    roots = tuple(dict.fromkeys(workspace_root(path, os.path.exists) for path in options.paths))
    texts = {} if options.stdin is None else {options.stdin[0]: SourceText(options.stdin[1])}
    files = Files(texts, DiskFiles(roots))
    results: list[ProjectResult] = []
    for environment, only in _environments(files, options.paths, roots):
        project = load_project(files, environment, options, progress, strict=True)
        since = project.surroundings.settings.since
        if since and isinstance(found := resolve_revision(project.graph, since), Unresolved):
            raise ConfigurationError(f"{environment.script_location}: {found.why}")
        results.append(ProjectResult(project, options, only))
    return results


def restricted(project: Project, options: Options, only: Sequence[str] | None = None) -> list[str]:
    """The files of a project of which reports were asked for, in order; ``only`` are the paths when a part of it was."""
    found = project.reported
    wanted = only if only is not None else _part(project, options.paths)
    if wanted is not None:
        found = [path for path in found if any(_is_under(path, part) for part in wanted)]
    return found


def _part(project: Project, asked: Sequence[str]) -> list[str] | None:
    """The asked paths inside a project, None when it was asked for as a whole."""
    home = project.surroundings.environment.script_location
    if any(_is_under(home, path) for path in asked):
        return None
    return [path for path in asked if path in project.analyses or paths.is_inside(path, home)] or None


def load_project(
    files: Files,
    environment: Environment,
    options: Options,
    progress: Progress | None = None,
    early: Callable[[Project], None] | None = None,
    before: Project | None = None,
    *,
    strict: bool = False,
) -> Project:
    """Read one environment, from the cache as far as it goes.

    ``early`` gets a partial project when revisions are still to be read: all that they share is known by then. ``before`` is the
    project on an earlier snapshot, for what holds still.

    Raises:
        ConfigurationError: where ``strict``, when it cannot be told what is new though that was asked for: before anything is read.
    """
    names = revision_files(files, environment)
    texts = {path: data for path in names if (data := files.read_bytes(path)) is not None}
    marks = {path: files.answer("text", path) for path in texts}
    cache = Cache(repr(identity(environment)), enabled=options.cache)
    hints: dict[str, RevisionHints] = {}
    if wants_hints(files, environment, options.overrides):
        for path, data in texts.items():
            known = cache.hints(path, marks[path])
            hints[path] = hints_in_revisions((data,)) if known is None else known
    surroundings = load_surroundings(files, environment, options.overrides, all_hints(hints.values()))
    others: Mapping[str, Answer] = {SURROUNDINGS: lambda _: surroundings.key}
    same: Mapping[str, FileAnalysis] = _unchanged(before, files, others) if before is not None else {}
    review = review_of(
        environment,
        surroundings.settings,
        replace(options.wanted, named=options.wanted.named.union(options.paths).intersection(texts)),
        texts,
        lambda path: cache.header(path, marks[path]),
    )
    if strict and review.error is not None:
        raise ConfigurationError(review.error)
    # One that is still to be read takes its place in the order now.
    analyses = {
        path: same.get(path) or cache.get(path, marks[path], lambda look: files.has(look, others)) or NOT_READ
        for path in texts
    }
    unread = {path: data for path, data in texts.items() if analyses[path] is NOT_READ}
    if unread and early is not None:
        early(Project(files, surroundings, dict(analyses), review=review, partial=True))
    reviewed = frozenset(path for path in texts if review.is_reviewed(path, review.header))
    reader = RevisionFiles(surroundings, reviewed, marks, hints)
    steps = len(unread) + len(reviewed.intersection(unread))
    history = reader.history(analyses, unread, options.jobs, _of(progress, 0, steps))
    pending: list[str] = []
    for path in texts:
        kept = reader.kept.get(path)
        if kept is not None:
            analyses[path] = kept.analysis(kept.record)
            cache.put(path, kept)
        known, wanted = analyses[path], path in reviewed
        # What earlier revisions do counts for those rules alone that a shipped one is not shown to.
        told = not wanted or known.story == history.mark(path)
        if known is NOT_READ or known.reviewed != wanted or not told:
            pending.append(path)
    # Along the history each revision finds its state where the one before it left it.
    rank = {node.key: index for index, node in enumerate(history.graph.order)} if pending else {}
    pending.sort(key=lambda path: rank.get(path, -1))
    items = [(path, texts[path]) for path in pending]
    later = _of(progress, len(unread), len(unread) + len(items))
    for path, kept in reader.shown(items, history, options.jobs, later):
        analyses[path] = kept.analysis(kept.record)
        cache.put(path, kept)
    for path, data in texts.items():
        source = None if review.is_unchanged(path) or not isinstance(data, bytes) else decode(data)
        analyses[path] = compared(analyses[path], source, path, surroundings, review)
    key = key_of_found(surroundings, analyses, marks, review)
    known_found = cache.found(key, lambda look: files.has(look, others))
    project = Project(files, surroundings, analyses, review=review, history=history, known=known_found)
    # Which modules hold models that something is said of is known from here on.
    with recording() as looked:
        found = project.found
    if known_found is None:
        cache.put_found(replace(found, key=key, record=frozenset(looked)))
    cache.save(analyses.keys())
    return project


def _of(progress: Progress | None, before: int, total: int) -> Progress | None:
    """The progress of one of two parts of the work."""
    return None if progress is None else lambda done, _: progress(before + done, total)


def _unchanged(before: Project, files: Files, others: Mapping[str, Answer]) -> Mapping[str, FileAnalysis]:
    """What was found in revisions for which nothing is different."""
    verdicts: dict[Record, bool] = {}
    found: dict[str, FileAnalysis] = {}
    for path, analysis in before.analyses.items():
        holds = verdicts.get(analysis.record)
        if holds is None:
            holds = verdicts[analysis.record] = files.holds(analysis.record, others)
        if holds and files.answer("text", path) == before.files.answer("text", path):
            found[path] = analysis
    return found


def _environments(
    files: Files, asked: Sequence[str], roots: Sequence[str]
) -> list[tuple[Environment, list[str] | None]]:
    """Environments under the paths, or around a path inside one; with the paths when only a part was asked for."""
    found: dict[Hashable, tuple[Environment, list[str] | None]] = {}
    for path in asked:
        root = next((root for root in roots if _is_under(path, root)), path)
        for environment in environments_at(files, path, root):
            places = (environment.script_location, *(config.path for config in environment.configs))
            # Several sections of an ini file may share the scripts, each with revisions of its own.
            key = identity(environment)
            known = found.get(key)
            if any(_is_under(place, path) for place in places):
                found[key] = (environment, None)
            elif known is None:
                found[key] = (environment, [path])
            elif known[1] is not None:
                known[1].append(path)
    return list(found.values())


def _is_under(path: str, folder: str) -> bool:
    return path == folder or paths.is_inside(path, folder)
