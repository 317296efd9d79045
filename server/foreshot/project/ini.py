"""An ini file with the place of everything in it.

Reads what Python's ``configparser`` reads, as Alembic uses it (``=`` or ``:``, values that go on in indented
lines, ``%(name)s`` from the same section and ``[DEFAULT]``, never from the environment), and knows the span of each key
and value. A line that fits nowhere is a problem, not an exception.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping

from msgspec import Struct

from foreshot.text import SourceText, Span


class IniOption(Struct, frozen=True):
    """One ``key = value``. ``pieces`` pairs offsets into ``value`` with the spans of its lines in the file."""

    key: str
    value: str
    key_span: Span
    value_span: Span
    pieces: tuple[tuple[int, Span], ...] = ()

    def locate(self, start: int, end: int) -> Span:
        """The span in the file of ``value[start:end]``; it must not cross a line."""
        at = bisect_right(self.pieces, start, key=lambda piece: piece[0]) - 1
        if at < 0:
            return self.value_span
        offset, span = self.pieces[at]
        return Span(span.start + start - offset, min(span.start + end - offset, span.end))


class IniSection(Struct, frozen=True):
    """A section: its options by lower-case key, and the span of its name."""

    name: str
    span: Span
    options: dict[str, IniOption]


class IniProblem(Struct, frozen=True):
    """A line that an ini file cannot have, and what is wrong with it."""

    span: Span
    message: str


class IniFile(Struct, frozen=True):
    """The sections of an ini file in order, ``[DEFAULT]`` among them if it is there."""

    sections: dict[str, IniSection]
    problems: tuple[IniProblem, ...] = ()

    def option(self, section: str, key: str) -> IniOption | None:
        """An option of a section, or else of ``[DEFAULT]``."""
        for name in (section, "DEFAULT"):
            found = self.sections.get(name)
            if found is not None and key in found.options:
                return found.options[key]
        return None

    def value(self, section: str, key: str, given: Mapping[str, str]) -> str | None:
        """An option's value with ``%(name)s`` filled in; None when it is missing or a name leads nowhere.

        ``given`` are names that are known besides the file's own, such as ``here``.
        """
        option = self.option(section, key)
        left = iter(range(_MAX_NAMES))
        return None if option is None else self._filled(option.value, section, given, left, 0)

    def _filled(
        self, text: str, section: str, given: Mapping[str, str], left: Iterator[int], depth: int
    ) -> str | None:
        if "%" not in text:
            return text
        if depth > _MAX_DEPTH or len(text) > _MAX_VALUE:
            return None
        pieces: list[str] = []
        position = length = 0
        for match in _PERCENT.finditer(text):
            pieces.append(text[position : match.start()])
            position = match.end()
            if match.group() == "%%":
                pieces.append("%")
                continue
            if next(left, None) is None:
                return None
            key = (match.group(1) or "").lower()
            option = self.option(section, key) if key else None
            if option is not None:
                inner = self._filled(option.value, section, given, left, depth + 1)
            else:
                inner = given.get(key)
            if inner is None or (length := length + len(inner)) + match.start() > _MAX_VALUE:
                return None
            pieces.append(inner)
        pieces.append(text[position:])
        return "".join(pieces)


MAX_LENGTH = 1 << 18
"""Code points of an ini file that is read; an alembic.ini has some thousands."""
MAX_PROBLEMS = 100
"""Wrong lines after which a file is taken to be something else, and reading stops."""

_MAX_DEPTH = 10  # as configparser
_MAX_NAMES = 2_000  # that one value may fill in, all in all: empty ones cost as much as long ones
_MAX_VALUE = 100_000  # a value that doubles itself through ten names stops here
_PERCENT = re.compile(r"%(?:%|\(([^)\r\n]{0,200})\)s|)")
_HEADER = re.compile(r"\[([^\r\n]*)\]")
_DELIMITER = re.compile(r"[=:][ \t]*")


def read_ini(source: SourceText) -> IniFile:
    """The sections, options and problems of an ini file."""
    content = source.content
    sections: dict[str, IniSection] = {}
    problems: list[IniProblem] = []
    section: IniSection | None = None
    pending: _Pending | None = None

    def finish() -> None:
        nonlocal pending
        if pending is not None and section is not None:
            section.options[pending.key] = pending.option()
        pending = None

    if len(content) > MAX_LENGTH:
        whole = Span(*source.lines.line_bounds(0))
        return IniFile({}, (IniProblem(whole, f"the file is longer than {MAX_LENGTH} characters"),))
    for row in range(len(source.lines.starts)):
        if len(problems) > MAX_PROBLEMS:
            break
        start, end = source.lines.line_bounds(row)
        line = content[start:end]
        stripped = line.strip()
        if not stripped:
            if pending is not None:
                pending.blanks += 1
            continue
        if stripped[0] in "#;":
            continue
        indent = len(line) - len(line.lstrip())
        span = Span(start + indent, start + len(line.rstrip()))
        if pending is not None and indent > pending.indent:
            pending.lines.extend(("", span) for _ in range(pending.blanks))
            pending.blanks = 0
            pending.lines.append((stripped, span))
            continue
        finish()
        header = _HEADER.match(stripped)
        if header is not None:
            name = header.group(1)
            section = sections.get(name)
            if section is None:
                section = IniSection(name, Span(span.start + 1, span.start + 1 + len(name)), {})
                sections[name] = section
            elif name != "DEFAULT":
                problems.append(IniProblem(span, f"the section [{name}] is here twice"))
            continue
        if section is None:
            problems.append(IniProblem(span, "this line stands before the first section"))
            continue
        match = _DELIMITER.search(stripped)
        if match is None or match.start() == 0:
            problems.append(IniProblem(span, "this line is neither a section, a comment nor `key = value`"))
            continue
        name = stripped[: match.start()].rstrip()
        key = name.lower()
        if key in section.options:
            problems.append(IniProblem(span, f"`{key}` is set twice in [{section.name}]"))
        key_span = Span(span.start, span.start + len(name))
        pending = _Pending(key, key_span, indent)
        pending.lines.append((stripped[match.end() :], Span(span.start + match.end(), span.end)))
    finish()
    return IniFile(sections, tuple(problems))


class _Pending:
    """An option whose further lines may still come."""

    def __init__(self, key: str, key_span: Span, indent: int) -> None:
        self.key = key
        self.key_span = key_span
        self.indent = indent
        self.blanks = 0
        self.lines: list[tuple[str, Span]] = []

    def option(self) -> IniOption:
        pieces: list[tuple[int, Span]] = []
        offset = 0
        for text, span in self.lines:
            pieces.append((offset, span))
            offset += len(text) + 1
        value_span = Span(self.lines[0][1].start, self.lines[-1][1].end)
        return IniOption(
            self.key, "\n".join(text for text, _ in self.lines), self.key_span, value_span, tuple(pieces)
        )
