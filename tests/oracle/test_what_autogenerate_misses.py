"""Each line of docs/what-autogenerate-misses.md, tried with Alembic's own comparison on PostgreSQL and SQLite."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from oracle.postgresql import Server, running

PAGE = Path(__file__).parents[2] / "docs" / "what-autogenerate-misses.md"
_LINE = re.compile(r"^\| (?P<kind>[^|]+?) \| (?P<postgresql>[^|]+?) \| (?P<sqlite>[^|]+?) \|", re.MULTILINE)


def table(*items: Any, name: str = "t") -> sa.MetaData:
    metadata = sa.MetaData()
    sa.Table(name, metadata, sa.Column("id", sa.Integer(), primary_key=True), *items)
    return metadata


def column(type_: Any = None, *items: Any, **more: Any) -> sa.MetaData:
    return table(sa.Column("c", type_ or sa.Integer(), *items, **more))


def enum(*values: str) -> sa.MetaData:
    return column(sa.Enum(*values, name="kind"))


def keyed(*names: str) -> sa.MetaData:
    metadata = sa.MetaData()
    sa.Table(
        "t",
        metadata,
        *(sa.Column(name, sa.Integer(), primary_key=name in names, nullable=False) for name in "ab"),
    )
    return metadata


def referring(**more: Any) -> sa.MetaData:
    metadata = table(name="other")
    sa.Table("t", metadata, sa.Column("c", sa.Integer(), sa.ForeignKey("other.id", name="fk", **more)))
    return metadata


def index(**more: Any) -> sa.MetaData:
    return table(sa.Column("c", sa.Integer()), sa.Index("ix", "c", **more))


CHANGES: dict[str, tuple[sa.MetaData | str, sa.MetaData]] = {
    "a table, a column": (table(), column()),
    "a column renamed": (column(), table(sa.Column("d", sa.Integer()))),
    "a table renamed": (table(), table(name="u")),
    "a type": (column(), column(sa.BigInteger())),
    "the length of a string": (column(sa.String(10)), column(sa.String(20))),
    "the collation of a string": (column(sa.String(10)), column(sa.String(10, collation="C"))),
    "NULL or NOT NULL": (column(nullable=True), column(nullable=False)),
    "a server default": (column(server_default="1"), column(server_default="2")),
    "a value added to an enum": (enum("aa", "bb"), enum("aa", "bb", "cc")),
    "a value taken out of an enum": (enum("aa", "bb"), enum("aa")),
    "a check": (column(), table(sa.Column("c", sa.Integer()), sa.CheckConstraint("c > 0", name="ck"))),
    "the condition of a check": (
        table(sa.Column("c", sa.Integer()), sa.CheckConstraint("c > 0", name="ck")),
        table(sa.Column("c", sa.Integer()), sa.CheckConstraint("c > 1", name="ck")),
    ),
    "the columns of a primary key": (keyed("a"), keyed("a", "b")),
    "an index": (column(), index()),
    "whether an index is unique": (index(), index(unique=True)),
    "the WHERE of an index": (
        index(postgresql_where=sa.text("c > 0"), sqlite_where=sa.text("c > 0")),
        index(postgresql_where=sa.text("c > 1"), sqlite_where=sa.text("c > 1")),
    ),
    "a unique constraint": (
        column(),
        table(sa.Column("c", sa.Integer()), sa.UniqueConstraint("c", name="uq")),
    ),
    "the ON DELETE of a foreign key": (
        referring(),
        referring(ondelete="CASCADE"),
    ),
    "a comment": (column(), column(comment="what it is")),
    "the expression of a computed column": (
        column(sa.Integer(), sa.Computed("id + 1", persisted=True)),
        column(sa.Integer(), sa.Computed("id + 2", persisted=True)),
    ),
    "a view, a trigger, a function": (
        "CREATE TABLE t (id integer NOT NULL PRIMARY KEY); CREATE VIEW v AS SELECT 1 AS one",
        table(),
    ),
    "a table that the models do not have": (table(name="elsewhere"), sa.MetaData()),
}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running() as started:
        yield started


def lines() -> dict[str, dict[str, str]]:
    """What the page says, by kind and database."""
    text = PAGE.read_text("utf-8")
    return {
        match["kind"]: match.groupdict()
        for match in _LINE.finditer(text)
        if not match["kind"].startswith(("kind", "---"))
    }


def test_each_line_is_tried() -> None:
    assert list(lines()) == list(CHANGES)


@pytest.mark.parametrize("kind", CHANGES)
def test_postgresql(server: Server, kind: str) -> None:
    before, after = CHANGES[kind]
    engine = server.database(before if isinstance(before, str) else "SELECT 1")
    assert _seen(engine, before, after) == lines()[kind]["postgresql"]


@pytest.mark.parametrize("kind", CHANGES)
def test_sqlite(kind: str) -> None:
    before, after = CHANGES[kind]
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
    if isinstance(before, str):
        with engine.begin() as connection:
            for statement in before.split(";"):
                connection.exec_driver_sql(statement)
    assert _seen(engine, before, after) == lines()[kind]["sqlite"]


def _seen(engine: sa.Engine, before: sa.MetaData | str, after: sa.MetaData) -> str:
    """``seen``, ``missed``, or ``drop and add``, by Alembic with its own defaults."""
    if isinstance(before, sa.MetaData):
        before.create_all(engine)
    with engine.connect() as connection:
        found = [
            str(item[0] if isinstance(item, tuple) else item[0][0])
            for item in compare_metadata(MigrationContext.configure(connection), after)
        ]
    if any(name.startswith("remove_table") for name in found) and len(found) == 1:
        return "a drop"
    kinds = ("add_table", "remove_table"), ("add_column", "remove_column")
    if any(set(pair) <= set(found) for pair in kinds):
        return "drop and add"
    return "seen" if found else "missed"
