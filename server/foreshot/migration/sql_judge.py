"""Whether a statement is certainly wrong.

A false alarm costs more than a miss. A statement is looked at closely only when something about its tokens is
odd, and accused only when sqlglot, in each of the target dialects, refuses it too.
"""

from __future__ import annotations

from collections.abc import Sequence

from foreshot.migration.sql_reserved import reserved_name
from foreshot.migration.sql_tokens import HOLE, Flaw, Token
from foreshot.migration.sql_words import KEYWORDS, SOFT, STATEMENTS, misspelt, ordered_words, words

JUDGED = frozenset({"postgresql", "mysql", "mariadb", "sqlite"})
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

_CLAUSES = words(
    """
    FROM WHERE GROUP HAVING ORDER LIMIT UNION EXCEPT INTERSECT SET VALUES JOIN RETURNING ON AND OR THEN
    WHEN ELSE END
    """
)
"""Words before which an expression must be complete."""

_OPEN = words(
    """
    WHERE AND OR SET BY HAVING THEN ELSE WHEN JOIN INTO FROM LIKE ILIKE BETWEEN IN SELECT IS NOT LIMIT
    USING UPDATE
    """
)
"""Words behind which something must follow."""

_BEFORE_NAME = words(
    """
    TABLE INDEX EXISTS ONLY COLUMN CONSTRAINT TO REFERENCES TYPE VIEW FROM INTO UPDATE KEY JOIN
    CONCURRENTLY USING SCHEMA COLLATE PARTITION . , SEQUENCE FUNCTION TRIGGER EXTENSION SET AS AFTER
    BEFORE BY OF
    """
)
_DEFINITIONS = frozenset({"ALTER", "CREATE", "DROP", "TRUNCATE", "COMMENT", "RENAME", "REFRESH"})
_EXPRESSIONS = frozenset({"SELECT", "WITH", "INSERT", "UPDATE", "DELETE", "MERGE", "VALUES", "REPLACE"})

_COMPARISONS = frozenset({"=", "<", ">", "<=", ">=", "<>", "!="})
_CONDITIONS = frozenset({"WHERE", "AND", "OR", "HAVING", "WHEN", "THEN", "ELSE", ","})
_LONE_COMMAS = frozenset({(",", ")"), (",", ","), ("(", ",")})
_NEVER_LAST = words(
    """
    , = < > <= >= <> != WHERE AND OR HAVING INTO JOIN
    """
)
"""What no statement of any database ends with."""

_SIGNS = frozenset("+-~@!*&|:")
_FINE = frozenset(
    tuple(pair.split())
    for pair in (
        *("SELECT FROM", "SELECT WHERE", "SELECT UNION", "SELECT INTO", "SELECT SET", "SELECT VALUES"),
        *("SELECT LIMIT", "SELECT ORDER", "VALUES ON", "DO UPDATE", "UPDATE SET", "ON UPDATE", "FOR UPDATE"),
        *("UPDATE ON", "UPDATE OR", "UPDATE LIMIT", "THEN SET"),
    )
)
"""Neighbours that look odd and are not."""

_NEAR = ordered_words(
    """
    BETWEEN CASCADE COLUMN CONCURRENTLY CONSTRAINT DEFAULT DELETE DISTINCT ELSE EXCEPT EXISTS FOREIGN FROM GROUP HAVING
    INDEX INSERT INTERSECT INTO JOIN LIMIT ORDER PRIMARY REFERENCES RETURNING SELECT TABLE THEN UNION UNIQUE UPDATE
    VALUES WHEN WHERE
    """
)
"""Keywords that a misspelling is compared with."""


def judge(sql: str, tokens: Sequence[Token], dialects: Sequence[str], *, exact: bool) -> Flaw | None:
    """What is wrong with a statement whose quotes and parentheses are in order, if that is certain.

    Args:
        sql: the whole text that the tokens' offsets count in.
        tokens: the statement.
        dialects: the target dialects; empty where they are not known.
        exact: whether every word of the statement was understood.
    """
    verb = tokens[0].upper
    certain = _hanging(tokens) or _lone_comma(tokens, dialects) or reserved_name(tokens, dialects)
    if certain is not None:
        return certain
    if verb in _EXPRESSIONS:
        suspicion = _odd_token(tokens) or (None if exact else _misspelt_word(tokens))
    elif verb in _DEFINITIONS:
        suspicion = None if exact else _misspelt_word(tokens)
    else:
        # A body that was split by mistake begins with anything, and so does a labelled block.
        first = ";" not in sql[: tokens[0].start] and len(tokens) > 1 and tokens[1].upper != ":"
        return _verb_flaw(tokens[0], dialects, first=first)
    if suspicion is None:
        return None
    text = sql[tokens[0].start : tokens[-1].end]
    return suspicion if _refused(text, tokens, dialects, strict=verb in _DEFINITIONS) else None


def _odd_token(tokens: Sequence[Token]) -> Flaw | None:
    """The first place where two neighbouring tokens hardly belong together, and what is odd about it."""
    for index in range(1, len(tokens)):
        previous, token = tokens[index - 1], tokens[index]
        before = tokens[index - 2].upper if index > 1 else ""
        # Behind a dot any word is a name.
        if before == "." or token.upper == "." or _is_row_lock(tokens, index - 1):
            continue
        why = _odd(previous, token, before)
        if why:
            return Flaw(why, previous.start, token.end)
        if _is_plain(token) and _is_plain(previous) and index > 1 and _is_value(tokens[index - 2]):
            return Flaw(f'"{token.text}" is not expected here', token.start, token.end)
    last = tokens[-1]
    before = tokens[-2].upper if len(tokens) > 1 else ""
    hanging = last.upper in _OPEN or last.upper == "," or (_is_operator(last) and last.upper != "*")
    if hanging and before not in (".", "USING") and not _is_row_lock(tokens, len(tokens) - 1):
        return Flaw(f'the statement ends after "{last.text}"', last.start, last.end)
    return None


