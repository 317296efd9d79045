"""The texts that an editor has open: immutable snapshots, and the edits that lead from one to the next.

A document exists from its didOpen to its didClose and nowhere else: nothing here reads a disk, whatever
the scheme of the URI. Clients that break the order of things (an open twice, a change without an open,
a version that goes back) are followed as far as their messages make sense: the last write wins, and the
oddity is returned as a sentence for the log.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from lsprotocol import types

from foreshot.text.lines import Encoding, LineIndex

_LINE_END = re.compile(r"\r\n?|\n")


@dataclass(frozen=True)
class Document:
    """One open text at one version, and it never changes."""

    uri: str
    version: int
    content: str
    language_id: str = "python"

    @cached_property
    def lines(self) -> LineIndex:
        """The line index of the content."""
        return LineIndex(self.content)


class Documents(Mapping[str, Document]):
    """The open documents by URI. Changed on the main loop only; :meth:`snapshot` is for everybody else."""

    def __init__(self) -> None:
        self.encoding: Encoding = "utf-16"
        """What a column counts, as negotiated in `initialize`."""
        self._documents: dict[str, Document] = {}
        self._snapshot: Mapping[str, Document] | None = None

    def __getitem__(self, uri: str) -> Document:
        return self._documents[uri]

    def __iter__(self) -> Iterator[str]:
        return iter(self._documents)

    def __len__(self) -> int:
        return len(self._documents)

    def snapshot(self) -> Mapping[str, Document]:
        """All documents as they are now, in a mapping that later changes leave alone."""
        if self._snapshot is None:
            self._snapshot = MappingProxyType(dict(self._documents))
        return self._snapshot

    def open(self, item: types.TextDocumentItem) -> str | None:
        """Take in an opened document. Returns what was odd about it, if anything."""
        odd = "was opened twice: the later text counts" if item.uri in self._documents else None
        self._put(Document(item.uri, item.version, item.text, str(item.language_id)))
        return odd

    def change(self, params: types.DidChangeTextDocumentParams) -> str | None:
        """Apply a change notification. Returns what was odd about it, if anything."""
        uri, version = params.text_document.uri, params.text_document.version
        old = self._documents.get(uri)
        changes = params.content_changes
        if old is None:
            if not changes or not isinstance(changes[0], types.TextDocumentContentChangeWholeDocument):
                return "was changed without being open: ignored"
            self._put(Document(uri, version, apply_changes("", changes, self.encoding)))
            return "was changed without being open: taken as opened with the whole text that was sent"
        content = apply_changes(old.content, changes, self.encoding)
        self._put(Document(uri, version, content, old.language_id))
        if version <= old.version:
            return f"went from version {old.version} to {version}: the later text counts"
        return None

    def close(self, uri: str) -> str | None:
        """Forget a document. Returns what was odd about it, if anything."""
        self._snapshot = None
        return None if self._documents.pop(uri, None) else "was closed without being open"

    def _put(self, document: Document) -> None:
        self._snapshot = None
        self._documents[document.uri] = document


def apply_changes(
    content: str, changes: Sequence[types.TextDocumentContentChangeEvent], encoding: Encoding
) -> str:
    """The text after ``changes``, each of which counts on the text that the one before it left."""
    text = _Text(content)
    for change in changes:
        if isinstance(change, types.TextDocumentContentChangePartial):
            span = change.range
            start = text.offset(span.start.line, span.start.character, encoding)
            end = text.offset(span.end.line, span.end.character, encoding)
            # A reversed range means the same place, as it does to VS Code.
            text.replace(min(start, end), max(start, end), change.text)
        else:
            text = _Text(change.text)
    return text.content


class _Text:
    """A text between two edits, with the line starts that have been needed so far.

    Hundreds of edits in one notification (a rename, many cursors) each touch one place: only the starts
    before an edit are kept, and only those up to the next one's line are looked for again.
    """

    def __init__(self, content: str) -> None:
        self.content = content
        self._starts = [0]

    def offset(self, row: int, column: int, encoding: Encoding) -> int:
        """The offset of a position; past the end of its line's text, or of the text, it is that end."""
        content, starts = self.content, self._starts
        line_end = _LINE_END if "\r" in content else None
        while len(starts) <= row + 1:
            following = _next_line(content, starts[-1], line_end)
            if following is None:
                break
            starts.append(following)
        if row >= len(starts):
            return len(content)
        start = starts[row]
        end = starts[row + 1] if row + 1 < len(starts) else len(content)
        if (encoding == "utf-32" or content.isascii()) and start + column < end - 1:
            return start + column
        line = LineIndex(content[start:end])
        return start + line.offset_from(0, column, encoding)

    def replace(self, start: int, end: int, text: str) -> None:
        """Put ``text`` in the place of a range of offsets."""
        self.content = self.content[:start] + text + self.content[end:]
        # A line start depends on the characters on both sides of it: the one at the edit may join a \r\n.
        del self._starts[max(bisect_left(self._starts, start), 1) :]


def _next_line(content: str, start: int, line_end: re.Pattern[str] | None) -> int | None:
    """Where the line after the one that begins at ``start`` begins; no pattern: only ``\\n`` ends a line."""
    if line_end is None:
        return content.find("\n", start) + 1 or None
    match = line_end.search(content, start)
    return match.end() if match else None
