"""Where a cursor stands in Python text that is being written and need not parse: inside which calls, at which argument.

The text is read by tokens from the beginning of the function (or file) around the cursor; nothing after the cursor counts.
What is left open further up ends where a line begins a new statement.
"""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct

from foreshot.text import Span

MAX_LENGTH: Final = 200_000
"""Code points before the cursor that are read, at the most."""
_MAX_DEPTH: Final = 60


class Argument(Struct, frozen=True):
    """An argument that stands before the cursor in a call: its keyword, if it has one, and its source."""

    keyword: str | None
    text: str

    @property
    def literal(self) -> str | None:
        """What a plain string literal says, in ``op.f(…)`` too; None for anything else."""
        match = _LITERAL.fullmatch(_NAMED.sub(r"\1", self.text.strip()))
        return match.group("text") if match is not None else None


class OpenBracket(Struct, frozen=True):
    """A bracket that is open at the cursor."""

    bracket: str
    callee: str
    """The dotted name before ``(``, as written; empty for a bracket that calls nothing."""
    arguments: tuple[Argument, ...]
    """What stands in it before the cursor, without the argument that the cursor is in."""
    keyword: str | None
    """The keyword of the argument that the cursor is in."""
    start: int
    """Where the bracket stands."""

    def named(self, name: str, position: int | None = None) -> Argument | None:
        """An argument by its keyword, or by its position among those without one."""
        for argument in self.arguments:
            if argument.keyword == name:
                return argument
        plain = [argument for argument in self.arguments if argument.keyword is None]
        return plain[position] if position is not None and position < len(plain) else None

    @property
    def position(self) -> int:
        """The position of the argument that the cursor is in, among those without a keyword."""
        return sum(argument.keyword is None for argument in self.arguments)


class Cursor(Struct, frozen=True):
    """Where a cursor stands."""

    offset: int
    statement: int
    """Where its statement begins."""
    brackets: tuple[OpenBracket, ...]
    """The brackets that are open, the outermost first."""
    word: Span
    """What is being written: the beginning of a name, or what a string has so far."""
    owner: str
    """For the part of a name behind a dot, the dotted name before it."""
    string: Span | None
    """The open string literal that it is in, from its quote to the cursor."""
    comment: bool
    target: str | None
    """The name that the statement assigns to, where the cursor is right of the ``=``."""
    sql: str | None = None
    """What the open string says so far, with the strings right before it that it goes on from."""

    @property
    def call(self) -> OpenBracket | None:
        """The innermost call that it is an argument of, lists and tuples between them left out."""
        return next((item for item in reversed(self.brackets) if item.callee), None)

    @property
    def inner(self) -> OpenBracket | None:
        """The innermost open bracket of any kind."""
        return self.brackets[-1] if self.brackets else None


_LITERAL = re.compile(r"""[rRuU]?(?P<quote>["'])(?P<text>[^"'\\\r\n]*)(?P=quote)""")
_NAMED = re.compile(r"""^\w+\.f\(\s*("[^"]*"|'[^']*')\s*\)$""")
_FUNCTION = re.compile(r"^[ \t]*(?:async[ \t]+)?def[ \t]", re.MULTILINE)
_TOKEN = re.compile(
    r"""
    (?P<string>[rRbBuUfF]{0,2}(?:
        \"\"\"(?:[^"\\]|\\.|"(?!""))*+(?P<end1>\"\"\"|\Z)
      | '''(?:[^'\\]|\\.|'(?!''))*+(?P<end2>'''|\Z)
      | "(?:[^"\\\r\n]|\\(?:\r\n|.))*+(?P<end3>"|(?=[\r\n])|\Z)
      | '(?:[^'\\\r\n]|\\(?:\r\n|.))*+(?P<end4>'|(?=[\r\n])|\Z)
    ))
  | (?P<comment>\#[^\r\n]*)
  | (?P<name>[^\W\d]\w*(?:[ \t]*\.[ \t]*[^\W\d]\w*)*+(?:[ \t]*\.(?=[^\d]|\Z))?)
  | (?P<open>[(\[{])
  | (?P<close>[)\]}])
  | (?P<comma>,)
  | (?P<assign>(?<![=!<>:+\-*/%&|^@])=(?!=))
  | (?P<newline>\r\n|\n|\r)
  | (?P<space>[ \t\f]+|\\(?:\r\n|\n|\r))
  | (?P<other>\d\w*|.)
    """,
    re.VERBOSE | re.DOTALL,
)
# How a line begins that is a statement and no part of what is open above it.
_STATEMENT = re.compile(
    r"(?:(?:def|async|with|if|elif|else|for|while|return|try|except|finally|class|import|from|pass|raise|del)\b(?![ \t]*[=,)])"
    r"|(?P<owner>(?:[^\W\d]\w*\.)*[^\W\d]\w*)\.(?!f\()[^\W\d]\w*\()"
)


class _Open:
    """A bracket while it is open."""

    __slots__ = ("arguments", "begin", "bracket", "callee", "keyword", "start")

    def __init__(self, bracket: str, callee: str, start: int) -> None:
        self.bracket, self.callee, self.start = bracket, callee, start
        self.arguments: list[Argument] = []
        self.keyword: str | None = None
        self.begin = start + 1


