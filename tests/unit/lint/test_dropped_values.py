"""What drop-column and drop-table say of the values, by what the rest of the revision does with them."""

from __future__ import annotations

import pytest

from foreshot.lint.report import Report
from foreshot.lint.words import on_databases
from rules.harness import REVISION, as_revision, project_of, reports_of

ADD = 'op.add_column("t", sa.Column("c", sa.Integer()))'
KEYED = 'op.add_column("t", sa.Column("c", sa.Integer(), sa.ForeignKey("p.id")))'
INLINE = KEYED[:-1] + ", inline_references=True)"
DROP = 'op.drop_column("t", "c")'
BATCH = 'with op.batch_alter_table("t") as b:\n        b.'


def said(upgrade: str, downgrade: str, dialect: str = "postgresql") -> str:
    """What is said of the last drop."""
    found = reports(upgrade, downgrade, dialect)
    return found[-1].message if found else ""


def reports(upgrade: str, downgrade: str, dialect: str = "postgresql") -> list[Report]:
    """What is found of the drops."""
    text = f"def upgrade():\n    {upgrade}\n\n\ndef downgrade():\n    {downgrade}\n"
    project = project_of({REVISION: as_revision(text, "0002", "0001")}, {"dialect": dialect})
    return [report for report in reports_of(project) if report.rule in ("drop-column", "drop-table")]


@pytest.mark.parametrize(
    ("sql", "fills"),
    [
        ("UPDATE t SET c = a + b", True),
        ("UPDATE t SET d = 1, c = upper(a) WHERE a > 3", True),
        ("UPDATE t SET c = u.c FROM u WHERE u.id = t.id", True),
        ("UPDATE t SET c = (SELECT max(u.n) FROM u WHERE u.t_id = t.id)", True),
        ("UPDATE t SET c = 3 WHERE a > 3", False),
        ("UPDATE t SET d = a, c = now()", False),
        ("UPDATE t SET c = 'a', d = a", False),
        ("UPDATE t SET c = coalesce(c, 0)", False),
        ("UPDATE t SET c = gone + a", False),
        ("UPDATE t SET c = made", False),
        ("UPDATE t SET c = renamed", False),
        ("UPDATE t SET c = g.c FROM gone_table g WHERE g.id = t.id", False),
        ("UPDATE t SET c = e.c FROM emptied e WHERE e.id = t.id", False),
        ("UPDATE u SET c = a", False),
        ("UPDATE t SET (c, d) = (SELECT 1, 2)", False),
        ("UPDATE t SET c = = a)), d = ((", False),
    ],
)
def test_filled_again(sql: str, fills: bool):
    """Only where the values are computed from what stays."""
    upgrade = (
        'op.drop_table("gone_table")\n    op.drop_column("t", "gone")\n    op.execute("DELETE FROM emptied")\n'
        '    op.add_column("t", sa.Column("made", sa.Integer()))\n'
        '    op.alter_column("t", "old", new_column_name="renamed")\n'
        f"    {DROP}"
    )
    message = said(upgrade, f'{ADD}\n    op.execute("{sql}")')
    assert ("`downgrade()` fills it again" in message) is fills
    assert message.startswith("Deletes") is not fills


def test_filled_on_a_condition():
    """That may not be."""
    downgrade = f'{ADD}\n    if settings.old:\n        op.execute("UPDATE t SET c = a")'
    assert said(DROP, downgrade).startswith("Deletes")


def test_double_quotes_on_mysql():
    """They are a string there."""
    assert said(DROP, f"{ADD}\n    op.execute('UPDATE t SET c = \"a\"')", "mysql").startswith("Deletes")
    assert "again" in said(DROP, f"{ADD}\n    op.execute('UPDATE t SET c = \"a\"')")


@pytest.mark.parametrize(
    ("sql", "reads"),
    [
        ("UPDATE t SET d = 1 WHERE c IS NOT NULL", False),
        ("SELECT id FROM t WHERE t.c is null AND d > 3", False),
        ('UPDATE t SET d = 1 WHERE "c" IS NULL'.replace('"', '\\"'), False),
        ("UPDATE u SET d = t.c FROM t WHERE t.c IS NOT NULL", True),
        ("UPDATE t SET d = 1 WHERE c", True),
        ("UPDATE t SET d = 1 WHERE c IS NOT TRUE", True),
    ],
)
def test_a_test_for_null_reads_no_values(sql: str, reads: bool):
    """What it found is not what was there."""
    assert ("were read earlier" in said(f'op.execute("{sql}")\n    {DROP}', "pass")) is reads


@pytest.mark.parametrize(
    ("upgrade", "downgrade", "databases"),
    [
        (DROP, KEYED, "PostgreSQL"),
        (DROP, ADD, "PostgreSQL, MySQL and SQLite"),
        (DROP, INLINE, "PostgreSQL, MySQL and SQLite"),
        (DROP, f'{ADD}\n    op.create_foreign_key("f", "t", "p", ["c"], ["id"])', "PostgreSQL"),
        (f'{BATCH}drop_column("c")', KEYED, "PostgreSQL and SQLite"),
        (f'{BATCH}drop_constraint("f", type_="foreignkey")\n    {DROP}', KEYED, "PostgreSQL, MySQL and SQLite"),
        (
            f'if op.get_bind().dialect.name == "mysql":\n        op.drop_constraint("f", "t")\n    {DROP}',
            KEYED,
            "PostgreSQL and MySQL",
        ),
    ],
)  # fmt: skip
def test_a_key_keeps_its_column(upgrade: str, downgrade: str, databases: str):
    """A database that refuses the drop is not named."""
    assert on_databases(reports(upgrade, downgrade, "postgresql,mysql,sqlite")[-1].databases) == databases


def test_where_nobody_takes_it():
    """The finding still names where it was looked at."""
    assert reports(DROP, KEYED, "sqlite")[-1].databases == ("sqlite",)


CREATE = 'op.create_table("made", sa.Column("id", sa.Integer()))'


@pytest.mark.parametrize(
    ("upgrade", "downgrade", "words"),
    [
        (CREATE, 'op.drop_table("mad")', "this fails, or deletes another table"),
        (CREATE, 'op.execute("DROP TABLE IF EXISTS mad")', "this does nothing, or deletes another table"),
        (CREATE, 'op.drop_table("mad")\n    op.drop_table("made")', "does not create it"),
        (CREATE, 'op.drop_table("mad")\n    op.rename_table("made", "old")', "does not create it"),
        (CREATE, 'op.drop_table("mad")\n    op.create_table("old")', "does not create it"),
        (f'{CREATE}\n    op.create_table("other")', 'op.drop_table("mad")', "does not create it"),
        (CREATE, 'op.drop_table("made")', ""),
    ],
)
def test_the_wrong_table(upgrade: str, downgrade: str, words: str):
    """Where one is made and another dropped, a name is wrong."""
    assert words in said(upgrade, downgrade)
    assert bool(words) is bool(said(upgrade, downgrade))
