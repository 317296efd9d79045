"""Where autocommit blocks are written, and why they are not."""

from __future__ import annotations

import pytest

from foreshot.lint.report import Report
from foreshot.workspace.resolve import ResolvedFix
from rules.harness import REVISION, applied, as_revision, functions_of, project_of, reports_of

HEAD = "from alembic import context\nfrom sqlalchemy import engine_from_config, text\n\n\n"

INDEX = '    op.create_index("ix", "users", ["email"])\n'


def asked(body: str, env: str = "", **options: str) -> tuple[Report, list[ResolvedFix], dict[str, str]]:
    files = {REVISION: as_revision(body, "0002", "0001")}
    if env:
        files["migrations/env.py"] = env
    project = project_of(files, {"dialect": "postgresql", **options})
    report = reports_of(project, "blocking-index")[0]
    fixes = project.fixes(report)
    return report, fixes, applied(project, fixes[0]) if fixes else {}


def online(*lines: str) -> str:
    return (
        HEAD
        + "def run_migrations_online():\n"
        + "".join(f"    {line}\n" for line in lines)
        + "\n\nrun_migrations_online()\n"
    )


CONFIGURE = "context.configure(connection=connection, target_metadata=None)"
RUNS = ("    with context.begin_transaction():", "        context.run_migrations()")
ENVS = {
    "connect": (online("with engine.connect() as connection:", "    " + CONFIGURE, *RUNS), None),
    "begin": (online("with engine.begin() as connection:", "    " + CONFIGURE, *RUNS), "begins the transaction itself"),
    "statement": (
        online("with engine.connect() as connection:", '    connection.execute(text("SET x = 1"))', "    " + CONFIGURE, *RUNS),
        "runs SQL before",
    ),
    "committed": (
        online(
            "with engine.connect() as connection:",
            '    connection.execute(text("SET x = 1"))',
            "    connection.commit()",
            "    " + CONFIGURE,
            *RUNS,
        ),
        None,
    ),
    "own transaction": (
        online(
            "with engine.connect() as connection:",
            "    with connection.begin():",
            '        connection.execute(text("CREATE SCHEMA IF NOT EXISTS app"))',
            "    " + CONFIGURE,
            *RUNS,
        ),
        None,
    ),
    "none": (online("with engine.connect() as connection:", "    " + CONFIGURE, "    context.run_migrations()"), "without `context.begin_transaction()`"),
    "async begin": (
        HEAD
        + "def do_run(connection):\n    "
        + CONFIGURE
        + "\n    with context.begin_transaction():\n        context.run_migrations()\n\n\n"
        + "async def run_async():\n    async with engine.begin() as connection:\n        await connection.run_sync(do_run)\n",
        "begins the transaction itself",
    ),
    "async": (
        HEAD
        + "def do_run(connection):\n    "
        + CONFIGURE
        + "\n    with context.begin_transaction():\n        context.run_migrations()\n\n\n"
        + "async def run_async():\n    async with engine.connect() as connection:\n        await connection.run_sync(do_run)\n",
        None,
    ),
    "offline begins": (
        online("with engine.connect() as connection:", "    " + CONFIGURE, *RUNS)
        + "\n\ndef run_migrations_offline():\n    with engine.begin() as c:\n        context.configure(url='x')\n        context.run_migrations()\n",
        None,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ENVS)
def test_no_block_where_env_py_has_begun_the_transaction(name: str):
    env, reason = ENVS[name]
    report, fixes, _ = asked("def upgrade():\n" + INDEX, env)
    if reason is None:
        assert fixes
        assert not report.withheld
    else:
        assert not fixes
        assert reason in report.withheld[0].reason


def test_neighbours_share_one_block():
    more = '    op.create_index("iy", "users", ["plan"])  # for the list\n'
    _, fixes, texts = asked("def upgrade():\n" + INDEX + more)
    assert texts[REVISION].count("autocommit_block") == 1
    assert "# for the list" in texts[REVISION]
    assert len(fixes) == 1


@pytest.mark.parametrize("condition", ['op.get_bind().dialect.name == "sqlite"', "settings.LATE"])
def test_a_block_that_may_not_run_has_committed_nothing(condition: str):
    report, fixes, _ = asked(
        "from app import settings\n\n\n"
        "def upgrade():\n"
        '    op.add_column("users", sa.Column("plan", sa.Text()))\n'
        f"    if {condition}:\n"
        "        with op.get_context().autocommit_block():\n"
        '            op.execute("VACUUM")\n'
        "    else:\n"
        f"    {INDEX}"
    )
    assert not fixes
    assert "cannot run twice" in report.withheld[0].reason


def test_what_comes_before_goes_to_a_revision_of_its_own():
    body = (
        "def upgrade():\n"
        '    op.add_column("users", sa.Column("plan", sa.Text()))\n'
        '    op.create_index("ix", "users", ["plan"])\n'
        '    op.add_column("users", sa.Column("late", sa.Text()))\n\n\n'
        "def downgrade():\n"
        '    op.drop_column("users", "late")\n'
        '    op.drop_index("ix", table_name="users")\n'
        '    op.drop_column("users", "plan")\n'
    )
    _, fixes, texts = asked(body)
    (created,) = fixes[0].creates
    assert functions_of(created.text) == (
        'def upgrade():\n    op.add_column("users", sa.Column("plan", sa.Text()))\n\n\n'
        'def downgrade():\n    op.drop_column("users", "plan")\n'
    )
    assert "down_revision = '0001'" in created.text
    new = created.text.split('revision = "')[1].split('"')[0]
    assert f"down_revision = '{new}'" in texts[REVISION]
    assert f"Revises: {new}" in texts[REVISION]
    rest = functions_of(texts[REVISION])
    assert "late" in rest
    assert '"plan", sa' not in rest
    assert rest.index('drop_column("users", "late")') < rest.index("drop_index", rest.index("def downgrade"))


def test_a_block_goes_in_front_where_nothing_before_it_touches_its_table():
    body = 'def upgrade():\n    op.add_column("orders", sa.Column("note", sa.Text()))\n' + INDEX
    _, fixes, texts = asked(body)
    assert not fixes[0].creates
    text = functions_of(texts[REVISION])
    assert text.index("autocommit_block") < text.index("add_column")


@pytest.mark.parametrize(
    "lines",
    [
        # A name that both halves use.
        '    table = "users"\n    op.add_column(table, sa.Column("plan", sa.Text()))\n    op.create_index("ix", table, ["plan"])\n',
        # Both stand under one condition.
        '    if later:\n        op.add_column("users", sa.Column("plan", sa.Text()))\n        op.create_index("ix", "users", ["plan"])\n',
    ],
)
def test_it_is_refused_where_the_revision_cannot_be_divided(lines: str):
    report, fixes, _ = asked("def upgrade():\n" + lines)
    assert not fixes
    assert "its own revision" in report.withheld[0].reason


@pytest.mark.parametrize(
    ("env", "lead", "tail"),
    [
        ("    connection.execute(text(\"SET lock_timeout = '4s'\"))\n    connection.commit()\n", "SET lock_timeout = 0", "SET lock_timeout = '4s'"),
        ("", None, None),
    ],
)  # fmt: skip
def test_the_sessions_lock_timeout_is_lifted(env: str, lead: str | None, tail: str | None):
    text = (
        HEAD
        + "def run_migrations_online():\n"
        + env
        + "    "
        + CONFIGURE
        + "\n    with context.begin_transaction():\n        context.run_migrations()\n"
    )
    _, _, texts = asked("def upgrade():\n" + INDEX, text)
    lines = [line.strip() for line in functions_of(texts[REVISION]).split("\n")]
    if lead is None:
        assert not any("lock_timeout" in line for line in lines)
    else:
        assert lines[2] == f'op.execute("{lead}")'
        assert lines[5] == f'op.execute("{tail}")'


def test_an_only_index_of_a_partitioned_table_is_left():
    body = 'def upgrade():\n    op.execute("CREATE INDEX ix ON ONLY events (day)")\n'
    report, fixes, _ = asked(body)
    assert not fixes
    del report
