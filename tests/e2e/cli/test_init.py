"""``foreshot init``: what it finds, and that nothing is written unasked."""

from __future__ import annotations

import subprocess
import tomllib
from pathlib import Path

import yaml

from e2e.cli.project import make, run


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_it_says_what_it_finds_and_writes_nothing(tmp_path: Path) -> None:
    make(tmp_path)
    before = files(tmp_path)
    ran = run(tmp_path, "init")
    assert ran.returncode == 0, ran.stderr
    for said in (
        "alembic.ini",
        "2 revisions, 1 head: 2b3c4d5e6f70",
        "PostgreSQL",
        "none, so that every revision is new",
    ):
        assert said in ran.stdout
    assert "Nothing was written." in ran.stdout
    assert "Next: `foreshot check`" in ran.stdout
    assert files(tmp_path) == before


def test_what_is_written_fits_and_a_second_time_nothing_is_left(tmp_path: Path) -> None:
    make(tmp_path)
    (tmp_path / ".pre-commit-config.yaml").write_text("repos: []\n", encoding="utf-8")
    before = files(tmp_path)
    assert run(tmp_path, "init", "--yes").returncode == 0
    assert files(tmp_path) - before == {"foreshot.toml", ".github/workflows/foreshot.yml"}
    assert (tmp_path / ".pre-commit-config.yaml").read_text("utf-8") == "repos: []\n"
    assert tomllib.loads((tmp_path / "foreshot.toml").read_text("utf-8")) == {"dialect": ["postgresql"]}
    workflow = yaml.safe_load((tmp_path / ".github/workflows/foreshot.yml").read_text("utf-8"))
    assert workflow["jobs"]["foreshot"]["steps"][0]["with"] == {"fetch-depth": 0}
    again = run(tmp_path, "init", "--yes")
    assert "by the settings" in again.stdout
    assert "Nothing to write" in again.stdout


def test_with_a_base_it_says_what_is_new(tmp_path: Path) -> None:
    make(tmp_path)
    for line in ("init -q -b main", "add .", "-c user.name=T -c user.email=t@example.org commit -qm one"):
        subprocess.run(["git", *line.split()], cwd=tmp_path, check=True)
    ran = run(tmp_path, "init")
    assert "HEAD" in ran.stdout
    assert "0 of 2" in ran.stdout
    assert "Next: `foreshot check --last 5`" in ran.stdout


def test_a_folder_without_a_project_is_an_error(tmp_path: Path) -> None:
    ran = run(tmp_path, "init")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "No Alembic project" in ran.stderr
