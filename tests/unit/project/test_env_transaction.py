"""What env.py has begun on the connection before ``context.configure``."""

from __future__ import annotations

import pytest

from foreshot.project.env_transaction import EnvTransaction
from foreshot.project.envpy import read_env
from foreshot.syntax.module import Module, parse
from foreshot.text import SourceText

_RUN = """context.configure(connection=c, target_metadata=m)
    with context.begin_transaction():
        context.run_migrations()
"""


def _read(text: str) -> EnvTransaction:
    module = parse(SourceText("from alembic import context\nfrom app import engine, m\n" + text))
    assert isinstance(module, Module)
    return read_env(module).transaction


@pytest.mark.parametrize(
    "before",
    [
        "c.execute(text('SELECT 1'))",
        "c.exec_driver_sql('SELECT 1')",
        "if m:\n        c.execute(text('SELECT 1'))",
        "inspect(c).has_table('users')",
        "c.commit()\n    c.execute(text('SELECT 1'))",
    ],
)
def test_a_statement_begins_one(before: str) -> None:
    read = _read(f"with engine.connect() as c:\n    {before}\n    {_RUN}")
    assert len(read.early) == 1
    assert read.begun == read.early[0].call


@pytest.mark.parametrize(
    "before",
    [
        "pass",
        "c.execute(text('SELECT 1'))\n    c.commit()",
        "c.execute(text('SELECT 1'))\n    c.rollback()",
        "with c.begin():\n        c.execute(text('SELECT 1'))",
        "other.execute(text('SELECT 1'))",
        "c = c.execution_options(isolation_level='AUTOCOMMIT')\n    c.execute(text('SELECT 1'))",
    ],
)
def test_nothing_is_open(before: str) -> None:
    assert _read(f"with engine.connect() as c:\n    {before}\n    {_RUN}") == EnvTransaction()


def test_begin_beside_the_connection_commits_by_itself() -> None:
    read = _read(f"with engine.connect() as c, c.begin():\n    c.execute(text('SELECT 1'))\n    {_RUN}")
    assert not read.early
    assert read.begun is not None
    assert not read.by_statement


def test_engine_begin_commits_by_itself() -> None:
    read = _read(f"with engine.begin() as c:\n    c.execute(text('SELECT 1'))\n    {_RUN}")
    assert not read.early
    assert read.begun is not None
    assert not read.by_statement


def test_a_commit_afterwards_keeps_it() -> None:
    read = _read(f"with engine.connect() as c:\n    c.execute(text('SELECT 1'))\n    {_RUN}    c.commit()\n")
    assert not read.early
    assert read.begun is not None


@pytest.mark.parametrize(
    "after",
    [
        "    context.get_bind().commit()",
        "    bind = context.get_bind()\n    bind.commit()",
        "    c.execute(text('COMMIT'))",
        "    c.get_transaction().commit()",
        "    finish(c)",
        "    with lock_of(connection=c):\n        pass",
        "    for callback in callbacks:\n        callback(c)",
    ],
)
def test_whatever_may_commit_it_afterwards(after: str) -> None:
    read = _read(f"with engine.connect() as c:\n    c.execute(text('SELECT 1'))\n    {_RUN}{after}\n")
    assert not read.early
    assert read.begun is not None
    assert read.by_statement


def test_the_caller_commits() -> None:
    text = f"""
def run(c, schema):
    c.execute(text(schema))
    {_RUN}
async def online():
    async with engine.connect() as connection:
        await connection.run_sync(run, schema="shop")
        await connection.commit()
"""
    read = _read(text)
    assert not read.early
    assert read.by_statement


@pytest.mark.parametrize(
    "elsewhere",
    [
        "with engine.connect() as other:\n    other.execute(text('CREATE SCHEMA shop'))\n    other.commit()",
        "def prepare():\n    with engine.connect() as c:\n        c.commit()",
        "print(c)",
    ],
)
def test_a_commit_on_another_connection_keeps_nothing(elsewhere: str) -> None:
    read = _read(f"{elsewhere}\nwith engine.connect() as c:\n    c.execute(text('SELECT 1'))\n    {_RUN}")
    assert len(read.early) == 1


def test_through_functions() -> None:
    text = f"""
def prepare(connection):
    connection.execute(text("SET search_path TO shop"))

def run(c):
    {_RUN}
async def online():
    async with engine.connect() as connection:
        await connection.execute(text("SELECT 1"))
        await connection.run_sync(run)

def also():
    with engine.connect() as connection:
        prepare(connection)
        run(connection)
"""
    early = _read(text).early
    assert [(item.connection, item.awaited) for item in early] == [
        ("connection", True),
        ("connection", False),
    ]


def test_a_connection_from_elsewhere_is_not_judged() -> None:
    assert (
        _read(
            f"def run(c=config.attributes['connection']):\n    pass\nc = get()\nif c:\n    c.execute(1)\n    {_RUN}"
        )
        == EnvTransaction()
    )
