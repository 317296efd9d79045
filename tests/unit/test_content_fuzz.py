"""Content that nobody meant: mutated revisions, and files made to hurt. Nothing raises, nothing hangs, nothing is lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from proofs.bombs import BOMBS
from proofs.memory import prove_files
from proofs.mutants import FILE, mutants

SEED = 20260101
FILES = 200
AT_ONCE = 25
# What a loaded machine may take for what takes a second; a hang takes longer.
LIVENESS = 300


@pytest.mark.parametrize("first", range(0, FILES, AT_ONCE))
def test_mutated_revisions(first: int) -> None:
    found = [
        f"file {number} of seed {SEED}: {violation}"
        for number, content in mutants(first + AT_ONCE, SEED)
        if number >= first
        for violation in prove_files({FILE: content})
    ]
    assert not "\n".join(found)


@pytest.mark.timeout(LIVENESS + 20)
@pytest.mark.parametrize("name", BOMBS)
def test_bombs(name: str) -> None:
    """In a process of its own, which a crash of the interpreter would take along."""
    ran = subprocess.run(
        [sys.executable, "-m", "proofs.bombs", name],
        cwd=Path(__file__).parents[1],
        env={key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"},
        capture_output=True,
        encoding="utf-8",
        timeout=LIVENESS,
        check=False,
    )
    assert ran.returncode >= 0, f"died of signal {-ran.returncode}"
    assert ran.returncode in (0, 1), ran.stderr
    assert not "\n".join(json.loads(ran.stdout)["violations"])
