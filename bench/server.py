"""The language server's times and memory: ``python bench/server.py [PROJECT] [--revisions N] [--soak N]``.

Without a project it is asked about an invented one of N revisions (1,000 unless said otherwise) with a file of 1,500
lines. Measured are

- from the start of the process to the answer to `initialize`, in turns with a server of pygls that can do nothing;
- from a change to its diagnostics, in a file of about 100 lines and in one of about 1,500, once all revisions are read:
  as the client asks for them (pull) and as they are sent (push). `line` adds and removes an operation that has
  something wrong with it; `typing` types one letter by letter, so that most states do not even parse;
- a completion: with nothing changed, at places of every kind, and after each letter of an operation that is being typed;
- how long the server is deaf while it has 100 requests to answer, and how soon it lets go of those that are cancelled;
- what an editor asks of the whole workspace when somebody pauses after a change: all diagnostics, and the graph;
- resident memory, all processes together;
- with `--soak N`, N edits of five files with closing, opening, hovers and lists of actions in between: memory,
  descriptors, threads and the slowest hundredth at the end beside those after a tenth of the way.

The client has one thread and stands on the same processors, so its own work counts too (some 0.1 ms). Nothing of the
project is written. As in `rivals.py`, all is run once untimed, with bytecode on disk. Exits with 1 when a promise is
not kept.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

from client import Client, Message
from measure import (
    BENCH,
    FORESHOT,
    Bounds,
    cpu_time,
    descriptors_and_threads,
    load,
    machine,
    make_project,
    median,
    quantile,
    resident,
    table,
)

BARE = [sys.executable, str(BENCH / "bare_server.py")]
TYPICAL, LONG = 100, 1500
LIMITS = {TYPICAL: 5.0, LONG: 25.0}
"""Milliseconds that half of the changes may take."""
COMPLETIONS = {TYPICAL: 15.0, LONG: 30.0}
"""Milliseconds that 95 of 100 completions may take: at rest, and after a letter in the long file."""
BURST = 100
WARM_UP = 10


class Cursor:
    """Edits at the top of a revision's ``upgrade``; after an even number of them the file is as it was."""

    def __init__(self, client: Client, path: Path) -> None:
        lines = path.read_text("utf-8").splitlines()
        self.client, self.path = client, path
        self.line = next(number for number, line in enumerate(lines) if line.startswith("def upgrade")) + 1
        self._count = 0

    def toggle_line(self) -> None:
        """Add an operation that has something wrong with it, or remove it."""
        self._count += 1
        if self._count % 2:
            text = f'    op.drop_column("no_table", "gone{self._count}")\n'
            self.client.edit(self.path, self.line, 0, self.line, 0, text)
        else:
            self.client.edit(self.path, self.line, 0, self.line + 1, 0, "")

    def typing(self) -> Iterator[None]:
        """Type an operation letter by letter and take it away again, over and over."""
        text = 'op.drop_column("no_table", "gone")'
        while True:
            self.client.edit(self.path, self.line, 0, self.line, 0, "    \n")
            yield
            for column, letter in enumerate(text, 4):
                self.client.edit(self.path, self.line, column, self.line, column, letter)
                yield
            for column in range(len(text) + 3, 3, -1):
                self.client.edit(self.path, self.line, column, self.line, column + 1, "")
                yield
            self.client.edit(self.path, self.line, 0, self.line + 1, 0, "")
            yield


@contextmanager
def session(project: Path, command: Sequence[str], *, pull: bool, quiet: float = 1.0) -> Iterator[Client]:
    """A client of a server that has read the project."""
    with tempfile.TemporaryDirectory(prefix="foreshot-bench-") as cache:
        client = Client(command, project, FORESHOT_CACHE_DIR=cache)
        try:
            client.initialize(pull=pull)
            client.settle(quiet)
            yield client
        finally:
            client.end()


