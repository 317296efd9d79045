"""Types out of what a database stores, such as ``VARCHAR(50)``, as SQLAlchemy's reflection would give them."""

from __future__ import annotations

import importlib
import re
from typing import Any, Final, cast

from sqlalchemy import types as sqltypes

from foreshot.engine.custom import Perhaps
from foreshot.schema.types import sized

_SHAPE: Final = re.compile(
    r"""\s*([A-Za-z_][\w ]*?)\s*(?:\(([^()]*)\)\s*([A-Za-z_0-9'" ]*?)|( COLLATE [\w'" ]+?))?\s*((?:\[\d*\])*)\s*""",
    re.IGNORECASE,
)
"""The words of a type; in brackets its numbers, and what may follow them; a collation; dimensions."""
_NAMES: Final = {
    "BOOL": "BOOLEAN",
    "CHARACTER": "CHAR",
    "CHARACTER VARYING": "VARCHAR",
    "DEC": "NUMERIC",
    "DOUBLE PRECISION": "DOUBLE_PRECISION",
    "INT": "INTEGER",
    "INT4": "INTEGER",
    "INT8": "BIGINT",
    "TIMESTAMPTZ": "TIMESTAMP WITH TIME ZONE",
}


def stored_type(text: str, dialect: Any, enums: dict[str, tuple[str, ...]]) -> sqltypes.TypeEngine[Any]:
    """The type that a stored one is; a :class:`Perhaps` of its text where SQLAlchemy has none."""
    space = importlib.import_module(
        f"sqlalchemy.dialects.{'mysql' if dialect.name == 'mariadb' else dialect.name}"
    )
    if len(text) > 5000:
        return Perhaps(text[:50])
    if text.upper().startswith(("ENUM(", "SET(")):
        values = re.findall(r"'((?:[^']|'')*)'", text)
        made = getattr(space, text[: text.index("(")].upper(), None)
        return made(*[value.replace("''", "'") for value in values]) if made is not None else Perhaps(text)
    match = _SHAPE.fullmatch(text)
    if match is None:
        return Perhaps(text)
    name, inner, suffix, _collation, dimensions = match.groups()
    if dimensions and hasattr(space, "ARRAY"):
        item = stored_type(text[: match.start(5)], dialect, enums)
        return space.ARRAY(item)
    if name.lower() in enums and hasattr(space, "ENUM"):
        return space.ENUM(*enums[name.lower()], name=name)
    return _plain(f"{name} {suffix or ''}".strip().upper(), inner, space, text)


_SIZED: Final = re.compile(r"(TEXT|BLOB)\((\d{1,12})\)(?: .*)?", re.IGNORECASE | re.DOTALL)
_WIDTHS: Final = {"BLOB": (1,), "TEXT": (1, 3, 4)}
"""Bytes that a character may take: which of them depends on the character set, which the server may have chosen."""


def may_be_stored_as(asked: str, stored: str) -> bool:
    """Whether MySQL and MariaDB may keep the one as the other: ``BLOB(20)`` is the smallest that holds as much, ``TINYBLOB``."""
    match = _SIZED.fullmatch(asked)
    if match is None:
        return False
    base = match.group(1).upper()
    kept = {sized(base, int(match.group(2)) * width) for width in _WIDTHS[base]}
    return stored.partition(" ")[0].upper() in kept


def _plain(words: str, inner: str | None, space: Any, text: str) -> Any:
    keywords: dict[str, Any] = {}
    words = _NAMES.get(words, words)
    for ending, key in ((" UNSIGNED", "unsigned"), (" ZEROFILL", "zerofill")):
        if words.endswith(ending):
            words = words[: -len(ending)]
            keywords[key] = True
    if " COLLATE " in words:
        words = words.partition(" COLLATE ")[0]
    if " CHARACTER SET " in words:
        words = words.partition(" CHARACTER SET ")[0]
    for ending, zone in ((" WITH TIME ZONE", True), (" WITHOUT TIME ZONE", False)):
        if words.endswith(ending):
            words = words[: -len(ending)]
            keywords["timezone"] = zone
    made: Any = getattr(space, _NAMES.get(words, words).replace(" ", "_"), None) or getattr(
        sqltypes, _NAMES.get(words, words).replace(" ", "_"), None
    )
    if not (isinstance(made, type) and issubclass(made, sqltypes.TypeEngine)):
        return Perhaps(text)
    numbers = [int(part) for part in (inner or "").split(",") if part.strip().isdigit()]
    args: list[Any] = numbers
    if "timezone" in keywords or (words in ("TIMESTAMP", "TIME", "DATETIME") and numbers):
        args = []
        if numbers:
            keywords["fsp" if hasattr(space, "TINYINT") else "precision"] = numbers[0]
    elif words in ("INTEGER", "BIGINT", "SMALLINT", "TINYINT", "MEDIUMINT") and numbers:
        args, keywords["display_width"] = [], numbers[0]
    try:
        return cast("sqltypes.TypeEngine[Any]", made(*args, **keywords))
    except TypeError:
        try:
            return cast("sqltypes.TypeEngine[Any]", made())
        except TypeError:
            return Perhaps(text)
