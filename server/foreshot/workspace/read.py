"""Files as they were when a check first read them."""

from __future__ import annotations

from foreshot.project.files import DiskFiles
from foreshot.text import SourceText, Unreadable

_REMEMBERED = 8
"""Texts that are kept decoded: what is asked of one file, such as its repairs, is asked in a row."""


class ReadFiles(DiskFiles):
    """The disk, every file of which is read once: what is shown of a text is what was checked."""

    def __init__(self, roots: tuple[str, ...]) -> None:
        super().__init__(roots)
        self._bytes: dict[str, bytes | Unreadable | None] = {}
        self._texts: dict[str, SourceText | Unreadable | None] = {}

    def read_bytes(self, path: str) -> bytes | Unreadable | None:
        """The bytes as they were."""
        try:
            return self._bytes[path]
        except KeyError:
            data = self._bytes[path] = super().read_bytes(path)
            return data

    def read(self, path: str) -> SourceText | Unreadable | None:
        """The text as it was."""
        try:
            return self._texts[path]
        except KeyError:
            if len(self._texts) >= _REMEMBERED:
                del self._texts[next(iter(self._texts))]
            text = self._texts[path] = super().read(path)
            return text
