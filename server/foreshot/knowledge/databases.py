"""The databases that Foreshot knows: names, versions, limits, and the names that they make up themselves."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Literal

from msgspec import Struct

from foreshot.schema.names import clip, postgresql_name

Database = Literal["postgresql", "mysql", "mariadb", "sqlite", "mssql", "oracle"]
NamedKind = Literal["primary key", "unique", "check", "foreign key", "exclude", "index", "not null"]

DATABASES: tuple[Database, ...] = ("postgresql", "mysql", "mariadb", "sqlite", "mssql", "oracle")

DISPLAY_NAMES: dict[Database, str] = {
    "postgresql": "PostgreSQL",
    "mysql": "MySQL",
    "mariadb": "MariaDB",
    "sqlite": "SQLite",
    "mssql": "SQL Server",
    "oracle": "Oracle",
}

_VERSION = re.compile(r"\d+(?:\.\d+)*")


class Version(Struct, frozen=True, order=True, array_like=True, cache_hash=True):
    """A server version as far as it was given: ``15``, ``15.3``, ``8.0.46``.

    The parts that were not given stand for any value, so ``15`` is both at least ``15.3`` and at most ``15.3``.
    """

    parts: tuple[int, ...]

    @classmethod
    def parse(cls, text: str) -> Version | None:
        """Read the first dotted number of ``text`` (``10.11.6-MariaDB``, ``PostgreSQL 15.3 on …``), or None."""
        found = _VERSION.search(text)
        return cls(tuple(int(part) for part in found[0].split("."))) if found else None

    def at_least(self, *parts: int) -> bool:
        """Whether this version can be ``parts`` or newer: ``version.at_least(8, 0, 29)``."""
        size = len(self.parts)
        return self.parts >= parts[:size]

    def at_most(self, *parts: int) -> bool:
        """Whether this version can be ``parts`` or older; ``15.3`` is at most ``15``."""
        size = min(len(self.parts), len(parts))
        return self.parts[:size] <= parts[:size]

    def __str__(self) -> str:
        return ".".join(map(str, self.parts))


SUPPORTED: dict[Database, tuple[Version, ...]] = {
    "postgresql": tuple(Version((major,)) for major in range(12, 19)),
    "mysql": (Version((8, 0)), Version((8, 4)), Version((9, 7))),
    "mariadb": (Version((10, 11)), Version((11, 8))),
    "sqlite": (Version((3, 40)),),
    "mssql": (),
    "oracle": (),
}
"""The releases that the facts were measured on and that a target without a version stands for."""


class Target(Struct, frozen=True, cache_hash=True):
    """A database that the migration will meet; ``version`` None means any supported one."""

    database: Database
    version: Version | None = None

    @property
    def display(self) -> str:
        """``PostgreSQL 15``, or ``PostgreSQL`` where the version is not known."""
        name = DISPLAY_NAMES[self.database]
        return f"{name} {self.version}" if self.version else name

    @property
    def versions(self) -> tuple[Version, ...]:
        """The versions that an answer must hold for; empty where nothing was measured on the database."""
        return (self.version,) if self.version else SUPPORTED[self.database]

    @property
    def is_mysql(self) -> bool:
        """MySQL or MariaDB: what Alembic renders is the same for both."""
        return self.database in ("mysql", "mariadb")


@lru_cache(maxsize=64)
def target(database: str, version: str | None = None) -> Target | None:
    """The target for a SQLAlchemy URL's scheme or a dialect's name, or None for a database that is not known.

    ``postgresql+psycopg``, ``postgres``, ``mariadb+pymysql`` and ``mssql+pyodbc`` are understood.
    """
    name = database.lower().partition("+")[0].partition(":")[0]
    name = {"postgres": "postgresql", "pg": "postgresql", "sqlserver": "mssql"}.get(name, name)
    for known in DATABASES:
        if known == name:
            return Target(known, Version.parse(version) if version else None)
    return None


def transactional_ddl(database: Database) -> bool:
    """Whether a failed revision leaves nothing behind.

    PostgreSQL, SQLite and SQL Server roll schema changes back; MySQL, MariaDB and Oracle commit at each one. For
    SQLite that is the database's own manner: Python's driver commits before DDL unless told otherwise, which
    is why Alembic's dialect says no.
    """
    return database in ("postgresql", "sqlite", "mssql")


ENUM_VALUES_IN_TRANSACTION = (12,)
"""The version of PostgreSQL from which a value can be added to an enum type in a transaction (25001 before)."""


class IdentifierLimit(Struct, frozen=True):
    """How long a name can be: ``size`` in ``unit``; what happens to a longer one."""

    size: int
    unit: Literal["bytes", "characters"]
    beyond: Literal["truncated", "refused"]


_LIMITS: dict[Database, IdentifierLimit] = {
    # NAMEDATALEN - 1. SQL text is cut with a notice; SQLAlchemy refuses the name itself (IdentifierError).
    "postgresql": IdentifierLimit(63, "bytes", "truncated"),
    "mysql": IdentifierLimit(64, "characters", "refused"),
    "mariadb": IdentifierLimit(64, "characters", "refused"),
    "mssql": IdentifierLimit(128, "characters", "refused"),
    "oracle": IdentifierLimit(128, "bytes", "refused"),
}


def identifier_limit(database: Database) -> IdentifierLimit | None:
    """The longest name that ``database`` takes; None on SQLite, which has no limit."""
    return _LIMITS.get(database)


def excess_length(name: str, database: Database) -> int:
    """By how many bytes or characters ``name`` is too long; 0 when it fits."""
    limit = _LIMITS.get(database)
    if limit is None:
        return 0
    size = len(name) if limit.unit == "characters" else len(name.encode("utf-8", "surrogatepass"))
    return max(0, size - limit.size)


def shortened(name: str, database: Database) -> str:
    """``name`` cut to the limit with a stable hash at its end, as SQLAlchemy shortens the names that it generates."""
    limit = _LIMITS.get(database)
    if limit is None or not excess_length(name, database):
        return name
    from hashlib import md5  # Loads OpenSSL: rarely wanted.

    kept = clip(name, limit.size - 8) if limit.unit == "bytes" else name[: limit.size - 8]
    digest = md5(name.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()[-4:]
    return f"{kept}_{digest}"


def sqlalchemy_index_name(table: str, column: str) -> str:
    """The name that ``index=True`` gives when no naming convention is set (SQLAlchemy's ``ix_%(column_0_label)s``)."""
    return f"ix_{table}_{column}"


def default_name(
    database: Database,
    kind: NamedKind,
    table: str,
    columns: tuple[str, ...] = (),
    *,
    ordinal: int = 1,
    taken: Iterable[str] = (),
) -> str | None:
    """The name that the database gives to an unnamed constraint or index, or None where it cannot be told.

    ``columns`` are those of the key, or those that a check mentions. ``ordinal`` counts the table's unnamed
    keys or checks of that kind from 1 (MySQL and MariaDB). ``taken`` are names that are in use already.
    """
    if database == "postgresql":
        return _postgresql_name(kind, table, columns, set(taken))
    if database == "mysql" or database == "mariadb":
        return _mysql_name(database, kind, table, columns, ordinal, set(taken))
    return None


def _postgresql_name(kind: NamedKind, table: str, columns: tuple[str, ...], taken: set[str]) -> str:
    """As PostgreSQL's ``ChooseIndexName`` and ``ChooseConstraintName`` do; checked on 15.

    A foreign key takes all its columns from 12 on (10 and 11 took the first).
    """
    labels: dict[NamedKind, str] = {
        "primary key": "pkey",
        "unique": "key",
        "check": "check",
        "foreign key": "fkey",
        "exclude": "excl",
        "index": "idx",
        "not null": "not_null",
    }
    middle = () if kind == "primary key" or (kind == "check" and len(columns) != 1) else columns
    return postgresql_name(table, middle, labels[kind], taken)


def _mysql_name(
    database: Database, kind: NamedKind, table: str, columns: tuple[str, ...], ordinal: int, taken: set[str]
) -> str | None:
    if kind == "primary key":
        return "PRIMARY"
    if kind == "foreign key":
        return f"{table}_ibfk_{ordinal}"
    if kind == "check":
        return f"{table}_chk_{ordinal}" if database == "mysql" else f"CONSTRAINT_{ordinal}"
    if kind not in ("unique", "index") or not columns:
        return None
    name, attempt = columns[0], 2
    while name in taken:
        name = f"{columns[0]}_{attempt}"
        attempt += 1
    return name
