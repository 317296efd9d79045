"""Comments of a Python file, found without a tokenizer's rules about indentation."""

from __future__ import annotations

import re

from msgspec import Struct

from foreshot.text import SourceText, Span


class Comment(Struct, frozen=True):
    """One comment: its text with the ``#``, where it is, and whether it stands on a line of its own."""

    text: str
    span: Span
    own_line: bool


# Strings are matched so that a `#` inside one is not taken for a comment. The alternatives do not overlap
# and none repeats an ambiguous part, so that matching is linear in the length of the text.
_TOKEN = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*(?:"""|\Z)'
    r"|'''(?:[^'\\]|\\.|'(?!''))*(?:'''|\Z)"
    r'|"(?:[^"\\\r\n]|\\(?:\r\n|.))*"?'
    r"|'(?:[^'\\\r\n]|\\(?:\r\n|.))*'?"
    r"|(?P<comment>#[^\r\n]*)",
    re.DOTALL,
)


def comments_of(source: SourceText) -> tuple[Comment, ...]:
    """Every comment of a text, in order; the text need not be valid Python."""
    content = source.content
    if "#" not in content:
        return ()
    found: list[Comment] = []
    for match in _TOKEN.finditer(content):
        if match.lastgroup != "comment":
            continue
        start, end = match.span()
        row, _ = source.lines.position(start)
        before = content[source.lines.starts[row] : start]
        found.append(Comment(match.group(), Span(start, end), not before.strip()))
    return tuple(found)


def string_around(source: SourceText, offset: int) -> Span | None:
    """The string literal that an offset is inside of, between its first character and its last."""
    for match in _TOKEN.finditer(source.content):
        if match.start() >= offset:
            return None
        if match.end() > offset and match.lastgroup != "comment":
            return Span(*match.span())
    return None
