"""Which databases a condition lets an operation run on."""

from __future__ import annotations

import pytest

from foreshot.migration.operations import SqlText
from foreshot.migration.reader import read_revision
from foreshot.migration.revision import Revision
from foreshot.syntax.module import Module, parse
from foreshot.text import SourceText

DATABASES = ("postgresql", "mysql", "mariadb", "sqlite")
HEAD = 'from alembic import op\n\nrevision = "0001"\ndown_revision = None\n\n\n'


def _read(text: str) -> Revision:
    module = parse(SourceText(HEAD + text))
    assert isinstance(module, Module)
    revision = read_revision(module, DATABASES)
    assert revision is not None
    return revision


@pytest.mark.parametrize(
    ("condition", "databases"),
    [
        ('bind.dialect.name == "postgresql"', {"postgresql"}),
        # Behind a mysql:// address, MariaDB's dialect has the name "mysql".
        ('bind.dialect.name == "mysql"', {"mysql", "mariadb"}),
        ('bind.dialect.name == "mariadb"', {"mariadb"}),
        ('bind.dialect.name != "mysql"', {"postgresql", "sqlite"}),
        ('url.startswith("mysql")', {"mysql", "mariadb"}),
        ('url.startswith("postgres")', {"postgresql"}),
        ('str(bind.engine.url).startswith("sqlite")', {"sqlite"}),
        ('"sqlite" in str(bind.engine.url)', {"sqlite"}),
        ('not url.startswith("sqlite")', {"postgresql", "mysql", "mariadb"}),
        ("is_postgres()", {"postgresql"}),
        ("not is_postgres()", {"mysql", "mariadb", "sqlite"}),
        ('is_on("sqlite")', {"sqlite"}),
        ("known", {"sqlite"}),
    ],
)
def test_conditions_on_the_database(condition: str, databases: set[str]) -> None:
    revision = _read(
        'def is_postgres():\n    return op.get_context().dialect.name == "postgresql"\n\n\n'
        "def is_on(name):\n    bind = op.get_bind()\n    return bind.dialect.name == name\n\n\n"
        "def upgrade():\n"
        '    known = is_on("sqlite")\n'
        "    bind = op.get_bind()\n"
        "    url = str(bind.engine.url)\n"
        f"    if {condition}:\n"
        '        op.drop_table("a")\n'
    )
    (operation,) = revision.operations
    assert {database for database in DATABASES if operation.site.runs_on(database)} == databases
    assert not operation.site.conditional


def test_what_a_function_chooses_by_the_database() -> None:
    revision = _read(
        'def is_postgres():\n    return op.get_context().dialect.name == "postgresql"\n\n\n'
        "def upgrade():\n"
        "    if is_postgres():\n"
        '        sql = "UPDATE users SET seen = FALSE"\n'
        "    else:\n"
        '        sql = "UPDATE users SET seen = 0"\n'
        "    op.execute(sql)\n"
        "    op.get_bind().execute(sa.text(sql))\n"
    )
    written = [operation for operation in revision.operations if operation.kind == "data_change"]
    assert [operation.site.runs_on("postgresql") for operation in written] == [True, False] * 2
    assert [operation.site.runs_on("sqlite") for operation in written] == [False, True] * 2
    texts = [operation for operation in revision.operations if isinstance(operation, SqlText)]
    assert [text.wrapped for text in texts] == [False, False, True, True]


@pytest.mark.parametrize(
    "asked", ["{}()", "not {}()", '{}() == "x"', '{}().startswith("x")', 'str({}()).startswith("x")']
)
def test_functions_that_ask_each_other_for_ever(asked: str) -> None:
    revision = _read(
        f'def one():\n    return "a" if {asked.format("other")} else "b"\n\n\n'
        f'def other():\n    return one() if {asked.format("one")} else "c"\n\n\n'
        "def upgrade():\n"
        "    op.drop_table(one())\n"
        f"    if {asked.format('other')}:\n"
        '        op.drop_table("a")\n'
    )
    assert [operation.kind for operation in revision.operations].count("drop_table") == 2
