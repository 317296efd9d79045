"""Markdown out of texts that nobody vouches for: what comes from a file shows as it is and does nothing.

Everything that is not ours goes through :func:`prose` or :func:`foreshot.lint.words.code`; then there is no HTML, no image and no link but
those that :func:`link` makes. :func:`plain_text` turns what is made here into text for clients without Markdown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote

from foreshot.lint.words import plain

MAX_PROSE: Final = 300
MAX_CARD: Final = 12_000
"""Characters of one hover; editors scroll longer ones, and nobody reads them."""

_MARKS = re.compile(
    r"([\\`*_\[\]<>&~|$@]"  # emphasis, code, links, HTML, tables
    r"|:(?=//)|(?<=mailto):|(?<=xmpp):|(?<=www)\."  # what makes an address a link
    r"|^[#+=-]|^\d{1,9}[.)])",  # headings and lists at the start of a line
    re.IGNORECASE,
)
_CODE = re.compile(r"(`[^`\r\n]*`)")
_MADE = re.compile(
    r"\\([!-/:-@\[-`{-~])"  # an escaped mark
    r"|`([^`\r\n]*)`"  # code
    r"|\[((?:[^\]\\]|\\.)*)\]\(([^)\s]*)\)"  # a link
    r"|\*\*|  (?=\n)",
)


def prose(text: str, limit: int = MAX_PROSE) -> str:
    """A text from a file as it is: on one line, every mark escaped, so that not even an address becomes a link."""
    line = "".join(
        character if character.isprintable() else " " if character.isspace() else "\N{REPLACEMENT CHARACTER}"
        for character in text[: limit + 1]
    )
    if len(line) > limit:
        line = line[:limit] + "…"
    return _MARKS.sub(_escaped, " ".join(line.split()))


def _escaped(match: re.Match[str]) -> str:
    # Of a number that would begin a list, the point is escaped.
    return f"{match[0][:-1]}\\{match[0][-1]}"


def said(message: str) -> str:
    """A finding's message: its code stays code, and the rest is prose."""
    parts = _CODE.split(message[: MAX_PROSE * 4])
    # `prose` drops the blanks at its ends, which stand between words and code here.
    return "".join(
        f"`{plain(part[1:-1])}`" if index % 2 else _spaced(part) for index, part in enumerate(parts)
    )


def _spaced(part: str) -> str:
    if not part:
        return ""
    before, after = part[:1].isspace(), part[-1:].isspace()
    inner = prose(part, MAX_PROSE * 4)
    return f"{' ' if before else ''}{inner}{' ' if after and inner else ''}"


def link(label: str, url: str) -> str:
    """A link to an address that we made; ``label`` is escaped."""
    return f"[{prose(label)}]({url})"


def file_link(label: str, path: str, row: int | None = None) -> str:
    """A link to a file of the workspace, at a row that counts from 0."""
    drive = "/" if len(path) > 1 and path[1] == ":" else ""
    url = "file://" + drive + quote(path.replace("\\", "/"), safe="/", errors="surrogatepass")
    return link(label, url + (f"#L{row + 1}" if row is not None else ""))


def bullets(items: Iterable[str]) -> str:
    """A list; the items are Markdown already."""
    return "\n".join(f"- {item}" for item in items)


def limited(markdown: str) -> str:
    """A card of bounded length, cut between two lines."""
    if len(markdown) <= MAX_CARD:
        return markdown
    cut = markdown.rfind("\n", 0, MAX_CARD)
    return markdown[: cut if cut > 0 else 0] + "\n\n…"


def plain_text(markdown: str) -> str:
    """The same words without marks; only for what was made here."""

    def unmarked(match: re.Match[str]) -> str:
        escaped, inside, label, url = match.groups()
        if escaped is not None:
            return escaped
        if inside is not None:
            return inside
        if label is not None:
            return f"{plain_text(label)} ({url})"
        return ""

    return _MADE.sub(unmarked, markdown)
