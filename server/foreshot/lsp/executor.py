"""Threads for the work that must not hold up the main loop, and the token by which that work is stopped.

A few daemon threads serve two queues. Requests come first; background work (indexing, checks of a whole
workspace) never takes the last free thread. A thread whose task does not come back is replaced, up to a limit,
and never waited for: a hung task costs its thread, not the server, and not the exit.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

logger = logging.getLogger(__name__)

_STACK = 16 << 20
"""Bytes of stack for each thread; parsing recurses, and what a platform gives by itself may be 512 KiB."""


class Cancelled(Exception):
    """Raised by :meth:`CancelToken.check` to leave work that nobody waits for any more."""


class CancelToken:
    """Tells work on another thread to stop, and carries the world that the work looks at.

    ``snapshot`` is what ``ForeshotServer.take_snapshot`` returned on the main loop when the work was handed
    over. Long work calls :meth:`check` every few milliseconds.
    """

    __slots__ = ("_cancelled", "snapshot")

    def __init__(self, snapshot: Any = None) -> None:
        self.snapshot: Any = snapshot
        self._cancelled = False

    @property
    def cancelled(self) -> bool:
        """Whether the work is of no use any more."""
        return self._cancelled

    def cancel(self) -> None:
        """Ask the work to stop; safe on every thread, any number of times."""
        self._cancelled = True

    def check(self) -> None:
        """Raise :class:`Cancelled` if the work is of no use any more."""
        if self._cancelled:
            raise Cancelled


@dataclass(slots=True, eq=False)
class _Task:
    run: Callable[[], object]
    token: CancelToken
    background: bool
    started: float = field(default=0.0)
    replaced: bool = field(default=False)


class QueueFull(Exception):
    """There is more work waiting than anybody can want."""


class Executor:
    """Runs tasks on daemon threads. ``run`` functions handle their own errors and results."""

    def __init__(
        self, threads: int = 2, *, limit: int = 5_000, most_threads: int = 8, lost_after: float = 20.0
    ) -> None:
        self._size = max(threads, 2)
        self._limit = limit
        self._most = most_threads
        self._lost_after = lost_after
        self._condition = threading.Condition()
        self._queues: tuple[deque[_Task], deque[_Task]] = (deque(), deque())
        self._running: set[_Task] = set()
        self._idle = 0
        self._alive = 0
        self._closed = False

    def submit(self, run: Callable[[], object], token: CancelToken, *, background: bool = False) -> None:
        """Queue a task; one whose token is cancelled before it starts is dropped.

        Raises:
            QueueFull: when ``limit`` tasks wait already.
        """
        with self._condition:
            queue = self._queues[background]
            if len(queue) >= self._limit:
                raise QueueFull
            queue.append(_Task(run, token, background))
            # An idle thread that has been woken still counts as idle, and so does the task it will take.
            waiting = sum(map(len, self._queues))
            if self._idle < waiting and self._alive < self._size + self._lost():
                self._start_thread()
            self._condition.notify()

    def relieve(self) -> int:
        """Replace threads that have been away too long; called now and then. Returns how many are lost."""
        now = time.monotonic()
        with self._condition:
            for task in self._running:
                patience = self._lost_after / 10 if task.token.cancelled else self._lost_after
                if not task.replaced and now - task.started > patience and self._alive < self._most:
                    task.replaced = True
                    logger.warning(
                        "a task has not come back for %.0f s: a new thread takes over", now - task.started
                    )
                    self._start_thread()
            return self._lost()

    def close(self) -> None:
        """Drop what waits and cancel what runs, without waiting for it."""
        with self._condition:
            self._closed = True
            for queue in self._queues:
                queue.clear()
            for task in self._running:
                task.token.cancel()
            self._condition.notify_all()

    def _lost(self) -> int:
        return sum(task.replaced for task in self._running)

    def _start_thread(self) -> None:
        self._alive += 1
        before = threading.stack_size(_STACK)
        try:
            threading.Thread(target=self._serve, name="foreshot-worker", daemon=True).start()
        finally:
            threading.stack_size(before)

    def _serve(self) -> None:
        while (task := self._next()) is not None:
            try:
                task.run()
            except BaseException:
                # `run` answers for its errors; whatever still comes here must not take the thread along.
                logger.exception("a task failed outside its handler")
            with self._condition:
                self._running.discard(task)
                if task.replaced:
                    break
        with self._condition:
            self._alive -= 1

    def _next(self) -> _Task | None:
        """Wait for the next task that is still wanted; None when the thread should end."""
        with self._condition:
            while not self._closed:
                task = self._pick()
                if task is None:
                    self._idle += 1
                    self._condition.wait()
                    self._idle -= 1
                elif not task.token.cancelled:
                    task.started = time.monotonic()
                    self._running.add(task)
                    return task
            return None

    def _pick(self) -> _Task | None:
        requests, background = self._queues
        if requests:
            return requests.popleft()
        busy = sum(task.background and not task.replaced for task in self._running)
        return background.popleft() if background and busy < self._size - 1 else None
