"""A TOML file with the place of its keys and values.

Values come from ``tomllib``; a scan of the text, which trusts that ``tomllib`` has accepted it, finds where they stand.
"""

from __future__ import annotations

import contextlib
import re
import tomllib
from typing import cast

from msgspec import Struct

from foreshot.text import SourceText, Span

Path = tuple[str | int, ...]

MAX_LENGTH = 1 << 18
"""Code points of a TOML file that is read; a pyproject.toml has some thousands."""


class TomlEntry(Struct, frozen=True):
    """Where a key, or an item of an array, stands; an array's item is its own key."""

    key: Span
    value: Span


class TomlFile(Struct, frozen=True):
    """The values of a TOML file and the places of those that the scan could find, by path of keys and indices."""

    data: dict[str, object]
    entries: dict[Path, TomlEntry]

    def table(self, *keys: str) -> dict[str, object] | None:
        """The table at a path of keys; None when there is none."""
        found = self.data
        for key in keys:
            inner = found.get(key)
            if not isinstance(inner, dict):
                return None
            found = cast("dict[str, object]", inner)
        return found

    def key_span(self, *path: str | int) -> Span:
        """The span of a key, else of the nearest thing around it that has one."""
        entry = self._nearest(path)
        return entry.key if entry is not None else Span(0, 0)

    def value_span(self, *path: str | int) -> Span:
        """The span of a value, else of the nearest thing around it that has one."""
        entry = self._nearest(path)
        return entry.value if entry is not None else Span(0, 0)

    def _nearest(self, path: Path) -> TomlEntry | None:
        while path:
            entry = self.entries.get(path)
            if entry is not None:
                return entry
            path = path[:-1]
        return None


class TomlProblem(Struct, frozen=True):
    """Why a text is no TOML, and where."""

    span: Span
    message: str


def read_toml(source: SourceText) -> TomlFile | TomlProblem:
    """The values and places of a TOML file."""
    if len(source.content) > MAX_LENGTH:
        return TomlProblem(
            Span(*source.lines.line_bounds(0)), f"the file is longer than {MAX_LENGTH} characters"
        )
    # tomllib takes time that grows with the square of a dotted key's parts.
    if _LONG_KEY.search(source.content):
        return TomlProblem(Span(*source.lines.line_bounds(0)), "a key has more than 100 parts")
    try:
        data = tomllib.loads(source.content)
    except tomllib.TOMLDecodeError as error:
        return _problem(source, str(error))
    except (RecursionError, ValueError):
        return TomlProblem(Span(*source.lines.line_bounds(0)), "the file is no TOML that can be read")
    scan = _Scan(source.content)
    # Places are a help, never a condition: what was found until the scan lost its way is kept.
    with contextlib.suppress(IndexError, RecursionError):
        scan.document()
    return TomlFile(data, scan.entries)


_PLACE = re.compile(r"\(at line (\d+), column (\d+)\)$")
_LONG_KEY = re.compile(r"(?<![\w\"'-])(?:[\w\"'-]++[ \t]*+\.[ \t]*+){100}")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\r\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_SCALAR = re.compile(r"[^,\]}#\r\n]*")
_STRING = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*"{3,5}'
    r"|'''(?:[^']|'(?!''))*'{3,5}"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL)
_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", '"': '"', "\\": "\\"}


def _problem(source: SourceText, message: str) -> TomlProblem:
    match = _PLACE.search(message)
    if match is None:
        return TomlProblem(Span(len(source.content), len(source.content)), message)
    start = source.lines.offset(int(match.group(1)) - 1, int(match.group(2)) - 1)
    _, end = source.lines.line_bounds(int(match.group(1)) - 1)
    return TomlProblem(Span(start, max(start, end)), message[: match.start()].rstrip())


class _Scan:
    """A walk over valid TOML that notes where each key and value is."""

    def __init__(self, content: str) -> None:
        self.content = content
        self.at = 0
        self.entries: dict[Path, TomlEntry] = {}
        self.arrays: dict[Path, int] = {}

    def document(self) -> None:
        table: Path = ()
        while True:
            self.skip(_BLANK)
            if self.at >= len(self.content):
                return
            if self.content[self.at] == "[":
                table = self.header()
            elif not self.pair(table):
                return

    def header(self) -> Path:
        array = self.content.startswith("[[", self.at)
        self.at += 2 if array else 1
        self.skip(_SPACE)
        start = self.at
        keys = self.keys()
        span = Span(start, keys[-1][1].end if keys else start)
        self.skip(_SPACE)
        self.at += 2 if array else 1
        path: Path = ()
        for index, (key, _) in enumerate(keys):
            path = (*path, key)
            if path in self.arrays and not (array and index == len(keys) - 1):
                path = (*path, self.arrays[path])
        if array:
            self.arrays[path] = self.arrays.get(path, -1) + 1
            path = (*path, self.arrays[path])
        self.entries[path] = TomlEntry(span, span)
        return path

    def pair(self, table: Path) -> bool:
        keys = self.keys()
        self.skip(_SPACE)
        if not keys or self.content[self.at : self.at + 1] != "=":
            return False
        self.at += 1
        path = (*table, *(key for key, _ in keys))
        self.value(path, Span(keys[0][1].start, keys[-1][1].end))
        return True

    def keys(self) -> list[tuple[str, Span]]:
        found: list[tuple[str, Span]] = []
        while True:
            self.skip(_SPACE)
            match = _STRING.match(self.content, self.at) or _BARE.match(self.content, self.at)
            if match is None:
                return found
            text = match.group()
            self.at = match.end()
            if text[0] == '"':
                text = _ESCAPE.sub(_unescape, text[1:-1])
            elif text[0] == "'":
                text = text[1:-1]
            found.append((text, Span(match.start(), match.end())))
            self.skip(_SPACE)
            if self.content[self.at : self.at + 1] != ".":
                return found
            self.at += 1

    def value(self, path: Path, key: Span | None) -> None:
        self.skip(_SPACE)
        start = self.at
        match self.content[start]:
            case '"' | "'":
                self.skip(_STRING)
                end = self.at
            case "[":
                self.items(path)
                end = self.at
            case "{":
                self.inline(path)
                end = self.at
            case _:
                self.skip(_SCALAR)
                end = start + len(self.content[start : self.at].rstrip())
        span = Span(start, end)
        self.entries[path] = TomlEntry(span if key is None else key, span)

    def items(self, path: Path) -> None:
        self.at += 1
        index = 0
        while True:
            self.skip(_BLANK)
            if self.content[self.at] == "]":
                self.at += 1
                return
            if self.content[self.at] == ",":
                self.at += 1
                continue
            before = self.at
            self.value((*path, index), None)
            if self.at == before:
                raise IndexError
            index += 1

    def inline(self, path: Path) -> None:
        self.at += 1
        while True:
            self.skip(_BLANK)
            if self.content[self.at] == "}":
                self.at += 1
                return
            if self.content[self.at] == ",":
                self.at += 1
            elif not self.pair(path):
                raise IndexError

    def skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self.content, self.at)
        if match is not None:
            self.at = match.end()


def _unescape(match: re.Match[str]) -> str:
    point = match.group(1) or match.group(2)
    if point is not None:
        value = int(point, 16)
        return chr(value) if value < 0x110000 else "\ufffd"
    return _ESCAPES.get(match.group(3), match.group(3))
