"""A revision graph to look at: text for a terminal, Mermaid, Graphviz and JSON.

Each is an iterator of lines without line ends, so that a long history begins to show at once. Whatever comes from the
files (ids, labels, messages, keys) is stripped of control characters and escaped for the format.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from heapq import heappop, heappush
from typing import Any

from foreshot.migration.graph import Node, RevisionGraph

MOST_LANES = 24
"""Branches that the text shows side by side; more are there, but not drawn."""

_MOST_MESSAGE = 120
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_UP, _DOWN, _LEFT, _RIGHT = 1, 2, 4, 8
_BOXES = " " + "╵╷│╴╯╮┤╶╰╭├─┴┬┼"
_ASCII = " " + "'.|-'.+-'.+-+++"


def printable(text: str) -> str:
    """A text without what could steer a terminal or reorder it: control, format and surrogate characters."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        " " if c in "\t\n\r" else c for c in text if c in "\t\n\r" or unicodedata.category(c) not in _UNSAFE
    )


def render_text(graph: RevisionGraph, *, ascii_only: bool = False) -> Iterator[str]:
    """A tree from the heads down to the bases, one revision a line, with lanes for branches.

    ``ascii_only`` is for terminals that lack line-drawing characters.
    """
    boxes, dot = (_ASCII, "*") if ascii_only else (_BOXES, "●")
    lanes = _Lanes(boxes)
    printed: set[str] = set()
    for node in reversed(graph.order):
        lane, joins = lanes.arrive(node.key)
        if joins:
            yield joins
        yield f"{lanes.row(lane, dot)}  {_line(graph, node)}"
        printed.add(node.key)
        onward = [parent for parent in graph.parents(node) if parent.key not in printed]
        splits = lanes.depart(lane, [parent.key for parent in onward])
        if splits:
            yield splits


def _line(graph: RevisionGraph, node: Node) -> str:
    header = node.header
    words = [printable(node.id) or "(unreadable id)"]
    if graph.node(node.id) is not node and node.id:
        words.append("(duplicate id)")
    elif node.id and graph.is_head(node):
        words.append("(head)" if node.id in graph.real_head_set else "(effective head)")
    if graph.is_base(node):
        words.append("(base)")
    if graph.is_branch_point(node):
        words.append("(branch point)")
    if graph.is_merge_point(node):
        words.append("(merge)")
    words += (f"(parent {printable(name)} is missing)" for name in header.down_revisions if name not in graph)
    if node.key in graph.looping:
        words.append(f"(in a loop, after {', '.join(printable(name) for name in header.down_revisions)})")
    if header.branch_labels:
        words.append(f"[{', '.join(printable(label) for label in header.branch_labels)}]")
    if header.depends_on:
        words.append(f"depends on {', '.join(printable(name) for name in header.depends_on)}")
    message = printable(header.message)
    if message:
        words.append(message if len(message) <= _MOST_MESSAGE else message[: _MOST_MESSAGE - 1] + "…")
    return " ".join(words)


