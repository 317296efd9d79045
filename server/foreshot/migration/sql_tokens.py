"""SQL as tokens and statements: one linear pass that knows quotes, comments and bind parameters, not grammar.

Several databases' spellings are read at once. What differs between them (backslashes in strings, ``#``
comments, ``[bracketed]`` names) follows the target dialects, see :class:`Lexicon`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from itertools import islice
from typing import Literal

from msgspec import Struct

from foreshot.syntax.strings import PLACEHOLDER

HOLE = PLACEHOLDER
"""Stands in a text where an expression of unknown value is interpolated."""

Kind = Literal["word", "quoted", "string", "number", "bind", "mark"]


class Token(Struct, frozen=True, gc=False):
    """A token; ``upper`` is the upper-case text of a bare word, the text of a mark, and else empty."""

    kind: Kind
    text: str
    upper: str
    start: int
    end: int


class Flaw(Struct, frozen=True):
    """What is certainly wrong with a statement, as a range of offsets in the SQL."""

    message: str
    start: int
    end: int


class Lexicon(Struct, frozen=True):
    """Which spellings are in force."""

    backslashes: bool = False
    """``'it\\'s'``: a backslash escapes in strings, and ``#`` begins a comment (MySQL, MariaDB)."""
    brackets: Literal["never", "names", "guess"] = "guess"
    """Whether ``[x]`` is a quoted name."""


class Statement(Struct, frozen=True):
    """The tokens of one statement, its end mark left out, and a flaw where quotes or parentheses do not close."""

    tokens: tuple[Token, ...]
    flaw: Flaw | None = None

    @property
    def start(self) -> int:
        """Offset of its first token."""
        return self.tokens[0].start

    @property
    def end(self) -> int:
        """Offset behind its last token."""
        return self.tokens[-1].end


_WORD = rf"(?:[^\W\d]|[{HOLE}])[\w$#{HOLE}]*+"
_COMMON = (
    r"(?P<bind>%\(\w+\)s|%s\b|(?<![:\w\\]):[^\W\d]\w*+(?!:)|\$\d+|\?(?![|&?]))",
    rf"(?P<word>{_WORD}|@@?[\w$]+|\#\#?[^\W\d]\w*)",
    r"(?P<number>0[xX][0-9a-fA-F]+|(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)",
    r"(?P<dollar>\$(?:[^\W\d]\w*)?\$)",
    r"(?P<block>/\*)",
    r"(?P<open>['\"`])",
    r"(?P<mark>\\?:\\?:|:=|\\:|[(),;.\[\]{}:]|(?:(?!--|/\*)[-+*/<>=~!@\#%^&|?])+|\S)",
)


_STANDARD = (
    r"(?P<space>--[^\r\n]*)",
    r"(?P<string>[eE]'(?:[^'\\]+|''|\\.)*+'|(?:[nNbBxX]|[uU]&)?'(?:[^']+|'')*+')",
    r'(?P<quoted>"(?:[^"]+|"")*+"|`(?:[^`]+|``)*+`)',
)
_BACKSLASHES = (
    r"(?P<space>--[^\r\n]*|\#[^\r\n]*)",
    r"(?P<string>[nNbBxX]?'(?:[^'\\]+|''|\\.)*+')",
    r'(?P<quoted>"(?:[^"\\]+|""|\\.)*+"|`(?:[^`]+|``)*+`)',
)


@cache
def _pattern(*, backslashes: bool) -> re.Pattern[str]:
    """One token of any kind, with the white space before it."""
    kinds = (*(_BACKSLASHES if backslashes else _STANDARD), *_COMMON)
    return re.compile(r"\s*+(?:" + "|".join(kinds) + ")", re.DOTALL)


_BLOCK_EDGE = re.compile(r"/\*|\*/")
_MAX_EDGES = 64
"""How many beginnings and ends of comments are looked at, so that hostile text takes linear time."""
_BRACKETED = re.compile(r"\[[^\]\[]*\]")
_BRACKETED_WORD = re.compile(r"\[[^\W\d][\w $]*\]")
_OPENERS = {"'": "string", '"': "quoted name", "`": "quoted name"}


def tokenize(sql: str, lexicon: Lexicon) -> tuple[list[Token], Flaw | None]:
    """The tokens of a text. A quote or comment that never closes is a flaw, and the tokens end before it."""
    pattern = _pattern(backslashes=lexicon.backslashes)
    tokens: list[Token] = []
    position = 0
    while position >= 0:
        position, flaw = _run(sql, position, pattern, lexicon, tokens)
        if flaw is not None:
            return tokens, flaw
    return tokens, None


def _run(
    sql: str, position: int, pattern: re.Pattern[str], lexicon: Lexicon, tokens: list[Token]
) -> tuple[int, Flaw | None]:
    """Add tokens up to the next that no regular expression can find the end of; where to go on, or -1."""
    add = tokens.append
    for found in pattern.finditer(sql, position):
        kind = found.lastgroup
        if kind == "word":
            text = found["word"]
            start, end = found.span(kind)
            add(Token("word", text, text.upper(), start, end))
        elif kind == "mark":
            text = found["mark"]
            start, end = found.span(kind)
            if text == "[" and lexicon.brackets != "never":
                behind = _bracketed_name(sql, start, tokens, lexicon)
                if behind:
                    add(Token("quoted", sql[start:behind], "", start, behind))
                    return behind, None
            add(Token("mark", text, text.replace("\\", ""), start, end))
        elif kind in ("string", "number", "quoted", "bind"):
            start, end = found.span(kind)
            add(Token(kind, found[kind], "", start, end))
        elif kind in ("dollar", "block", "open"):
            return _special(sql, kind, *found.span(kind), tokens)
    return -1, None


