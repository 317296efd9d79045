"""Where a cursor stands in text that is half written; ``|`` marks it."""

from __future__ import annotations

import random

import pytest

from foreshot.syntax.cursor import Cursor, cursor_at


def at(text: str) -> Cursor:
    place = text.index("|")
    return cursor_at(text.replace("|", "", 1), place)


def test_a_name_behind_a_dot() -> None:
    cursor = at("def upgrade():\n    op.crea|te()")
    assert (cursor.owner, cursor.brackets) == ("op", ())
    assert cursor.word.end - cursor.word.start == 4
    assert at("def upgrade():\n    op.|").owner == "op"
    assert at("sa.dialects.postgresql.J|").owner == "sa.dialects.postgresql"


@pytest.mark.parametrize(
    ("text", "callee", "position", "keyword"),
    [
        ('op.drop_column("users", |', "op.drop_column", 1, None),
        ('op.drop_column("users", "em|', "op.drop_column", 1, None),
        ('op.drop_column(table_name="us|', "op.drop_column", 0, "table_name"),
        ('op.create_index("ix", "users", ["a", "|', "op.create_index", 2, None),
        (
            'op.create_foreign_key("fk", "a", "b", ["x"], ["y"], ondelete="|',
            "op.create_foreign_key",
            5,
            "ondelete",
        ),
        ('op.add_column("users", sa.Column("x", sa.|', "sa.Column", 1, None),
        ('op.execute("SELECT (1, \\"a\\" FROM |', "op.execute", 0, None),
        ('f(g(1, 2), {"a": [1, 2]}, |', "f", 2, None),
        ("f(a == b, c=|", "f", 1, "c"),
    ],
)
def test_inside_a_call(text: str, callee: str, position: int, keyword: str | None) -> None:
    cursor = at(f"def upgrade():\n    {text}")
    assert cursor.call is not None
    assert (cursor.call.callee, cursor.call.position, cursor.call.keyword) == (callee, position, keyword)


def test_arguments_before_the_cursor() -> None:
    cursor = at('def upgrade():\n    op.alter_column("users", "email", nullable=False, existing_type=|')
    assert cursor.call is not None
    table, column = cursor.call.named("table_name", 0), cursor.call.named("column_name", 1)
    assert table is not None
    assert column is not None
    assert (table.literal, column.literal) == ("users", "email")


def test_what_is_open_above_ends_at_a_statement() -> None:
    text = 'def upgrade():\n    op.drop_column("users",\n    op.drop_index("|'
    cursor = at(text)
    assert [bracket.callee for bracket in cursor.brackets] == ["op.drop_index"]
    assert text[cursor.statement :].startswith("op.drop_index")
    # What goes on in lines of its own is no statement.
    cursor = at('def upgrade():\n    op.create_table(\n        "users",\n        sa.Column("id", |')
    assert [bracket.callee for bracket in cursor.brackets] == ["op.create_table", "sa.Column"]


def test_strings_and_comments() -> None:
    assert at('x = "a # b|').string is not None
    assert at("x = 1  # foreshot: ignore[bl|").comment
    assert at('x = "a"|').string is None
    cursor = at('op.execute("""\nSELECT *\nFROM us|')
    assert cursor.string is not None
    assert cursor.call is not None
    assert cursor.call.callee == "op.execute"


@pytest.mark.parametrize(
    "text", ['down_revision = "|', "down_revision: str = '|", 'down_revision = (\n    "a",\n    "|']
)
def test_assignments(text: str) -> None:
    cursor = at(f'"""docs"""\nrevision = "b"\n{text}')
    assert cursor.target == "down_revision"
    assert cursor.string is not None


def test_any_text_is_read_in_time() -> None:
    source = (
        'def upgrade():\n    with op.batch_alter_table("users") as b:\n        b.add_column(sa.Column("x", sa.String(5)))\n'
        * 20
    )
    chance = random.Random(7)
    for _ in range(300):
        text = "".join(
            chance.choice([*source[:200], "(", ")", '"', "'", "\n", '"""', "\\", "#", "[", "é"])
            for _ in range(200)
        )
        for offset in range(0, len(text), 7):
            cursor_at(text, offset)
    cursor_at("(" * 100_000, 100_000)
    cursor_at('"' * 99_999 + "x", 100_000)
    cursor_at("a." * 50_000, 100_000)


TYPED = """def upgrade():
    with op.batch_alter_table("users") as batch_op:
        batch_op.add_column(sa.Column("a", sa.Integer(), nullable=True))
    op.create_table(
        "orders",
        sa.Column("id", sa.Integer()),
    op.drop_column("users", "email")
    x = '''a
    op.drop_table("y")
    '''
    op.execute("it's " "so)
    op.drop_index("ix", [


def downgrade():
    op.add_column("users", sa.Column("email", sa.String(20)))
"""


def test_what_was_read_before_makes_no_difference() -> None:
    """Whoever types asks at one place after another: each answer is what a first question there would get."""
    draw = random.Random(7)
    text = TYPED
    for turn in range(600):
        offset = turn if turn < len(text) else draw.randrange(len(text) + 1)
        if draw.random() < 0.3:
            sign = draw.choice(["(", ")", '"', "\n", "    op.f(", "'''", ",", "#"])
            text = text[:offset] + sign + text[offset:]
        found = cursor_at(text, offset)
        cursor_at("def other():\n    op.x(", 21)
        assert found == cursor_at(text, offset), (turn, text[:offset])
