"""The string literals that UPDATE and INSERT write into columns."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

from foreshot.migration.operations import WrittenText
from foreshot.migration.sql_cursor import Cursor
from foreshot.migration.sql_tokens import HOLE

_MOST: Final = 2_000
"""String literals of one statement that are kept."""


def texts_in(
    cursor: Cursor, verb: str, begin: int, targets: list[int], stops: tuple[str, ...]
) -> tuple[WrittenText, ...]:
    """Those of the statement whose verb stands at ``begin``; ``targets`` are the columns' places, ``stops`` what ends a SET."""
    return tuple(islice(_texts(cursor, verb, begin, targets, stops), _MOST))


def _texts(
    cursor: Cursor, verb: str, begin: int, targets: list[int], stops: tuple[str, ...]
) -> Iterator[WrittenText]:
    """The string literals that UPDATE assigns, or that the rows of INSERT … VALUES hold."""
    context, tokens = cursor.context, cursor.tokens
    if verb == "update":
        for at in targets:
            value = Cursor(context, tokens, at + 1, cursor.stop).until(",", *stops)
            if value.word == "=" and value.stop == value.at + 2:
                yield from _text(cursor, at, value.at + 1)
        return
    rows = Cursor(context, tokens, begin, cursor.stop)
    rows.until("VALUES", "VALUE")
    if verb != "insert" or not targets or not rows.take_one("VALUES", "VALUE"):
        return
    while rows.word == "(":
        items = rows.inside().items()
        for at, item in zip(targets, items, strict=False):
            if item.stop == item.at + 1:
                yield from _text(cursor, at, item.at)
        if not rows.take(","):
            return


def _text(cursor: Cursor, target: int, at: int) -> Iterator[WrittenText]:
    """The literal at an index, as the value of the column at another."""
    token, name = cursor.tokens[at], cursor.context.identifier(cursor.tokens[target])
    plain = token.kind == "string" and token.text[:1] == "'" and not {HOLE, "\\"} & set(token.text)
    if plain and isinstance(name, str):
        value = token.text[1:-1].replace("''", "'")
        yield WrittenText(name, value, cursor.context.span(token.start, token.end))
