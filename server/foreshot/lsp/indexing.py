"""Reading every project beside the main loop, and showing how far it is."""

from __future__ import annotations

import gc
import logging
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from lsprotocol import types

from foreshot.lsp.executor import Cancelled, CancelToken
from foreshot.workspace.project import Project

if TYPE_CHECKING:
    from foreshot.lsp.server import Server

_log = logging.getLogger("foreshot.server")

_QUIET = 0.5  # seconds that a reading after the first may take before anybody is told
_STEP = 5  # percent between two reports


class Indexing:
    """Readings of the workspace, one at a time: a newer one takes the place of an older. For the main loop."""

    def __init__(self, ls: Server) -> None:
        self._ls = ls
        self._count = 0
        self._shown: _Shown | None = None
        self.finished = threading.Event()
        """Set for good when a reading has come to its end."""

    def start(self, early: Callable[[list[Project]], None], done: Callable[[list[Project]], None]) -> None:
        """Read everything anew; ``done`` gets the projects, unless a newer reading begins before.

        ``early`` gets what is known before their revisions have been read.
        """
        self._end_progress()
        self._count += 1
        shown = self._shown = _Shown(self._ls, f"foreshot/index/{self._count}")
        if self._count == 1:
            shown.create()
        else:
            self._ls.loop.call_later(_QUIET, shown.create)
        work = self._ls.session.load()
        started = time.monotonic()

        def run(token: CancelToken) -> list[Project] | None:
            def known(projects: list[Project]) -> None:
                self._ls.loop.post(lambda: None if token.cancelled else early(projects))

            try:
                projects = work(shown.told, token.check, known)
                self._ls.protocol.prepare()
                return projects
            except Cancelled:
                raise
            except Exception:
                # What was known before stays; the next change of a file tries again.
                _log.exception("the workspace could not be read")
                return None

        def finish(projects: list[Project] | None) -> None:
            self._end_progress()
            if projects is not None:
                took = time.monotonic() - started
                _log.info("the workspace was read in %.2f s; Alembic projects: %d", took, len(projects))
                done(projects)
                # What has been read stays as it is: collections that look through it take ten times as long.
                gc.freeze()
            self.finished.set()

        self._ls.background("index", run, finish)

    def _end_progress(self) -> None:
        if self._shown is not None:
            self._shown.end()
            self._shown = None


class _Shown:
    """One reading as the client shows it; silent where the client shows none, or refuses."""

    def __init__(self, ls: Server, token: str) -> None:
        window = ls.protocol.client_capabilities.window
        self._ls = ls
        self._token = token
        self._wanted = window is not None and bool(window.work_done_progress)
        self._begun = self._ended = False
        self._percent = 0

    def create(self) -> None:
        if self._wanted and not self._ended:
            self._ls.work_done_progress.create(self._token, self._begin)

    def _begin(self, _: None) -> None:
        if self._ended:
            self._ls.work_done_progress.tokens.pop(self._token, None)
            return
        self._begun = True
        begin = types.WorkDoneProgressBegin("Foreshot", message="Reading migrations", percentage=0)
        self._ls.work_done_progress.begin(self._token, begin)

    def told(self, done: int, total: int) -> None:
        """How far the reading is; called by its worker."""
        percent = done * 100 // max(total, 1)
        if self._begun and percent >= self._percent + _STEP:
            self._percent = percent
            report = types.WorkDoneProgressReport(message=f"{done} of {total} revisions", percentage=percent)
            self._ls.loop.post(lambda: self._report(report))

    def _report(self, report: types.WorkDoneProgressReport) -> None:
        if not self._ended:
            self._ls.work_done_progress.report(self._token, report)

    def end(self) -> None:
        self._ended = True
        if self._begun:
            self._ls.work_done_progress.end(self._token, types.WorkDoneProgressEnd())
