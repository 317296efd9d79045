"""Names of rules in a comment that silences them."""

from __future__ import annotations

import re

from foreshot.ide.completion.item import Item
from foreshot.rules import NAMES, family_of
from foreshot.text import Span

_OPEN = re.compile(r"foreshot:[ \t]*ignore(?:-file)?\[(?:[\w-]*[ \t]*,[ \t]*)*(?P<word>[\w-]*)$")


def complete(text: str, offset: int) -> list[Item]:
    """Rules that a ``# foreshot: ignore[…]`` before the cursor may name."""
    line = text[text.rfind("\n", 0, offset) + 1 : offset][-2_000:]
    match = _OPEN.search(line)
    if match is None:
        return []
    span = Span(offset - len(match["word"]), offset)
    return [Item(name, "rule", span, name, family_of(name)) for name in sorted(NAMES)]
