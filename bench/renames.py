"""Another id for revisions of real projects, and the history that Alembic then loads: ``python bench/renames.py PROJECT...``.

In each environment takes revisions of every kind (one that has children, one that a merge names, a merge, one that ``depends_on``
names, one with a label, a head, and any), and at each place that names them (their own header, a child's, a merge's, a
``depends_on``, a docstring) asks for a new id. The history that Alembic loads must be the one before, the one id aside; no code of a
project runs (see ``tests/proofs/renames.py``). Prints what was tried, each difference, refusals, and where the old id still stands.
Exits with 1 when a history is another.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from foreshot.workspace.check import Options, check
from foreshot.workspace.shipped import Wanted
from proofs.renames import Copy, Outcome, renamings, texts_of


def main() -> int:
    """Rename, load and compare; 1 when a history is another."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("projects", nargs="+", type=Path)
    parser.add_argument("--each", type=int, default=2, help="revisions of each kind in an environment")
    parser.add_argument(
        "--left", type=int, default=0, help="show so many places where the old id still stands"
    )
    options = parser.parse_args()
    sys.dont_write_bytecode = True
    outcomes: list[Outcome] = []
    unloadable: list[str] = []
    environments = 0
    for folder in options.projects:
        for result in check(Options((str(folder.resolve()),), wanted=Wanted(last=1))):
            if not result.project.graph.nodes:
                continue
            try:
                with tempfile.TemporaryDirectory() as copied:
                    copy = Copy(Path(copied), texts_of(result.project))
                    outcomes += renamings(result.project, copy, options.each)
                environments += 1
            except Exception as problem:  # whatever Alembic raises of a history that it cannot load
                unloadable.append(f"{folder.name}: {type(problem).__name__}: {str(problem)[:150]}")
    print(f"{len(outcomes)} renamings in {environments} environments of {len(options.projects)} projects")
    show(Counter(outcome.kind for outcome in outcomes))
    differing = [f"{item.kind}: {item.where}: {line}" for item in outcomes for line in item.differs]
    print(
        f"histories that are another: {sum(bool(outcome.differs) for outcome in outcomes)}",
        *differing[:50],
        sep="\n  ",
    )
    print("refused:")
    show(Counter(outcome.refused for outcome in outcomes if outcome.refused))
    left = [line for outcome in outcomes for line in outcome.left]
    print("the old id still stands:")
    show(Counter(line.partition(":")[0] for line in left))
    print(*random.Random(1).sample(left, min(options.left, len(left))), sep="\n")
    print("Alembic does not load, renamed or not:", *unloadable, sep="\n  ")
    return 1 if differing else 0


def show(counts: Counter[str]) -> None:
    """Print counts, a line each."""
    for what, count in sorted(counts.items()):
        print(f"  {count} × {what}")


if __name__ == "__main__":
    sys.exit(main())
