"""A progress bar on a terminal for work that takes a while; nothing anywhere else."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from foreshot.cli.console import Console

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_PATIENCE = 0.4
"""Seconds before a bar appears: what is done by then needs none."""


class Bar:
    """A context that shows how far the work is once it has taken longer than a moment."""

    def __init__(self, console: Console) -> None:
        self._wanted = console.is_terminal
        self._stream = console.stream
        self._started = 0.0
        self._shown: tuple[Progress, TaskID] | None = None

    def __enter__(self) -> Bar:
        self._started = time.monotonic()
        return self

    def __exit__(self, *_: object) -> None:
        if self._shown is not None:
            self._shown[0].stop()
            self._shown = None

    def update(self, done: int, total: int) -> None:
        """Tell that ``done`` of ``total`` revisions have been read."""
        if not self._wanted:
            return
        if self._shown is None:
            if time.monotonic() - self._started < _PATIENCE or done >= total:
                return
            self._shown = self._show(total)
        progress, task = self._shown
        progress.update(task, completed=done, total=total)

    def _show(self, total: int) -> tuple[Progress, TaskID]:
        from rich.console import Console as RichConsole
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        columns = (TextColumn("Reading revisions"), BarColumn(), MofNCompleteColumn())
        progress = Progress(*columns, console=RichConsole(file=self._stream), transient=True)
        progress.start()
        return progress, progress.add_task("", total=total)
