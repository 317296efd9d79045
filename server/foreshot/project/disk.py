"""The disk under a workspace whose content is not to be trusted.

A workspace may hold links out of it, links in circles, pipes, devices and files of any size. :class:`DiskFiles` is the
disk as far as it is inside the workspace. It remembers nothing: what reads projects is
:class:`foreshot.project.files.Files`.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Iterable
from typing import Protocol

from msgspec import Struct

from foreshot.project import paths
from foreshot.text import MAX_BYTES, Unreadable

MAX_FOLDER_ENTRIES = 200_000
"""Entries of one folder that are listed; the rest is left out and the listing says that it is not complete."""
MAX_LINKS = 1_000
"""Links of one folder whose target is looked up; further links are left out."""

_MOST_SEEN = 20_000
_REMEMBER = 1.0  # seconds for which a folder is taken to lie where it was found
_OPEN = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_BINARY", 0)
)
_IS_LINK = {errno.ELOOP, getattr(errno, "EMLINK", errno.ELOOP), getattr(errno, "EFTYPE", errno.ELOOP)}


class Listing(Struct, frozen=True):
    """What a folder holds: names of real folders and of regular files (or links to such inside the workspace), sorted."""

    folders: tuple[str, ...]
    files: tuple[str, ...]
    identity: tuple[int, int] | None = None
    """Device and inode, where there is a disk; two paths with one identity are one folder."""
    complete: bool = True
    problem: str | None = None
    """Why the folder, which is there, could not be listed; it then has no entries, and is not complete."""


class Disk(Protocol):
    """Where files come from. Paths are absolute and normalised; nothing here raises for what a disk may hold."""

    def read_bytes(self, path: str) -> bytes | Unreadable | None:
        """The bytes of a file, why they cannot be had, or None when there is no such file."""
        ...

    def listing(self, path: str) -> Listing | None:
        """The entries of a folder; None when there is no such folder inside the workspace."""
        ...

    def contains(self, path: str) -> bool:
        """Whether a path, links followed, lies inside the workspace; it need not exist."""
        ...


class DiskFiles:
    """The disk, inside ``roots`` only."""

    def __init__(self, roots: Iterable[str]) -> None:
        self._roots = tuple(paths.real(root) for root in roots)
        self._seen: dict[str, tuple[float, bool]] = {}

    def contains(self, path: str) -> bool:
        """Whether the real path is inside a root."""
        try:
            resolved = paths.real(path)
        except (OSError, ValueError):
            return False
        return any(paths.is_inside(resolved, root) for root in self._roots)

    def read_bytes(self, path: str) -> bytes | Unreadable | None:
        """The bytes of a regular file of at most ``MAX_BYTES``."""
        descriptor = self.open_regular(path)
        if descriptor is None or isinstance(descriptor, Unreadable):
            return descriptor
        try:
            size = os.fstat(descriptor).st_size
            if size > MAX_BYTES:
                return Unreadable(f"the file is larger than {MAX_BYTES >> 10} KiB")
            return _read_all(descriptor, size)
        except OSError as error:
            return Unreadable(f"the file cannot be read: {error.strerror}")
        finally:
            os.close(descriptor)

    def open_regular(self, path: str) -> int | Unreadable | None:
        """A descriptor of a regular file inside the roots, opened without waiting; the caller closes it."""
        if not self._holds(paths.parent(path)):
            return Unreadable("the file is outside the workspace")
        try:
            descriptor = self._open(path)
        except (FileNotFoundError, NotADirectoryError, ValueError):
            return None
        except OSError as error:
            return Unreadable(f"the file cannot be opened: {error.strerror}")
        if not isinstance(descriptor, Unreadable) and not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            return Unreadable("this is not a regular file")
        return descriptor

    def listing(self, path: str) -> Listing | None:
        """The entries of a folder; a link to a folder is no entry."""
        folders: list[str] = []
        files: list[str] = []
        links = count = 0
        complete = True
        try:
            if not self.contains(path):
                return None
            status = os.stat(path)  # noqa: PTH116
            with os.scandir(path) as entries:
                for entry in entries:
                    name = entry.name
                    count += 1
                    if count > MAX_FOLDER_ENTRIES:
                        complete = False
                        break
                    if not name.isascii() and not _is_text(name):
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        if not _is_junction(entry):
                            folders.append(name)
                    elif entry.is_file(follow_symlinks=False):
                        files.append(name)
                    elif entry.is_symlink():
                        links += 1
                        if links <= MAX_LINKS and self._is_linked_file(entry.path):
                            files.append(name)
        except (FileNotFoundError, NotADirectoryError, ValueError):
            return None
        except OSError as error:
            return Listing((), (), complete=False, problem=error.strerror or type(error).__name__)
        return Listing(tuple(sorted(folders)), tuple(sorted(files)), (status.st_dev, status.st_ino), complete)

    def _open(self, path: str) -> int | Unreadable:
        if not hasattr(os, "O_NOFOLLOW") and os.path.islink(path):  # noqa: PTH114
            return self._open_linked(path)
        try:
            return os.open(path, _OPEN)
        except OSError as error:
            if error.errno not in _IS_LINK:
                raise
            return self._open_linked(path)

    def _open_linked(self, path: str) -> int | Unreadable:
        target = paths.real(path)
        if not self.contains(target):
            return Unreadable("the file is a link to a place outside the workspace")
        return os.open(target, _OPEN)

    def _is_linked_file(self, path: str) -> bool:
        if not self.contains(path):
            return False
        try:
            return stat.S_ISREG(os.stat(path).st_mode)  # noqa: PTH116
        except OSError:
            return False

    def _holds(self, folder: str) -> bool:
        now = time.monotonic()
        known = self._seen.get(folder)
        if known is not None and now - known[0] < _REMEMBER:
            return known[1]
        if len(self._seen) > _MOST_SEEN:
            self._seen.clear()
        inside = self.contains(folder)
        self._seen[folder] = (now, inside)
        return inside


def _read_all(descriptor: int, size: int) -> bytes | Unreadable:
    data = os.read(descriptor, size + 1)
    if len(data) == size:
        return data
    # The file grew or shrank since it was measured, or the system gave a part.
    pieces = [data]
    total = len(data)
    while data and total <= MAX_BYTES:
        data = os.read(descriptor, MAX_BYTES + 1 - total)
        pieces.append(data)
        total += len(data)
    return (
        b"".join(pieces)
        if total <= MAX_BYTES
        else Unreadable(f"the file is larger than {MAX_BYTES >> 10} KiB")
    )


def _is_text(name: str) -> bool:
    """Whether a file name is Unicode; other names have no URI and no place in a report."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_junction(entry: os.DirEntry[str]) -> bool:
    if os.name != "nt":
        return False
    status = entry.stat(follow_symlinks=False)
    return bool(getattr(status, "st_file_attributes", 0) & 0x400)
