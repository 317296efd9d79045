"""How a dialect spells, and stores, a type that was described: ``sqlalchemy.String(50)`` is ``VARCHAR(50)``.

The spelling is that of SQLAlchemy's compiler for the dialect, after what the server itself makes of it: a TEXT with a length becomes
the TEXT of MySQL that holds it, BOOL a TINYINT(1), FLOAT on PostgreSQL DOUBLE PRECISION. SQLAlchemy is not imported.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from foreshot.schema.plain import Called, Listed, Named, Plain, chosen, sql_text
from foreshot.schema.spelling import UNKNOWN, Asked, Handler, Spelling
from foreshot.schema.third_party import THIRD_PARTY

_MAX_DEPTH: Final = 8


@lru_cache(maxsize=20_000)
def spell(written: Plain, dialect: str, sql: str | None = None) -> Spelling:
    """What a described type is on a dialect; ``sql`` is its spelling where it was read from SQL."""
    return _spell(chosen(written, dialect), dialect, sql, 0)


def _spell(written: Plain, dialect: str, sql: str | None, depth: int) -> Spelling:
    if depth > _MAX_DEPTH or not isinstance(written, Called | Named):
        return UNKNOWN
    call = written if isinstance(written, Called) else Called(written.path)
    path, _, name = call.path.rpartition(".")
    if name in ("with_variant", "evolve", "adapt") and call.receiver is not None:
        chosen = _variant(call, dialect) if name == "with_variant" else None
        return _spell(chosen if chosen is not None else call.receiver, dialect, sql, depth + 1)
    if name == "as_mutable" and call.args:
        return _spell(call.args[0], dialect, sql, depth + 1)
    if call.path.startswith("sql:"):
        return _raw(call, dialect)
    if not path.startswith(("sqlalchemy.", "alembic")) and path != "sqlalchemy" and name != "AutoString":
        known = THIRD_PARTY.get(call.path) or THIRD_PARTY.get(path.partition(".")[0] + "." + name)
        return known(Asked(call, dialect, depth, _spell)) if known is not None else UNKNOWN
    handler = _HANDLERS.get(name.removeprefix("_"))
    if handler is None:
        handler = THIRD_PARTY.get(f"sqlalchemy_utils.{name}")
        return handler(Asked(call, dialect, depth, _spell)) if handler is not None else UNKNOWN
    found = handler(Asked(call, dialect, depth, _spell))
    if found.stored is not None and sql is not None and dialect == "postgresql":
        lowered = sql.lower().partition("(")[0].strip()
        if lowered in _SERIALS:
            return Spelling(found.stored, serial=_SERIALS[lowered])
    return found


_SERIALS = {
    "serial": "serial", "serial4": "serial", "bigserial": "bigserial", "serial8": "bigserial",
    "smallserial": "smallserial", "serial2": "smallserial",
}  # fmt: skip


def _variant(call: Called, dialect: str) -> Plain:
    """The type that ``with_variant(type, *dialects)`` gives the dialect; None when it gives it none."""
    wanted = {dialect, "mysql"} if dialect == "mariadb" else {dialect}
    names = call.args[1:]
    given = call.argument("dialect_name")
    if given is not None:
        names = (*names, given)
    return call.argument("type_", 0) if any(name in wanted for name in names) else None


def _raw(call: Called, dialect: str) -> Spelling:
    """A type of SQL that corresponds to none of SQLAlchemy's: an enum, a domain, an extension's type."""
    name = call.path.removeprefix("sql:")
    args = ",".join(str(item) for item in call.args if isinstance(item, int | str))
    spelled = f"{name}({args})" if args else name
    return Spelling(spelled, enum=name if dialect == "postgresql" and not args else None, create_enum=False)


def number(value: Plain) -> int | None:
    """A whole number, None for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _plain_name(spelling: str, **others: str) -> Handler:
    def found(asked: Asked) -> Spelling:
        return Spelling(
            others.get(
                asked.dialect, others.get("mysql", spelling) if asked.dialect == "mariadb" else spelling
            )
        )

    return found


