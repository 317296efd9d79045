"""The generated files are what their sources say now."""

import subprocess
import sys
from pathlib import Path

import pytest

GENERATE = Path(__file__).with_name("generate.py")
PICTURES = Path(__file__).resolve().parents[2] / "docs/make_pictures.py"


@pytest.mark.parametrize("generator", [GENERATE, PICTURES], ids=["texts", "pictures"])
def test_generated_files_are_current(generator):
    run = subprocess.run(
        [sys.executable, generator, "--check"], capture_output=True, encoding="utf-8", check=False
    )
    assert run.returncode == 0, f"run `python3 dev.py docs`\n{run.stdout}{run.stderr}"
