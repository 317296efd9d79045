"""A plain `foreshot check` starts at once: the heavy libraries come in only for what needs them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ["pygls", "lsprotocol", "libcst", "alembic", "sqlalchemy"]

# Runs the command line as the console script does, then tells which heavy libraries came in with it.
PROBE = f"""
import json, sys
from foreshot.cli.main import main
after_import = [name for name in {HEAVY!r} if name in sys.modules]
sys.argv = ["foreshot", "check", "--no-cache", sys.argv[1]]
try:
    code = main()
except SystemExit as stop:
    code = stop.code
after_check = [name for name in {HEAVY!r} if name in sys.modules]
print(json.dumps([code or 0, after_import, after_check]), file=sys.stderr)
"""

REVISION = '''\
"""create users"""

import sqlalchemy as sa
from alembic import op

revision = "1a2b3c4d5e6f"
down_revision = None


def upgrade():
    op.create_table("users", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("email", sa.String(80)))
    op.create_index("ix_users_email", "users", ["email"])


def downgrade():
    op.drop_index("ix_users_email", table_name="users")
    op.drop_table("users")
'''


def empty_folder(folder: Path) -> None:
    """A folder with nothing in it."""


def small_project(folder: Path) -> None:
    """An Alembic project of one revision."""
    versions = folder / "migrations/versions"
    versions.mkdir(parents=True)
    (folder / "alembic.ini").write_text("[alembic]\nscript_location = migrations\n", encoding="utf-8")
    (folder / "migrations/env.py").write_text("from alembic import context\n", encoding="utf-8")
    (versions / "1a2b3c4d5e6f_create_users.py").write_text(REVISION, encoding="utf-8")


@pytest.mark.parametrize("make", [empty_folder, small_project])
def test_check_imports_nothing_heavy(make, tmp_path):
    make(tmp_path)
    run = subprocess.run(
        [sys.executable, "-c", PROBE, str(tmp_path)],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert run.returncode == 0, run.stderr
    code, after_import, after_check = json.loads(run.stderr.splitlines()[-1])
    assert after_import == []
    assert after_check == []
    assert code in ((0,) if make is empty_folder else (0, 1)), run.stdout + run.stderr