def start(project: Path, server: Sequence[str], count: int, bounds: Bounds) -> str:
    """Spawn to `initialize`."""
    times: dict[str, list[float]] = {"foreshot": [], "bare pygls": []}
    with tempfile.TemporaryDirectory(prefix="foreshot-bench-") as cache:
        for turn in range(count + 1):
            for name, command in (("foreshot", server), ("bare pygls", BARE)):
                client = Client(command, project, FORESHOT_CACHE_DIR=cache)
                took = client.initialize(pull=True)
                client.end()
                if turn:
                    times[name].append(took * 1000)
    mine, bare = median(times["foreshot"]), median(times["bare pygls"])
    bounds.hold("initialize / bare pygls", mine / bare, 1.3)
    rows = [[name, *summary(found), f"{median(found) / bare:.2f}"] for name, found in times.items()]
    return table(["start to `initialize`", "n", "p50 ms", "p95 ms", "fastest", "÷ bare"], rows)


def summary(times: list[float]) -> list[str]:
    return [str(len(times)), *(f"{quantile(times, part):.2f}" for part in (0.5, 0.95)), f"{min(times):.2f}"]


def changes(project: Path, server: Sequence[str], edits: int, bounds: Bounds) -> str:
    """Change to diagnostics."""
    rows: list[list[str]] = []
    for pull in (True, False):
        for path, lines, limit in chosen(project):
            with session(project, server, pull=pull) as client:
                shown: Callable[[Path], list[Message]] = client.pulled if pull else client.pushed
                client.open(path)
                shown(path)
                cursor = Cursor(client, path)
                for kind in ("line", "typing"):
                    used = cpu_time(client.process)
                    times = timed(cursor, kind, shown, edits)
                    used = (cpu_time(client.process) - used) / (edits + WARM_UP)
                    name = f"{lines} lines, {kind}, {'pull' if pull else 'push'}"
                    rows.append([name, *summary(times), f"{used:.2f}"])
                    if limit is not None and kind == "line":
                        bounds.hold(f"{name}, p50", median(times), limit, " ms")
    return table(["change to diagnostics", "n", "p50 ms", "p95 ms", "fastest", "CPU ms each"], rows)


def chosen(project: Path) -> Iterator[tuple[Path, int, float | None]]:
    """The revisions that are nearest to the two lengths, their lines, and what is promised of such."""
    lengths = {path: path.read_bytes().count(b"\n") for path in revisions(project)}
    for wanted, limit in LIMITS.items():
        path = min(lengths, key=lambda path: abs(lengths[path] - wanted))
        near = abs(lengths[path] - wanted) < wanted / 5
        yield path, lengths[path], limit if near else None


def revisions(project: Path) -> list[Path]:
    """The revisions that can be edited at their top."""
    found = [
        path for path in sorted(project.rglob("versions/*.py")) if "\ndef upgrade" in path.read_text("utf-8")
    ]
    return found or sys.exit(f"{project} has no revisions.")


def timed(cursor: Cursor, kind: str, shown: Callable[[Path], list[Message]], edits: int) -> list[float]:
    """Milliseconds of each change; complains when the diagnostics did not follow the text."""
    typing = cursor.typing()
    times: list[float] = []
    counts: list[int] = []
    for _ in range(edits + WARM_UP):
        before = time.perf_counter()
        if kind == "line":
            cursor.toggle_line()
        else:
            next(typing)
        counts.append(len(shown(cursor.path)))
        times.append((time.perf_counter() - before) * 1000)
        # Nobody types without a pause, and a server may use it.
        time.sleep(0.005)
    if kind == "line" and any(before == after for before, after in pairwise(counts)):
        raise SystemExit(
            f"The diagnostics of {cursor.path.name} did not change with the text: {counts[:10]} …"
        )
    return times[WARM_UP:]


