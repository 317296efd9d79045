"""A server with handlers that behave as badly as handlers can, for the tests to drive over stdio."""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

from lsprotocol import types

from foreshot.lsp.base import ForeshotServer
from foreshot.lsp.executor import CancelToken
from foreshot.lsp.protocol import RequestFailed

server = ForeshotServer("sample", "1", threads=2)


@server.worker(types.TEXT_DOCUMENT_HOVER)
def hover(ls: ForeshotServer, params: types.HoverParams, token: CancelToken) -> types.Hover | None:
    document = token.snapshot.get(params.text_document.uri)
    if document is None:
        return None
    return types.Hover(
        types.MarkupContent(types.MarkupKind.PlainText, f"{document.version}:{document.content}")
    )


@server.worker(types.TEXT_DOCUMENT_DEFINITION)
def slow(ls: ForeshotServer, params: types.DefinitionParams, token: CancelToken) -> None:
    for _ in range(params.position.line):
        token.check()
        time.sleep(0.01)


@server.worker(types.TEXT_DOCUMENT_DIAGNOSTIC)
def diagnostic(ls: ForeshotServer, params: types.DocumentDiagnosticParams, token: CancelToken) -> Any:
    while True:
        token.check()
        time.sleep(0.01)


@server.worker(types.TEXT_DOCUMENT_REFERENCES)
def hang(ls: ForeshotServer, params: types.ReferenceParams, token: CancelToken) -> None:
    time.sleep(3600)


@server.worker("test/busy")
def busy(ls: ForeshotServer, params: Any, token: CancelToken) -> int:
    """Compute all the time, as an analysis does, so that other threads have to wait for the interpreter."""
    count, end = 0, time.monotonic() + params["milliseconds"] / 1000
    while time.monotonic() < end:
        token.check()
        count += sum(range(1_000))
    return count


@server.feature(types.TEXT_DOCUMENT_DID_OPEN)
def did_open(ls: ForeshotServer, params: types.DidOpenTextDocumentParams) -> None:
    print("a print on the main loop")


@server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
def did_close(ls: ForeshotServer, params: types.DidCloseTextDocumentParams) -> None:
    raise SystemExit(7)


@server.feature("test/text")
def text(ls: ForeshotServer, params: Any) -> Any:
    document = ls.documents.get(params["uri"])
    return document and [document.version, document.content]


@server.feature("test/echo")
def echo(ls: ForeshotServer, params: Any) -> Any:
    return params


@server.feature("test/inside")
def inside(ls: ForeshotServer, params: Any) -> dict[str, int]:
    """What must not grow while a server runs."""
    protocol = ls.protocol
    return {
        "futures": len(protocol._request_futures),
        "types": len(protocol._result_types),
        "pending": len(protocol._pending),
        "background": len(ls._background),
        "tokens": len(protocol.progress.tokens),
        "documents": len(ls.documents),
        "threads": threading.active_count(),
        "descriptors": sum(1 for _ in Path("/proc/self/fd").glob("*")),
    }


@server.feature("test/raise")
@server.worker("test/raiseInWorker")
def fail(ls: ForeshotServer, params: Any, token: CancelToken | None = None) -> Any:
    match params:
        case "exit":
            sys.exit(5)
        case "recursion":
            return fail(ls, params)
        case "refuse":
            raise RequestFailed("There are two heads.")
        case "print":
            print("Content-Length: 2\r\n\r\n{}")
            os.write(1, b"raw bytes on descriptor one\n")
            return sys.stdin.read()
        case "unserializable":
            return object()
        case _:
            raise ValueError("could not connect to postgresql://me:hunter2@db/prod")


@server.command("test.command")
def command(ls: ForeshotServer, arguments: list[Any], token: CancelToken) -> Any:
    return {"arguments": arguments}


@server.feature("test/ask")
def ask(ls: ForeshotServer, params: Any) -> None:
    """Ask the client for its configuration and show what came."""
    wanted = types.ConfigurationParams([types.ConfigurationItem(section="foreshot")])

    def show(result: Any) -> None:
        ls.window_log_message(types.LogMessageParams(types.MessageType.Info, f"got {result}"))

    ls.workspace_configuration(wanted, show)


@server.feature("test/hangMain")
def hang_main(ls: ForeshotServer, params: Any) -> None:
    time.sleep(3600)


@server.feature("test/background")
def background(ls: ForeshotServer, params: Any) -> None:
    def work(token: CancelToken) -> str:
        time.sleep(0.05)
        if params == "raise":
            raise ValueError("background")
        return params

    def done(result: str) -> None:
        ls.window_log_message(types.LogMessageParams(types.MessageType.Info, result))

    ls.background("index", work, done)


if __name__ == "__main__":
    sys.exit(server.run_stdio())
