"""Objects of a repository by their ids, loose or packed, each checked against its id."""

from __future__ import annotations

import zlib
from contextlib import suppress
from hashlib import sha1, sha256
from typing import Final

from foreshot.project import paths
from foreshot.project.git.packs import MAX_OBJECT, Pack, begins, inflate
from foreshot.project.git.store import OpenFile, Store, Trouble

MAX_PACKS: Final = 1_000
MAX_READ: Final = 1 << 30
"""Bytes that are inflated of one repository before nothing more is read from it."""
_KINDS: Final = ("commit", "tree", "blob", "tag")
_HEAD: Final = 64
_SHORTEST: Final = 4
"""Digits of the shortest abbreviation of an id that git takes."""


class Missing(Trouble):
    """An object is not in the repository."""


class Objects:
    """The objects below one ``objects`` folder."""

    def __init__(self, store: Store, folder: str) -> None:
        self._store = store
        self._folder = folder
        self._packs: dict[int, list[Pack]] = {}
        self._left = MAX_READ

    def read(self, name: str, kind: str) -> bytes:
        """The content of an object.

        Raises:
            Missing: it is not there.
            Trouble: it is damaged, of another kind, or too large.
        """
        found = self._loose(name)
        if found is None:
            found = self._packed(bytes.fromhex(name))
        if found is None:
            raise Missing(f"object {name[:12]} is not in this clone{self._why()}")
        is_kind, content = found
        self._left -= len(content)
        if self._left < 0:
            raise Trouble(f"more than {MAX_READ >> 30} GiB had to be read of it")
        if object_id(is_kind, content, len(name)) != name:
            raise Trouble(f"object {name[:12]} is damaged: its content has another id")
        if is_kind != kind:
            raise Trouble(f"object {name[:12]} is a {is_kind} where a {kind} should be")
        return content

    def holds(self, name: str) -> bool:
        """Whether there is an object of this id, of whatever kind."""
        if name[2:] in self._store.names(f"{self._folder}/{name[:2]}"):
            return True
        raw = bytes.fromhex(name)
        return any(pack.find(raw) is not None for pack in self._packs_of(len(raw)))

    def beginning(self, prefix: str, width: int) -> list[str]:
        """Ids of ``width`` digits that begin like this; two are enough to know that it is ambiguous."""
        if not _SHORTEST <= len(prefix) <= width:
            return []
        loose = self._store.names(f"{self._folder}/{prefix[:2]}")
        found = {
            prefix[:2] + name for name in loose if name.startswith(prefix[2:]) and len(name) == width - 2
        }
        whole, half = bytes.fromhex(prefix[: len(prefix) // 2 * 2]), None
        if len(prefix) % 2:
            half = int(prefix[-1], 16)
        for pack in self._packs_of(width // 2):
            found.update(name.hex() for name in pack.beginning(whole, half) if begins(name, whole, half))
        return sorted(found)

    def close(self) -> None:
        """Let go of all files; asking again opens them again."""
        for packs in self._packs.values():
            for pack in packs:
                pack.close()
        self._packs.clear()

    def _loose(self, name: str) -> tuple[str, bytes] | None:
        file = self._store.open(f"{self._folder}/{name[:2]}/{name[2:]}")
        if file is None:
            return None
        with file:
            kind, size, start = _loose_head(file)
            if size > MAX_OBJECT:
                raise Trouble(f"an object is larger than {MAX_OBJECT >> 20} MiB")
            return kind, inflate(file, 0, start + size)[start:]

    def _packed(self, raw: bytes) -> tuple[str, bytes] | None:
        packs = self._packs_of(len(raw))
        for pack in packs:
            offset = pack.find(raw)
            if offset is not None:
                # What is asked for next lies most likely beside it.
                if packs[0] is not pack:
                    packs.remove(pack)
                    packs.insert(0, pack)
                return pack.read(offset)
        return None

    def _packs_of(self, width: int) -> list[Pack]:
        """The packs, opened when they are first asked for; the largest first, as most objects are there."""
        known = self._packs.get(width)
        if known is None:
            known = self._packs[width] = []
            folder = f"{self._folder}/pack"
            names = [name for name in self._store.names(folder) if name.endswith(".idx")]
            if len(names) > MAX_PACKS:
                raise Trouble(f"it has more than {MAX_PACKS} packs (`git gc` makes one)")
            for name in names:
                index = self._store.open(f"{folder}/{name}")
                pack = self._store.open(f"{folder}/{name.removesuffix('.idx')}.pack")
                if index is None or pack is None:
                    for file in (index, pack):
                        if file is not None:
                            file.close()
                    continue
                try:
                    known.append(Pack(index, pack, width))
                except Trouble:
                    index.close()
                    pack.close()
                    self.close()
                    raise
            known.sort(key=lambda pack: -pack.count)
        return known

    def _why(self) -> str:
        with suppress(Trouble):
            if any(name.endswith(".promisor") for name in self._store.names(f"{self._folder}/pack")):
                return ", which is a partial one"
            if self._store.read(f"{self._folder}/info/alternates"):
                return ", which borrows objects from another repository"
            if self._store.read(f"{paths.parent(self._folder)}/shallow"):
                return ", which is a shallow one"
        return ""


def object_id(kind: str, content: bytes, digits: int = 40) -> str:
    """The id that git gives to an object: by SHA-1 with 40 digits, by SHA-256 with 64."""
    make = sha256 if digits == 64 else sha1
    return make(b"%s %d\0" % (kind.encode("ascii"), len(content)) + content).hexdigest()


def _loose_head(file: OpenFile) -> tuple[str, int, int]:
    try:
        head = zlib.decompressobj().decompress(file.some(0, 256), _HEAD)
        words, _, _ = head.partition(b"\0")
        kind, size = words.decode("ascii").split(" ")
        if kind in _KINDS and b"\0" in head and size.isdigit():
            return kind, int(size), len(words) + 1
    except (zlib.error, ValueError):
        pass
    raise Trouble("an object is damaged: it has no header")
