"""Edits to a text: plain values that can be checked, applied and undone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from foreshot.text.lines import Span


class EditConflict(ValueError):
    """Edits overlap, or reach past the text."""


class Edit(Struct, frozen=True, order=True):
    """Replace the code points of ``span`` with ``text``; an empty span inserts."""

    span: Span
    text: str


def apply_edits(content: str, edits: Iterable[Edit]) -> str:
    """The text after all edits, each of which speaks of the text before any of them.

    Raises:
        EditConflict: when two edits overlap or one reaches past the text.
    """
    pieces: list[str] = []
    position = 0
    for edit in _ordered(content, edits):
        pieces.append(content[position : edit.span.start])
        pieces.append(edit.text)
        position = edit.span.end
    pieces.append(content[position:])
    return "".join(pieces)


def invert_edits(content: str, edits: Iterable[Edit]) -> list[Edit]:
    """The edits that bring the edited text back to ``content``, exactly."""
    inverse: list[Edit] = []
    shift = 0
    for edit in _ordered(content, edits):
        start = edit.span.start + shift
        inverse.append(Edit(Span(start, start + len(edit.text)), content[edit.span.start : edit.span.end]))
        shift += len(edit.text) - (edit.span.end - edit.span.start)
    return inverse


def minimal_edit(content: str, span: Span, text: str) -> Edit | None:
    """The edit that turns ``span`` into ``text`` without touching what they share at either end."""
    old = content[span.start : span.end]
    if old == text:
        return None
    shared = min(len(old), len(text))
    head = 0
    while head < shared and old[head] == text[head]:
        head += 1
    tail = 0
    while tail < shared - head and old[len(old) - 1 - tail] == text[len(text) - 1 - tail]:
        tail += 1
    # A line end of two characters is never cut in half.
    if head and old[head - 1 : head] == "\r":
        head -= 1
    if (
        tail
        and old[len(old) - tail] == "\n"
        and (old[: len(old) - tail].endswith("\r") or text[: len(text) - tail].endswith("\r"))
    ):
        tail -= 1
    return Edit(Span(span.start + head, span.end - tail), text[head : len(text) - tail])


def line_edits(old: str, new: str) -> list[Edit]:
    """The edits that turn one text into another: those lines that differ, and of each run of them no more than has to change."""
    from difflib import SequenceMatcher

    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    starts = [0]
    for line in before:
        starts.append(starts[-1] + len(line))
    edits: list[Edit] = []
    for tag, first, last, start, end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag != "equal":
            edit = minimal_edit(old, Span(starts[first], starts[last]), "".join(after[start:end]))
            if edit is not None:
                edits.append(edit)
    return edits


def _ordered(content: str, edits: Iterable[Edit]) -> Sequence[Edit]:
    ordered = sorted(edits, key=lambda edit: (edit.span.start, edit.span.end))
    position = 0
    for edit in ordered:
        if edit.span.start < position or edit.span.end < edit.span.start or edit.span.end > len(content):
            raise EditConflict(
                f"edit at {edit.span.start}–{edit.span.end} overlaps another or reaches past the text"
            )
        position = edit.span.end
    return ordered
