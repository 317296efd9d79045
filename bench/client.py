"""A language client that measures: one thread, blocking reads, and the moment at which each message was there."""

from __future__ import annotations

import json
import os
import select
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from measure import environment

PATIENCE = 300.0
"""Seconds after which an answer is not coming any more."""
Message = dict[str, Any]


class ServerFailed(Exception):
    """The server left, fell silent, or refused."""


class Client:
    """One server process and its documents."""

    def __init__(self, command: Sequence[str], root: Path, **settings: str) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  closed with the client
        self.started = time.perf_counter()
        self._process = subprocess.Popen(
            command,
            cwd=root,
            env=environment(**settings),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            bufsize=0,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._in, self._out = self._process.stdin.fileno(), self._process.stdout.fileno()
        self._root = root
        self._read = b""
        self._ids = 0
        self._working: set[str] = set()
        self._versions: dict[str, int] = {}
        self._unanswered: set[int] = set()
        self.process = self._process.pid

    # Messages

    def notify(self, method: str, params: object) -> None:
        """Send a notification."""
        self._send({"method": method, "params": params})

    def ask(self, method: str, params: object) -> int:
        """Send a request; returns its id."""
        self._ids += 1
        self._unanswered.add(self._ids)
        self._send({"id": self._ids, "method": method, "params": params})
        return self._ids

    def request(self, method: str, params: object) -> Message:
        """Send a request and wait for its answer: the whole message."""
        asked = self.ask(method, params)
        return self.wait(lambda message: message.get("id") == asked and "method" not in message)

    def wait(self, wanted: Callable[[Message], bool], patience: float = PATIENCE) -> Message:
        """The next message of this kind; those before it are answered, where they ask, and dropped."""
        end = time.monotonic() + patience
        while True:
            message = self._receive(end)
            if message is None:
                raise ServerFailed(f"nothing came in {patience:.0f} s\n{self.said}")
            if wanted(message):
                return message

    def drain(self, asked: set[int]) -> None:
        """Wait until all of these have been answered, with a result or with an error."""
        end = time.monotonic() + PATIENCE
        while asked & self._unanswered:
            if self._receive(end) is None:
                raise ServerFailed(
                    f"{len(asked & self._unanswered)} requests were never answered\n{self.said}"
                )

    def settle(self, quiet: float) -> None:
        """Wait until no work is in progress and nothing was said for so many seconds."""
        end = time.monotonic() + PATIENCE
        while self._receive(time.monotonic() + quiet) is not None or self._working:
            if time.monotonic() > end:
                raise ServerFailed(f"no rest in {PATIENCE:.0f} s: {', '.join(self._working)}\n{self.said}")

    def _send(self, message: Message) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}, separators=(",", ":")).encode()
        rest = memoryview(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        try:
            while rest:
                rest = rest[os.write(self._in, rest) :]
        except BrokenPipeError:
            raise ServerFailed(f"the server has gone\n{self.said}") from None

    def _receive(self, end: float) -> Message | None:
        """The next message, answered if it asks for something; None when the time has come."""
        while (message := self._parse()) is None:
            left = max(0.0, end - time.monotonic())
            if not select.select([self._out], [], [], left)[0]:
                return None
            data = os.read(self._out, 1 << 20)
            if not data:
                raise ServerFailed(f"the server has gone\n{self.said}")
            self._read += data
        if message.get("method") == "$/progress":
            step = {"begin": self._working.add, "end": self._working.discard}
            step.get(message["params"]["value"]["kind"], lambda _: None)(str(message["params"]["token"]))
        if "method" not in message:
            self._unanswered -= {message.get("id")}
        elif "id" in message:
            empty = message["method"] == "workspace/configuration"
            answer = [None] * len(message["params"]["items"]) if empty else None
            self._send({"id": message["id"], "result": answer})
        return message

    def _parse(self) -> Message | None:
        head, end, rest = self._read.partition(b"\r\n\r\n")
        if not end:
            return None
        [length] = [
            int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")
        ]
        if len(rest) < length:
            return None
        self._read = rest[length:]
        return json.loads(rest[:length])

    @property
    def said(self) -> str:
        """The end of what the server wrote to stderr."""
        self._errors.seek(0)
        return self._errors.read().decode("utf-8", "replace")[-3000:]

    # A session

    def initialize(self, *, pull: bool) -> float:
        """Make the server's acquaintance; returns the seconds since its process was started."""
        folder = {"uri": self._root.as_uri(), "name": self._root.name}
        document: Message = {"synchronization": {}, "publishDiagnostics": {"versionSupport": True}}
        workspace: Message = {"workspaceFolders": True, "configuration": True}
        if pull:
            document["diagnostic"] = {"dynamicRegistration": True}
            workspace["diagnostics"] = {"refreshSupport": True}
        capabilities = {
            "textDocument": document,
            "workspace": workspace,
            "window": {"workDoneProgress": True},
            "general": {"positionEncodings": ["utf-16"]},
        }
        params = {
            "processId": os.getpid(),
            "rootUri": folder["uri"],
            "workspaceFolders": [folder],
            "capabilities": capabilities,
        }
        answer = self.request("initialize", params)
        took = time.perf_counter() - self.started
        if "error" in answer:
            raise ServerFailed(str(answer["error"]))
        self.notify("initialized", {})
        return took

    def open(self, path: Path) -> None:
        """Open a document with what is on disk."""
        uri = path.as_uri()
        self._versions[uri] = 1
        document = {"uri": uri, "languageId": "python", "version": 1, "text": path.read_text("utf-8")}
        self.notify("textDocument/didOpen", {"textDocument": document})

    def close(self, path: Path) -> None:
        """Close a document."""
        self.notify("textDocument/didClose", {"textDocument": {"uri": path.as_uri()}})

    def edit(self, path: Path, line: int, start: int, end_line: int, end: int, text: str) -> None:
        """Replace a range by a text."""
        uri = path.as_uri()
        self._versions[uri] += 1
        span = {"start": {"line": line, "character": start}, "end": {"line": end_line, "character": end}}
        document = {"uri": uri, "version": self._versions[uri]}
        changes = [{"range": span, "text": text}]
        self.notify("textDocument/didChange", {"textDocument": document, "contentChanges": changes})

    def pulled(self, path: Path) -> list[Message]:
        """The diagnostics of a document, asked for until they are not cancelled."""
        while True:
            answer = self.request("textDocument/diagnostic", {"textDocument": {"uri": path.as_uri()}})
            if "error" not in answer:
                return answer["result"].get("items", [])

    def pushed(self, path: Path) -> list[Message]:
        """The diagnostics of a document's newest version, when they come."""
        uri = path.as_uri()

        def wanted(message: Message) -> bool:
            if message.get("method") != "textDocument/publishDiagnostics":
                return False
            params = message["params"]
            return params["uri"] == uri and params.get("version") == self._versions[uri]

        return self.wait(wanted)["params"]["diagnostics"]

    def end(self) -> None:
        """Take leave; a server that does not go is killed."""
        try:
            self.request("shutdown", None)
            self.notify("exit", None)
            self._process.wait(5)
        except (ServerFailed, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._errors):
            if stream is not None:
                stream.close()
