"""Which files git knows, read from its index without running git.

Format: Git's own ``Documentation/gitformat-index.txt``, versions 2 to 4.
"""

from __future__ import annotations

import os
from typing import Final

_MAX_INDEX: Final = 256 << 20
_MAX_CLIMB: Final = 64


def tracked_files(path: str) -> frozenset[str] | None:
    """Absolute paths of every file in the index of the repository around ``path``.

    None when there is no repository, or its index cannot be read: then nothing is known to be new.
    """
    found = _repository(path)
    if found is None:
        return None
    root, git = found
    try:
        index = os.path.join(git, "index")  # noqa: PTH118
        if os.path.getsize(index) > _MAX_INDEX:  # noqa: PTH202
            return None
        with open(index, "rb") as file:  # noqa: PTH123
            names = _names(file.read())
    except (OSError, ValueError, IndexError):
        return None
    return frozenset(f"{root}/{name}" for name in names)


def _repository(path: str) -> tuple[str, str] | None:
    folder = path
    for _ in range(_MAX_CLIMB):
        git = os.path.join(folder, ".git")  # noqa: PTH118
        if os.path.isdir(git):  # noqa: PTH112
            return folder, git
        if os.path.isfile(git):  # noqa: PTH113
            return _linked(folder, git)
        above = os.path.dirname(folder)  # noqa: PTH120
        if above == folder:
            return None
        folder = above
    return None


def _linked(folder: str, git: str) -> tuple[str, str] | None:
    """A work tree or a submodule: ``.git`` is a file that says where the repository is."""
    try:
        with open(git, encoding="utf-8", errors="replace") as file:  # noqa: PTH123
            line = file.read(4096).strip()
    except OSError:
        return None
    if not line.startswith("gitdir: "):
        return None
    target = os.path.join(folder, line.removeprefix("gitdir: "))  # noqa: PTH118
    return folder, target


def _names(data: bytes) -> list[str]:
    if data[:4] != b"DIRC":
        raise ValueError("not an index")
    version = int.from_bytes(data[4:8], "big")
    count = int.from_bytes(data[8:12], "big")
    if version not in (2, 3, 4):
        raise ValueError("an unknown index version")
    hash_size = 20
    names: list[str] = []
    position, previous = 12, b""
    for _ in range(count):
        start = position
        flags = int.from_bytes(data[position + 40 + hash_size : position + 42 + hash_size], "big")
        position += 42 + hash_size
        if version >= 3 and flags & 0x4000:
            position += 2
        if version == 4:
            removed, position = _varint(data, position)
            end = data.index(b"\0", position)
            name = previous[: len(previous) - removed] + data[position:end]
            position = end + 1
            previous = name
        else:
            end = data.index(b"\0", position)
            name = data[position:end]
            # Entries are padded with NUL bytes to a multiple of eight.
            position = start + ((end - start) // 8 + 1) * 8
        names.append(os.fsdecode(name))
    return names


def _varint(data: bytes, position: int) -> tuple[int, int]:
    byte = data[position]
    value = byte & 0x7F
    position += 1
    while byte & 0x80:
        byte = data[position]
        position += 1
        value = ((value + 1) << 7) | (byte & 0x7F)
    return value, position
