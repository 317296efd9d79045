"""Column types of libraries, by their documentation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from foreshot.syntax.values import CallValue, Ref, Value
from foreshot.text import Span

_NOWHERE: Final = Span(0, 0)


def sa_type(name: str, *args: Value, **keywords: Value) -> CallValue:
    """A described call of one of SQLAlchemy's types."""
    return CallValue(Ref(f"sqlalchemy.{name}", f"sa.{name}", _NOWHERE), args, keywords, _NOWHERE)


def _uuid(length: int, **others: Value) -> tuple[Value, Mapping[str, Value]]:
    return sa_type("CHAR", length), {"postgresql": sa_type("dialects.postgresql.UUID"), **others}


LIBRARIES: Final[Mapping[str, tuple[Value, Mapping[str, Value]]]] = {
    "sqlalchemy_utils.EmailType": (sa_type("Unicode", 255), {}),
    "sqlalchemy_utils.URLType": (sa_type("UnicodeText"), {}),
    "sqlalchemy_utils.JSONType": (
        sa_type("UnicodeText"),
        {"postgresql": sa_type("dialects.postgresql.JSON")},
    ),
    "sqlalchemy_utils.ArrowType": (sa_type("DateTime"), {}),
    "sqlalchemy_utils.IPAddressType": (sa_type("Unicode", 50), {}),
    "sqlalchemy_utils.PhoneNumberType": (sa_type("Unicode", 20), {}),
    "sqlalchemy_utils.LocaleType": (sa_type("Unicode", 10), {}),
    "sqlalchemy_utils.TimezoneType": (sa_type("Unicode", 50), {}),
    "sqlalchemy_utils.CountryType": (sa_type("String", 2), {}),
    "sqlalchemy_utils.CurrencyType": (sa_type("String", 3), {}),
    "sqlalchemy_utils.ColorType": (sa_type("Unicode", 20), {}),
    "sqlalchemy_utils.ScalarListType": (sa_type("UnicodeText"), {}),
    "sqlalchemy_utils.TSVectorType": (sa_type("dialects.postgresql.TSVECTOR"), {}),
    "fastapi_users_db_sqlalchemy.generics.GUID": _uuid(36),
    "sqlalchemy_utc.UtcDateTime": (sa_type("DateTime", timezone=True), {}),
}
"""Types of libraries with one fixed implementation, by their documentation. A module's path is shortened to its package."""
