"""What the documents say is there is there: tests, packages, files, commands."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from foreshot.cli.formats import FORMATS
from foreshot.cli.main import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs/editors").glob("*.md"))]
MAP = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
PACKAGES = {path.parent.name for path in (ROOT / "server/foreshot").glob("*/__init__.py")}


def test_invariants_name_tests_that_exist():
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", MAP)
    assert named
    assert [f"{path}::{test}" for path, test in named if test not in functions(ROOT / path)] == []


def test_every_invariant_names_a_test():
    section = MAP.partition("## Invariants")[2].partition("\n## ")[0]
    invariants = re.split(r"^\d+\. ", section, flags=re.MULTILINE)[1:]
    assert invariants
    assert [text for text in invariants if "::test_" not in text] == []


def test_the_map_has_every_package():
    mapped = set(re.findall(r"^\*\*`(\w+)`\*\*", MAP, re.MULTILINE))
    assert mapped == PACKAGES


def test_links_lead_to_files():
    assert [
        f"{document.name}: {target}"
        for document in DOCUMENTS
        for target in links(document)
        if not (document.parent / target).exists()
    ] == []


def test_the_readme_knows_commands_and_formats():
    text = (ROOT / "README.md").read_text("utf-8")
    shown = set(re.findall(r"^\$ foreshot (\w+)", text, re.MULTILINE)) | set(
        re.findall(r"`foreshot (\w+)`", text)
    )
    assert shown == set(COMMANDS)
    assert [name for name in FORMATS if f"`{name}`" not in text] == []


def functions(path: Path) -> set[str]:
    if not path.is_file():
        return set()
    found = ast.walk(ast.parse(path.read_bytes()))
    return {node.name for node in found if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def links(document: Path) -> Iterator[str]:
    for target in re.findall(r"\]\(([^)#\s]+)", document.read_text("utf-8")):
        if "://" not in target:
            yield target
