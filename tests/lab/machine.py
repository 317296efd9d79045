"""Runs revisions on real databases: whole, with a crash before every statement, over rows that break them, while locks are watched.

One server serves all; each run gets a database of its own, copied from a template in which the first revision has run.
"""

from __future__ import annotations

import contextlib
import io
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy import event

from rules.harness import INI, REVISION, TEMPLATE, applied, as_revision, project_of, reports_of

FIRST = "migrations/versions/0001_setup.py"
_HEAD = """\
from alembic import context
import sqlalchemy as sa

target_metadata = None


"""
_RUN = """\
        with context.begin_transaction():
            context.run_migrations()
"""
_CONFIGURE = "        context.configure(connection=connection, target_metadata=target_metadata{more})\n"
_OFFLINE = """\
def run_migrations_offline():
    context.configure(url=context.config.attributes["url"], literal_binds=True, target_metadata=target_metadata)
    with context.begin_transaction():
        context.run_migrations()


"""
_START = """

if context.is_offline_mode():
    run_migrations_offline()
else:
    run_migrations_online()
"""


def _env(opening: str, before: str = "", more: str = "", after: str = "") -> str:
    online = (
        "def run_migrations_online():\n"
        '    engine = sa.create_engine(context.config.attributes["url"], poolclass=sa.NullPool)\n'
        f"    with engine.{opening}() as connection:\n" + before + _CONFIGURE.format(more=more) + _RUN + after
    )
    return _HEAD + _OFFLINE + online + _START


_EARLY = "        connection.execute(sa.text(\"SET lock_timeout = '4s'\"))\n"
_COMMIT = "        connection.commit()\n"
_ASYNC = (
    "import asyncio\n\nfrom sqlalchemy.ext.asyncio import create_async_engine\n"
    + _HEAD
    + _OFFLINE
    + "def do_run_migrations(connection):\n"
    + "    context.configure(connection=connection, target_metadata=target_metadata)\n"
    + "    with context.begin_transaction():\n        context.run_migrations()\n\n\n"
    + "async def run_async_migrations():\n"
    + '    engine = create_async_engine(context.config.attributes["url"], poolclass=sa.NullPool)\n'
    + "    async with engine.connect() as connection:\n        await connection.run_sync(do_run_migrations)\n\n\n"
    + "def run_migrations_online():\n    asyncio.run(run_async_migrations())\n"
    + _START
)
ENVS = {
    "connect": _env("connect"),
    "begin": _env("begin"),
    "async": _ASYNC,
    "early": _env("connect", _EARLY, after=_COMMIT),
    "early, committed": _env("connect", _EARLY + _COMMIT),
    "per migration": _env("connect", more=", transaction_per_migration=True"),
}
"""The ways in which people write env.py."""


class Crash(Exception):
    """A statement that never came to the database."""


@dataclass
class Trace:
    """What a run sends to the database."""

    statements: list[str] = field(default_factory=list)
    crash: int | None = None
    observer: Any = None
    locks: dict[str, int] = field(default_factory=dict)


