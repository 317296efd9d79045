"""All proofs over one environment."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from foreshot.lint.report import Report
from foreshot.project.discover import find_environments
from foreshot.project.disk import DiskFiles
from foreshot.project.environment import Environment
from foreshot.project.files import Files
from foreshot.workspace.check import Options, load_project
from foreshot.workspace.project import Project
from proofs.features import unsound_features, unsound_search
from proofs.fixes import Tally, unsound_comments, unsound_fixes, unsound_rounds
from proofs.reports import Violation, logged, unsound_reports

PARTS = ("fixes", "comments", "features")


@dataclass
class Outcome:
    """What the proofs saw of one environment."""

    place: str
    """Its script folder, relative to the folder that was searched."""
    files: int = 0
    seconds: float = 0.0
    """For reading and checking alone."""
    findings: Counter[str] = field(default_factory=Counter)
    tally: Tally = field(default_factory=Tally)
    violations: list[Violation] = field(default_factory=list)


def environments_in(folder: str) -> list[Environment]:
    """The environments at or below a folder."""
    return find_environments(Files(disk=DiskFiles((folder,))), folder)


def loaded(folder: str, environment: Environment) -> Project:
    """An environment as ``foreshot check`` sees it, read in this process and without a cache."""
    return load_project(
        Files(disk=DiskFiles((folder,))), environment, Options((folder,), cache=False, jobs=1)
    )


def some(reports: Iterable[Report], most: int | None) -> list[Report]:
    """Of the findings of one rule in one file that many, evenly spread, the first and the last among them."""
    groups: dict[tuple[str, str], list[Report]] = {}
    for report in reports:
        groups.setdefault((report.path, report.rule), []).append(report)
    chosen: list[Report] = []
    for group in groups.values():
        if most is None or len(group) <= most:
            chosen.extend(group)
        else:
            last = len(group) - 1
            chosen.extend(group[last * step // max(most - 1, 1)] for step in range(most))
    return chosen


def prove(
    folder: str, environment: Environment, parts: Sequence[str] = PARTS, most: int | None = None
) -> Outcome:
    """Hold one environment to everything that is promised.

    Args:
        folder: the project's folder.
        environment: one of its environments.
        parts: what to prove besides that findings are sound.
        most: repairs of one rule that are made in one file; None: all.
    """
    place = environment.script_location.removeprefix(folder).lstrip("/\\") or "."
    with logged(place) as complaints:
        start = time.perf_counter()
        project = loaded(folder, environment)
        reports = project.reports
        outcome = Outcome(place, len(project.analyses), time.perf_counter() - start)
        outcome.findings.update(report.rule for report in reports)
        outcome.violations.extend(unsound_reports(project, reports))
        outcome.violations.extend(_further(project, parts, most, outcome.tally))
    outcome.violations.extend(complaints)
    outcome.tally.forget()
    return outcome


def _further(project: Project, parts: Sequence[str], most: int | None, tally: Tally) -> Iterator[Violation]:
    reports = project.reports
    if "fixes" in parts:
        yield from unsound_fixes(project, some(reports, most), tally)
        for path in dict.fromkeys(report.path for report in reports if report.offers):
            yield from unsound_rounds(project, path)
    if "comments" in parts:
        yield from unsound_comments(project, some(reports, 1))
    if "features" in parts:
        environment = project.surroundings.environment
        others = (environment.env_py, environment.template, environment.ini, environment.pyproject)
        for path in [*project.analyses, *filter(None, others)]:
            yield from unsound_features(project, path)
        yield from unsound_search(project)
