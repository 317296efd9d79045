"""Repairs of the families rename and destructive, run by Alembic on real databases: the rows are still there, both ways."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from foreshot.rules import all_rules
from oracle.postgresql import Server, migrate, project_in, running, snapshot
from rules.harness import Example, as_revision, examples_of

USERS = """
    CREATE TABLE users (id integer PRIMARY KEY, name varchar(100), address varchar(120), active boolean, email varchar(80));
    INSERT INTO users SELECT n, 'n' || n, 'a' || n, false, 'e' || n FROM generate_series(1, 2500) n
"""
ADDRESS = "CREATE TABLE address (id integer PRIMARY KEY, city text); INSERT INTO address VALUES (1, 'Bath'), (2, 'Cork')"
ORDERS = """
    CREATE TABLE users (id integer PRIMARY KEY, email varchar(80));
    CREATE TABLE orders (id integer PRIMARY KEY, user_id integer);
    ALTER TABLE orders ADD CONSTRAINT orders_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id);
    INSERT INTO users VALUES (1, 'a'); INSERT INTO orders VALUES (1, 1)
"""
ITEMS = """
    CREATE TABLE batches (id varchar PRIMARY KEY);
    CREATE TABLE items (id integer PRIMARY KEY, batch_id varchar NOT NULL);
    CREATE INDEX ix_items_batch_id ON items (batch_id);
    ALTER TABLE items ADD CONSTRAINT items_batch_id_fkey FOREIGN KEY (batch_id) REFERENCES batches (id) ON DELETE CASCADE;
    INSERT INTO batches VALUES ('b'); INSERT INTO items VALUES (1, 'b')
"""
CERTIFICATE = """
    CREATE TABLE certificate (id serial, number text, issued date, CONSTRAINT certificate_pkey PRIMARY KEY (id));
    CREATE INDEX ix_certificate_number ON certificate (number);
    INSERT INTO certificate (number) VALUES ('one'), ('two')
"""
SHOP = """
    CREATE SCHEMA shop; CREATE TABLE shop.orders (id integer PRIMARY KEY); CREATE INDEX ix_orders_id ON shop.orders (id);
    INSERT INTO shop.orders VALUES (7)
"""
INDEXED = USERS + "; CREATE INDEX users_email_idx ON users (email)"

ON_POSTGRESQL = [
    ("column-rename-as-drop-add", 1, 1, USERS, "SELECT full_name FROM users WHERE id = 9", "n9"),
    ("column-rename-as-drop-add", 2, 1, ITEMS, "SELECT llm_batch_id FROM items", "b"),
    ("column-rename-as-drop-add", 4, 2, USERS, "SELECT postal_address FROM users WHERE id = 9", "a9"),
    ("table-rename-as-drop-create", 1, 1, CERTIFICATE, "SELECT number FROM certificates WHERE id = 2", "two"),
    (
        "constraint-rename-as-drop-create",
        1,
        1,
        INDEXED,
        "SELECT 'ix_users_email'::regclass::text",
        "ix_users_email",
    ),
    ("constraint-rename-as-drop-create", 2, 1, ORDERS, "SELECT count(*) FROM orders", 1),
    ("rename-not-reversed", 1, 1, USERS, "SELECT full_name FROM users WHERE id = 9", "n9"),
    ("rename-not-reversed", 2, 1, USERS, "SELECT full_name FROM users WHERE id = 9", "n9"),
    ("rename-not-reversed", 3, 1, f"{USERS}; {ADDRESS}", "SELECT city FROM addresses WHERE id = 1", "Bath"),
    ("drop-table", 1, 1, ORDERS, "SELECT user_id FROM orders_retired_0002", 1),
    ("drop-table", 2, 1, SHOP, "SELECT id FROM shop.orders_retired_0002", 7),
    ("whole-table-write", 1, 1, USERS, "SELECT count(*) FROM users WHERE active", 2500),
]
TOOLS = "CREATE TABLE tools (id INTEGER PRIMARY KEY, description_str TEXT NOT NULL); INSERT INTO tools VALUES (1, 'x')"
PARCEL = """
    CREATE TABLE parcel (id INTEGER PRIMARY KEY, weight INTEGER, sent DATE);
    CREATE INDEX ix_parcel_sent ON parcel (sent);
    INSERT INTO parcel VALUES (1, 12, NULL)
"""
MANY = """
    CREATE TABLE users (id INTEGER PRIMARY KEY, active BOOLEAN);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500) INSERT INTO users SELECT i, 0 FROM n
"""
ON_SQLITE = [
    ("column-rename-as-drop-add", 3, 1, TOOLS, "SELECT description FROM tools", "x"),
    ("table-rename-as-drop-create", 2, 1, PARCEL, "SELECT weight FROM parcels", 12),
    ("whole-table-write", 1, 1, MANY, "SELECT count(*) FROM users WHERE active", 2500),
]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running() as server:
        yield server


@pytest.mark.parametrize(("rule", "index", "number", "tables", "query", "expected"), ON_POSTGRESQL)
def test_rows_live_on(
    server: Server,
    tmp_path: Path,
    rule: str,
    index: int,
    number: int,
    tables: str,
    query: str,
    expected: object,
) -> None:
    text = fixed(rule, index, number)
    engine = server.database(tables)
    before = snapshot(engine)
    config = project_of(tmp_path, text)
    migrate(engine, config, "head")
    with engine.connect() as connection:
        assert connection.exec_driver_sql(query).scalar() == expected
    if "def downgrade" in text:
        migrate(engine, config, "-0001")
        assert snapshot(engine) == before


@pytest.mark.parametrize(("rule", "index", "number", "tables", "query", "expected"), ON_SQLITE)
def test_rows_live_on_sqlite(
    tmp_path: Path, rule: str, index: int, number: int, tables: str, query: str, expected: object
) -> None:
    text = fixed(rule, index, number)
    engine = sa.create_engine(f"sqlite:///{tmp_path}/app.db")
    with engine.begin() as connection:
        for statement in tables.split(";"):
            connection.exec_driver_sql(statement)
    config = project_of(tmp_path / "project", text)
    migrate(engine, config, "head")
    with engine.connect() as connection:
        assert connection.exec_driver_sql(query).scalar() == expected
    if "def downgrade" in text:
        migrate(engine, config, "-0001")
    engine.dispose()


def test_a_batch_is_a_transaction(server: Server, tmp_path: Path) -> None:
    engine = server.database(USERS)
    migrate(engine, project_of(tmp_path, fixed("whole-table-write", 1, 1)), "head")
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(DISTINCT xmin::text) FROM users").scalar() == 3


@pytest.mark.parametrize("key", ["uuid", "varchar(40)", "bigint"])
def test_pages_follow_any_key(server: Server, tmp_path: Path, key: str) -> None:
    value = "gen_random_uuid()" if key != "bigint" else "n * 7"
    engine = server.database(
        f"CREATE TABLE users (id {key} PRIMARY KEY, active boolean);"
        f"INSERT INTO users SELECT {value}, false FROM generate_series(1, 3000) n"
    )
    migrate(engine, project_of(tmp_path, fixed("whole-table-write", 1, 1)), "head")
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT bool_and(active) FROM users").scalar() is True


def fixed(rule: str, index: int, number: int) -> str:
    example: Example = examples_of(all_rules().by_name[rule])[index - 1]
    return example.fixed[number][example.path]


def project_of(folder: Path, text: str):
    nothing = as_revision("def upgrade():\n    pass\n\n\ndef downgrade():\n    pass\n", "0001", None)
    return project_in(folder, {"0001_setup.py": nothing, "0002_example.py": text})
