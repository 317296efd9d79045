"""What a revision takes from other modules of the project, and what it leaves to the dialect."""

from __future__ import annotations

from pathlib import Path

import pytest

from foreshot.migration.operations import AddColumn, CreateTable, Followed
from foreshot.migration.reader import read_revision
from foreshot.project.discover import environments_at, workspace_root
from foreshot.project.disk import DiskFiles
from foreshot.project.files import Files
from foreshot.project.modules import Modules
from foreshot.schema.state import Schema
from foreshot.syntax.module import Module, parse
from foreshot.text import SourceText
from foreshot.workspace.histories import story_of, target_of
from foreshot.workspace.reading import read_history

HEAD = """from alembic import op
import sqlalchemy as sa
from app import helpers
from app.helpers import TABLE, add
revision = "a"
down_revision = None
"""
HELPERS = """import contextlib
from alembic import op
import sqlalchemy as sa
from .names import *

class Json(sa.TypeDecorator):
    impl = sa.Text

def dialect():
    bind = op.get_bind()
    return bind.dialect.name

def moment(name):
    if name == "mysql":
        return sa.dialects.mysql.DATETIME(fsp=6)
    return sa.DateTime

def has(table):
    return table in sa.inspect(op.get_bind()).get_table_names()

def make(table, *args, **kwargs):
    if not has(table):
        op.create_table(table, *args, **kwargs)

def add(table, name):
    op.add_column(table, sa.Column(name, sa.Integer()))

def again(table):
    again(table)

@contextlib.contextmanager
def unindexed(table):
    op.drop_index("ix_a", table_name=table)
    yield
    op.create_index("ix_b", table, ["id"])

@contextlib.contextmanager
def without_keys(op, table):
    if op.get_bind().dialect.name != "sqlite":
        yield
    else:
        op.drop_index("ix_a", table_name=table)
        yield
        op.create_index("ix_b", table, ["id"])
"""


def told(root: Path, body: str, dialect: str = "postgresql", *, head: str = "") -> Schema:
    """The schema after one revision of a project with helpers."""
    lines = "\n".join(f"    {line}" for line in body.strip("\n").splitlines())
    texts = {
        "alembic.ini": "[alembic]\nscript_location = migrations\nprepend_sys_path = .\n",
        "migrations/env.py": "from alembic import context\n",
        "migrations/versions/a.py": f"{HEAD}{head}\ndef upgrade():\n{lines}\n\ndef downgrade():\n    pass\n",
        "app/__init__.py": "",
        "app/helpers.py": HELPERS,
        "app/names.py": 'TABLE = "notes"\nCOLUMNS = ["one", "two"]\n',
    }
    for name, text in texts.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    files = Files(disk=DiskFiles([str(root)]))
    (environment,) = environments_at(files, str(root), str(root))
    surroundings, files_told = read_history(files, environment, dialect)
    return story_of(files_told, target_of(surroundings, dialect)).at_heads()


def test_what_a_helper_of_another_module_does_is_done(tmp_path: Path) -> None:
    schema = told(
        tmp_path,
        """
helpers.make(TABLE, sa.Column("id", sa.Integer(), primary_key=True), sa.Column("data", helpers.Json()))
helpers.make(helpers.TABLE)
for name in helpers.COLUMNS:
    add(TABLE, name)
""",
    )
    table = schema.tables["notes"]
    assert {name: column.type.stored for name, column in table.columns.items()} == {
        "id": "INTEGER", "data": "TEXT", "one": "INTEGER", "two": "INTEGER",
    }  # fmt: skip
    assert not schema.unknown


def test_a_context_manager_does_something_before_and_behind(tmp_path: Path) -> None:
    schema = told(
        tmp_path,
        """
op.create_table("t", sa.Column("id", sa.Integer()))
op.create_index("ix_a", "t", ["id"])
with helpers.unindexed("t"):
    op.create_index("ix_a", "t", ["id"], unique=True)
""",
    )
    assert [(item.name, item.unique) for item in schema.tables["t"].indexes] == [
        ("ix_a", True),
        ("ix_b", False),
    ]
    assert not schema.unknown


