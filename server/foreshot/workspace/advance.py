"""From one snapshot of a project to the next: what holds is kept, the rest is made anew."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from foreshot.lint.context import Surroundings
from foreshot.project import paths
from foreshot.project.discover import revision_files
from foreshot.project.files import ABSENT, Answer, Files
from foreshot.project.looks import Record
from foreshot.workspace.analysis import analyse_anew
from foreshot.workspace.histories import History, Told, as_last_told
from foreshot.workspace.kept import NOT_READ, SURROUNDINGS, FileAnalysis
from foreshot.workspace.load import refreshed
from foreshot.workspace.project import Project
from foreshot.workspace.reading import MOST_OPEN, Opened, read, release


def advanced(project: Project, files: Files, changed: Collection[str] = ()) -> Project:
    """A project on a later snapshot of its files.

    Where what all revisions share has changed, only those in an editor's buffer are read again: to read all is a
    :func:`~foreshot.workspace.check.load_project`.

    Args:
        project: as it was.
        files: the later snapshot.
        changed: every path that may differ from the snapshot that the project is on.
    """
    surroundings = refreshed(project.surroundings, files)
    wanted = {path for path in changed if project.takes(path)}
    analyses = dict(project.analyses)
    if any(path not in analyses or files.answer("text", path) == ABSENT for path in wanted):
        # Some have come or gone, and the order is that of the folders.
        found = dict.fromkeys(revision_files(files, surroundings.environment), NOT_READ)
        wanted = wanted.intersection(found) | (found.keys() ^ analyses.keys())
        analyses = {**found, **{path: known for path, known in analyses.items() if path in found}}
    wanted.update(_outdated(project, files, surroundings, changed))
    last_good = dict(project.last_good)
    history, opened = _history_after(project, files, surroundings, wanted, analyses)
    for path in wanted:
        text = files.read(path) if path in analyses else None
        if text is None:
            analyses.pop(path, None)
            last_good.pop(path, None)
            continue
        analysis = analyse_anew(text, path, surroundings, project.review, history, opened.pop(path, None))
        before = project.analyses.get(path)
        if analysis.problem and before is not None and before.problem is None and before.header:
            last_good[path] = project.entry(path, before)
        analyses[path] = analysis
    return project.taking(
        files, surroundings, analyses if wanted else project.analyses, last_good, frozenset(wanted), history
    )


def _history_after(
    project: Project,
    files: Files,
    surroundings: Surroundings,
    wanted: Collection[str],
    analyses: Mapping[str, FileAnalysis],
) -> tuple[History | None, dict[str, Opened | None]]:
    """The history with the wanted files read anew, and what was read; one that does not parse keeps what it told last."""
    before, opened = project.history, dict[str, Opened | None]()
    if before is None or (not wanted and surroundings is project.surroundings):
        return before, opened
    told: dict[str, Told | None] = {}
    looks: dict[str, Record] = {}
    for path in wanted:
        text = files.read(path) if path in analyses else None
        if text is None:
            told[path] = None
            continue
        now, looks[path], read_now = read(text, surroundings, before.settle)
        if len(opened) < MOST_OPEN:
            opened[path] = read_now
        else:
            release(read_now)
        told[path] = as_last_told(now, before.told.get(path))
    return before.after(told, surroundings, looks), opened


def _outdated(
    project: Project, files: Files, surroundings: Surroundings, changed: Collection[str]
) -> Iterator[str]:
    """The revisions for which something that they looked at, besides their text, has another answer now."""
    buffers: Mapping[str, Answer] = {SURROUNDINGS: lambda _: surroundings.key}
    for path in files.texts:
        analysis = project.analyses.get(path)
        if analysis is not None and not files.holds(analysis.record, buffers):
            yield path
    if not _concern(
        changed, project.subjects, lambda path: path in files.texts and path in project.files.texts
    ):
        return
    verdicts: dict[Record, bool] = {}
    for path, analysis in project.analyses.items():
        holds = verdicts.get(analysis.record)
        if holds is None:
            holds = verdicts[analysis.record] = files.holds(
                look for look in analysis.record if look.kind != SURROUNDINGS
            )
        if not holds:
            yield path


def _concern(changed: Iterable[str], subjects: frozenset[str], is_edit: Callable[[str], bool]) -> bool:
    """Whether changes may change an answer about any of some files and folders; an edit only those about its file."""
    if not subjects:
        return False
    for path in changed:
        if path in subjects:
            return True
        if is_edit(path):
            continue
        stem = paths.child(paths.parent(path), paths.name(path).partition(".")[0])
        if stem in subjects or not subjects.isdisjoint(paths.ancestors(path, paths.top(path))):
            return True
        # A folder goes with all that lies in it.
        inside = path + paths.SEP
        if any(subject.startswith(inside) for subject in subjects):
            return True
    return False
