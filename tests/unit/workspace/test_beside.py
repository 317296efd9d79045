"""Environments that may share a database: what another one's revisions speak of is not called missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from foreshot.workspace.check import Options, check

REVISION = """from alembic import op
import sqlalchemy as sa
revision = {name!r}
down_revision = {down!r}

def upgrade():
    {body}

def downgrade():
    pass
"""
MODELS = """import sqlalchemy as sa
from sqlalchemy.orm import declarative_base

Base = declarative_base()
"""
USERS = """import sqlalchemy as sa
from app.base import Base


class User(Base):
    __tablename__ = "users"
    id = sa.Column(sa.Integer, primary_key=True)
    nick = sa.Column(sa.Text)
    name = sa.Column(sa.Text, index=True)
"""
MAKES_USERS = """op.create_table(
        "users", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.Text)
    )"""
MAKES_LOGS = 'op.create_table("logs", sa.Column("id", sa.Integer, primary_key=True))'
THEN = "---"
"""Between the upgrades of two revisions."""
ALTERS_USERS = f"""{MAKES_LOGS}{THEN}
    op.add_column("users", sa.Column("nick", sa.Text))
    op.create_index("ix_users_name", "users", ["name"])"""
OWN = 'version_table="plugin_version", '


def told(root: Path, *environments: tuple[str, str, str, str]) -> set[tuple[str, str, str]]:
    """What is said of environments with these names, imports, further arguments of `context.configure` and upgrades: which rule, where, of what."""
    (root / "app").mkdir()
    (root / "app" / "__init__.py").write_text("")
    (root / "app" / "base.py").write_text(MODELS)
    (root / "app" / "users.py").write_text(USERS)
    (root / "pyproject.toml").write_text('[tool.foreshot]\ndialect = ["postgresql"]\n')
    for name, imports, arguments, body in environments:
        versions = root / name / "versions"
        versions.mkdir(parents=True)
        (root / f"{name}.ini").write_text(f"[alembic]\nscript_location = {name}\n")
        (root / name / "env.py").write_text(
            f"from alembic import context\nfrom app.base import Base\n{imports}\n"
            f"context.configure(connection=None, {arguments}target_metadata=Base.metadata)\n"
            "context.run_migrations()\n"
        )
        (root / name / "script.py.mako").write_text("revision = ${repr(up_revision)}\n")
        down = None
        for place, part in enumerate(body.split(THEN)):
            (versions / f"{place}.py").write_text(
                REVISION.format(name=f"{name}{place}", down=down, body=part)
            )
            down = f"{name}{place}"
    return {
        (report.rule, report.path.removeprefix(f"{root}/").partition("/")[0], report.object or "")
        for result in check(Options((str(root),), cache=False, jobs=1))
        for report in result.reports
        if report.rule in ("unknown-table", "unknown-column", "pending-migration", "models-not-imported")
    }


MAIN = ("main", "import app.users", "", MAKES_USERS)
PLUGIN = ("plugin", "import app.users", OWN, ALTERS_USERS)


def test_tables_columns_and_indexes_of_another_environment_are_not_missing(tmp_path: Path) -> None:
    assert told(tmp_path, MAIN, PLUGIN) == set()


@pytest.mark.parametrize(
    ("environments", "found"),
    [
        ([MAIN], {("pending-migration", "app", "nick"), ("pending-migration", "app", "ix_users_name")}),
        ([PLUGIN], {("unknown-table", "plugin", "users")}),
        # With one version table for both, there are two databases.
        ([MAIN, ("plugin", "", "", ALTERS_USERS)], {("unknown-table", "plugin", "users")}),
        # The other one speaks of neither.
        (
            [MAIN, ("plugin", "", OWN, 'op.add_column("user", sa.Column("id", sa.Text))')],
            {("pending-migration", "app", "nick"), ("pending-migration", "app", "ix_users_name")},
        ),
    ],
)
def test_what_no_revision_makes_is_missing_still(
    tmp_path: Path, environments: list[tuple[str, str, str, str]], found: set[tuple[str, str, str]]
) -> None:
    assert told(tmp_path, *environments) >= found


def test_tables_of_another_environment_s_database_are_not_lost(tmp_path: Path) -> None:
    part = ("part", "", "", 'op.add_column("logs", sa.Column("at", sa.DateTime))')
    assert ("models-not-imported", "part", "users") not in told(tmp_path, MAIN, part)


def test_tables_of_nobody_else_are_lost(tmp_path: Path) -> None:
    part = ("part", "", "", 'op.add_column("logs", sa.Column("at", sa.DateTime))')
    assert ("models-not-imported", "part", "users") in told(tmp_path, part)
