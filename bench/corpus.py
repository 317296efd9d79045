"""Holds Foreshot to its promises on a folder of projects, each in a folder of its own: ``python bench/corpus.py FOLDER...``.

Every feature runs over every file. Prints a Markdown table of what was found and repaired, the promises that were
broken (see ``tests/proofs``), and the slowest files. Exits with 1 when a promise was broken.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from foreshot.rules import NAMES, family_of, revision_rules
from foreshot.text import SourceText
from foreshot.workspace.analysis import analyse
from proofs.reports import Violation
from proofs.whole import PARTS, Outcome, environments_in, loaded, prove


@dataclass
class Total:
    """What was seen of all projects."""

    projects: int = 0
    environments: int = 0
    files: int = 0
    seconds: float = 0.0
    findings: Counter[str] = field(default_factory=Counter)
    offered: Counter[str] = field(default_factory=Counter)
    verified: Counter[str] = field(default_factory=Counter)
    refused: Counter[tuple[str, str]] = field(default_factory=Counter)
    violations: list[tuple[str, Violation]] = field(default_factory=list)
    slow: list[tuple[float, int, str]] = field(default_factory=list)


def main() -> int:
    """Run the proofs over every project, in processes, and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER", help="folders of projects")
    parser.add_argument("--parts", default=",".join(PARTS), help="of " + ", ".join(PARTS))
    parser.add_argument("--most", type=int, help="repairs of one rule in one file; all by default")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--only", default="", help="projects with this in their name")
    parser.add_argument("--slow", type=float, default=50.0, help="list files that take so many milliseconds")
    options = parser.parse_args()
    parts = tuple(options.parts.split(","))
    start = time.perf_counter()
    total = Total()
    projects = [project for project in projects_in(options.folders) if options.only in project.name]
    with ProcessPoolExecutor(options.jobs) as pool:
        tasks = {
            pool.submit(work, str(project), parts, options.most, options.slow): project
            for project in projects
        }
        for task, project in tasks.items():
            outcomes, slow = task.result()
            print(f"{project.name}: {sum(outcome.files for outcome in outcomes)} files", file=sys.stderr)
            total.slow.extend(slow)
            for outcome in outcomes:
                add(total, outcome, project.name)
            total.projects += bool(outcomes)
    for line in report(total, parts, time.perf_counter() - start):
        print(line)
    return 1 if total.violations else 0


def projects_in(folders: Iterable[Path]) -> Iterator[Path]:
    """The folders that lie in these folders."""
    for folder in folders:
        for project in sorted(folder.resolve().iterdir()):
            if project.is_dir() and not project.name.startswith("."):
                yield project


def work(
    folder: str, parts: tuple[str, ...], most: int | None, limit: float
) -> tuple[list[Outcome], list[tuple[float, int, str]]]:
    """The proofs over one project."""
    outcomes: list[Outcome] = []
    slow: list[tuple[float, int, str]] = []
    for environment in environments_in(folder):
        outcomes.append(prove(folder, environment, parts, most))
        slow.extend(slow_files(folder, environment.script_location, limit))
    return outcomes, slow


def slow_files(folder: str, place: str, limit: float) -> Iterator[tuple[float, int, str]]:
    """Milliseconds, characters and path of each revision that takes more than ``limit``: the best of three."""
    environment = next(found for found in environments_in(folder) if found.script_location == place)
    project = loaded(folder, environment)
    for path in project.analyses:
        source = project.files.read(path)
        if not isinstance(source, SourceText):
            continue
        best = float("inf")
        for _ in range(3):
            if best > limit:
                start = time.perf_counter()
                analyse(source, path, project.surroundings, revision_rules())
                best = min(best, (time.perf_counter() - start) * 1000)
        if best > limit:
            yield best, len(source.content), path


def add(total: Total, outcome: Outcome, project: str) -> None:
    """Count one environment."""
    total.environments += 1
    total.files += outcome.files
    total.seconds += outcome.seconds
    total.findings += outcome.findings
    total.offered += outcome.tally.offered
    total.verified += outcome.tally.verified
    total.refused += outcome.tally.refused
    total.violations.extend((project, violation) for violation in outcome.violations)


def report(total: Total, parts: Iterable[str], seconds: float) -> Iterator[str]:
    """The result as Markdown."""
    yield (
        f"{total.projects} projects, {total.environments} environments, {total.files} revision files;"
        f" read and checked in {total.seconds:.1f} s, with {', '.join(parts)} {seconds:.0f} s."
    )
    yield ""
    yield "| rule | findings | repairs offered | held | refused | broken |"
    yield "|---|---:|---:|---:|---:|---:|"
    broken = Counter(violation.rule for _, violation in total.violations)
    refused = Counter[str]()
    for (rule, _), count in total.refused.items():
        refused[rule] += count
    for rule in sorted(NAMES, key=lambda rule: (-total.findings[rule], family_of(rule), rule)):
        if total.findings[rule] or broken[rule]:
            cells = (total.findings, total.offered, total.verified, refused, broken)
            yield f"| {rule} | {' | '.join(str(cell[rule] or '') for cell in cells)} |"
    sums = (total.findings, total.offered, total.verified, refused)
    yield f"| **all** | {' | '.join(str(sum(cell.values())) for cell in sums)} | {len(total.violations)} |"
    if total.refused:
        yield ""
        yield "Refused:"
        yield ""
        for (rule, why), count in total.refused.most_common():
            yield f"- {count} × {rule}: {why}"
    if total.slow:
        yield ""
        yield "Slow files:"
        yield ""
        for took, size, path in sorted(total.slow, reverse=True):
            yield f"- {took:.0f} ms for {size >> 10} KiB: {Path(path).name}"
    if total.violations:
        yield ""
        yield "Broken promises:"
        yield ""
        for project, violation in total.violations:
            yield f"- {project}: {violation}"


if __name__ == "__main__":
    sys.exit(main())
