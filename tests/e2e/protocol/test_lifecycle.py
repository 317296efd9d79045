"""Coming and going: initialize, shutdown, exit, end of input, a dead parent, and their exit codes."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from typing import Any

import pytest

from e2e.protocol.client import SAMPLE, WAIT, Client
from foreshot.lsp.base import ForeshotServer

URI = "file:///a.py"
HOVER = {"textDocument": {"uri": URI}, "position": {"line": 0, "character": 0}}
OPENED = {"textDocument": {"uri": URI, "languageId": "python", "version": 1, "text": ""}}
HANG = {**HOVER, "context": {"includeDeclaration": True}}


class Inner:
    """A server in this process, without streams and threads: for what one message after another decides."""

    def __init__(self) -> None:
        self.server = ForeshotServer("test", "1")
        self.sent: list[Any] = []
        self.server.output.write = self.write

    def write(self, data: bytes) -> None:
        self.sent.append(json.loads(data.partition(b"\r\n\r\n")[2]))

    def receive(self, **message: Any) -> None:
        self.server.protocol.receive(json.dumps({"jsonrpc": "2.0", **message}).encode())

    def notify(self, method: str, params: Any = None) -> None:
        self.receive(method=method, params=params)

    def call(self, method: str, params: Any = None) -> Any:
        self.sent.clear()
        self.receive(id=1, method=method, params=params)
        [answer] = self.sent
        return answer

    def error(self, method: str, params: Any = None) -> int:
        return self.call(method, params)["error"]["code"]

    def initialize(self, capabilities: Any = None) -> Any:
        return self.call("initialize", {"processId": None, "capabilities": capabilities or {}})["result"]


def test_shutdown_and_exit_end_with_0() -> None:
    with Client() as client:
        assert client.result("shutdown") is None
        client.notify("exit")
        assert client.wait() == 0
        assert client.garbage == []


def test_exit_and_end_of_input_right_after_shutdown_end_with_0() -> None:
    with Client() as client:
        client.request("shutdown")
        client.notify("exit")
        client.close_input()
        assert client.wait() == 0


def test_exit_without_shutdown_ends_with_1() -> None:
    with Client() as client:
        client.notify("exit")
        assert client.wait() == 1


@pytest.mark.parametrize("initialize", [True, False])
def test_end_of_input_without_shutdown_ends_with_1(initialize: bool) -> None:
    with Client(initialize=initialize) as client:
        client.close_input()
        assert client.wait() == 1


def test_exit_before_initialize_ends_with_1() -> None:
    with Client(initialize=False) as client:
        client.notify("exit")
        assert client.wait() == 1


def test_requests_before_initialize_are_refused_and_notifications_dropped() -> None:
    inner = Inner()
    assert inner.error("textDocument/hover", HOVER) == -32002
    assert inner.error("shutdown") == -32002
    assert inner.error("no/such/method") == -32002
    inner.notify("textDocument/didOpen", OPENED)
    inner.initialize()
    assert len(inner.server.documents) == 0


def test_a_bad_initialize_can_be_repeated() -> None:
    inner = Inner()
    assert inner.error("initialize", {"capabilities": 5, "processId": []}) == -32602
    assert inner.error("initialize") == -32602
    inner.initialize()


def test_a_second_initialize_is_refused() -> None:
    inner = Inner()
    inner.initialize()
    assert inner.error("initialize", {"processId": None, "capabilities": {}}) == -32600
    assert inner.error("no/such/method") == -32601


def test_after_shutdown_everything_but_exit_is_refused() -> None:
    inner = Inner()
    inner.initialize()
    assert inner.call("shutdown")["result"] is None
    assert inner.error("textDocument/hover", HOVER) == -32600
    assert inner.error("shutdown") == -32600
    assert inner.error("initialize", {"processId": None, "capabilities": {}}) == -32600
    inner.notify("textDocument/didOpen", OPENED)
    assert len(inner.server.documents) == 0
    assert inner.server.loop.exit_code is None
    inner.notify("exit")
    assert inner.server.loop.exit_code == 0


def test_shutdown_answers_what_is_under_way() -> None:
    with Client() as client:
        hanging = [client.request("textDocument/references", HANG) for _ in range(5)]
        assert client.result("shutdown") is None
        assert {client.reply(i)["error"]["code"] for i in hanging} == {-32800}
        client.notify("exit")
        assert client.wait() == 0
        assert all(len(client.replies[i]) == 1 for i in hanging)


def test_hung_workers_do_not_hold_up_the_end_of_input() -> None:
    with Client() as client:
        for _ in range(4):
            client.request("textDocument/references", HANG)
        client.settle()
        client.close_input()
        assert client.wait() == 1


def test_a_hung_main_loop_does_not_hold_up_the_end_of_input() -> None:
    with Client() as client:
        client.settle()
        client.request("test/hangMain")
        client.close_input()
        assert client.wait() == 1
        assert "did not end by itself" in client.log


def test_input_cut_inside_a_message() -> None:
    with Client() as client:
        client.send_bytes(b'Content-Length: 100\r\n\r\n{"jsonrpc": "2.0", "id"')
        client.close_input()
        assert client.wait() == 1
        assert "ended inside a message" in client.log


def test_a_client_that_stops_listening() -> None:
    script = [sys.executable, str(SAMPLE)]
    process = subprocess.Popen(script, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdin and process.stdout
    process.stdout.close()
    body = b'{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"processId":null,"capabilities":{}}}'
    process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
    _, log = process.communicate(timeout=WAIT)
    assert process.returncode == 1
    assert b"does not listen" in log
    assert b"Traceback" not in log


def test_the_server_leaves_with_the_process_of_its_client() -> None:
    other = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        with Client(initialize=False) as client:
            client.result("initialize", {"processId": other.pid, "capabilities": {}})
            # The test holds the pipe open: only the poll can tell.
            other.kill()
            other.wait()
            assert client.wait() == 1
            assert "process is gone" in client.log
    finally:
        other.kill()
        other.communicate()


def test_a_process_that_was_never_there_means_nothing() -> None:
    other = subprocess.Popen([sys.executable, "-c", ""])
    other.wait()
    with Client(initialize=False) as client:
        client.result("initialize", {"processId": other.pid, "capabilities": {}})
        client.settle()
        assert client.process.poll() is None


def test_an_interrupt_ends_it_quietly() -> None:
    with Client() as client:
        client.settle()
        client.process.send_signal(signal.SIGINT)
        assert client.wait() == 130
        assert "Traceback" not in client.log


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        (None, "utf-16"),
        ([], "utf-16"),
        (["utf-8"], "utf-8"),
        (["utf-32", "utf-16"], "utf-32"),
        (["utf-7", "utf-8"], "utf-8"),
        (["utf-7"], "utf-16"),
    ],
)
def test_position_encodings(offered: Any, chosen: str) -> None:
    inner = Inner()
    result = inner.initialize({} if offered is None else {"general": {"positionEncodings": offered}})
    assert result["capabilities"]["positionEncoding"] == chosen
    assert inner.server.documents.encoding == chosen
