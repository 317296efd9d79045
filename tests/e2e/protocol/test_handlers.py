"""Whatever a handler does, there is one reply, a clean stream, and a server that goes on."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from lsprotocol import types
from pygls.exceptions import FeatureAlreadyRegisteredError

from e2e.protocol.client import Client
from foreshot.lsp.base import ForeshotServer
from foreshot.lsp.reports import Reports
from foreshot.text.secrets import redact

URI = "file:///a.py"
HOVER = {"textDocument": {"uri": URI}, "position": {"line": 0, "character": 0}}
REFERENCES = {**HOVER, "context": {"includeDeclaration": True}}
OPENED = {"textDocument": {"uri": URI, "languageId": "python", "version": 1, "text": "text"}}
CLOSED = {"textDocument": {"uri": URI}}


@pytest.fixture(scope="module")
def shared() -> Iterator[Client]:
    with Client() as client:
        yield client
        client.settle()
        assert client.garbage == []
        assert all(len(replies) == 1 for replies in client.replies.values())


@pytest.fixture(params=["test/raise", "test/raiseInWorker"])
def method(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.mark.parametrize("how", ["exit", "recursion", "unserializable", "value"])
def test_a_failure_is_one_error_without_details(shared: Client, method: str, how: str) -> None:
    for _ in range(20):
        error = shared.call(method, how)["error"]
        assert error["code"] == -32603
        assert "data" not in error
        assert "hunter2" not in error["message"]
        assert "Traceback" not in error["message"]


def test_failures_are_logged_once_and_without_passwords(shared: Client, method: str) -> None:
    for _ in range(50):
        shared.error(method, "value")
    shared.wait_for_log(f"{method} failed")
    assert shared.log.count(f"{method} failed\nTraceback") == 3  # SystemExit, RecursionError, ValueError
    assert "hunter2" not in shared.log
    assert "me:***@db" in shared.log


def test_a_refusal_reaches_the_person(shared: Client, method: str) -> None:
    assert shared.call(method, "refuse")["error"] == {"code": -32803, "message": "There are two heads."}


def test_printing_and_reading_leave_the_stream_alone(shared: Client, method: str) -> None:
    assert shared.result(method, "print") == ""
    shared.settle()
    assert shared.garbage == []
    shared.wait_for_log("raw bytes on descriptor one")


def test_failing_notifications_are_logged(shared: Client) -> None:
    shared.notify("textDocument/didOpen", OPENED)
    shared.notify("textDocument/didClose", CLOSED)
    assert shared.result("test/text", {"uri": URI}) is None
    shared.wait_for_log("textDocument/didClose failed")


def test_a_request_without_an_id_is_no_failure(shared: Client) -> None:
    shared.notify("textDocument/hover", HOVER)
    shared.wait_for_log("the request textDocument/hover without an id")
    assert "textDocument/hover failed" not in shared.log


def test_background_work(shared: Client) -> None:
    for params in ("one", "two", "raise", "three"):
        shared.call("test/background", params)
    # Newer work with the same key replaces older; a failure is a line in the log.
    assert shared.notifications.get(timeout=10)["params"]["message"] == "three"
    shared.call("test/background", "raise")
    shared.wait_for_log("index failed")
    assert shared.notifications.empty()


def test_more_hung_workers_than_threads() -> None:
    with Client() as client:
        client.notify("textDocument/didOpen", OPENED)
        hung = [client.request("textDocument/references", REFERENCES) for _ in range(3)]
        for message_id in hung:
            client.notify("$/cancelRequest", {"id": message_id})
        assert {client.reply(i)["error"]["code"] for i in hung} == {-32800}
        # The threads are lost, the server is not: new ones take over.
        assert client.result("textDocument/hover", HOVER)["contents"]["value"] == "1:text"


def test_cancelling_under_a_hundred_requests() -> None:
    with Client() as client:
        slow = {**HOVER, "position": {"line": 500, "character": 0}}
        ids = [client.request("textDocument/definition", slow) for _ in range(100)]
        for message_id in reversed(ids):
            client.notify("$/cancelRequest", {"id": message_id})
            client.notify("$/cancelRequest", {"id": message_id})
        assert {client.reply(i)["error"]["code"] for i in ids} == {-32800}
        for wrong in ({"id": "unknown"}, {"id": None}, {"id": {}}, {}, None, []):
            client.notify("$/cancelRequest", wrong)
        client.notify("textDocument/didOpen", OPENED)
        assert client.result("textDocument/hover", HOVER)["contents"]["value"] == "1:text"
        assert all(len(client.replies[i]) == 1 for i in ids)
        assert client.result("test/inside")["pending"] == 0


def test_a_change_answers_what_it_makes_stale() -> None:
    with Client() as client:
        client.notify("textDocument/didOpen", OPENED)
        slow = {**HOVER, "position": {"line": 3000, "character": 0}}
        other = {**slow, "textDocument": {"uri": "file:///other.py"}}
        stale = client.request("textDocument/definition", slow)
        pull = client.request("textDocument/diagnostic", CLOSED)
        queued = client.request("textDocument/definition", slow)
        kept = client.request("textDocument/definition", other)
        change = {"textDocument": {"uri": URI, "version": 2}, "contentChanges": [{"text": "new"}]}
        client.notify("textDocument/didChange", change)
        assert client.reply(stale)["error"]["code"] == client.reply(queued)["error"]["code"] == -32801
        assert client.reply(pull)["error"]["code"] == -32802
        assert client.reply(pull)["error"]["data"] == {"retriggerRequest": True}
        assert client.result("textDocument/hover", HOVER)["contents"]["value"] == "2:new"
        assert client.replies[kept] == []
        client.notify("$/cancelRequest", {"id": kept})
        assert client.reply(kept)["error"]["code"] == -32800
        assert all(len(replies) == 1 for replies in client.replies.values())


def test_a_didchange_does_not_wait_for_requests() -> None:
    with Client() as client:
        client.notify("textDocument/didOpen", OPENED)
        slow = {"textDocument": {"uri": "file:///other.py"}, "position": {"line": 3000, "character": 0}}
        for _ in range(100):
            client.request("textDocument/definition", slow)
        for version in range(2, 30):
            change = {
                "textDocument": {"uri": URI, "version": version},
                "contentChanges": [{"text": f"v{version}"}],
            }
            client.notify("textDocument/didChange", change)
            assert client.result("test/text", {"uri": URI}) == [version, f"v{version}"]


def test_nothing_grows() -> None:
    with Client() as client:
        client.notify("textDocument/didOpen", OPENED)

        def work(first: int) -> dict[str, int]:
            for version in range(first, first + 300):
                change = {"textDocument": {"uri": URI, "version": version}, "contentChanges": [{"text": "x"}]}
                client.notify("textDocument/didChange", change)
                client.call("textDocument/hover", HOVER)
                client.error("test/raise", version)
            return client.result("test/inside")

        assert work(2) == work(400)


def test_handlers_are_checked_when_they_are_registered() -> None:
    server = ForeshotServer("test", "1")

    @server.feature("test/one")
    def one(ls: Any, params: Any) -> None: ...

    with pytest.raises(FeatureAlreadyRegisteredError):
        server.feature("test/one")(one)
    with pytest.raises(TypeError, match="3 arguments"):
        server.worker("test/two")(one)
    with pytest.raises(TypeError, match="3 arguments"):
        server.command("test.three")(lambda: None)
    with pytest.raises(TypeError, match="2 arguments"):
        server.feature("test/four")(lambda ls, params, token: None)
    with pytest.raises(NotImplementedError):
        server.start_tcp("localhost", 1)


def test_annotations_that_cannot_be_resolved_do_not_matter() -> None:
    server = ForeshotServer("test", "1")
    got: list[Any] = []

    def handler(server: NoSuchType, params: NorThis) -> None:  # noqa: F821  # pyright: ignore[reportUndefinedVariable]
        got.append((server, params))

    server.feature("test/odd")(handler)
    server.protocol.state = "running"
    server.protocol.receive(b'{"jsonrpc":"2.0","method":"test/odd","params":[1]}')
    assert got == [(server, [1])]


def test_options_become_capabilities() -> None:
    server = ForeshotServer("test", "1")
    options = types.CompletionOptions(trigger_characters=['"'])
    server.worker(types.TEXT_DOCUMENT_COMPLETION, options)(lambda ls, params, token: None)
    sent: list[bytes] = []
    server.output.write = sent.append  # pyright: ignore[reportAttributeAccessIssue]
    server.protocol.receive(
        b'{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"processId":null,"rootPath":"/tmp/x","capabilities":{}}}'
    )
    assert b'"completionProvider":{"triggerCharacters":["\\""]}' in sent[0]
    assert list(server.folders) == ["file:///tmp/x"]


def test_reports_count_what_they_leave_out(caplog: pytest.LogCaptureFixture) -> None:
    reports = Reports(every=0.05)
    for _ in range(5):
        reports.oddity("odd")
    time.sleep(0.06)
    reports.oddity("odd")
    assert [r.getMessage() for r in caplog.records] == ["odd", "odd (4 more like this were not logged)"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("postgresql://me:hunter2@db/x", "postgresql://me:***@db/x"),
        ("a mysql+pymysql://me:p@ss@db b", "a mysql+pymysql://me:***@db b"),
        ("redis://:secret@host", "redis://:***@host"),
        ("postgresql://db/x?ssl=on&Password=p&w=1", "postgresql://db/x?ssl=on&Password=***&w=1"),
        ("snowflake://a/b?token=t sslpassword", "snowflake://a/b?token=*** sslpassword"),
        ("x?sslpassword=s;access_token=t", "x?sslpassword=***;access_token=***"),
        ("https://host/path?key_id=1&tokens=2", "https://host/path?key_id=1&tokens=2"),
        ("sqlite:///a.db and https://host/path", "sqlite:///a.db and https://host/path"),
    ],
)
def test_passwords_are_taken_out(text: str, expected: str) -> None:
    assert redact(text) == expected
