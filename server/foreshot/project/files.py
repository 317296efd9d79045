"""Reading a workspace that nobody vouches for.

A workspace may hold links out of it, links in circles, pipes, devices and files of any size. Everything is read
through :class:`Files`; :class:`DiskFiles` is the disk as far as it is inside the workspace, and :class:`Overlay`
lays an editor's buffers over it.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Protocol

from msgspec import Struct

from foreshot.project import paths
from foreshot.text import MAX_BYTES, SourceText, Unreadable, decode

MAX_FOLDERS = 20_000
"""Folders that one walk looks into."""
MAX_ENTRIES = 1_000_000
"""Entries that one walk sees, over all folders."""
MAX_DEPTH = 40
"""Folders below the start that a walk goes down."""
MAX_FOLDER_ENTRIES = 200_000
"""Entries of one folder that are listed; the rest is left out and the listing says that it is not complete."""
MAX_LINKS = 1_000
"""Links of one folder whose target is looked up; further links are left out."""

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


class Files(Protocol):
    """The files of a workspace. Paths are absolute and normalised; nothing here raises for what a disk may hold."""

    def read(self, path: str) -> SourceText | Unreadable | None:
        """The text of a file, why it has none, or None when there is no such file."""
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

    def read(self, path: str) -> SourceText | Unreadable | None:
        """The decoded text of a file; a coding cookie counts in ``.py`` files only."""
        data = self.read_bytes(path)
        return decode(data, python=path.endswith(".py")) if isinstance(data, bytes) else data

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
        except (OSError, ValueError):
            return None
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
        if len(self._seen) > MAX_FOLDERS:
            self._seen.clear()
        inside = self.contains(folder)
        self._seen[folder] = (now, inside)
        return inside


class Overlay:
    """Texts laid over other files, or over nothing: an editor's buffers, or a workspace that is no disk at all."""

    def __init__(self, texts: Mapping[str, SourceText | Unreadable], base: Files | None = None) -> None:
        self._texts = texts
        self._base = base
        self._files: dict[str, set[str]] = {}
        self._folders: dict[str, set[str]] = {}
        for path in texts:
            folder = paths.parent(path)
            self._files.setdefault(folder, set()).add(paths.name(path))
            above = paths.parent(folder)
            while above != folder:
                names = self._folders.setdefault(above, set())
                if paths.name(folder) in names:
                    break
                names.add(paths.name(folder))
                folder, above = above, paths.parent(above)

    def read(self, path: str) -> SourceText | Unreadable | None:
        """The laid-over text where there is one."""
        text = self._texts.get(path)
        return text if text is not None or self._base is None else self._base.read(path)

    def listing(self, path: str) -> Listing | None:
        """The entries of both."""
        below = self._base.listing(path) if self._base is not None else None
        files = self._files.get(path)
        folders = self._folders.get(path)
        if files is None and folders is None:
            return below
        if below is None:
            return Listing(tuple(sorted(folders or ())), tuple(sorted(files or ())))
        return Listing(
            tuple(sorted({*below.folders, *(folders or ())})),
            tuple(sorted({*below.files, *(files or ())})),
            below.identity,
            below.complete,
        )

    def contains(self, path: str) -> bool:
        """Whether it is laid over, a folder of what is, or inside the files below."""
        if path in self._texts or path in self._files or path in self._folders:
            return True
        return self._base is not None and self._base.contains(path)


def walk(
    files: Files, root: str, enter: Callable[[str, Listing], bool] = lambda _folder, _listing: True
) -> Iterator[tuple[str, Listing]]:
    """Every folder at or below ``root`` with its listing, nearest first, each once, as far as the budget goes.

    ``enter`` is asked about each folder below the root, with its listing; where it says no, neither the folder
    nor what is in it is seen.
    """
    level = [root]
    identities: set[tuple[int, int]] = set()
    folders = entries = 0
    for _ in range(MAX_DEPTH):
        below: list[str] = []
        for folder in level:
            listing = files.listing(folder)
            if listing is None or (listing.identity is not None and listing.identity in identities):
                continue
            if listing.identity is not None:
                identities.add(listing.identity)
            folders += 1
            entries += len(listing.files) + len(listing.folders)
            if folder is not root and not enter(folder, listing):
                continue
            yield folder, listing
            if folders >= MAX_FOLDERS or entries >= MAX_ENTRIES:
                return
            below.extend(
                paths.child(folder, name) for name in listing.folders if name not in PRUNED and name[0] != "."
            )
        level = below
        if not level:
            return


PRUNED = frozenset(
    {"__pycache__", "__pypackages__", "build", "dist", "node_modules", "site-packages", "dist-packages"}
)
"""Folder names that no walk enters, besides all that begin with a dot."""


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
