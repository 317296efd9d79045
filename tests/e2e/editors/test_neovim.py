"""Neovim with the configuration that the documentation gives: findings, hover, and a repair that a person chooses."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs/editors/neovim.md"
DRIVER = Path(__file__).with_name("neovim.lua")
REVISION = "migrations/versions/2025_11_10_angels_share.py"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    sample = ROOT / "tests/projects/distillery"
    return shutil.copytree(sample, tmp_path / "distillery", ignore=shutil.ignore_patterns("__pycache__"))


def nvim(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Neovim without a screen, and without anybody's own configuration."""
    folders = {f"XDG_{kind}_HOME": str(cwd / ".xdg" / kind) for kind in ("CONFIG", "DATA", "STATE", "CACHE")}
    found = os.environ["PATH"]
    beside = str(Path(sys.executable).parent)
    return subprocess.run(
        ["nvim", "--headless", "--clean", "-n", *arguments],
        cwd=cwd,
        env=os.environ | folders | environment | {"PATH": f"{beside}{os.pathsep}{found}"},
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )


def blocks() -> list[str]:
    """The Lua of the page, in order."""
    return re.findall(r"```lua\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)


def test_findings_hover_and_a_repair(project: Path, tmp_path: Path):
    config, report = tmp_path / "config.lua", tmp_path / "report.json"
    config.write_text(next(block for block in blocks() if "start_client" in block), encoding="utf-8")
    ran = nvim(
        "-c",
        f"luafile {DRIVER}",
        cwd=project,
        FORESHOT_CONFIG=str(config),
        FORESHOT_REPORT=str(report),
        FORESHOT_FILE=REVISION,
        FORESHOT_RULE="missing-type-import",
        FORESHOT_AT="app.types",
        FORESHOT_CHOOSE="Add `import app.types`",
    )
    seen = json.loads(report.read_text("utf-8"))
    assert "problem" not in seen, (seen["problem"], ran.stderr)
    assert seen["filetype"] == "python"
    before = (project / REVISION).read_text("utf-8").splitlines()
    row = next(number for number, line in enumerate(before) if "app.types" in line)
    (finding,) = (finding for finding in seen["findings"] if finding[1] == "missing-type-import")
    assert finding[:4] == ["Foreshot", "missing-type-import", row, before[row].index("app.types")]
    assert "casks" in seen["hover"]
    assert any("Ignore" in title for title in seen["offered"])
    after = seen["lines"]
    assert "import app.types" in after
    assert [line for line in after if line != "import app.types"] == before
    # What is only in the buffer is not on the disk.
    assert (project / REVISION).read_text("utf-8").splitlines() == before


def test_the_newer_configuration_says_the_same(tmp_path: Path):
    """Debian's Neovim is too old to use it, and not too old to read it."""
    newer = next(block for block in blocks() if "root_markers" in block)
    config = tmp_path / "foreshot.lua"
    config.write_text(newer, encoding="utf-8")
    show = f"lua io.stdout:write(vim.fn.json_encode(dofile([[{config}]])))"
    ran = nvim("-c", show, "-c", "qall!", cwd=tmp_path)
    told = json.loads(ran.stdout)
    older = next(block for block in blocks() if "start_client" in block)
    assert told["cmd"] == ["foreshot", "server"]
    for name in (*told["filetypes"], *told["root_markers"]):
        assert f'"{name}"' in older
