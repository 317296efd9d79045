"""What changing a column's type does to its values, and what the database does for it."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from foreshot.knowledge.casts import STRINGS, assigned, implicit
from foreshot.knowledge.databases import Target
from foreshot.knowledge.sqltype import Family, SqlType

Kind = Literal["same", "widening", "narrowing", "conversion", "unknown"]

_INTEGER_DIGITS = {8: 3, 16: 5, 24: 8, 32: 10, 64: 19}
_LOSSLESS_DIGITS = {32: 6, 64: 15}
_SQLITE_CAST = "SQLite's CAST never fails: text that is no number becomes 0"
_SQLITE_NUMBERS = frozenset(
    {
        "integer",
        "numeric",
        "float",
        "boolean",
        "date",
        "time",
        "timetz",
        "timestamp",
        "timestamptz",
        "interval",
    }
)
"""Families whose declared types have one of SQLite's numeric affinities, so that CAST makes a number of text."""


class TypeChange(Struct, frozen=True, kw_only=True):
    """From one type to another. None means that it is not known."""

    kind: Kind
    loses: str | None = None
    """What is lost without an error; None where nothing is."""
    fails: str | None = None
    """Which rows make it fail, with the SQLSTATE on PostgreSQL; None where none can."""
    rewrite: bool | None = None
    scan: bool | None = None
    needs_using: bool | None = None
    """PostgreSQL refuses the change without USING (42804), even on an empty table."""
    implicit_cast: bool | None = None
    """PostgreSQL applies the cast in any expression: comparisons with the old type go on working."""
    algorithm: str | None = None
    """MySQL and MariaDB: the best ALGORITHM that is accepted."""
    reason: str = ""
    source: str = ""


UNKNOWN_CHANGE = TypeChange(kind="unknown", reason="one of the types is not known")


@lru_cache(maxsize=2048)
def compare_types(old: SqlType, new: SqlType, target: Target) -> TypeChange:
    """What ``ALTER COLUMN … TYPE`` from ``old`` to ``new`` means on ``target``."""
    if not old.exact or not new.exact:
        return UNKNOWN_CHANGE
    value = _values(old, new, target)
    if target.database == "postgresql":
        return _on_postgresql(old, new, target, value)
    if target.is_mysql:
        return _on_mysql(old, new, target, value)
    if target.database == "sqlite":
        if value.kind in ("same", "unknown"):
            return value
        loses = value.loses
        if old.family in STRINGS and new.family in _SQLITE_NUMBERS:
            date = new.family in _CLOCKS
            loses = (
                "the values: '2026-01-31' becomes 2026" if date else "text that is no number: it becomes 0"
            )
        copied = f"a batch copies the table; {_SQLITE_CAST}"
        return replace(value, fails=None, loses=loses, rewrite=True, scan=True, reason=copied)
    return value


# What happens to the values, whatever the database.


def _values(old: SqlType, new: SqlType, target: Target) -> TypeChange:
    if old.family == "custom" or new.family == "custom":
        same = old == new and bool(old.name)
        return TypeChange(kind="same", reason="the same type") if same else UNKNOWN_CHANGE
    if _plain(old) == _plain(new):
        return TypeChange(kind="same", reason="the same type")
    strings = ("string", "text", "citext")
    if old.family in strings and new.family in strings:
        return _strings(old, new)
    pair = (old.family, new.family)
    if pair == ("integer", "integer"):
        return _integers(old, new)
    if old.family in ("integer", "numeric", "float") and new.family in ("integer", "numeric", "float"):
        return _numbers(old, new, target)
    if old.family in _CLOCKS and new.family in _CLOCKS:
        return _clocks(old, new, target)
    if pair == ("bytes", "bytes"):
        return _lengths(old, new, "bytes")
    if pair == ("enum", "enum"):
        return _enums(old, new)
    if pair == ("array", "array") and old.item and new.item:
        return _values(old.item, new.item, target)
    if pair == ("json", "jsonb"):
        return TypeChange(
            kind="conversion", loses="the order of keys, duplicate keys and white space of the JSON text"
        )
    if new.family in strings:
        return _to_string(old, new)
    if pair == ("integer", "boolean"):
        return TypeChange(kind="conversion", loses="every number other than 0 and 1: all but 0 become true")
    fails = None
    if old.family in strings:
        fails = f"a value is not {_word(new)} (22P02)"
    return TypeChange(kind="conversion", fails=fails)


