"""Workers: order, limits, cancellation, and threads that do not come back."""

from __future__ import annotations

import sys
import threading
import time

import pytest

from foreshot.lsp.executor import Cancelled, CancelToken, Executor, QueueFull
from foreshot.lsp.loop import MainLoop


def test_requests_pass_background_work_and_keep_a_thread() -> None:
    executor = Executor(2)
    release, done = threading.Event(), threading.Event()
    for _ in range(10):
        executor.submit(release.wait, CancelToken(), background=True)
    executor.submit(done.set, CancelToken())
    assert done.wait(10)
    release.set()
    executor.close()


def test_all_background_work_is_done() -> None:
    executor = Executor(3)
    counted = threading.Semaphore(0)
    for _ in range(200):
        executor.submit(counted.release, CancelToken(), background=True)
    for _ in range(200):
        assert counted.acquire(timeout=10)
    executor.close()


def test_cancelled_tasks_never_start() -> None:
    executor = Executor(2)
    release, ran, last = threading.Event(), threading.Event(), threading.Event()
    for _ in range(2):
        executor.submit(release.wait, CancelToken())
    token = CancelToken()
    executor.submit(ran.set, token)
    token.cancel()
    with pytest.raises(Cancelled):
        token.check()
    release.set()
    executor.submit(last.set, CancelToken())
    assert last.wait(10)
    assert not ran.is_set()
    executor.close()


def test_tasks_that_hang_are_replaced_up_to_a_limit() -> None:
    executor = Executor(2, lost_after=0.01, most_threads=4)
    release = threading.Event()
    for _ in range(6):
        executor.submit(release.wait, CancelToken())
    end = time.monotonic() + 10
    while executor.relieve() < 2 and time.monotonic() < end:
        time.sleep(0.005)
    assert executor.relieve() == 2
    assert executor._alive == 4
    release.set()
    done = threading.Event()
    executor.submit(done.set, CancelToken())
    assert done.wait(10)
    while executor._alive != 2 and time.monotonic() < end:
        time.sleep(0.005)
    assert executor._alive == 2
    executor.close()


def test_a_full_queue_says_so() -> None:
    executor = Executor(2, limit=5)
    release = threading.Event()
    with pytest.raises(QueueFull):
        for _ in range(50):
            executor.submit(release.wait, CancelToken())
    release.set()
    executor.close()


def test_a_task_that_ends_its_thread_does_not(caplog: pytest.LogCaptureFixture) -> None:
    executor = Executor(2)
    done = threading.Event()
    for _ in range(5):
        executor.submit(lambda: sys.exit(3), CancelToken())
    executor.submit(done.set, CancelToken())
    assert done.wait(10)
    executor.close()


def test_workers_have_room_to_recurse() -> None:
    executor = Executor(2)
    depth: list[int] = []
    done = threading.Event()

    def recurse(n: int) -> int:
        return max([n, *map(recurse, [n + 1] if n < 900 else [])])

    def run() -> None:
        depth.append(recurse(0))
        done.set()

    executor.submit(run, CancelToken())
    assert done.wait(10)
    assert depth == [900]
    executor.close()


def test_the_main_loop_survives_and_keeps_time() -> None:
    loop = MainLoop()
    ran: list[str] = []
    loop.call_later(0.02, lambda: ran.append("late"))
    loop.call_later(0.01, lambda: ran.append("early"))
    loop.call_later(0.015, lambda: ran.append("never")).cancel()
    loop.call_later(0.03, lambda: loop.stop(4))
    loop.post(lambda: sys.exit(9))
    loop.post(lambda: ran.append("posted"))
    assert loop.run() == 4
    assert ran == ["posted", "early", "late"]
