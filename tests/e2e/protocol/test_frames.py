"""Bodies come out of a stream whatever stands between them, however the bytes arrive."""

from __future__ import annotations

import pytest

from foreshot.lsp.frames import MAX_BODY, FrameReader, Lost

A, B = b'{"id":1}', b'{"id":22}'


def frame(body: bytes, header: bytes = b"Content-Length: %d\r\n\r\n") -> bytes:
    return header % len(body) + body


def read(*pieces: bytes) -> tuple[list[bytes], list[str]]:
    reader = FrameReader()
    found = [item for piece in pieces for item in reader.feed(piece)]
    return [f for f in found if isinstance(f, bytes)], [f.why for f in found if isinstance(f, Lost)]


GOOD = {
    "lower case": b"content-length: %d\r\n\r\n",
    "upper case": b"CONTENT-LENGTH: %d\r\n\r\n",
    "no space": b"Content-Length:%d\r\n\r\n",
    "many spaces": b"Content-Length :  %d  \r\n\r\n",
    "bare line feeds": b"Content-Length: %d\n\n",
    "a type after it": b"Content-Length: %d\r\nContent-Type: application/vscode-jsonrpc; charset=utf-8\r\n\r\n",
    "a type before it": b"Content-Type: application/vscode-jsonrpc; charset=utf8\r\nContent-Length: %d\r\n\r\n",
    "an unknown header": b"X-Trace: 7\r\nContent-Length: %d\r\n\r\n",
    "leading zeros": b"Content-Length: 000000000000000%d\r\n\r\n",
    "an earlier length": b"Content-Length: 3\r\nContent-Length: %d\r\n\r\n",
}


@pytest.mark.parametrize("header", GOOD.values(), ids=GOOD.keys())
def test_header_spellings(header: bytes) -> None:
    assert read(frame(A, header) + frame(B)) == ([A, B], [])


@pytest.mark.parametrize("header", GOOD.values(), ids=GOOD.keys())
def test_bytes_one_at_a_time(header: bytes) -> None:
    stream = frame(A, header) + frame(B, header)
    assert read(*[stream[i : i + 1] for i in range(len(stream))]) == ([A, B], [])


BAD = {
    "no length": b"Content-Type: text/plain\r\n\r\n" + A,
    "a length of letters": b"Content-Length: many\r\n\r\n" + A,
    "a negative length": b"Content-Length: -5\r\n\r\n" + A,
    "an enormous length": b"Content-Length: 99999999999999999999999999\r\n\r\n" + A,
    "a length over the cap": b"Content-Length: %d\r\n\r\n" % (MAX_BODY + 1) + A,
    "a length of 10,000 digits": b"Content-Length: " + b"9" * 10_000 + b"\r\n\r\n" + A,
    "no header at all": A + b"\r\n",
    "long junk": b"x" * 100_000,
}


@pytest.mark.parametrize("junk", BAD.values(), ids=BAD.keys())
def test_the_next_message_is_found(junk: bytes) -> None:
    for pieces in (
        [junk + frame(B)],
        [junk, frame(B)],
        [(junk + frame(B))[i : i + 7] for i in range(0, 120_000, 7)],
    ):
        bodies, losses = read(*pieces)
        assert bodies == [B]
        assert len(losses) == 1


def test_a_header_that_does_not_end() -> None:
    endless = b"Content-Length: 5\r\n" + b"X-Y: z\r\n" * 5_000 + b"x" * 9_000
    assert read(endless + frame(B))[0] == [B]
    assert read(endless, frame(B)) == ([B], ["a header has no end"])


@pytest.mark.parametrize("excess", range(1, 60))
def test_a_length_that_is_too_large(excess: int) -> None:
    stream = b"Content-Length: %d\r\n\r\n" % (len(A) + excess) + A + frame(B) + frame(A)
    for pieces in ([stream], [stream[i : i + 1] for i in range(len(stream))]):
        bodies, _ = read(*pieces)
        assert bodies == [A, B, A]


@pytest.mark.parametrize("missing", range(1, len(A) + 1))
def test_a_length_that_is_too_small(missing: int) -> None:
    bodies, _ = read(b"Content-Length: %d\r\n\r\n" % (len(A) - missing) + A + frame(B))
    assert bodies == [A[: len(A) - missing], B]


def test_a_body_that_spells_a_header_in_a_string_stays_whole() -> None:
    body = rb'{"text": "Content-Length: 5\r\n\r\n{}"}'
    assert read(frame(body) + frame(A)) == ([body, A], [])


def test_a_body_with_line_breaks_stays_whole() -> None:
    body = b'{\r\n  "id": 1,\n\n  "content-length": 5\r\n}\n'
    assert read(frame(body) + frame(A)) == ([body, A], [])
    stream = frame(body) + frame(A)
    assert read(*[stream[i : i + 1] for i in range(len(stream))]) == ([body, A], [])


def test_an_oversized_body_passes_through_without_being_kept() -> None:
    reader = FrameReader()
    losses = list(reader.feed(b"Content-Length: %d\r\n\r\n" % (MAX_BODY + 1)))
    for _ in range(100):
        losses += reader.feed(b"x" * (1 << 20))
        assert len(reader._buffer) < 10_000
    assert len(losses) == 1
    assert list(reader.feed(frame(A))) == [A]


def test_the_end_of_input_says_what_is_missing() -> None:
    reader = FrameReader()
    assert list(reader.feed(frame(A))) == [A]
    assert reader.finish() is None
    assert list(reader.feed(frame(A)[:-1])) == []
    assert "inside a message" in str(reader.finish())
    reader = FrameReader()
    assert list(reader.feed(b"Content-")) == []
    assert "inside a header" in str(reader.finish())
