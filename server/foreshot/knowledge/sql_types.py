"""SQL's own spelling of types: ``character varying(50)``, ``timestamp(3) with time zone``, ``int unsigned``."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, cast

from foreshot.knowledge.databases import Target
from foreshot.knowledge.extensions import SQL_TYPES
from foreshot.knowledge.sqltype import CUSTOM, Family, SqlType, boolean, floating, json, numeric

_MOST_DIGITS = 9
MAX_TEXT = 10_000
"""Characters of a type name that are looked at; a long list of enum values counts."""

# Compiled when first wanted: `re` keeps it.
_SHAPE = r"""\s*(?P<name>"?[a-z_][\w$]*"?(?:\."?[a-z_][\w$]*"?)?(?:\s+(?:varying|precision|large\s+object))?)
        \s*(?:\((?P<arguments>[^()]*)\))?
        \s*(?P<rest>(?:(?:with|without)\s+time\s+zone|unsigned|signed|zerofill|\s)*)
        (?P<array>(?:\[\d*\]\s*)*|array)
        (?:(?:character\s+set|charset|collate)\s.*)?$"""
_FLAGS = re.IGNORECASE | re.VERBOSE | re.DOTALL
_QUOTED = r"'((?:[^']|'')*)'"
_INTEGERS = {
    "smallint": 16, "int2": 16, "smallserial": 16, "serial2": 16, "integer": 32, "int": 32, "int4": 32, "serial": 32,
    "serial4": 32, "bigint": 64, "int8": 64, "bigserial": 64, "serial8": 64, "tinyint": 8, "mediumint": 24,
}  # fmt: skip
_VARYING = {
    "varchar",
    "character varying",
    "char varying",
    "nvarchar",
    "varchar2",
    "nvarchar2",
    "national varchar",
}
_FIXED = {"char", "character", "bpchar", "nchar"}
_TEXTS = {
    "tinytext": 255,
    "text": 65_535,
    "mediumtext": 16_777_215,
    "longtext": 4_294_967_295,
    "clob": None,
    "ntext": None,
}
_BLOBS = {"tinyblob": 255, "blob": 65_535, "mediumblob": 16_777_215, "longblob": 4_294_967_295, "bytea": None}
_FLOATS = {"real", "float4", "float8", "float", "double", "double precision"}
_SAME = {
    "date", "jsonb", "uuid", "inet", "cidr", "macaddr", "xml", "tsvector", "hstore", "oid", "money", "year", "interval",
    "citext",
}  # fmt: skip
_RANGES = {"int4range", "int8range", "numrange", "daterange", "tsrange", "tstzrange"}

_OTHER_BUILT_IN: Final = frozenset(
    {
        "aclitem", "box", "cid", "circle", "datemultirange", "gtsvector", "int2vector", "int4multirange", "int8multirange", "jsonpath", "line",
        "lseg", "macaddr8", "name", "nummultirange", "oidvector", "path", "pg_lsn", "pg_node_tree", "pg_snapshot", "point", "polygon", "record",
        "refcursor", "regclass", "regcollation", "regconfig", "regdictionary", "regnamespace", "regoper", "regoperator", "regproc", "regprocedure",
        "regrole", "regtype", "tid", "trigger", "tsmultirange", "tsquery", "tstzmultirange", "txid_snapshot", "unknown", "void", "xid", "xid8",
        "char",
    }
)  # fmt: skip
"""The rest of what PostgreSQL 15 has of its own, as its catalog says."""
_OF_EXTENSIONS: Final = frozenset(
    {
        "agtype", "box2d", "box3d", "cube", "ean13", "earth", "h3index", "intbig_gkey", "isbn", "isbn13", "ismn", "issn", "lquery", "ltree",
        "ltxtquery", "mpq", "mpz", "query_int", "raster", "roaringbitmap", "seg", "semver", "topogeometry", "upc", "uri",
    }
)  # fmt: skip


def may_be_built_in(name: str) -> bool:
    """Whether a type's name in SQL may be one that no migration on PostgreSQL has to make: its own, or an extension's."""
    known = name in _OTHER_BUILT_IN or name in _OF_EXTENSIONS or name in SQL_TYPES
    return known or name.startswith("_") or parse_sql_type(name, Target("postgresql")).family != "custom"


@lru_cache(maxsize=512)
def parse_sql_type(text: str, target: Target) -> SqlType:
    """What a SQL type name means on ``target``; of family ``custom`` where it is not one of the usual ones."""
    found = re.match(_SHAPE, text, _FLAGS) if len(text) <= MAX_TEXT else None
    if found is None:
        return CUSTOM
    name = " ".join(found["name"].lower().split()).removeprefix("pg_catalog.")
    rest = found["rest"].lower()
    kind = _named(name, found["arguments"], rest, target)
    if found["array"]:
        return SqlType(family="array", item=kind, exact=kind.exact)
    return kind


def _named(name: str, written: str | None, rest: str, target: Target) -> SqlType:
    first, second = _numbers(written)
    if name in _INTEGERS:
        bits = 64 if target.database == "sqlite" else _INTEGERS[name]
        return SqlType(family="integer", bits=bits, unsigned="unsigned" in rest, serial="serial" in name)
    if name in _VARYING:
        return SqlType(family="string", length=first)
    if name in _FIXED:
        return SqlType(family="string", length=first or 1, fixed=True)
    if name in _TEXTS:
        return SqlType(family="text", length=_TEXTS[name] if target.is_mysql else None)
    if name in _BLOBS:
        return SqlType(family="bytes", length=_BLOBS[name] if target.is_mysql else None)
    if name in ("binary", "varbinary"):
        return SqlType(family="bytes", length=first, fixed=name == "binary")
    if name in ("numeric", "decimal", "dec", "number"):
        return numeric(first, second, target, unsigned="unsigned" in rest)
    if name in _FLOATS:
        if name in ("float4", "float8"):
            return SqlType(family="float", bits=32 if name == "float4" else 64)
        return floating(name.replace(" ", "_"), first, target)
    if name in ("boolean", "bool"):
        return boolean(target)
    if name == "json":
        return json(target)
    if name in ("timestamp", "timestamptz", "datetime", "time", "timetz"):
        return _clock(name, first, rest, target)
    if name in ("enum", "set"):
        values = tuple(value.replace("''", "'") for value in re.findall(_QUOTED, written or ""))
        return SqlType(family=name, values=values)
    if name in ("bit", "bit varying", "varbit"):
        varying = name != "bit"
        return SqlType(family="bit", length=first if first or varying else 1, fixed=not varying)
    if name in _RANGES:
        return SqlType(family="range", name=name)
    if name in _SAME:
        return SqlType(family=cast("Family", name))
    return SqlType(family="custom", name=name, arguments=(written,) if written else ())


def _clock(name: str, digits: int | None, rest: str, target: Target) -> SqlType:
    if target.is_mysql:
        family: Family = "time" if name == "time" else "timestamptz" if name == "timestamp" else "timestamp"
        return SqlType(family=family, precision=digits)
    zone = name.endswith("tz") or ("with time" in " ".join(rest.split()))
    if name.startswith("timestamp") or name == "datetime":
        return SqlType(family="timestamptz" if zone else "timestamp", precision=digits)
    return SqlType(family="timetz" if zone else "time", precision=digits)


def _numbers(written: str | None) -> tuple[int | None, int | None]:
    parts = [part.strip() for part in (written or "").split(",")]
    numbers = [int(part) if part.isdecimal() and len(part) <= _MOST_DIGITS else None for part in parts[:2]]
    return numbers[0], numbers[1] if len(numbers) > 1 else None
