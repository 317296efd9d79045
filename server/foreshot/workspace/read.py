"""Files as they were when a check first read them."""

from __future__ import annotations

import os

from foreshot.project import paths
from foreshot.project.files import DiskFiles
from foreshot.text import SourceText, Unreadable

_REMEMBERED = 8
"""Texts that are kept decoded: what is asked of one file, such as its repairs, is asked in a row."""


class ReadFiles(DiskFiles):
    """The disk, every file of which is read once: what is shown of a text is what was checked."""

    def __init__(self, roots: tuple[str, ...]) -> None:
        super().__init__(roots)
        self._bytes: dict[str, bytes | Unreadable | None] = {}
        self._missing: dict[str, bool] = {}
        self._texts: dict[str, SourceText | Unreadable | None] = {}

    def read_bytes(self, path: str) -> bytes | Unreadable | None:
        """The bytes as they were."""
        try:
            return self._bytes[path]
        except KeyError:
            missing = self._is_missing(paths.parent(path))
            data = self._bytes[path] = None if missing else super().read_bytes(path)
            return data

    def _is_missing(self, folder: str) -> bool:
        """Whether a folder of the workspace is not there: most places where an imported module might be are not."""
        known = self._missing.get(folder)
        if known is None:
            inside = any(paths.is_inside(folder, root) for root in self._roots)
            known = self._missing[folder] = inside and not os.path.isdir(folder)  # noqa: PTH112
        return known

    def read(self, path: str) -> SourceText | Unreadable | None:
        """The text as it was."""
        try:
            return self._texts[path]
        except KeyError:
            if len(self._texts) >= _REMEMBERED:
                del self._texts[next(iter(self._texts))]
            text = self._texts[path] = super().read(path)
            return text
