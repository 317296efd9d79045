"""What is offered at a cursor, ``|`` in the text."""

from __future__ import annotations

import importlib
import inspect
from pathlib import Path

import pytest
import sqlalchemy

from foreshot.ide.completion import MOST, Item, complete, library, signature
from foreshot.ide.completion.values import CONSTRUCTORS
from foreshot.text import SourceText
from foreshot.workspace.project import Project
from unit.ide.world import project, revision

HISTORY = {
    "m/versions/a1.py": revision(
        "a1a1", 'op.create_table("users", sa.Column("id", sa.Integer(), primary_key=True))'
    ),
    "m/versions/b2.py": revision("b2b2", "pass", "a1a1", "add the e-mail"),
    "m/versions/c3.py": revision("c3c3", "pass", "b2b2"),
}


@pytest.fixture
def known(folder: Path) -> Project:
    return project(folder, HISTORY)


def offered(known: Project, text: str, name: str = "m/versions/c3.py") -> list[Item]:
    offset = text.index("|")
    path = f"{known.surroundings.environment.home}/{name}"
    return complete(known, path, SourceText(text.replace("|", "", 1)), offset)


def labels(known: Project, text: str, name: str = "m/versions/c3.py") -> list[str]:
    return [item.label for item in offered(known, text, name)]


def body(code: str) -> str:
    return f"from alembic import op\nimport sqlalchemy as sa\n\nrevision = 'c3c3'\ndown_revision = 'b2b2'\n\n\ndef upgrade():\n    {code}\n\n\ndef downgrade():\n    pass\n"


def test_operations(known: Project) -> None:
    found = labels(known, body("op.dr|"))
    assert found[:5] == ["drop_column", "drop_table", "drop_index", "drop_constraint", "drop_table_comment"]
    assert labels(known, body("operations.dr|")) == []
    assert labels(known, body("op.|").replace("import op", "import op as o")) == []
    assert "drop_table" in labels(known, body("o.dr|").replace("import op", "import op as o"))


def test_a_batch_has_no_table_to_drop(known: Project) -> None:
    code = 'with op.batch_alter_table("users", schema="x") as batch:\n        batch.|'
    found = labels(known, body(code))
    assert "drop_column" in found
    assert not {"drop_table", "rename_table", "batch_alter_table"} & set(found)


def test_an_item_takes_the_place_of_what_is_written(known: Project) -> None:
    text = body("op.drop_c|")
    item = offered(known, text)[0]
    plain = text.replace("|", "", 1)
    assert plain[item.span.start : item.span.end] == "drop_c"
    assert item.text == "drop_column($0)"
    assert "drop_column(table_name, column_name" in item.about


def test_keywords(known: Project) -> None:
    found = labels(known, body('op.alter_column("users", "id", nullable=False, |'))
    assert "existing_type=" in found
    assert "postgresql_using=" in found
    assert not {"nullable=", "table_name=", "column_name="} & set(found)
    assert labels(known, body('op.alter_column("users", "id", nullable=|')) == ["True", "False"]


def test_closed_sets(known: Project) -> None:
    key = 'op.create_foreign_key("fk", "a", "b", ["x"], ["id"], ondelete='
    assert labels(known, body(f'{key}"C|"')) == ["CASCADE", "RESTRICT", "NO ACTION"]
    assert offered(known, body(f"{key}|"))[0].text == '"CASCADE"'
    assert labels(known, body('op.drop_constraint("x", "users", type_="|"'))[:2] == ["foreignkey", "primary"]


@pytest.mark.parametrize("written", ['"|"', '"b|', "|", "('a1a1', '|')"])
def test_parents(known: Project, written: str) -> None:
    found = offered(known, f'revision = "d4"\ndown_revision = {written}\n', "m/versions/d4.py")
    assert found[0].label in ("c3c3", "b2b2")
    if "b" not in written:
        assert [item.label for item in found] == ["c3c3", "b2b2", "a1a1"]
        assert found[0].detail == "head"
        assert found[1].detail == "add the e-mail"


def test_a_revision_follows_nothing_that_follows_it(known: Project) -> None:
    text = HISTORY["m/versions/b2.py"].replace("'a1a1'", '"|"')
    assert labels(known, text, "m/versions/b2.py") == ["a1a1"]


