"""Fetches the packages of the corpus: once, checked by their hashes, and unpacked without trusting them.

They are kept in the user's cache folder (or in ``FORESHOT_CORPUS_DIR``); a run that finds them there needs no network.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

READ = frozenset({".py", ".mako", ".ini", ".toml", ".cfg"})
"""Files that Foreshot looks at; the rest of a package stays packed."""
MAX_FILE = 2 << 20
MAX_PACKAGE = 200 << 20
"""Bytes that are unpacked at most: of one file, of one package."""


@dataclass(frozen=True)
class Expected:
    """An environment that a package has."""

    requirement: str
    sha256: str
    versions: str
    revisions: int
    known: tuple[tuple[str, str], ...]
    """Rule and key of findings of the graph's rules that are right."""

    @property
    def name(self) -> str:
        """Package and environment, short enough for a test's name."""
        package = self.requirement.partition("==")[0]
        parts = [
            part for part in PurePosixPath(self.versions).parts if part not in ("versions", "migrations")
        ]
        return f"{package}-{parts[-1]}"


class NotFetched(Exception):
    """A package of the corpus could not be had; the message says what a person can do."""


def expected() -> list[Expected]:
    """Every environment of the corpus."""
    listed: dict[str, Any] = tomllib.loads(Path(__file__).with_name("corpus.toml").read_text("utf-8"))
    return [
        Expected(
            package["requirement"],
            package["sha256"],
            environment["versions"],
            environment["revisions"],
            tuple((item["rule"], item["key"]) for item in environment.get("known", ())),
        )
        for package in listed["package"]
        for environment in package["environment"]
    ]


def package_folder(requirement: str, sha256: str) -> Path:
    """The folder that a package is unpacked in, fetched first where it is not there.

    Raises:
        NotFetched: when the package index does not give the package, or gives another one.
    """
    cache = _cache_folder()
    folder = cache / f"{requirement.replace('==', '-')}-{sha256[:16]}"
    if folder.is_dir():
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache, prefix=".fetching-") as temporary:
        wheel = _download(requirement, sha256, Path(temporary))
        unpacked = Path(temporary) / "unpacked"
        _unpack(wheel, unpacked)
        try:
            unpacked.rename(folder)
        except OSError:
            # Another process was as fast; whole folders appear at once, so its is as good.
            if not folder.is_dir():
                raise
    return folder


def _cache_folder() -> Path:
    if override := os.environ.get("FORESHOT_CORPUS_DIR"):
        return Path(override).resolve()
    base = os.environ.get("LOCALAPPDATA") if os.name == "nt" else os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path("~/.cache").expanduser()).resolve() / "foreshot-corpus"


def _download(requirement: str, sha256: str, folder: Path) -> Path:
    wanted = folder / "requirement.txt"
    wanted.write_text(f"{requirement} --hash=sha256:{sha256}\n", encoding="ascii")
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--no-deps",
        "--require-hashes",
        "--only-binary=:all:",
    ]
    # Nothing of it is installed or run, so the Python that it is for does not matter.
    command += ["--ignore-requires-python", "--no-input", "--disable-pip-version-check", "--no-cache-dir"]
    command += ["--quiet", "--dest", str(folder), "-r", str(wanted)]
    ran = subprocess.run(command, capture_output=True, check=False, encoding="utf-8", errors="replace")
    wheels = list(folder.glob("*.whl"))
    if ran.returncode or len(wheels) != 1:
        raise NotFetched(
            f"{requirement} of the corpus could not be fetched from the package index, and {_cache_folder()} does not "
            f"have it. pip said: {(ran.stderr or ran.stdout).strip()[-1000:]}"
        )
    found = hashlib.sha256(wheels[0].read_bytes()).hexdigest()
    if found != sha256:
        raise NotFetched(f"{requirement} has the hash {found}, not {sha256}.")
    return wheels[0]


def _unpack(wheel: Path, folder: Path) -> None:
    folder.mkdir()
    total = 0
    with zipfile.ZipFile(wheel) as archive:
        for entry in archive.infolist():
            path = PurePosixPath(entry.filename)
            if path.suffix not in READ or stat.S_ISLNK(entry.external_attr >> 16):
                continue
            if path.is_absolute() or ".." in path.parts or "\\" in entry.filename or ":" in entry.filename:
                raise NotFetched(f"{wheel.name} has an entry that leads out of it: {entry.filename}")
            total += entry.file_size
            if entry.file_size > MAX_FILE or total > MAX_PACKAGE:
                raise NotFetched(f"{wheel.name} unpacks to more than it should: {entry.filename}")
            target = folder.joinpath(*path.parts)
            target.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(entry) as packed, target.open("wb") as file:
                # The announced size is the archive's word; no more than that is taken.
                shutil.copyfileobj(_Limited(packed, entry.file_size), file)


class _Limited:
    """A file of which no more than so many bytes are read."""

    def __init__(self, file: Any, size: int) -> None:
        self._file = file
        self._left = size

    def read(self, size: int = -1) -> bytes:
        data: bytes = self._file.read(min(size, self._left) if size >= 0 else self._left)
        self._left -= len(data)
        return data
