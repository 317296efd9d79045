"""Messages cut out of a byte stream: a header with a Content-Length, an empty line, and a body of that length.

The reader never gives up and never loses its place for good. A JSON body cannot hold a raw line break inside
a string, so a line `Content-Length: 12` inside what should be a body proves that the length was wrong: the
body ends there, and the line starts the next message. The same search finds the way back after a header
without a length, a length that nobody can mean, or any other bytes that are no message.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

MAX_BODY = 64 << 20
"""The longest body that is taken in, in bytes."""

_MAX_HEADER = 8 << 10
_LENGTH = re.compile(rb"content-length[ \t]*:[ \t]*(\d+)[ \t]*\r?\n", re.IGNORECASE)
_OTHER_LINES = re.compile(rb"(?:[^\r\n]+\r?\n)*")
_EMPTY_LINE = re.compile(rb"\r?\n")
_HEADER_END = re.compile(rb"\n\r?\n")
_HEADER_BEGUN = re.compile(
    rb"(?:content-length[ \t]*:[ \t]*\d*[ \t]*|"
    + b"|".join(b"content-length "[:size] for size in range(15, 0, -1))
    + rb")\r?\Z",
    re.IGNORECASE,
)
_HEADERS_ONLY = re.compile(rb"(?:[A-Za-z-]+[ \t]*:[^\r\n]*\r?\n|\r?\n)*")


@dataclass(frozen=True, slots=True)
class Lost:
    """Bytes that are no message, described for the log; the reader goes on with the next message."""

    why: str


class FrameReader:
    """Cuts a stream into bodies. Give it bytes as they come with :meth:`feed`; it has no input of its own."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        # The length of the body that is being read; None while its header is.
        self._length: int | None = None
        # Up to where a body that is still incomplete has been searched for the next header.
        self._searched = 0
        self._skipping = False

    def feed(self, data: bytes) -> Iterator[bytes | Lost]:
        """Take more bytes and yield each body that is complete now, and each loss."""
        self._buffer += data
        size = -1
        while size != len(self._buffer):
            size = len(self._buffer)
            found = self._read_header() if self._length is None else self._read_body(self._length)
            if found is not None:
                yield found
                # An empty body takes no bytes and is progress all the same.
                size = -1

    def finish(self) -> Lost | None:
        """Say what the end of input has cut off, if anything."""
        if self._length is not None:
            return Lost(
                f"the input ended inside a message, after {len(self._buffer)} of {self._length} bytes"
            )
        return Lost("the input ended inside a header") if self._buffer.strip() else None

    def _read_header(self) -> Lost | None:
        """Read up to the first byte of the next body, which sets the length, or as far as the bytes go."""
        buffer = self._buffer
        found = _LENGTH.search(buffer)
        if found is None:
            return self._skip_junk()
        others = _OTHER_LINES.match(buffer, found.end())
        assert others is not None
        empty = _EMPTY_LINE.match(buffer, others.end())
        if empty is None:
            if len(buffer) - found.end() > _MAX_HEADER:
                del buffer[: found.end()]
                return self._lose("a header has no end")
            return None
        # Of several lengths the last one counts: the earlier ones belong to a message that was cut off.
        lengths: list[bytes] = _LENGTH.findall(buffer, found.start(), empty.end())
        junk = _HEADERS_ONLY.fullmatch(buffer, 0, found.start()) is None
        del buffer[: empty.end()]
        was_skipping, self._skipping = self._skipping, False
        digits = lengths[-1].lstrip(b"0") or b"0"
        if len(digits) > 9 or int(digits) > MAX_BODY:
            return self._lose(
                f"a message says that it is {digits[:20].decode()} bytes long; {MAX_BODY} is the most"
            )
        self._length, self._searched = int(digits), 0
        return Lost("bytes before a header were no message") if junk and not was_skipping else None

    def _skip_junk(self) -> Lost | None:
        """Drop what cannot be the start of a header, keeping what may become one."""
        buffer = self._buffer
        ends = [match.end() for match in _HEADER_END.finditer(buffer)]
        if ends:
            blank = not buffer[: ends[-1]].strip()
            del buffer[: ends[-1]]
            return None if blank else self._lose("a header has no Content-Length")
        if len(buffer) > _MAX_HEADER:
            del buffer[:-256]
            return self._lose("no header was found where one should be")
        return None

    def _read_body(self, length: int) -> bytes | Lost | None:
        """The body, once it is complete or proves to be cut short; None while it is neither."""
        buffer = self._buffer
        end = min(length, len(buffer))
        # An incomplete header line at the end is seen again with the bytes that complete it.
        start = max(self._searched - 64, 0)
        inner = _LENGTH.search(buffer, start) if buffer.find(b"\n", start, end) != -1 else None
        if inner is not None and inner.start() < end:
            body = bytes(buffer[: inner.start()]).rstrip()
            del buffer[: inner.start()]
            self._length = None
            return body or Lost("a message was cut off before its body")
        self._searched = end
        if len(buffer) < length:
            return None
        body = bytes(buffer[:length])
        # Too long by less than a header: what was taken of it goes back.
        if body[-1:] not in b"}]" and (tail := _HEADER_BEGUN.search(body, max(length - 40, 0))):
            body = body[: tail.start()]
        del buffer[: len(body)]
        self._length = None
        return body

    def _lose(self, why: str) -> Lost | None:
        """A loss is told once; what is skipped until the next header is part of it."""
        if self._skipping:
            return None
        self._skipping = True
        return Lost(why)
