"""What is said of an env.py is what Alembic does with it: on SQLite, by upgrading for real."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from foreshot.project.envpy import read_env
from foreshot.syntax.module import Module, parse
from foreshot.text import SourceText

ENV = """
from alembic import context
from sqlalchemy import create_engine, inspect, text

engine = create_engine("sqlite:///DATABASE")

with engine.{how}() as connection:
    {before}
    context.configure(connection=connection{more})
    with context.begin_transaction():
        context.run_migrations()
"""
PLAIN = 'op.create_table("t", sa.Column("id", sa.Integer()))'
BLOCK = 'with op.get_context().autocommit_block():\n        op.execute("SELECT 1")'
RUN = 'connection.execute(text("SELECT 1"))'


def upgraded(folder: Path, env: str, body: str = PLAIN) -> list[str] | type[BaseException]:
    """The versions that the database says it has after an upgrade, or the error that stopped it."""
    (folder / "versions").mkdir(parents=True)
    (folder / "env.py").write_text(env.replace("DATABASE", str(folder / "x.db")))
    (folder / "script.py.mako").write_text("")
    header = 'from alembic import op\nimport sqlalchemy as sa\nrevision = "a1"\ndown_revision = None\n'
    (folder / "versions" / "a1.py").write_text(f"{header}def upgrade():\n    {body}\n")
    config = Config()
    config.set_main_option("script_location", str(folder))
    try:
        command.upgrade(config, "head")
    except AssertionError as error:
        return type(error)
    with sa.create_engine(f"sqlite:///{folder / 'x.db'}").connect() as connection:
        return [row[0] for row in connection.execute(sa.text("SELECT version_num FROM alembic_version"))]


@pytest.mark.parametrize(
    ("how", "before", "more"),
    [
        ("connect", "pass", ""),
        ("connect", RUN, ""),
        ("connect", f"{RUN}; connection.commit()", ""),
        ("connect", f"{RUN}; connection.rollback()", ""),
        ("connect", "inspect(connection).has_table('t')", ""),
        ("connect", RUN, ", transaction_per_migration=True"),
        ("begin", RUN, ""),
        ("begin", "pass", ", transaction_per_migration=True"),
    ],
)
def test_transactions(tmp_path: Path, how: str, before: str, more: str) -> None:
    env = ENV.format(how=how, before=re.sub("; ", "\n    ", before), more=more)
    module = parse(SourceText(env))
    assert isinstance(module, Module)
    told = read_env(module).transaction
    assert (upgraded(tmp_path / "plain", env) == []) == bool(told.early)
    assert (upgraded(tmp_path / "block", env, BLOCK) is AssertionError) == (told.begun is not None)
