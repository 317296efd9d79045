"""The main loop: one thread that owns the state, and one queue through which everything reaches it.

Messages, results of workers and timers are all callables that run here one after another, so what they
touch needs no lock. Nothing here takes long: long work belongs on the executor.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import queue
import time
from collections.abc import Callable

logger = logging.getLogger(__name__)

Callback = Callable[[], None]


class Timer:
    """A call in the future that can still be called off."""

    __slots__ = ("cancelled", "run")

    def __init__(self, run: Callback) -> None:
        self.run = run
        self.cancelled = False

    def cancel(self) -> None:
        """Do not run, if it has not run yet."""
        self.cancelled = True


class MainLoop:
    """Runs callables one at a time until :meth:`stop`."""

    def __init__(self) -> None:
        self.exit_code: int | None = None
        self._queue: queue.SimpleQueue[Callback] = queue.SimpleQueue()
        self._timers: list[tuple[float, int, Timer]] = []
        self._order = itertools.count()

    def post(self, run: Callback) -> None:
        """Run a callable on the main loop soon; safe on every thread."""
        self._queue.put(run)

    def call_later(self, seconds: float, run: Callback) -> Timer:
        """Run a callable on the main loop after a while; to be called on the main loop."""
        timer = Timer(run)
        heapq.heappush(self._timers, (time.monotonic() + seconds, next(self._order), timer))
        return timer

    def stop(self, exit_code: int) -> None:
        """End :meth:`run` after the callable that runs now; the first code counts."""
        if self.exit_code is None:
            self.exit_code = exit_code

    def run(self) -> int:
        """Run until stopped. No exception of a callable ends it, but Ctrl-C does."""
        while self.exit_code is None:
            run = self._next()
            try:
                run()
            except KeyboardInterrupt:
                raise
            except BaseException:
                logger.exception("an event could not be handled")
        return self.exit_code

    def _next(self) -> Callback:
        while True:
            while self._timers and self._timers[0][2].cancelled:
                heapq.heappop(self._timers)
            if not self._timers:
                return self._queue.get()
            due = self._timers[0][0] - time.monotonic()
            if due <= 0:
                return heapq.heappop(self._timers)[2].run
            try:
                return self._queue.get(timeout=due)
            except queue.Empty:
                continue