def completions(project: Path, server: Sequence[str], rounds: int, bounds: Bounds) -> str:
    """A completion at rest, and one after each letter."""
    rows: list[list[str]] = []
    with session(project, server, pull=True) as client:
        for path, lines, _ in chosen(project):
            limit = COMPLETIONS[TYPICAL if lines < LONG / 2 else LONG]
            client.open(path)
            client.pulled(path)
            for name, asking in (("at rest", at_rest), ("typing", at_letters)):
                answers = list(asking(client, path, rounds))
                times, used, offered = (list(found) for found in zip(*answers, strict=True))
                what, spent = f"{lines} lines, {name}", quantile(used, 0.95)
                share = f"{sum(map(bool, offered)) / len(offered):.0%}"
                rows.append([what, *summary(times), f"{median(used):.2f}", f"{spent:.2f}", share])
                bounds.hold(f"completion, {what}, CPU, p95", spent, limit, " ms")
    heads = ["completion", "n", "p50 ms", "p95 ms", "fastest", "CPU ms, p50", "CPU ms, p95", "with an answer"]
    return table(heads, rows)


def at_rest(client: Client, path: Path, rounds: int) -> Iterator[tuple[float, float, int]]:
    """Completions behind every dot, bracket, comma and quote of the first 120 lines, in a text that stays."""
    lines = path.read_text("utf-8").splitlines()[:120]
    places = [
        (row, column + 1)
        for row, line in enumerate(lines)
        for column, sign in enumerate(line)
        if sign in ".(\"',"
    ]
    for row, column in (places * rounds)[: 100 * rounds]:
        yield completed(client, path, row, column)


def at_letters(client: Client, path: Path, rounds: int) -> Iterator[tuple[float, float, int]]:
    """Completions after each letter of operations that are typed at the top of ``upgrade``, and taken away."""
    cursor = Cursor(client, path)
    tables = re.findall(
        r'(?:add_column|drop_column|create_table|create_index)\(\s*"(?:ix_\w+", ")?(\w+)"',
        path.read_text("utf-8"),
    )
    for number in range(rounds):
        text = f'op.add_column("{tables[number % len(tables)]}", sa.Column("n{number}", sa.Integer(), nullable=True))'
        client.edit(path, cursor.line, 0, cursor.line, 0, "    \n")
        for column, letter in enumerate(text, 4):
            client.edit(path, cursor.line, column, cursor.line, column, letter)
            yield completed(client, path, cursor.line, column + 1)
            # The editor asks for findings too, when the hands rest.
            if column % 20 == 0:
                client.pulled(path)
        client.edit(path, cursor.line, 0, cursor.line + 1, 0, "")
        client.pulled(path)


def completed(client: Client, path: Path, row: int, column: int) -> tuple[float, float, int]:
    """Milliseconds and the CPU's of one completion, a change that was sent before it included, and how many it offers."""
    spent, before = cpu_time(client.process), time.perf_counter()
    asked = {"textDocument": {"uri": path.as_uri()}, "position": {"line": row, "character": column}}
    answer = client.request("textDocument/completion", asked)["result"]
    took = (time.perf_counter() - before) * 1000
    return took, cpu_time(client.process) - spent, len(answer["items"]) if answer else 0


def attention(project: Path, server: Sequence[str], bounds: Bounds) -> str:
    """How the server bears 100 requests at once, and their being taken back."""
    with session(project, server, pull=True) as client:
        (path, _, _), (long, _, _) = chosen(project)
        for one in (path, long):
            client.open(one)
            client.pulled(one)
        cursor = Cursor(client, long)
        deaf: list[float] = []
        for _ in range(20):
            asked = burst(client, long)
            before = time.perf_counter()
            cursor.toggle_line()
            # Unknown methods are answered in order and at once, so this answer says that the change has been taken in.
            client.request("foreshot/noSuchMethod", {})
            deaf.append((time.perf_counter() - before) * 1000)
            client.drain(asked)
        freed: list[float] = []
        for _ in range(20):
            asked = burst(client, long)
            before = time.perf_counter()
            for one in asked:
                client.notify("$/cancelRequest", {"id": one})
            client.drain(asked)
            freed.append((time.perf_counter() - before) * 1000)
    bounds.hold("a change is taken in under 100 requests, worst", max(deaf), 50, " ms")
    bounds.hold("100 cancelled requests are answered, worst", max(freed), 200, " ms")
    rows = [
        ["a change is taken in", *summary(deaf)],
        ["100 cancelled requests are answered", *summary(freed)],
    ]
    return table(["under 100 requests", "n", "p50 ms", "p95 ms", "fastest"], rows)


