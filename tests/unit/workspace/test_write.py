"""Writing files over what was read, and over nothing else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from foreshot.text import SourceText
from foreshot.workspace.write import WriteRefused, write


def test_what_is_saved_while_the_disk_syncs_is_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.py"
    path.write_text("one\n", encoding="utf-8")
    sync = os.fsync

    def meanwhile(descriptor: int) -> None:
        sync(descriptor)
        path.write_text("somebody else's\n", encoding="utf-8")

    monkeypatch.setattr(os, "fsync", meanwhile)
    with pytest.raises(WriteRefused, match="has changed since it was read"):
        write(str(path), SourceText("one\n"), "two\n")
    assert path.read_text("utf-8") == "somebody else's\n"
    assert [item.name for item in tmp_path.iterdir()] == ["a.py"]
