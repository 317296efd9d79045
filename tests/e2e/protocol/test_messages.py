"""Messages that are wrong in every way get the right answer, once, and the server goes on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from e2e.protocol.client import Client
from foreshot.lsp import messages

HOVER = {"textDocument": {"uri": "file:///a.py"}, "position": {"line": 0, "character": 0}}


@pytest.fixture(scope="module")
def shared() -> Iterator[Client]:
    with Client() as client:
        yield client
        client.settle()
        assert client.garbage == []
        assert all(len(replies) == 1 for key, replies in client.replies.items() if key is not None)


@pytest.fixture
def client(shared: Client) -> Iterator[Client]:
    shared.replies[None].clear()
    yield shared
    shared.settle()


def broken(client: Client, body: bytes, message_id: Any) -> int:
    client.send_body(body)
    return client.reply(message_id)["error"]["code"]


DEEP = b"[" * 200_000


@pytest.mark.parametrize(
    ("body", "message_id"),
    [
        (b'{"jsonrpc": "2.0", "id": "cut", "method": "x", "par', "cut"),
        (b'{"jsonrpc": "2.0", "method": "x", "params": {"id": "inner"}, "id": "late",', "late"),
        (b'{"jsonrpc": "2.0", "method": "x", "params": {"id": 3}, ', None),
        (b'{"jsonrpc": "2.0", "id": "utf8", "method": "\xff\xfe"}', "utf8"),
        (b'{"jsonrpc": "2.0", "id": "deep", "method": "test/echo", "params": ' + DEEP, "deep"),
        (b'{"jsonrpc": "2.0", "id": "balanced", "params": ' + DEEP + b"]" * 200_000 + b"}", "balanced"),
        (
            b'{"method": "x", "params": ' + b'{"a":' * 200_000 + b"1" + b"}" * 200_000 + b', "id": "after"}',
            "after",
        ),
        (DEEP, None),
        (b"", None),
        (b"\x00\x00", None),
        (b"not json", None),
        (b'{"id": ' + b"9" * 5_000 + b"}", None),
        (b'"' + b'\\"' * 300_000, None),
    ],
    ids=lambda value: repr(value[:40]) if isinstance(value, bytes) else None,
)
def test_no_json(client: Client, body: bytes, message_id: Any) -> None:
    assert broken(client, body, message_id) == -32700


@pytest.mark.parametrize(
    ("body", "message_id"),
    [
        ("5", None),
        ("null", None),
        ('"text"', None),
        ("{}", None),
        ('{"jsonrpc": "2.0"}', None),
        ('{"jsonrpc": "2.0", "id": "lonely"}', "lonely"),
        ('{"jsonrpc": "2.0", "id": "number", "method": 5}', "number"),
        ('{"jsonrpc": "2.0", "id": null, "method": "shutdown"}', None),
        ('{"jsonrpc": "2.0", "id": true, "method": "shutdown"}', None),
        ('{"jsonrpc": "2.0", "id": 1.5, "method": "shutdown"}', None),
        ('{"jsonrpc": "2.0", "id": {"a": 1}, "method": "shutdown"}', None),
        ('{"jsonrpc": "1.0", "id": "old", "method": "shutdown"}', "old"),
        ('{"id": "bare", "method": "shutdown"}', "bare"),
        ("[]", None),
        ("[1, 2]", None),
        ('[{"jsonrpc": "2.0", "method": "exit"}]', None),
    ],
)
def test_no_request(client: Client, body: str, message_id: Any) -> None:
    assert broken(client, body.encode(), message_id) == -32600


def test_a_batch_is_refused_for_each_of_its_requests(client: Client) -> None:
    members = [{"jsonrpc": "2.0", "id": f"batch{i}", "method": "test/echo"} for i in range(3)]
    client.send_body(json.dumps([*members, {"jsonrpc": "2.0", "method": "initialized"}, 7]).encode())
    assert {client.reply(f"batch{i}")["error"]["code"] for i in range(3)} == {-32600}


@pytest.mark.parametrize(
    "params",
    [
        None,
        5,
        [],
        {},
        {"textDocument": {"uri": "file:///a.py"}},
        {"textDocument": None, "position": {"line": 0, "character": 0}},
        {"textDocument": {"uri": "file:///a.py"}, "position": {"line": -1, "character": 0}},
        {"textDocument": {"uri": "file:///a.py"}, "position": {"line": "x", "character": 0}},
    ],
)
def test_invalid_parameters(client: Client, params: Any) -> None:
    assert client.error("textDocument/hover", params) == -32602


def test_unknown_methods_and_commands(client: Client) -> None:
    assert client.error("no/such/method") == -32601
    assert client.error("$/no/such/method") == -32601
    assert client.error("workspace/executeCommand", {"command": "no.such"}) == -32602
    client.notify("no/such/notification")
    client.notify("$/no/such/notification")


def test_a_command_gets_its_arguments_as_they_are(client: Client) -> None:
    arguments = [{"jsonrpc": "2.0"}, [None], "ü"]
    sent = {"command": "test.command", "arguments": arguments}
    assert client.result("workspace/executeCommand", sent) == {"arguments": arguments}
    assert client.result("workspace/executeCommand", {"command": "test.command"}) == {"arguments": []}


def test_a_key_called_jsonrpc_means_nothing_inside() -> None:
    options = {"jsonrpc": "2.0", "method": "exit", "id": 4, "nested": [{"jsonrpc": "2.0", "result": 1}]}
    with Client(initialize=False) as client:
        client.result("initialize", {"processId": None, "capabilities": {}, "initializationOptions": options})
        assert client.result("test/echo", options) == options


def test_texts_survive_the_wire(client: Client) -> None:
    for text in ["\ud800 lone", "😀", "\x00\x1f\x7f\x85\u2028\ufeff", "a" * 3_000_000]:
        assert client.result("test/echo", text) == text


def test_ids_of_both_kinds_come_back_as_they_were(client: Client) -> None:
    for message_id in (0, -1, 10**30, "", "1", "ü\n", "x" * 10_000):
        client.send(id=message_id, method="test/echo", params=1)
        answer = client.reply(message_id)
        assert answer["result"] == 1
        assert type(answer["id"]) is type(message_id)


def test_two_requests_with_one_id_get_two_answers() -> None:
    with Client() as client:
        slow = {**HOVER, "position": {"line": 20, "character": 0}}
        client.send(id="twice", method="textDocument/definition", params=slow)
        client.send(id="twice", method="textDocument/definition", params=slow)
        assert client.reply("twice")["error"]["code"] == -32600
        client.notify("$/cancelRequest", {"id": "twice"})
        client.settle()
        assert [a["error"]["code"] for a in client.replies["twice"]] == [-32600, -32800]


def test_answers_to_nothing_are_ignored(client: Client) -> None:
    client.send(id="never asked", result=5)
    client.send(id="never asked", error={"code": 1, "message": "x"})
    client.send(id="never asked", error="x")
    client.send_body(b'{"jsonrpc": "2.0", "id": "never asked", "result": ')
    client.settle()
    assert client.replies["never asked"] == []
    del client.replies["never asked"]


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        ({"result": [{"a": 1}]}, True),
        ({"result": 5}, False),
        ({"error": {"code": -32601, "message": "no"}}, False),
        ({"error": None}, False),
        ({"error": {"code": "x"}}, False),
    ],
)
def test_answers_to_our_own_requests(client: Client, answer: dict[str, Any], shown: bool) -> None:
    assert client.result("test/ask") is None
    asked = client.requests.get(timeout=10)
    assert asked["method"] == "workspace/configuration"
    client.send(id=asked["id"], **answer)
    client.settle()
    client.settle()
    if shown:
        assert client.notifications.get(timeout=10)["params"]["message"] == "got ({'a': 1},)"
    assert client.notifications.empty()
    inside = client.result("test/inside")
    assert inside["futures"] == inside["types"] == 0


def test_peek_finds_the_id_at_the_top_level_only() -> None:
    assert messages.peek(b'{"id": 5') == {"id": 5}
    assert messages.peek(b'{"params": {"id": 5}') == {"params": None}
    assert messages.peek(b'{"a": "id", "b": [1, {"id": 2}], "id": "x", ') == {"a": None, "b": None, "id": "x"}
    assert messages.peek(b'{"text": "\\"id\\": 5", "id": 7') == {"text": None, "id": 7}
    assert messages.peek(b'{"id": "unfinished') == {"id": None}
    assert messages.peek(b"") == {}
