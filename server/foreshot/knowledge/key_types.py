"""Which types go together: on the two sides of a foreign key, and before and after a change."""

from __future__ import annotations

import re

_NUMBERS = frozenset(
    {"SMALLINT", "INTEGER", "INT", "BIGINT", "NUMERIC", "DECIMAL", "DOUBLE PRECISION", "REAL", "FLOAT"}
)
_WHOLE = frozenset({"SMALLINT", "INTEGER", "INT", "BIGINT"})
_TEXTS = frozenset({"VARCHAR", "CHAR", "TEXT", "CHARACTER VARYING", "CHARACTER", "BPCHAR"})
_TIMES = frozenset({"DATE", "TIMESTAMP WITHOUT TIME ZONE", "TIMESTAMP WITH TIME ZONE", "TIMESTAMP"})


def can_refer(one: str, other: str, database: str) -> bool:
    """Whether a column of type ``one`` may refer to one of type ``other``; both as the database stores them.

    PostgreSQL wants an operator ``=`` between them (42804 without), MySQL and MariaDB numbers of one size and sign (3780).
    What is in no family that is known here is taken to fit.
    """
    one, other = one.upper(), other.upper()
    if database == "postgresql":
        first, second = _family(one), _family(other)
        # Types that neither family has (domains, enums, arrays) are compared by their own names.
        return first == second or first == "" or second == ""
    return re.sub(r"\(\d+\)", "", one) == re.sub(r"\(\d+\)", "", other) or not (
        _is_number(one) or _is_number(other)
    )


def overflows_first(one: str, other: str) -> bool:
    """Whether a column of type ``one`` runs out of numbers while one of type ``other``, to which it refers, goes on.

    A SMALLINT is somebody's choice for a table that stays short.
    """
    return one.upper() in ("INTEGER", "INT") and other.upper() == "BIGINT"


def converts_by_itself(one: str, other: str) -> bool:
    """Whether ALTER COLUMN … TYPE needs no USING between two stored types, and neither side is of another kind.

    PostgreSQL's assignment casts among texts, among whole numbers, and within one type of other lengths.
    """
    first, second = (re.sub(r"\(.*", "", spelling.upper()).strip() for spelling in (one, other))
    return first == second or any({first, second} <= family for family in (_TEXTS, _WHOLE))


def _family(spelling: str) -> str:
    name = re.sub(r"\(.*", "", spelling).strip()
    for family, names in (("number", _NUMBERS), ("text", _TEXTS), ("time", _TIMES)):
        if name in names:
            return family
    return name if name in ("UUID", "BOOLEAN", "BYTEA") else ""


def _is_number(spelling: str) -> bool:
    return bool(re.match(r"(?:TINYINT|SMALLINT|MEDIUMINT|INTEGER|INT|BIGINT)\b", spelling))