def _plain(kind: SqlType) -> SqlType:
    """What decides whether two types are the same: a text's capacity is kept, a serial is an integer."""
    return SqlType(
        family=kind.family,
        length=kind.length,
        precision=kind.precision,
        scale=kind.scale,
        bits=kind.bits,
        unsigned=kind.unsigned,
        fixed=kind.fixed,
        values=kind.values,
        name=kind.name,
        item=_plain(kind.item) if kind.item else None,
    )


def _strings(old: SqlType, new: SqlType) -> TypeChange:
    # MySQL counts what a TEXT holds in bytes.
    change = _lengths(old, new, "bytes" if new.family == "text" else "characters")
    if old.fixed and not new.fixed and change.kind != "narrowing":
        return TypeChange(kind="conversion", reason="padding goes away")
    if new.family == "citext" or old.family == "citext":
        return TypeChange(
            kind="conversion" if change.kind != "narrowing" else "narrowing", fails=change.fails
        )
    return change


def _lengths(old: SqlType, new: SqlType, unit: str) -> TypeChange:
    if new.length is None or (old.length is not None and new.length >= old.length):
        return TypeChange(kind="widening")
    return TypeChange(kind="narrowing", fails=f"a value is longer than {new.length} {unit} (22001)")


def _integers(old: SqlType, new: SqlType) -> TypeChange:
    wide, narrow = new.bits or 0, old.bits or 0
    if wide > narrow and not (new.unsigned and not old.unsigned):
        return TypeChange(kind="widening")
    if wide == narrow and old.unsigned == new.unsigned:
        return TypeChange(kind="same")
    article = "an" if wide == 8 else "a"
    span = f"an unsigned {wide}-bit integer" if new.unsigned else f"{article} {wide}-bit integer"
    return TypeChange(kind="narrowing", fails=f"a value does not fit {span} (22003)")


def _numbers(old: SqlType, new: SqlType, target: Target) -> TypeChange:
    whole, fraction = _digits(old)
    # Every integer of SQLite may have 64 bits, and hardly one does: nothing tells that these values need them.
    small = target.database == "sqlite" and old.family == "integer"
    new_whole, new_fraction = _digits(new)
    fails = loses = None
    if new_whole is not None and (whole is None or whole > new_whole):
        size = (
            f"{new_whole} digits before the point"
            if new.family == "numeric"
            else f"a {new.bits}-bit {new.family}"
        )
        fails = f"a value does not fit {size} (22003)"
    if new.family == "float":
        kept = _LOSSLESS_DIGITS[new.bits or 64]
        if old.family == "float":
            loses = "digits: a 4-byte float keeps 6" if (old.bits or 64) > (new.bits or 64) else None
        elif not small and (whole is None or fraction is None or whole + fraction > kept):
            loses = f"digits beyond the {kept} that a float keeps"
    elif new_fraction is not None and (fraction is None or new_fraction < fraction):
        loses = f"digits: rounds to {new_fraction}" if new_fraction else "the fraction: values are rounded"
    if fails or loses:
        return TypeChange(kind="narrowing", fails=fails, loses=loses)
    return TypeChange(kind="widening" if old.family == new.family else "conversion")


def _digits(kind: SqlType) -> tuple[int | None, int | None]:
    """Digits before and after the point that a type can hold; None where there is no limit worth naming."""
    if kind.family == "integer":
        return _INTEGER_DIGITS.get(kind.bits or 64, 19), 0
    if kind.family == "float" or kind.precision is None:
        return None, None
    return kind.precision - (kind.scale or 0), kind.scale or 0


_CLOCKS = {"date", "time", "timetz", "timestamp", "timestamptz"}