@pytest.mark.parametrize(("dialect", "left"), [("postgresql", ["ix_a"]), ("sqlite", ["ix_b"])])
def test_a_block_runs_once_however_many_ways_lead_into_it(
    tmp_path: Path, dialect: str, left: list[str]
) -> None:
    schema = told(
        tmp_path,
        """
op.create_table("t", sa.Column("id", sa.Integer()))
op.create_index("ix_a", "t", ["id"])
with helpers.without_keys(op, "t"):
    op.add_column("t", sa.Column("more", sa.Integer()))
""",
        dialect,
    )
    assert list(schema.tables["t"].columns) == ["id", "more"]
    assert [index.name for index in schema.tables["t"].indexes] == left
    assert not schema.unknown


@pytest.mark.parametrize(
    ("dialect", "stored"), [("postgresql", "TIMESTAMP WITHOUT TIME ZONE"), ("mysql", "DATETIME(6)")]
)
def test_what_the_dialect_decides(tmp_path: Path, dialect: str, stored: str) -> None:
    schema = told(
        tmp_path,
        """
is_mysql = op.get_context().bind.dialect.name == "mysql"
own = sa.dialects.mysql.DATETIME(fsp=6) if is_mysql else sa.DateTime()
if op.get_bind().dialect.name != "mysql":
    branch = sa.DateTime()
else:
    branch = sa.dialects.mysql.DATETIME(fsp=6)
op.create_table("t", sa.Column("a", own), sa.Column("b", branch), sa.Column("c", helpers.moment(helpers.dialect())))
""",
        dialect,
    )
    assert {column.type.stored for column in schema.tables["t"].columns.values()} == {stored}
    assert not schema.unknown


def test_what_a_condition_decides_is_not_guessed(tmp_path: Path) -> None:
    schema = told(
        tmp_path,
        """
if op.get_bind().execute("SELECT 1").scalar():
    name = "one"
else:
    name = "two"
op.create_table("t", sa.Column("id", sa.Integer()))
op.add_column("t", sa.Column(name, sa.Integer()))
""",
    )
    assert list(schema.tables["t"].columns) == ["id"]
    assert schema.doubts(schema.tables["t"])


def test_an_order_of_known_values_is_decided(tmp_path: Path) -> None:
    body = """
op.create_table("t", sa.Column("id", sa.Integer()))
for name, size in (("a", 20), ("b", 64), ("c", 65)):
    if size > 64:
        continue
    if 20 <= size and not size < 20 and name >= "a":
        op.add_column("t", sa.Column(name, sa.String(size)))
"""
    schema = told(tmp_path, body)
    assert list(schema.tables["t"].columns) == ["id", "a", "b"]
    assert not schema.doubts(schema.tables["t"])


def test_helpers_that_call_themselves_end(tmp_path: Path) -> None:
    assert told(tmp_path, 'helpers.again("t")') == Schema()


def test_rules_see_no_places_of_another_module(tmp_path: Path) -> None:
    told(tmp_path, "pass")
    text = f'{HEAD}\ndef upgrade():\n    op.create_table("t")\n    helpers.make(TABLE)\n    op.add_column(TABLE, helpers.column())\n'
    module = parse(SourceText(text))
    assert isinstance(module, Module)
    revision = read_revision(
        module, modules=Modules(Files(disk=DiskFiles([str(tmp_path)])), [str(tmp_path)], str(tmp_path))
    )
    assert revision is not None
    assert [type(item) for item in revision.operations] == [CreateTable, Followed, AddColumn]
    followed = revision.operations[1]
    assert text[followed.site.call.start : followed.site.call.end] == "helpers.make(TABLE)"
    added = revision.operations[2]
    assert isinstance(added, AddColumn)
    assert added.table == "notes"


