from __future__ import annotations

from collections.abc import Sequence

from foreshot.cli.console import Console
from foreshot.cli.text import cells
from foreshot.lint.report import Position, Report
from foreshot.text import LineIndex
from foreshot.text.secrets import masked

_MOST_ROWS = 5
"""Rows that are shown: the whole statement where it has no more, else the range, of which the middle is left out."""
_BEFORE = 12
"""Cells shown before a range whose line has to be clipped."""


class Margin:
    """What stands left of everything below a finding's message, for numbers of ``gutter`` cells."""

    def __init__(self, gutter: int, console: Console) -> None:
        self.paint = paint = console.paint
        self.gutter = gutter
        blank = " " * gutter
        self.arrow = f"{blank}{paint('-->', 'path')}"
        self.bar = f"{blank} {paint('|', 'path')}"
        self.gap = f"{blank} {paint('...', 'path')}"
        self.note = f"{blank} {paint('=', 'path')}"
        self.room = console.columns - gutter - 3
        """Cells right of it."""

    def row(self, row: int) -> str:
        """What stands left of a row of source."""
        return f"{self.paint(str(row + 1).rjust(self.gutter), 'path')} {self.paint('|', 'path')}"


def excerpt(out: list[str], rows: Sequence[int], lines: LineIndex, report: Report, margin: Margin) -> None:
    """Add the rows around a report, numbered, with its range underlined."""
    start, end = report.start, report.end
    last = _last_row(start, end)
    previous = rows[0] - 1
    for row in rows:
        text = masked(lines.line(row))
        if previous != row - 1:
            out.append(margin.gap)
        previous = row
        inside = start[0] <= row <= last
        begin = start[1] if row == start[0] else len(text) - len(text.lstrip()) if inside else 0
        finish = (end[1] if row == end[0] else len(text.rstrip())) if inside else 0
        if report.secret:
            text = text[:begin] + "*" * (finish - begin) + text[finish:]
        shown, offset, size = _window(text, begin, min(finish, len(text)), margin.room)
        out.append(f"{margin.row(row)} {shown}".rstrip())
        if inside and size:
            out.append(f"{margin.bar} {' ' * offset}{margin.paint('^' * size, report.severity)}")


def shown_rows(report: Report) -> Sequence[int]:
    """The rows that an excerpt of a report shows."""
    first, last = report.start[0], _last_row(report.start, report.end)
    above, below = min(report.rows[0], first), max(report.rows[1], last)
    if below - above < _MOST_ROWS:
        return range(above, below + 1)
    if last - first < _MOST_ROWS:
        return range(first, last + 1)
    return [*range(first, first + _MOST_ROWS - 1), last]


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
    # No further than the end of the line needs: what stands before the range explains it.
    left = 0 if high < room else max(min(low - _BEFORE, laid.width - room), 0)
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
