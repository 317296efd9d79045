"""Spreading work over processes, where the platform can copy a process cheaply and the work is worth it."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

import msgspec

Item = TypeVar("Item")
Result = TypeVar("Result")

WORTHWHILE: Final = 120
"""Items below which one process is faster than two (measured: a fork and the way back cost about 15 ms)."""

_COLLECTED: Final = 1_000
"""Items after which garbage is collected where the caller has switched that off: few cycles are left behind."""


def map_in_processes(
    work: Callable[[Item], Result],
    items: Sequence[Item],
    kind: Any,
    jobs: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[Result]:
    """``[work(item) for item in items]``, the results of other processes coming back as MessagePack of ``kind``.

    A process that dies takes nothing along: its share is done here instead. ``progress`` is told how many of
    how many items are done.
    """
    count = min(jobs or _processors(), len(items) // (WORTHWHILE // 2) if jobs is None else len(items))
    can_fork = hasattr(os, "fork") and sys.platform != "darwin" and threading.active_count() == 1
    if count < 2 or (jobs is None and len(items) < WORTHWHILE) or not can_fork:
        return _serial(work, items, len(items), progress)
    shares = [items[start::count] for start in range(count)]
    children = [_start(work, share) for share in shares[1:]]
    results: list[list[Result] | None] = [_serial(work, shares[0], len(items), progress)]
    results += [
        _collect(process, pipe, kind, len(share))
        for (process, pipe), share in zip(children, shares[1:], strict=True)
    ]
    done = [
        part if part is not None else _serial(work, share, len(items), None)
        for part, share in zip(results, shares, strict=True)
    ]
    if progress is not None:
        progress(len(items), len(items))
    return [done[index % count][index // count] for index in range(len(items))]


def _serial(
    work: Callable[[Item], Result],
    items: Sequence[Item],
    total: int,
    progress: Callable[[int, int], None] | None,
) -> list[Result]:
    results: list[Result] = []
    for item in items:
        results.append(work(item))
        if len(results) % _COLLECTED == 0 and not gc.isenabled():
            gc.collect()
        if progress is not None and len(results) % 50 == 0:
            # Other processes are taken to be as far as this one.
            progress(len(results) * total // len(items), total)
    return results


def _start(work: Callable[[Item], Result], share: Sequence[Item]) -> tuple[int, int]:
    reading, writing = os.pipe()
    process = os.fork()
    if process:
        os.close(writing)
        return process, reading
    # The copy: nothing of it may return to the caller, whatever happens.
    status = 1
    try:
        os.close(reading)
        data = msgspec.msgpack.encode(_serial(work, share, len(share), None))
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(data)
        status = 0
    finally:
        os._exit(status)


def _collect(process: int, pipe: int, kind: Any, count: int) -> list[Any] | None:
    with os.fdopen(pipe, "rb") as file:
        data = file.read()
    with contextlib.suppress(ChildProcessError):
        _, status = os.waitpid(process, 0)
        if status:
            return None
    try:
        results = msgspec.msgpack.decode(data, type=list[kind])
    except (msgspec.MsgspecError, RecursionError):
        return None
    return results if len(results) == count else None


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
