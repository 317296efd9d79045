"""What is said to fail on rows, or in a transaction, does so on a real server, with the error that the page names; repairs run."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from foreshot.rules import all_rules
from oracle.postgresql import Server, migrate, project_in, repaired, running
from rules.harness import Example, as_revision, examples_of

TABLES = """
    CREATE TABLE users (id integer PRIMARY KEY, email varchar(255), org text, name text, admin boolean);
    CREATE TABLE orders (id integer PRIMARY KEY, total integer, due timestamptz);
    INSERT INTO users VALUES (1, 'a@x', 'x', 'a'), (2, 'b@x', 'x', 'b');
    INSERT INTO orders VALUES (1, 5, now()), (2, 6, NULL);
"""
_PLAN = "ALTER TABLE users ADD plan varchar(20), ADD age integer;"
_STATE = "CREATE TYPE state AS ENUM ('new', 'old');"
_EQUAL = "UPDATE users SET email = 'same', org = 'same', name = 'same';"
BEFORE = {
    "not-null-without-default": "ALTER TABLE users ADD age integer;",
    "set-not-null-without-backfill": _PLAN,
    "type-change-needs-using": f"""{_STATE}
        ALTER TABLE users ADD active boolean, ADD vip integer, ADD age varchar(10), ADD state state DEFAULT 'new';
        CREATE TABLE jobs (done integer NOT NULL DEFAULT 0);""",
    "concurrently-in-transaction": """CREATE INDEX ix_a ON users (name); CREATE INDEX ix_b ON users (org);
        CREATE TABLE events (id integer, at date) PARTITION BY RANGE (at);""",
    "validate-in-same-transaction": "ALTER TABLE orders ADD user_id integer REFERENCES users; UPDATE orders SET user_id = id;",
    "enum-value-used-in-same-transaction": f"{_STATE} ALTER TABLE orders ADD state state, ADD done boolean;",
    "explicit-commit": _PLAN,
}
"""What else a rule's examples expect to be there."""
ERRORS = {
    "not-null-without-default": "23502",
    "set-not-null-without-backfill": "23502",
    "unique-over-existing-rows": "23505",
    "type-change-needs-using": "42804",
    "concurrently-in-transaction": "25001",
    "enum-value-used-in-same-transaction": "55P04",
}
RULES = [*BEFORE, "python-default-on-add", "unique-over-existing-rows"]
EXAMPLES = [
    (rule, index, example)
    for rule in RULES
    for index, example in enumerate(examples_of(all_rules().by_name[rule]), 1)
    if example.options.get("dialect", "postgresql").startswith("postgresql")
    and "version" not in example.options
]
ON_SQLITE = [
    pytest.param(example, number, id=f"{rule}-{index}-{number}")
    for rule, index, example in EXAMPLES
    if "sqlite" in example.options.get("dialect", "") and rule in ERRORS
    for number in example.fixed
]
BAD = [
    pytest.param(rule, example, id=f"{rule}-{index}")
    for rule, index, example in EXAMPLES
    if example.bad and rule in ERRORS
]
FIXED = [
    pytest.param(rule, example, number, id=f"{rule}-{index}-{number}")
    for rule, index, example in EXAMPLES
    for number in example.fixed
]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running() as server:
        yield server


@pytest.mark.parametrize(("rule", "example"), BAD)
def test_it_fails_as_the_page_says(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rule: str, example: Example
) -> None:
    for name, text in example.files.items():
        if name.startswith("app/"):
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(text, encoding="utf-8")
            monkeypatch.syspath_prepend(tmp_path)
            for module in ("app", name.removesuffix(".py").replace("/", ".")):
                monkeypatch.delitem(sys.modules, module, raising=False)
    equal = _EQUAL if rule.startswith("unique") else ""
    engine = server.database(TABLES + BEFORE.get(rule, "") + equal)
    with pytest.raises(DBAPIError) as caught:
        upgrade(engine, tmp_path, *texts_of(example))
    # A partitioned table takes no concurrent build anywhere.
    expected = "0A000" if "ix_events_at" in example.text else ERRORS[rule]
    assert getattr(caught.value.orig, "sqlstate", None) == expected


@pytest.mark.parametrize(("rule", "example", "number"), FIXED)
def test_a_repair_runs(server: Server, tmp_path: Path, rule: str, example: Example, number: int) -> None:
    engine = server.database(TABLES + BEFORE.get(rule, ""))
    upgrade(engine, tmp_path, *repaired(example, number))
    assert version(engine) == "0002"


