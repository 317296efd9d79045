"""What is read of rows that SQLAlchemy Core writes."""

from __future__ import annotations

from foreshot.migration.operations import BulkInsert, DataChange
from foreshot.migration.reader import read_revision
from foreshot.syntax.module import Module, parse
from foreshot.text import SourceText

TABLES = """import sqlalchemy as sa
from alembic import op

users = sa.table("users", sa.column("name"), sa.column("nick"))
archive = sa.table("archive", sa.column("name"))
"""


def read(statement: str) -> DataChange | BulkInsert:
    content = f'{TABLES}\nrevision = "a"\ndown_revision = None\n\n\ndef upgrade():\n    {statement}\n'
    module = parse(SourceText(content))
    assert isinstance(module, Module)
    revision = read_revision(module)
    assert revision is not None
    found = [one for one in revision.operations if isinstance(one, DataChange | BulkInsert)]
    assert len(found) == 1
    return found[0]


def changed(statement: str) -> DataChange:
    change = read(f"op.execute({statement})")
    assert isinstance(change, DataChange)
    return change


def test_a_value_of_another_column_is_computed() -> None:
    change = changed("users.update().values(nick=sa.func.lower(users.c.name))")
    assert (change.columns, change.computed, change.reads) == (("nick",), ("nick",), ("name",))


def test_a_value_of_its_own_column_is_not() -> None:
    change = changed("sa.update(users).values(nick=sa.func.coalesce(users.c.nick, ''))")
    assert (change.columns, change.computed) == (("nick",), ())


def test_columns_of_a_condition_are_read() -> None:
    change = changed("sa.delete(users).where(users.c.nick.is_(None))")
    assert (change.columns, change.reads) == ((), ("nick",))


def test_texts_are_kept_with_their_columns() -> None:
    change = changed('archive.insert().values([{"name": "a"}, {"name": sa.null()}])')
    assert [(text.column, text.value) for text in change.texts] == [("name", "a")]


def test_rows_of_another_table_have_columns_too() -> None:
    change = changed('sa.insert(archive).from_select(["name"], sa.select(users.c.nick))')
    assert (change.table, change.columns, change.reads) == ("archive", ("name",), ("nick",))


def test_bulk_rows_have_the_columns_that_all_have() -> None:
    change = read('op.bulk_insert(users, [{"name": "a", "nick": "b"}, {"name": "c"}])')
    assert change.columns == ("name",)
    assert read("op.bulk_insert(users, rows())").columns == ()
