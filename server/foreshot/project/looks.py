"""What a result was made of: the questions that were asked while it was made, and the answers.

A question and its answer are plain values, so a record can be stored. Whoever can answer a question notes it with
:func:`note`; whoever makes a result collects what was noted with :func:`recording`. The result holds as long as every
question still has its answer, however much else has changed.
"""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from typing import NamedTuple


class Look(NamedTuple):
    """One question and its answer."""

    kind: str
    """Who answers: see :meth:`foreshot.project.files.Files.answer` for the kinds that are about files."""
    about: str
    answer: bytes
    """Equal answers mean equal results; a long answer is its digest."""


Record = frozenset[Look]
NOTHING: Record = frozenset()


class _Active(threading.local):
    record: set[Look] | None = None


_active = _Active()


@contextmanager
def recording() -> Generator[set[Look]]:
    """Collect what is looked at inside, on this thread; it counts for a recording around this one, too."""
    outer = _active.record
    inner = _active.record = set[Look]()
    try:
        yield inner
    finally:
        _active.record = outer
        if outer is not None:
            outer |= inner


def is_recording() -> bool:
    """Whether anybody on this thread wants to know what is looked at."""
    return _active.record is not None


def note(kind: str, about: str, answer: bytes) -> None:
    """Say that a question was asked and how it was answered."""
    if _active.record is not None:
        _active.record.add(Look(kind, about, answer))


def note_all(looks: Iterable[Look]) -> None:
    """Say that a result was used that was made of these."""
    if _active.record is not None:
        _active.record.update(looks)
