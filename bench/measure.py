"""What the benchmarks share: how programs are started, what a machine and its load are, and tables.

Linux only: memory, descriptors and load are read from ``/proc``.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

BENCH = Path(__file__).resolve().parent
FORESHOT = Path(sys.executable).with_name("foreshot")
"""The command beside the interpreter that runs the benchmark."""


def environment(**more: str) -> dict[str, str]:
    """The environment of whatever is measured: nobody's settings of Python, so that bytecode is kept and output buffered."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "FORESHOT"))}
    return kept | more


def median(values: Iterable[float]) -> float:
    return quantile(values, 0.5)


def quantile(values: Iterable[float], part: float) -> float:
    """The smallest value that is not exceeded by this part of them; the mean of the two middle ones for an even half."""
    ordered = sorted(values)
    if part == 0.5 and len(ordered) % 2 == 0:
        return (ordered[len(ordered) // 2 - 1] + ordered[len(ordered) // 2]) / 2
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def memory(process: int) -> float:
    """MB held by a process and its descendants; pages that they share are counted once."""
    return sum(_field(Path(f"/proc/{member}/smaps_rollup"), "Pss:") for member in family(process)) / 1024


def resident(process: int) -> float:
    """MB that a process and its descendants hold, each counted by itself: not less than :func:`memory`."""
    return sum(_field(Path(f"/proc/{member}/status"), "VmRSS:") for member in family(process)) / 1024


def cpu_time(process: int) -> float:
    """Milliseconds of CPU that the threads of a process have had."""
    threads = Path(f"/proc/{process}/task").iterdir()
    return sum(int((thread / "schedstat").read_text("ascii").split()[0]) for thread in threads) / 1e6


def family(process: int) -> list[int]:
    """A process and its descendants."""
    found = [process]
    for member in found:
        try:
            children = Path(f"/proc/{member}/task/{member}/children").read_text("ascii")
        except OSError:
            continue
        found += map(int, children.split())
    return found


def descriptors_and_threads(process: int) -> tuple[int, int]:
    """How many a process has of each."""
    return len(list(Path(f"/proc/{process}/fd").iterdir())), len(
        list(Path(f"/proc/{process}/task").iterdir())
    )


def _field(path: Path, name: str) -> int:
    try:
        lines = path.read_text("ascii", "replace").splitlines()
    except OSError:
        return 0  # it has just ended
    return next((int(line.split()[1]) for line in lines if line.startswith(name)), 0)


def make_project(folder: Path, count: int, long: int = 0) -> None:
    """Write an invented project, by a process of its own: this one's memory would count as its children's."""
    command = [sys.executable, BENCH / "make_project.py", folder, f"--revisions={count}", f"--long={long}"]
    subprocess.run(command, check=True)


def load() -> str:
    """The load average of the last minute, as text."""
    return f"{os.getloadavg()[0]:.1f}"


def machine() -> str:
    """The machine in one line, without its name."""
    model = next(
        (line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")),
        platform.machine(),
    )
    kilobytes = next(
        (int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), 0
    )
    usable = len(os.sched_getaffinity(0))
    kernel = platform.release().partition("-")[0]
    return (
        f"{usable} of {os.cpu_count()} CPUs ({model}), {kilobytes / 1024 / 1024:.0f} GB, Linux {kernel}, "
        f"Python {platform.python_version()}"
    )


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text("utf-8", "replace").splitlines()
    except OSError:
        return []


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table, its first column to the left and the others to the right."""
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


class Bounds:
    """Promises, and whether the numbers keep them."""

    def __init__(self) -> None:
        self._rows: list[list[str]] = []
        self.missed = 0

    def hold(self, what: str, value: float, bound: float, unit: str = "") -> None:
        """``value`` may be ``bound`` at most."""
        kept = value <= bound
        self.missed += not kept
        self._rows.append([what, f"{value:.2f}{unit}", f"≤ {bound:g}{unit}", "yes" if kept else "**no**"])

    def __str__(self) -> str:
        return table(["bound", "measured", "allowed", "kept"], self._rows) if self._rows else ""