def test_a_project_inside_a_package_is_read_from_where_that_is_imported() -> None:
    there = {"/site/pkg/__init__.py", "/site/pkg/db/__init__.py", "/site/pkg/db/migrations/alembic.ini"}
    assert workspace_root("/site/pkg/db/migrations", there.__contains__) == "/site"
    assert workspace_root("/site/other", there.__contains__) == "/site/other"
    assert workspace_root("/site/pkg/db", (there | {"/site/pyproject.toml"}).__contains__) == "/site"


def test_mysql_states_a_column_anew_with_what_was_passed_as_existing(tmp_path: Path) -> None:
    body = """
op.create_table("t", sa.Column("a", sa.String(64), nullable=False))
op.alter_column("t", "a", existing_type=sa.String(512), nullable=True)
"""
    assert told(tmp_path, body, "mysql").tables["t"].columns["a"].type.stored == "VARCHAR(512)"
    assert told(tmp_path, body).tables["t"].columns["a"].type.stored == "VARCHAR(64)"


@pytest.mark.parametrize(("dialect", "left"), [("postgresql", ["b_key"]), ("mysql", ["a"])])
def test_a_name_that_the_dialect_decides(tmp_path: Path, dialect: str, left: list[str]) -> None:
    body = """
op.create_table("t", sa.Column("id", sa.Integer()), sa.UniqueConstraint("id", name="a"), sa.UniqueConstraint("id", name="b_key"))
name = "b_key"
if op.get_bind().dialect.name == "postgresql":
    name = "a"
op.drop_constraint(name, "t", type_="unique")
"""
    schema = told(tmp_path, body, dialect)
    assert [key.name for key in schema.tables["t"].uniques] == left
    assert not schema.unknown


def test_geoalchemy2_creates_an_index_with_a_column(tmp_path: Path) -> None:
    body = """
import geoalchemy2
op.create_table("t", sa.Column("here", geoalchemy2.types.Geometry("POINT", srid=4326)),
    sa.Column("there", geoalchemy2.Geometry("POINT", spatial_index=False)))
op.add_column("t", sa.Column("late", geoalchemy2.Geometry("POINT")))
with op.batch_alter_table("t") as batch_op:
    batch_op.create_geospatial_index("idx_t_there", ["there"], postgresql_using="gist")
    batch_op.alter_column("there", existing_nullable=True)
"""
    schema = told(tmp_path, body)
    assert [index.name for index in schema.tables["t"].indexes] == [
        "idx_t_here", "idx_t_late", "idx_t_there",
    ]  # fmt: skip
    assert not schema.unknown
    assert not told(tmp_path, body, "sqlite").tables["t"].indexes[:-1]


def test_a_column_that_is_unique_and_indexed_has_one_index(tmp_path: Path) -> None:
    body = 'op.create_table("t", sa.Column("name", sa.String(), unique=True, index=True))'
    table = told(tmp_path, body).tables["t"]
    assert [(index.name, index.unique) for index in table.indexes] == [("ix_t_name", True)]
    assert not table.uniques


def test_the_name_of_a_model_s_table(tmp_path: Path) -> None:
    """As in revisions that import their models: the name is what the class says, a member of an Enum is no text."""
    head = "from app.kinds import Kind, Limits, User\n"
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "base.py").write_text("class Base:\n    pass\n")
    (tmp_path / "app" / "kinds.py").write_text(
        "import enum\nfrom app.base import Base\nPREFIX = 'app_'\n"
        "class User(Base):\n    __tablename__ = PREFIX + 'users'\n"
        "class Limits:\n    LENGTH = 30\nclass Kind(enum.Enum):\n    A = 'a'\n"
    )
    body = """
op.create_table(User.__tablename__, sa.Column("id", sa.Integer()), sa.Column("name", sa.String(Limits.LENGTH)),
    sa.Column("kind", sa.Text(), server_default=Kind.A))
"""
    (table,) = told(tmp_path, body, head=head).tables.values()
    assert (table.name, table.columns["name"].type.stored) == ("app_users", "VARCHAR(30)")
    assert not isinstance(table.columns["kind"].default, str)
