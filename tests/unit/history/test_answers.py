"""Loops over what the database answers: what they do is known from the schema by then."""

from __future__ import annotations

import pytest

from foreshot.migration.operations import DropConstraint
from foreshot.migration.reader import read_revision
from foreshot.schema.state import Schema
from foreshot.syntax.module import Module, parse
from foreshot.syntax.values import Unknown
from foreshot.text import SourceText
from unit.history.test_replay import head, story

MADE = """
op.create_table("teams", sa.Column("id", sa.Integer(), primary_key=True))
op.create_table("users", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("team_id", sa.Integer(), sa.ForeignKey("teams.id")),
    sa.Column("tenant", sa.Integer(), nullable=False), sa.Column("email", sa.String(50), unique=True))
op.create_index("ix_users_tenant", "users", ["tenant"])
"""
INSPECTOR = "inspector = sa.inspect(op.get_bind())\n"


def after(body: str, dialect: str = "postgresql") -> Schema:
    return head(("a", None, MADE), ("b", "a", INSPECTOR + body), dialect=dialect)


def test_what_an_inspector_lists_is_dropped_by_its_name() -> None:
    schema = after(
        """
for key in inspector.get_foreign_keys("users"):
    op.drop_constraint(key["name"], "users", type_="foreignkey")
for unique in inspector.get_unique_constraints("users"):
    if unique["column_names"] == ["email"]:
        op.drop_constraint(unique.get("name"), "users", type_="unique")
        break
"""
    )
    users = schema.tables["users"]
    assert not users.foreign_keys
    assert not users.uniques
    assert not schema.unknown


def test_what_was_asked_before_is_what_was_there_before() -> None:
    schema = after(
        """
def again(keys):
    for key in keys:
        op.create_foreign_key(key["name"], "users", key["referred_table"], key["constrained_columns"], key["referred_columns"],
            ondelete=key["options"].get("ondelete"))
keys = inspector.get_foreign_keys("users")
for key in keys:
    op.drop_constraint(key["name"], "users", type_="foreignkey")
for key in keys:
    key["options"]["ondelete"] = "CASCADE"
again(keys)
"""
    )
    (key,) = schema.tables["users"].foreign_keys
    assert (key.name, key.columns, key.ref_table, key.ondelete) == (
        "users_team_id_fkey",
        ("team_id",),
        "teams",
        "CASCADE",
    )
    assert not schema.unknown


def test_what_is_set_in_a_row_is_so_for_the_rest_of_its_round() -> None:
    """As projects change what a key does ON DELETE, whatever its name is."""
    schema = after(
        """
def again(keys):
    for key in keys:
        op.create_foreign_key(key["name"], "users", key["referred_table"], key["constrained_columns"], key["referred_columns"],
            ondelete=key["options"].get("ondelete"))
for key in inspector.get_foreign_keys("users"):
    if key["constrained_columns"] == ["team_id"]:
        op.drop_constraint(key["name"], "users", type_="foreignkey")
        key["options"]["ondelete"] = "SET NULL"
        key["options"]["ondelete"] = "CASCADE"
        again([key])
        break
"""
    )
    assert [(key.name, key.ondelete) for key in schema.tables["users"].foreign_keys] == [
        ("users_team_id_fkey", "CASCADE")
    ]
    assert not schema.unknown


def test_a_list_that_a_loop_fills_keeps_its_conditions() -> None:
    schema = after(
        """
found = []
for table in ["teams", "users"]:
    for column in inspector.get_columns(table):
        if column["name"] == "tenant":
            found.append((table, column))
for table, column in found:
    op.alter_column(table, column["name"], new_column_name="project", existing_nullable=column["nullable"])
    for index in inspector.get_indexes(table):
        if "tenant" in index["name"]:
            op.drop_index(op.f(index["name"]), table_name=table)
            op.create_index(index["name"].replace("tenant", "project"), table, ["project"])
"""
    )
    assert list(schema.tables["teams"].columns) == ["id"]
    users = schema.tables["users"]
    assert list(users.columns) == ["id", "team_id", "project", "email"]
    assert [(index.name, index.columns) for index in users.indexes] == [("ix_users_project", ("project",))]
    assert not schema.unknown


def test_keys_of_a_reflected_table() -> None:
    schema = after(
        """
table = sa.Table("users", sa.MetaData(), autoload_with=op.get_bind())
for key in table.foreign_key_constraints:
    op.drop_constraint(key.name, "users", type_="foreignkey")
"""
    )
    assert not schema.tables["users"].foreign_keys
    assert not schema.unknown


@pytest.mark.parametrize(
    "body",
    [
        'for key in inspector.get_foreign_keys(elsewhere()):\n    op.drop_constraint(key["name"], "users", type_="foreignkey")',
        'for key in inspector.get_foreign_keys("users"):\n    op.drop_constraint(key["what"], "users", type_="foreignkey")',
        'for key in inspector.get_foreign_keys("users"):\n    if key["name"] in elsewhere():\n        op.drop_constraint(key["name"], "users")',
        'for key in inspector.get_foreign_keys("users"):\n    while elsewhere():\n        op.drop_constraint(key["name"], "users")',
        'keys = []\nfor key in elsewhere():\n    keys.append(key)\nfor key in keys:\n    op.drop_constraint(key["name"], "users")',
        'name = "x"\nfor key in inspector.get_foreign_keys("users"):\n    name = key["name"]\nop.drop_constraint(name, "users")',
        'name = None\nfor key in elsewhere():\n    if key:\n        name = key\n        break\nif name:\n    op.drop_constraint(name, "users")',
        'for key in inspector.get_foreign_keys("users"):\n    op.drop_constraint("\\0[", "users")\n    op.drop_constraint(key["name"], "\\0[")',
    ],
)
def test_what_cannot_be_told_is_a_doubt(body: str) -> None:
    assert after(body).unknown


