"""Conditions that cannot be told: which of them leave a doubt, and of what."""

from __future__ import annotations

import pytest

from unit.history.test_replay import USERS, head

HOSTS = 'op.create_table("hosts", sa.Column("id", sa.Integer()), sa.Column("port", sa.Integer()))'
MADE = """
if flag():
    op.create_table("late", sa.Column("id", sa.Integer()))
    op.create_index("ix_late_id", "late", ["id"])
    op.drop_column("hosts", "port")
"""


@pytest.mark.parametrize(
    ("body", "known"),
    [
        # A handler that does the same once more.
        (
            """
try:
    op.add_column("hosts", sa.Column("extra", sa.Boolean()))
except Exception:
    op.drop_column("hosts", "extra")
    op.add_column("hosts", sa.Column("extra", sa.Boolean()))
""",
            True,
        ),
        # A condition under which a column is given the type that it has.
        (
            """
if flag():
    op.alter_column("hosts", "port", type_=sa.Integer())
""",
            True,
        ),
        (
            """
if flag():
    op.create_index("ix", "hosts", ["port"])
    op.drop_index("ix", "hosts")
""",
            True,
        ),
        (
            """
if flag():
    op.drop_column("hosts", "port")
    op.add_column("hosts", sa.Column("port", sa.String(5)))
""",
            False,
        ),
        (
            """
if flag():
    op.alter_column("hosts", "port", nullable=False)
""",
            False,
        ),
        # Each undoes what the other may have done: what is left depends on both.
        (
            """
if flag():
    op.drop_column("hosts", "port")
if other():
    op.add_column("hosts", sa.Column("port", sa.Integer()))
""",
            False,
        ),
        (
            """
if flag():
    op.execute(sql())
""",
            False,
        ),
    ],
)
def test_what_leaves_the_schema_as_it_is_leaves_no_doubt(body: str, known: bool) -> None:
    for dialect in ("postgresql", "mysql", "sqlite"):
        schema = head(("a", None, HOSTS), ("b", "a", body), dialect=dialect)
        assert (not schema.unknown) is known, schema.unknown


def test_an_operation_behind_the_condition_is_none_of_it() -> None:
    body = """
if flag():
    op.drop_index("ix", "hosts")
op.create_index("ix", "hosts", ["port"])
"""
    made = (
        HOSTS
        + """
op.create_index("ix", "hosts", ["port"])
"""
    )
    assert head(("a", None, made), ("b", "a", body)).unknown


@pytest.mark.parametrize(
    ("later", "known"),
    [
        ('op.add_column("late", sa.Column("extra", sa.Integer()))', True),
        ('op.create_index("ix_more", "late", ["id"])', True),
        ('op.add_column("hosts", sa.Column("extra", sa.Integer()))', False),
        # None of these fails where the table is not there.
        ('op.execute("ALTER TABLE IF EXISTS late ADD COLUMN extra INTEGER")', False),
        ('if flag():\n    op.add_column("late", sa.Column("extra", sa.Integer()))', False),
        (
            'try:\n    op.add_column("late", sa.Column("extra", sa.Integer()))\nexcept Exception:\n    pass',
            False,
        ),
        (
            'from contextlib import suppress\nwith suppress(Exception):\n    op.create_index("ix_more", "late", ["id"])',
            False,
        ),
        # It may be this table that the column is added to.
        (
            """
op.create_table("late", sa.Column("other", sa.Integer()), if_not_exists=True)
op.add_column("late", sa.Column("extra", sa.Integer()))
""",
            False,
        ),
    ],
)
def test_a_condition_held_if_a_later_revision_would_fail_without_it(later: str, known: bool) -> None:
    schema = head(("a", None, HOSTS), ("b", "a", MADE), ("c", "b", later))
    assert (schema.tables["late"].there is None) is known
    # What ran under the same condition ran as well.
    assert (not schema.unknown) is known
    assert "port" not in schema.tables["hosts"].columns


def test_other_conditions_are_not_shown_by_it() -> None:
    made = (
        MADE
        + """
if other():
    op.drop_table("users")
"""
    )
    later = 'op.add_column("late", sa.Column("extra", sa.Integer()))'
    schema = head(("a", None, HOSTS + "\n" + USERS), ("b", "a", made), ("c", "b", later))
    assert [reason.about for reason in schema.unknown if reason.about != "teams"] == ["users"]
    assert schema.doubts(schema.tables["late"]) == ()


def test_of_two_tables_of_one_name_it_is_not_told_which_is_there() -> None:
    made = """
if flag():
    op.create_table("late", sa.Column("id", sa.Integer()))
if other():
    op.create_table("late", sa.Column("key", sa.Integer()))
"""
    later = 'op.add_column("late", sa.Column("extra", sa.Integer()))'
    schema = head(("a", None, made), ("b", "a", later))
    assert schema.doubts(schema.tables["late"])


def test_an_index_that_is_renamed_if_it_exists() -> None:
    for words, known in (("IF EXISTS ", True), ("", False)):
        body = f'op.execute("ALTER INDEX {words}ix_none RENAME TO ix_some")'
        assert (not head(("a", None, HOSTS), ("b", "a", body)).unknown) is known


def test_a_long_loop_that_does_nothing_to_the_schema() -> None:
    lines = "\n".join(f"    step({number})" for number in range(300))
    body = f"""
for prefix in range(256):
{lines}
op.add_column("hosts", sa.Column("extra", sa.Integer()))
"""
    schema = head(("a", None, HOSTS), ("b", "a", body))
    assert not schema.unknown
    assert "extra" in schema.tables["hosts"].columns


def test_a_long_loop_that_does_something_by_its_item() -> None:
    lines = "\n".join(f"    step({number})" for number in range(300))
    body = f"""
for number in range(256):
{lines}
    if number == 200:
        op.drop_column("hosts", "port")
"""
    assert head(("a", None, HOSTS), ("b", "a", body)).unknown
