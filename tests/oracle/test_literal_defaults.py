"""What is said of a default in the wrong kind of quotes is what PostgreSQL and SQLite make of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError

from foreshot.knowledge import classify, target
from foreshot.knowledge.literal_defaults import misread
from foreshot.migration.operations import TypeSpec
from foreshot.syntax.values import CallValue, Ref
from foreshot.text import Span
from oracle.postgresql import Server, running

NOWHERE = Span(0, 0)
TYPES: dict[str, Any] = {
    "DateTime": sa.DateTime(),
    "Date": sa.Date(),
    "Uuid": sa.Uuid(),
    "Text": sa.Text(),
    "JSON": sa.JSON(),
    "dialects.postgresql.JSONB": postgresql.JSONB(),
    "Boolean": sa.Boolean(),
    "Integer": sa.Integer(),
    "Numeric": sa.Numeric(),
}
LITERALS = [
    ("DateTime", "now()"),
    ("DateTime", "CURRENT_TIMESTAMP"),
    ("DateTime", "clock_timestamp()"),
    ("DateTime", "2020-01-01"),
    ("Date", "now()"),
    ("Uuid", "gen_random_uuid()"),
    ("Uuid", "00000000-0000-0000-0000-000000000000"),
    ("Text", "gen_random_uuid()"),
    ("Text", "'x'"),
    ("Text", "open"),
    ("JSON", "'{}'"),
    ("JSON", "{}"),
    ("dialects.postgresql.JSONB", "'{}'::jsonb"),
    ("dialects.postgresql.JSONB", "[]"),
    ("Boolean", "false"),
    ("Boolean", "0"),
    ("Boolean", "None"),
    ("Integer", "'0'"),
    ("Integer", ""),
    ("Integer", "0"),
    ("Numeric", "1.5"),
]
SQL = [
    ("DateTime", "now()"),
    ("DateTime", "CURRENT_TIMESTAMP"),
    ("Boolean", "0"),
    ("Boolean", "'0'"),
    ("Boolean", "false"),
    ("Text", "pending"),
    ("Text", ""),
    ("Text", "'x'"),
    ("dialects.postgresql.JSONB", "{}"),
    ("dialects.postgresql.JSONB", "'{}'"),
    ("Uuid", "gen_random_uuid()"),
]
CASES = [*((name, text, False) for name, text in LITERALS), *((name, text, True) for name, text in SQL)]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running() as started:
        yield started


def said(name: str, default: str, sql: bool, database: str) -> str | None:
    """The effect that is told, None for none."""
    spec = TypeSpec(f"sqlalchemy.{name}", name, NOWHERE)
    on = target(database)
    assert on is not None
    text = CallValue(Ref("sqlalchemy.text", "sa.text", NOWHERE), (default,), {}, NOWHERE)
    found = misread(classify(spec, on), text if sql else default, on, boolean=name == "Boolean")
    return found.effect if found is not None else None


@pytest.mark.parametrize(("name", "default", "sql"), CASES)
def test_postgresql(server: Server, name: str, default: str, sql: bool) -> None:
    engine = server.database("SELECT 1")
    table = _table(name, default, sql)
    effect = said(name, default, sql, "postgresql")
    with engine.begin() as connection:
        try:
            table.create(connection)
        except DBAPIError:
            assert effect == "fails"
            connection.rollback()
            return
        made = str(sa.inspect(connection).get_columns("t")[1]["default"])
    assert effect != "fails"
    # A literal that is kept as it is written, with a time in it though none was.
    assert (effect == "frozen") == (made.startswith("'2") and "now" in default)
    assert (effect in ("text", "quotes")) == (name == "Text" and not sql and default != "open")


@pytest.mark.parametrize(("default", "reads"), [("false", True), ("0", False), ("no", True)])
def test_a_word_in_a_boolean_of_sqlite(default: str, reads: bool) -> None:
    engine = sa.create_engine("sqlite://")
    table = _table("Boolean", default, sql=False)
    with engine.connect() as connection:
        table.create(connection)
        connection.execute(table.insert().values(id=1))
        value = connection.execute(sa.select(table.c.c)).scalar_one()
    assert bool(value) is reads
    assert (said("Boolean", default, False, "sqlite") == "true") is reads


def _table(name: str, default: str, sql: bool) -> sa.Table:
    return sa.Table(
        "t",
        sa.MetaData(),
        sa.Column("id", sa.Integer()),
        sa.Column("c", TYPES[name], server_default=sa.text(default) if sql else default),
    )
