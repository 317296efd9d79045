"""Whether a statement is certainly wrong.

A false alarm costs more than a miss. A statement is looked at closely only when something about its tokens is
odd, and accused only when sqlglot, in each of the target dialects, refuses it too.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from foreshot.migration.sql_tokens import HOLE, Flaw, Token
from foreshot.migration.sql_words import KEYWORDS, STATEMENTS, misspelt

JUDGED = ("postgresql", "mysql", "mariadb", "sqlite")
"""Dialects in which a statement may be found wrong."""

_SQLGLOT = {
    "postgresql": "postgres",
    "mysql": "mysql",
    "mariadb": "mysql",
    "sqlite": "sqlite",
    "mssql": "tsql",
    "oracle": "oracle",
}
_MAX_LENGTH = 1 << 14
_MAX_DEPTH = 40

_CLAUSES = frozenset(
    {
        *(
            "FROM",
            "WHERE",
            "GROUP",
            "HAVING",
            "ORDER",
            "LIMIT",
            "UNION",
            "EXCEPT",
            "INTERSECT",
            "SET",
            "VALUES",
        ),
        *("JOIN", "RETURNING", "ON", "AND", "OR", "THEN", "WHEN", "ELSE", "END"),
    }
)
"""Words before which an expression must be complete."""

_OPEN = frozenset(
    {
        *(
            "WHERE",
            "AND",
            "OR",
            "SET",
            "BY",
            "HAVING",
            "THEN",
            "ELSE",
            "WHEN",
            "JOIN",
            "INTO",
            "FROM",
            "LIKE",
        ),
        *("ILIKE", "BETWEEN", "IN", "SELECT", "VALUES", "IS", "NOT", "LIMIT", "USING", "UPDATE"),
    }
)
"""Words behind which something must follow."""

_SIGNS = frozenset("+-~@!*&|:")
_FINE = frozenset(
    {
        *(("SELECT", "FROM"), ("SELECT", "WHERE"), ("SELECT", "UNION"), ("VALUES", "ON"), ("SELECT", "INTO")),
        *(("DO", "UPDATE"), ("UPDATE", "SET"), ("ON", "UPDATE"), ("FOR", "UPDATE"), ("UPDATE", "ON")),
        *(("UPDATE", "OR"), ("UPDATE", "LIMIT"), ("SELECT", "LIMIT"), ("SELECT", "ORDER"), ("THEN", "SET")),
    }
)
_NEAR = tuple(sorted(_CLAUSES | {"SELECT", "INSERT", "UPDATE", "DELETE", "INTO", "TABLE", "COLUMN", "CONSTRAINT",
    "REFERENCES", "DEFAULT", "PRIMARY", "FOREIGN", "UNIQUE", "CASCADE", "CONCURRENTLY", "EXISTS", "INDEX", "BETWEEN",
    "DISTINCT"} - {"ON", "OR", "AND", "SET", "END"}))  # fmt: skip


def odd_token(tokens: Sequence[Token]) -> Flaw | None:
    """The first place where two neighbouring tokens hardly belong together, and what is odd about it."""
    words = 0
    previous: Token | None = None
    for token in tokens:
        if previous is not None:
            why = _odd(previous, token)
            if why:
                return Flaw(why, previous.start, token.end)
        words = (
            words + 1
            if token.kind == "word" and token.upper not in KEYWORDS and HOLE not in token.text
            else 0
        )
        if words == 3:
            return Flaw(f'"{token.text}" is not expected here', token.start, token.end)
        previous = token
    if previous is not None and (
        previous.upper in _OPEN or previous.upper == "," or (_is_operator(previous) and previous.upper != "*")
    ):
        return Flaw(f'the statement ends after "{previous.text}"', previous.start, previous.end)
    return None


def _odd(left: Token, right: Token) -> str:
    a, b = left.upper, right.upper
    if (a, b) in _FINE:
        return ""
    if a == "," or a in _OPEN or (_is_operator(left) and a != "*"):
        ends = b in (")", ",", "]") or (b in _CLAUSES and not (a in ("IS", "NOT", "BY") or b == "VALUES"))
        if ends and not (a == "IN" and b == "VALUES"):
            return f'nothing stands between "{left.text}" and "{right.text}"'
        return ""
    if a == "(":
        if b == "," or (_is_operator(right) and right.text[0] not in _SIGNS):
            return f'nothing stands between "(" and "{right.text}"'
        return ""
    values = ("number", "string", "bind")
    if left.kind in values and right.kind in values and not (left.kind == right.kind == "string"):
        if "?" in (left.text, right.text):
            return ""
        return f'an operator or a comma is missing before "{right.text}"'
    if a == ")" and (b == "(" or right.kind in ("number", "string")):
        return f'an operator or a comma is missing before "{right.text}"'
    return ""


def _is_operator(token: Token) -> bool:
    return token.kind == "mark" and (token.text[0] in "+-*/<>=~!%^&|" or token.upper in ("::", ":="))


def misspelt_verb(token: Token) -> Flaw | None:
    """A first word that begins no statement of any database and is one letter off from one that does."""
    word = token.upper
    if token.kind != "word" or word in STATEMENTS or len(word) < 4 or HOLE in word:
        return None
    for right in sorted(STATEMENTS):
        if len(right) > 3 and misspelt(word, right):
            return Flaw(f'"{token.text}" begins no statement; "{right}" does', token.start, token.end)
    return None


def misspelt_word(tokens: Sequence[Token]) -> Flaw | None:
    """A bare word, outside parentheses, that is one letter off from a keyword."""
    depth = 0
    for index, token in enumerate(tokens):
        if token.upper == "(":
            depth += 1
        elif token.upper == ")":
            depth -= 1
        elif token.kind == "word" and depth == 0 and index and len(token.upper) > 3:
            beside = {tokens[index - 1].upper, tokens[index + 1].upper if index + 1 < len(tokens) else ""}
            if "." in beside or token.upper in KEYWORDS:
                continue
            for right in _NEAR:
                if misspelt(token.upper, right):
                    return Flaw(f'"{token.text}" is not expected here; "{right}" is', token.start, token.end)
    return None


def refused(sql: str, tokens: Sequence[Token], dialects: Sequence[str]) -> bool:
    """Whether sqlglot refuses the statement in each of the dialects, or of all dialects where none is named.

    What sqlglot only passes on unread counts as taken; so does what is too large or too deep to be tried.
    """
    if len(sql) > _MAX_LENGTH or _depth(tokens) > _MAX_DEPTH:
        return False
    import sqlglot
    from sqlglot.errors import SqlglotError

    logging.getLogger("sqlglot").setLevel(logging.CRITICAL)
    plain = _plain(sql, tokens)
    names = dict.fromkeys(_SQLGLOT[dialect] for dialect in (dialects or _SQLGLOT) if dialect in _SQLGLOT)
    for name in names:
        try:
            sqlglot.parse(plain, read=name)
        except SqlglotError:
            continue
        except Exception:
            return False
        return False
    return bool(names)


def _depth(tokens: Sequence[Token]) -> int:
    depth = deepest = 0
    for token in tokens:
        if token.upper in ("(", "[", "CASE", "{"):
            depth += 1
            deepest = max(deepest, depth)
        elif token.upper in (")", "]", "END", "}"):
            depth -= 1
    return deepest


def _plain(sql: str, tokens: Sequence[Token]) -> str:
    """The statement without what only SQLAlchemy and drivers understand: bind parameters, escaped colons."""
    parts: list[str] = []
    offset = at = tokens[0].start
    for token in tokens:
        if token.kind == "bind":
            parts.append(sql[at - offset : token.start - offset])
            parts.append(" NULL ")
            at = token.end
        elif token.kind == "mark" and "\\" in token.text:
            parts.append(sql[at - offset : token.start - offset])
            parts.append(token.upper)
            at = token.end
    parts.append(sql[at - offset :])
    return "".join(parts)