def test_configure(known: Project) -> None:
    text = "from alembic import context\ncontext.configure(connection=c, comp|)\n"
    assert labels(known, text, "m/env.py") == ["compare_type=", "compare_server_default="]
    assert labels(known, text.replace("comp|", "compare_type=|"), "m/env.py") == ["True", "False"]


def test_rules_in_comments(known: Project) -> None:
    found = offered(known, body("op.drop_index('x')  # foreshot: ignore[drop-column, blocking-i|]"))
    assert "blocking-index" in [item.label for item in found]
    assert labels(known, body("pass  # ignore[bl|]")) == []


def test_settings(known: Project) -> None:
    assert "small-tables" in labels(known, "[tool.foreshot]\n|", "pyproject.toml")
    assert "blocking-index" in labels(known, '[tool.foreshot]\nignore = ["bl|"]\n', "pyproject.toml")
    assert "blocking-index" in labels(
        known, '[tool.foreshot]\nignore = [\n  "drop-table",\n  |\n', "pyproject.toml"
    )
    assert labels(known, '[tool.foreshot.severity]\ndrop-column = "|"\n', "pyproject.toml")[0] == "error"
    assert labels(known, "[tool.other]\n|", "pyproject.toml") == []
    assert "truncate_slug_length" in labels(known, "[alembic]\ntr|", "alembic.ini")
    assert labels(known, "[loggers]\n|", "alembic.ini") == []


def test_signatures() -> None:
    def shown(code: str) -> tuple[str, str | None] | None:
        text = body(code)
        found = signature(text.replace("|", "", 1), text.index("|"))
        if found is None:
            return None
        place = found.parameters[found.active] if found.active is not None else None
        return found.label.partition("(")[0], found.label[slice(*place)] if place is not None else None

    assert shown("op.drop_column(|") == ("drop_column", "table_name")
    assert shown('op.drop_column("users", |') == ("drop_column", "column_name")
    assert shown('op.alter_column("users", "id", type_=|') == ("alter_column", "type_=None")
    assert shown('op.alter_column("users", "id", postgresql_using=|') == ("alter_column", "**kw")
    assert shown('op.create_table("users", sa.Column("id"), |') == ("create_table", "*columns")
    assert shown('op.add_column("users", sa.Column(|') is None
    assert shown("print(|") is None
    assert shown('op.drop_column("users")|') is None


def test_anywhere_in_a_file(known: Project) -> None:
    """At each place of a text, whole and cut off there, something sensible comes back and nothing raises."""
    text = body(
        'with op.batch_alter_table("users") as b:\n        b.alter_column("id", existing_type=sa.Integer())\n'
        "    op.execute(f\"UPDATE users SET x = {1} WHERE y IN ('a')\")\n    # foreshot: ignore[drop-table]"
    )
    path = f"{known.surroundings.environment.home}/m/versions/c3.py"
    for offset in range(len(text)):
        for now in (text, text[:offset]):
            for item in complete(known, path, SourceText(now), offset):
                assert item.span.end == offset
                assert 0 <= item.span.start <= offset
            signature(now, offset)


TABLES = {
    "m/versions/a1.py": revision(
        "a1a1",
        'op.create_table("users", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("email", sa.String(80)))\n'
        'op.create_table("orders", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("user_id", sa.Integer()),\n'
        '    sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_orders_user"))\n'
        'op.create_index("ix_users_email", "users", ["email"])',
    ),
    "m/versions/b2.py": revision(
        "b2b2", 'op.add_column("users", sa.Column("nick", sa.String(), nullable=True))', "a1a1"
    ),
    "m/versions/c3.py": revision("c3c3", "pass", "b2b2"),
}


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        ('op.drop_table("|")', ["orders", "users"]),
        ('op.drop_column("users", "|', ["id", "email", "nick"]),
        ('op.drop_index("|"', ["ix_users_email"]),
        (
            'op.drop_constraint("|", "orders", type_="foreignkey")',
            ["fk_orders_user", "orders_pkey", "users_pkey"],
        ),
        ('op.create_index("ix", "users", ["email", "|', ["id", "nick"]),
        ('op.create_foreign_key("fk", "orders", "users", ["user_id"], ["|', ["id", "email", "nick"]),
        ('op.add_column("orders", sa.Column("x", sa.Integer(), sa.ForeignKey("users.e|', ["users.email"]),
        ('op.execute("UPDATE us|', ["users"]),
        ('op.execute("DELETE FROM users WHERE nick IS NULL AND em|', ["email"]),
        ('op.rename_table("orders", "purchases")\n    op.drop_table("|', ["purchases", "users"]),
        ('op.create_table("|")', []),
    ],
)
def test_names_of_the_schema(folder: Path, code: str, wanted: list[str]) -> None:
    known = project(folder, TABLES)
    found = [item.label for item in offered(known, body(code)) if not item.label.endswith("=")]
    assert sorted(found) == sorted(wanted), found


