"""Server defaults as databases tell them, and their comparison with models through Alembic."""

from __future__ import annotations

import pytest
from tests.unit.engine.test_drift import MADE, MODEL, column, drift, said, schema, table

from foreshot.engine.defaults import is_plain, told_literal, told_sql
from foreshot.engine.described import Options
from foreshot.schema.plain import Called, Named
from foreshot.schema.state import Schema, Sequence


# From SHOW CREATE TABLE of MySQL 8.0 and MariaDB 10.11, and PRAGMA table_info of SQLite 3.40.
@pytest.mark.parametrize(
    ("sql", "dialect", "stored", "told"),
    [
        ("0", "mysql", "INTEGER", "'0'"),
        ("false", "mysql", "TINYINT(1)", "'0'"),
        ("TRUE", "mysql", "TINYINT(1)", "'1'"),
        ("0", "mariadb", "INTEGER", "0"),
        ("1.5", "mysql", "DECIMAL(10, 2)", "'1.50'"),
        ("now()", "mysql", "DATETIME", "CURRENT_TIMESTAMP"),
        ("now(6)", "mysql", "DATETIME(6)", "CURRENT_TIMESTAMP(6)"),
        ("CURRENT_TIMESTAMP", "mariadb", "DATETIME", "current_timestamp()"),
        (
            "CURRENT_TIMESTAMP on update now()",
            "mysql",
            "TIMESTAMP",
            "CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP",
        ),
        ("NULL", "mysql", "INTEGER", None),
        ("(1)", "sqlite", "INTEGER", "1"),
        ("(1) + (2)", "sqlite", "INTEGER", "(1) + (2)"),
        ("now()", "postgresql", "TIMESTAMP", "now()"),
    ],
)
def test_expressions(sql: str, dialect: str, stored: str, told: str | None) -> None:
    assert told_sql(sql, dialect, stored) == told


@pytest.mark.parametrize(
    ("text", "dialect", "stored", "told"),
    [
        ("", "mysql", "VARCHAR(20)", "''"),
        ("it's", "mysql", "VARCHAR(20)", "'it''s'"),
        ("0", "mariadb", "INTEGER", "0"),
        ("0", "mariadb", "VARCHAR(20)", "'0'"),
        ("0", "sqlite", "INTEGER", "'0'"),
        ("x", "postgresql", "VARCHAR", "'x'"),
    ],
)
def test_texts(text: str, dialect: str, stored: str, told: str) -> None:
    assert told_literal(text, dialect, stored) == told


def test_what_mysql_writes_anew_is_no_plain_default() -> None:
    assert is_plain("'0'")
    assert is_plain("CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6)")
    assert not is_plain("(uuid())")


DEFAULTS = Options("postgresql", compare_server_default=True)


def test_alembic_takes_a_boolean_of_mysql_for_another_default() -> None:
    state = schema(table(column("a", "TINYINT(1)", default="false")))
    model = MODEL.format("a = sa.Column(sa.Boolean, server_default=sa.false())")
    found = drift(model, state, options=Options("mysql", compare_server_default=True))
    assert said(found) == [("modify_default", "a")]
    model = MODEL.format("a = sa.Column(sa.Boolean, server_default='0')")
    assert not drift(model, state, options=Options("mysql", compare_server_default=True)).pending


# Alembic 1.20 with SQLAlchemy 2.0 against PostgreSQL, which compares the two itself and finds them equal; the others are compared as text.
@pytest.mark.parametrize(("dialect", "asked"), [("postgresql", False), ("mysql", True), ("sqlite", True)])
def test_an_empty_text_is_a_default_like_another(dialect: str, *, asked: bool) -> None:
    options = Options(dialect, compare_server_default=True)
    model = MODEL.format("a = sa.Column(sa.String(20), server_default='')")
    found = drift(model, schema(table(column("a", "VARCHAR(20)", default="''"))), options=options)
    assert not found.pending
    expected = [("modify_default", "a")] if asked else []
    assert [(item.difference.kind, item.difference.column) for item in found.again] == expected
    written = MODEL.format("""a = sa.Column(sa.String(20), server_default=sa.text("''"))""")
    found = drift(written, schema(table(column("a", "VARCHAR(20)", default="''"))), options=options)
    assert (found.pending, found.again) == ((), ())


def test_an_empty_text_is_no_other_text() -> None:
    options = Options("mysql", compare_server_default=True)
    model = MODEL.format("a = sa.Column(sa.String(20), server_default='x')")
    found = drift(model, schema(table(column("a", "VARCHAR(20)", default="''"))), options=options)
    assert said(found) == [("modify_default", "a")]


def test_a_default_that_cannot_be_told_is_more_than_none() -> None:
    given = Called("sqlalchemy.text", (Named("app.SECRET", "SECRET"),))
    unclear = column("a", "VARCHAR(20)")
    unclear = type(unclear)(unclear.name, unclear.type, unclear.nullable, MADE, given)
    found = drift(MODEL.format("a = sa.Column(sa.String(20))"), schema(table(unclear)), options=DEFAULTS)
    assert [(item.difference.kind, item.difference.reverse) for item in found.pending] == [
        ("modify_default", "")
    ]
    model = MODEL.format("a = sa.Column(sa.String(20), server_default='x')")
    found = drift(model, schema(table(unclear)), options=DEFAULTS)
    assert not found.pending
    assert found.undecided


def test_the_next_value_of_a_sequence_is_a_default_unless_the_column_owns_it() -> None:
    counted = table(column("a", "INTEGER", default="nextval('t_a_seq'::regclass)"))
    model = MODEL.format("a = sa.Column(sa.Integer)")
    for owner, expected in (("t.a", []), (None, [("modify_default", "a")])):
        sequences = {"t_a_seq": Sequence("t_a_seq", MADE, owner)}
        state = Schema({"t": counted}, sequences=sequences)
        assert said(drift(model, state, options=DEFAULTS)) == expected
