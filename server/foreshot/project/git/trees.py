"""What commits, tags and trees say."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from foreshot.project.git.store import Trouble

_ID: Final = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_FOLDER: Final = b"40000"
_FILES: Final = (b"100644", b"100755", b"100664")


class Commit(Struct, frozen=True):
    """One commit."""

    tree: str
    parents: tuple[str, ...]
    time: int
    """Seconds since 1970 at which it was made."""


class Entry(Struct, frozen=True):
    """A regular file or a folder in a tree; links and submodules are neither."""

    name: str
    id: str
    is_folder: bool


def is_id(text: str) -> bool:
    """Whether a text is an id in full."""
    return _ID.fullmatch(text) is not None


def read_commit(content: bytes) -> Commit:
    """A commit from its content."""
    tree = ""
    parents: list[str] = []
    time = 0
    head, _, _ = content.partition(b"\n\n")
    for line in head.decode("utf-8", "replace").split("\n"):
        word, _, rest = line.partition(" ")
        if word == "tree" and not tree:
            tree = rest
        elif word == "parent":
            parents.append(rest)
        elif word == "committer":
            stamp = rest.rpartition(">")[2].split()
            time = int(stamp[0]) if stamp and stamp[0].isdecimal() and len(stamp[0]) < 18 else 0
    if not all(is_id(name) for name in (tree, *parents)):
        raise Trouble("a commit is damaged")
    return Commit(tree, tuple(parents), time)


def tagged(content: bytes) -> tuple[str, str]:
    """Id and kind of what an annotated tag points at."""
    lines = content.decode("utf-8", "replace").split("\n", 2)
    if (
        len(lines) > 1
        and lines[0].startswith("object ")
        and lines[1].startswith("type ")
        and is_id(lines[0][7:])
    ):
        return lines[0][7:], lines[1][5:]
    raise Trouble("a tag is damaged")


def read_tree(content: bytes, width: int) -> Iterator[Entry]:
    """The files and folders of a tree whose ids have ``width`` bytes."""
    at = 0
    while at < len(content):
        space = content.find(b" ", at, at + 8)
        end = content.find(b"\0", space)
        if space < 0 or end < 0 or end + 1 + width > len(content):
            raise Trouble("a tree is damaged")
        mode, name = content[at:space], content[space + 1 : end]
        at = end + 1 + width
        if mode == _FOLDER or mode in _FILES:
            yield Entry(os.fsdecode(name), content[end + 1 : at].hex(), mode == _FOLDER)
