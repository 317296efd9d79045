"""SQL that code puts together, and what the database decides: told as far as it can be, and no further."""

from __future__ import annotations

from pathlib import Path

import pytest

from foreshot.schema.state import Schema
from unit.history.test_answers import MADE, after
from unit.history.test_objects import schema_of
from unit.history.test_other_modules import told
from unit.history.test_replay import head

TABLE = (
    'op.create_table("t", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("n", sa.Integer()))\n'
)


def of(body: str, dialect: str = "postgresql") -> Schema:
    return head(("a", None, TABLE), ("b", "a", body), dialect=dialect)


COLUMNS = """
def columns():
    found: list = []
    for name in ("kind_a", "kind_b"):
        key = name[len("kind_"):]
        found.append((name, "TEXT", expression(key)))
    found.append(("size", "BIGINT", "n * 2"))
    return found
def others():
    return [("other", "BIGINT", "n")]
made = columns() if op.get_bind().dialect.name == "postgresql" else others()
adds = ", ".join(f"ADD COLUMN {name} {kind} GENERATED ALWAYS AS ({what}) STORED" for name, kind, what in made)
op.execute(f"ALTER TABLE t {adds}")
"""


@pytest.mark.parametrize(
    ("dialect", "names"), [("postgresql", ["kind_a", "kind_b", "size"]), ("mysql", ["other"])]
)
def test_columns_that_a_function_lists_for_each_database(dialect: str, names: list[str]) -> None:
    schema = of(COLUMNS, dialect)
    columns = schema.tables["t"].columns
    assert list(columns)[2:] == names
    assert all(columns[name].nullable and columns[name].computed is not None for name in names)
    assert not schema.unknown


def test_a_view_whose_text_a_function_ends_with_is_made() -> None:
    body = """
def view(names):
    parts = []
    while names:
        parts.append(names.pop())
    inside = ", ".join(parts)
    return ("CREATE OR REPLACE VIEW v AS "
        f"SELECT {inside} FROM t")
op.execute(view(["n"]))
"""
    schema = of(body)
    assert list(schema.views) == ["v"]
    assert not schema.unknown


def test_a_function_that_returns_in_two_places_is_not_told() -> None:
    body = """
def text(names):
    for name in names:
        if name.startswith(prefix()):
            return "DROP TABLE t"
    return "SELECT 1"
op.execute(text(["n"]))
"""
    assert of(body).unknown


def test_what_only_some_databases_answer_is_a_condition(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "kinds.py").write_text(
        'def is_pg(bind, version=None):\n    if bind.engine.name != "postgresql":\n        return False\n    return fits(bind, version)\n'
        "def fits(bind, version):\n    if version is None:\n        return True\n    return bind.version >= version\n"
    )
    body = """
from app.kinds import is_pg
bind = op.get_bind()
op.create_table("t", sa.Column("id", sa.Integer()))
if is_pg(bind):
    op.create_index("ix_pg", "t", ["id"])
if is_pg(bind, (15,)):
    op.create_index("ix_new", "t", ["id"])
collation = None if is_pg(bind) else ask(bind)
if collation is not None:
    op.create_index("ix_asked", "t", ["id"])
"""
    postgresql, mysql = told(tmp_path, body), told(tmp_path, body, "mysql")
    assert [item.name for item in postgresql.tables["t"].indexes] == ["ix_pg", "ix_new"]
    assert [item.name for item in mysql.tables["t"].indexes] == ["ix_asked"]
    assert len(postgresql.tables["t"].perhaps) == len(mysql.tables["t"].perhaps) == 1


@pytest.mark.parametrize(
    "body",
    [
        'if one():\n    text = "UPDATE t SET n = 1"\nelse:\n    text = f"DELETE FROM t WHERE n = {one()}"\nop.execute(sa.text(text))',
        'texts = ["DELETE FROM t;"]\nif one():\n    texts += ["UPDATE t SET n = 2"]\nfor text in texts:\n    op.get_bind().execute(sa.text(text))',
        "change = lambda rows, n: op.execute(rows.update().values(n=n))\nfor n in one():\n    change(load('t'), n)",
    ],
)
def test_what_can_only_change_rows_leaves_the_tables_alone(body: str) -> None:
    assert not of(body).unknown


@pytest.mark.parametrize(
    "body",
    [
        'if one():\n    text = "UPDATE t SET n = 1"\nelse:\n    text = "DROP TABLE t"\nop.execute(text)',
        'if one():\n    text = "UPDATE t SET n = 1"\nelse:\n    text = "DELETE FROM t; DROP TABLE t"\nop.execute(text)',
        'if one():\n    text = "SELECT 1"\nelse:\n    text = "SELECT n INTO u FROM t"\nop.execute(text)',
        'text = "UPDATE t SET n = 1"\nwith other() as text:\n    op.execute(text)',
        'texts = ["DELETE FROM t"]\ntexts.extend(more())\nfor text in texts:\n    op.execute(text)',
        'def run(texts):\n    for text in texts:\n        op.execute(text)\nrun(more())',
    ],
)  # fmt: skip
def test_what_may_be_anything_is_not_told(body: str) -> None:
    assert of(body).unknown