def test_rows_without_end_end() -> None:
    columns = ", ".join(f'sa.Column("c{number}", sa.Integer())' for number in range(200))
    loops = "".join(f"{'    ' * depth}for c{depth} in inspector.get_columns('wide'):\n" for depth in range(6))
    body = f'op.create_table("wide", {columns})\n{INSPECTOR}{loops}{"    " * 6}op.drop_column("wide", c5["name"])'
    assert head(("a", None, body)).unknown


def test_rules_see_names_that_are_not_known() -> None:
    body = (
        INSPECTOR
        + 'for key in inspector.get_foreign_keys("users"):\n    op.drop_constraint(key["name"], "users")'
    )
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    text = f'from alembic import op\nimport sqlalchemy as sa\nrevision = "a"\ndown_revision = None\ndef upgrade():\n{lines}\n'
    module = parse(SourceText(text))
    assert isinstance(module, Module)
    revision = read_revision(module)
    assert revision is not None
    (dropped,) = revision.operations
    assert isinstance(dropped, DropConstraint)
    assert isinstance(dropped.name, Unknown)
    assert dropped.site.conditional
    assert dropped.site.repeated


def test_an_index_that_gives_way_leaves_its_name() -> None:
    body = """
op.create_table("a", sa.Column("id", sa.Integer(), primary_key=True))
op.create_table("b", sa.Column("a_id", sa.Integer(), sa.ForeignKey("a.id"), unique=True))
"""
    table = story(("a", None, body), dialect="mysql").at_heads().tables["b"]
    assert [key.name for key in table.uniques] == ["a_id"]
    assert not table.indexes


SEARCHES = {
    "a loop that is left": """
name = None
for key in inspector.get_foreign_keys("users"):
    if key["constrained_columns"] == ["team_id"]:
        name = key["name"]
        break
{use}
""",
    "a loop that nothing comes behind unless it was left": """
for key in inspector.get_foreign_keys("users"):
    if key["constrained_columns"] == ["team_id"]:
        name = key["name"]
        break
else:
    return
{use}
""",
    "a function": """
def find(table, column):
    for key in inspector.get_foreign_keys(table):
        if key["constrained_columns"] == [column]:
            return key["name"]
    return None
name = find("users", "team_id")
{use}
""",
}


@pytest.mark.parametrize("search", SEARCHES)
@pytest.mark.parametrize(
    "use",
    [
        'op.drop_constraint(name, "users", type_="foreignkey")',
        'if name:\n    op.drop_constraint(name, "users", type_="foreignkey")',
        'if name is not None:\n    with op.batch_alter_table("users") as batch:\n        batch.drop_constraint(name, type_="foreignkey")',
    ],
)
def test_what_a_search_finds_is_used_behind_it(search: str, use: str) -> None:
    schema = after(SEARCHES[search].format(use=use))
    assert not schema.tables["users"].foreign_keys
    assert not schema.unknown


@pytest.mark.parametrize("search", ["a loop that is left", "a function"])
def test_what_a_search_does_not_find_is_none(search: str) -> None:
    """With a name that is None a key is made all the same: what it is called then is not known here."""
    body = SEARCHES[search].replace('"team_id"', '"other_id"')
    use = 'op.create_foreign_key(name, "users", "teams", ["tenant"], ["id"])'
    assert after(body.format(use=use)).unknown
    guarded = after(body.format(use=f"if name:\n    {use}"))
    assert len(guarded.tables["users"].foreign_keys) == 1
    assert not guarded.unknown


def test_what_a_search_finds_is_known_although_it_is_dropped_meanwhile() -> None:
    schema = after(
        """
def drop():
    for key in inspector.get_foreign_keys("users"):
        if key["referred_table"] == "teams":
            op.drop_constraint(key["name"], "users", type_="foreignkey")
            return key["name"]
name = drop()
op.rename_table("teams", "groups")
op.create_foreign_key(name, "users", "groups", ["team_id"], ["id"], ondelete="SET NULL")
"""
    )
    (key,) = schema.tables["users"].foreign_keys
    assert (key.name, key.ref_table, key.ondelete) == ("users_team_id_fkey", "groups", "SET NULL")
    assert not schema.unknown


def test_a_name_that_a_search_may_replace_is_not_known() -> None:
    schema = after(
        """
name = "users_team_id_fkey"
for key in inspector.get_foreign_keys("users"):
    if key["constrained_columns"] == ["tenant"]:
        name = key["name"]
        break
op.drop_constraint(name, "users", type_="foreignkey")
"""
    )
    assert schema.unknown


@pytest.mark.parametrize(
    ("condition", "runs"),
    [
        ("bind", True),
        ('bind and bind.engine.name == "postgresql"', True),
        ("bind is not None", True),
        ("bind is None", False),
        ("not op.get_context().as_sql", True),
        ("context.is_offline_mode()", False),
    ],
)
def test_a_schema_is_that_of_a_run_with_a_connection(condition: str, *, runs: bool) -> None:
    schema = after(f'bind = op.get_bind()\nif {condition}:\n    op.drop_table("users")\n')
    assert ("users" in schema.tables) is not runs
    assert not schema.unknown