def _string(asked: Asked, name: str = "VARCHAR") -> Spelling:
    value = asked.call.argument("length", 0)
    length = number(value)
    if value is not None and length is None:
        return UNKNOWN
    return Spelling(f"{name}({length})" if length is not None else name)


def _char(asked: Asked) -> Spelling:
    return _string(asked, "CHAR")


def _text(asked: Asked) -> Spelling:
    length = number(asked.call.argument("length", 0))
    if asked.dialect in ("mysql", "mariadb"):
        return Spelling("TEXT" if length is None else sized("TEXT", length * 4))
    if asked.call.argument("length", 0) is not None and length is None:
        return UNKNOWN
    return Spelling("TEXT" if length is None or asked.dialect == "postgresql" else f"TEXT({length})")


def sized(base: str, size: int) -> str:
    """The smallest TEXT or BLOB of MySQL that holds so many bytes."""
    for most, prefix in ((255, "TINY"), (65_535, ""), (16_777_215, "MEDIUM")):
        if size <= most:
            return prefix + base
    return "LONG" + base


def _binary(asked: Asked) -> Spelling:
    length = number(asked.call.argument("length", 0))
    if asked.dialect == "postgresql":
        return Spelling("BYTEA")
    if asked.dialect in ("mysql", "mariadb"):
        return Spelling("BLOB" if length is None else sized("BLOB", length))
    return Spelling("BLOB")


def _fixed_binary(name: str) -> Handler:
    def found(asked: Asked) -> Spelling:
        if asked.dialect == "postgresql":
            return Spelling("BYTEA")
        return _string(asked, name)

    return found


def _boolean(asked: Asked) -> Spelling:
    check = None
    if asked.call.argument("create_constraint") is True and asked.dialect != "postgresql":
        name = asked.call.argument("name")
        check = name if isinstance(name, str) else ""
    return Spelling("TINYINT(1)" if asked.dialect in ("mysql", "mariadb") else "BOOLEAN", check=check)


def _numeric(name: str) -> Handler:
    def found(asked: Asked) -> Spelling:
        precision, scale = (
            number(asked.call.argument("precision", 0)),
            number(asked.call.argument("scale", 1)),
        )
        unsigned = " UNSIGNED" if asked.call.argument("unsigned") is True else ""
        if precision is None:
            return Spelling(("DECIMAL(10, 0)" if asked.dialect in ("mysql", "mariadb") else name) + unsigned)
        return Spelling(f"{name}({precision}, {scale})" if scale is not None else f"{name}({precision})")

    return found


def _float(asked: Asked) -> Spelling:
    precision = number(asked.call.argument("precision", 0))
    if asked.dialect == "postgresql":
        return Spelling("REAL" if precision is not None and precision <= 24 else "DOUBLE PRECISION")
    if asked.dialect in ("mysql", "mariadb"):
        scale = number(
            asked.call.argument("scale", 2 if asked.call.path.startswith("sqlalchemy.Float") else 1)
        )
        if precision is not None and scale is not None:
            return Spelling(f"FLOAT({precision}, {scale})")
        return Spelling("DOUBLE" if precision is not None and precision > 24 else "FLOAT")
    return Spelling("FLOAT")


def _integer(name: str) -> Handler:
    def found(asked: Asked) -> Spelling:
        width = number(asked.call.argument("display_width", 0))
        spelled = f"{name}({width})" if width is not None and name == "TINYINT" else name
        if asked.dialect == "postgresql" and name not in ("INTEGER", "BIGINT", "SMALLINT"):
            return UNKNOWN
        unsigned = (
            " UNSIGNED"
            if asked.call.argument("unsigned") is True and asked.dialect in ("mysql", "mariadb")
            else ""
        )
        return Spelling(spelled + unsigned)

    return found


