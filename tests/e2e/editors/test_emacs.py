"""Emacs with the configuration for eglot that the documentation gives: findings, hover, and a repair."""

from __future__ import annotations

import json
from pathlib import Path

from e2e.editors.common import TASK, blocks, check_repair, row_and_column, run, sample

DRIVER = Path(__file__).with_name("eglot.el")


def test_findings_hover_and_a_repair(tmp_path: Path):
    project, config, report = sample(tmp_path), tmp_path / "config.el", tmp_path / "report.json"
    config.write_text(next(block for block in blocks("emacs", "elisp") if "eglot" in block), encoding="utf-8")
    files = {"FORESHOT_CONFIG": str(config), "FORESHOT_REPORT": str(report)}
    ran = run("emacs", "--batch", "-l", str(DRIVER), cwd=project, **TASK, **files)
    assert report.exists(), ran.stderr
    seen = json.loads(report.read_text("utf-8"))
    assert "problem" not in seen, (seen["problem"], ran.stderr)
    rows = [row for row, text in seen["findings"] if text.startswith("Foreshot [missing-type-import]")]
    assert rows == [row_and_column(project)[0] + 1]
    check_repair(project, seen, seen["text"].splitlines())