@pytest.mark.parametrize(("example", "number"), ON_SQLITE)
def test_it_fails_and_the_repair_runs_on_sqlite_too(tmp_path: Path, example: Example, number: int) -> None:
    for name, text in (("bad", example.text), ("fixed", example.fixed[number][example.path])):
        engine = sa.create_engine(f"sqlite:///{tmp_path}/{name}.db")
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE users (id INTEGER PRIMARY KEY, age INTEGER)")
            connection.exec_driver_sql("INSERT INTO users VALUES (1, NULL), (2, NULL)")
        if name == "bad":
            with pytest.raises(DBAPIError, match="NOT NULL"):
                upgrade(engine, tmp_path / name, text)
        else:
            upgrade(engine, tmp_path / name, text)
            assert version(engine) == "0002"
        engine.dispose()


def test_equal_rows_stop_the_revision_with_their_values(server: Server, tmp_path: Path) -> None:
    text = next(
        example.fixed[1] for rule, _, example in EXAMPLES if rule.startswith("unique") and example.fixed
    )
    engine = server.database(TABLES + _EQUAL)
    with pytest.raises(RuntimeError, match=r"rows of users have the same email: \('same',\)"):
        upgrade(engine, tmp_path, next(iter(text.values())))


def test_a_python_default_fills_nothing_and_a_server_default_does(server: Server, tmp_path: Path) -> None:
    example = next(example for rule, _, example in EXAMPLES if rule.startswith("python"))
    for name, text, expected in (
        ("bad", example.text, [None, None]),
        ("fixed", next(iter(example.fixed[1].values())), [False, False]),
    ):
        engine = server.database(TABLES)
        upgrade(engine, tmp_path / name, text)
        with engine.connect() as connection:
            assert list(connection.execute(sa.text("SELECT active FROM users")).scalars()) == expected


def test_a_commit_loses_what_follows_and_the_version(server: Server, tmp_path: Path) -> None:
    example = next(example for rule, _, example in EXAMPLES if rule == "explicit-commit")
    engine = server.database(TABLES + _PLAN)
    upgrade(engine, tmp_path, example.text)
    assert version(engine) == "0001"
    with engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM users WHERE plan = 'free'")) == 2
    assert next(item for item in sa.inspect(engine).get_columns("users") if item["name"] == "plan")[
        "nullable"
    ]


def test_a_session_on_the_connection_commits_nothing(server: Server, tmp_path: Path) -> None:
    example = next(
        example for rule, _, example in EXAMPLES if rule == "explicit-commit" and "Session" in example.text
    )
    engine = server.database(TABLES + _PLAN)
    upgrade(engine, tmp_path / "done", example.text)
    assert version(engine) == "0002"
    engine = server.database(TABLES + _PLAN)
    with pytest.raises(ZeroDivisionError):
        upgrade(engine, tmp_path / "failed", example.text + "    1 / 0\n")
    with engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM users WHERE plan = 'free'")) == 0


def test_validating_in_one_transaction_keeps_writers_waiting(server: Server, tmp_path: Path) -> None:
    example = next(example for rule, _, example in EXAMPLES if rule.startswith("validate"))
    found: dict[str, bool] = {}
    for name, texts in (("bad", [example.text]), ("fixed", repaired(example, 1))):
        engine = server.database(TABLES + BEFORE["validate-in-same-transaction"])

        def look(engine: sa.Engine = engine, name: str = name) -> None:
            with engine.connect() as connection:
                try:
                    connection.exec_driver_sql("LOCK TABLE orders IN ROW EXCLUSIVE MODE NOWAIT")
                    found[name] = False
                except DBAPIError:
                    found[name] = True

        upgrade(engine, tmp_path / name, *texts, while_open=look)
    assert found == {"bad": True, "fixed": False}


def texts_of(example: Example) -> list[str]:
    """The example, with the revision before it where it needs both in one upgrade."""
    before = example.files.get("migrations/versions/0001_setup.py", "")
    if "ADD VALUE" not in before:
        return [example.text]
    before = before.replace('revision = "0001"', 'revision = "0001b"', 1).replace('"0000"', '"0001"')
    return [before, example.text.replace("down_revision = '0001'", "down_revision = '0001b'")]


def upgrade(engine: sa.Engine, folder: Path, *texts: str, **attributes: object) -> None:
    """Run a first revision that does nothing, then these in an upgrade of their own."""
    nothing = as_revision("def upgrade():\n    pass\n", "0001", None)
    files = {f"{number}_example.py": text for number, text in enumerate(texts)}
    config = project_in(folder / "project", {"setup.py": nothing, **files})
    migrate(engine, config, "0001")
    config.attributes.update(attributes)
    migrate(engine, config, "head")


def version(engine: sa.Engine) -> str:
    """The revision that the database says it is at."""
    with engine.connect() as connection:
        return connection.scalar(sa.text("SELECT version_num FROM alembic_version")) or ""