_trace: Trace | None = None
MODES = (
    "AccessShareLock",
    "RowShareLock",
    "RowExclusiveLock",
    "ShareUpdateExclusiveLock",
    "ShareLock",
    "ShareRowExclusiveLock",
    "ExclusiveLock",
    "AccessExclusiveLock",
)
_LOCKS = """
    SELECT c.relname, l.mode FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
    WHERE l.granted AND l.relation >= 16384 AND c.relkind IN ('r', 'p', 'm') AND l.pid <> pg_backend_pid()
      AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


@event.listens_for(sa.engine.Engine, "before_cursor_execute")
def _before(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
    if _trace is not None:
        if _trace.crash is not None and len(_trace.statements) == _trace.crash:
            raise Crash(statement)
        _trace.statements.append(statement)


@event.listens_for(sa.engine.Engine, "after_cursor_execute")
def _after(_connection: Any, _cursor: Any, _statement: str, *_more: Any) -> None:
    if _trace is not None and _trace.observer is not None:
        for table, mode in _trace.observer.execute(_LOCKS).fetchall():
            if table != "alembic_version":
                _trace.locks[table] = max(_trace.locks.get(table, 0), MODES.index(mode))


Snapshot = Mapping[str, list[str]]
_CATALOGUE = {
    "relations": """SELECT c.relname, c.relkind::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = 'public' AND c.relkind IN ('r', 'v', 'm', 'S', 'p') AND c.relname NOT LIKE 'alembic%'""",
    "columns": """SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid)
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
        WHERE n.nspname = 'public' AND a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'v', 'm', 'p')""",
    "constraints": """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated FROM pg_constraint
        WHERE conrelid >= 16384 AND contype <> 'n'""",
    "indexes": """SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid), indisvalid, indisready FROM pg_index
        JOIN pg_class ON pg_class.oid = indrelid WHERE indrelid >= 16384 AND relkind <> 't'""",
    "enums": "SELECT t.typname, e.enumlabel FROM pg_type t JOIN pg_enum e ON e.enumtypid = t.oid",
}


class Postgres:
    """Databases on one running server."""

    name = "postgresql"

    def __init__(self, uri: str) -> None:
        self._url = sa.make_url(uri).set(drivername="postgresql+psycopg")
        self._admin = sa.create_engine(self._url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        self._count = 0
        # Nobody needs these databases after a power cut.
        self._do(
            "ALTER SYSTEM SET fsync = off",
            "ALTER SYSTEM SET synchronous_commit = off",
            "ALTER SYSTEM SET full_page_writes = off",
            "SELECT pg_reload_conf()",
        )

    def _do(self, *statements: str) -> None:
        with self._admin.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)

    def empty(self) -> str:
        """The URL of a database with nothing in it."""
        return self._made("template0")

    def copy(self, url: str) -> str:
        """The URL of a copy."""
        return self._made(sa.make_url(url).database or "")

    def _made(self, template: str) -> str:
        self._count += 1
        name = f"lab{self._count}"
        self._do(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY wal_log')
        return self._url.set(database=name).render_as_string(hide_password=False)

    def drop(self, url: str) -> None:
        """Take a database away."""
        self._do(f'DROP DATABASE IF EXISTS "{sa.make_url(url).database}" WITH (FORCE)')

    @contextlib.contextmanager
    def observer(self, url: str) -> Iterator[Any]:
        """A second session, which sees the locks."""
        with _driver(url) as connection:
            yield connection

    def run(self, url: str, sql: str) -> None:
        """Statements of the running application, or of whoever mends rows."""
        with _driver(url) as connection:
            connection.execute(sql)

    def snapshot(self, url: str) -> Snapshot:
        """The catalogue and the rows."""
        with _driver(url) as connection:
            found = {
                what: sorted(
                    repr(tuple(row)) for row in connection.execute(sql) if "alembic_version" not in str(row)
                )
                for what, sql in _CATALOGUE.items()
            }
            tables = connection.execute(
                "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
            ).fetchall()
            for (table,) in sorted(tables):
                if table != "alembic_version":
                    rows = connection.execute(f'SELECT to_jsonb(t)::text FROM "{table}" t').fetchall()
                    found[f"rows of {table}"] = sorted(str(row[0]) for row in rows)
        return found


def _driver(url: str) -> Any:
    import psycopg

    return psycopg.connect(url.replace("postgresql+psycopg", "postgresql"), autocommit=True)


class Sqlite:
    """Databases in files."""

    name = "sqlite"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0

    def empty(self) -> str:
        """The URL of a database with nothing in it."""
        self._count += 1
        return f"sqlite:///{self._folder}/lab{self._count}.db"

    def copy(self, url: str) -> str:
        """The URL of a copy."""
        fresh = self.empty()
        shutil.copyfile(url.removeprefix("sqlite:///"), fresh.removeprefix("sqlite:///"))
        return fresh

    def drop(self, url: str) -> None:
        """Take a database away."""
        Path(url.removeprefix("sqlite:///")).unlink(missing_ok=True)

    @contextlib.contextmanager
    def observer(self, url: str) -> Iterator[Any]:
        """Nobody looks at the locks."""
        del url
        yield None

    def run(self, url: str, sql: str) -> None:
        """Statements from outside."""
        import sqlite3

        with contextlib.closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
            connection.executescript(sql)
            connection.commit()

    def snapshot(self, url: str) -> Snapshot:
        """The schema and the rows."""
        import sqlite3

        with contextlib.closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
            tables = [
                name
                for (name,) in connection.execute(
                    "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1"
                )
                if name != "alembic_version" and not name.startswith("sqlite_")
            ]
            found = {
                "indexes": sorted(
                    str(row)
                    for row in connection.execute(
                        "SELECT name, tbl_name FROM sqlite_master WHERE type = 'index'"
                    )
                    if "alembic_version" not in str(row)
                )
            }
            for table in tables:
                columns = connection.execute(f'PRAGMA table_info("{table}")').fetchall()
                found[f"columns of {table}"] = sorted(str(row[1:]) for row in columns)
                names = ", ".join(sorted(f'"{row[1]}"' for row in columns))
                found[f"rows of {table}"] = sorted(
                    str(row) for row in connection.execute(f'SELECT {names} FROM "{table}"')
                )
        return found


Database = Postgres | Sqlite


def difference(one: Snapshot, other: Snapshot) -> list[str]:
    """What only one of them has."""
    found: list[str] = []
    for what in {**one, **other}:
        left, right = one.get(what, []), other.get(what, [])
        found += [f"-{what}: {row}" for row in left if row not in right]
        found += [f"+{what}: {row}" for row in right if row not in left]
    return found


def migrate(
    files: Mapping[str, str], folder: Path, url: str, to: str, trace: Trace | None = None
) -> str | None:
    """Upgrade, or downgrade to what stands behind ``-``; what went wrong, or None."""
    global _trace  # noqa: PLW0603 (SQLAlchemy's events have no other way in)
    config = configuration(files, folder)
    config.attributes["url"] = url
    _trace = trace or Trace()
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            if to.startswith("-"):
                command.downgrade(config, to[1:])
            else:
                command.upgrade(config, to)
    except Exception as error:
        return re.sub(r"\s+", " ", f"{type(error).__name__}: {error}")[:300]
    finally:
        _trace = None
    return None


def offline(files: Mapping[str, str], folder: Path, url: str) -> str | None:
    """``upgrade --sql``: what went wrong, or None."""
    config = configuration(files, folder)
    config.attributes["url"] = url
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            command.upgrade(config, "0001:head", sql=True)
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:300]
    return None


def configuration(files: Mapping[str, str], folder: Path) -> Config:
    """The project on disk, as it is now."""
    shutil.rmtree(folder, ignore_errors=True)
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    config = Config(str(folder / "alembic.ini"), stdout=io.StringIO(), output_buffer=io.StringIO())
    config.set_main_option("script_location", str(folder / "migrations"))
    return config


def indented(code: str) -> str:
    """Code as a function's body."""
    return "".join(f"    {line}\n" if line else "\n" for line in code.strip("\n").split("\n"))


