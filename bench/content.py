"""Content that nobody meant, in bulk: ``python bench/content.py --files 5000``.

Mutated revisions (of rules' examples, of composed ones, and of real ones with ``--real FOLDER``) and every bomb, each held
to what is promised (``tests/proofs``). Prints what was broken and what took longest. Exits with 1 when a promise was
broken, or when reading, checking and every feature took more than ``--limit`` seconds for a file.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from proofs.bombs import BOMBS
from proofs.memory import prove_files, seconds_of
from proofs.mutants import FILE, mutants

TESTS = Path(__file__).resolve().parents[1] / "tests"
BATCH = 50


def main() -> int:
    """Run the mutants in processes, then each bomb in one of its own."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--files", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--real", default="", help="a folder with revision files to start from as well")
    parser.add_argument(
        "--tokens", type=int, default=60, help="places of a file at which every feature is asked"
    )
    parser.add_argument("--limit", type=float, default=2.0, help="seconds for one file")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--no-bombs", action="store_true")
    options = parser.parse_args()
    start = time.perf_counter()
    kinds = Counter[str]()
    examples: dict[str, list[str]] = {}
    slow: list[tuple[float, str]] = []
    batches = [(first, min(first + BATCH, options.files)) for first in range(0, options.files, BATCH)]
    with ProcessPoolExecutor(options.jobs) as pool:
        tasks = [
            pool.submit(batch, first, last, options.seed, options.real, options.tokens)
            for first, last in batches
        ]
        for task in tasks:
            for number, seconds, violations in task.result():
                slow.append((seconds, f"file {number}"))
                for what, text in violations:
                    kinds[what] += 1
                    examples.setdefault(what, []).append(f"file {number}: {text}")
    print(f"{options.files} files of seed {options.seed} in {time.perf_counter() - start:.0f} s")
    bombs = 0
    for name in () if options.no_bombs else BOMBS:
        bombs += 1
        seconds, broken = bomb(name)
        slow.append((seconds, f"bomb {name}"))
        if broken:
            kinds[f"bomb {name}"] += len(broken)
            examples[f"bomb {name}"] = broken
    slow.sort(reverse=True)
    print(f"{bombs} bombs; the slowest: {', '.join(f'{name} {seconds:.2f} s' for seconds, name in slow[:5])}")
    late = [name for seconds, name in slow if seconds > options.limit]
    if late:
        print(f"over {options.limit:g} s: {', '.join(late)}")
    print(f"{sum(kinds.values())} promises broken")
    for what, count in kinds.most_common():
        print(f"- {count} × {what}")
        for text in examples[what][:5]:
            print(f"    {text}")
    return 1 if kinds or late else 0


def batch(
    first: int, last: int, seed: int, real: str, tokens: int
) -> list[tuple[int, float, list[tuple[str, str]]]]:
    """The proofs over some of the mutants: number, seconds for reading and features, and what was broken."""
    found: list[tuple[int, float, list[tuple[str, str]]]] = []
    for number, content in mutants(last, seed, real_files(real)):
        if number < first:
            continue
        files = {FILE: content}
        seconds = sum(seconds_of(files))
        violations = prove_files(files, tokens=tokens)
        found.append(
            (number, seconds, [(f"{item.what} {item.rule}".strip(), str(item)) for item in violations])
        )
    return found


@cache
def real_files(folder: str) -> tuple[str, ...]:
    """The texts of the revision files below a folder, in an order that is the same each time."""
    return tuple(_texts(Path(folder))) if folder else ()


def _texts(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*.py")):
        if path.stat().st_size < 30_000:
            text = path.read_bytes().decode("utf-8", "replace")
            if "down_revision" in text and "def upgrade" in text:
                yield text


def bomb(name: str) -> tuple[float, list[str]]:
    """Seconds and what was broken of one bomb, in a process that it may take along."""
    measure = (
        "import sys; from proofs.bombs import BOMBS; from proofs.memory import seconds_of;"
        f"print(sum(seconds_of(BOMBS[{name!r}]())))"
    )
    ran = subprocess.run([sys.executable, "-c", measure], cwd=TESTS, capture_output=True, check=False)
    if ran.returncode:
        return 0.0, [f"exit status {ran.returncode}: {ran.stderr.decode()[-300:]}"]
    proof = subprocess.run(
        [sys.executable, "-m", "proofs.bombs", name], cwd=TESTS, capture_output=True, check=False
    )
    if proof.returncode not in (0, 1):
        return float(ran.stdout), [f"exit status {proof.returncode}: {proof.stderr.decode()[-300:]}"]
    return float(ran.stdout), json.loads(proof.stdout)["violations"]


if __name__ == "__main__":
    sys.exit(main())