def _is_row_lock(tokens: Sequence[Token], index: int) -> bool:
    """Whether the word at ``index`` is the UPDATE of FOR UPDATE or FOR NO KEY UPDATE, behind which a query may end."""
    before = [token.upper for token in tokens[max(index - 3, 0) : index]]
    return tokens[index].upper == "UPDATE" and (before[-1:] == ["FOR"] or before == ["FOR", "NO", "KEY"])


def _hanging(tokens: Sequence[Token]) -> Flaw | None:
    """The last token, where nothing can end with it."""
    last = tokens[-1]
    before = tokens[-2].upper if len(tokens) > 1 else ""
    if (last.upper in _NEVER_LAST and before not in (".", "AS", "USING")) and len(tokens) > 1:
        return Flaw(f'the statement ends after "{last.text}"', last.start, last.end)
    return None


def _lone_comma(tokens: Sequence[Token], dialects: Sequence[str]) -> Flaw | None:
    """A comma beside which nothing stands. SQL Server takes one in CREATE TABLE, and sqlglot nearly everywhere."""
    if not dialects or not JUDGED.issuperset(dialects):
        return None
    for index in range(1, len(tokens)):
        left, right = tokens[index - 1], tokens[index]
        if (left.upper, right.upper) in _LONE_COMMAS:
            return Flaw(f'nothing stands between "{left.text}" and "{right.text}"', left.start, right.end)
    return None


def _is_value(token: Token) -> bool:
    return token.kind in ("number", "string", "bind", "quoted") or token.upper == ")" or _is_plain(token)


def _is_plain(token: Token) -> bool:
    """Whether a token is a bare word that is no word of any clause."""
    upper = token.upper
    return token.kind == "word" and upper not in KEYWORDS and upper not in SOFT and HOLE not in upper


def _odd(left: Token, right: Token, before: str) -> str:
    a, b = left.upper, right.upper
    if (a, b) in _FINE or (_is_operator(left) and before == "USING"):
        return ""
    if a == "*" and before == "SELECT" and _is_plain(right):
        return f'"{right.text}" is not expected here'
    if a == "," or a in _OPEN or (_is_operator(left) and a != "*"):
        ends = (
            b in (")", ",", "]")
            or (b in _COMPARISONS and a in _CONDITIONS)
            or (b in _CLAUSES and not (a in ("IS", "NOT", "BY") or b == "VALUES"))
        )
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
    if a == ")" and right.kind in ("number", "string"):
        return f'an operator or a comma is missing before "{right.text}"'
    return ""


def _is_operator(token: Token) -> bool:
    return token.kind == "mark" and (token.text[0] in "+-*/<>=~!%^&|" or token.upper in ("::", ":="))


def _verb_flaw(token: Token, dialects: Sequence[str], *, first: bool) -> Flaw | None:
    """A first word that begins no statement of any database.

    On SQL Server a procedure's name may; where that cannot be excluded, or the statement is not the ``first`` of
    its text, the word has to be one letter off from one that does.
    """
    word = token.upper
    if token.kind != "word" or word in STATEMENTS or HOLE in word:
        return None
    for right in sorted(STATEMENTS):
        if len(right) > 3 and len(word) > 2 and misspelt(word, right):
            return Flaw(f'"{token.text}" begins no statement; "{right}" does', token.start, token.end)
    if dialects and JUDGED.issuperset(dialects) and first:
        return Flaw(f'"{token.text}" begins no statement', token.start, token.end)
    return None


def _misspelt_word(tokens: Sequence[Token]) -> Flaw | None:
    """A bare word, outside parentheses, that is one letter off from a keyword and stands where no name must."""
    depth = 0
    for index, token in enumerate(tokens):
        if token.upper == "(":
            depth += 1
        elif token.upper == ")":
            depth -= 1
        elif token.kind == "word" and depth == 0 and index and len(token.upper) > 3:
            following = tokens[index + 1].upper if index + 1 < len(tokens) else ""
            if following == "." or tokens[index - 1].upper in _BEFORE_NAME or token.upper in KEYWORDS | SOFT:
                continue
            for right in _NEAR:
                if misspelt(token.upper, right):
                    return Flaw(f'"{token.text}" is not expected here; "{right}" is', token.start, token.end)
    return None


def _refused(sql: str, tokens: Sequence[Token], dialects: Sequence[str], *, strict: bool) -> bool:
    """Whether sqlglot refuses the statement in each of the dialects, or of all dialects where none is named.

    What is too large or too deep to be tried counts as taken; so does what sqlglot only passes on unread, unless
    ``strict`` is set.
    """
    if len(sql) > _MAX_LENGTH or _depth(tokens) > _MAX_DEPTH:
        return False
    import logging  # a plain check needs neither of the two

    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    logging.getLogger("sqlglot").setLevel(logging.CRITICAL)
    plain = _plain(sql, tokens)
    names = dict.fromkeys(_SQLGLOT[dialect] for dialect in (dialects or _SQLGLOT) if dialect in _SQLGLOT)
    for name in names:
        try:
            trees = sqlglot.parse(plain, read=name)
            if strict and any(tree is not None and tree.find(exp.Command) for tree in trees):
                continue
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
