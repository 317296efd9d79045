"""Offsets, lines and columns of a text.

An offset counts code points from 0. A row and a column count from 0 too; a column counts code points
unless a function says otherwise. Only ``\\r\\n``, ``\\n`` and ``\\r`` end a line, as in Python's own grammar
and in the Language Server Protocol (``str.splitlines`` also splits at form feeds, U+2028 and others).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property
from typing import Literal

from msgspec import Struct

Encoding = Literal["utf-8", "utf-16", "utf-32"]

_LINE_END = re.compile(r"\r\n|\n|\r")


class Span(Struct, frozen=True, order=True, array_like=True, gc=False):
    """A half-open range of code-point offsets, ``start`` included and ``end`` not."""

    start: int
    end: int

    def contains(self, other: Span) -> bool:
        """Whether ``other`` lies wholly inside this span."""
        return self.start <= other.start and other.end <= self.end

    def touches(self, offset: int) -> bool:
        """Whether a cursor at ``offset`` is inside the span or at either of its ends."""
        return self.start <= offset <= self.end

    def overlaps(self, other: Span) -> bool:
        """Whether the two share a code point; an empty span overlaps what strictly surrounds it."""
        return self.start < other.end and other.start < self.end


class LineIndex:
    """Where the lines of one text begin, and the conversions that follow from it."""

    def __init__(self, content: str) -> None:
        self.content = content

    @cached_property
    def starts(self) -> list[int]:
        """The offset at which each line begins; never empty."""
        content = self.content
        starts = [0]
        if "\r" in content:
            starts.extend(match.end() for match in _LINE_END.finditer(content))
            return starts
        position = content.find("\n")
        while position != -1:
            position += 1
            starts.append(position)
            position = content.find("\n", position)
        return starts

    @cached_property
    def is_ascii(self) -> bool:
        """Whether columns in every encoding are the same number."""
        return self.content.isascii()

    def line(self, row: int) -> str:
        """The text of a line without its line end; an out-of-range row is an empty line."""
        start, end = self.line_bounds(row)
        return self.content[start:end]

    def line_bounds(self, row: int) -> tuple[int, int]:
        """Start and end offsets of a line's text, its line end left out; clamped to the text."""
        starts = self.starts
        if row < 0:
            return 0, 0
        if row >= len(starts):
            return len(self.content), len(self.content)
        start = starts[row]
        end = starts[row + 1] if row + 1 < len(starts) else len(self.content)
        content = self.content
        if end > start and row + 1 < len(starts):
            if content[end - 1] == "\n":
                end -= 1
                if end > start and content[end - 1] == "\r":
                    end -= 1
            else:
                end -= 1
        return start, end

    def position(self, offset: int) -> tuple[int, int]:
        """Row and column of an offset, clamped to the text."""
        offset = min(max(offset, 0), len(self.content))
        row = bisect_right(self.starts, offset) - 1
        return row, offset - self.starts[row]

    def offset(self, row: int, column: int) -> int:
        """Offset of a row and column; a column past the line's text is clamped to its end."""
        start, end = self.line_bounds(row)
        return min(start + max(column, 0), end)

    def position_in(self, offset: int, encoding: Encoding) -> tuple[int, int]:
        """Row and column of an offset, the column counted in code units of ``encoding``."""
        row, column = self.position(offset)
        if encoding == "utf-32" or self.is_ascii:
            return row, column
        start = self.starts[row]
        return row, code_units(self.content[start : start + column], encoding)

    def offset_from(self, row: int, column: int, encoding: Encoding) -> int:
        """Offset of a row and a column in code units; inside a character it goes to that character's start."""
        if encoding == "utf-32" or self.is_ascii:
            return self.offset(row, column)
        start, end = self.line_bounds(row)
        if column <= 0:
            return start
        units = 0
        for offset in range(start, end):
            units += _unit_length(self.content[offset], encoding)
            if units > column:
                return offset
            if units == column:
                return offset + 1
        return end

    def offset_of_utf8(self, row: int, column: int) -> int:
        """Offset of a row and a column in UTF-8 bytes, as :mod:`ast` gives them.

        Raises:
            IndexError: when the text has no such row.
        """
        start = self.starts[row]
        if self.is_ascii:
            return start + column
        end = self.starts[row + 1] if row + 1 < len(self.starts) else len(self.content)
        line = self.content[start:end]
        if line.isascii():
            return start + column
        data = line.encode("utf-8", "surrogatepass")
        # Bytes 10xxxxxx continue a character: what begins before the column counts, unless the column cuts it.
        begun = sum((byte & 0xC0) != 0x80 for byte in data[:column])
        cut = column < len(data) and (data[column] & 0xC0) == 0x80
        return start + begun - cut


def code_units(text: str, encoding: Encoding) -> int:
    """How many code units of ``encoding`` a text takes."""
    if encoding == "utf-32" or text.isascii():
        return len(text)
    return sum(_unit_length(character, encoding) for character in text)


def _unit_length(character: str, encoding: Encoding) -> int:
    point = ord(character)
    if encoding == "utf-16":
        return 2 if point > 0xFFFF else 1
    if point < 0x80:
        return 1
    if point < 0x800:
        return 2
    return 3 if point < 0x10000 else 4
