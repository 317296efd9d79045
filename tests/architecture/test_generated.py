"""The generated files are what their sources say now."""

import subprocess
import sys
from pathlib import Path

GENERATE = Path(__file__).with_name("generate.py")


def test_generated_files_are_current():
    run = subprocess.run(
        [sys.executable, GENERATE, "--check"], capture_output=True, encoding="utf-8", check=False
    )
    assert run.returncode == 0, f"run `python3 dev.py docs`\n{run.stdout}{run.stderr}"
