"""Column types as a database sees them, whatever they are called in the source.

The same ``sa.Boolean()`` is BOOLEAN on PostgreSQL and TINYINT(1) on MySQL, so a type is classified for one
target. A type of which nothing is known (a ``TypeDecorator``, a type of an extension) is of family ``custom``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec.structs import replace

from foreshot.knowledge.databases import Target
from foreshot.knowledge.sql_types import parse_sql_type
from foreshot.knowledge.sqltype import (
    CUSTOM,
    MYSQL_SIZES,
    Family,
    SqlType,
    boolean,
    floating,
    json,
    numeric,
)
from foreshot.migration.operations import TypeSpec
from foreshot.syntax.values import CallValue, Ref, Unknown, Value, known_strs

_INTEGERS = {
    "SmallInteger": 16, "SMALLINT": 16, "Integer": 32, "INTEGER": 32, "INT": 32, "BigInteger": 64, "BIGINT": 64,
    "TINYINT": 8, "MEDIUMINT": 24,
}  # fmt: skip
_SIMPLE: dict[str, Family] = {
    "Date": "date", "DATE": "date", "JSONB": "jsonb", "INET": "inet", "CIDR": "cidr", "MACADDR": "macaddr",
    "MACADDR8": "macaddr", "XML": "xml", "TSVECTOR": "tsvector", "HSTORE": "hstore", "OID": "oid", "MONEY": "money",
    "SMALLMONEY": "money", "YEAR": "year", "UNIQUEIDENTIFIER": "uuid", "CITEXT": "citext", "CIText": "citext",
    "DATETIMEOFFSET": "timestamptz", "DATETIME2": "timestamp", "SMALLDATETIME": "timestamp",
}  # fmt: skip
_RANGES = frozenset(
    f"{base}{kind}"
    for base in ("INT4", "INT8", "NUM", "DATE", "TS", "TSTZ")
    for kind in ("RANGE", "MULTIRANGE")
)
_SQLALCHEMY = ("sqlalchemy.", "sqlmodel.")
_OTHERS_TYPES = {
    "sqlmodel.AutoString", "sqlmodel.sql.sqltypes.AutoString", "citext.CIText", "sqlalchemy_citext.CIText"
}  # fmt: skip


def classify(type_: TypeSpec | Unknown | None, target: Target) -> SqlType:
    """What the type is on ``target``; ``CUSTOM`` where it is not known."""
    if type_ is None or isinstance(type_, Unknown):
        return CUSTOM
    if type_.sql is not None:
        return parse_sql_type(type_.sql, target)
    return _classify(type_.call.path if type_.call else type_.path, type_.call, target)


def classify_value(value: Value, target: Target) -> SqlType:
    """The same for a static value, such as the ``item_type`` of an array."""
    if isinstance(value, CallValue):
        return _classify(value.path, value, target)
    if isinstance(value, Ref):
        return _classify(value.path, None, target)
    return CUSTOM


def _classify(path: str, call: CallValue | None, target: Target) -> SqlType:
    if call is not None and path.endswith(".with_variant"):
        return _variant(call, target)
    name = path.rpartition(".")[2]
    if path.startswith(_SQLALCHEMY) and (not path.startswith("sqlmodel.") or path in _OTHERS_TYPES):
        build = _BUILDERS.get(name)
        reader = _Arguments(name, call, target)
        if build is not None:
            found = build(reader)
            return found if reader.complete else replace(found, exact=False)
    elif path in _OTHERS_TYPES:
        return SqlType(family="citext")
    return _custom(path, call)


def _variant(call: CallValue, target: Target) -> SqlType:
    """``base.with_variant(type, "mysql", "mariadb")``: the base where no named dialect is the target's."""
    dialects = known_strs(call.args[1:])
    if not call.args or dialects is None or call.receiver is None:
        return CUSTOM
    # A MariaDB server behind a mysql:// address has the dialect name "mysql".
    if target.database in dialects or (target.database == "mariadb" and "mysql" in dialects):
        return classify_value(call.args[0], target)
    return classify_value(call.receiver, target)


