"""Who waits, and for what: tables that are empty by then, drops without a name, and MySQL's metadata locks."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from foreshot.workspace.project import Project
from rules.harness import REVISION, as_revision, project_of, reports_of

KEY = 'op.create_foreign_key("fk", "orders", "users", ["user_id"], ["id"])'
INDEX = 'op.create_index("ix", "orders", ["user_id"])'
UNNAMED = 'op.drop_constraint(None, "orders", type_="foreignkey")'
NAMED = 'op.drop_constraint("fk_old", "orders", type_="foreignkey")'
SETUP = "migrations/versions/0001_setup.py"
LIMITED = as_revision("def upgrade():\n    op.execute(\"SET lock_timeout = '5s'\")\n", "0001", None)
BOTH = "reads and writes of `orders` and `users`"


def said(
    rule: str, up: list[str], down: list[str] | None = None, *, dialect: str = "postgresql"
) -> list[str]:
    body = "".join(
        f"def {name}():\n" + "".join(f"    {line}\n" for line in lines or ["pass"]) + "\n"
        for name, lines in (("upgrade", up), ("downgrade", down))
    )
    project = project_of(
        {SETUP: LIMITED, REVISION: as_revision(body, "0002", "0001")},
        {"dialect": dialect, "locks": "downgrade"},
    )
    return [report.message for report in reports_of(project, rule)]


@pytest.mark.parametrize(
    ("rule", "lines", "found"),
    [
        ("blocking-foreign-key", ['op.execute("DELETE FROM orders")', KEY], 0),
        ("blocking-foreign-key", ['op.execute("TRUNCATE orders")', KEY], 0),
        ("blocking-foreign-key", ['op.execute("DELETE FROM orders WHERE total > 0")', KEY], 1),
        ("blocking-foreign-key", ['op.execute("DELETE FROM users")', KEY], 1),
        ("blocking-foreign-key", ["if hard:", '    op.execute("DELETE FROM orders")', KEY], 1),
        ("blocking-foreign-key", ["if hard:", '    op.execute("DELETE FROM orders")', f"    {KEY}"], 0),
        ("blocking-foreign-key", ['op.execute("DELETE FROM orders")', 'op.execute("SELECT fill()")', KEY], 1),
        ("blocking-foreign-key", ['op.execute("DELETE FROM orders")', "op.execute(statement)", KEY], 1),
        (
            "blocking-foreign-key",
            ["try:", '    op.execute("DELETE FROM orders")', "except Exception:", "    pass", KEY],
            1,
        ),
        ("blocking-index", ['op.execute("DELETE FROM orders")', INDEX], 1),
        ("blocking-index", ['op.execute("TRUNCATE orders")', INDEX], 0),
        ("blocking-index", ['op.add_column("orders", sa.Column("a", sa.Text(), nullable=False))', INDEX], 0),
        (
            "blocking-index",
            ["if known:", '    op.add_column("orders", sa.Column("a", sa.Text(), nullable=False))', INDEX],
            1,
        ),
    ],
)
def test_an_emptied_table_is_not_read(rule: str, lines: list[str], found: int):
    assert len(said(rule, lines)) == found


@pytest.mark.parametrize(
    ("up", "down", "both"),
    [
        ([KEY.replace('"fk"', "None")], [UNNAMED, KEY], True),
        ([KEY.replace('"fk"', "None")] * 2, [UNNAMED, UNNAMED, KEY], True),
        ([KEY.replace('"fk"', "None")] * 2, [UNNAMED, KEY], False),
        ([], [UNNAMED, KEY], False),
        ([KEY.replace('"fk"', "None")], ["if known:", f"    {UNNAMED}", KEY], None),
    ],
)
def test_a_drop_without_a_name_locks_once_it_has_one(up: list[str], down: list[str], both: bool | None):
    message = said("blocking-foreign-key", up, down)[-1]
    assert (BOTH in message) is bool(both)
    assert ("reads and writes of `orders`" in message) is (both is not None)


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ([UNNAMED, INDEX], 0),
        ([INDEX, UNNAMED], 1),
        (["if known:", f"    {UNNAMED}", INDEX], 1),
        (["try:", f"    {UNNAMED}", "except Exception:", "    pass", INDEX], 1),
        ([NAMED, INDEX], 1),
    ],
)
def test_nothing_waits_behind_what_always_fails(lines: list[str], found: int):
    assert len(said("missing-lock-timeout", lines)) == found


@pytest.mark.parametrize(
    "line",
    [
        INDEX,
        'op.drop_index("ix", "orders")',
        'op.add_column("orders", sa.Column("note", sa.Text()))',
        'op.drop_column("orders", "note")',
        'op.alter_column("orders", "note", existing_type=sa.Text(), nullable=False)',
        'op.rename_table("orders", "old_orders")',
        'op.drop_table("orders")',
    ],
)
@pytest.mark.parametrize("dialect", ["mysql", "mariadb"])
def test_on_mysql_everybody_waits_behind_a_metadata_lock(line: str, dialect: str):
    [message] = said("missing-lock-timeout", [line], dialect=dialect)
    assert "reads and writes of `orders`" in message


@pytest.mark.parametrize(
    "lines",
    [
        ['op.create_table("plans", sa.Column("user_id", sa.Integer(), sa.ForeignKey("users.id")))'],
        ['op.create_table("plans", sa.Column("id", sa.Integer()))', 'op.create_index("ix", "plans", ["id"])'],
        ['op.execute("UPDATE users SET plan = 1")'],
        ['op.alter_column("orders", "note", existing_type=sa.Text())'],
    ],
)
def test_not_behind_what_does_without(lines: list[str]):
    assert said("missing-lock-timeout", lines, dialect="mysql") == []


def test_a_table_that_goes_before_on_postgresql_is_named_for_postgresql_alone():
    up = [
        'op.create_table("plans", sa.Column("user_id", sa.Integer(), sa.ForeignKey("users.id")))',
    ]
    down = ['op.drop_table("plans")', 'op.drop_column("users", "bio")']
    [message] = said("missing-lock-timeout", up, down, dialect="postgresql,mysql")
    assert "queue behind it on PostgreSQL." in message


def test_one_revision_of_many_is_no_custom():
    add = 'def upgrade():\n    op.add_column("orders", sa.Column("note", sa.Text()))\n'
    texts = {SETUP: LIMITED}
    for number in range(2, 16):
        texts[f"migrations/versions/{number:04}_one.py"] = as_revision(
            add, f"{number:04}", f"{number - 1:04}"
        )
    whole = project_of(texts, {"dialect": "postgresql"})
    analyses = {
        path: replace(analysis, reviewed=path.endswith("0015_one.py"))
        for path, analysis in whole.analyses.items()
    }
    project = Project(whole.files, whole.surroundings, analyses, history=whole.history)
    [report] = reports_of(project, "missing-lock-timeout")
    assert report.path.endswith("env.py")
    assert "One operation in one revision" in report.message