def _datetime(name: str) -> Handler:
    """DATETIME, TIMESTAMP or TIME: ``timezone`` counts on PostgreSQL, ``fsp`` on MySQL."""

    def found(asked: Asked) -> Spelling:
        zone = asked.call.argument("timezone", 0 if name != "MYSQL" else None) is True
        if asked.dialect == "postgresql":
            precision = number(asked.call.argument("precision", 1))
            base = "TIME" if name == "TIME" else "TIMESTAMP"
            digits = f"({precision})" if precision is not None else ""
            return Spelling(f"{base}{digits} {'WITH' if zone else 'WITHOUT'} TIME ZONE")
        fsp = number(asked.call.argument("fsp"))
        mysql = asked.dialect in ("mysql", "mariadb")
        return Spelling(f"{name}({fsp})" if fsp and mysql else name)

    return found


def _enum(asked: Asked) -> Spelling:
    values = enum_values(asked.call)
    name = asked.call.argument("name")
    native = asked.call.argument("native_enum")
    if native is not False and asked.dialect == "postgresql":
        schema = asked.call.argument("schema")
        if not isinstance(name, str):
            return UNKNOWN
        full = f"{schema}.{name}" if isinstance(schema, str) else name
        create = asked.call.argument("create_type") is not False
        return Spelling(full, enum=full, values=values, create_enum=create)
    if any(value is None for value in values) or not values:
        if native is False and (length := number(asked.call.argument("length"))) is not None:
            return Spelling(f"VARCHAR({length})", check=_enum_check(asked.call, name))
        return UNKNOWN
    if native is not False and asked.dialect in ("mysql", "mariadb"):
        quoted = ", ".join(sql_text(str(value)) for value in values)
        return Spelling(f"ENUM({quoted})")
    length = number(asked.call.argument("length")) or max(len(value or "") for value in values)
    return Spelling(f"VARCHAR({length})", check=_enum_check(asked.call, name))


def _enum_check(call: Called, name: Plain) -> str | None:
    if call.argument("create_constraint") is not True:
        return None
    return name if isinstance(name, str) else ""


def old_check(written: Plain, dialect: str) -> str | None:
    """The name of the CHECK that a type brought before SQLAlchemy 1.4, empty for one without; None where it brings none."""
    if not isinstance(written, Called | Named):
        return None
    call = written if isinstance(written, Called) else Called(written.path)
    kind = call.path.rpartition(".")[2]
    if not call.path.startswith("sqlalchemy.") or call.argument("create_constraint") is False:
        return None
    by_check = {
        **dict.fromkeys(("Boolean", "BOOLEAN"), dialect != "postgresql"),
        "Enum": dialect == "sqlite" or call.argument("native_enum") is False,
    }
    name = call.argument("name")
    return (name if isinstance(name, str) else "") if by_check.get(kind) else None


def enum_values(call: Called) -> tuple[str | None, ...]:
    """The labels of a described Enum; None for what cannot be told."""
    items: list[Plain] = []
    for item in call.args:
        if isinstance(item, Listed):
            items.extend(item.items)
        else:
            items.append(item)
    return tuple([item if isinstance(item, str) else None for item in items])


def _array(asked: Asked) -> Spelling:
    inner = asked.spell(asked.call.argument("item_type", 0))
    if inner.stored is None:
        return UNKNOWN
    dimensions = number(asked.call.argument("dimensions")) or 1
    return Spelling(inner.stored + "[]" * dimensions, inner.enum, inner.values, inner.create_enum)


def _uuid(asked: Asked) -> Spelling:
    native = asked.call.argument("native_uuid") is not False
    return Spelling("UUID" if native and asked.dialect in ("postgresql", "mariadb") else "CHAR(32)")


