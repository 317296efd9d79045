"""Mutated messages: the server lives, and each request whose id can be read gets exactly one reply.

    python tests/e2e/protocol/fuzz_frames.py --frames 10000 [--seed 1]

What counts as a request is decided here with `json.loads` and nothing of Foreshot's.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from e2e.protocol.client import Client

URI = "file:///fuzz.py"
POSITION = {"textDocument": {"uri": URI}, "position": {"line": 0, "character": 1}}
MESSAGES: list[tuple[str, Any]] = [
    ("textDocument/hover", POSITION),
    ("textDocument/definition", POSITION),
    (
        "textDocument/didOpen",
        {"textDocument": {"uri": URI, "languageId": "python", "version": 1, "text": "é\n😀"}},
    ),
    (
        "textDocument/didChange",
        {"textDocument": {"uri": URI, "version": 2}, "contentChanges": [{"text": "x"}]},
    ),
    ("test/echo", {"deep": [[[{"a": None}]]], "text": 'Content-Length: 5\r\n\r\n"'}),
    ("test/raiseInWorker", "value"),
    ("workspace/executeCommand", {"command": "test.command", "arguments": [1]}),
    ("workspace/didChangeConfiguration", {"settings": {}}),
    ("$/cancelRequest", {"id": "nothing"}),
    ("$/setTrace", {"value": "off"}),
    ("unknown/method", None),
]
TOKENS = [
    b'"',
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"null",
    b"true",
    b"-1",
    b"1e999",
    b"NaN",
    b"\\ud800",
    b"\xff",
    b"\0",
]
TOKENS += [
    b'"id"',
    b'"jsonrpc":"2.0"',
    b'"method"',
    b'"params":null',
    b'"result":1',
    b"\r\n",
    b"[" * 3000,
    b"9" * 5000,
]
SAME = [
    b"Content-Length: %d\r\n\r\n",
    b"content-length:%d\r\n\r\n",
    b"CONTENT-LENGTH : %d \n\n",
    b"Content-Type: x; charset=utf-8\r\nContent-Length: %d\r\n\r\n",
    b"Content-Length: %d\r\nX-Y: z\r\n\r\n",
    b"junk before a header\r\nContent-Length: %d\r\n\r\n",
    b"}}]]\xff\0Content-Length: %d\r\n\r\n",
]
LOST = [
    b"",
    b"\r\n\r\n",
    b"Content-Length:\r\n\r\n",
    b"Content-Length: -%d\r\n\r\n",
    b"Content-Length: %dx\r\n\r\n",
    b"Content-Lenght: %d\r\n\r\n",
    b"Content-Length: 9%018d\r\n\r\n",
]


def readable_ids(body: bytes) -> tuple[list[Any], bool]:
    """The ids that must be answered, and whether that is all that can be said of this body."""
    try:
        data = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        return [], False
    members = data if isinstance(data, list) else [data]
    ids: list[Any] = []
    for member in members:
        if not isinstance(member, dict):
            continue
        message_id = member.get("id")
        answer = "method" not in member and ("result" in member or "error" in member)
        valid = member.get("jsonrpc") == "2.0" and isinstance(member.get("method"), str)
        is_id = isinstance(message_id, (int, str)) and not isinstance(message_id, bool)
        if is_id and not answer and (valid or not isinstance(data, list)):
            ids.append(message_id)
    return ids, True


def mutate(rng: random.Random, body: bytes) -> bytes:
    kind = rng.randrange(7)
    at, size = rng.randrange(len(body)), rng.randrange(1, 12)
    match kind:
        case 0:
            return body[:at] + rng.choice(TOKENS) + body[at:]
        case 1:
            return body[:at] + body[at + size :]
        case 2:
            return body[:at]
        case 3:
            return body[:at] + bytes([body[at] ^ (1 << rng.randrange(8))]) + body[at + 1 :]
        case 4:
            return body[:at] + body[at : at + size] + body[at:]
        case 5:
            return b"[" + body + b"]"
        case _:
            data = json.loads(body)
            key = rng.choice([*data])
            data[key] = rng.choice(
                [None, True, 0, -1, 1.5, "", "x", [], {}, [[]], {"jsonrpc": "2.0"}, 2**70, "\ud800"]
            )
            return json.dumps(data).encode()


def some_frame(rng: random.Random, number: int) -> tuple[bytes, list[Any], list[Any]]:
    """A frame, the ids that must be answered, and those that may be answered once at most."""
    method, params = rng.choice(MESSAGES)
    message_id = f"{number:07d}-{rng.randrange(10**9):09d}"
    with_id = {} if method.startswith(("textDocument/did", "$/")) else {"id": message_id}
    body = json.dumps({"jsonrpc": "2.0", **with_id, "method": method, "params": params}).encode()
    whole = [message_id] if with_id else []
    match rng.randrange(10):
        case 0:
            return rng.choice(SAME) % len(body) + body, whole, []
        case 1:
            header = rng.choice(LOST)
            return (header % len(body) if b"%" in header else header) + body, [], whole
        case 2:
            excess = rng.randrange(1, 400)
            return b"Content-Length: %d\r\n\r\n" % (len(body) + excess) + body, whole, []
        case 3:
            short = rng.randrange(1, len(body))
            cut = body[: len(body) - short]
            seen = re.search(rb'"id": "[^"]*"', cut) is not None
            return (
                b"Content-Length: %d\r\n\r\n" % len(cut) + body,
                whole if seen else [],
                [] if seen else whole,
            )
        case _:
            body = mutate(rng, body)
            ids, certain = readable_ids(body)
            return b"Content-Length: %d\r\n\r\n" % len(body) + body, ids, [] if certain else whole


def run(frames: int, seed: int) -> Counter[str]:
    """Send that many mutated frames to one server; raises when a reply is missing or doubled."""
    rng = random.Random(seed)
    wanted: Counter[Any] = Counter()
    allowed: Counter[Any] = Counter()
    with Client() as client:
        for number in range(frames):
            frame, must, may = some_frame(rng, number)
            wanted.update(must)
            allowed.update(may)
            client.send_bytes(frame)
            if number % 20 == 19:
                client.settle()
        end = time.monotonic() + 10
        while True:
            client.settle()
            replies = Counter({key: len(found) for key, found in client.replies.items() if found})
            if all(replies[key] >= count for key, count in wanted.items()) or time.monotonic() > end:
                break
        missing = wanted - replies
        assert not missing, f"no reply to {list(missing)[:5]}"
        for key, count in replies.items():
            if isinstance(key, str) and re.fullmatch(r"\d{7}-\d{9}", key):
                assert count == wanted[key] or (key in allowed and count == 1), f"{count} replies to {key}"
        assert client.garbage == []
        assert client.process.poll() is None
        inside = client.result("test/inside")
        assert inside["pending"] == inside["futures"] == 0, inside
        return Counter(requests=wanted.total(), replies=replies.total(), doubtful=allowed.total())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    started = time.monotonic()
    print(dict(run(options.frames, options.seed)), f"{time.monotonic() - started:.1f} s")