def _clocks(old: SqlType, new: SqlType, target: Target) -> TypeChange:
    if old.family == new.family:
        usual = 0 if target.is_mysql else 6
        before = usual if old.precision is None else old.precision
        after = usual if new.precision is None else new.precision
        if after == before:
            return TypeChange(kind="same")
        if after > before:
            return TypeChange(kind="widening")
        return TypeChange(kind="narrowing", loses=f"fractions of a second: rounds to {after} digits")
    if new.family == "date":
        return TypeChange(kind="narrowing", loses="the time of day")
    if new.family in ("time", "timetz"):
        lost = (
            "the date"
            if old.family.startswith("timestamp")
            else "the time zone"
            if old.family == "timetz"
            else None
        )
        return TypeChange(kind="narrowing" if lost else "conversion", loses=lost)
    if old.family == "timestamptz":
        return TypeChange(kind="narrowing", loses="the time zone: values become local times of the session")
    if new.family == "timestamptz":
        fails = "a value lies outside 1970 to 2038" if target.is_mysql else None
        return TypeChange(kind="conversion", fails=fails, reason="values are read in the session's time zone")
    return TypeChange(kind="widening")


def _enums(old: SqlType, new: SqlType) -> TypeChange:
    if old.values is None or new.values is None:
        return UNKNOWN_CHANGE
    missing = [value for value in old.values if value not in new.values]
    if missing:
        named = ", ".join(repr(value) for value in missing[:3])
        return TypeChange(
            kind="narrowing", fails=f"a row holds {named}, which the new type does not have (22P02)"
        )
    return TypeChange(kind="widening")


def _to_string(old: SqlType, new: SqlType) -> TypeChange:
    longest: int | None = None
    if old.family == "integer":
        longest = _INTEGER_DIGITS.get(old.bits or 64, 19) + 1
    elif old.family == "uuid":
        longest = 36
    elif old.family == "boolean":
        longest = 5
    elif old.family == "enum" and old.values:
        longest = max(map(len, old.values))
    elif old.family == "numeric" and old.precision is not None:
        longest = old.precision + 2
    if new.length is not None and (longest is None or longest > new.length):
        unit = "bytes" if new.family == "text" else "characters"
        return TypeChange(kind="narrowing", fails=f"a value is longer than {new.length} {unit} (22001)")
    return TypeChange(kind="conversion")


def _word(kind: SqlType) -> str:
    return {
        "integer": "a number",
        "numeric": "a number",
        "float": "a number",
        "json": "JSON",
        "jsonb": "JSON",
        "enum": "one of the enum's",
        "boolean": "a boolean",
        "uuid": "a UUID",
        "interval": "an interval",
    }.get(kind.family, kind.family)


# What the database does for it.


def _on_postgresql(old: SqlType, new: SqlType, target: Target, value: TypeChange) -> TypeChange:
    source = "measured on PostgreSQL 12–18"
    if value.kind == "same":
        return replace(value, rewrite=False, scan=False, needs_using=False, implicit_cast=True, source=source)
    if old.family == "enum" and new.family == "enum":
        if old.name and old.name == new.name:
            return TypeChange(kind="unknown", reason="ALTER COLUMN does not change an enum's values")
        return replace(value, rewrite=True, scan=True, needs_using=True, implicit_cast=False, source=source)
    if value.kind == "unknown":
        return value
    first, second = (old.item or old, new.item or new) if old.family == new.family else (old, new)
    same_width = first.bits == second.bits
    needs_using = not assigned(first.family, second.family)
    if 16 in (first.bits, second.bits) and (first.family == "oid" or second.family == "money"):
        needs_using = True  # smallint has no cast to money, nor oid one to smallint.
    converts = implicit(first.family, second.family)
    if first.family == second.family and not same_width:
        converts = (second.bits or 0) > (first.bits or 0)
    rewrite: bool | None = not _free(old, new)
    if {old.family, new.family} == {"timestamp", "timestamptz"} and _digits_kept(old, new):
        # 10 and 11 always rewrite; from 12 on only where the session's time zone is not UTC.
        rewrite = None if target.versions and target.versions[0].at_least(12) else True
        why = "no rewrite where the session's TimeZone is UTC (12 and newer), else the table is rewritten"
    else:
        why = value.reason or (
            "the stored bytes stay as they are"
            if rewrite is False
            else "every row is converted and written again"
        )
    fails = value.fails
    if needs_using and new.family == "enum":
        fails = "a row holds a value that the enum does not have (22P02)"
    return replace(
        value,
        rewrite=rewrite,
        scan=rewrite,
        needs_using=needs_using,
        implicit_cast=converts and not needs_using,
        fails=fails,
        reason=why,
        source=source if (old.family, new.family) in _MEASURED else "measured on PostgreSQL 15",
    )


