"""Types of well-known packages, and what they are stored as: :mod:`sqlalchemy_utils`, geoalchemy2, pgvector and the like.

Each entry is the class's ``impl``, as its own ``load_dialect_impl`` chooses it for the dialect.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from foreshot.schema.plain import Called, Named, Plain
from foreshot.schema.spelling import Asked, Handler, Spelling

_SA = "sqlalchemy."
_PG = "sqlalchemy.dialects.postgresql."


def _as(general: Plain, **by_dialect: Plain) -> Handler:
    """Stored as one described type, or as another on some dialects."""

    def found(asked: Asked) -> Spelling:
        return asked.spell(by_dialect.get(asked.dialect, general))

    return found


def _string(default: int, name: str = "length", position: int = 0) -> Handler:
    def found(asked: Asked) -> Spelling:
        length = asked.call.argument(name, position)
        return asked.spell(Called(_SA + "String", (length if isinstance(length, int) else default,)))

    return found


def _wrapped(asked: Asked) -> Spelling:
    """``ChoiceType(choices)``: a string, or what it is given as ``impl``."""
    impl = asked.call.argument("impl")
    return asked.spell(impl if impl is not None else Called(_SA + "Unicode", (255,)))


def _encrypted(asked: Asked) -> Spelling:
    """``StringEncryptedType(type, key)``: a string, of the length that it is given by name."""
    length = asked.call.argument("length")
    return asked.spell(Called(_SA + "String", (length,) if isinstance(length, int) else ()))


def _uuid(asked: Asked) -> Spelling:
    native = asked.call.argument("native", 1) is not False and asked.dialect == "postgresql"
    binary = asked.call.argument("binary", 0) is not False
    stored = (
        Named(_PG + "UUID")
        if native
        else Called(_SA + ("BINARY" if binary else "CHAR"), (16 if binary else 32,))
    )
    return asked.spell(stored)


def _spelled(template: str) -> Handler:
    """A type of an extension, spelled with its arguments."""

    def found(asked: Asked) -> Spelling:
        size = asked.call.argument("dim", 0)
        return asked.spell(Called(f"sql:{template}", (size,) if isinstance(size, int) else ()))

    return found


def _geometry(name: str) -> Handler:
    def found(asked: Asked) -> Spelling:
        kind, srid = asked.call.argument("geometry_type", 0), asked.call.argument("srid", 1)
        kind = kind if isinstance(kind, str) else "GEOMETRY"
        srid = srid if isinstance(srid, int) else -1
        return asked.spell(Called(f"sql:{name}", (kind.upper(), srid)))

    return found


_TEXT = Named(_SA + "Text")
THIRD_PARTY: Final[Mapping[str, Handler]] = {
    "sqlmodel.GUID": _as(Called(_SA + "CHAR", (32,)), postgresql=Named(_PG + "UUID")),
    "sqlalchemy_utils.UUIDType": _uuid,
    "sqlalchemy_utils.TSVectorType": _as(_TEXT, postgresql=Named(_PG + "TSVECTOR")),
    "sqlalchemy_searchable.TSVectorType": _as(_TEXT, postgresql=Named(_PG + "TSVECTOR")),
    "sqlalchemy_utils.LtreeType": _as(Named("sql:ltree")),
    "sqlalchemy_utils.Ltree": _as(Named("sql:ltree")),
    "sqlalchemy_utils.JSONType": _as(_TEXT, postgresql=Named(_SA + "JSON")),
    "coaster.JsonDict": _as(_TEXT, postgresql=Named(_PG + "JSONB")),
    "sqlalchemy_json.MutableJson": _as(Named(_SA + "JSON")),
    "sqlalchemy_utils.ArrowType": _as(Named(_SA + "DateTime")),
    "sqlalchemy_utils.EnrichedDateTimeType": _as(Named(_SA + "DateTime")),
    "sqlalchemy_utils.EmailType": _string(255),
    "sqlalchemy_utils.URLType": _as(_TEXT),
    "sqlalchemy_utils.ChoiceType": _wrapped,
    "sqlalchemy_utils.EncryptedType": _as(Named(_SA + "LargeBinary")),
    "sqlalchemy_utils.StringEncryptedType": _encrypted,
    "sqlalchemy_utils.IPAddressType": _string(50),
    "sqlalchemy_utils.TimezoneType": _as(Called(_SA + "String", (50,))),
    "sqlalchemy_utils.CountryType": _as(Called(_SA + "String", (2,))),
    "sqlalchemy_utils.CurrencyType": _as(Called(_SA + "String", (3,))),
    "sqlalchemy_utils.LocaleType": _as(Called(_SA + "String", (10,))),
    "sqlalchemy_utils.ColorType": _string(20),
    "sqlalchemy_utils.PhoneNumberType": _string(20, "max_length", 1),
    "sqlalchemy_utils.ScalarListType": _as(_TEXT),
    "sqlalchemy_utils.WeekDaysType": _as(Called(_SA + "String", (7,)), postgresql=Called(_PG + "BIT", (7,))),
    "sqlalchemy_utc.UtcDateTime": _as(Called(_SA + "DateTime", (True,))),
    "sqlalchemy_utc.sqltypes.UtcDateTime": _as(Called(_SA + "DateTime", (True,))),
    "fastapi_users_db_sqlalchemy.GUID": _as(Called(_SA + "CHAR", (36,)), postgresql=Named(_PG + "UUID")),
    "fastapi_users_db_sqlalchemy.TIMESTAMPAware": _as(Called(_SA + "TIMESTAMP", (True,))),
    "pgvector.Vector": _spelled("vector"),
    "pgvector.VECTOR": _spelled("vector"),
    "pgvector.HALFVEC": _spelled("halfvec"),
    "pgvector.SPARSEVEC": _spelled("sparsevec"),
    "geoalchemy2.Geometry": _geometry("geometry"),
    "geoalchemy2.Geography": _geometry("geography"),
    "citext.CIText": _as(Named(_PG + "CITEXT")),
}  # fmt: skip
"""By ``package.Class``, whatever module of the package it is imported from."""
