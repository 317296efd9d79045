"""Text out of files nobody vouches for, made fit for a terminal, and measured in a terminal's cells."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Sequence

import msgspec
from msgspec import Struct

from foreshot.project import paths

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

# C0, DEL and C1 drive terminals; the marks, embeddings, overrides and isolates of bidirectional text reorder what stands
# beside them (CVE-2021-42574); U+2028 and U+2029 are line ends to some; a lone surrogate cannot be written at all.
# `##[…]`, `##vso[…]` are commands to build servers wherever they stand in a line (`actions/runner`, ActionCommand.cs).
_CONTROLS = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]|(?<=#)#(?=\\w*\\[)"
)
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_COMMAND_IN_JSON = re.compile(r"##(\w*)\[")
_SPACES = re.compile(r"[\t\n\r\f\v ]+")
_TAB = 4


def clean(text: str) -> str:
    """``text`` with every character that could drive a terminal, or a build server, made visible as U+FFFD."""
    if text.isascii() and text.isprintable() and "##" not in text:
        return text
    return _CONTROLS.sub(REPLACEMENT, text)


def one_line(text: str) -> str:
    """``text`` on one line, runs of white space as one space, otherwise as :func:`clean`."""
    if "  " in text or not text.isprintable():
        text = _SPACES.sub(" ", text)
    return clean(text.strip())


def shown_path(path: str, folder: str) -> str:
    """An absolute path as every output names it: relative to ``folder``, parts joined by ``/``."""
    if paths.is_inside(path, folder):
        shown = paths.relative(path, folder) or "."
    else:
        try:
            shown = os.path.relpath(path, folder).replace(paths.SEP, "/")
        except ValueError:  # another drive
            shown = path.replace(paths.SEP, "/")
    # At the start of a line this would be a command to GitHub's runner.
    return f"./{shown}" if shown.startswith("::") else shown


def as_json(value: object) -> str:
    """``value`` as JSON in ASCII: no character of it could drive a terminal or stumble over an encoding."""
    try:
        encoded = msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
    except (UnicodeEncodeError, msgspec.MsgspecError):
        # A half of a surrogate pair, which is no text.
        import json

        encoded = json.dumps(value, indent=2)
    text = encoded if encoded.isascii() else _NOT_ASCII.sub(_escaped, encoded)
    text = text.replace("\x7f", "\\u007f")
    return _COMMAND_IN_JSON.sub(r"##\1\\u005b", text)


def _escaped(found: re.Match[str]) -> str:
    """A character as JSON escapes it: beyond the basic plane, as a pair of surrogates."""
    units = found[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


class Cells(Struct, frozen=True):
    """A line as a terminal shows it: what stands for each code point, and the cell that each begins in.

    ``columns`` has one entry more than ``shown``: the width of the line.
    """

    shown: Sequence[str]
    columns: Sequence[int]

    @property
    def width(self) -> int:
        """Cells that the line takes."""
        return self.columns[-1]


def cells(line: str) -> Cells:
    """Lay out a line of source: tabs expanded, controls replaced, wide and combining characters measured."""
    if line.isascii() and line.isprintable() and "##" not in line:
        return Cells(line, range(len(line) + 1))
    shown: list[str] = []
    columns = [0]
    for character in _CONTROLS.sub(lambda found: found[0] if found[0] == "\t" else REPLACEMENT, line):
        at = columns[-1]
        if character == "\t":
            size = _TAB - at % _TAB
            shown.append(" " * size)
        else:
            shown.append(character)
            size = char_width(character)
        columns.append(at + size)
    return Cells(shown, columns)


def char_width(character: str) -> int:
    """Cells that a printable character takes: 0, 1 or 2."""
    if character < "\u0300":
        return 1
    if unicodedata.east_asian_width(character) in "WF":
        return 2
    if unicodedata.category(character) in ("Mn", "Me", "Cf") or "\u1160" <= character <= "\u11ff":
        return 0
    return 1


def width(text: str) -> int:
    """Cells that a text without control characters takes."""
    return len(text) if text.isascii() else sum(map(char_width, text))


def clipped(text: str, limit: int) -> str:
    """The start of ``text``, at most ``limit`` cells of it, with an ellipsis where something was cut."""
    if width(text) <= limit:
        return text
    taken = size = 0
    for character in text:
        size += char_width(character)
        if size >= limit:
            break
        taken += 1
    return text[:taken] + "…"


def wrapped(text: str, limit: int, first: int = 0) -> list[str]:
    """``text`` broken at spaces into lines of at most ``limit`` cells; the first has ``first`` cells less.

    A word that is longer than a line stays whole, and none that begins like a workflow command begins a line.
    """
    lines: list[str] = []
    begin, room = 0, limit - first
    while (fits := _fitting(text, begin, room)) < len(text):
        cut = text.rfind(" ", begin, fits + 1)
        if cut == -1:
            cut = text.find(" ", fits)
        while cut != -1 and text.startswith("::", cut + 1):
            cut = text.find(" ", cut + 1)
        if cut == -1:
            break
        lines.append(text[begin:cut])
        begin, room = cut + 1, limit
    lines.append(text[begin:])
    return lines


def _fitting(text: str, begin: int, room: int) -> int:
    """Where the part of ``text`` ends that begins at ``begin`` and takes at most ``room`` cells."""
    if text.isascii():
        return min(begin + max(room, 0), len(text))
    for at in range(begin, len(text)):
        room -= char_width(text[at])
        if room < 0:
            return at
    return len(text)
