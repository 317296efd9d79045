"""How PostgreSQL is told to turn the values of one type into those of another, where it does not do so by itself."""

from __future__ import annotations

from typing import Final

from foreshot.knowledge import SqlType
from foreshot.lint import writing
from foreshot.migration.operations import TypeSpec

_NAMES: Final = {
    "numeric": "numeric", "boolean": "boolean", "date": "date", "time": "time", "timetz": "timetz",
    "timestamp": "timestamp", "timestamptz": "timestamptz", "interval": "interval", "json": "json", "jsonb": "jsonb",
    "uuid": "uuid", "inet": "inet", "cidr": "cidr", "macaddr": "macaddr", "xml": "xml", "money": "money", "oid": "oid",
}  # fmt: skip
_INTEGERS: Final = {16: "smallint", 32: "integer", 64: "bigint"}
_STRINGS: Final = ("string", "text", "citext")
_NUMBERS: Final = ("integer", "numeric", "float")


def conversion(column: str, old: SqlType, new: SqlType, type_: TypeSpec) -> str | None:
    """The expression for USING, ``column`` being the column as SQL needs it; None where there is no one way to do it."""
    name = _name(new, type_)
    if old.family in _STRINGS:
        # Every type is read from its text, but what text an array or bytes are made of, nobody knows.
        return f"{column}::{name}" if name else None
    if old.family == "enum" and new.family == "enum":
        return f"{column}::text::{name}" if name else None
    if old.family in _NUMBERS and new.family == "boolean":
        # Only `integer` has the cast.
        return f"{column}::boolean" if old.bits == 32 and old.family == "integer" else f"{column} <> 0"
    if old.family == "boolean" and new.family in _NUMBERS:
        return f"{column}::integer"
    return None


def _name(kind: SqlType, type_: TypeSpec) -> str | None:
    if kind.family == "integer":
        return _INTEGERS.get(kind.bits or 32)
    if kind.family == "float":
        return "real" if kind.bits == 32 else "double precision"
    if kind.family == "enum":
        schema = type_.argument("schema")
        name = writing.quoted(kind.name) if kind.name else None
        prefix = writing.quoted(schema) if isinstance(schema, str) else ""
        if name is None or prefix is None or not isinstance(schema, str | None):
            return None
        return f"{prefix}.{name}" if prefix else name
    return _NAMES.get(kind.family)
