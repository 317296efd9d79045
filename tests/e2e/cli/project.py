"""A small Alembic project on disk, and Foreshot run in it as a person would."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

USERS = '''\
"""create users"""

import sqlalchemy as sa
from alembic import op

revision = "1a2b3c4d5e6f"
down_revision = None


def upgrade():
    op.create_table("users", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("email", sa.String(80)))


def downgrade():
    op.drop_table("users")
'''
# One finding with an unsafe fix, and no other rule has anything to say of it.
INDEX = '''\
"""add an index"""

from alembic import op

revision = "2b3c4d5e6f70"
down_revision = "1a2b3c4d5e6f"


def upgrade():
    op.create_index("ix_users_email", "users", ["email"])


def downgrade():
    op.drop_index("ix_users_email", table_name="users")
'''
ENV = "from alembic import context\n\ncontext.configure(dialect_name='postgresql')\n"
ONLY = ("--select", "blocking-index", "--dialect", "postgresql")
"""Holds the tests to one rule and one database, so that other rules may come."""


def make(folder: Path) -> Path:
    """Write the project; returns its folder of revisions."""
    versions = folder / "migrations/versions"
    versions.mkdir(parents=True)
    (folder / "alembic.ini").write_text("[alembic]\nscript_location = migrations\n", encoding="utf-8")
    (folder / "migrations/env.py").write_text(ENV, encoding="utf-8")
    (versions / "1a_users.py").write_text(USERS, encoding="utf-8")
    (versions / "2b_index.py").write_text(INDEX, encoding="utf-8")
    return versions


def environment(**more: str) -> dict[str, str]:
    """The environment without what changes the output."""
    dropped = {"NO_COLOR", "FORCE_COLOR", "COLUMNS", "FORESHOT_DEBUG", "PYTHONUTF8"}
    return {key: value for key, value in os.environ.items() if key not in dropped} | more


def run(folder: Path, *arguments: str, stdin: str = "", **env: str) -> subprocess.CompletedProcess[str]:
    """``python -m foreshot`` in a folder, its output decoded with every line end as it was written."""
    ran = subprocess.run(
        [sys.executable, "-m", "foreshot", *arguments],
        cwd=folder,
        input=stdin.encode(),
        capture_output=True,
        env=environment(**env),
        check=False,
        timeout=60,
    )
    return subprocess.CompletedProcess(ran.args, ran.returncode, ran.stdout.decode(), ran.stderr.decode())
