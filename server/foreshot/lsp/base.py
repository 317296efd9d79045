"""The language server without its features: what handlers are registered on, and what they may use.

```python
server = ForeshotServer("foreshot", "1.0")

@server.feature(types.TEXT_DOCUMENT_DID_CHANGE)     # on the main loop: quick, may change the server's state
def did_change(ls: ForeshotServer, params: types.DidChangeTextDocumentParams) -> None:
    document = ls.documents[params.text_document.uri]           # already updated, and immutable
    ls.background("diagnose " + document.uri, lambda token: diagnose(document, token.check), publish)

@server.worker(types.TEXT_DOCUMENT_HOVER)           # on a worker: may take its time, sees a snapshot
def hover(ls: ForeshotServer, params: types.HoverParams, token: CancelToken) -> types.Hover | None:
    document = token.snapshot.get(params.text_document.uri)     # what ls.take_snapshot() gave
    token.check()                                               # now and then: leaves if nobody waits any more

@server.command("foreshot.showSql")                 # on a worker, with the arguments as plain JSON
def show_sql(ls: ForeshotServer, arguments: list[Any], token: CancelToken) -> str: ...

sys.exit(server.run_stdio())
```

A handler returns the result (an lsprotocol object or plain JSON) or raises. `RequestFailed` gives the person a
sentence; anything else becomes an internal error in the reply and a traceback in the log. A request about a
document that changes meanwhile is answered ContentModified and its token cancelled; a diagnostic pull is
answered ServerCancelled with `retriggerRequest`, so that clients ask again instead of showing nothing.
Workers may call `ls.protocol.notify`, `ls.window_log_message` and the other methods that send; everything else
on `ls` belongs to the main loop, where `ls.loop.post` brings a callable from any thread.
"""

from __future__ import annotations

import gc
import inspect
import logging
import sys
from collections.abc import Callable
from typing import Any, TypeVar, cast

from lsprotocol import types
from pygls.exceptions import FeatureAlreadyRegisteredError
from pygls.lsp.server import LanguageServer

from foreshot.lsp import stdio
from foreshot.lsp.documents import Documents
from foreshot.lsp.executor import Cancelled, CancelToken, Executor, QueueFull
from foreshot.lsp.loop import MainLoop
from foreshot.lsp.protocol import ForeshotProgress, ForeshotProtocol
from foreshot.lsp.reports import Reports

logger = logging.getLogger(__name__)

F = TypeVar("F", bound=Callable[..., Any])
R = TypeVar("R")