_REACHED = [""]
"""The text before the statement that was read last: whoever types asks again behind the same, which is not read again."""


def cursor_at(text: str, offset: int) -> Cursor:
    """Where the cursor at ``offset`` (code points from the beginning) stands in ``text``."""
    offset = min(max(offset, 0), len(text))
    before = text[:offset]
    reached = _REACHED[0]
    start = max(0, offset - MAX_LENGTH)
    if len(reached) > start and before.startswith(reached):
        start = len(reached)
    for match in _FUNCTION.finditer(before, start):
        start = match.start()
    reader = _Reader(before, start)
    found = reader.read()
    if reader.sure:
        _REACHED[0] = text[: found.statement]
    return found


class _Reader:
    """Reads tokens up to the end of the text."""

    def __init__(self, text: str, start: int) -> None:
        self.text = text
        self.at = start
        self.statement = start
        self.open: list[_Open] = []
        self.target: str | None = None
        self.first: str | None = None
        self.name = ""
        self.strings: list[str] = []
        """What strings say that stand right before each other."""
        self.fresh = True
        """Nothing of the statement has been read yet."""
        self.expects = False
        """The last token was a comma or opened a bracket: something has to follow."""
        self.sure = True
        """The statement begins where nothing is open above it, whatever becomes of it."""

    def read(self) -> Cursor:
        text, end = self.text, len(self.text)
        string: Span | None = None
        comment = False
        for match in _TOKEN.finditer(text, self.at):
            kind, place = match.lastgroup or "", match.start()
            if kind.startswith("end"):
                kind = "string"
            if (
                match.end() == end
                and kind == "string"
                and not any(match.group(f"end{n}") for n in range(1, 5))
            ):
                string = Span(place, end)
            comment = kind == "comment" and match.end() == end
            self._take(kind, match.group(), place, match.end())
        return self._cursor(string, comment=comment)

    def _take(self, kind: str, token: str, start: int, end: int) -> None:
        if kind in ("space", "comment"):
            return
        if kind == "newline":
            self._line(end)
            return
        if self.fresh:
            self.fresh = False
            self.statement, self.target = start, None
            self.first = token if kind == "name" else None
        inner = self.open[-1] if self.open else None
        if kind == "open":
            if len(self.open) < _MAX_DEPTH:
                self.open.append(_Open(token, self.name if token == "(" else "", start))
        elif kind == "close":
            if self.open:
                self.open.pop()
        elif kind == "comma":
            if inner is not None:
                self._end_argument(inner, start)
        elif kind == "assign":
            if inner is None:
                # An annotation may stand between the name and the sign.
                self.target = self.target or self.first
            elif inner.bracket == "(" and inner.keyword is None and self.name:
                inner.keyword, inner.begin = self.name, end
        self.name = "".join(token.split()) if kind == "name" else ""
        self.expects = kind in ("comma", "open")
        if kind != "string":
            self.strings.clear()
        elif end < len(self.text):
            self.strings.append(token.lstrip("rRbBuUfF").strip("\"'"))

    def _end_argument(self, inner: _Open, end: int) -> None:
        inner.arguments.append(Argument(inner.keyword, self.text[inner.begin : end].strip()))
        inner.keyword, inner.begin = None, end + 1

    def _line(self, after: int) -> None:
        """A line has ended; the next one may begin a statement although something is open."""
        sure = not self.open
        if self.open:
            line = self.text[after : after + 200]
            indent = len(line) - len(line.lstrip(" \t"))
            begin = self.text.rfind("\n", 0, self.statement) + 1
            match = _STATEMENT.match(line.lstrip(" \t"))
            if indent > self.statement - begin or match is None or self._goes_on(match["owner"]):
                return
            self.open.clear()
        self.fresh, self.name, self.target, self.sure = True, "", None, sure
        self.statement = after

    def _goes_on(self, owner: str | None) -> bool:
        """Whether a line that begins with a call goes on with what is open: behind a comma, and not a call like the open one."""
        if owner is None or not self.expects:
            return False
        return not self.open[0].callee.startswith(f"{owner}.")

    def _cursor(self, string: Span | None, *, comment: bool) -> Cursor:
        end = len(self.text)
        owner, word = "", Span(end, end)
        if string is not None:
            quote = re.compile(r"""[rRbBuUfF]*("{3}|'{3}|["'])""").match(self.text, string.start)
            word = Span(quote.end() if quote is not None else string.start, end)
        elif self.name and self.text[-1:] not in " \t":
            owner, _, last = self.name.rpartition(".")
            word = Span(end - len(last), end)
        brackets = tuple(
            OpenBracket(item.bracket, item.callee, tuple(item.arguments), item.keyword, item.start)
            for item in self.open
        )
        said = None
        if string is not None:
            said = "".join(self.strings) + self.text[word.start : end]
        return Cursor(end, self.statement, brackets, word, owner, string, comment, self.target, said)
