"""Text synchronisation against a plain model: random texts, random edits, three encodings.

    python tests/e2e/protocol/fuzz_text.py --sequences 100000 [--seed 1]

The model shares no code with Foreshot: it walks the text one character at a time.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from typing import Any, Literal, get_args

from lsprotocol import types
from pygls.protocol import default_converter

from foreshot.lsp.documents import Documents

Encoding = Literal["utf-8", "utf-16", "utf-32"]
ENCODINGS: tuple[Encoding, ...] = get_args(Encoding)
PIECES = ["a", "b", "xyz", " ", "\n", "\n", "\r", "\r\n", "\f", "\v", "\x1c", "\x85", "\u2028", "\u2029"]
PIECES += ["é", "\u0301", "€", "\ufeff", "😀", "🏳️‍🌈", "\ud800", "\udc00", "\t", "\0"]
UNITS = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}
URI = "untitled:fuzz"


def model_offset(text: str, line: int, character: int, encoding: Encoding) -> int:
    """Where a position is: past a line's end it is that end, inside a character it is its start."""
    i = 0
    while line and i < len(text):
        if text[i] == "\r":
            i += 2 if text[i + 1 : i + 2] == "\n" else 1
            line -= 1
        else:
            line -= text[i] == "\n"
            i += 1
    if line:
        return len(text)
    codec, size = UNITS[encoding]
    units = 0
    while i < len(text) and text[i] not in "\r\n":
        units += len(text[i].encode(codec, "surrogatepass")) // size
        if units > character:
            break
        i += 1
    return i


def model_apply(text: str, change: dict[str, Any], encoding: Encoding) -> str:
    if "range" not in change:
        return change["text"]
    ends = [change["range"][end] for end in ("start", "end")]
    start, end = sorted(model_offset(text, p["line"], p["character"], encoding) for p in ends)
    return text[:start] + change["text"] + text[end:]


def some_text(rng: random.Random, most: int) -> str:
    return "".join(rng.choices(PIECES, k=rng.randrange(most + 1)))


def some_position(rng: random.Random, text: str) -> dict[str, int]:
    lines = text.count("\n") + text.count("\r") + 1
    far = 2**31 - 1
    line = far if rng.random() < 0.02 else rng.randrange(lines + 2)
    return {"line": line, "character": far if rng.random() < 0.05 else rng.randrange(12)}


def some_change(rng: random.Random, text: str) -> dict[str, Any]:
    if rng.random() < 0.04:
        return {"text": some_text(rng, 12)}
    start = some_position(rng, text)
    end = start if rng.random() < 0.3 else some_position(rng, text)
    change: dict[str, Any] = {"range": {"start": start, "end": end}, "text": some_text(rng, 4)}
    if rng.random() < 0.2:
        change["rangeLength"] = rng.randrange(9)
    return change


def run(sequences: int, seed: int) -> int:
    """Try that many sequences in each encoding; returns the number of edits. Raises at the first difference."""
    converter = default_converter()
    edits = 0
    for encoding in ENCODINGS:
        documents = Documents()
        documents.encoding = encoding
        rng = random.Random(f"{seed} {encoding}")
        for number in range(sequences):
            expected = some_text(rng, 25)
            documents.open(types.TextDocumentItem(URI, "python", 0, expected))
            for version in range(1, rng.randrange(2, 5)):
                before = expected
                changes: list[dict[str, Any]] = []
                for _ in range(rng.randrange(1, 5)):
                    changes.append(some_change(rng, expected))
                    expected = model_apply(expected, changes[-1], encoding)
                params = {"textDocument": {"uri": URI, "version": version}, "contentChanges": changes}
                odd = documents.change(converter.structure(params, types.DidChangeTextDocumentParams))
                document = documents[URI]
                assert odd is None
                assert document.version == version
                assert document.content == expected, (
                    seed,
                    encoding,
                    number,
                    before,
                    changes,
                    document.content,
                )
                edits += len(changes)
            documents.close(URI)
    return edits


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sequences", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    started = time.monotonic()
    done = run(options.sequences, options.seed)
    print(
        f"{options.sequences} sequences × 3 encodings, {done} edits, 0 differences, {time.monotonic() - started:.0f} s"
    )
    sys.exit(0)
