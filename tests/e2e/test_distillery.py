"""The sample project, checked and repaired as a person would: it has a slip of every family, and clean revisions."""

from __future__ import annotations

import ast
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from e2e.cli.project import run
from foreshot.rules import IN_A_PROJECT, IN_A_REVISION, family_of

SAMPLE = Path(__file__).resolve().parents[1] / "projects/distillery"
CLEAN = [
    "migrations/versions/2025_03_03_warehouses_and_casks.py",
    "migrations/versions/2025_03_18_customers_and_orders.py",
    "migrations/versions/2025_04_02_order_lines_and_contents.py",
    "migrations/versions/2025_09_01_find_customers_by_name.py",
    "cellar/migrations/versions/2025_05_05_measures.py",
    "shop/migrations/versions/2025_06_10_shelves.py",
]
"""Revisions that nothing is wrong with."""
UNPARSABLE = "shop/migrations/versions/2025_10_13_gift_boxes.py"
"""A conflict that was committed."""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The sample, to be changed."""
    return shutil.copytree(SAMPLE, tmp_path / "distillery", ignore=shutil.ignore_patterns("__pycache__"))


def found(folder: Path, *arguments: str) -> list[dict[str, Any]]:
    """What ``foreshot check`` finds; findings there must be."""
    ran = run(folder, "check", "--no-cache", "--output-format", "json", "--all", *arguments)
    assert ran.returncode == 1, ran.stderr
    assert not ran.stderr
    return json.loads(ran.stdout)


def test_every_family_of_rules_finds_something():
    families = {entry.partition("/")[0] for entry in (*IN_A_REVISION, *IN_A_PROJECT)}
    seen = {family_of(finding["rule"]) for finding in found(SAMPLE)}
    assert not families - seen, f"nothing in {SAMPLE.name} shows what these rules are for"


def test_clean_revisions_have_no_findings():
    assert all((SAMPLE / path).is_file() for path in CLEAN)
    assert [finding for finding in found(SAMPLE) if finding["path"] in CLEAN] == []


def test_what_the_sample_says_of_itself_is_there():
    """Each revision has its line in the sample's README."""
    said = (SAMPLE / "README.md").read_text("utf-8")
    revisions = [path.name for path in SAMPLE.rglob("versions/*.py")]
    assert [name for name in revisions if f"`{name.removesuffix('.py')}`" not in said] == []


@pytest.mark.parametrize("options", [(), ("--unsafe-fixes",)], ids=["safe", "all"])
def test_repairs_leave_fewer_findings_and_files_that_parse(copy: Path, options: tuple[str, ...]):
    before = found(copy)
    ran = run(copy, "check", "--no-cache", "--fix", *options)
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert len(found(copy)) < len(before)
    once = {path: path.read_bytes() for path in copy.rglob("*.*")}
    run(copy, "check", "--no-cache", "--fix", *options)
    assert {path: path.read_bytes() for path in copy.rglob("*.*")} == once, "a second run repairs more"
    for path in copy.rglob("*.py"):
        if path != copy / UNPARSABLE:
            ast.parse(path.read_bytes(), str(path))


def test_clean_revisions_are_not_touched_by_repairs(copy: Path):
    run(copy, "check", "--no-cache", "--fix", "--unsafe-fixes")
    assert [path for path in CLEAN if (copy / path).read_bytes() != (SAMPLE / path).read_bytes()] == []
