"""How much two identifiers look like one that was renamed: the words that they share, and their spelling."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_MOST: Final = 200
# Words that most names of a schema share say little, and the more of them do, the less.
_EMPTY = frozenset(
    {"id", "is", "has", "at", "by", "on", "of", "to", "the", "in", "for", "and", "a", "tbl", "fk"}
)
_COMMON = frozenset(
    {
        "name", "type", "kind", "status", "state", "date", "time", "count", "number", "value", "key", "code", "data",
        "text", "url", "uuid", "user", "start", "end", "min", "max", "flag", "enabled", "active", "first", "last",
    }
)  # fmt: skip
_OPPOSITES = tuple(
    frozenset(pair)
    for pair in (
        ("start", "end"), ("begin", "end"), ("min", "max"), ("first", "last"), ("from", "to"), ("in", "out"),
        ("input", "output"), ("source", "target"), ("created", "updated"), ("created", "deleted"), ("updated", "deleted"),
        ("before", "after"), ("old", "new"), ("left", "right"), ("internal", "external"), ("public", "private"),
        ("latitude", "longitude"), ("enabled", "disabled"), ("up", "down"), ("width", "height"), ("sent", "received"),
    )
)  # fmt: skip


@lru_cache(maxsize=1024)
def words_of(text: str) -> tuple[str, ...]:
    """The words of an identifier or a sentence, in lower case and without a plural's s; ``snake_case`` is two."""
    return tuple(_singular(word.lower()) for word in _WORD.findall(text[:20_000]))


def contains_words(text: Sequence[str], words: Sequence[str]) -> bool:
    """Whether ``words`` follow each other in ``text``; no words are in no text."""
    size = len(words)
    return size > 0 and any(
        tuple(text[index : index + size]) == tuple(words) for index in range(len(text) - size + 1)
    )


def likeness(one: str, other: str) -> float:
    """From 0 (nothing in common) to 1 (the same words)."""
    if len(one) > _MOST or len(other) > _MOST:
        return 0.0
    first, second = set(words_of(one)), set(words_of(other))
    if any(len(pair & first) == len(pair & second) == 1 and not pair & first & second for pair in _OPPOSITES):
        return 0.0
    shared = _weight(first & second)
    smaller = min(_weight(first), _weight(second))
    if not smaller:
        return 0.0
    by_words = (shared / smaller + shared / _weight(first | second)) / 2
    return max(by_words, _by_spelling(one, other))


def _by_spelling(one: str, other: str) -> float:
    """For a corrected typing error or a moved underscore; 0 where the spelling differs by more."""
    from rapidfuzz import fuzz  # Loaded when a pair is first compared.

    plain = one.lower().replace("_", ""), other.lower().replace("_", "")
    ratio = fuzz.ratio(*plain) / 100
    return ratio if ratio >= 0.85 and min(map(len, plain)) >= 5 else 0.0


def _weight(words: set[str]) -> float:
    return sum(0.15 if word in _EMPTY else 0.6 if word in _COMMON else 1.0 for word in words)


def _singular(word: str) -> str:
    return (
        word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")) else word
    )
