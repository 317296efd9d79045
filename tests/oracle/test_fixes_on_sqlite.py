"""Repairs of projects that run on PostgreSQL and SQLite, run by Alembic on SQLite: PostgreSQL's part must not reach it."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from foreshot.rules import all_rules
from oracle.postgresql import migrate, project_in, repaired
from rules.harness import Example, as_revision, examples_of

TABLES = """
    CREATE TABLE users (id INTEGER PRIMARY KEY, email VARCHAR(255));
    CREATE TABLE orders (id INTEGER PRIMARY KEY, user_id INTEGER, total INTEGER NOT NULL);
    INSERT INTO users VALUES (1, 'a'), (2, 'b');
    INSERT INTO orders VALUES (1, 1, 10)
"""
EXAMPLES = [
    pytest.param(example, number, id=f"{rule.name}-{index}-{number}")
    for rule in all_rules().by_name.values()
    if rule.family == "locking"
    for index, example in enumerate(examples_of(rule), 1)
    if "sqlite" in example.options.get("dialect", "") and "/versions/" in example.path
    for number in example.fixed
]


@pytest.mark.parametrize(("example", "number"), EXAMPLES)
def test_a_repair_leads_to_the_same_schema(tmp_path: Path, example: Example, number: int) -> None:
    fixed = schema(tmp_path / "fixed", *repaired(example, number))
    assert fixed == schema(tmp_path / "bad", example.text)


def schema(folder: Path, *texts: str) -> dict[str, object]:
    """What SQLAlchemy's inspector says after ``upgrade()``."""
    nothing = as_revision("def upgrade():\n    pass\n", "0001", None)
    files = {f"{number}_example.py": text for number, text in enumerate(texts)}
    config = project_in(folder, {"setup.py": nothing, **files})
    engine = sa.create_engine(f"sqlite:///{folder}/app.db")
    with engine.begin() as connection:
        for statement in TABLES.split(";"):
            connection.exec_driver_sql(statement)
    migrate(engine, config, "head")
    inspector = sa.inspect(engine)
    found: dict[str, object] = {
        table: (
            repr(inspector.get_columns(table)),
            inspector.get_foreign_keys(table),
            inspector.get_unique_constraints(table),
            inspector.get_check_constraints(table),
            inspector.get_indexes(table),
        )
        for table in inspector.get_table_names()
    }
    engine.dispose()
    return found