def test_a_downgrade_begins_after_its_upgrade(folder: Path) -> None:
    files = {
        **TABLES,
        "m/versions/c3.py": revision(
            "c3c3", 'op.create_table("tags", sa.Column("id", sa.Integer()))', "b2b2"
        ),
    }
    known = project(folder, files)
    text = files["m/versions/c3.py"].replace(
        "def downgrade():\n    pass", 'def downgrade():\n    op.drop_table("|")'
    )
    assert labels(known, text) == ["tags", "orders", "users"]


WIDE = {
    **TABLES,
    "m/versions/b2.py": revision(
        "b2b2",
        'op.create_table("teams", sa.Column("id", sa.Integer(), primary_key=True),\n'
        '    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),\n'
        '    sa.Column("budget", app.types.Money(2), comment="in cents"))\n'
        'op.create_table("orders_of_teams", sa.Column("id", sa.Integer(), primary_key=True))',
        "a1a1",
    ),
}


def revised(upgrade: str, downgrade: str) -> str:
    return body(upgrade).replace("def downgrade():\n    pass", f"def downgrade():\n    {downgrade}")


CREATED = 'op.add_column("users", sa.Column("age", sa.Integer()))\n    op.create_index(op.f("ix_age"), "users", ["age"])'


@pytest.mark.parametrize(
    ("upgrade", "downgrade", "first"),
    [
        (CREATED, "op.|", "drop_index"),
        (CREATED, 'op.drop_index("|")', "ix_age"),
        (CREATED, 'op.drop_index(op.f("|"), table_name="users")', "ix_age"),
        (CREATED, 'op.drop_index("ix_age", |)', "table_name="),
        (CREATED, 'op.drop_index(op.f("ix_age"), table_name="users")\n    op.|', "drop_column"),
        (CREATED, 'op.drop_index("ix_age")\n    op.drop_column("users", "|")', "age"),
        ('op.drop_column("users", "email")\n    op.|', "pass", "drop_column"),
        ('op.|("users", "id")', 'op.add_column("users", sa.Column("id", sa.Integer()))', "drop_column"),
        ("with op.|", "pass", "batch_alter_table"),
        ("connection = op.|", "pass", "get_bind"),
        ("op.create_index(op.|", "pass", "f"),
        ('op.create_foreign_key("fk", "users", "teams", ["id"], ["|"])', "pass", "id"),
        ('op.create_index("ix_users_email", "users", ["|"])', "pass", "email"),
        ('op.create_table("t", sa.Column("team_id", sa.Integer(), sa.ForeignKey("|")))', "pass", "teams.id"),
        (
            'op.create_table("t", sa.Column("a"), sa.ForeignKeyConstraint(["user_id"], ["|"]))',
            "pass",
            "users.id",
        ),
        (
            'op.create_table("t",\n    sa.Column("id", sa.Integer()),\n    sa.PrimaryKeyConstraint("|")',
            "pass",
            "id",
        ),
        ('op.create_table("t", |', "pass", "sa.Column"),
        ('op.add_column("users", sa.|', "pass", "Column"),
        ('op.add_column("users", sa.Column("created_at", sa.|', "pass", "DateTime"),
        ('op.add_column("users", sa.Column("created_at", |', "pass", "sa.DateTime(timezone=True)"),
        ('op.add_column("users", sa.Column("paid_at", sa.DateTime(), server_default=sa.|', "pass", "text"),
        ('op.alter_column("users", "email", nullable=False, existing_type=|', "pass", "sa.String(80)"),
        ('users = sa.table("|"', "pass", "orders_of_teams"),
        ('users = sa.table("users", sa.column("id"), sa.column("|"))', "pass", "email"),
        ('op.get_bind().execute(sa.text("UPDATE te|"))', "pass", "teams"),
        (
            'table = "users"\n    with op.batch_alter_table(table) as b:\n        b.alter|',
            "pass",
            "alter_column",
        ),
    ],
)
def test_the_likeliest_comes_first(folder: Path, upgrade: str, downgrade: str, first: str) -> None:
    assert labels(project(folder, WIDE), revised(upgrade, downgrade))[0] == first


