"""What a column type is on one database."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from foreshot.knowledge.databases import Target

Family = Literal[
    "string", "text", "citext", "integer", "numeric", "float", "money", "boolean", "date", "time", "timetz",
    "timestamp", "timestamptz", "interval", "year", "json", "jsonb", "uuid", "bytes", "bit", "enum", "set",
    "array", "range", "inet", "cidr", "macaddr", "xml", "tsvector", "hstore", "oid", "custom",
]  # fmt: skip


class SqlType(Struct, frozen=True, kw_only=True, cache_hash=True):
    """A type on one database. A field that the type does not have, or that was not given, is None."""

    family: Family
    length: int | None = None
    """Characters of a string, bytes of binary data; on MySQL also the bytes that a TEXT or BLOB can hold."""
    precision: int | None = None
    """Digits of a number; digits after the second of a time (None: 6 on PostgreSQL, 0 on MySQL)."""
    scale: int | None = None
    bits: int | None = None
    """Width of an integer or of a floating point number."""
    unsigned: bool = False
    fixed: bool = False
    """CHAR and BINARY: padded to ``length``."""
    values: tuple[str, ...] | None = None
    """Of an enum, where they could be read."""
    name: str | None = None
    """Of an enum, a domain, a range or a custom type."""
    item: SqlType | None = None
    """What an array holds."""
    serial: bool = False
    domain_check: bool = False
    arguments: tuple[str, ...] = ()
    """Of a custom type, to tell it from the same type with others."""
    exact: bool = True
    """False when an argument could not be read: then only the family is certain."""

    @property
    def timezone(self) -> bool:
        """Whether values carry a time zone or stand for an instant."""
        return self.family in ("timestamptz", "timetz")


CUSTOM = SqlType(family="custom", exact=False)
"""A type of which nothing is known."""

MYSQL_SIZES = {"TINY": 255, "": 65_535, "MEDIUM": 16_777_215, "LONG": 4_294_967_295}
"""Bytes that a TEXT or BLOB of each size holds."""


def numeric(precision: int | None, scale: int | None, target: Target, *, unsigned: bool = False) -> SqlType:
    """A NUMERIC: without arguments it is unbounded on PostgreSQL and (10, 0) on MySQL and MariaDB."""
    if precision is None and target.is_mysql:
        precision = 10
    if precision is not None and scale is None:
        scale = 0
    return SqlType(family="numeric", precision=precision, scale=scale, unsigned=unsigned)


def floating(name: str, precision: int | None, target: Target) -> SqlType:
    """``FLOAT`` is 8 bytes on PostgreSQL and 4 on MySQL; ``REAL`` the reverse; a precision up to 24 means 4."""
    if name.upper() in ("DOUBLE", "DOUBLE_PRECISION") or target.database == "sqlite":
        return SqlType(family="float", bits=64)
    if name.upper() == "REAL":
        return SqlType(family="float", bits=64 if target.is_mysql else 32)
    if precision is None:
        return SqlType(family="float", bits=32 if target.is_mysql else 64)
    return SqlType(family="float", bits=32 if precision <= 24 else 64)


def boolean(target: Target) -> SqlType:
    """BOOLEAN, which MySQL and MariaDB take for TINYINT(1)."""
    return SqlType(family="integer", bits=8) if target.is_mysql else SqlType(family="boolean")


def json(target: Target) -> SqlType:
    """JSON, which MariaDB takes for LONGTEXT with a check."""
    if target.database == "mariadb":
        return SqlType(family="text", length=MYSQL_SIZES["LONG"], name="JSON")
    return SqlType(family="json")