class _Lanes:
    """The columns of the drawing: each waits for one file, the next one down in it."""

    def __init__(self, boxes: str) -> None:
        self.boxes = boxes
        self.waiting: list[str | None] = []
        self.lanes_of: dict[str, list[int]] = {}
        self.free: list[int] = []

    def arrive(self, key: str) -> tuple[int, str]:
        """The lane in which a file is drawn, and the row that leads its other lanes to it (empty for none)."""
        lanes = sorted(self.lanes_of.pop(key, ()))
        if not lanes:
            lane = self._take(key)
            self.lanes_of.pop(key, None)
            return lane, ""
        row = self._connect(lanes[0], lanes[1:], _UP) if len(lanes) > 1 else ""
        for lane in lanes[1:]:
            self._release(lane)
        return lanes[0], row

    def depart(self, lane: int, keys: list[str]) -> str:
        """Continue a lane towards the first of ``keys`` and open or join lanes for the others; the row between."""
        self.waiting[lane] = None
        if not keys:
            self._release(lane)
            return ""
        self.waiting[lane] = keys[0]
        self.lanes_of.setdefault(keys[0], []).append(lane)
        opened: list[int] = []
        joined: list[int] = []
        for key in keys[1:]:
            there = next((other for other in self.lanes_of.get(key, ()) if other != lane), None)
            if there is None:
                opened.append(self._take(key))
            else:
                joined.append(there)
        return self._connect(lane, opened, _DOWN, joined) if opened or joined else ""

    def _take(self, key: str) -> int:
        if self.free:
            lane = heappop(self.free)
            self.waiting[lane] = key
        else:
            lane = len(self.waiting)
            self.waiting.append(key)
        self.lanes_of.setdefault(key, []).append(lane)
        return lane

    def _release(self, lane: int) -> None:
        self.waiting[lane] = None
        heappush(self.free, lane)

    def row(self, lane: int, dot: str) -> str:
        """The row on which a file stands."""
        cells = [self.boxes[_UP | _DOWN] if key is not None else " " for key in self.waiting[:MOST_LANES]]
        if lane < MOST_LANES:
            cells[lane] = dot
        return self._close(" ".join(cells), beyond=lane >= MOST_LANES)

    def _connect(self, lane: int, ends: list[int], side: int, through: list[int] | None = None) -> str:
        """A row with a line from ``lane`` to ``ends`` (which go on to ``side``) and to ``through`` (both ways)."""
        count = min(len(self.waiting), MOST_LANES)
        bits = [_UP | _DOWN if key is not None else 0 for key in self.waiting[:count]]
        for end in ends:
            if end < count:
                bits[end] = side
        if lane < count:
            bits[lane] = _UP | _DOWN
        reached = [lane, *ends, *(through or ())]
        low, high = min(reached), max(reached)
        crossed: list[str] = []
        for at in range(count):
            code = bits[at]
            inside = low <= at <= high
            if inside and at > low:
                code |= _LEFT
            if inside and at < high:
                code |= _RIGHT
            crossed.append(self.boxes[code])
            crossed.append(self.boxes[_LEFT | _RIGHT] if inside and at < high else " ")
        return self._close("".join(crossed), beyond=high >= count)

    def _close(self, row: str, *, beyond: bool) -> str:
        return row.rstrip() + (" …" if beyond else "")


def render_mermaid(graph: RevisionGraph) -> Iterator[str]:
    """A Mermaid flowchart, bases at the bottom. Dotted arrows are dependencies."""
    number = {node.key: at for at, node in enumerate(graph.nodes)}
    yield "flowchart BT"
    for node in graph.order:
        label = "<br/>".join(_mermaid(part) for part in _caption(node))
        yield f'    n{number[node.key]}["{label}"]'
    for node in graph.order:
        at = number[node.key]
        for parent in graph.parents(node):
            yield f"    n{number[parent.key]} --> n{at}"
        for needed in graph.dependencies(node):
            yield f"    n{number[needed.key]} -.-> n{at}"
    lost = {missing.id: None for missing in graph.missing_parents}
    for at, name in enumerate(lost):
        yield f'    m{at}["{_mermaid(printable(name))} is missing"]'
    order = {name: at for at, name in enumerate(lost)}
    for missing in graph.missing_parents:
        yield f"    m{order[missing.id]} --> n{number[missing.key]}"
    heads = [f"n{number[node.key]}" for head in graph.heads if (node := graph.node(head))]
    if heads:
        yield "    classDef head stroke-width:3px"
        yield f"    class {','.join(heads)} head"


def _mermaid(text: str) -> str:
    """Mermaid's own escapes (``#35;``) for all but letters, digits and a few plain marks."""
    return "".join(c if c.isalnum() or c in " _-.,/" else f"#{ord(c)};" for c in text)


