"""What was read from files, kept between runs by the digest of their content.

The cache is data (MessagePack of plain values), never code. Anything unexpected in it (another version's, a
corrupt or a foreign file) makes it empty. Nobody else may read or write it: it lies in the user's cache
folder with mode 0600.
"""

from __future__ import annotations

import os
import sys
from hashlib import blake2b
from pathlib import Path
from zlib import crc32

import msgspec

import foreshot
from foreshot.project.dialects import RevisionHints
from foreshot.workspace.kept import Kept
from foreshot.workspace.write import replace_bytes

MAX_CACHE_BYTES = 256 << 20
_SUM = 4
"""Bytes at the beginning of the file: a checksum of what follows."""


class _Store(msgspec.Struct, frozen=True, array_like=True):
    fingerprint: bytes
    key: bytes
    files: dict[str, Kept]


_DECODER = msgspec.msgpack.Decoder(_Store)
_ENCODER = msgspec.msgpack.Encoder()


class Cache:
    """The cache of one environment."""

    def __init__(self, name: str, *, enabled: bool = True) -> None:
        hashed = blake2b(name.encode("utf-8", "surrogateescape"), digest_size=12).hexdigest()
        self._path = _folder() / f"{hashed}.msgpack"
        self._enabled = enabled
        self._fingerprint = fingerprint()
        self._key = b""
        self._holds = False
        store = self._load() if enabled else None
        self._stored = b"" if store is None else store.key
        self.files: dict[str, Kept] = {} if store is None else dict(store.files)
        self.changed = False

    def enter(self, key: bytes) -> None:
        """From now on ask for what was found where all that findings depend on besides their files has this digest."""
        self._key = key
        self._holds = key == self._stored

    def hints(self, path: str, digest: bytes) -> RevisionHints | None:
        """The signs of databases in exactly this text, which depend on nothing else."""
        kept = self.files.get(path)
        return kept.hints if kept is not None and kept.digest == digest else None

    def get(self, path: str, digest: bytes) -> Kept | None:
        """What is known of exactly this text."""
        kept = self.files.get(path) if self._holds else None
        return kept if kept is not None and kept.digest == digest else None

    def put(self, path: str, kept: Kept) -> None:
        """Remember a file."""
        self.files[path] = kept
        self.changed = True

    def save(self, paths: set[str]) -> None:
        """Write what concerns ``paths``, when anything is new; a disk that does not take it is no error."""
        if not self._enabled or (not self.changed and len(self.files) == len(paths)):
            return
        files = {path: kept for path, kept in self.files.items() if path in paths}
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            data = _ENCODER.encode(_Store(self._fingerprint, self._key, files))
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
        return store if store.fingerprint == self._fingerprint else None


def _sum(data: bytes | memoryview) -> bytes:
    return crc32(data).to_bytes(_SUM, "little")


def fingerprint() -> bytes:
    """A digest of Foreshot itself: its version, Python's, and the state of its own files."""
    digest = blake2b(f"{_FORM} {foreshot.__version__} {sys.version_info[:3]}".encode(), digest_size=16)
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


_FORM = 2
