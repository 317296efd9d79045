"""The command line and the language server say the same of the same files."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from e2e.cli.project import run
from e2e.server.editor import Editor, path_of

SAMPLE = Path(__file__).resolve().parents[1] / "projects/distillery"


def test_both_find_the_same(tmp_path: Path):
    folder = tmp_path.resolve() / "distillery"
    shutil.copytree(SAMPLE, folder, ignore=shutil.ignore_patterns("__pycache__"))
    ran = run(folder, "check", "--no-cache", "--output-format", "json")
    told = [
        (
            finding["path"],
            finding["location"]["row"] - 1,
            finding["location"]["column"] - 1,
            finding["rule"],
            finding["severity"],
            finding["message"],
        )
        for finding in json.loads(ran.stdout)
    ]
    levels = {1: "error", 2: "warning", 3: "information", 4: "hint"}
    with Editor(folder) as editor:
        pulled = editor.call("workspace/diagnostic", previousResultIds=[])["items"]
    shown = [
        (
            path_of(file["uri"]).relative_to(folder).as_posix(),
            item["range"]["start"]["line"],
            item["range"]["start"]["character"],
            item["code"],
            levels[item["severity"]],
            item["message"],
        )
        for file in pulled
        for item in file["items"]
    ]
    assert told
    assert sorted(shown) == sorted(told)
