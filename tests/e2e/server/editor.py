"""An editor without a screen: it opens, types, saves, answers what the server asks, and applies what it sends.

A place in a file is written as a piece of its text with ``|`` where the cursor is: ``editor.hover(path, "op.create_|index")``.
"""

from __future__ import annotations

import os
import queue
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from e2e.protocol.client import WAIT, Client
from foreshot.text import LineIndex

EVERYTHING: dict[str, Any] = {
    "general": {"positionEncodings": ["utf-16"]},
    "window": {"workDoneProgress": True, "showDocument": {"support": True}},
    "workspace": {
        "applyEdit": True,
        "configuration": True,
        "workspaceEdit": {"documentChanges": True, "resourceOperations": ["create", "rename", "delete"]},
        "didChangeWatchedFiles": {"dynamicRegistration": True},
        "diagnostics": {"refreshSupport": True},
        "codeLens": {"refreshSupport": True},
    },
    "textDocument": {
        "diagnostic": {},
        "hover": {"contentFormat": ["markdown", "plaintext"]},
        "documentSymbol": {"hierarchicalDocumentSymbolSupport": True},
        "codeAction": {
            "codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix"]}},
            "resolveSupport": {"properties": ["edit"]},
        },
    },
}
"""What a modern client can do. Tests take things away with :func:`without`."""

CREATED, CHANGED, DELETED = 1, 2, 3


def without(*dotted: str, **changed: Any) -> dict[str, Any]:
    """Everything but some capabilities; keywords replace whole sections of the top level."""
    import copy

    found = copy.deepcopy(EVERYTHING) | changed
    for path in dotted:
        *above, last = path.split(".")
        inner = found
        for part in above:
            inner = inner[part]
        del inner[last]
    return found


