"""Applying repairs to a whole project, until there is nothing left to repair."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from foreshot.lint.finding import NewFile
from foreshot.lint.report import Report
from foreshot.project.files import Overlay
from foreshot.text import Edit, SourceText, apply_edits
from foreshot.workspace.check import Options, ProjectResult, check, load_project
from foreshot.workspace.project import Project
from foreshot.workspace.resolve import ResolvedFix

MAX_ROUNDS: Final = 12
"""Rounds after which repairs that keep bringing up new ones are left alone."""


class FixOutcome(Struct, frozen=True):
    """What all repairs together come to; nothing of it is written yet."""

    files: Mapping[str, tuple[SourceText, str]]
    """By absolute path, a file's text as it is and as it would be."""
    creates: Sequence[NewFile]
    applied: Sequence[tuple[Report, str]]
    """Each finding that is repaired, with the title of its repair."""


class _Patches:
    """The texts of one project while it is being repaired."""

    def __init__(self, result: ProjectResult) -> None:
        self._base = result.project.files
        self.old: dict[str, SourceText] = {}
        self.new: dict[str, SourceText] = {}
        self.created: dict[str, str] = {}

    @property
    def files(self) -> Overlay:
        """The files with every repair so far."""
        texts = {path: SourceText(text) for path, text in self.created.items()}
        return Overlay({**self.new, **texts}, self._base)

    def edit(self, path: str, source: SourceText, edits: Sequence[Edit]) -> None:
        """Put the edits of one round into a text."""
        content = apply_edits(source.content, edits)
        if path in self.created:
            self.created[path] = content
            return
        self.old.setdefault(path, source)
        self.new[path] = SourceText(content, source.encoding, bom=source.bom)


def fix_all(options: Options, *, unsafe: bool) -> FixOutcome:
    """Repair everything that is reported, the first repair of each finding, safe ones only unless ``unsafe``.

    Raises:
        ConfigurationError: as :func:`~foreshot.workspace.check.check`.
    """
    files: dict[str, tuple[SourceText, str]] = {}
    creates: list[NewFile] = []
    applied: list[tuple[Report, str]] = []
    for result in check(options):
        patches = _Patches(result)
        applied.extend(_repair(result, patches, options, unsafe=unsafe))
        for path, source in patches.old.items():
            if patches.new[path].content != source.content:
                files[path] = (source, patches.new[path].content)
        creates.extend(NewFile(path, text) for path, text in patches.created.items())
    return FixOutcome(files, creates, applied)


def _repair(
    result: ProjectResult, patches: _Patches, options: Options, *, unsafe: bool
) -> Iterator[tuple[Report, str]]:
    project, reports = result.project, result.reports
    tried: set[tuple[str, str]] = set()
    for _ in range(MAX_ROUNDS):
        edits: dict[str, list[Edit]] = {}
        done: list[tuple[Report, str]] = []
        for report in reports:
            fix = None if (report.path, report.key) in tried else _first(project, report, unsafe=unsafe)
            if fix is None or not _fits(fix, edits, patches.created):
                continue
            tried.add((report.path, report.key))
            for path, wanted in fix.edits.items():
                known = edits.setdefault(path, [])
                known.extend(edit for edit in wanted if edit not in known)
            patches.created.update({created.path: created.text for created in fix.creates})
            done.append((report, fix.title))
        if not done:
            return
        yield from done
        for path, wanted in edits.items():
            source = project.source(path)
            if source is not None:
                patches.edit(path, source, wanted)
        project = load_project(patches.files, result.environment, replace(options, cache=False))
        reports = ProjectResult(project, options).reports


def _first(project: Project, report: Report, *, unsafe: bool) -> ResolvedFix | None:
    if not any(offer.safety == "safe" or unsafe for offer in report.offers):
        return None
    usable = (
        fix for fix in project.fixes(report) if fix.refused is None and (unsafe or fix.safety == "safe")
    )
    return next(usable, None)


def _fits(fix: ResolvedFix, edits: Mapping[str, Sequence[Edit]], created: Mapping[str, str]) -> bool:
    """Whether a repair touches nothing that another one of this round touches."""
    if any(new.path in created for new in fix.creates):
        return False
    return not any(
        one.span.start <= other.span.end and other.span.start <= one.span.end and one != other
        for path, wanted in fix.edits.items()
        for one in wanted
        for other in edits.get(path, ())
    )
