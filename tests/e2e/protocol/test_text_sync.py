"""What the server holds is what the editor shows, after any edits, in every encoding."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from lsprotocol import types

from e2e.protocol import fuzz_text
from e2e.protocol.client import Client
from foreshot.lsp.base import ForeshotServer
from foreshot.lsp.documents import Document, Documents, apply_changes

URI = "file:///a.py"


def position(line: int, character: int) -> dict[str, int]:
    return {"line": line, "character": character}


def edit(start: tuple[int, int], end: tuple[int, int], text: str) -> dict[str, Any]:
    return {"range": {"start": position(*start), "end": position(*end)}, "text": text}


def partial(line: int, character: int, text: str) -> types.TextDocumentContentChangePartial:
    here = types.Position(line, character)
    return types.TextDocumentContentChangePartial(types.Range(here, here), text)


def test_against_the_model() -> None:
    assert fuzz_text.run(sequences=3_000, seed=20) > 10_000


@pytest.mark.parametrize("encoding", fuzz_text.ENCODINGS)
def test_against_the_model_over_the_wire(encoding: fuzz_text.Encoding) -> None:
    rng = random.Random(encoding)
    expected = ""
    with Client(capabilities={"general": {"positionEncodings": [encoding]}}) as client:
        opened = {"uri": URI, "languageId": "python", "version": 1, "text": expected}
        client.notify("textDocument/didOpen", {"textDocument": opened})
        for version in range(2, 200):
            changes: list[Any] = []
            for _ in range(rng.randrange(1, 4)):
                changes.append(fuzz_text.some_change(rng, expected))
                expected = fuzz_text.model_apply(expected, changes[-1], encoding)
            sent = {"textDocument": {"uri": URI, "version": version}, "contentChanges": changes}
            client.notify("textDocument/didChange", sent)
            if version % 10 == 0:
                # Two halves of a pair that have come to stand side by side are one character to JSON.
                assert client.result("test/text", {"uri": URI}) == json.loads(json.dumps([version, expected]))


@pytest.mark.parametrize(
    ("text", "change", "expected"),
    [
        ("a\fb\nc", edit((1, 0), (1, 1), "X"), "a\fb\nX"),
        ("a\u2028b\x85c\nd", edit((1, 0), (1, 1), "X"), "a\u2028b\x85c\nX"),
        ("last", edit((5, 0), (9, 9), "X"), "lastX"),
        ("last", edit((0, 99), (0, 99), "X"), "lastX"),
        ("one\ntwo", edit((0, 99), (0, 99), "X"), "oneX\ntwo"),
        ("one\r\ntwo", edit((0, 99), (1, 0), "X"), "oneXtwo"),
        ("a\rb", edit((1, 0), (1, 0), "\n"), "a\r\nb"),
        ("😀b", edit((0, 1), (0, 2), "X"), "Xb"),
        ("abc", edit((0, 2), (0, 1), "X"), "aXc"),
        ("", edit((0, 0), (0, 0), "X"), "X"),
    ],
)
def test_awkward_places(text: str, change: dict[str, Any], expected: str) -> None:
    server = ForeshotServer("test", "1")
    start, end = (types.Position(**change["range"][end]) for end in ("start", "end"))
    partial = types.TextDocumentContentChangePartial(types.Range(start, end), change["text"])
    assert apply_changes(text, [partial], server.documents.encoding) == expected


def test_an_edit_that_joins_a_line_end_moves_the_lines_after_it() -> None:
    # After the first edit "\r" and "\n" are one line end, so line 1 is "b", not "".
    assert apply_changes("a\rb\nc", [partial(1, 0, "\n"), partial(1, 0, "X")], "utf-16") == "a\r\nXb\nc"
    # And a text put between the two makes them two line ends.
    assert apply_changes("a\r\nb", [partial(0, 1, "Z"), partial(1, 0, "Y")], "utf-16") == "aZ\r\nYb"


def test_ten_thousand_edits_in_one_notification() -> None:
    text = "x = 1\n" * 10_000
    for rows in (range(10_000), reversed(range(10_000))):
        assert apply_changes(text, [partial(row, 0, "y") for row in rows], "utf-16") == "yx = 1\n" * 10_000


def test_only_what_is_open_exists(tmp_path: Any) -> None:
    path = tmp_path / "a.py"
    path.write_text("on disk")
    with Client() as client:
        for scheme in ("file", "git", "vscode-vfs", "untitled"):
            uri = f"{scheme}://{path}"
            sent = {"textDocument": {"uri": uri}, "position": position(0, 0)}
            assert client.result("textDocument/hover", sent) is None
            opened = {"uri": uri, "languageId": "python", "version": 7, "text": "in the editor"}
            client.notify("textDocument/didOpen", {"textDocument": opened})
            assert client.result("textDocument/hover", sent)["contents"]["value"] == "7:in the editor"
            client.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
            assert client.result("textDocument/hover", sent) is None


def test_clients_that_break_the_order() -> None:
    with Client() as client:

        def changed(uri: str, version: int, **change: Any) -> Any:
            sent = {"textDocument": {"uri": uri, "version": version}, "contentChanges": [change]}
            client.notify("textDocument/didChange", sent)
            return client.result("test/text", {"uri": uri})

        for version, text in ((1, "one"), (2, "two")):
            opened = {"uri": URI, "languageId": "python", "version": version, "text": text}
            client.notify("textDocument/didOpen", {"textDocument": opened})
        assert client.result("test/text", {"uri": URI}) == [2, "two"]
        client.wait_for_log("opened twice")
        assert changed(URI, 1, text="older") == [1, "older"]
        client.wait_for_log("went from version 2 to 1")
        assert changed("file:///b.py", 5, **edit((0, 0), (0, 0), "x")) is None
        client.wait_for_log("changed without being open: ignored")
        assert changed("file:///b.py", 6, text="whole") == [6, "whole"]
        client.notify("textDocument/didClose", {"textDocument": {"uri": "file:///c.py"}})
        client.wait_for_log("closed without being open")
        # A change that cannot be understood is refused as a whole, and the text stays as it was.
        assert changed(URI, 9, range={"start": position(-1, 0), "end": position(0, 0)}, text="x") == [
            1,
            "older",
        ]


def test_snapshots_never_change() -> None:
    documents = Documents()
    documents.open(types.TextDocumentItem(URI, "python", 1, "one"))
    before = documents.snapshot()
    assert documents.snapshot() is before
    identifier = types.VersionedTextDocumentIdentifier(version=2, uri=URI)
    documents.change(types.DidChangeTextDocumentParams(identifier, [partial(0, 0, "X")]))
    documents.open(types.TextDocumentItem("file:///b.py", "mako", 1, ""))
    assert before == {URI: Document(URI, 1, "one")}
    assert documents.snapshot()[URI] == Document(URI, 2, "Xone")
    documents.close(URI)
    assert set(documents.snapshot()) == {"file:///b.py"} == set(documents)
    assert len(before) == 1
