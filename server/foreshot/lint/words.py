"""Pieces of messages: names out of hostile files made harmless, lists in plain English."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from foreshot.knowledge.databases import DISPLAY_NAMES, Target
from foreshot.syntax.values import Unknown

MAX_NAME: Final = 100
MAX_NAMES: Final = 8


def code(name: object) -> str:
    """A name from a file, in backticks, of bounded length, without control characters or backticks of its own."""
    if isinstance(name, Unknown) or name is None:
        return "a name that is not known"
    return f"`{plain(name)}`"


def plain(name: object) -> str:
    """A text from a file on one line, of bounded length, without control characters or backticks."""
    text = str(name)[: MAX_NAME + 1]
    if "`" in text or not text.isprintable():
        text = "".join(
            character if character.isprintable() and character != "`" else "\N{REPLACEMENT CHARACTER}"
            for character in text
        )
    return text if len(text) <= MAX_NAME else text[:MAX_NAME] + "…"


def listed(items: Sequence[str], last: str = "and") -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    if len(items) <= 1:
        return "".join(items)
    return f"{', '.join(items[:-1])} {last} {items[-1]}"


def codes(names: Iterable[object]) -> str:
    """Names from a file as a list in plain English; of many, the first few and how many more there are."""
    every = list(names)
    if len(every) <= MAX_NAMES:
        return listed([code(name) for name in every])
    shown = [code(name) for name in every[: MAX_NAMES - 1]]
    return listed([*shown, f"{len(every) - len(shown)} more"])


def on(targets: Iterable[Target]) -> str:
    """``PostgreSQL 15 and MySQL``: the databases that a message holds for."""
    return listed(list(dict.fromkeys(target.display for target in targets)))


def on_databases(databases: Iterable[str]) -> str:
    """The display names of databases, listed."""
    return listed([name for database, name in DISPLAY_NAMES.items() if database in set(databases)])
