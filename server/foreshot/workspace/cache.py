"""What was read from files, kept between runs with the record of all that it was made of.

The cache is data (MessagePack of plain values), never code. Anything unexpected in it (another version's, a
corrupt or a foreign file) makes it empty. Nobody else may read or write it: it lies in the user's cache
folder with mode 0600.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Sequence
from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path
from zlib import crc32

import msgspec
from msgspec.structs import replace

import foreshot
from foreshot.migration.revision_parts import RevisionHeader
from foreshot.project.dialects import RevisionHints
from foreshot.project.looks import NOTHING, Look, Record
from foreshot.workspace.found import Found
from foreshot.workspace.kept import FileAnalysis, Kept, encoded
from foreshot.workspace.write import replace_bytes

MAX_CACHE_BYTES = 256 << 20
_SUM = 4
"""Bytes at the beginning of the file: a checksum of what follows."""


class _Store(msgspec.Struct, frozen=True, array_like=True):
    fingerprint: bytes
    looks: list[Look]
    """Every question that a file's findings depend on, once."""
    files: dict[str, tuple[tuple[int, ...], Kept]]
    """By path, the numbers of the file's questions, and what is kept, which has no record."""
    found: tuple[tuple[int, ...], bytes, msgspec.Raw] | None = None
    """What was found in the environment as a whole: the numbers of its questions, its key, and itself without either."""


_DECODER = msgspec.msgpack.Decoder(_Store)
_FOUND = msgspec.msgpack.Decoder(Found)
_ENCODER = msgspec.msgpack.Encoder()


class Cache:
    """The cache of one environment."""

    def __init__(self, name: str, *, enabled: bool = True) -> None:
        hashed = blake2b(name.encode("utf-8", "surrogateescape"), digest_size=12).hexdigest()
        self._path = _folder() / f"{hashed}.msgpack"
        self._enabled = enabled
        self._fingerprint = fingerprint()
        store = self._load() if enabled else None
        self._looks: Sequence[Look] = () if store is None else store.looks
        self._files = {} if store is None else store.files
        self._records: dict[tuple[int, ...], Record] = {}
        self._holding: dict[int, bool] = {}
        self._new: dict[str, Kept] = {}
        self._found = None if store is None else store.found
        self._new_found: Found | None = None

    def __len__(self) -> int:
        return len(self._files.keys() | self._new.keys())

    def hints(self, path: str, digest: bytes) -> RevisionHints | None:
        """The signs of databases in exactly this text, which depend on nothing else."""
        known = self._files.get(path)
        return known[1].hints if known is not None and known[1].digest == digest else None

    def header(self, path: str, digest: bytes) -> RevisionHeader | None:
        """The header of exactly this text, which depends on nothing else."""
        known = self._files.get(path)
        return known[1].header if known is not None and known[1].digest == digest else None

    def get(self, path: str, digest: bytes, has: Callable[[Look], bool]) -> FileAnalysis | None:
        """What is known of exactly this text, where every question that it depends on has its answer.

        Args:
            path: the file.
            digest: of its text.
            has: whether a question has the answer that it had; asked once about each.
        """
        known = self._files.get(path)
        if known is None or known[1].digest != digest:
            return None
        numbers, kept = known
        if not all(self._has(number, has) for number in numbers):
            return None
        record = self._records.get(numbers)
        if record is None:
            record = self._records[numbers] = self._record(numbers)
        return kept.analysis(record)

    def _has(self, number: int, has: Callable[[Look], bool]) -> bool:
        known = self._holding.get(number)
        if known is None:
            known = self._holding[number] = has(self._looks[number])
        return known

    def put(self, path: str, kept: Kept) -> None:
        """Remember a file."""
        self._new[path] = kept

    def found(self, key: bytes, has: Callable[[Look], bool]) -> Found | None:
        """What was found in the environment as a whole, where that was made of the same."""
        if self._found is None or not key or self._found[1] != key:
            return None
        numbers, _, whole = self._found
        if not all(self._has(number, has) for number in numbers):
            return None
        return replace(_FOUND.decode(whole), key=key, record=self._record(numbers))

    def put_found(self, found: Found) -> None:
        """Remember what was found in the environment as a whole."""
        self._new_found = found

    def _record(self, numbers: tuple[int, ...]) -> Record:
        return frozenset(self._looks[number] for number in numbers)

    def save(self, paths: Collection[str]) -> None:
        """Write what concerns ``paths``, when anything is new; a disk that does not take it is no error."""
        nothing_new = not self._new and self._new_found is None
        if not self._enabled or (nothing_new and len(self._files) == len(paths)):
            return
        numbers: dict[Look, int] = {}
        numbered: dict[Record, tuple[int, ...]] = {}

        def number(record: Record) -> tuple[int, ...]:
            known = numbered.get(record)
            if known is None:
                known = numbered[record] = tuple(
                    numbers.setdefault(look, len(numbers)) for look in sorted(record)
                )
            return known

        files: dict[str, tuple[tuple[int, ...], Kept]] = {}
        for path in paths:
            if new := self._new.get(path):
                files[path] = number(new.record), replace(new, record=NOTHING)
            elif old := self._files.get(path):
                files[path] = number(self._record(old[0])), old[1]
        found = None
        if (latest := self._new_found) is not None:
            bare = replace(latest, key=b"", record=NOTHING)
            found = number(latest.record), latest.key, msgspec.Raw(encoded(bare))
        elif self._found is not None:
            found = number(self._record(self._found[0])), *self._found[1:]
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            data = _ENCODER.encode(_Store(self._fingerprint, list(numbers), files, found))
            replace_bytes(str(self._path), _sum(data) + data)
        except (OSError, UnicodeEncodeError):
            return

    def _load(self) -> _Store | None:
        try:
            if self._path.stat().st_size > MAX_CACHE_BYTES:
                return None
            whole = self._path.read_bytes()
            data = memoryview(whole)[_SUM:]
            # What is decoded later is known to be whole now.
            if whole[:_SUM] != _sum(data):
                return None
            store = _DECODER.decode(data)
        except (OSError, msgspec.MsgspecError, ValueError, RecursionError, UnicodeError):
            return None
        if store.fingerprint != self._fingerprint:
            return None
        last = len(store.looks)
        each = [numbers for numbers, _ in store.files.values()] + ([store.found[0]] if store.found else [])
        known = all(0 <= number < last for numbers in each for number in numbers)
        return store if known else None