class Editor:
    """One editor on some folders, and its server."""

    def __init__(
        self,
        *folders: Path,
        capabilities: dict[str, Any] | None = None,
        options: Any = None,
        command: list[str] | None = None,
        cwd: Path | None = None,
        wait: bool = True,
    ) -> None:
        cache = folders[0].parent / "cache"
        self.client = Client(
            command or [sys.executable, "-m", "foreshot", "server"],
            initialize=False,
            cwd=cwd,
            env={**os.environ, "FORESHOT_CACHE_DIR": str(cache)},
        )
        self.texts: dict[str, str] = {}
        self.versions: dict[str, int] = {}
        self.asked: list[dict[str, Any]] = []
        """Requests of the server."""
        self.told: list[dict[str, Any]] = []
        """Notifications of the server."""
        self.settings: Any = None
        self.applies = True
        self.refuses: set[str] = set()
        """Methods of the server's requests that are answered with an error."""
        self._leaving = threading.Event()
        self._changed = threading.Condition()
        self._threads = [
            threading.Thread(target=self._serve, args=pair, daemon=True)
            for pair in ((self.client.requests, self._answer), (self.client.notifications, self.told.append))
        ]
        for thread in self._threads:
            thread.start()
        self.server: Any = self.client.result(
            "initialize",
            {
                "processId": None,
                "capabilities": EVERYTHING if capabilities is None else capabilities,
                "initializationOptions": options,
                "workspaceFolders": [{"uri": folder.as_uri(), "name": folder.name} for folder in folders],
            },
        )
        self.encoding = self.server["capabilities"].get("positionEncoding", "utf-16")
        self.client.notify("initialized", {})
        if wait:
            self.wait_for(lambda: self.call("workspace/symbol", query=""), "the index")

    def __enter__(self) -> Editor:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self.client.call("shutdown")
            self.client.notify("exit")
            assert self.client.wait() == 0
            assert self.client.garbage == []
            assert "Traceback" not in self.client.log, self.client.log
        self._leaving.set()
        self.client.__exit__()

    # What the server asks and tells

    def _serve(self, source: queue.Queue[dict[str, Any]], handle: Callable[[dict[str, Any]], None]) -> None:
        while not self._leaving.is_set():
            try:
                message = source.get(timeout=0.2)
            except queue.Empty:
                continue
            with self._changed:
                handle(message)
                self._changed.notify_all()

    def _answer(self, message: dict[str, Any]) -> None:
        self.asked.append(message)
        method: str = message["method"]
        params: Any = message.get("params")
        if method in self.refuses:
            self.client.send(id=message["id"], error={"code": -32601, "message": "no such thing"})
            return
        result: Any = None
        if method == "workspace/applyEdit":
            result = {"applied": self.applies, "failureReason": None if self.applies else "read-only"}
            if self.applies:
                self.apply(params["edit"])
        elif method == "workspace/configuration":
            result = [self.settings for _ in params["items"]]
        elif method == "window/showDocument":
            result = {"success": True}
        self.client.send(id=message["id"], result=result)

    def methods(self) -> list[str]:
        """What the server has asked so far."""
        return [message["method"] for message in self.asked]

    def pushed(self, path: Path) -> dict[str, Any] | None:
        """The parameters of the last diagnostics pushed for a file."""
        found = [
            message["params"]
            for message in self.told
            if message["method"] == "textDocument/publishDiagnostics"
            and message["params"]["uri"] == path.as_uri()
        ]
        return found[-1] if found else None

    def wait_for(self, condition: Callable[[], Any], what: str = "it") -> Any:
        """Wait until something holds, and return it."""
        end = time.monotonic() + WAIT * 2
        while True:
            if found := condition():
                return found
            assert time.monotonic() < end, f"{what} did not come; the log says:\n{self.client.log}"
            with self._changed:
                self._changed.wait(0.02)

    # What the person does

    def call(self, method: str, **params: Any) -> Any:
        return self.client.result(method, params)

    def error(self, method: str, **params: Any) -> dict[str, Any]:
        answer = self.client.call(method, params)
        assert "error" in answer, answer
        return answer["error"]

    def command(self, name: str, **options: Any) -> Any:
        return self.call("workspace/executeCommand", command=f"foreshot.{name}", arguments=[options])

    def refused(self, name: str, **options: Any) -> str:
        error = self.error("workspace/executeCommand", command=f"foreshot.{name}", arguments=[options])
        assert error["code"] == -32803
        return error["message"]

    def open(self, path: Path | str, text: str | None = None) -> None:
        uri = path if isinstance(path, str) else path.as_uri()
        if text is None:
            assert isinstance(path, Path)
            text = path.read_bytes().decode()
        self.texts[uri], self.versions[uri] = text, 1
        document = {"uri": uri, "languageId": "python", "version": 1, "text": text}
        self.client.notify("textDocument/didOpen", {"textDocument": document})

    def type(self, path: Path, text: str) -> None:
        """The whole text is another one now."""
        uri = path.as_uri()
        self.texts[uri] = text
        self.versions[uri] += 1
        document = {"uri": uri, "version": self.versions[uri]}
        self.client.notify(
            "textDocument/didChange", {"textDocument": document, "contentChanges": [{"text": text}]}
        )

    def save(self, path: Path) -> None:
        path.write_bytes(self.texts[path.as_uri()].encode())
        self.client.notify("textDocument/didSave", {"textDocument": {"uri": path.as_uri()}})

    def close(self, path: Path) -> None:
        del self.texts[path.as_uri()]
        self.client.notify("textDocument/didClose", {"textDocument": {"uri": path.as_uri()}})

    def happened(self, path: Path, kind: int) -> None:
        """A watched file came, changed or went."""
        self.client.notify(
            "workspace/didChangeWatchedFiles", {"changes": [{"uri": path.as_uri(), "type": kind}]}
        )

    def text(self, path: Path) -> str:
        known = self.texts.get(path.as_uri())
        return path.read_bytes().decode() if known is None else known

    def position(self, path: Path, place: str) -> dict[str, int]:
        before, _, after = place.partition("|")
        text = self.text(path)
        assert text.count(before + after) == 1, f"{before + after!r} is not once in the file"
        row, column = LineIndex(text).position_in(text.index(before + after) + len(before), self.encoding)
        return {"line": row, "character": column}

    def at(self, method: str, path: Path, place: str, **more: Any) -> Any:
        document = {"uri": path.as_uri()}
        return self.call(method, textDocument=document, position=self.position(path, place), **more)

    def about(self, method: str, path: Path | str, **more: Any) -> Any:
        uri = path if isinstance(path, str) else path.as_uri()
        return self.call(method, textDocument={"uri": uri}, **more)

    def hover(self, path: Path, place: str) -> str:
        found = self.at("textDocument/hover", path, place)
        return found["contents"]["value"] if found else ""

    def pull(self, path: Path | str, previous: str | None = None) -> dict[str, Any]:
        return self.about("textDocument/diagnostic", path, previousResultId=previous)

    def rules(self, path: Path) -> set[str]:
        """The rules that have something to say of a file now."""
        return {item["code"] for item in self.pull(path)["items"]}

    def actions(self, path: Path, place: str, only: list[str] | None = None) -> list[dict[str, Any]]:
        position = self.position(path, place)
        context = {"diagnostics": [], **({"only": only} if only else {})}
        return self.about(
            "textDocument/codeAction", path, range={"start": position, "end": position}, context=context
        )

    def apply(self, edit: dict[str, Any]) -> None:
        """Apply a workspace edit: to buffers where a file is open, else to the disk. Versions have to agree."""
        if "documentChanges" not in edit:
            for uri, edits in edit.get("changes", {}).items():
                self._edit(uri, edits)
            return
        for change in edit["documentChanges"]:
            if change.get("kind") == "create":
                path = path_of(change["uri"])
                assert not path.exists()
                path.write_bytes(b"")
                continue
            uri, version = change["textDocument"]["uri"], change["textDocument"]["version"]
            assert version == (self.versions[uri] if uri in self.texts else None)
            self._edit(uri, change["edits"])

    def _edit(self, uri: str, edits: list[dict[str, Any]]) -> None:
        path = path_of(uri)
        text = self.text(path)
        lines = LineIndex(text)

        def offset(position: dict[str, int]) -> int:
            return lines.offset_from(position["line"], position["character"], self.encoding)

        for item in sorted(edits, key=lambda item: offset(item["range"]["start"]), reverse=True):
            start, end = offset(item["range"]["start"]), offset(item["range"]["end"])
            text = text[:start] + item["newText"] + text[end:]
        if uri in self.texts:
            self.type(path, text)
        else:
            path.write_bytes(text.encode())


def path_of(uri: str) -> Path:
    return Path(unquote(urlsplit(uri).path))
