"""Spreading work over processes, where the platform can copy a process cheaply and the work is worth it."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, BinaryIO, Final, TypeVar

import msgspec

Item = TypeVar("Item")
Result = TypeVar("Result")

WORTHWHILE: Final = 120
"""Revisions below which one process reads them faster than two (measured: a fork and the way back cost about 15 ms)."""

_COLLECTED: Final = 1_000
"""Items after which garbage is collected where the caller has switched that off: few cycles are left behind."""
_PIPE: Final = 1 << 20
"""Bytes that a process may be ahead of the one that takes its results, where the system lets us say so."""
_SIZE: Final = 8
"""Bytes before each result, which say how long it is."""


def map_in_processes(
    work: Callable[[Item], Result],
    items: Sequence[Item],
    kind: Any,
    jobs: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    *,
    worthwhile: int = WORTHWHILE,
) -> Iterator[Result]:
    """``work(item)`` for each item, in order; the results of other processes come back as MessagePack of ``kind``.

    Results come one by one while the work goes on, and nobody holds more than a few of them. A process that dies takes
    nothing along: its share is done here instead. ``progress`` is told how many of how many items are done; with fewer
    than ``worthwhile`` of them, there are no other processes.
    """
    count = min(jobs or _processors(), len(items) * 2 // worthwhile if jobs is None else len(items))
    can_fork = hasattr(os, "fork") and sys.platform != "darwin" and threading.active_count() == 1
    if count < 2 or (jobs is None and len(items) < worthwhile) or not can_fork:
        count = 1
    others = [_Other(work, items[start::count]) for start in range(1, count)]
    try:
        for index, item in enumerate(items):
            other = others[index % count - 1] if index % count else None
            given = other.take(kind) if other is not None else None
            yield work(item) if given is None else given[0]
            done = index + 1
            if done % _COLLECTED == 0 and not gc.isenabled():
                gc.collect()
            if progress is not None and (done % 50 == 0 or done == len(items)):
                progress(done, len(items))
    finally:
        for other in others:
            other.close()


class _Other:
    """Another process, which works on its share and hands back one result after the other."""

    def __init__(self, work: Callable[[Any], Any], share: Sequence[Any]) -> None:
        reading, writing = os.pipe()
        self._process = os.fork()
        if not self._process:
            # The copy: nothing of it may return to the caller, whatever happens.
            status = 1
            try:
                os.close(reading)
                with os.fdopen(writing, "wb") as pipe:
                    _hand_over(work, share, pipe)
                status = 0
            finally:
                os._exit(status)
        os.close(writing)
        self._pipe = os.fdopen(reading, "rb")

    def take(self, kind: Any) -> tuple[Any] | None:
        """The next result; None when the process has died or talks nonsense."""
        size = self._pipe.read(_SIZE)
        data = self._pipe.read(int.from_bytes(size, "little")) if len(size) == _SIZE else b""
        try:
            return (msgspec.msgpack.decode(data, type=kind),)
        except (msgspec.MsgspecError, RecursionError):
            return None

    def close(self) -> None:
        """Want nothing more: the process ends, at the latest when it has its next result."""
        self._pipe.close()
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self._process, 0)


def _hand_over(work: Callable[[Any], Any], share: Sequence[Any], pipe: BinaryIO) -> None:
    if sys.platform == "linux":
        import fcntl

        with contextlib.suppress(OSError):
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE)
    for number, item in enumerate(share, 1):
        data = msgspec.msgpack.encode(work(item))
        pipe.write(len(data).to_bytes(_SIZE, "little"))
        pipe.write(data)
        if number % _COLLECTED == 0 and not gc.isenabled():
            gc.collect()


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
