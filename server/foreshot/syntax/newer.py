"""Syntax that the running Python is too old for, put into words that it knows, with every byte in its place.

A project may be written for a later Python than the one that Foreshot runs on. What later versions added is little, and
none of it matters to what is read: type parameters and ``type`` statements (3.12), quotes, backslashes and comments in the fields of
f-strings (3.12), ``except A, B:`` and t-strings (3.14). Nothing here is asked of a text that the running Python parses.
"""

from __future__ import annotations

import re
from typing import Final

_TOKEN: Final = re.compile(
    r"""(?P<space>[ \t\f]+|\\(?:\r\n?|\n))
    |(?P<line>\r\n?|\n)
    |(?P<comment>\#[^\r\n]*)
    |(?P<string>[A-Za-z]{0,2}(?:\"\"\"|'''|"|'))
    |(?P<name>\w+)
    |(?P<sign>.)""",
    re.VERBOSE | re.DOTALL,
)
_SIGNS: Final = re.compile(
    r"""\btype[ \t\\]+\w+\s*[=\[]|\b(?:def|class)[ \t]+\w+[ \t]*\[|\bexcept\b[^\r\n:]*,|\b[rR]?[fFtT][rR]?["']"""
)
"""Without any of these, nothing in a text is new. Most texts that do not parse are half typed, and have none."""
_PLAIN_END: Final = {
    quote: re.compile(rf"(?:[^\\{quote[0]}{lines}]|\\(?:\r\n|.){more})*{quote}", re.DOTALL)
    for quote, lines, more in (
        ('"', r"\r\n", ""),
        ("'", r"\r\n", ""),
        ('"""', "", '|"(?!"")'),
        ("'''", "", "|'(?!'')"),
    )
}
_OLD_FIELD: Final = re.compile(r"""[^"'\\#\r\n]*""")
"""The fields of f-strings that every version reads."""
_NEWLINE: Final = re.compile(r"\r\n?|\n")
_NAMED: Final = frozenset({"class", "def", "type"})
MAX_NESTED: Final = 20
"""Strings in fields of strings that are followed."""


class _TooNew(Exception):
    """The text has what there are no older words of the same length for, or is no Python at all."""


def in_older_words(content: str) -> str | None:
    """The text with newer syntax replaced, of the same length in bytes, line by line; None where there is nothing to replace."""
    if _SIGNS.search(content) is None:
        return None
    try:
        return _Reading(content).older()
    except _TooNew:
        return None


