"""``--fix`` and ``--diff`` on a project on disk."""

import ast
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from e2e.cli.project import INDEX, ONLY, make, run

SAMPLE = Path(__file__).parents[2] / "projects/distillery"


@pytest.fixture
def project(tmp_path):
    make(tmp_path)
    return tmp_path


def index(project):
    return project / "migrations/versions/2b_index.py"


def test_unsafe_fixes_are_not_made_unasked(project):
    ran = run(project, "check", *ONLY, "--fix")
    assert ran.returncode == 1, ran.stderr
    assert index(project).read_text() == INDEX
    assert "1 fixable with --unsafe-fixes" in ran.stdout
    ran = run(project, "check", *ONLY, "--diff")
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "Nothing to fix.\n")


def test_fix(project):
    ran = run(project, "check", *ONLY, "--fix", "--unsafe-fixes")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    lines = ran.stdout.splitlines()
    assert lines[:2] == ["Fixed 1 problem:", "  migrations/versions/2b_index.py"]
    assert lines[2].startswith("    [blocking-index] Create the index concurrently")
    assert lines[-1] == "No problems in 2 revisions."
    assert "postgresql_concurrently=True" in index(project).read_text()
    again = run(project, "check", *ONLY, "--fix", "--unsafe-fixes")
    assert (again.returncode, again.stdout) == (0, "No problems in 2 revisions.\n")


def test_fix_keeps_standard_output_for_machines(project):
    ran = run(project, "check", *ONLY, "--fix", "--unsafe-fixes", "--output-format", "json")
    assert ran.returncode == 0
    assert json.loads(ran.stdout) == []
    assert ran.stderr.startswith("Fixed 1 problem:")


def test_where_ddl_stays_a_check_for_duplicates_comes_first(project):
    index(project).write_text(
        INDEX.replace("from alembic import op\n", "import sqlalchemy as sa\nfrom alembic import op\n")
        .replace(
            "def upgrade():\n", "def upgrade():\n    op.add_column('users', sa.Column('kind', sa.Text()))\n"
        )
        .replace('["email"]', '["email"], unique=True')
    )
    only = ("--select", "unique-over-existing-rows", "--dialect", "mysql")
    ran = run(project, "check", *only, "--fix", "--unsafe-fixes")
    assert ran.stdout.startswith("Fixed 1 problem:"), ran.stdout + ran.stderr
    body = index(project).read_text().partition("def upgrade():\n")[2]
    assert body.index("HAVING count(*) > 1") < body.index("op.add_column")


def test_diff_is_what_fix_does(project):
    ran = run(project, "check", *ONLY, "--diff", "--unsafe-fixes")
    assert ran.returncode == 1
    assert ran.stderr == "Would fix 1 problem in 1 file.\n"
    assert index(project).read_text() == INDEX
    run(project, "check", *ONLY, "--fix", "--unsafe-fixes")
    fixed = index(project).read_bytes()
    index(project).write_text(INDEX)
    subprocess.run(["git", "apply", "-"], input=ran.stdout.encode(), cwd=project, check=True)
    assert index(project).read_bytes() == fixed


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_as_a_filter(project, end):
    text = INDEX.replace("\n", end)
    arguments = ("check", *ONLY, "--fix", "--stdin-filename", "migrations/versions/2b_index.py")
    ran = run(project, *arguments, stdin=text)
    assert ran.returncode == 1
    assert ran.stdout == text
    assert "blocking-index" in ran.stderr
    ran = run(project, *arguments, "--unsafe-fixes", stdin=text)
    assert ran.returncode == 0, ran.stderr
    assert f"postgresql_concurrently=True){end}" in ran.stdout
    assert ran.stdout.count(end) == ran.stdout.count("\n")
    assert index(project).read_text() == INDEX


def test_everything_at_once_parses_and_a_second_run_changes_nothing(tmp_path):
    shutil.copytree(SAMPLE, tmp_path / "project")
    project = tmp_path / "project"
    first = run(project, "check", "--fix", "--unsafe-fixes")
    assert "Fixed " in first.stdout
    texts = {path: path.read_text("utf-8") for path in project.rglob("*.py")}
    broken = {path.name for path in SAMPLE.rglob("*.py") if not parses(path.read_text("utf-8"))}
    assert {path.name for path, text in texts.items() if not parses(text)} <= broken
    second = run(project, "check", "--fix", "--unsafe-fixes")
    assert "Fixed " not in second.stdout
    assert {path: path.read_text("utf-8") for path in project.rglob("*.py")} == texts


def parses(text):
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True
