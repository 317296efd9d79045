"""SQL type names as the SQLAlchemy types that they correspond to."""

from __future__ import annotations

from foreshot.migration.operations import TypeSpec
from foreshot.migration.sql_cursor import Cursor, Wrong
from foreshot.migration.sql_tokens import HOLE
from foreshot.syntax.values import CallValue, Ref, Unknown, Value

SERIALS = frozenset({"serial", "serial4", "bigserial", "serial8", "smallserial", "serial2"})
"""Type names that are an integer with a sequence for its default, and NOT NULL."""

_MOST_DIGITS = 9
_SA = "sqlalchemy."
_PG = "sqlalchemy.dialects.postgresql."
_MY = "sqlalchemy.dialects.mysql."
_MS = "sqlalchemy.dialects.mssql."

_LENGTH = {
    **dict.fromkeys(
        ("varchar", "character varying", "char varying", "varchar2", "nvarchar2", "string"), _SA + "String"
    ),
    **dict.fromkeys(("char", "character", "bpchar"), _SA + "CHAR"),
    **dict.fromkeys(("nvarchar", "national varchar", "national character varying"), _SA + "Unicode"),
    **dict.fromkeys(("nchar", "national char", "national character"), _SA + "NCHAR"),
    "binary": _SA + "BINARY",
    "varbinary": _SA + "VARBINARY",
    "raw": _SA + "LargeBinary",
    "bit": _PG + "BIT",
}
"""Types that take a length."""

_NUMBERS = {
    **dict.fromkeys(("numeric", "decimal", "dec", "number", "fixed"), _SA + "Numeric"),
    **dict.fromkeys(("float",), _SA + "Float"),
}
"""Types that take a precision and perhaps a scale."""

_PLAIN = {
    **dict.fromkeys(("int", "integer", "int4", "serial", "serial4"), _SA + "Integer"),
    **dict.fromkeys(("bigint", "int8", "bigserial", "serial8"), _SA + "BigInteger"),
    **dict.fromkeys(("smallint", "int2", "smallserial", "serial2"), _SA + "SmallInteger"),
    "tinyint": _MY + "TINYINT",
    "mediumint": _MY + "MEDIUMINT",
    **dict.fromkeys(("bool", "boolean"), _SA + "Boolean"),
    **dict.fromkeys(("real", "float4"), _SA + "REAL"),
    **dict.fromkeys(("double precision", "float8", "double", "binary_double"), _SA + "Double"),
    **dict.fromkeys(("text", "clob"), _SA + "Text"),
    **dict.fromkeys(("ntext", "nclob"), _SA + "UnicodeText"),
    "date": _SA + "Date",
    "json": _SA + "JSON",
    "jsonb": _PG + "JSONB",
    "uuid": _SA + "Uuid",
    **dict.fromkeys(("bytea", "blob", "image", "long raw"), _SA + "LargeBinary"),
    "year": _MY + "YEAR",
    **{name: _MY + name.upper() for name in ("tinytext", "mediumtext", "longtext")},
    **{name: _MY + name.upper() for name in ("tinyblob", "mediumblob", "longblob")},
    **{
        name: _PG + name.upper()
        for name in (
            *("inet", "cidr", "macaddr", "macaddr8", "money", "oid", "regclass", "regconfig"),
            *("tsvector", "tsquery", "hstore", "citext", "int4range", "int8range", "numrange", "daterange"),
            *("tsrange", "tstzrange", "int4multirange", "int8multirange", "nummultirange"),
            *("datemultirange", "tsmultirange", "tstzmultirange"),
        )
    },
    "bit varying": _PG + "BIT",
    "varbit": _PG + "BIT",
    "interval": _SA + "Interval",
    "datetime2": _MS + "DATETIME2",
    "datetimeoffset": _MS + "DATETIMEOFFSET",
    "smalldatetime": _MS + "SMALLDATETIME",
    "uniqueidentifier": _MS + "UNIQUEIDENTIFIER",
    "rowversion": _MS + "ROWVERSION",
}
_TIMES = frozenset({"timestamp", "timestamptz", "time", "timetz", "datetime"})
_SECOND_WORDS = {
    "DOUBLE": ("PRECISION",),
    "CHARACTER": ("VARYING",),
    "CHAR": ("VARYING",),
    "BIT": ("VARYING",),
    "LONG": ("RAW",),
    "NATIONAL": ("CHARACTER", "CHAR", "VARCHAR"),
}
_UNSIGNED = {
    **dict.fromkeys(("int", "int4"), "INTEGER"),
    "int8": "BIGINT",
    "int2": "SMALLINT",
    "double precision": "DOUBLE",
}
_INTERVAL_FIELDS = ("YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND", "TO")


