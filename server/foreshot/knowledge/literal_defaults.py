"""What a database makes of a ``server_default`` that was written in the wrong kind of quotes.

A Python string is a literal: SQLAlchemy puts it into quotes. SQL belongs into ``sa.text()``. Measured on PostgreSQL 18, SQLite 3.40 and, for
defaults of TEXT and JSON, on MySQL 8.0 (error 1101; MariaDB takes them).
"""

from __future__ import annotations

import re
from typing import Literal

from msgspec import Struct

from foreshot.knowledge.databases import Target
from foreshot.knowledge.sqltype import SqlType
from foreshot.syntax.values import CallValue, Value

Effect = Literal["bare", "fails", "frozen", "text", "quotes", "true", "false", "refused"]
"""The type takes no literal at all; the statement fails; every row gets the time of the migration; the words themselves; a value with quotes around it; reads back
as true; counts as false in a WHERE; SQLAlchemy itself refuses the value."""


class Misread(Struct, frozen=True):
    """What happens to a default, and the Python that says what is meant, with ``{sa}`` for sqlalchemy; empty where that is not known."""

    effect: Effect
    meant: str = ""


_MAX = 200
_CLOCK = ("timestamp", "timestamptz", "date", "time", "timetz")
_STRINGS = ("string", "text", "citext")
_FUNCTION = re.compile(
    r"(?i)(?:now|current_timestamp|current_date|current_time|localtime|localtimestamp|clock_timestamp|statement_timestamp"
    r"|transaction_timestamp|utcnow|utc_timestamp|getdate|getutcdate|sysdate|curdate|curtime|gen_random_uuid|uuid_generate_v[14](?:mc)?"
    r"|uuidv[47]|uuid|newid|nextval|random|timezone|datetime|strftime|unix_timestamp)\s*\(.*\)(?: at time zone .*)?"
)
_WORD = re.compile(r"(?i)current_timestamp|current_date|current_time|localtimestamp|localtime")
_QUOTED = re.compile(r"'((?:[^']|'')*)'(\s*::\s*[\w ]+(?:\(\d+\))?(?:\[\])?)?")
_NUMBER = re.compile(r"\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?\s*")
_NO_NUMBER = re.compile(
    r"(?!\s*[-+]?(?:nan|inf|infinity|0[xob]\w+)\s*$)(?=.*[A-Za-z,])[-+\w., ]*", re.IGNORECASE
)
"""Letters and commas that no number of PostgreSQL's has: ``None``, ``0,00``. Of other signs nothing is said."""
_NAME = re.compile(r"[A-Za-z_]\w*")
_BOUNDS = re.compile(r"(?:\[-?\d+:-?\d+\])+\s*=\s*\{")
"""What may stand before the braces of an array's literal: ``[0:1]={1,2}``."""
_TRUE = frozenset({"true", "t", "yes", "y", "on", "1"})
_FALSE = frozenset({"false", "f", "no", "n", "off", "0"})
_SQL_WORDS = frozenset(
    {
        "true", "false", "null", "current_timestamp", "current_date", "current_time", "localtime", "localtimestamp", "current_user",
        "session_user", "user", "current_role", "current_catalog", "current_schema", "default",
    }
)  # fmt: skip


def misread(type_: SqlType, default: Value, target: Target, *, boolean: bool) -> Misread | None:
    """What goes wrong with a default on a column of that type; None where nothing is known to.

    ``boolean``: the type is SQLAlchemy's ``Boolean``, which is a number on some databases.
    """
    if isinstance(default, int | float):
        word = "true()" if default else "false()"
        return Misread("refused", f"{{sa}}.{word}" if boolean else f'{{sa}}.text("{default}")')
    if isinstance(default, str):
        return None if len(default) > _MAX else _of_literal(type_, default, target, boolean=boolean)
    sql = _sql_of(default)
    return (
        _of_sql(type_, sql.strip(), target, boolean=boolean) if sql is not None and len(sql) <= _MAX else None
    )


def _sql_of(default: Value) -> str | None:
    """The SQL that a call stands for: a text, a column that is written as it is, a number."""
    if not isinstance(default, CallValue):
        return None
    first = default.argument("text", 0)
    match default.path.rpartition("."):
        case "sqlalchemy" | "sqlalchemy.sql" | "sqlalchemy.sql.expression", _, "text" | "literal_column":
            return first if isinstance(first, str) else None
        case "sqlalchemy" | "sqlalchemy.sql" | "sqlalchemy.sql.expression", _, "literal":
            return str(first) if isinstance(first, int) and not isinstance(first, bool) else None
        case _:
            return None