def burst(client: Client, path: Path) -> set[int]:
    """A hundred requests of four kinds."""
    document = {"uri": path.as_uri()}
    span = {"start": {"line": 0, "character": 0}, "end": {"line": 100, "character": 0}}
    kinds = [
        (
            "textDocument/codeAction",
            {"textDocument": document, "range": span, "context": {"diagnostics": []}},
        ),
        ("textDocument/hover", {"textDocument": document, "position": {"line": 30, "character": 8}}),
        ("textDocument/documentSymbol", {"textDocument": document}),
        ("textDocument/diagnostic", {"textDocument": document}),
    ]
    return {client.ask(*kinds[number % len(kinds)]) for number in range(BURST)}


def pauses(project: Path, server: Sequence[str]) -> str:
    """What is asked of the whole workspace after each change, as VS Code does."""
    kinds = ("all diagnostics", "the graph")
    times: dict[str, list[float]] = {kind: [] for kind in kinds}
    used: dict[str, list[float]] = {kind: [] for kind in kinds}
    with session(project, server, pull=True, quiet=5.0) as client:
        (path, _, _), _ = chosen(project)
        client.open(path)
        client.pulled(path)
        cursor = Cursor(client, path)
        known: dict[str, str] = {}
        for turn in range(11):
            for kind in kinds:
                spent, before = cpu_time(client.process), time.perf_counter()
                if kind == "the graph":
                    asked = {"command": "foreshot.showGraph", "arguments": [{"uri": path.as_uri()}]}
                    client.request("workspace/executeCommand", asked)
                else:
                    ids = [{"uri": uri, "value": value} for uri, value in known.items()]
                    answer = client.request("workspace/diagnostic", {"previousResultIds": ids})
                    known |= {item["uri"]: item["resultId"] for item in answer["result"]["items"]}
                # The first time they are all new, and may still be read.
                if turn:
                    times[kind].append((time.perf_counter() - before) * 1000)
                    used[kind].append(cpu_time(client.process) - spent)
            cursor.toggle_line()
            client.pulled(path)
    rows = [[kind, *summary(times[kind]), f"{median(used[kind]):.0f}"] for kind in kinds]
    return table(["in a pause after a change", "n", "p50 ms", "p95 ms", "fastest", "CPU ms, p50"], rows)


def held(project: Path, server: Sequence[str], bounds: Bounds) -> str:
    """Memory after reading, and with a file open."""
    with session(project, server, pull=True) as client:
        count = len(list(project.rglob("versions/*.py")))
        rows = [[f"{count} revisions read", f"{resident(client.process):.0f}"]]
        (path, _, _), (long, _, _) = chosen(project)
        for one in (path, long):
            client.open(one)
            client.pulled(one)
        cursor = Cursor(client, long)
        for _ in range(200):
            cursor.toggle_line()
            client.pulled(long)
        after = resident(client.process)
        rows.append(["two files open, 200 changes later", f"{after:.0f}"])
        if count <= 1100:
            bounds.hold("memory", after, 150, " MB")
    return table(["memory", "MB"], rows)


