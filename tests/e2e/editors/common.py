"""The sample project in a repository, for an editor that is told to open, to ask and to repair."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
REVISION = "migrations/versions/2025_11_10_angels_share.py"
"""A type is used in it, and not imported."""
TASK = {
    "FORESHOT_FILE": REVISION,
    "FORESHOT_RULE": "missing-type-import",
    "FORESHOT_SAYS": "NameError",
    "FORESHOT_AT": "app.types",
    "FORESHOT_CHOOSE": "Add `import app.types`",
}
"""What the editors' scripts are told to open and to choose."""


def sample(folder: Path) -> Path:
    """A copy of the sample project that is a repository of its own."""
    project = folder / "distillery"
    shutil.copytree(ROOT / "tests/projects/distillery", project, ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run(["git", "init", "--quiet"], cwd=project, check=True)
    return project


def run(*command: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """An editor that has nobody's own configuration, and the tested Foreshot first on its path."""
    home = cwd.parent / "home"
    home.mkdir(exist_ok=True)
    kinds = ("CONFIG", "DATA", "STATE", "CACHE")
    own = {"HOME": str(home)} | {f"XDG_{kind}_HOME": str(home / kind.lower()) for kind in kinds}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        command,
        cwd=cwd,
        env=os.environ | own | environment | {"PATH": path},
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
        timeout=90,
    )


def blocks(page: str, language: str) -> list[str]:
    """The examples in one language on an editor's page, in order."""
    text = (ROOT / f"docs/editors/{page}.md").read_text("utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def check_repair(project: Path, seen: dict[str, Any], after: list[str]) -> None:
    """What every editor must have seen and done."""
    before = (project / REVISION).read_text("utf-8").splitlines()
    assert "casks" in seen["hover"]
    assert any("Ignore" in title for title in seen["offered"])
    assert "import app.types" in after
    assert [line for line in after if line != "import app.types"] == before


def row_and_column(project: Path) -> tuple[int, int]:
    """Where the type stands that is not imported, both from 0."""
    lines = (project / REVISION).read_text("utf-8").splitlines()
    row = next(number for number, line in enumerate(lines) if TASK["FORESHOT_AT"] in line)
    return row, lines[row].index(TASK["FORESHOT_AT"])