def _of_literal(type_: SqlType, text: str, target: Target, *, boolean: bool) -> Misread | None:
    plain = text.strip()
    family = type_.family
    if target.database == "mysql" and family in ("text", "bytes", "json"):
        return Misread("bare", _mysql_expression(text, target))
    calls = _FUNCTION.fullmatch(plain) or _WORD.fullmatch(plain)
    if calls and family != "custom":
        meant = "" if '"' in plain or "\\" in plain else f'{{sa}}.text("{plain}")'
        if target.database == "postgresql" and family in _CLOCK and plain.lower() == "now()":
            return Misread("frozen", meant)
        if family in _STRINGS or target.database == "sqlite":
            return Misread("text", meant)
        return Misread("fails", meant)
    if target.database == "postgresql" and family in _CLOCK and plain.lower() == "now":
        return Misread("frozen", '{sa}.text("now()")')
    quoted = _QUOTED.fullmatch(plain)
    if quoted and family not in ("custom", "array"):
        inner = quoted[1].replace("''", "'")
        meant = "" if '"' in inner or "\\" in inner else f'"{inner}"'
        if family in _STRINGS or target.database == "sqlite":
            return Misread("quotes", meant)
        return Misread("fails", meant) if target.database in ("postgresql", "mysql", "mariadb") else None
    if boolean:
        return _of_boolean(plain, target)
    if target.database == "postgresql" and family == "array":
        return (
            Misread("fails", '"{}"' if plain == "[]" else "")
            if plain[:1] != "{" and not _BOUNDS.match(plain)
            else None
        )
    if family == "enum":
        return _of_label(type_, text, target)
    if (
        target.database == "postgresql"
        and family in ("integer", "numeric", "float")
        and not _NUMBER.fullmatch(plain)
    ):
        return Misread("fails") if not plain or _NO_NUMBER.fullmatch(plain) else None
    return None


def _of_label(type_: SqlType, label: str, target: Target) -> Misread | None:
    """A default of an enum: one of its labels. SQLAlchemy's are the names of a Python enum, not its values."""
    if not type_.values or label in type_.values or target.database == "sqlite":
        return None
    near = [value for value in type_.values if value.lower() == label.lower()]
    if near and target.is_mysql:
        # Its collation tells no capitals apart.
        return None
    plain = len(near) == 1 and not any(sign in near[0] for sign in '"\\')
    return Misread("fails", f'"{near[0]}"' if plain else "")


def _of_boolean(word: str, target: Target) -> Misread | None:
    answer = "{sa}.true()" if word.lower() in _TRUE else "{sa}.false()" if word.lower() in _FALSE else ""
    if target.is_mysql and not _NUMBER.fullmatch(word):
        return Misread("fails", answer)
    if target.database == "sqlite" and word.lower() in _FALSE - {"0"}:
        return Misread("true", answer)
    if target.database == "sqlite" and word.lower() in _TRUE - {"1"}:
        # The column's affinity makes no number of it, and a text without digits counts as 0.
        return Misread("false", answer)
    if target.database == "postgresql" and not answer:
        return Misread("fails")
    return None


def _of_sql(type_: SqlType, sql: str, target: Target, *, boolean: bool) -> Misread | None:
    quoted = _QUOTED.fullmatch(sql)
    if target.database == "mysql" and type_.family in ("text", "bytes", "json") and quoted and not quoted[2]:
        fits = '"' not in sql and _takes_expressions(target)
        return Misread("bare", f'{{sa}}.text("({sql})")' if fits else "")
    if target.database == "sqlite" and boolean and quoted:
        return _of_boolean(quoted[1], target)
    if target.database != "postgresql":
        return None
    if type_.family in ("integer", "numeric", "float") and sql.lower() in ("true", "false"):
        return Misread("fails", '"1"' if sql.lower() == "true" else '"0"')
    if quoted and type_.family == "enum" and not boolean:
        said = _of_label(type_, quoted[1].replace("''", "'"), target)
        return Misread(said.effect) if said is not None else None
    if not sql:
        return Misread("fails", '""' if type_.family in _STRINGS else "")
    if sql[0] in "{[":
        return Misread("fails", f"'{sql}'" if "'" not in sql and "\\" not in sql else "")
    if boolean and sql in ("0", "1"):
        return Misread("fails", "{sa}.true()" if sql == "1" else "{sa}.false()")
    if _NAME.fullmatch(sql) and sql.lower() not in _SQL_WORDS and type_.family != "custom":
        return Misread("fails", f'"{sql}"')
    return None


def _takes_expressions(target: Target) -> bool:
    """Whether MySQL takes a default in parentheses: from 8.0.13 on."""
    return all(version.at_least(8, 0, 13) for version in target.versions)


def _mysql_expression(text: str, target: Target) -> str:
    """A default in parentheses; empty where the server does not take it."""
    if any(sign in text for sign in "'\"\\:%") or not _takes_expressions(target):
        return ""
    return f"{{sa}}.text(\"('{text}')\")"