def soak(project: Path, server: Sequence[str], edits: int, bounds: Bounds) -> str:
    """Many edits, to see whether anything grows."""
    tenth = edits // 10
    rows: list[list[str]] = []
    with session(project, server, pull=True) as client:
        paths = revisions(project)[:: max(1, len(revisions(project)) // 5)][:5]
        paths[0] = next(chosen(project))[0]
        typings = {path: Cursor(client, path).typing() for path in paths}
        for path in paths:
            client.open(path)
        # A crowd at the beginning, so that every thread that the server may have is there.
        client.drain(burst(client, paths[0]))
        times: list[float] = []
        seen: list[tuple[float, int, int]] = []
        for count in range(1, edits + 1):
            path = paths[count // 50 % len(paths)]
            before = time.perf_counter()
            next(typings[path])
            client.pulled(path)
            times.append((time.perf_counter() - before) * 1000)
            if count % 10 == 0:
                client.drain(set(burst_of_two(client, path)))
            if count % 500 == 0:
                client.close(path)
                client.open(path)
                typings[path] = Cursor(client, path).typing()
            if count % tenth == 0:
                seen.append((resident(client.process), *descriptors_and_threads(client.process)))
                slow = quantile(times[-tenth:], 0.99)
                middle = median(times[-tenth:])
                rows.append(
                    [
                        f"{count}",
                        f"{seen[-1][0]:.1f}",
                        *map(str, seen[-1][1:]),
                        f"{middle:.2f}",
                        f"{slow:.2f}",
                    ]
                )
    bounds.hold("soak: memory grew by", seen[-1][0] - seen[0][0], 10, " MB")
    bounds.hold("soak: descriptors grew by", seen[-1][1] - seen[0][1], 0)
    bounds.hold("soak: threads grew by", seen[-1][2] - seen[0][2], 0)
    drift = quantile(times[-tenth:], 0.99) / quantile(times[tenth : 2 * tenth], 0.99)
    bounds.hold("soak: p99, last tenth / second", drift, 1.5)
    return table(["edits", "MB", "descriptors", "threads", "p50 ms", "p99 ms"], rows)


def burst_of_two(client: Client, path: Path) -> Iterator[int]:
    """A hover and the actions of a place."""
    document = {"uri": path.as_uri()}
    place = {"line": 24, "character": 8}
    span = {"start": place, "end": place}
    yield client.ask("textDocument/hover", {"textDocument": document, "position": place})
    yield client.ask(
        "textDocument/codeAction", {"textDocument": document, "range": span, "context": {"diagnostics": []}}
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("project", nargs="?", type=Path)
    parser.add_argument(
        "--revisions", type=int, default=1000, metavar="N", help="of the invented project [1000]"
    )
    parser.add_argument("--starts", type=int, default=15, metavar="N")
    parser.add_argument("--edits", type=int, default=300, metavar="N", help="of each kind in each file")
    parser.add_argument("--soak", type=int, default=0, metavar="N", help="only the soak, of N edits")
    parser.add_argument("--completions", type=int, default=0, metavar="N", help="only completions, N rounds")
    parser.add_argument(
        "--foreshot", default=str(FORESHOT), metavar="COMMAND", help="another installation of it"
    )
    given = parser.parse_args()
    server = [given.foreshot, "server"]
    bounds = Bounds()
    with tempfile.TemporaryDirectory(prefix="foreshot-bench-") as folder:
        project = given.project.resolve() if given.project else Path(folder)
        if given.project is None:
            make_project(project, given.revisions, LONG)
        named = given.project.resolve().name if given.project else f"{given.revisions} generated revisions"
        print(f"### {named}\n\n{machine()}. Load {load()} at the start.\n", flush=True)
        if given.soak:
            print(soak(project, server, max(10, given.soak), bounds) + "\n", flush=True)
        elif given.completions:
            print(completions(project, server, given.completions, bounds) + "\n", flush=True)
        else:
            print(start(project, server, given.starts, bounds) + "\n", flush=True)
            print(changes(project, server, given.edits, bounds) + "\n", flush=True)
            print(completions(project, server, max(1, given.edits // 100), bounds) + "\n", flush=True)
            print(attention(project, server, bounds) + "\n", flush=True)
            print(pauses(project, server) + "\n", flush=True)
            print(held(project, server, bounds) + "\n", flush=True)
    print(f"{bounds}\n\nLoad at the end: {load()}.")
    return 1 if bounds.missed else 0


if __name__ == "__main__":
    sys.exit(main())