def _sum(data: bytes | memoryview) -> bytes:
    return crc32(data).to_bytes(_SUM, "little")


def fingerprint() -> bytes:
    """A digest of Foreshot itself: its version, Python's, and the state of its own files and of the libraries that compare models."""
    digest = blake2b(f"{_FORM} {foreshot.__version__} {sys.version_info[:3]}".encode(), digest_size=16)
    for name in _LIBRARIES:
        # Found, and not imported: a check of nothing new needs neither.
        spec = find_spec(name)
        if spec is not None and spec.origin is not None:
            status = os.stat(spec.origin)  # noqa: PTH116
            digest.update(
                f"{spec.origin} {status.st_size} {status.st_mtime_ns};".encode("utf-8", "surrogateescape")
            )
    root = os.path.dirname(foreshot.__file__)  # noqa: PTH120
    for folder in sorted(os.listdir(root)):  # noqa: PTH208
        _add_folder(digest, os.path.join(root, folder))  # noqa: PTH118
    return digest.digest()


def _add_folder(digest: blake2b, folder: str) -> None:
    try:
        with os.scandir(folder) as entries:
            for entry in sorted(entries, key=lambda item: item.name):
                if entry.name.endswith(".py"):
                    status = entry.stat()
                    digest.update(f"{entry.name} {status.st_size} {status.st_mtime_ns};".encode())
                elif entry.is_dir() and entry.name != "__pycache__":
                    _add_folder(digest, entry.path)
    except OSError:
        return


def _folder() -> Path:
    """The user's cache folder, as the platform has it."""
    if override := os.environ.get("FORESHOT_CACHE_DIR"):
        return Path(override)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", "~\\AppData\\Local")).expanduser() / "foreshot" / "cache"
    if sys.platform == "darwin":
        return Path("~/Library/Caches/foreshot").expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "foreshot"


_LIBRARIES = ("alembic", "sqlalchemy")
"""What the rules about models ask; their versions stand in the file that is looked at."""
_FORM = 4
