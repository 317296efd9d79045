"""The names that databases go by: URL schemes, drivers, packages and modules."""

from __future__ import annotations

from typing import Literal, TypeGuard

Dialect = Literal["postgresql", "mysql", "mariadb", "sqlite", "mssql", "oracle"]

DIALECTS: tuple[Dialect, ...] = ("postgresql", "mysql", "mariadb", "sqlite", "mssql", "oracle")

_ALIASES: dict[str, Dialect] = {
    "postgres": "postgresql",
    "psql": "postgresql",
    "pgsql": "postgresql",
    "pg": "postgresql",
    "postgis": "postgresql",
    "asyncpg": "postgresql",
    "timescaledb": "postgresql",
    "cockroachdb": "postgresql",
    "gis": "postgresql",
    "spatialite": "sqlite",
    "sqlite3": "sqlite",
    "sqlserver": "mssql",
}

DRIVERS: dict[str, Dialect] = {
    "psycopg": "postgresql",
    "psycopg2": "postgresql",
    "psycopg2_binary": "postgresql",
    "psycopg_binary": "postgresql",
    "psycopg_c": "postgresql",
    "psycopg2cffi": "postgresql",
    "asyncpg": "postgresql",
    "pg8000": "postgresql",
    "alembic_postgresql_enum": "postgresql",
    "alembic_utils": "postgresql",
    "pgvector": "postgresql",
    "pymysql": "mysql",
    "mysqlclient": "mysql",
    "mysqldb": "mysql",
    "mysql_connector_python": "mysql",
    "aiomysql": "mysql",
    "asyncmy": "mysql",
    "mysql": "mysql",
    "mariadb": "mariadb",
    "aiosqlite": "sqlite",
    "pysqlite3": "sqlite",
    "pysqlite3_binary": "sqlite",
    "sqlcipher3": "sqlite",
    "pyodbc": "mssql",
    "pymssql": "mssql",
    "aioodbc": "mssql",
    "mssql_python": "mssql",
    "oracledb": "oracle",
    "cx_oracle": "oracle",
}
"""Drivers and packages for one database, by module or distribution name in lower case with ``_``."""


def dialect_of(name: str) -> Dialect | None:
    """The dialect of a name or URL scheme such as ``postgresql+psycopg``; None for one that Foreshot does not know."""
    name = name.lower().partition("+")[0]
    if is_dialect(name):
        return name
    return _ALIASES.get(name)


def is_dialect(name: str) -> TypeGuard[Dialect]:
    """Whether a name is one of the dialects' own names."""
    return name in DIALECTS