def read_type(cursor: Cursor) -> TypeSpec | Unknown:
    """Read the type at the cursor.

    Raises:
        Wrong: the statement ends where the type should begin.
        Unread: no type begins here.
    """
    begin = cursor.at
    first = cursor.take_name("a type")
    if HOLE in first.text:
        return cursor.context.hole(first.start, first.end)
    name = _name(cursor, first.upper, first.text)
    args = _arguments(cursor)
    zone = _zone(cursor, name)
    if name == "interval":
        while cursor.take_one(*_INTERVAL_FIELDS):
            args = args or _arguments(cursor)
    unsigned = _modifiers(cursor)
    start, end = first.start, cursor.last.end
    dimensions = _dimensions(cursor)
    if any(HOLE in token.text for token in cursor.tokens[begin : cursor.at]):
        return cursor.context.hole(start, cursor.last.end)
    spec = _spec(cursor, name, args, start, end, zone=zone, unsigned=unsigned)
    return _array(cursor, spec, dimensions, start) if dimensions else spec


def _name(cursor: Cursor, upper: str, written: str) -> str:
    """The type's name, all words of it, in lower case where it is not quoted."""
    if not upper:
        name = str(cursor.context.identifier(cursor.last))
    else:
        name = written.lower()
        for second in _SECOND_WORDS.get(upper, ()):
            if cursor.take(second):
                name = f"{name} {second.lower()}"
                break
        if name in ("national character", "national char") and cursor.take("VARYING"):
            name += " varying"
    while cursor.word == "." and cursor.at + 1 < cursor.stop:
        cursor.at += 1
        part = cursor.take_name("a type")
        name = f"{name}.{cursor.context.identifier(part)}"
    return name.removeprefix("pg_catalog.")


def _arguments(cursor: Cursor) -> tuple[Value, ...] | None:
    """The parenthesised arguments: numbers, strings, and the text of anything else."""
    if cursor.word != "(":
        return None
    begin = cursor.token
    inner = cursor.inside()
    if inner.done:
        raise Wrong('"(" and ")" of a type hold nothing', begin)
    values: list[Value] = []
    for item in inner.items():
        token = item.token
        if token.kind == "number" and token.text.isdecimal() and len(token.text) <= _MOST_DIGITS:
            values.append(int(token.text))
        elif token.kind == "string":
            values.append(cursor.context.string(token))
        else:
            values.append(item.value_text())
    return tuple(values)


def _zone(cursor: Cursor, name: str) -> bool | None:
    """Whether a time has a time zone; None for types that are no times."""
    if name not in _TIMES:
        return None
    if cursor.take("WITH", "TIME", "ZONE") or cursor.take("WITH", "LOCAL", "TIME", "ZONE"):
        return True
    cursor.take("WITHOUT", "TIME", "ZONE")
    return name in ("timestamptz", "timetz")


def _modifiers(cursor: Cursor) -> bool:
    """Step over what MySQL writes behind a type, and tell whether it is unsigned."""
    unsigned = False
    while word := cursor.take_one("UNSIGNED", "SIGNED", "ZEROFILL", "BINARY", "CHARACTER", "CHARSET"):
        unsigned = unsigned or word in ("UNSIGNED", "ZEROFILL")
        if word == "CHARACTER":
            cursor.expect("SET")
        if word in ("CHARACTER", "CHARSET"):
            cursor.take("=")
            cursor.take_name()
    return unsigned


