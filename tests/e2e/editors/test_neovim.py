"""Neovim with the configuration that the documentation gives: findings, hover, and a repair that a person chooses."""

from __future__ import annotations

import json
from pathlib import Path

from e2e.editors.common import TASK, blocks, check_repair, row_and_column, run, sample

DRIVER = Path(__file__).with_name("neovim.lua")
NVIM = ("nvim", "--headless", "--clean", "-n")


def test_findings_hover_and_a_repair(tmp_path: Path):
    project, config, report = sample(tmp_path), tmp_path / "config.lua", tmp_path / "report.json"
    config.write_text(_older(), encoding="utf-8")
    files = {"FORESHOT_CONFIG": str(config), "FORESHOT_REPORT": str(report)}
    ran = run(*NVIM, "-c", f"luafile {DRIVER}", cwd=project, **TASK, **files)
    seen = json.loads(report.read_text("utf-8"))
    assert "problem" not in seen, (seen["problem"], ran.stderr)
    (finding,) = (finding for finding in seen["findings"] if finding[1] == TASK["FORESHOT_RULE"])
    assert finding[:4] == ["Foreshot", TASK["FORESHOT_RULE"], *row_and_column(project)]
    check_repair(project, seen, seen["lines"])


def test_the_newer_configuration_says_the_same(tmp_path: Path):
    """Debian's Neovim is too old to use it, and not too old to read it."""
    config = tmp_path / "foreshot.lua"
    config.write_text(next(block for block in blocks("neovim", "lua") if "root_markers" in block), "utf-8")
    show = f"lua io.stdout:write(vim.fn.json_encode(dofile([[{config}]])))"
    told = json.loads(run(*NVIM, "-c", show, "-c", "qall!", cwd=tmp_path).stdout)
    assert told["cmd"] == ["foreshot", "server"]
    for name in (*told["filetypes"], *told["root_markers"]):
        assert f'"{name}"' in _older()


def _older() -> str:
    return next(block for block in blocks("neovim", "lua") if "start_client" in block)