def _custom(path: str, call: CallValue | None) -> SqlType:
    arguments: tuple[str, ...] = ()
    exact = True
    if call is not None:
        values = (*call.args, *call.keywords.values())
        exact = not call.open_ended and all(
            value is None or isinstance(value, str | int | float | bool) for value in values
        )
        if exact:
            keywords = [f"{name}={value!r}" for name, value in sorted(call.keywords.items())]
            arguments = (*map(repr, call.args), *keywords)
    return SqlType(family="custom", name=path, arguments=arguments, exact=exact)


class _Arguments:
    """Reads constructor arguments and remembers whether one of them could not be read."""

    def __init__(self, name: str, call: CallValue | None, target: Target) -> None:
        self.name = name
        self.target = target
        self.call = call
        self.complete = call is None or not call.open_ended

    def value(self, name: str, position: int | None = None) -> Value:
        found = self.call.argument(name, position) if self.call else None
        if isinstance(found, Unknown | Ref | CallValue):
            self.complete = False
            return None
        return found

    def number(self, name: str, position: int | None = None) -> int | None:
        found = self.value(name, position)
        return found if isinstance(found, int) and not isinstance(found, bool) else None

    def flag(self, name: str, position: int | None = None) -> bool | None:
        found = self.value(name, position)
        return found if isinstance(found, bool) else None


def _integer(read: _Arguments) -> SqlType:
    bits = 64 if read.target.database == "sqlite" else _INTEGERS[read.name]
    return SqlType(family="integer", bits=bits, unsigned=bool(read.flag("unsigned")))


def _string(read: _Arguments) -> SqlType:
    return SqlType(
        family="string",
        length=read.number("length", 0),
        fixed=read.name.endswith("CHAR") and "VAR" not in read.name,
    )


def _text(read: _Arguments) -> SqlType:
    if not read.target.is_mysql:
        return SqlType(family="text")
    return SqlType(family="text", length=MYSQL_SIZES.get(read.name.upper().partition("TEXT")[0], 65_535))


def _binary(read: _Arguments) -> SqlType:
    length = read.number("length", 0)
    if read.name.endswith("BLOB") and read.target.is_mysql:
        length = MYSQL_SIZES.get(read.name.partition("BLOB")[0], 65_535)
    elif read.name == "PickleType" or read.target.database == "postgresql":
        length = None  # BYTEA takes no length: SQLAlchemy leaves it out.
    if length is None and read.target.is_mysql:
        length = 65_535
    return SqlType(family="bytes", length=length, fixed=read.name == "BINARY")


def _numeric(read: _Arguments) -> SqlType:
    precision, scale = read.number("precision", 0), read.number("scale", 1)
    return numeric(precision, scale, read.target, unsigned=bool(read.flag("unsigned")))


def _float(read: _Arguments) -> SqlType:
    precision = read.number("precision", 0) if read.name in ("Float", "FLOAT") else None
    return floating(read.name, precision, read.target)


def _boolean(read: _Arguments) -> SqlType:
    return boolean(read.target)


def _datetime(read: _Arguments) -> SqlType:
    digits = read.number("precision", 1)
    digits = digits if digits is not None else read.number("fsp", 1)
    zone = bool(read.flag("timezone", 0))
    if read.target.is_mysql:
        # A MySQL TIMESTAMP is an instant from 1970 to 2038, stored in UTC; DATETIME is what the clock shows.
        return SqlType(family="timestamptz" if read.name == "TIMESTAMP" else "timestamp", precision=digits)
    zone = zone and read.target.database != "sqlite"
    return SqlType(family="timestamptz" if zone else "timestamp", precision=digits)


def _time(read: _Arguments) -> SqlType:
    zone = bool(read.flag("timezone", 0)) and read.target.database == "postgresql"
    digits = read.number("precision", 1)
    return SqlType(family="timetz" if zone else "time", precision=digits)


def _interval(read: _Arguments) -> SqlType:
    if read.target.database in ("postgresql", "oracle") and read.flag("native") is not False:
        return SqlType(family="interval")
    return SqlType(family="timestamp")  # A date counted from 1970, where there is no such type.


def _json(read: _Arguments) -> SqlType:
    return json(read.target)


def _uuid(read: _Arguments) -> SqlType:
    native = read.target.database in ("postgresql", "mssql") or (
        read.target.database == "mariadb"
        and (read.target.version is None or read.target.version.at_least(10, 7))
    )
    if (native and read.flag("native_uuid") is not False) or read.name == "UUID":
        return SqlType(family="uuid")
    return SqlType(family="string", length=32, fixed=True)