def _digits_kept(old: SqlType, new: SqlType) -> bool:
    after = 6 if new.precision is None else new.precision
    return after >= (6 if old.precision is None else old.precision)


def _free(old: SqlType, new: SqlType) -> bool:
    """Whether PostgreSQL only changes the catalogue."""
    if new.family in STRINGS and (old.family in STRINGS or (old.family == "xml" and new.family != "citext")):
        wider = new.length is None or (
            old.family == "string" and old.length is not None and new.length >= old.length
        )
        return wider and not old.fixed and not new.fixed
    if old.family != new.family:
        return (old.family, new.family) in {("integer", "oid"), ("oid", "integer"), ("cidr", "inet")} and (
            32 in (old.bits, new.bits) or old.family == "cidr"
        )
    if old.family == "numeric":
        if new.precision is None:
            return True
        same_scale = (old.scale or 0) == (new.scale or 0)
        return old.precision is not None and same_scale and new.precision >= old.precision
    if old.family in ("timestamp", "timestamptz", "time", "timetz", "interval"):
        return _digits_kept(old, new)
    if old.family == "bit":
        return not new.fixed and (new.length is None or (old.length or 1) <= new.length)
    return old.family == "bytes"


_MEASURED: frozenset[tuple[Family, Family]] = frozenset(
    {
        ("string", "string"), ("string", "text"), ("text", "string"), ("text", "text"), ("text", "citext"),
        ("string", "enum"), ("enum", "string"), ("string", "array"), ("text", "integer"), ("integer", "text"),
        ("text", "jsonb"), ("json", "jsonb"), ("text", "bytes"), ("integer", "integer"), ("integer", "numeric"),
        ("numeric", "integer"), ("numeric", "numeric"), ("integer", "boolean"), ("boolean", "integer"),
        ("timestamp", "timestamp"), ("timestamp", "timestamptz"), ("timestamptz", "timestamp"), ("timestamp", "date"),
    }
)  # fmt: skip
"""Pairs that were run on every version; the others on PostgreSQL 15 only (see ``casts``)."""


def _on_mysql(old: SqlType, new: SqlType, target: Target, value: TypeChange) -> TypeChange:
    if value.kind == "unknown":
        return value
    source = "measured on MySQL 8.0–9.7" if target.database == "mysql" else "measured on MariaDB 10.11–11.8"
    if value.kind == "same":
        return replace(value, rewrite=False, scan=False, algorithm="INSTANT", source=source)
    fails = value.fails.rpartition(" (")[0] or value.fails if value.fails else None
    if new.family == "bytes" and value.kind == "conversion":
        fails = None  # Any text is a row of bytes.
    if old.family == new.family == "enum" and old.values and new.values:
        if new.values[: len(old.values)] == old.values:
            return replace(
                value,
                rewrite=False,
                scan=False,
                algorithm="INSTANT",
                reason="values are appended",
                source=source,
            )
        return replace(value, rewrite=True, scan=True, algorithm="COPY", fails=fails, source=source)
    if value.kind == "widening" and old.family == new.family == "string" and not old.fixed and not new.fixed:
        # Up to 255 bytes a length takes one byte, beyond that two; utf8mb4 has up to four bytes a character.
        before, after = (old.length or 0) * 4, (new.length or 0) * 4
        if (before <= 255) == (after <= 255):
            best = "INPLACE" if target.database == "mysql" else "INSTANT"
            why = "the length byte stays as it is (utf8mb4)"
            return replace(value, rewrite=False, scan=False, algorithm=best, reason=why, source=source)
        reason = "it grows past 255 bytes (utf8mb4), so the length takes a second byte"
        return replace(value, rewrite=True, scan=True, algorithm="COPY", reason=reason, source=source)
    reason = "MySQL and MariaDB change a type by copying the table"
    return replace(
        value, rewrite=True, scan=True, algorithm="COPY", fails=fails, reason=reason, source=source
    )
