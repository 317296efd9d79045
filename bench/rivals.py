"""Foreshot's check beside the other tools that read migrations: ``python bench/rivals.py PROJECT... [--generated N]``.

Installs the others, as pinned below, into an environment of their own in the user's cache folder. Every command runs
in the project's folder, on the same two processors, one after the other in turns, so that a busy moment of the
machine hits all of them. Wall and CPU time are those of whole processes with their children, output goes to a file,
and the tables show medians. Each is run once beforehand, untimed, and PYTHONDONTWRITEBYTECODE and its like are taken
away: whoever runs a tool twice has its bytecode on disk.

`cold` is `foreshot check --no-cache`; `warm` finds nothing changed; every tool prints what it prints unless told
otherwise, and `concise` shows what Foreshot's excerpts cost. The cache knows the state of Foreshot's own files, so
nobody may work on them meanwhile: measure another installation with `--foreshot` (the command fails when the cache
turns out to have been written anew). Memory is the largest process as the kernel
counts it (which is not less than what this script itself holds, the first row) and, in a run of its own, all processes
together. The bounds at the end are promises about real projects of some 550 revisions and generated ones of 10,000.
Exits with 1 when one is missed.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from measure import FORESHOT, Bounds, environment, load, machine, make_project, median, memory, table

RIVALS = {"alembic-guard": "0.1.1", "zdm": "0.9.1", "sqlalchemy-lsp": "0.2.4"}
PROCESSORS = 2
COLD, WARM, CONCISE = "foreshot, cold", "foreshot, warm", "foreshot, warm, concise"
PATIENCE = 240
"""Seconds after which a command is given up, and left out."""
REAL, LARGE = range(400, 800), 10_000
"""How many revisions a project has that the promises are about."""


@dataclass
class Run:
    """One run of one command."""

    wall: float
    cpu: float
    peak: float  # MB of its largest process


def install() -> Path:
    """The folder of the rivals' commands."""
    caches = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    pins = [f"{name}=={version}" for name, version in RIVALS.items()]
    mark = hashlib.sha256("\n".join([sys.version, *pins]).encode()).hexdigest()[:12]
    folder = caches / "foreshot-bench" / mark
    done = folder / "installed"
    if not done.exists():
        print(f"Installing {', '.join(pins)} …", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        subprocess.run([folder / "bin/python", "-m", "pip", "install", "--quiet", *pins], check=True)
        done.touch()
    return folder / "bin"


def commands(project: Path, rivals: Path, foreshot: str) -> dict[str, list[str]]:
    """What is compared, by name."""
    folders = [str(folder.relative_to(project)) for folder in version_folders(project)]
    return {
        COLD: [foreshot, "check", "--no-cache"],
        WARM: [foreshot, "check"],
        CONCISE: [foreshot, "check", "--output-format", "concise"],
        "alembic-guard": [str(rivals / "alembic-guard"), *folders],
        "zdm": [str(rivals / "zdm"), *folders],
        "sqlalchemy-lsp": [str(rivals / "sqlalchemy-lsp"), "check", "."],
    }


def version_folders(project: Path) -> list[Path]:
    """The folders of revisions of a project: those called ``versions`` beside an ``env.py``."""
    found = [path.parent / "versions" for path in project.rglob("env.py")]
    folders = sorted(folder for folder in found if folder.is_dir())
    if not folders:
        sys.exit(f"{project} has no folder of revisions.")
    return folders


def run(command: Sequence[str], project: Path, output: Path, settings: dict[str, str]) -> Run:
    """Run a command to its end; 0 and 1 (it found something) are success."""
    with output.open("wb") as out:
        before = time.perf_counter()
        process = subprocess.Popen(command, cwd=project, env=settings, stdout=out, stderr=out)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - before
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        said = output.read_text("utf-8", "replace")[-2000:]
        sys.exit(f"{' '.join(command)} in {project} left with {process.returncode}:\n{said}")
    return Run(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def warmed_up(command: Sequence[str], project: Path, settings: dict[str, str]) -> bool:
    """Run a command untimed; False when it was given up."""
    null = subprocess.DEVNULL
    try:
        subprocess.run(
            command, cwd=project, env=settings, stdout=null, stderr=null, timeout=PATIENCE, check=False
        )
    except subprocess.TimeoutExpired:
        return False
    return True


def together(command: Sequence[str], project: Path, settings: dict[str, str]) -> float:
    """MB that all processes of a command hold at the worst moment, looked at every few milliseconds."""
    null = subprocess.DEVNULL
    process = subprocess.Popen(command, cwd=project, env=settings, stdout=null, stderr=null)
    most = 0.0
    while process.poll() is None:
        most = max(most, memory(process.pid))
        time.sleep(0.01)
    return most


def compare(
    project: Path, rivals: Path, bounds: Bounds, given: argparse.Namespace, *, generated: bool
) -> None:
    """Measure one project and print its table."""
    count = sum(len(list(folder.glob("*.py"))) for folder in version_folders(project))
    runs = given.generated_runs if generated else given.runs
    before = load()
    with tempfile.TemporaryDirectory(prefix="foreshot-bench-") as scratch:
        output, cache = Path(scratch, "output"), Path(scratch, "cache")
        settings = environment(FORESHOT_CACHE_DIR=str(cache))
        todo = commands(project, rivals, given.foreshot)
        given_up = [
            name
            for name, command in todo.items()
            if name in given.without or not warmed_up(command, project, settings)
        ]
        for name in given_up:
            del todo[name]
        written = [file.stat().st_mtime_ns for file in cache.iterdir()]
        taken: dict[str, list[Run]] = {name: [] for name in todo}
        for _ in range(runs):
            for name, command in todo.items():
                taken[name].append(run(command, project, output, settings))
        all_of = {name: together(todo[name], project, settings) for name in (COLD, WARM)}
        if [file.stat().st_mtime_ns for file in cache.iterdir()] != written:
            sys.exit(
                f"{project.name}: Foreshot or the project changed meanwhile, so its cache was of no use."
            )
    wall = {name: median(one.wall for one in found) for name, found in taken.items()}
    named = f"generated, {count} revisions" if generated else f"{project.name}, {count} revisions"
    print(f"\n### {named}\n\n{machine()}. Load {before} before, {load()} after. Median of {runs}.\n")
    print(table(HEAD, [_row(name, found, wall, all_of) for name, found in taken.items()]), flush=True)
    if given_up:
        print(f"\nLeft out, or given up after {PATIENCE} s: {', '.join(given_up)}.", flush=True)
    if not {COLD, WARM, "alembic-guard", "zdm"} <= wall.keys():
        bounds.missed += 1
        return
    if generated and count >= LARGE:
        bounds.hold(f"{named}: cold / zdm", wall[COLD] / wall["zdm"], 1.0)
        bounds.hold(f"{named}: warm / zdm", wall[WARM] / wall["zdm"], 0.3)
        bounds.hold(f"{named}: memory", max(all_of.values()), 300, " MB")
    elif not generated and count in REAL:
        bounds.hold(f"{named}: cold / alembic-guard", wall[COLD] / wall["alembic-guard"], 1.5)
        bounds.hold(f"{named}: warm / zdm", wall[WARM] / wall["zdm"], 2.0)


HEAD = ["", "wall s", "fastest", "slowest", "CPU s", "÷ alembic-guard", "÷ zdm", "largest MB", "together MB"]


def _row(name: str, found: list[Run], wall: dict[str, float], all_of: dict[str, float]) -> list[str]:
    times = [one.wall for one in found]
    return [
        name,
        f"{wall[name]:.3f}",
        f"{min(times):.3f}",
        f"{max(times):.3f}",
        f"{median(one.cpu for one in found):.3f}",
        *(f"{wall[name] / wall[rival]:.2f}" if rival in wall else "" for rival in ("alembic-guard", "zdm")),
        f"{max(one.peak for one in found):.0f}",
        f"{all_of[name]:.0f}" if name in all_of else "",
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument(
        "projects", nargs="*", type=Path, metavar="PROJECT", help="the folder of a repository"
    )
    parser.add_argument(
        "--generated", type=int, default=0, metavar="N", help="also an invented one of N revisions"
    )
    parser.add_argument(
        "--without", action="append", default=[], choices=["sqlalchemy-lsp"], help="leave one out"
    )
    parser.add_argument(
        "--foreshot", default=str(FORESHOT), metavar="COMMAND", help="another installation of it"
    )
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--generated-runs", type=int, default=3)
    given = parser.parse_args()
    if not given.projects and not given.generated:
        parser.error("name a project, or --generated N")
    rivals = install()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:PROCESSORS])
    bounds = Bounds()
    for project in given.projects:
        compare(project.resolve(), rivals, bounds, given, generated=False)
    if given.generated:
        with tempfile.TemporaryDirectory(prefix="foreshot-bench-") as folder:
            make_project(Path(folder), given.generated)
            compare(Path(folder), rivals, bounds, given, generated=True)
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"\nThis script held {own:.0f} MB; no row can show less as its largest process.\n\n{bounds}".rstrip()
    )
    return 1 if bounds.missed else 0


if __name__ == "__main__":
    sys.exit(main())
