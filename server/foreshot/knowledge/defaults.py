"""Server defaults: whether a default is computed once for all rows that are there, or once for each."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

from foreshot.syntax.values import CallValue, Text, Value

MAX_TEXT = 2000
"""Characters of a default that are looked at."""

Volatility = Literal["none", "constant", "stable", "volatile", "unknown"]

# PostgreSQL's pg_proc.provolatile; the UUID functions are those of pgcrypto, uuid-ossp and PostgreSQL 18.
STABLE_FUNCTIONS = frozenset(
    {
        "now", "current_timestamp", "current_date", "current_time", "localtime", "localtimestamp", "transaction_timestamp",
        "statement_timestamp", "current_user", "session_user", "current_schema", "current_database", "current_setting",
        "to_char", "age", "timezone", "date_trunc", "to_timestamp", "txid_current", "user", "curdate", "curtime", "utc_timestamp",
    }
)  # fmt: skip
VOLATILE_FUNCTIONS = frozenset(
    {
        "clock_timestamp", "timeofday", "random", "random_normal", "rand", "gen_random_uuid", "uuid_generate_v1",
        "uuid_generate_v1mc", "uuid_generate_v4", "uuidv4", "uuidv7", "uuid", "nextval", "setval", "currval", "lastval",
        "gen_random_bytes", "newid", "newsequentialid", "sys_guid", "uuid_short",
    }
)  # fmt: skip
IMMUTABLE_FUNCTIONS = frozenset(
    {
        "lower", "upper", "coalesce", "concat_ws", "jsonb_build_object", "jsonb_build_array", "json_build_object",
        "make_interval", "make_date", "abs", "array", "row", "to_tsvector", "decode", "encode", "md5", "length", "nullif",
        "greatest", "least", "cast", "interval", "timestamp", "date", "time", "numeric", "varchar", "char", "json_array",
        "json_object", "datetime", "decimal", "replace", "repeat", "timestamptz", "bit", "values", "in",
    }
)  # fmt: skip

_WORST_FIRST: tuple[Volatility, ...] = ("volatile", "unknown", "stable", "constant")

# Compiled when first wanted: `re` keeps them.
_LITERAL = r"(?s)'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|\$\$.*?\$\$"
_TYPE = r"::\s*[\w\s]+?\(\s*\d+(?:\s*,\s*\d+)?\s*\)"
_CALL = r"(?<![\w.])([A-Za-z_][\w.]*+)\s*+\("
_WORDS = (
    r"\b(current_timestamp|current_date|current_time|localtimestamp|localtime|current_user|session_user)\b"
)


def volatility(default: Value) -> Volatility:
    """How a ``server_default`` behaves: a string is a literal; ``text("…")`` and ``func.…()`` are read for functions.

    ``unknown`` where it cannot be read or calls a function that is not in the lists.
    """
    if default is None or default is False:
        return "none"
    found: list[Volatility] = []
    pending, seen = [default], set[int]()
    while pending:
        value = pending.pop()
        # One value may be an argument many times, and its arguments as often again.
        if id(value) not in seen:
            seen.add(id(value))
            one, inner = _volatility_alone(value)
            found.append(one)
            pending.extend(inner)
    return found[0] if len(found) == 1 else _worst(found)


def _volatility_alone(default: Value) -> tuple[Volatility, list[Value]]:
    """How a value behaves by itself, and those inside it that count besides."""
    if isinstance(default, str | int | float | bool | Text):
        return "constant", []
    if not isinstance(default, CallValue):
        return "unknown", []
    path = default.path
    last = path.rpartition(".")[2]
    if last == "next_value":
        return "volatile", []
    if last in ("text", "literal_column", "TextClause", "DefaultClause", "FetchedValue"):
        written = default.argument("text", 0)
        if isinstance(written, Text):
            written = written.value
        if isinstance(written, CallValue):
            return "constant", [written]
        return volatility_of_sql(written) if isinstance(written, str) else "unknown", []
    if last in ("literal", "true", "false", "null"):
        return "constant", []
    if ".func." in path or path.startswith("sqlalchemy."):
        return _of_function(last.lower()), [item for item in default.args if isinstance(item, CallValue)]
    return "unknown", []


@lru_cache(maxsize=512)
def volatility_of_sql(sql: str) -> Volatility:
    """The same for an SQL expression."""
    if len(sql) > MAX_TEXT:
        return "unknown"
    text = re.sub(_TYPE, "", re.sub(_LITERAL, "''", sql)).lower()
    found: list[Volatility] = [_of_function(name.rpartition(".")[2]) for name in re.findall(_CALL, text)]
    if re.search(_WORDS, text):
        found.append("stable")
    if re.search(r"\bnext\s+value\s+for\b", text):
        found.append("volatile")
    return _worst(found or ["constant"])


def _of_function(name: str) -> Volatility:
    if name in VOLATILE_FUNCTIONS:
        return "volatile"
    if name in STABLE_FUNCTIONS:
        return "stable"
    return "constant" if name in IMMUTABLE_FUNCTIONS else "unknown"


def _worst(found: list[Volatility]) -> Volatility:
    for one in _WORST_FIRST:
        if one in found:
            return one
    return "constant"
