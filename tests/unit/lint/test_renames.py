"""Which pairs of a drop and an add are called a rename, and which are not."""

from __future__ import annotations

import pytest

from foreshot.lint.likeness import likeness
from foreshot.lint.renames import Renames
from foreshot.migration.reader import read_revision
from foreshot.syntax.module import Module, parse
from foreshot.text import SourceText

HEADER = '"""{message}"""\nfrom alembic import op\nimport sqlalchemy as sa\n\nrevision = "2"\ndown_revision = "1"\n\n\n'


def renames(upgrade: str, downgrade: str, message: str = "change") -> Renames:
    text = (
        HEADER.format(message=message)
        + function("upgrade", upgrade)
        + "\n\n"
        + function("downgrade", downgrade)
    )
    module = parse(SourceText(text))
    assert isinstance(module, Module)
    revision = read_revision(module)
    assert revision is not None
    return Renames(revision)


def function(name: str, body: str) -> str:
    return f"def {name}():\n" + "".join(f"    {line}\n" for line in body.strip().splitlines())


def pairs(upgrade: str, downgrade: str, message: str = "change") -> list[tuple[str, str]]:
    return [(pair.old_name, pair.new_name) for pair in renames(upgrade, downgrade, message).columns]


def drop_add(old: str, new: str, before: str, after: str, between: str = "") -> tuple[str, str]:
    """Both functions of a revision as autogenerate writes it; the types may bring further arguments."""
    up = f'op.add_column("t", sa.Column("{new}", {after}))\n{between}\nop.drop_column("t", "{old}")'
    down = f'op.add_column("t", sa.Column("{old}", {before}))\nop.drop_column("t", "{new}")'
    return up, down


@pytest.mark.parametrize(
    ("old", "new", "before", "after", "message"),
    [
        ("name", "full_name", "sa.VARCHAR(length=100)", "sa.String(100)", "change"),
        ("recieved_at", "received_at", "sa.DateTime()", "sa.DateTime()", "change"),
        ("batch_id", "llm_batch_id", "sa.VARCHAR()", "sa.String()", "change"),
        ("worker_config", "worker_info", "sa.JSON()", "sa.JSON()", "changed worker config to worker info"),
        ("author_id", "owner_id", 'sa.Integer(), sa.ForeignKey("u.id")', 'sa.Integer(), sa.ForeignKey("u.id")', "rename author_id to owner_id"),
    ],
)  # fmt: skip
def test_these_are_renames(old: str, new: str, before: str, after: str, message: str) -> None:
    assert pairs(*drop_add(old, new, before, after), message) == [(old, new)]


@pytest.mark.parametrize(
    ("old", "new", "before", "after"),
    [
        ("name", "full_name", "sa.String(100)", "sa.Integer()"),
        (
            "form_id",
            "competition_form_id",
            'sa.Uuid(), sa.ForeignKey("f.id")',
            'sa.Uuid(), sa.ForeignKey("c.id")',
        ),
        ("user_id", "organization_id", "sa.String()", "sa.String()"),
        ("start_time", "end_time", "sa.DateTime()", "sa.DateTime()"),
        ("is_admin", "is_active", "sa.Boolean()", "sa.Boolean()"),
        ("total", "order_total", "sa.Integer()", 'sa.Integer(), sa.Computed("a + b")'),
        ("id", "order_id", "sa.Integer(), primary_key=True", "sa.Integer()"),
    ],
)
def test_these_are_not(old: str, new: str, before: str, after: str) -> None:
    assert pairs(*drop_add(old, new, before, after)) == []


@pytest.mark.parametrize(
    "between",
    [
        'op.execute("UPDATE t SET full_name = name")',
        "op.execute(\"UPDATE t SET full_name = ''\")",
        'op.get_bind().execute(sa.text("SELECT 1"))',
        "session = Session(bind=op.get_bind())",
        'op.execute(sa.table("t", sa.column("full_name")).update().values(full_name="x"))',
        "op.execute(\"DO $$ BEGIN PERFORM copy_names('full_name'); END $$\")",
        "statement = fetch()\nop.execute(statement)",
    ],
)
def test_a_copy_speaks_against_it(between: str) -> None:
    up, down = drop_add("name", "full_name", "sa.String(100)", "sa.String(100)", between)
    assert pairs(up, down) == []


