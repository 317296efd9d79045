"""How long an editor waits for what it shows: ``python bench/looks.py [PROJECT] [--revisions N]``.

Asked are hovers, definitions, references, lenses, highlights, selections, hints and renames, at places of the models and
of the newest revision, of about 1,500 lines: each as it is, and each again right after a keystroke in the revision, whose diagnostics
are asked for first, as an editor does. Without a project it is an invented one of N revisions (10,000 unless said otherwise).
All but the newest have shipped. Exits with 1 when a request takes longer than 15 ms, at the 95th percentile.
"""

from __future__ import annotations

import argparse
import importlib
import re
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from client import Client, Message
from measure import FORESHOT, Bounds, load, machine, make_project, quantile, table

# The script beside this one: an import statement would find the folder of that name for type checkers.
_server = importlib.import_module("server")
LONG, Cursor, chosen, session = _server.LONG, _server.Cursor, _server.chosen, _server.session

TURNS = 15
LIMIT = 15.0
"""Milliseconds."""


def places(path: Path, pattern: str, most: int) -> list[Message]:
    """Positions of the first group of a pattern, spread over a file."""
    found: list[Message] = []
    for row, line in enumerate(path.read_text("utf-8").splitlines()):
        found += [{"line": row, "character": match.start(1) + 1} for match in re.finditer(pattern, line)]
    return found[:: max(1, len(found) // most)][:most]


def requests(models: Path, revision: Path) -> Iterator[tuple[str, str, list[Message]]]:
    """What is asked: a name, a method, and the parameters of each turn."""
    attributes = places(models, r"^    (\w+): Mapped", TURNS)
    names = places(revision, r"\(\"(\w+)\"", TURNS)
    for name, path, found in (("models", models, attributes), ("revision", revision, names)):
        document = {"textDocument": {"uri": path.as_uri()}}
        at = [{**document, "position": position} for position in found]
        yield f"hover, {name}", "textDocument/hover", at
        yield f"definition, {name}", "textDocument/definition", at
        context = {"includeDeclaration": True}
        yield (
            f"references, {name}",
            "textDocument/references",
            [{**one, "context": context} for one in at],
        )
        yield f"lenses, {name}", "textDocument/codeLens", [document] * TURNS
        if name == "revision":
            yield "highlight", "textDocument/documentHighlight", at
            yield "can be renamed", "textDocument/prepareRename", at
            whole = {"start": {"line": 0, "character": 0}, "end": {"line": 200, "character": 0}}
            yield "hints", "textDocument/inlayHint", [{**document, "range": whole}] * TURNS
            yield (
                "selections",
                "textDocument/selectionRange",
                [{**document, "positions": [position]} for position in found],
            )


def looks(project: Path, server: Sequence[str], bounds: Bounds) -> str:
    """Milliseconds of each request."""
    rows: list[list[str]] = []
    # The newest one: that is what people edit.
    _, (revision, _, _) = chosen(project)
    [models] = project.glob("*/models.py")
    with session(project, server, pull=True, quiet=5.0) as client:
        client.notify("workspace/didChangeConfiguration", {"settings": {"inlayHints": True}})
        for path in (models, revision):
            client.open(path)
            client.pulled(path)
        cursor = Cursor(client, revision)
        for name, method, asked in requests(models, revision):
            for edited in (False, True):
                times = [_asked(client, method, one, cursor if edited else None) for one in asked]
                what = f"{name}, after a keystroke" if edited else name
                rows.append(
                    [what, str(len(times)), *(f"{quantile(times, part):.1f}" for part in (0.5, 0.95, 1))]
                )
                bounds.hold(f"{what}, p95", quantile(times, 0.95), LIMIT, " ms")
    return table(["asked", "n", "p50 ms", "p95 ms", "slowest"], rows)


def _asked(client: Client, method: str, params: Message, cursor: Any | None) -> float:
    if cursor is not None:
        cursor.toggle_line()
        client.pulled(cursor.path)
    before = time.perf_counter()
    answer = client.request(method, params)
    took = (time.perf_counter() - before) * 1000
    if "error" in answer and "has shipped" not in answer["error"]["message"]:
        raise SystemExit(f"{method}: {answer['error']}")
    time.sleep(0.005)
    return took


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("project", nargs="?", type=Path)
    parser.add_argument(
        "--revisions", type=int, default=10_000, metavar="N", help="of the invented project [10000]"
    )
    parser.add_argument(
        "--foreshot", default=str(FORESHOT), metavar="COMMAND", help="another installation of it"
    )
    given = parser.parse_args()
    bounds = Bounds()
    with tempfile.TemporaryDirectory(prefix="foreshot-bench-") as folder:
        project = given.project.resolve() if given.project else Path(folder)
        if given.project is None:
            make_project(project, given.revisions, LONG)
            newest = max(project.rglob("versions/*.py"), key=lambda path: path.stat().st_size)
            [since] = re.findall(r'^down_revision = "(\w+)"', newest.read_text("utf-8"), re.MULTILINE)
            (project / "pyproject.toml").write_text(f'[tool.foreshot]\nsince = "{since}"\n', "utf-8")
        print(f"{machine()}. Load {load()} at the start.\n", flush=True)
        print(looks(project, [given.foreshot, "server"], bounds), flush=True)
    print(f"\n{bounds}\n\nLoad at the end: {load()}.")
    return 1 if bounds.missed else 0


if __name__ == "__main__":
    sys.exit(main())
