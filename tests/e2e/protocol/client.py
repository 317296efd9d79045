"""A client that speaks raw bytes: it can send what no library would, and it counts every reply."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

SAMPLE = Path(__file__).with_name("sample_server.py")
WAIT = 10.0
"""Seconds after which an answer counts as missing; nothing measures speed by it."""


class Client:
    """One server process (by default the sample server) and what it has sent."""

    def __init__(
        self,
        command: Sequence[str] = (),
        *,
        initialize: bool = True,
        capabilities: Any = None,
        cwd: Path | None = None,
        env: dict[str, str] | None = None,
    ) -> None:
        command = command or [sys.executable, str(SAMPLE)]
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=cwd,
            env=env,
        )
        assert self.process.stdin and self.process.stdout and self.process.stderr
        self.stdin, self._stdout, self._stderr = self.process.stdin, self.process.stdout, self.process.stderr
        self.replies: dict[Any, list[dict[str, Any]]] = defaultdict(list)
        self.notifications: queue.Queue[dict[str, Any]] = queue.Queue()
        self.requests: queue.Queue[dict[str, Any]] = queue.Queue()
        self.garbage: list[str] = []
        self._arrived = threading.Condition()
        self._log = bytearray()
        self._next_id = 0
        self._threads = [threading.Thread(target=f, daemon=True) for f in (self._read, self._read_log)]
        for thread in self._threads:
            thread.start()
        if initialize:
            self.capabilities = self.call(
                "initialize", {"processId": None, "capabilities": capabilities or {}}
            )["result"]
            self.notify("initialized", {})

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        for thread in self._threads:
            thread.join(WAIT)
        for stream in (self._stdout, self._stderr):
            stream.close()
        with contextlib.suppress(OSError):
            self.stdin.close()

    @property
    def log(self) -> str:
        """What the server has written to stderr so far."""
        return self._log.decode("utf-8", "replace")

    def send_bytes(self, data: bytes) -> None:
        self.stdin.write(data)
        self.stdin.flush()

    def send_body(self, body: bytes) -> None:
        self.send_bytes(b"Content-Length: %d\r\n\r\n" % len(body) + body)

    def send(self, **message: Any) -> None:
        self.send_body(json.dumps({"jsonrpc": "2.0", **message}).encode())

    def notify(self, method: str, params: Any = None) -> None:
        self.send(method=method, params=params)

    def request(self, method: str, params: Any = None) -> int:
        """Send a request and return its id."""
        self._next_id += 1
        self.send(id=self._next_id, method=method, params=params)
        return self._next_id

    def reply(self, message_id: Any) -> dict[str, Any]:
        """Wait for the first reply with this id."""
        with self._arrived:
            if not self._arrived.wait_for(lambda: self.replies[message_id], WAIT):
                raise AssertionError(f"no reply to {message_id!r}; the log says:\n{self.log}")
            return self.replies[message_id][0]

    def call(self, method: str, params: Any = None) -> dict[str, Any]:
        return self.reply(self.request(method, params))

    def result(self, method: str, params: Any = None) -> Any:
        answer = self.call(method, params)
        assert "result" in answer, answer
        return answer["result"]

    def error(self, method: str, params: Any = None) -> int:
        return self.call(method, params)["error"]["code"]

    def settle(self) -> None:
        """Wait until everything that was sent before has been handled."""
        assert self.result("test/echo", "settled") == "settled"

    def wait(self, seconds: float = WAIT) -> int:
        """Wait for the end of the process and return its exit code."""
        code = self.process.wait(seconds)
        for thread in self._threads:
            thread.join(WAIT)
        return code

    def close_input(self) -> None:
        self.stdin.close()

    def wait_for_log(self, text: str) -> None:
        end = time.monotonic() + WAIT
        while text not in self.log:
            assert time.monotonic() < end, f"{text!r} is not in the log:\n{self.log}"
            time.sleep(0.01)

    def _read(self) -> None:
        while line := self._stdout.readline():
            name, _, value = line.partition(b":")
            if name != b"Content-Length" or self._stdout.readline() != b"\r\n":
                self.garbage.append(repr(line))
                continue
            message = json.loads(self._stdout.read(int(value)))
            with self._arrived:
                if "method" not in message:
                    self.replies[message["id"]].append(message)
                elif "id" in message:
                    self.requests.put(message)
                else:
                    self.notifications.put(message)
                self._arrived.notify_all()

    def _read_log(self) -> None:
        while data := os.read(self._stderr.fileno(), 1 << 16):
            self._log += data