def _enum(read: _Arguments) -> SqlType:
    call = read.call
    positional = call.args if call else ()
    values = known_strs(positional) if positional else None
    type_name = read.value("name")
    type_name = type_name if isinstance(type_name, str) else None
    if values is None and len(positional) == 1 and isinstance(positional[0], Ref) and type_name is None:
        type_name = (
            positional[0].path.rpartition(".")[2].lower()
        )  # The read.name that SQLAlchemy takes from the class.
    native = read.name == "ENUM" or read.flag("native_enum") is not False
    read.complete = read.complete and (values is not None or not native or bool(type_name))
    if native and (read.target.database == "postgresql" or read.target.is_mysql):
        kept = tuple(values) if values is not None else None
        return SqlType(family="enum", name=type_name, values=kept)
    longest = max((len(value) for value in values), default=None) if values is not None else None
    given = read.number("length")
    read.complete = read.complete and (values is not None or given is not None)
    return SqlType(family="string", length=max(given, longest or 0) if given is not None else longest)


def _array(read: _Arguments) -> SqlType:
    item = classify_value(read.call.argument("item_type", 0) if read.call else None, read.target)
    return SqlType(family="array", item=item, exact=item.exact)


def _bit(read: _Arguments) -> SqlType:
    if read.target.database == "mssql":
        return SqlType(family="boolean")
    length = read.number("length", 0)
    varying = bool(read.flag("varying", 1))
    return SqlType(family="bit", length=length if length is not None or varying else 1, fixed=not varying)


def _range(read: _Arguments) -> SqlType:
    return SqlType(family="range", name=read.name.lower())


def _domain(read: _Arguments) -> SqlType:
    """A PostgreSQL domain: what it stands for is not followed, but a CHECK makes adding a column rewrite."""
    called = read.value("name", 0)
    checked = read.call is not None and read.call.argument("check") is not None
    return SqlType(
        family="custom",
        name=called if isinstance(called, str) else None,
        domain_check=checked or bool(read.flag("not_null")),
    )


def _simple(read: _Arguments) -> SqlType:
    return SqlType(family=_SIMPLE[read.name])


_Builder = Callable[[_Arguments], SqlType]
_BUILDERS: Mapping[str, _Builder] = {
    **dict.fromkeys(_INTEGERS, _integer),
    **dict.fromkeys(_SIMPLE, _simple),
    **dict.fromkeys(_RANGES, _range),
    **dict.fromkeys(
        ["String", "Unicode", "AutoString", "VARCHAR", "NVARCHAR", "VARCHAR2", "NVARCHAR2", "CHAR", "NCHAR"], _string
    ),
    **dict.fromkeys(["Text", "UnicodeText", "TEXT", "NTEXT", "CLOB", "NCLOB"], _text),
    **dict.fromkeys(["TINYTEXT", "MEDIUMTEXT", "LONGTEXT"], _text),
    **dict.fromkeys(["LargeBinary", "BYTEA", "BINARY", "VARBINARY", "IMAGE", "PickleType", "RAW"], _binary),
    **dict.fromkeys(["BLOB", "TINYBLOB", "MEDIUMBLOB", "LONGBLOB"], _binary),
    **dict.fromkeys(["Numeric", "NUMERIC", "DECIMAL", "NUMBER"], _numeric),
    **dict.fromkeys(["Float", "FLOAT", "REAL", "Double", "DOUBLE", "DOUBLE_PRECISION"], _float),
    **dict.fromkeys(["Boolean", "BOOLEAN"], _boolean),
    **dict.fromkeys(["DateTime", "DATETIME", "TIMESTAMP"], _datetime),
    **dict.fromkeys(["Time", "TIME"], _time),
    **dict.fromkeys(["Interval", "INTERVAL"], _interval),
    **dict.fromkeys(["Uuid", "UUID"], _uuid),
    **dict.fromkeys(["Enum", "ENUM"], _enum),
    "JSON": _json,
    "ARRAY": _array,
    "BIT": _bit,
    "DOMAIN": _domain,
}  # fmt: skip
