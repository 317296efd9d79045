"""Which tables and columns a statement names."""

from __future__ import annotations

from foreshot.migration.sql_cursor import Cursor, Unread, Wrong
from foreshot.migration.sql_tokens import HOLE
from foreshot.migration.sql_words import KEYWORDS, misspelt, ordered_words
from foreshot.syntax.values import Maybe

_TAKES_FROM = frozenset(
    {"EXTRACT", "SUBSTRING", "TRIM", "OVERLAY", "POSITION", "SUBSTR", "LEADING", "TRAILING", "BOTH"}
)


def tables_named(cursor: Cursor) -> tuple[str, ...]:
    """The tables that a statement names behind FROM, JOIN, INTO, UPDATE and the like, CTEs left out."""
    tokens = cursor.tokens
    ctes: set[str] = set()
    names: dict[str, None] = {}
    functions: list[bool] = []
    lists: list[bool] = [False]
    probe = Cursor(cursor.context, tokens, cursor.at, cursor.stop)
    while not probe.done:
        upper = probe.word
        if upper == "(":
            functions.append(tokens[probe.at - 1].upper in _TAKES_FROM if probe.at else False)
            lists.append(False)
        elif upper == ")":
            if functions:
                functions.pop()
                lists.pop()
        elif upper == "AS" and probe.peek() in ("(", "MATERIALIZED", "NOT") and probe.at > cursor.at:
            ctes.add(
                str(cursor.context.identifier(probe.last)) if probe.last.kind in ("word", "quoted") else ""
            )
        elif upper in ("FROM", "JOIN", "INTO", "UPDATE", "USING", "STRAIGHT_JOIN") or (
            upper == "," and lists[-1]
        ):
            distinct = upper == "FROM" and probe.at > 0 and probe.last.upper == "DISTINCT"
            if not (distinct or (functions and functions[-1] and upper == "FROM")):
                probe.at += 1
                lists[-1] = upper in ("FROM", ",")
                _named(probe, names)
                continue
        elif lists[-1] and upper in (
            "WHERE",
            "SET",
            "GROUP",
            "ORDER",
            "UNION",
            "ON",
            "RETURNING",
            "LIMIT",
            "SELECT",
        ):
            lists[-1] = upper == "ON"
        probe.at += 1
    return tuple(name for name in names if name not in ctes)


def _named(cursor: Cursor, names: dict[str, None]) -> None:
    cursor.take("ONLY")
    if not cursor.is_name or cursor.word in KEYWORDS:
        return
    try:
        name = cursor.name()
    except (Unread, Wrong):
        return
    if cursor.word != "(" or cursor.tokens[cursor.at].start > name.end:
        text = name.text
        if text:
            names[text] = None


def names_read(cursor: Cursor, skipped: set[int]) -> tuple[str, ...]:
    """Column names that a statement mentions: bare words that are no keyword, function, type, table or alias."""
    tokens, context = cursor.tokens, cursor.context
    names: dict[str, None] = {}
    before = ""
    aliasing = False
    for index in range(cursor.at, cursor.stop):
        token = tokens[index]
        upper = token.upper
        if token.kind not in ("word", "quoted"):
            before, aliasing = upper, False
            continue
        following = tokens[index + 1].upper if index + 1 < cursor.stop else ""
        named = upper not in KEYWORDS and HOLE not in token.text and index not in skipped
        if named and following not in ("(", ".") and before not in _BEFORE_NO_COLUMN and not aliasing:
            name: Maybe[str] = context.identifier(token)
            if isinstance(name, str):
                names[name] = None
        # What follows a table's name in FROM is its alias.
        aliasing = (before in _BEFORE_TABLE or (before == "." and aliasing)) and named
        before = upper if following != "." or upper in KEYWORDS else before
    return tuple(names)


_BEFORE_TABLE = frozenset({"FROM", "JOIN", "INTO", "UPDATE", "ONLY", "USING", "STRAIGHT_JOIN"})
_BEFORE_NO_COLUMN = _BEFORE_TABLE | {"AS", "::", "DELETE"}


def object_words(cursor: Cursor) -> str:
    """The words that say what kind of object is created, altered or dropped."""
    if cursor.take("MATERIALIZED", "VIEW"):
        return "MATERIALIZED VIEW"
    for pair in _PAIRS:
        if cursor.take(*pair):
            return " ".join(pair)
    if cursor.token.kind != "word":
        raise Unread
    cursor.at += 1
    word = cursor.last.upper
    if any(misspelt(word, right) for right in _OBJECTS):
        raise Wrong(f'"{cursor.last.text}" is no kind of object', cursor.last)
    return word


_OBJECTS = ordered_words(
    """
    TABLE INDEX SEQUENCE FUNCTION TRIGGER SCHEMA EXTENSION DATABASE PROCEDURE MATERIALIZED POLICY DOMAIN
    TYPE VIEW
    """
)
"""Kinds of objects that a misspelling is compared with; nothing else is one letter off from them."""

_PAIRS = (
    ("TEXT", "SEARCH"),
    ("EVENT", "TRIGGER"),
    ("DEFAULT", "PRIVILEGES"),
    ("FOREIGN", "DATA"),
    ("USER", "MAPPING"),
    ("ACCESS", "METHOD"),
)
