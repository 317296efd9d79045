"""From bytes to text and back, losing nothing on the way.

The coding cookie and the byte order mark are honoured as Python honours them (PEP 263); line ends are
kept as they stand. What cannot be decoded is an :class:`Unreadable` with a reason, never an exception.
"""

from __future__ import annotations

import codecs
import io
import re
import tokenize
from functools import cached_property
from hashlib import blake2b

from foreshot.text.lines import LineIndex

_LINE_END = re.compile(rb"\r\n|\n|\r")
# The backslash stands before an "n", so that no codec warns of an escape that it does not know.
_ASCII = bytes(sorted({*range(0x20, 0x7F), *b"\t\n\f\r"} - {*b"\\"})) + b"\\n"

MAX_BYTES = 1 << 20
"""The largest file that is read, in bytes: hand-written Python stays far below 1 MiB."""


class Unreadable:
    """Why a file has no text: said once, as a diagnostic on its first line."""

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def __repr__(self) -> str:
        return f"Unreadable({self.reason!r})"


class SourceText:
    """A decoded text that remembers how to become the same bytes again."""

    def __init__(self, content: str, encoding: str = "utf-8", *, bom: bool = False) -> None:
        self.content = content
        self.encoding = encoding
        self.bom = bom

    @cached_property
    def lines(self) -> LineIndex:
        """The line index of this text."""
        return LineIndex(self.content)

    @cached_property
    def newline(self) -> str:
        """The line end that new lines should get: the first one in the text, else ``\\n``."""
        position = self.content.find("\n")
        carriage = self.content.find("\r")
        if carriage != -1 and (position == -1 or carriage < position):
            return "\r\n" if self.content[carriage : carriage + 2] == "\r\n" else "\r"
        return "\n"

    def encode(self, content: str | None = None) -> bytes:
        """The bytes of this text, or of ``content`` written the way this text was.

        Raises:
            UnicodeEncodeError: when ``content`` has a character that the encoding lacks.
        """
        body = (self.content if content is None else content).encode(self.encoding)
        return codecs.BOM_UTF8 + body if self.bom else body


def digest(data: bytes) -> bytes:
    """A 16-byte content digest, the key under which what was read from a text is remembered."""
    return blake2b(data, digest_size=16).digest()


def decode(data: bytes, *, python: bool = True) -> SourceText | Unreadable:
    """The text of a file's bytes.

    Args:
        data: the whole file.
        python: honour a coding cookie; otherwise UTF-8, with or without a byte order mark.
    """
    if len(data) > MAX_BYTES:
        return Unreadable(f"the file is larger than {MAX_BYTES >> 10} KiB")
    if b"\0" in data:
        return Unreadable("the file has a NUL byte: it is not text")
    bom = data.startswith(codecs.BOM_UTF8)
    body = data[3:] if bom else data
    encoding = "utf-8"
    head = b"\n".join(_LINE_END.split(body, maxsplit=2)[:2]) + b"\n"
    if python and b"coding" in head:
        try:
            encoding, _ = tokenize.detect_encoding(
                io.BytesIO(codecs.BOM_UTF8 + head if bom else head).readline
            )
        except SyntaxError as error:
            return Unreadable(f"its encoding is not known ({error.msg})")
        if encoding == "utf-8-sig":
            encoding = "utf-8"
        elif not _extends_ascii(encoding):
            return Unreadable(f"the file's encoding, {encoding}, writes plain ASCII in another way")
    try:
        content = body.decode(encoding)
        # A codec that is not one-to-one would change bytes outside an edit when the file is written.
        if encoding != "utf-8" and content.encode(encoding) != body:
            return Unreadable(f"the file does not survive a round trip through {encoding}")
    except (UnicodeError, LookupError, ValueError) as error:
        reason = error.reason if isinstance(error, UnicodeDecodeError) else str(error)
        return Unreadable(f"the file is not valid {encoding}: {reason}")
    return SourceText(content, encoding, bom=bom)


def _extends_ascii(encoding: str) -> bool:
    # This leaves out codecs that are no encodings of source (punycode, unicode_escape), some of which take
    # quadratic time, and those whose texts no tool could search (utf-16).
    try:
        return _ASCII.decode(encoding) == _ASCII.decode("ascii")
    except (UnicodeError, LookupError, ValueError):
        return False