class ForeshotServer(LanguageServer):
    """A pygls server on our own protocol, main loop, documents and executor; it speaks over stdio only."""

    protocol: ForeshotProtocol  # pyright: ignore[reportIncompatibleVariableOverride]

    def __init__(self, name: str, version: str, *, threads: int = 2) -> None:
        self.reports = Reports()
        self.loop = MainLoop()
        self.documents = Documents()
        self.executor = Executor(threads)
        self.output = stdio.Output()
        self.folders: dict[str, types.WorkspaceFolder] = {}
        """The workspace folders by URI."""
        self._background: dict[str, CancelToken] = {}
        super().__init__(name, version, protocol_cls=ForeshotProtocol)  # pyright: ignore[reportUnknownMemberType]

    def take_snapshot(self) -> Any:
        """What workers get to see as ``token.snapshot``; called on the main loop for each request.

        By default the open documents by URI. A subclass returns its own immutable world.
        """
        return self.documents.snapshot()

    @property
    def work_done_progress(self) -> ForeshotProgress:
        """Progress that the client shows; to be used on the main loop."""
        return self.protocol.progress

    def tell_part(self, token: int | str, part: object) -> None:
        """Send a part of a result to a client that takes it in parts. Safe on every thread."""
        self.protocol.notify(types.PROGRESS, types.ProgressParams(token, cast("Any", part)))

    # Registering handlers

    def feature(self, feature_name: str, options: Any | None = None) -> Callable[[F], F]:
        """Register ``handler(ls, params)`` for a method, to run on the main loop."""
        return lambda handler: self._register(feature_name, options, handler, 2)

    def worker(self, feature_name: str, options: Any | None = None) -> Callable[[F], F]:
        """Register ``handler(ls, params, token)`` for a request, to run on a worker."""

        def register(handler: F) -> F:
            self._register(feature_name, options, handler, 3)
            self.protocol.worker_methods.add(feature_name)
            return handler

        return register

    def command(self, command_name: str) -> Callable[[F], F]:
        """Register ``handler(ls, arguments, token)`` for a command of `workspace/executeCommand`, on a worker."""

        def register(handler: F) -> F:
            _check_arity(handler, 3)
            self.protocol.commands[command_name] = handler
            return handler

        return register

    def _register(self, method: str, options: Any, handler: F, arity: int) -> F:
        _check_arity(handler, arity)
        if method in self.protocol.handlers:
            raise FeatureAlreadyRegisteredError(method)
        self.protocol.handlers[method] = handler
        if options is not None:
            self.protocol.options[method] = options
        return handler

    # Work beside the main loop

    def background(
        self, key: str, work: Callable[[CancelToken], R], done: Callable[[R], None] | None = None
    ) -> CancelToken:
        """Run ``work`` on a worker after the requests, then ``done`` with its result on the main loop.

        Newer work with the same key cancels older: that never gets as far as ``done``. To be called on the
        main loop. A failure of ``work`` is one line in the log.
        """
        if older := self._background.pop(key, None):
            older.cancel()
        token = self._background[key] = CancelToken(self.take_snapshot())

        def finish(results: list[R]) -> None:
            if self._background.get(key) is token:
                del self._background[key]
            if results and done and not token.cancelled:
                done(results[0])

        def run() -> None:
            results: list[R] = []
            try:
                results.append(work(token))
            except Cancelled:
                pass
            except BaseException as error:
                self.reports.failure(key.split(" ", 1)[0], error)
            self.loop.post(lambda: finish(results))

        try:
            self.executor.submit(run, token, background=True)
        except QueueFull:
            self.reports.oddity("too much background work is waiting")
            finish([])
        return token

    # Running

    def run_stdio(self) -> int:
        """Serve the client on stdin and stdout until it leaves. Returns the exit code of the process."""
        source, sink = stdio.take_streams()
        stdio.set_up_logging()
        self.output.connect(sink)
        stdio.Reader(source, self.loop, self.protocol).start()
        self._tick()
        # Computing workers hand the interpreter over sooner, so that an edit waits a tenth of the usual time.
        sys.setswitchinterval(0.0005)
        # What has been imported stays: no collection needs to look at it again.
        gc.freeze()
        # A tree of a revision is some ten thousand objects that go as they came: they are no reason to collect.
        gc.set_threshold(10_000, 10, 10)
        gc.enable()
        try:
            return self.loop.run()
        except KeyboardInterrupt:
            return 130
        finally:
            self.output.connect(-1)
            self.executor.close()

    def start_io(self, stdin: Any = None, stdout: Any = None) -> None:
        """pygls's way to start, which is not ours."""
        raise NotImplementedError("Foreshot is started with run_stdio()")

    start_tcp = start_ws = cast("Any", start_io)

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Log it; pygls would show it to the person with whatever the message holds."""
        self.reports.failure(f"pygls ({source})", error)

    def watch_parent(self) -> None:
        """Leave when the client's process is gone, whether or not it closed the pipe."""
        if self.process_id is not None:
            stdio.ParentWatch(self.process_id, self.loop).start()

    def _tick(self) -> None:
        self.executor.relieve()
        self.loop.call_later(2.0, self._tick)


def _check_arity(handler: Callable[..., Any], arity: int) -> None:
    try:
        inspect.signature(handler).bind(*range(arity))
    except TypeError as error:
        raise TypeError(f"{handler} does not take {arity} arguments") from error