def test_a_column_that_alembic_adds_as_the_primary_key_is_none() -> None:
    bare = 'op.create_table("t", sa.Column("n", sa.Integer()))\n'
    added = head(("a", None, bare + 'op.add_column("t", sa.Column("id", sa.Integer(), primary_key=True))'))
    assert added.tables["t"].primary_key is None
    written = head(("a", None, bare + 'op.execute("ALTER TABLE t ADD COLUMN id SERIAL PRIMARY KEY")'))
    key = written.tables["t"].primary_key
    assert key is not None
    assert (key.name, key.columns) == ("t_pkey", ("id",))


def test_an_item_that_a_dictionary_is_given_is_known() -> None:
    body = """
for name, where in (("ix_one", None), ("ix_two", "n > 0")):
    options = {"unique": False}
    if where is not None:
        options["postgresql_where"] = sa.text(where)
    op.create_index(name, "t", ["n"], **options)
"""
    schema = of(body)
    assert [(item.name, item.where is not None) for item in schema.tables["t"].indexes] == [
        ("ix_one", False),
        ("ix_two", True),
    ]
    assert not schema.unknown


def test_members_of_a_row_in_any_order() -> None:
    schema = after(
        """
for key in inspector.get_foreign_keys("users"):
    if set(key["constrained_columns"]) != {"team_id"}:
        continue
    op.drop_constraint(key["name"], "users", type_="foreignkey")
for index in inspector.get_indexes("users"):
    if index["unique"] is False and set(index["column_names"]) == set(["tenant"]):
        op.drop_index(index["name"], "users")
"""
    )
    users = schema.tables["users"]
    assert not users.foreign_keys
    assert not users.indexes
    assert users.uniques
    assert not schema.unknown


REFLECT = """
class Base:
    def __init__(self, op):
        self.op = op
        self.inspector = inspect(op.get_bind())

class Reflect(Base):
    def drop_unique(self, table):
        for key in self.inspector.get_unique_constraints(table):
            self.op.drop_constraint(key["name"], table, type_="unique")
"""


def test_an_object_of_another_module_works_with_the_op_that_it_is_handed(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "reflect.py").write_text("from sqlalchemy import inspect\n" + REFLECT)
    (tmp_path / "app" / "tools.py").write_text("from .reflect import Reflect\nfrom elsewhere import Other\n")
    made = MADE.replace('sa.ForeignKey("teams.id")', "")
    schema = told(
        tmp_path,
        f'from app.tools import Reflect\n{made}\nReflect(op).drop_unique("users")\nreflect = Reflect(op)\nreflect.drop_unique("users")',
    )
    assert not schema.tables["users"].uniques
    assert not schema.unknown
    schema = told(
        tmp_path, f'from app.tools import Other\n{made}\nother = Other(op)\nother.drop_unique("users")'
    )
    assert schema.unknown


def test_a_type_that_a_class_inside_a_class_names(tmp_path: Path) -> None:
    schema = told(
        tmp_path,
        """
import enum
sa.Enum(Model.Kind).create(op.get_bind(), checkfirst=True)
op.create_table("t", sa.Column("kind", sa.Enum("ONE", "TWO", name="kind")))
""",
        head="import enum\nclass Model:\n    class Kind(enum.Enum):\n        ONE = 1\n        TWO = 2\n",
    )
    assert schema.enums["kind"].values == ("ONE", "TWO")
    assert not schema.unknown


def test_dictionaries_by_classes_and_members() -> None:
    """Keys that are names are found by the same name, and what is not found may be there under its text."""
    text = """
from alembic import op
import sqlalchemy as sa
from app.enums import Kind, Status
PARAMS = {Kind: {"values": ["a", "b"], "name": "kinds"}, Status.OPEN: {"values": ["c"], "name": "open"}}
def kind(of):
    return sa.Enum(*PARAMS[of]["values"], name=PARAMS[of]["name"])
def upgrade():
    op.create_table("t", sa.Column("a", kind(Kind)), sa.Column("b", kind(Status.OPEN)),
        sa.Column("c", sa.Text(), server_default=PARAMS.get(Kind)["name"]))
    op.create_table(PARAMS.get("open", {"name": "shut"})["name"], sa.Column("id", sa.Integer()))
"""
    schema = schema_of(text)
    assert {name: enum.values for name, enum in schema.enums.items()} == {"kinds": ("a", "b"), "open": ("c",)}
    assert schema.tables["t"].columns["c"].default == "kinds"
    assert set(schema.tables) == {"t"}
