"""Times of the revision graph on large and hostile histories: ``python bench/graph.py``.

Prints, in milliseconds, the time to build each history, its heads, the ancestors of its last revision, and its
topological order. The bound in the last column is on their sum (of 10,000: on build and heads, which every check and
every keystroke needs). Exits with 1 when a bound is missed.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from foreshot.migration.graph import Node, RevisionGraph
from foreshot.migration.revision_parts import RevisionHeader


def linear(count: int) -> list[Node]:
    """Revisions one after the other."""
    return [_node(number, (f"r{number - 1:08}",) if number else ()) for number in range(count)]


def diamonds(count: int) -> list[Node]:
    """A fork of two and its merge, stacked: three revisions each."""
    nodes = [_node(0, ())]
    for number in range(1, 3 * count, 3):
        top = f"r{number - 1:08}"
        nodes += [_node(number, (top,)), _node(number + 1, (top,))]
        nodes.append(_node(number + 2, (f"r{number:08}", f"r{number + 1:08}")))
    return nodes


def comb(count: int) -> list[Node]:
    """A line with a head beside each of its revisions, and a label on each."""
    nodes: list[Node] = []
    for number in range(0, count, 2):
        down = (f"r{number - 2:08}",) if number else ()
        nodes += [_node(number, down, (f"l{number}",)), _node(number + 1, (f"r{number:08}",))]
    return nodes


def ring(count: int) -> list[Node]:
    """One loop through all revisions."""
    return [_node(number, (f"r{(number - 1) % count:08}",)) for number in range(count)]


def lost(count: int) -> list[Node]:
    """Revisions that all name one that is not there, in ``down_revision`` and in ``depends_on``."""
    return [
        Node(node.key, RevisionHeader(node.id, (f"gone{number}",), depends_on=(f"gone{number}@x{number}",)))
        for number, node in enumerate(linear(count))
    ]


def _node(number: int, down: tuple[str, ...], labels: tuple[str, ...] = ()) -> Node:
    return Node(f"versions/r{number:08}_some_change.py", RevisionHeader(f"r{number:08}", down, labels))


def measure(nodes: list[Node]) -> tuple[dict[str, float], RevisionGraph]:
    """Milliseconds of each step, and the graph."""
    times: dict[str, float] = {}
    start = time.perf_counter()
    graph = RevisionGraph(nodes)
    times["build"] = time.perf_counter() - start
    steps = {
        "heads": lambda: (graph.heads, graph.bases),
        "ancestors": lambda: graph.ancestors(nodes[-1]),
        "order": lambda: graph.order,
        "faults": lambda: (
            graph.confused_heads,
            graph.cycles,
            graph.missing_parents,
            graph.duplicates,
            graph.unresolved_dependencies,
        ),
    }
    for name, step in steps.items():
        start = time.perf_counter()
        step()
        times[name] = time.perf_counter() - start
    return {name: value * 1000 for name, value in times.items()}, graph


CASES: list[tuple[str, Callable[[int], list[Node]], int, float | None]] = [
    ("linear", linear, 10_000, 60.0),
    ("linear", linear, 100_000, 3000.0),
    ("diamonds", diamonds, 9_000, 2000.0),
    ("comb, labelled", comb, 100_000, None),
    ("ring", ring, 100_000, None),
    ("lost parents", lost, 100_000, None),
]


def main() -> int:
    columns = ("build", "heads", "ancestors", "order", "faults")
    print(
        f"{'history':<16}{'count':>8}"
        + "".join(f"{name:>11}" for name in columns)
        + f"{'sum':>9}{'bound':>9}"
    )
    missed = 0
    for name, make, count, bound in CASES:
        nodes = make(count)
        times = min((measure(nodes)[0] for _ in range(3)), key=lambda found: sum(found.values()))
        total = sum(times.values())
        counted = times["build"] + times["heads"] if count == 10_000 else total
        late = bound is not None and counted > bound
        missed += late
        cells = "".join(f"{times[column]:>11.1f}" for column in columns)
        print(f"{name:<16}{count:>8}{cells}{total:>9.1f}{bound or '-':>9}{'  missed' if late else ''}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
