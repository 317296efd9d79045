"""What is said to fail on SQLite, outside of a batch block and in one, tried on a real one."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from foreshot.knowledge import effects_of
from oracle.postgresql import migrate, project_in
from rules.harness import as_revision
from unit.knowledge.reading import on, operations

TABLES = (
    "CREATE TABLE p (id INTEGER PRIMARY KEY)",
    "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, b VARCHAR(9), CONSTRAINT uq UNIQUE (b))",
)
CALLS = [
    "alter_column({table}'a', existing_type=sa.Integer(), type_=sa.BigInteger())",
    "alter_column({table}'a', existing_type=sa.Integer(), nullable=False)",
    "alter_column({table}'a', existing_type=sa.Integer(), nullable=True)",
    "alter_column({table}'a', existing_type=sa.Integer(), server_default='1')",
    "alter_column({table}'a', existing_type=sa.Integer(), server_default=None)",
    "alter_column({table}'a', existing_type=sa.Integer(), server_default=False)",
    "alter_column({table}'a', existing_type=sa.Integer(), new_column_name='z')",
    "alter_column({table}'a', existing_type=sa.Integer(), comment='x')",
    "alter_column({table}'a', existing_type=sa.Integer(), comment=None)",
    "alter_column({table}'a', existing_type=sa.Integer(), autoincrement=True)",
    "alter_column({table}'a', existing_type=sa.Integer(), comment='x', nullable=False)",
    "alter_column({table}'a', existing_type=sa.Integer(), existing_nullable=True)",
    "create_unique_constraint('u', {table}['a'])",
    "create_unique_constraint(None, {table}['a'])",
    "create_check_constraint('c', {table}'a > 0')",
    "create_foreign_key('f', {table}'p', ['a'], ['id'])",
    "create_foreign_key(None, {table}'p', ['a'], ['id'])",
    "create_index('i', {table}['a'])",
    "add_column({table}sa.Column('c', sa.Integer()))",
    "add_column({table}sa.Column('c', sa.Integer(), comment='x'))",
    "add_column({table}sa.Column('c', sa.Integer(), unique=True))",
    "add_column({table}sa.Column('c', sa.Integer(), sa.ForeignKey('p.id')))",
    "add_column({table}sa.Column('c', sa.Integer(), sa.ForeignKey('p.id', name='f')))",
    "drop_column({table}'a')",
    "drop_constraint('uq', {table}type_='unique')",
    "drop_constraint(None, {table}type_='unique')",
]


@pytest.mark.parametrize("batch", [False, True], ids=["plain", "batch"])
@pytest.mark.parametrize("call", CALLS)
def test_what_always_fails(tmp_path: Path, call: str, batch: bool) -> None:
    call = call.format(table="" if batch else "'t', ")
    body = f"with op.batch_alter_table('t') as b:\n    b.{call}" if batch else f"op.{call}"
    (operation,) = operations(body)
    says = effects_of(operation, on("sqlite")).always_fails
    error = error_of(tmp_path, body)
    assert (says is None) == (error is None), (says, error)


def error_of(folder: Path, body: str) -> Exception | None:
    """What Alembic ends with when it runs this ``upgrade()``."""
    source = "def upgrade():\n" + "".join(f"    {line}\n" for line in body.splitlines())
    config = project_in(folder, {"0001_call.py": as_revision(source, "0001", None)})
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
    with engine.begin() as connection:
        for table in TABLES:
            connection.exec_driver_sql(table)
    try:
        migrate(engine, config, "head")
    except Exception as error:
        return error
    finally:
        engine.dispose()
    return None