class _Reading:
    """One pass over a text, which notes what stands in the place of what."""

    def __init__(self, content: str) -> None:
        self.content = content
        self.changes: list[tuple[int, int, str]] = []

    def older(self) -> str | None:
        """The text in older words."""
        words: list[tuple[str, int, int]] = []
        """The tokens of one logical line outside of brackets: their text and place."""
        depth, place, opened = 0, 0, 0
        while place < len(self.content):
            found = _TOKEN.match(self.content, place)
            if found is None:
                break
            start, place = found.start(), found.end()
            text = found.group()
            match found.lastgroup:
                case "string":
                    place = self._string(text, place)
                    text = "<string>"
                case "line" if not depth:
                    self._line(words)
                    words = []
                    continue
                case "sign" if text in "([{":
                    depth += 1
                    opened = start if depth == 1 else opened
                case "sign" if text in ")]}":
                    depth = max(depth - 1, 0)
                    start = opened
                case "space" | "line" | "comment":
                    continue
                case _:
                    pass
            if not depth:
                if text == ";":
                    self._line(words)
                    words = []
                    continue
                words.append((text, start, place))
        self._line(words)
        return self._changed() if self.changes else None

    def _line(self, words: list[tuple[str, int, int]]) -> None:
        """What is new in one logical line; what stands in brackets is one word, their last character."""
        texts = [text for text, _, _ in words[:4]]
        if texts[:1] == ["async"]:
            words, texts = words[1:], texts[1:]
        if len(texts) > 2 and texts[0] in _NAMED and texts[1].isidentifier():
            if texts[0] == "type":
                if texts[2] not in ("=", "]"):
                    return
                (_, start, _), (name, _, end) = words[:2]
                if _NEWLINE.search(self.content, start, end):
                    raise _TooNew
                self.changes.append(
                    (start, end, name + self.content[start:end][: -len(name)].replace("type", "    "))
                )
            if texts[2] == "]":
                self._blank(*words[2][1:])
        if texts[:1] == ["except"]:
            ends = [place for place, word in enumerate(words) if word[0] == ":"]
            for text, start, end in words[: ends[-1]] if ends else ():
                if text == ",":
                    self.changes.append((start, end, "|"))

    def _blank(self, start: int, end: int) -> None:
        """Spaces instead of type parameters; lines that end in them go on."""
        made: list[str] = []
        place = start
        for line in _NEWLINE.finditer(self.content, start, end):
            if line.start() == place:
                raise _TooNew
            made.append(_spaces(self.content[place : line.start()])[:-1] + "\\" + line.group())
            place = line.end()
        self.changes.append((start, end, "".join(made) + _spaces(self.content[place:end])))

    def _string(self, opening: str, place: int, depth: int = 0) -> int:
        """Where a string ends whose text begins at ``place``; what older versions do not read in it is noted."""
        prefix = opening.rstrip("\"'").lower()
        quote = opening[len(prefix) :]
        if "f" not in prefix and "t" not in prefix:
            found = _PLAIN_END[quote].match(self.content, place)
            if found is None:
                raise _TooNew
            return found.end()
        start, fields = place - len(opening), list[tuple[int, int]]()
        end = self._formatted(place, quote, "r" in prefix, fields, depth)
        if depth:
            return end
        new = [field for field in fields if _OLD_FIELD.fullmatch(self.content, *field) is None]
        if "t" in prefix or (len(quote) == 1 and any(_NEWLINE.search(self.content, *field) for field in new)):
            lines = _NEWLINE.split(self.content[start:end])
            if len(lines[0]) < 2 or not lines[-1]:
                raise _TooNew
            inner = self._lines_kept(start + 2, end - 1)
            self.changes.append((start, end, f"(_{inner})"))
            return end
        for inner, last in new:
            self.changes.append((inner, last, "_" + self._lines_kept(inner, last)[1:]))
        return end

    def _formatted(self, place: int, quote: str, raw: bool, fields: list[tuple[int, int]], depth: int) -> int:
        """The end of an f-string, with the insides of the braces in it."""
        content = self.content
        while place < len(content):
            if content.startswith(quote, place):
                return place + len(quote)
            match content[place]:
                case "\\":
                    # A brace is one behind a backslash, too.
                    place += 1 if content[place + 1 : place + 2] in ("{", "}") else 2
                    if not raw and content.startswith("N{", place - 1):
                        place = content.find("}", place) + 1 or len(content)
                case "{" if content.startswith("{{", place):
                    place += 2
                case "{":
                    end = self._field(place + 1, depth + 1)
                    fields.append((place + 1, end - 1))
                    place = end
                case _:
                    place += 1
        raise _TooNew

    def _field(self, place: int, depth: int) -> int:
        """The end of a field of an f-string, its brace included."""
        if depth > MAX_NESTED:
            raise _TooNew
        brackets = 0
        while (found := _TOKEN.match(self.content, place)) is not None:
            text, place = found.group(), found.end()
            if found.lastgroup == "string":
                place = self._string(text, place, depth)
            elif text in ("(", "[", "{"):
                brackets += 1
            elif text == "}" and not brackets:
                return place
            elif text in (")", "]", "}"):
                brackets -= 1
            elif text == ":" and not brackets:
                return self._format(place, depth)
        raise _TooNew

    def _format(self, place: int, depth: int) -> int:
        """The end of a field whose format begins here."""
        while place < len(self.content):
            match self.content[place]:
                case "{":
                    place = self._field(place + 1, depth + 1)
                case "}":
                    return place + 1
                case _:
                    place += 1
        raise _TooNew

    def _lines_kept(self, start: int, end: int) -> str:
        return "".join(
            text if _NEWLINE.fullmatch(text) else _spaces(text)
            for text in re.split(r"(\r\n?|\n)", self.content[start:end])
        )

    def _changed(self) -> str:
        made: list[str] = []
        place = 0
        for start, end, text in sorted(self.changes):
            if start < place:
                raise _TooNew
            made += [self.content[place:start], text]
            place = end
        return "".join([*made, self.content[place:]])


def _spaces(text: str) -> str:
    """As many spaces as a text has bytes: Python's columns count those."""
    return " " * len(text.encode("utf-8", "replace"))
