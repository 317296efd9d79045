"""The files of a repository: regular ones only, inside it only, and never more of them than was asked for."""

from __future__ import annotations

import os

from foreshot.project import paths
from foreshot.project.disk import DiskFiles
from foreshot.text import Unreadable

MAX_SMALL = 1 << 20
"""Bytes of HEAD, of a ref and of other files that hold a line or a few."""
MAX_PACKED_REFS = 64 << 20
"""Bytes of ``packed-refs``: about 700,000 refs."""


class Trouble(Exception):
    """Why something of a repository cannot be read, as a clause for people."""


class Store:
    """Files inside some folders; a link out of them, a pipe, a device or a folder is a :class:`Trouble`."""

    def __init__(self, *folders: str) -> None:
        self._files = DiskFiles(folders)

    def read(self, path: str, limit: int = MAX_SMALL) -> bytes | None:
        """The bytes of a file; None when there is none.

        Raises:
            Trouble: it is larger than ``limit``, no regular file, or cannot be read.
        """
        file = self.open(path)
        if file is None:
            return None
        with file:
            if file.size > limit:
                raise Trouble(f"{paths.name(path)} in the repository is larger than {limit >> 10} KiB")
            return file.at(0, file.size)

    def line(self, path: str) -> str | None:
        """The first line of a small file; None when there is none."""
        data = self.read(path)
        return None if data is None else os.fsdecode(data.split(b"\n", 1)[0].rstrip(b"\r"))

    def open(self, path: str) -> OpenFile | None:
        """A file to read pieces of; None when there is none, or a folder."""
        descriptor = self._files.open_regular(path)
        if isinstance(descriptor, Unreadable):
            # `refs/remotes/origin` is a folder where the name `origin` is looked for.
            if os.path.isdir(path):  # noqa: PTH112
                return None
            raise Trouble(f"{paths.name(path)} in the repository: {descriptor.reason}")
        return None if descriptor is None else OpenFile(path, descriptor)

    def names(self, folder: str) -> list[str]:
        """The names of regular files in a folder; none when there is no such folder."""
        listing = self._files.listing(folder)
        return [] if listing is None else list(listing.files)

    def folders(self, folder: str) -> list[str]:
        """The names of folders in a folder."""
        listing = self._files.listing(folder)
        return [] if listing is None else list(listing.folders)

    def is_folder(self, path: str) -> bool:
        """Whether there is a folder of this name."""
        return self._files.listing(path) is not None


class OpenFile:
    """An open file of which pieces are read."""

    def __init__(self, path: str, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor
        self.size = os.fstat(descriptor).st_size

    def at(self, offset: int, count: int) -> bytes:
        """Exactly ``count`` bytes.

        Raises:
            Trouble: the file ends before, or cannot be read.
        """
        data = self.some(offset, count)
        if len(data) != count:
            raise Trouble(f"{paths.name(self._path)} in the repository is damaged: it ends too early")
        return data

    def some(self, offset: int, count: int) -> bytes:
        """At most ``count`` bytes; fewer at the end of the file."""
        # A damaged offset must not make room for what is not there.
        count = min(count, max(self.size - offset, 0))
        pieces: list[bytes] = []
        try:
            os.lseek(self._descriptor, offset, os.SEEK_SET)
            while count > 0 and (piece := os.read(self._descriptor, count)):
                pieces.append(piece)
                count -= len(piece)
        except (OSError, OverflowError) as error:
            raise Trouble(f"{paths.name(self._path)} in the repository cannot be read: {error}") from None
        return b"".join(pieces)

    def close(self) -> None:
        """Let go of it."""
        os.close(self._descriptor)

    def __enter__(self) -> OpenFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