def _interval(asked: Asked) -> Spelling:
    if asked.dialect == "postgresql" and asked.call.argument("native") is not False:
        fields, precision = asked.call.argument("fields"), number(asked.call.argument("precision"))
        extra = f" {fields}" if isinstance(fields, str) else ""
        return Spelling(f"INTERVAL{extra}" + (f"({precision})" if precision is not None else ""))
    return Spelling("TIMESTAMP WITHOUT TIME ZONE" if asked.dialect == "postgresql" else "DATETIME")


def _bit(asked: Asked) -> Spelling:
    length = number(asked.call.argument("length", 0))
    if asked.call.argument("varying") is True:
        return Spelling(f"BIT VARYING({length})" if length is not None else "BIT VARYING")
    return Spelling(f"BIT({length if length is not None else 1})")


def _auto_string(asked: Asked) -> Spelling:
    if number(asked.call.argument("length", 0)) is None and asked.dialect in ("mysql", "mariadb"):
        return Spelling("VARCHAR(255)")
    return _string(asked)


_NAMES_ONLY = (
    *("DATE", "REAL", "INET", "CIDR", "MACADDR", "MACADDR8", "MONEY", "OID", "REGCLASS", "REGCONFIG", "TSVECTOR", "TSQUERY"),
    *("HSTORE", "CITEXT", "INT4RANGE", "INT8RANGE", "NUMRANGE", "DATERANGE", "TSRANGE", "TSTZRANGE", "INT4MULTIRANGE"),
    *("INT8MULTIRANGE", "NUMMULTIRANGE", "DATEMULTIRANGE", "TSMULTIRANGE", "TSTZMULTIRANGE", "JSONB", "BYTEA", "YEAR"),
    *("TINYTEXT", "MEDIUMTEXT", "LONGTEXT", "TINYBLOB", "MEDIUMBLOB", "LONGBLOB"),
)  # fmt: skip
_HANDLERS: Mapping[str, Handler] = {
    **{name: _plain_name(name) for name in _NAMES_ONLY},
    **dict.fromkeys(("String", "VARCHAR", "Unicode", "NVARCHAR"), _string),
    **dict.fromkeys(("CHAR", "NCHAR"), _char),
    **dict.fromkeys(("Text", "TEXT", "UnicodeText", "CLOB"), _text),
    **dict.fromkeys(("LargeBinary", "BLOB", "Binary", "PickleType"), _binary),
    "BINARY": _fixed_binary("BINARY"),
    "VARBINARY": _fixed_binary("VARBINARY"),
    **dict.fromkeys(("Boolean", "BOOLEAN", "BOOL"), _boolean),
    **dict.fromkeys(("Numeric", "NUMERIC"), _numeric("NUMERIC")),
    "DECIMAL": _numeric("DECIMAL"),
    **dict.fromkeys(("Float", "FLOAT"), _float),
    **dict.fromkeys(("Double", "DOUBLE", "DOUBLE_PRECISION"), _plain_name("DOUBLE PRECISION", mysql="DOUBLE", sqlite="DOUBLE")),
    **dict.fromkeys(("Integer", "INTEGER", "INT"), _integer("INTEGER")),
    **dict.fromkeys(("BigInteger", "BIGINT"), _integer("BIGINT")),
    **dict.fromkeys(("SmallInteger", "SMALLINT"), _integer("SMALLINT")),
    "TINYINT": _integer("TINYINT"),
    "MEDIUMINT": _integer("MEDIUMINT"),
    "Date": _plain_name("DATE"),
    **dict.fromkeys(("DateTime", "DATETIME"), _datetime("DATETIME")),
    "TIMESTAMP": _datetime("TIMESTAMP"),
    **dict.fromkeys(("Time", "TIME"), _datetime("TIME")),
    **dict.fromkeys(("Interval", "INTERVAL"), _interval),
    **dict.fromkeys(("Enum", "ENUM"), _enum),
    "ARRAY": _array,
    "JSON": _plain_name("JSON"),
    **dict.fromkeys(("Uuid", "UUID"), _uuid),
    "BIT": _bit,
    "AutoString": _auto_string,
}  # fmt: skip
