"""Which types PostgreSQL turns into which by itself in ``ALTER COLUMN … TYPE``, and when that rewrites the table.

Every pair was tried on an empty table on PostgreSQL 15.18: whether ALTER TYPE without USING is accepted, and
whether the table's file changed. That agrees with ``pg_cast`` (contexts ``i`` and ``a``) and with the rule
that any type is assigned to a string type through its text. What differs by version is said where it is used.
"""

from __future__ import annotations

from foreshot.knowledge.sqltype import Family

STRINGS: frozenset[Family] = frozenset({"string", "text", "citext"})
"""Any type is assigned to these."""

ASSIGNED: dict[Family, frozenset[Family]] = {
    "integer": frozenset({"integer", "numeric", "float", "money", "oid"}),
    "numeric": frozenset({"integer", "numeric", "float", "money"}),
    "float": frozenset({"integer", "numeric", "float"}),
    "money": frozenset({"numeric"}),
    "date": frozenset({"timestamp", "timestamptz"}),
    "time": frozenset({"timetz", "interval"}),
    "timetz": frozenset({"time"}),
    "timestamp": frozenset({"timestamptz", "date", "time"}),
    "timestamptz": frozenset({"timestamp", "date", "time", "timetz"}),
    "interval": frozenset({"time"}),
    "json": frozenset({"jsonb"}),
    "jsonb": frozenset({"json"}),
    "inet": frozenset({"cidr"}),
    "cidr": frozenset({"inet"}),
    "bit": frozenset({"bit"}),
    "oid": frozenset({"integer"}),
}
"""Casts that an assignment applies (``pg_cast.castcontext`` ``a`` or ``i``), strings aside."""

IMPLICIT: frozenset[tuple[Family, Family]] = frozenset(
    {
        ("integer", "numeric"),
        ("integer", "float"),
        ("integer", "oid"),
        ("numeric", "float"),
        ("date", "timestamp"),
        ("date", "timestamptz"),
        ("time", "timetz"),
        ("time", "interval"),
        ("timestamp", "timestamptz"),
        ("string", "text"),
        ("text", "string"),
        ("cidr", "inet"),
    }
)
"""Casts that every expression applies (``castcontext`` ``i``); within one family they depend on the width."""


def assigned(old: Family, new: Family) -> bool:
    """Whether PostgreSQL converts ``old`` to ``new`` in an assignment, so that ALTER TYPE needs no USING."""
    return old == new or new in STRINGS or new in ASSIGNED.get(old, ())


def implicit(old: Family, new: Family) -> bool:
    """Whether PostgreSQL converts in any expression, comparison and foreign key included."""
    return old == new or (old, new) in IMPLICIT