def _special(sql: str, kind: str, start: int, end: int, tokens: list[Token]) -> tuple[int, Flaw | None]:
    """Find the end of a dollar-quoted string or a block comment, or say that a quote has none."""
    text = sql[start:end]
    if kind == "dollar":
        close = sql.find(text, end)
        if close < 0:
            return -1, Flaw(f"the string that {text} opens is never closed", start, end)
        close += len(text)
        tokens.append(Token("string", sql[start:close], "", start, close))
        return close, None
    if kind == "block":
        close = _block_end(sql, end)
        return close, Flaw("the comment that /* opens is never closed", start, end) if close < 0 else None
    return -1, Flaw(f"the {_OPENERS[text]} that {text} opens is never closed", start, end)


def _block_end(sql: str, position: int) -> int:
    """Offset behind the end of a block comment, or -1; comments nest where that lets them close soon."""
    first = sql.find("*/", position)
    if first < 0 or sql.find("/*", position, first) < 0:
        return first + 2 if first >= 0 else -1
    depth = 1
    for edge in islice(_BLOCK_EDGE.finditer(sql, position), _MAX_EDGES):
        depth += 1 if edge.group() == "/*" else -1
        if depth == 0:
            return edge.end()
    return first + 2


def _bracketed_name(sql: str, start: int, tokens: list[Token], lexicon: Lexicon) -> int:
    """Offset behind a ``[name]``, or 0 where the bracket is an array's."""
    if lexicon.brackets == "names":
        found = _BRACKETED.match(sql, start)
        return found.end() if found else 0
    before = tokens[-1] if tokens else None
    if before is not None and before.end == start and before.text != "." and before.upper not in ("(", ","):
        return 0
    if before is not None and before.upper == "ARRAY":
        return 0
    found = _BRACKETED_WORD.match(sql, start)
    return found.end() if found else 0


_ROUTINES = frozenset({"TRIGGER", "PROCEDURE", "FUNCTION", "PACKAGE", "EVENT", "PROC"})
_AFTER_END = frozenset({"IF", "LOOP", "WHILE", "REPEAT", "FOR"})
_AFTER_BEGIN = frozenset({"", ";", "WORK", "TRANSACTION", "TRAN", "ISOLATION", "READ", "NOT", "DEFERRABLE"})
_BEGIN_KINDS = frozenset({"DEFERRED", "IMMEDIATE", "EXCLUSIVE", "CONCURRENT"})


def split(tokens: Sequence[Token], flaw: Flaw | None = None) -> list[Statement]:
    """The statements of a text. ``flaw`` is the tokenizer's, and belongs to the last one."""
    statements: list[Statement] = []
    current: list[Token] = []
    opened: list[Token] = []
    wrong: Flaw | None = None
    blocks = 0
    routine = False
    for index, token in enumerate(tokens):
        upper = token.upper
        if token.kind == "word":
            if not current:
                blocks, routine = _block_start(tokens, index)
            elif routine:
                blocks += _block_step(tokens, index)
        elif upper == "(":
            opened.append(token)
        elif upper == ")":
            if opened:
                opened.pop()
            elif wrong is None:
                wrong = Flaw('")" closes nothing', token.start, token.end)
        elif upper == ";" and not (routine and blocks > 0) and not (opened and _is_rule(current)):
            if current:
                statements.append(Statement(tuple(current), wrong or _unclosed(opened)))
            current, opened, wrong, routine, blocks = [], [], None, False, 0
            continue
        current.append(token)
    if current:
        statements.append(Statement(tuple(current), wrong or flaw or _unclosed(opened)))
    elif flaw is not None:
        opener = Token("mark", "", "", flaw.start, flaw.end)
        statements.append(Statement((opener,), flaw))
    return statements


def _unclosed(opened: list[Token]) -> Flaw | None:
    return Flaw('"(" is never closed', opened[-1].start, opened[-1].end) if opened else None


def _is_rule(tokens: list[Token]) -> bool:
    return tokens[0].upper == "CREATE" and any(token.upper == "RULE" for token in tokens[1:4])


def _block_start(tokens: Sequence[Token], index: int) -> tuple[int, bool]:
    """How many blocks are open after a statement's first word, and whether blocks count in it."""
    first = tokens[index].upper
    following = tokens[index + 1].upper if index + 1 < len(tokens) else ""
    if first == "BEGIN":
        block = following not in _AFTER_BEGIN and following not in _BEGIN_KINDS
        return (1, True) if block else (0, False)
    if first == "CREATE":
        heads = {token.upper for token in tokens[index + 1 : index + 12]}
        return 0, not heads.isdisjoint(_ROUTINES)
    if first == "IF":
        # A batch of T-SQL: its parts are not statements of their own.
        return 1, True
    return 0, False


def _block_step(tokens: Sequence[Token], index: int) -> int:
    upper = tokens[index].upper
    if upper in ("BEGIN", "CASE"):
        before = tokens[index - 1].upper
        return 0 if upper == "CASE" and before == "END" else 1
    if upper == "END":
        following = tokens[index + 1].upper if index + 1 < len(tokens) else ""
        return 0 if following in _AFTER_END else -1
    return 0
