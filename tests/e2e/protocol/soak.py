"""Hours of editing in a minute, and the delays that a person would feel; prints numbers, fails past the bars.

    python tests/e2e/protocol/soak.py --edits 50000

Memory, threads and descriptors of a server under edits with requests between them; how long a cancelled
request waits under a hundred others; how long a server with hung workers stays after the end of its input.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from e2e.protocol.client import Client

URI = "file:///soak.py"
POSITION = {"textDocument": {"uri": URI}, "position": {"line": 700, "character": 3}}
TEXT = "".join(f"line {i} = 'some words to fill it'\n" for i in range(1_500))


def resident(client: Client) -> float:
    """Megabytes of memory that the server holds."""
    status = Path(f"/proc/{client.process.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def change(client: Client, version: int) -> None:
    here = {"line": 700, "character": 3}
    end = {"line": 700, "character": 3 + version % 2}
    edit = {"range": {"start": here, "end": end}, "text": "" if version % 2 else "x"}
    params = {"textDocument": {"uri": URI, "version": version}, "contentChanges": [edit]}
    client.notify("textDocument/didChange", params)


def open_text(client: Client) -> None:
    opened = {"uri": URI, "languageId": "python", "version": 1, "text": TEXT}
    client.notify("textDocument/didOpen", {"textDocument": opened})


def soak(edits: int) -> bool:
    with Client() as client:
        open_text(client)
        version, samples = 1, list[tuple[float, float, Any]]()
        for _ in range(11):
            times: list[float] = []
            for number in range(edits // 10):
                version += 1
                change(client, version)
                if number % 10 == 0:
                    started = time.perf_counter()
                    client.call("test/echo", 1)
                    times.append(time.perf_counter() - started)
                if number % 50 == 0:
                    client.call("textDocument/hover", POSITION)
                    client.call("test/background", "x")
                client.replies.clear()
            p99 = statistics.quantiles(times, n=100)[98] * 1000
            samples.append((resident(client), p99, client.result("test/inside")))
        first, last = samples[0], samples[-1]
        print(
            f"{version} edits: {first[0]:.1f} → {last[0]:.1f} MB after the first tenth, p99 of a request behind edits"
        )
        print("  by tenth:", " ".join(f"{p99:.1f}" for _, p99, _ in samples), "ms")
        print("  inside:", last[2])
        early, late = (statistics.median(s[1] for s in part) for part in (samples[:5], samples[-5:]))
        return last[0] - first[0] <= 10 and first[2] == last[2] and late <= early * 1.5


def cancel() -> bool:
    with Client() as client:
        open_text(client)
        slow = {"textDocument": {"uri": "file:///other.py"}, "position": {"line": 3_000, "character": 0}}
        busy = {"milliseconds": 1_000_000}
        ids = [client.request("test/busy", busy) for _ in range(2)]
        ids += [client.request("textDocument/definition", slow) for _ in range(98)]
        client.settle()
        waits: list[float] = []
        for version in range(2, 200):
            started = time.perf_counter()
            change(client, version)
            client.call("test/echo", 1)
            waits.append(time.perf_counter() - started)
        replies: list[float] = []
        for message_id in reversed(ids):
            started = time.perf_counter()
            client.notify("$/cancelRequest", {"id": message_id})
            client.reply(message_id)
            replies.append(time.perf_counter() - started)
        print(
            f"100 requests, two of them computing: a change and a request behind it p50 "
            f"{statistics.median(waits) * 1000:.1f} ms, at most {max(waits) * 1000:.1f} ms; "
            f"a cancelled request is answered after at most {max(replies) * 1000:.1f} ms"
        )
        return max(waits) <= 0.05 and max(replies) <= 0.2


def leave() -> bool:
    times: dict[str, float] = {}
    for name, method in (("hung workers", "textDocument/references"), ("a hung main loop", "test/hangMain")):
        with Client() as client:
            client.settle()
            for _ in range(4):
                client.request(method, {**POSITION, "context": {"includeDeclaration": True}})
            started = time.perf_counter()
            client.close_input()
            assert client.wait() == 1
            times[name] = time.perf_counter() - started
    print("after the end of input:", ", ".join(f"{name} {seconds:.2f} s" for name, seconds in times.items()))
    return max(times.values()) <= 5


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--edits", type=int, default=50_000)
    options = parser.parse_args()
    sys.exit(0 if all([soak(options.edits), cancel(), leave()]) else 1)