def test_what_creates_a_type_is_no_copy() -> None:
    made = 'sa.Enum("a", name="kind").create(op.get_bind(), checkfirst=True)'
    up, down = drop_add("name", "full_name", "sa.String(100)", "sa.String(100)", made)
    assert pairs(up, down) == [("name", "full_name")]


def test_nothing_is_lost_in_an_emptied_table() -> None:
    up, down = drop_add("name", "full_name", "sa.String(100)", "sa.String(100)")
    assert pairs('op.execute("DELETE FROM t")\n' + up, down) == []


def test_branches_that_exclude_each_other_are_no_pair() -> None:
    up = """
if op.get_context().dialect.name == "postgresql":
    op.add_column("t", sa.Column("full_name", sa.String(100)))
else:
    op.drop_column("t", "name")
"""
    _, down = drop_add("name", "full_name", "sa.String(100)", "sa.String(100)")
    assert pairs(up, down) == []


def test_without_a_downgrade_nothing_is_known() -> None:
    up, _ = drop_add("name", "full_name", "sa.String(100)", "sa.String(100)")
    assert pairs(up, "pass") == []


def test_the_better_half_is_taken() -> None:
    up = """
op.add_column("t", sa.Column("home_address", sa.String(120)))
op.add_column("t", sa.Column("home_phone", sa.String(20)))
op.drop_column("t", "address")
op.drop_column("t", "phone")
"""
    down = """
op.add_column("t", sa.Column("phone", sa.String(20)))
op.add_column("t", sa.Column("address", sa.String(120)))
"""
    assert pairs(up, down) == [("address", "home_address"), ("phone", "home_phone")]


TABLE = 'op.create_table("{}", sa.Column("id", sa.Integer()), sa.Column("street", sa.Text()), sa.Column("city", sa.Text()))'


@pytest.mark.parametrize(
    ("up", "expected"),
    [
        ([TABLE.format("addresses"), 'op.drop_table("address")'], [("address", "addresses")]),
        ([TABLE.format("addresses"), 'op.execute("INSERT INTO addresses SELECT * FROM address")', 'op.drop_table("address")'], []),
        ([TABLE.format("home_address"), TABLE.format("work_address"), 'op.drop_table("address")'], []),
        (['op.drop_table("address")', TABLE.format("address")], []),
        ([TABLE.format("hotels"), 'op.drop_table("address")'], []),
    ],
)  # fmt: skip
def test_tables(up: list[str], expected: list[tuple[str, str]]) -> None:
    found = renames("\n".join(up), TABLE.format("address")).tables
    assert [(pair.old_name, pair.new_name) for pair in found] == expected


@pytest.mark.parametrize(
    ("one", "other", "least", "most"),
    [
        ("name", "name", 1, 1),
        ("username", "user_name", 0.85, 1),
        ("name", "full_name", 0.5, 0.9),
        ("user_id", "organization_id", 0, 0.2),
        ("min_price", "max_price", 0, 0),
        ("a", "b", 0, 0),
        ("", "name", 0, 0),
    ],
)
def test_likeness(one: str, other: str, least: float, most: float) -> None:
    assert least <= likeness(one, other) <= most
    assert likeness(one, other) == likeness(other, one)


def test_a_hostile_revision_costs_no_more_than_its_length() -> None:
    up = "\n".join(
        f'op.add_column("t", sa.Column("a{n}", sa.String(9)))\nop.drop_column("t", "b{n}")'
        for n in range(2000)
    )
    down = "\n".join(f'op.add_column("t", sa.Column("b{n}", sa.String(9)))' for n in range(2000))
    found = renames(up, down)
    assert found.columns == ()
