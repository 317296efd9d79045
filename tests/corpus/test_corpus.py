"""Every feature over every file of real projects: what is promised holds there too."""

from __future__ import annotations

import shutil
from functools import cache
from itertools import groupby
from pathlib import Path

import pytest

from corpus.fetch import Expected, NotFetched, expected, package_folder
from foreshot.project import paths
from foreshot.project.environment import Environment
from foreshot.syntax.module import Module, parse
from foreshot.text import SourceText
from foreshot.workspace.check import Options
from foreshot.workspace.fixall import fix_all
from foreshot.workspace.project import Project
from proofs.features import unsound_features, unsound_search
from proofs.fixes import Tally, unsound_comments, unsound_fixes, unsound_rounds
from proofs.reports import Violation, logged, unsound_reports
from proofs.whole import environments_in, loaded, some

pytestmark = pytest.mark.timeout(600)

CORPUS = expected()
SMALL = list({entry.requirement: entry for entry in CORPUS if entry.revisions <= 12}.values())
MOST = 8
"""Repairs of one rule that are made in one file; a first revision of hundreds of tables has hundreds of one kind."""
GRAPH = {
    "multiple-heads",
    "missing-parent",
    "duplicate-revision-id",
    "revision-cycle",
    "invalid-revision-id",
    "stale-parent",
    "unknown-branch-label",
}

environments = pytest.mark.parametrize("entry", CORPUS, ids=lambda entry: entry.name)
# Whole projects: each repair is made and everything checked again.
pytestmark = pytest.mark.timeout(600)


@pytest.mark.parametrize(
    "entries",
    [list(group) for _, group in groupby(CORPUS, lambda entry: entry.requirement)],
    ids=lambda entries: entries[0].requirement,
)
def test_every_environment_is_found(entries: list[Expected]) -> None:
    _, found = _package(entries[0].requirement, entries[0].sha256)
    assert sorted(found) == sorted(entry.versions for entry in entries)


@environments
def test_every_revision_is_read(entry: Expected) -> None:
    project = _project(entry)
    assert len(project.analyses) == entry.revisions
    assert [path for path, analysis in project.analyses.items() if analysis.header is None] == []
    graph = [(report.rule, report.key, report.message) for report in project.reports if report.rule in GRAPH]
    assert [item for item in graph if item[:2] not in entry.known] == []
    assert len(graph) == len(entry.known)


@environments
def test_findings_are_sound(entry: Expected) -> None:
    with logged(entry.versions) as complaints:
        _project.cache_clear()
        project = _project(entry)
        violations = list(unsound_reports(project, project.reports))
    assert not listed(violations + complaints)


@environments
def test_repairs_lose_nothing(entry: Expected) -> None:
    project = _project(entry)
    tally = Tally()
    with logged(entry.versions) as complaints:
        violations = list(unsound_fixes(project, some(project.reports, MOST), tally))
        for path in dict.fromkeys(report.path for report in project.reports if report.offers):
            violations.extend(unsound_rounds(project, path))
    assert not listed(violations + complaints)


@pytest.mark.parametrize("entry", SMALL, ids=lambda entry: entry.name)
def test_all_repairs_at_once_come_to_an_end(entry: Expected, tmp_path: Path) -> None:
    folder, _ = _package(entry.requirement, entry.sha256)
    copy = tmp_path / "package"
    shutil.copytree(folder, copy)
    options = Options((str(copy),), {"dialect": ["postgresql"]}, cache=False)
    before = fix_all(options, unsafe=True)
    assert [
        path for path, (_, text) in before.files.items() if path.endswith(".py") and not parses(text)
    ] == []
    for created in before.creates:
        Path(created.path).write_text(created.text, encoding="utf-8")
    for path, (source, text) in before.files.items():
        Path(path).write_bytes(source.encode(text))
    after = fix_all(options, unsafe=True)
    assert [*after.files, *after.creates, *after.applied] == []


@environments
def test_comments_silence(entry: Expected) -> None:
    project = _project(entry)
    assert not listed(list(unsound_comments(project, some(project.reports, 1))))


@environments
def test_features_answer_everywhere(entry: Expected) -> None:
    project = _project(entry)
    environment = project.surroundings.environment
    others = [environment.env_py, environment.template, environment.ini, environment.pyproject]
    violations = [
        violation
        for path in [*project.analyses, *filter(None, others)]
        for violation in unsound_features(project, path)
    ]
    assert not listed([*violations, *unsound_search(project)])


@cache
def _package(requirement: str, sha256: str) -> tuple[str, dict[str, Environment]]:
    try:
        folder = str(package_folder(requirement, sha256))
    except NotFetched as error:
        pytest.fail(str(error), pytrace=False)
    found = {paths.relative(item.version_dirs[0], folder): item for item in environments_in(folder)}
    return folder, found


@cache
def _project(entry: Expected) -> Project:
    folder, found = _package(entry.requirement, entry.sha256)
    assert entry.versions in found
    return loaded(folder, found[entry.versions])


def parses(text: str) -> bool:
    return isinstance(parse(SourceText(text)), Module)


def listed(violations: list[Violation]) -> str:
    """A line each; empty when there is none."""
    return "\n".join(str(violation) for violation in violations)
