"""A project in memory around files of any content, held to everything that is promised."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping

from foreshot.project.discover import find_environments
from foreshot.project.files import Files
from foreshot.text import SourceText, decode
from foreshot.workspace.check import Options, load_project
from foreshot.workspace.project import Project
from proofs.features import places_of, unsound_features, unsound_search
from proofs.fixes import Tally, unsound_comments, unsound_fixes, unsound_rounds
from proofs.reports import Violation, logged, unsound_reports
from proofs.whole import some
from rules.harness import ENV, INI, ROOT, TEMPLATE, as_revision

VERSIONS = f"{ROOT}/migrations/versions"
SURROUNDINGS = {
    "alembic.ini": INI,
    "migrations/env.py": ENV,
    "migrations/script.py.mako": TEMPLATE,
    "migrations/versions/0001_setup.py": as_revision("def upgrade():\n    pass\n", "0001", None),
}


def projects_of(files: Mapping[str, bytes], overrides: Mapping[str, object] | None = None) -> list[Project]:
    """Every environment among files given by relative path, with the usual ones beside them."""
    given = {path: text.encode() for path, text in SURROUNDINGS.items()} | dict(files)
    overlay = Files(
        {f"{ROOT}/{path}": decode(data, python=path.endswith(".py")) for path, data in given.items()}
    )
    options = Options((ROOT,), overrides or {}, cache=False, jobs=1)
    return [load_project(overlay, environment, options) for environment in find_environments(overlay, ROOT)]


def prove_files(
    files: Mapping[str, bytes], *, most: int = 3, repairs: int = 200, tokens: int = 60
) -> list[Violation]:
    """Everything that is promised, of a project with these files.

    Args:
        files: by relative path.
        most: findings of one rule in one file that are repaired.
        repairs: findings that are repaired in all.
        tokens: places of a file at which every feature is asked.
    """
    violations: list[Violation] = []
    with logged("") as complaints:
        for project in projects_of(files, {"dialect": ["postgresql", "mysql", "sqlite"]}):
            violations.extend(_of(project, most, repairs, tokens))
    return violations + complaints


def seconds_of(files: Mapping[str, bytes]) -> tuple[float, float]:
    """How long reading and checking takes, and then every feature."""
    start = time.perf_counter()
    projects = projects_of(files)
    for project in projects:
        project.reports  # noqa: B018
    checked = time.perf_counter()
    for project in projects:
        for _ in _features(project, 60):
            pass
    return checked - start, time.perf_counter() - checked


def _of(project: Project, most: int, repairs: int, tokens: int) -> Iterator[Violation]:
    reports = project.reports
    yield from unsound_reports(project, reports)
    chosen = some([report for report in reports if report.offers], most)[:repairs]
    yield from unsound_fixes(project, chosen, Tally())
    for path in dict.fromkeys(report.path for report in chosen):
        yield from unsound_rounds(project, path)
    yield from unsound_comments(project, some(reports, 1)[:repairs])
    yield from _features(project, tokens)


def _features(project: Project, tokens: int) -> Iterator[Violation]:
    environment = project.surroundings.environment
    paths = [*project.analyses][:20]
    paths += [path for path in (environment.env_py, environment.template, environment.ini) if path]
    for path in paths:
        source = project.files.read(path)
        chosen = set(places_of(project, path)) if isinstance(source, SourceText) else {0}
        length = len(source.content) if isinstance(source, SourceText) else 0
        # Places that nobody thought of, the same ones each time.
        rng = random.Random(length)
        offsets = rng.sample(sorted(chosen), min(len(chosen), tokens))
        offsets += [rng.randrange(length + 1) for _ in range(tokens // 4)]
        yield from unsound_features(project, path, sorted(offsets))
    yield from unsound_search(project)
