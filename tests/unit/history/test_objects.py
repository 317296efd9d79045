"""Migrations that keep what they do in objects of their own classes."""

from __future__ import annotations

import time

import pytest

from foreshot.history.delta import Delta, delta_of
from foreshot.history.story import Story
from foreshot.migration.graph import Node, RevisionGraph
from foreshot.migration.reader import read_revision
from foreshot.schema.state import Schema, Target
from foreshot.syntax.module import Module, parse
from foreshot.text import SourceText

BEGIN = """
from dataclasses import dataclass, field
from typing import NamedTuple
import sqlalchemy as sa
from alembic import op
revision = "a"
down_revision = None
"""


def schema_of(text: str) -> Schema:
    module = parse(SourceText(BEGIN + text))
    assert isinstance(module, Module)
    revision = read_revision(module, ("postgresql",))
    assert revision is not None
    delta: Delta = delta_of(revision)
    return Story(
        RevisionGraph([Node("a.py", revision.header)]), lambda _: delta, Target("postgresql")
    ).at_heads()


RENAMES = """
@dataclass
class Rename:
    old: str
    new: str | None = None
    kind: str = "table"
    table: str | None = None

    def names(self):
        old, new = self.old, self.new
        if self.table and "{}" in old:
            old = old.format(self.table)
        elif new is None:
            new = old + "s"
        return old, new

    def run(self):
        old, new = self.names()
        if self.kind == "table":
            op.rename_table(old, new)
        elif self.kind == "column":
            op.alter_column(self.table, old, new_column_name=new)


@dataclass
class Table(Rename):
    columns: list[Rename] = field(default_factory=list)

    def __post_init__(self) -> None:
        for item in self.columns:
            item.kind, item.table = "column", self.new or self.old + "s"

    def run(self):
        super().run()
        for item in self.columns:
            item.run()


EVERY = [Table("user", columns=[Rename("name", "title")]), Table("team", "group")]


def upgrade():
    for name in ("user", "team"):
        op.create_table(name, sa.Column("name", sa.Text()))
    for item in EVERY:
        item.run()
"""


def test_what_dataclasses_do_is_followed() -> None:
    schema = schema_of(RENAMES)
    assert schema.tables.keys() == {"users", "group"}
    assert schema.tables["users"].columns.keys() == {"title"}
    assert schema.tables["group"].columns.keys() == {"name"}
    assert not schema.unknown


@pytest.mark.parametrize(
    "made",
    [
        'class Made(NamedTuple):\n    name: str\n    kind: str = "x"\n',
        "class Made:\n    def __init__(self, name, kind=None):\n        self.name = name\n",
        "class Kinds:\n    NAME = 'users'\nclass Made:\n    def __init__(self, name, kind=None):\n        self.name = Kinds.NAME\n",
    ],
)
def test_fields_of_plain_objects_are_known(made: str) -> None:
    schema = schema_of(
        f'{made}\ndef upgrade():\n    made = Made("users", kind="y")\n    op.create_table(made.name)\n'
    )
    assert schema.tables.keys() == {"users"}


@pytest.mark.parametrize(
    "made",
    [
        "class Made(Base):\n    name = 'users'\n    def act(self):\n        op.drop_table('x')\n",
        "class Made:\n    def __init__(self):\n        connect(self)\n    def act(self):\n        op.drop_table('x')\n",
        "@dataclass\nclass Made:\n    name: str\n    def act(self):\n        op.drop_table('x')\n",
    ],
)
def test_an_object_that_cannot_be_followed_is_a_doubt(made: str) -> None:
    assert schema_of(f"{made}\ndef upgrade():\n    Made().act()\n").unknown


@pytest.mark.parametrize(
    "text",
    [
        # Each makes two more.
        "class A:\n    def __init__(self):\n        self.a = A()\n        self.b = A()\ndef upgrade():\n    A()\n",
        "class A(B):\n    pass\nclass B(A):\n    pass\ndef upgrade():\n    A()\n",
        "".join(
            f"class A{n}:\n    def __init__(self):\n        self.a = A{n + 1}()\n        self.b = A{n + 1}()\n"
            for n in range(60)
        )
        + "class A60:\n    pass\ndef upgrade():\n    A0()\n",
        "class A:\n    def act(self):\n        self.act()\n        self.act()\n        op.drop_table('x')\ndef upgrade():\n    A().act()\n",
        "class A:\n    def of(self):\n        a = self.of()\n        b = self.of()\n        return a\ndef upgrade():\n    op.drop_table(A().of())\n",
        "class A:\n    def __init__(self):\n        self.a = 'x'\n        for i in range(2000):\n            self.a += self.a\ndef upgrade():\n    A()\n",
        "A = 'x'\nclass B:\n    def __init__(self, a):\n        self.a = a + a\ndef upgrade():\n    b = B(A)\n"
        + "    b = B(b.a)\n" * 60,
    ],
)
def test_objects_without_end_come_to_an_end(text: str) -> None:
    start = time.perf_counter()
    schema_of(text)
    assert time.perf_counter() - start < 5


def test_sql_takes_in_the_context_of_ddl() -> None:
    sql = "op.get_bind().execute(sa.DDL('ALTER TABLE \"%(t)s\" ADD COLUMN \"%(c)s\" TEXT', context={'t': name, 'c': 'x'}))"
    schema = schema_of(
        f"def upgrade():\n    for name in ('a', 'b'):\n        op.create_table(name)\n        {sql}\n"
    )
    assert [list(table.columns) for table in schema.tables.values()] == [["x"], ["x"]]
    assert not schema.unknown


def test_functions_for_other_databases_are_none_of_the_main_one() -> None:
    functions = "".join(f"def upgrade_{name}():\n    op.create_table('t_{name}')\n" for name in ("", "geo"))
    begin = "def upgrade(engine_name=''):\n    globals()[f'upgrade_{engine_name}']()\n"
    assert schema_of(begin + functions).tables.keys() == {"t_"}
    assert schema_of(begin + functions.replace("upgrade_()", "upgrade_main()")).tables.keys() == {
        "t_",
        "t_geo",
    }


def test_an_index_on_an_expression_goes_with_its_column() -> None:
    begin = "def upgrade():\n    op.create_table('t', sa.Column('a', sa.Text()), sa.Column('b', sa.Text()))\n"
    for made in (
        "op.execute('CREATE INDEX i ON t (lower(a))')",
        "op.create_index('i', 't', [sa.text('lower(a)')])",
    ):
        for name, left in (("a", 0), ("b", 1)):
            schema = schema_of(f"{begin}    {made}\n    op.drop_column('t', '{name}')\n")
            assert len(schema.tables["t"].indexes) == left
    renamed = "op.alter_column('t', 'a', new_column_name='c')\n    op.drop_column('t', 'c')\n"
    assert not schema_of(f"{begin}    {made}\n    {renamed}").tables["t"].indexes


def test_a_type_that_is_set_anew_takes_the_doubt_about_the_old_one_away() -> None:
    begin = "import other\ndef upgrade():\n    op.create_table('t', sa.Column('a', other.Type()))\n"
    assert schema_of(begin).unknown
    assert not schema_of(f"{begin}    op.alter_column('t', 'a', type_=sa.Text())\n").unknown
