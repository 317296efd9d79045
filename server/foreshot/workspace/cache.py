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

import msgspec

import foreshot
from foreshot.workspace.kept import FileAnalysis
from foreshot.workspace.write import replace_bytes

MAX_CACHE_BYTES = 256 << 20


class Kept(msgspec.Struct, frozen=True, array_like=True):
    """One file's analysis, the digest of the text that it speaks of, and of the other files it depends on."""

    digest: bytes
    analysis: FileAnalysis
    depends: tuple[tuple[str, bytes], ...] = ()


class _Store(msgspec.Struct, frozen=True, array_like=True):
    magic: str
    key: bytes
    files: dict[str, Kept]


_DECODER = msgspec.msgpack.Decoder(_Store)
_ENCODER = msgspec.msgpack.Encoder()


class Cache:
    """The cache of one environment; ``key`` is a digest of all that its revisions' findings depend on besides them."""

    def __init__(self, name: str, key: bytes, *, enabled: bool = True) -> None:
        self._path = (
            _folder()
            / f"{blake2b(name.encode('utf-8', 'surrogateescape'), digest_size=12).hexdigest()}.msgpack"
        )
        self._key = key
        self._enabled = enabled
        self.files: dict[str, Kept] = self._load() if enabled else {}
        self.changed = False

    def get(self, path: str, digest: bytes) -> Kept | None:
        """What is known of exactly this text."""
        kept = self.files.get(path)
        return kept if kept is not None and kept.digest == digest else None

    def put(self, path: str, kept: Kept) -> None:
        """Remember a file."""
        self.files[path] = kept
        self.changed = True

    def save(self, paths: set[str]) -> None:
        """Write what concerns ``paths``, when anything is new; a disk that does not take it is no error."""
        if not self._enabled or (not self.changed and len(self.files) == len(paths)):
            return
        store = _Store(_MAGIC, self._key, {path: kept for path, kept in self.files.items() if path in paths})
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            replace_bytes(str(self._path), _ENCODER.encode(store))
        except (OSError, UnicodeEncodeError):
            return

    def _load(self) -> dict[str, Kept]:
        try:
            if self._path.stat().st_size > MAX_CACHE_BYTES:
                return {}
            store = _DECODER.decode(self._path.read_bytes())
        except (OSError, msgspec.MsgspecError, ValueError, RecursionError, UnicodeError):
            return {}
        return dict(store.files) if store.magic == _MAGIC and store.key == self._key else {}


def fingerprint() -> bytes:
    """A digest of Foreshot itself: its version, Python's, and the state of its own files."""
    digest = blake2b(f"{foreshot.__version__} {sys.version_info[:3]}".encode(), digest_size=16)
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


_MAGIC = "foreshot 1"
