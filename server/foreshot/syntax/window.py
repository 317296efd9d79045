"""The edits of a repair, worked out on the few statements that it is about and not on the whole file.

A file's repairs share one parse of it. Each is then made in a window: the file without those statements of its functions that
are far from what the repair names. Where the window would cut something that belongs together, the whole file is taken.
"""

from __future__ import annotations

import ast
from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Final, NamedTuple

from msgspec.structs import fields, replace

from foreshot.syntax._rewrite_layout import Layout, layout_of
from foreshot.syntax.changes import AddImport, Change, Refused
from foreshot.syntax.rewrite import MAX_BYTES, MAX_WORK, edits_for
from foreshot.text import Edit, SourceText, Span

_AROUND: Final = 1
"""Statements on either side of those that are named which stay in the window: blank lines and comments are theirs."""
_WORTHWHILE: Final = 30
"""Lines below which the whole file is looked at."""
_SHARE: Final = 0.75
"""Of the file, above which a window saves too little."""


class _Places(NamedTuple):
    """A function and its statements: where each begins, and where its own lines do; None where it shares one."""

    whole: Span
    starts: list[int]
    lines: list[int | None]


def edits_in_window(source: SourceText, changes: Sequence[Change]) -> list[Edit]:
    """What :func:`~foreshot.syntax.rewrite.edits_for` gives, by way of a shorter text where one can be made.

    Raises:
        Refused: as it does.
    """
    if len(source.lines.starts) > _WORTHWHILE and _is_allowed(source, changes):
        made = _windowed(source, changes)
        if made is not None:
            return made
    return edits_for(source, changes)


def _is_allowed(source: SourceText, changes: Sequence[Change]) -> bool:
    """Whether a file of that size may be rewritten: a window must not make the answer another."""
    size = len(source.content)
    return (
        size * len(changes) <= MAX_WORK and len(source.content.encode("utf-8", "surrogatepass")) <= MAX_BYTES
    )


def _windowed(source: SourceText, changes: Sequence[Change]) -> list[Edit] | None:
    wanted: list[Span] = []
    for change in changes:
        spans = _spans(change)
        if not spans and not isinstance(change, AddImport):
            return None
        wanted.extend(spans.values())
    layout = layout_of(source.content)
    window = _Window(layout, wanted)
    if window.size > len(source.content) * _SHARE:
        return None
    try:
        moved = [
            replace(change, **{name: window.inward(span) for name, span in _spans(change).items()})
            for change in changes
        ]
    except LookupError:
        return None
    short = SourceText(window.text, source.encoding)
    if short.newline != source.newline:
        return None
    made = edits_for(short, moved)
    # What is written where something was left out may belong on either side of that.
    if any(edit.span.start in window.seams or edit.span.end in window.seams for edit in made):
        return None
    return [
        Edit(Span(window.outward(edit.span.start), window.outward(edit.span.end)), edit.text) for edit in made
    ]


class _Window:
    """Those parts of a text that are near to some spans."""

    def __init__(self, layout: Layout, wanted: Sequence[Span]) -> None:
        content = layout.content
        self._kept: list[tuple[int, int]] = []
        at = 0
        for start, end in _far_from(layout, wanted):
            self._kept.append((at, start))
            at = end
        self._kept.append((at, len(content)))
        self._starts = [start for start, _ in self._kept]
        self._bases: list[int] = []
        self.size = 0
        for start, end in self._kept:
            self._bases.append(self.size)
            self.size += end - start
        self._content = content
        self.seams = frozenset((*self._bases[1:], self.size))

    @property
    def text(self) -> str:
        """The parts, one after the other."""
        return "".join([self._content[start:end] for start, end in self._kept])

    def inward(self, span: Span) -> Span:
        """Where a span of the whole text is in the window.

        Raises:
            LookupError: when an end of it was left out.
        """
        return Span(self._inward(span.start), self._inward(span.end))

    def _inward(self, offset: int) -> int:
        index = bisect_right(self._starts, offset) - 1
        start, end = self._kept[index]
        if offset > end:
            raise LookupError
        return self._bases[index] + offset - start

    def outward(self, offset: int) -> int:
        """Where a place of the window, none of its seams, is in the whole text."""
        index = bisect_right(self._bases, offset) - 1
        return self._starts[index] + offset - self._bases[index]


@lru_cache(maxsize=64)
def _names(kind: type[Change]) -> tuple[str, ...]:
    return tuple(item.name for item in fields(kind))


def _spans(change: Change) -> dict[str, Span]:
    """The fields of a change that are places."""
    values = {name: getattr(change, name) for name in _names(type(change))}
    return {name: value for name, value in values.items() if isinstance(value, Span)}


def _far_from(layout: Layout, wanted: Sequence[Span]) -> list[tuple[int, int]]:
    """The lines that are left out: runs of statements of functions that are far from every wanted span."""
    drops: list[tuple[int, int]] = []
    for whole, starts, lines in _functions(layout):
        count = len(starts)
        near = {0, count - 1}
        for span in wanted:
            if span == whole or (span.start < whole.start < span.end):
                continue
            if span.end < starts[0] or span.start > whole.end:
                continue
            first = max(bisect_right(starts, span.start) - 1, 0)
            last = max(bisect_right(starts, span.end) - 1, 0)
            near.update(range(max(first - _AROUND, 0), min(last + _AROUND + 1, count)))
        kept = sorted(near)
        for before, after in pairwise(kept):
            if after - before > 1:
                start, end = lines[before + 1], lines[after]
                if start is not None and end is not None:
                    drops.append((start, end))
    return sorted(drops)


@lru_cache(maxsize=4)
def _functions(layout: Layout) -> list[_Places]:
    """The functions of the module that have enough statements for some to be left out."""
    found: list[_Places] = []
    for node in layout.module.tree.body:
        if isinstance(node, ast.FunctionDef) and len(node.body) > 2 * _AROUND + 1:
            starts = [layout.start(statement) for statement in node.body]
            lines = [
                layout.line_start(start) if _begins_line(layout, node.body, index) else None
                for index, start in enumerate(starts)
            ]
            found.append(_Places(layout.module.span(node), starts, lines))
    return found


def _begins_line(layout: Layout, block: list[ast.stmt], index: int) -> bool:
    try:
        return layout.begins_line(block, index)
    except Refused:
        return False