def render_dot(graph: RevisionGraph) -> Iterator[str]:
    """A Graphviz digraph, bases at the bottom. Dashed edges are dependencies."""
    number = {node.key: at for at, node in enumerate(graph.nodes)}
    heads = set(graph.heads)
    yield "digraph revisions {"
    yield "    rankdir=BT;"
    yield '    node [shape=box, fontname="monospace"];'
    for node in graph.order:
        label = "\\n".join(_dot(part) for part in _caption(node))
        bold = ", style=bold" if node.id in heads else ""
        yield f'    n{number[node.key]} [label="{label}"{bold}];'
    for node in graph.order:
        at = number[node.key]
        for parent in graph.parents(node):
            yield f"    n{number[parent.key]} -> n{at};"
        for needed in graph.dependencies(node):
            yield f"    n{number[needed.key]} -> n{at} [style=dashed];"
    order: dict[str, int] = {}
    for missing in graph.missing_parents:
        if missing.id not in order:
            order[missing.id] = len(order)
            yield f'    m{order[missing.id]} [label="{_dot(printable(missing.id))} is missing", style=dotted];'
        yield f"    m{order[missing.id]} -> n{number[missing.key]};"
    yield "}"


def _dot(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _caption(node: Node) -> list[str]:
    """The lines of a box: id and own labels, then the message."""
    labels = f" [{', '.join(node.header.branch_labels)}]" if node.header.branch_labels else ""
    first = f"{node.id or '(unreadable id)'}{labels}"
    return [printable(part)[:_MOST_MESSAGE] for part in (first, node.header.message) if part]


def render_json(graph: RevisionGraph) -> Iterator[str]:
    """The graph as one JSON object, one revision a line.

    ``revisions``, in topological order: ``revision`` (null when unreadable), ``path``, ``down_revisions``,
    ``depends_on``, ``branch_labels`` (as the file writes them), ``message``, ``create_date`` (text or null), ``head``,
    ``base``, ``branch_point``, ``merge_point``. Then ``heads``, ``bases``; ``missing_parents`` (``path``, ``id``);
    ``missing_dependencies`` (``path``, ``name``, ``meant``: an id or null); ``duplicates`` (id → paths); ``cycles``
    (ids, of which each follows the next, and the last the first). Keys may be added, never renamed.
    """
    yield '{"revisions": ['
    last = len(graph.order) - 1
    for at, node in enumerate(graph.order):
        yield f"  {_json(revision_record(graph, node))}{',' if at < last else ''}"
    yield f"], {_json(graph_record(graph))[1:]}"


def revision_record(graph: RevisionGraph, node: Node) -> dict[str, Any]:
    """One revision as :func:`render_json` tells it."""
    header = node.header
    return {
        "revision": node.id or None,
        "path": node.key,
        "down_revisions": header.down_revisions,
        "depends_on": header.depends_on,
        "branch_labels": header.branch_labels,
        "message": header.message,
        "create_date": header.create_date,
        "head": bool(node.id) and graph.node(node.id) is node and graph.is_head(node),
        "base": graph.is_base(node),
        "branch_point": graph.is_branch_point(node),
        "merge_point": graph.is_merge_point(node),
    }


def graph_record(graph: RevisionGraph) -> dict[str, Any]:
    """What :func:`render_json` tells of the graph as a whole."""
    return {
        "heads": graph.heads,
        "bases": graph.bases,
        "missing_parents": [{"path": missing.key, "id": missing.id} for missing in graph.missing_parents],
        "missing_dependencies": [
            {"path": missing.key, "name": missing.name, "meant": missing.meant}
            for missing in graph.unresolved_dependencies
        ],
        "duplicates": {name: [node.key for node in nodes] for name, nodes in graph.duplicates.items()},
        "cycles": [cycle.ids for cycle in graph.cycles],
    }


def _json(value: object) -> str:
    """ASCII only, and no delete character, which JSON lets through."""
    return json.dumps(value).replace("\x7f", "\\u007f")
