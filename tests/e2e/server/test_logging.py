"""What the server writes to its log, and what it never does."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

from e2e.server.editor import Editor

SECRET = "postgresql://shop:hunter2@db/shop"


def warned(editor: Editor) -> list[str]:
    told: list[dict[str, Any]] = [m["params"] for m in editor.told if m["method"] == "window/logMessage"]
    return [params["message"] for params in told if "logLevel" in params["message"]]


def provoke(editor: Editor) -> None:
    """A request that cannot be understood: a warning, and as a debug message the whole story, with its traceback."""
    editor.error("textDocument/hover", textDocument=SECRET, position={"line": SECRET, "character": 0})


def levels(editor: Editor) -> list[str]:
    return re.findall(r"^\S+ \S+ ([A-Z]+) ", editor.client.log, re.MULTILINE)


def test_only_warnings_unless_asked_for_more(project: SimpleNamespace) -> None:
    with Editor(project.folder) as editor:
        provoke(editor)
    assert levels(editor) == ["WARNING"]


def test_the_level_that_was_asked_for(project: SimpleNamespace) -> None:
    with Editor(project.folder, options={"logLevel": "info"}) as editor:
        assert warned(editor) == []
    assert levels(editor) == ["INFO"]
    assert "the workspace was read in " in editor.client.log


def test_the_level_changes_while_the_server_runs(project: SimpleNamespace) -> None:
    with Editor(project.folder, options={"logLevel": "error"}) as editor:
        provoke(editor)
        editor.client.notify("workspace/didChangeConfiguration", {"settings": {"logLevel": "warning"}})
        editor.error("textDocument/definition", textDocument=1)
    assert levels(editor) == ["WARNING"]
    assert "textDocument/definition" in editor.client.log


def test_a_level_that_there_is_not(project: SimpleNamespace) -> None:
    with Editor(project.folder, options={"logLevel": "loud"}) as editor:
        editor.wait_for(lambda: warned(editor))
        assert warned(editor) == ["Settings: `logLevel` is one of error, warning, info, debug"]


def test_passwords_are_left_out(project: SimpleNamespace) -> None:
    editor = Editor(project.folder, options={"logLevel": "debug"})
    try:
        provoke(editor)
        editor.wait_for(lambda: "DEBUG" in levels(editor))
    finally:
        # As after a failure: a traceback in the log is what was asked for.
        editor.__exit__(AssertionError)
    assert "://shop:***@db" in editor.client.log
    assert "hunter2" not in editor.client.log
