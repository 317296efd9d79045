"""String literals as they stand in the source, with a map from each character back to its place.

``ast`` merges adjacent literals into one constant and, before Python 3.12, gives wrong positions inside
f-strings; so the literal's own text is scanned.
"""

from __future__ import annotations

import re

from msgspec import Struct

from foreshot.text import Span

PLACEHOLDER = "\ufffc"
"""Stands in a known text for an expression whose value is unknown (OBJECT REPLACEMENT CHARACTER)."""

_OPENING = re.compile(r"([A-Za-z]{0,3})('''|\"\"\"|'|\")")
_BETWEEN = re.compile(r"(?:[\s()]|\\\r?\n|#[^\r\n]*)*")
_ESCAPE = re.compile(
    r"\\(?:\r\n|[0-7]{1,3}|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|N\{[^}]*\}|.)", re.DOTALL
)
_SIMPLE = {
    "n": "\n",
    "t": "\t",
    "r": "\r",
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "v": "\v",
    "\\": "\\",
    "'": "'",
    '"': '"',
}


class Run(Struct, frozen=True):
    """A piece of the literal's value and the source that says it."""

    text: str
    span: Span


class Field(Struct, frozen=True):
    """A replacement field of an f-string, braces included."""

    span: Span


def literal_runs(content: str, span: Span) -> list[Run | Field]:
    """The runs and fields of the literal, or the adjacent literals, that ``span`` covers.

    Text that cannot be followed (a nested quote style that only newer Pythons accept) ends the list early.
    """
    runs: list[Run | Field] = []
    position = span.start
    while position < span.end:
        between = _BETWEEN.match(content, position, span.end)
        position = between.end() if between else position
        opening = _OPENING.match(content, position, span.end)
        if opening is None:
            break
        prefix, quote = opening.group(1).lower(), opening.group(2)
        position = _scan(content, opening.end(), span.end, quote, "r" in prefix, "f" in prefix, runs)
    return runs


def _scan(
    content: str, start: int, limit: int, quote: str, raw: bool, formatted: bool, runs: list[Run | Field]
) -> int:
    run_start: int = start
    position = start

    def flush(end: int) -> None:
        if end > run_start:
            runs.append(Run(content[run_start:end], Span(run_start, end)))

    stops = re.compile(re.escape(quote) + r"|\\|\r\n?" + (r"|[{}]" if formatted else ""))
    while position < limit:
        stop = stops.search(content, position, limit)
        if stop is None:
            flush(limit)
            return limit
        at, found = stop.start(), stop.group()
        if found == quote:
            flush(at)
            return stop.end()
        if found == "\\":
            if raw:
                position = min(at + 2, limit)
                continue
            escape = _ESCAPE.match(content, at, limit)
            end = escape.end() if escape else at + 1
            flush(at)
            value = _unescape(content[at:end])
            if value:
                runs.append(Run(value, Span(at, end)))
            run_start = position = end
        elif found in ("{", "}"):
            flush(at)
            if content.startswith(found * 2, at):
                runs.append(Run(found, Span(at, at + 2)))
                run_start = position = at + 2
            else:
                end = _field_end(content, at, limit)
                runs.append(Field(Span(at, end)))
                run_start = position = end
        else:
            flush(at)
            runs.append(Run("\n", Span(at, stop.end())))
            run_start = position = stop.end()
    flush(limit)
    return limit


def _field_end(content: str, start: int, limit: int) -> int:
    depth, position, quote = 0, start, ""
    while position < limit:
        character = content[position]
        if quote:
            if character == quote:
                quote = ""
        elif character in "'\"":
            quote = character
        elif character in "{[(":
            depth += 1
        elif character in "}])":
            depth -= 1
            if depth == 0:
                return position + 1
        position += 1
    return limit


def _unescape(escape: str) -> str:
    body = escape[1:]
    if body in _SIMPLE:
        return _SIMPLE[body]
    if body in ("\n", "\r\n", "\r"):
        return ""
    try:
        if body[0] in "xuU":
            return chr(int(body[1:], 16))
        if body[0] in "01234567":
            return chr(int(body, 8))
        if body[0] == "N" and len(body) > 1:
            return "?"
    except (ValueError, OverflowError, IndexError):
        return escape
    return escape
