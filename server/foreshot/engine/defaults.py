"""Server defaults as each database tells them when it is asked for its columns, from what a migration gave.

MySQL 8 quotes numbers and writes FALSE as ``'0'``, MariaDB 10.2 and later quotes no number and writes functions in small letters with parentheses
(both from SHOW CREATE TABLE); SQLite gives the text back as it was written, PostgreSQL an expression of its own, which
Alembic compares by asking the server.
"""

from __future__ import annotations

import re
from typing import Final

from foreshot.schema.plain import sql_text

UNKNOWN: Final = "foreshot_unknown()"
"""A default that may be there or not, and may be anything."""
GIVEN: Final = "foreshot_given()"
"""A default that is surely there, and may be anything."""

_NUMBER: Final = re.compile(r"[+-]?\d+(?:\.\d+)?")
_LITERAL: Final = re.compile(r"'(?:[^'\\]|''|\\.)*'", re.S)
_NOW: Final = re.compile(r"(?:current_timestamp|now|localtime|localtimestamp)\s*(?:\(\s*(\d?)\s*\))?", re.I)
_ON_UPDATE: Final = re.compile(r"(.*?)\s+on\s+update\s+(.*)", re.I | re.S)
_SQL: Final = re.compile(
    r"'(?:[^']|'')*'(?:::.*)?|-?\d+(?:\.\d+)?|true|false|null|.*\(.*\)|.*::.*|current_\w+", re.I | re.S
)
_DIGITS: Final = re.compile(r"(?:DECIMAL|NUMERIC)\(\d+,\s*(\d+)\)", re.I)


def told_literal(text: str, dialect: str, stored: str | None) -> str:
    """A default that was given as a text, such as ``server_default="0"``, which SQLAlchemy quotes."""
    quoted = sql_text(text)
    match dialect:
        case "postgresql":
            return text if _SQL.fullmatch(text) else quoted
        case "mysql" | "mariadb":
            return _literal(text, dialect, stored)
        case "sqlite":
            return quoted
        case _:
            return text


def told_sql(sql: str, dialect: str, stored: str | None) -> str | None:
    """A default that was given as an expression; None where the database keeps none for it."""
    text = sql.strip()
    if dialect == "sqlite":
        return text[1:-1].strip() if is_enclosed(text) else text
    if dialect not in ("mysql", "mariadb"):
        return sql
    if text.lower() == "null":
        return None
    split = _ON_UPDATE.fullmatch(text)
    if split is not None:
        return f"{_mysql(split[1], dialect, stored)} ON UPDATE {_mysql(split[2], dialect, stored)}"
    return _mysql(text, dialect, stored)


def _mysql(text: str, dialect: str, stored: str | None) -> str:
    now = _NOW.fullmatch(text)
    if now is not None:
        digits = f"({now[1]})" if now[1] and now[1] != "0" else ""
        return f"current_timestamp{digits or '()'}" if dialect == "mariadb" else f"CURRENT_TIMESTAMP{digits}"
    if text.lower() in ("true", "false"):
        return _literal("1" if text.lower() == "true" else "0", dialect, stored)
    if _NUMBER.fullmatch(text):
        return _literal(text, dialect, stored)
    if _LITERAL.fullmatch(text):
        return _literal(text[1:-1].replace("''", "'"), dialect, stored)
    return text


def _literal(value: str, dialect: str, stored: str | None) -> str:
    is_number = _NUMBER.fullmatch(value) is not None
    scale = _DIGITS.match(stored or "")
    if is_number and scale is not None and int(scale[1]) < 40:
        value = f"{float(value):.{int(scale[1])}f}" if len(value) < 15 else value
    texts = ("CHAR", "VARCHAR", "TEXT", "ENUM", "SET", "BINARY", "VARBINARY", "DATE", "TIME")
    if dialect == "mariadb" and is_number and not (stored or "").upper().startswith(texts):
        return value
    return sql_text(value)


def is_plain(told: str) -> bool:
    """Whether a default of MySQL's is a value or the time, which Alembic compares by its text as the server does."""
    before = (split[1] if (split := _ON_UPDATE.fullmatch(told)) is not None else told).strip()
    return any(shape.fullmatch(before) is not None for shape in (_LITERAL, _NUMBER, _NOW))


def is_enclosed(text: str) -> bool:
    """Whether one pair of parentheses is around all of it."""
    if not (text.startswith("(") and text.endswith(")")):
        return False
    depth = 0
    for place, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if depth == 0 and place < len(text) - 1:
            return False
    return depth == 0
