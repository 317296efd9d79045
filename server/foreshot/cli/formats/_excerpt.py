from __future__ import annotations

from collections.abc import Iterator

from foreshot.cli.console import Console
from foreshot.cli.text import cells
from foreshot.lint.report import Position
from foreshot.text import LineIndex

_MOST_ROWS = 5
"""Rows of a range that are shown; of a longer one the first few and the last."""
_BEFORE = 12
"""Cells shown before a range whose line has to be clipped."""


def excerpt(
    lines: LineIndex, start: Position, end: Position, console: Console, gutter: int, style: str
) -> Iterator[str]:
    """The rows of a range, numbered in a gutter of ``gutter`` cells, with the range underlined."""
    paint = console.paint
    first, last = start[0], _last_row(start, end)
    rows = list(range(first, last + 1))
    left_out = len(rows) > _MOST_ROWS
    if left_out:
        rows = [*rows[: _MOST_ROWS - 1], last]
    room = console.columns - gutter - 3
    bar = paint("|", "path")
    for row in rows:
        text = lines.line(row)
        begin = start[1] if row == first else len(text) - len(text.lstrip())
        finish = min(end[1] if row == end[0] else len(text.rstrip()), len(text))
        shown, offset, size = _window(text, begin, finish, room)
        if left_out and row == last:
            yield f"{' ' * gutter} {paint('...', 'path')}"
        yield f"{paint(str(row + 1).rjust(gutter), 'path')} {bar} {shown}".rstrip()
        if size:
            yield f"{' ' * gutter} {bar} {' ' * offset}{paint('^' * size, style)}"


def _last_row(start: Position, end: Position) -> int:
    """The last row that has a character of the range: not the one that it ends at the very start of."""
    return end[0] - 1 if end[1] == 0 and end[0] > start[0] else end[0]


def _window(line: str, begin: int, finish: int, room: int) -> tuple[str, int, int]:
    """What to show of a line when ``room`` cells fit, and the cell and length of the underline in it."""
    laid = cells(line)
    begin = min(begin, len(line))
    low, high = laid.columns[begin], laid.columns[max(finish, begin)]
    size = max(high - low, 1) if line.strip() or finish > begin else 0
    if laid.width <= room:
        return "".join(laid.shown), low, size
    left = 0 if high < room else max(low - _BEFORE, 0)
    right = left + room - (1 if laid.width > left + room else 0)
    visible = left + 1 if left else 0
    shown: list[str] = []
    for at, character in enumerate(laid.shown):
        column, after = laid.columns[at], laid.columns[at + 1]
        if column < visible:
            # What the edge cuts in half leaves a gap.
            shown.append(" " * max(after - visible, 0))
        elif after <= right:
            shown.append(character)
        else:
            break
    text = ("…" if left else "") + "".join(shown) + ("…" if right < left + room else "")
    return text, low - left, max(min(high, right) - low, 1)