def revision(code: str, back: str, name: str, down: str | None) -> str:
    """A whole revision file."""
    body = f"def upgrade():\n{indented(code)}\n\ndef downgrade():\n{indented(back)}"
    return as_revision(body, name, down)


def files_of(setup: str, up: str, down: str, env: str) -> dict[str, str]:
    """A project of two revisions: one makes tables and rows, the other is looked at."""
    statements = "\n".join(
        f"op.execute({statement.strip()!r})" for statement in setup.split(";") if statement.strip()
    )
    return {
        "alembic.ini": INI,
        "migrations/env.py": ENVS[env],
        "migrations/script.py.mako": TEMPLATE,
        FIRST: revision(statements, "pass", "0001", None),
        REVISION: revision(up, down, "0002", "0001"),
    }


def repaired(files: Mapping[str, str], rule: str, title: str, dialect: str) -> dict[str, str] | str:
    """The project after the repair of that title for each finding of a rule; or why none is offered."""
    texts = dict(files)
    reasons: list[str] = []
    for _ in range(8):
        project = project_of(texts, {"dialect": dialect})
        found = reports_of(project, rule)
        reasons += [kept.reason for report in found for kept in report.withheld]
        fixes = [
            fix
            for report in found
            for fix in project.fixes(report)
            if title in fix.title and fix.refused is None
        ]
        if not fixes:
            break
        texts = applied(project, fixes[0])
    return texts if texts != dict(files) else (reasons[0] if reasons else "nothing is offered")
