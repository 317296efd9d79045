"""Comments of a Python file, found without a tokenizer's rules about indentation."""

from __future__ import annotations

import re
from bisect import bisect_left
from functools import lru_cache

from msgspec import Struct

from foreshot.text import SourceText, Span


class Comment(Struct, frozen=True):
    """One comment: its text with the ``#``, where it is, and whether it stands on a line of its own."""

    text: str
    span: Span
    own_line: bool


# Strings are matched so that a `#` inside one is not taken for a comment. The alternatives do not overlap and
# nothing repeated is given back, so that matching is linear in the length of the text. That each match begins with
# one set of characters lets `re` leap over all others.
_TOKEN = re.compile(
    r"""["'#](?:"""
    r"(?<=#)[^\r\n]*"
    r'|(?<=")(?:""(?:[^"\\]+|\\.|"(?!""))*+(?:"""|\Z)|(?:[^"\\\r\n]+|\\(?:\r\n|.))*+"?)'
    r"|(?<=')(?:''(?:[^'\\]+|\\.|'(?!''))*+(?:'''|\Z)|(?:[^'\\\r\n]+|\\(?:\r\n|.))*+'?)"
    r")",
    re.DOTALL,
)


def comments_of(source: SourceText) -> tuple[Comment, ...]:
    """Every comment of a text, in order; the text need not be valid Python."""
    content = source.content
    if "#" not in content:
        return ()
    found: list[Comment] = []
    for match in _TOKEN.finditer(content):
        start, end = match.span()
        if content[start] != "#":
            continue
        row, _ = source.lines.position(start)
        before = content[source.lines.starts[row] : start]
        found.append(Comment(match.group(), Span(start, end), not before.strip()))
    return tuple(found)


def string_around(content: str, offset: int) -> Span | None:
    """The string literal that an offset is inside of, between its first character and its last."""
    starts, ends = _strings(content)
    index = bisect_left(starts, offset) - 1
    return Span(starts[index], ends[index]) if index >= 0 and offset < ends[index] else None


@lru_cache(maxsize=4)
def _strings(content: str) -> tuple[list[int], list[int]]:
    """Where the strings of a text start and end; many are asked for of one text in a row."""
    found = [match.span() for match in _TOKEN.finditer(content)]
    found = [(start, end) for start, end in found if content[start] != "#"]
    return [start for start, _ in found], [end for _, end in found]
