"""A thousand mutated messages; `fuzz_frames.py --frames 10000` tries more."""

from __future__ import annotations

from e2e.protocol import fuzz_frames


def test_mutated_frames() -> None:
    counts = fuzz_frames.run(frames=1_000, seed=7)
    assert counts["requests"] > 300