def test_a_type_of_the_projects_own_brings_its_import(folder: Path) -> None:
    known = project(folder, WIDE)
    text = body('op.add_column("users", sa.Column("budget", |')
    item = offered(known, text)[0]
    assert item.text == "app.types.Money(2)"
    assert item.adds == (0, "import app.types\n")
    item = offered(known, f"from app.types import Money\n{text}")[0]
    assert item.text == "Money(2)"
    assert item.adds is None


def test_each_name_of_the_library_is_there() -> None:
    for module, names in library.TYPES.items():
        there = importlib.import_module(module)
        assert [name for name in names if not hasattr(there, name)] == []
    parts = (*library.PARTS, *library.OF_COLUMN, *library.DEFAULTS, *library.STATEMENTS)
    assert [name for name in parts if not hasattr(sqlalchemy, name)] == []


def test_every_id_of_a_long_history_can_be_reached(folder: Path) -> None:
    """So many are given at once, the newest; with what is written of an older one it is among them."""
    count = MOST + 50
    files = {
        f"m/versions/{number:04}.py": revision(
            f"id{number:04}", parent=f"id{number - 1:04}" if number else None
        )
        for number in range(count)
    }
    long = project(folder, files)
    text = revision("new", parent="|").replace("'|'", '"|"')
    found = labels(long, text, "m/versions/new.py")
    assert len(found) == MOST
    assert found[:2] == [f"id{count - 1:04}", f"id{count - 2:04}"]
    assert "id0007" not in found
    assert labels(long, text.replace("|", "id0007|"), "m/versions/new.py") == ["id0007"]
    assert labels(long, text.replace("|", "0007|"), "m/versions/new.py")[0] == "id0007"
    own = labels(long, text.replace('"new"', '"id0100"'), "m/versions/0100.py")
    assert own[0] == "id0099"
    assert len(own) == 100


@pytest.mark.parametrize(
    ("code", "first"),
    [
        ('op.add_column("users", sa.Column("phone", sa.String(20), |))', ["nullable=", "server_default="]),
        ('op.add_column("users", sa.Column("phone", sa.String(20), nullable=|))', ["True", "False"]),
        ('op.add_column("users", sa.Column("a", sa.Integer(), nullable=True, |))', ["server_default="]),
        ('op.create_table("x", sa.Column("id", sa.Integer(), pr|))', ["primary_key="]),
        ('op.create_table("x", sa.Column("a", sa.ForeignKey("users.id", |)))', ["ondelete=", "onupdate="]),
        ('op.create_table("x", sa.Column("a", sa.ForeignKey("users.id", ondelete="|")))', ["CASCADE"]),
        ('op.add_column("users", sa.Column("at", sa.DateTime(|)))', ["timezone="]),
    ],
)
def test_keywords_of_columns_and_keys(known: Project, code: str, first: list[str]) -> None:
    assert labels(known, body(code))[: len(first)] == first


def test_a_name_or_another_call_has_no_keywords(known: Project) -> None:
    assert labels(known, body('op.add_column("users", sa.Column("|"))')) == []
    other = labels(known, body('op.add_column("users", sa.Column("a", other.Column("b", |)))'))
    assert "nullable=" not in other
    assert "nullable=" not in labels(known, body('op.add_column("users", sa.Column("a", server_default=|))'))


def test_keywords_of_constructors_exist() -> None:
    for name, keywords in CONSTRUCTORS.items():
        made = getattr(sqlalchemy, name)
        for keyword in keywords:
            if name == "Enum":
                made("a", **{keyword: "x" if keyword in ("name", "schema") else True})
            else:
                parents = [one for one in made.__mro__ if "__init__" in vars(one)]
                assert any(keyword in inspect.signature(one.__init__).parameters for one in parents), keyword