def _dimensions(cursor: Cursor) -> int:
    """How many ``[]`` follow; ``ARRAY`` is one."""
    count = 0
    if cursor.take("ARRAY"):
        count = 1
    while cursor.word == "[":
        if count == 0 or cursor.last.upper == "]":
            count += 1
        cursor.at += 1
        if cursor.token.kind == "number":
            cursor.at += 1
        cursor.expect("]")
    return count


def _spec(
    cursor: Cursor,
    name: str,
    args: tuple[Value, ...] | None,
    start: int,
    end: int,
    *,
    zone: bool | None,
    unsigned: bool,
) -> TypeSpec:
    path, values, keywords = _sqlalchemy(name, args, cursor.context.dialects, zone=zone, unsigned=unsigned)
    context = cursor.context
    written = context.value[start:end]
    call = context.call(path, start, end, *values, **keywords) if values or keywords else None
    return TypeSpec(path=path, written=written, span=context.span(start, end), call=call, sql=written)


def _sqlalchemy(
    name: str, args: tuple[Value, ...] | None, dialects: tuple[str, ...], *, zone: bool | None, unsigned: bool
) -> tuple[str, tuple[Value, ...], dict[str, Value]]:
    """Path, positional and keyword arguments of the SQLAlchemy type."""
    values = args or ()
    mysql = "mysql" in dialects or "mariadb" in dialects
    if zone is not None:
        return _time(name, values, mysql, zone=zone)
    if name in _LENGTH:
        numbers = tuple(value for value in values[:1] if isinstance(value, int))
        if name == "bit" and dialects:
            if "mssql" in dialects:
                return _SA + "Boolean", (), {}
            if mysql:
                return _MY + "BIT", numbers, {}
        return _LENGTH[name], numbers, {}
    if name in _NUMBERS:
        if unsigned:
            return _MY + name.upper(), values, {"unsigned": True}
        return _NUMBERS[name], values, {}
    if name in ("enum", "set") and values:
        return (_SA + "Enum" if name == "enum" else _MY + "SET"), values, {}
    if name in _PLAIN:
        path = _PLAIN[name]
        if unsigned:
            return _MY + _UNSIGNED.get(name, name.upper()), (), {"unsigned": True}
        if name in ("bit varying", "varbit"):
            return path, values, {"varying": True}
        if name == "tinyint":
            return path, values, {}
        return path, (), {}
    return "sql:" + name, values, {}


def _time(
    name: str, values: tuple[Value, ...], mysql: bool, *, zone: bool
) -> tuple[str, tuple[Value, ...], dict[str, Value]]:
    keywords: dict[str, Value] = {"timezone": True} if zone else {}
    if name.startswith("time") and not name.startswith("timestamp"):
        bare, mine = _SA + "Time", "TIME"
    else:
        bare = _SA + ("TIMESTAMP" if mysql and name == "timestamp" else "DateTime")
        mine = "DATETIME" if name == "datetime" else "TIMESTAMP"
    if not values:
        return bare, (), keywords
    if mysql or name == "datetime":
        return _MY + mine, (), {"fsp": values[0]}
    return _PG + mine, (), {**keywords, "precision": values[0]}


def _array(cursor: Cursor, item: TypeSpec, dimensions: int, start: int) -> TypeSpec:
    context = cursor.context
    end = cursor.last.end
    written, span = context.value[start:end], context.span(start, end)
    inner = item.call or Ref(item.path, item.written, item.span)
    path = _PG + "ARRAY"
    keywords: dict[str, Value] = {"dimensions": dimensions} if dimensions > 1 else {}
    call = CallValue(Ref(path, written, span), (inner,), keywords, span)
    return TypeSpec(path=path, written=written, span=span, call=call, sql=written)
