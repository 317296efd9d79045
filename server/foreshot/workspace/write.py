"""Writing a file: all of it or nothing, and never over a change that was not seen."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Callable

from foreshot.text import SourceText


class WriteRefused(Exception):
    """The file was not written; the message says why and holds nothing of the file's content."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


def write(path: str, source: SourceText, content: str) -> None:
    """Replace the text of a file that was read as ``source`` by ``content``.

    The encoding, the byte order mark and the permissions are kept; a link is followed and its target replaced.

    Raises:
        WriteRefused: when the file's bytes are no longer those of ``source``, when ``content`` has a character
            that its encoding lacks, or when the disk does not take it.
    """
    try:
        data = source.encode(content)
    except UnicodeEncodeError as error:
        raise WriteRefused(path, f"the new text cannot be written in {source.encoding}") from error
    target = os.path.realpath(path)  # noqa: PTH
    try:
        mode = _mode_of_unchanged(path, target, source)
        # Syncing takes its time: what has been saved meanwhile must not be lost.
        _replace(target, data, mode, lambda: _mode_of_unchanged(path, target, source))
    except OSError as error:
        raise WriteRefused(path, str(error.strerror)) from error


def check_unchanged(path: str, source: SourceText) -> None:
    """See that a file is still as it was read.

    Raises:
        WriteRefused: when it is not.
    """
    try:
        _mode_of_unchanged(path, os.path.realpath(path), source)  # noqa: PTH
    except OSError as error:
        raise WriteRefused(path, str(error.strerror)) from error


def _mode_of_unchanged(path: str, target: str, source: SourceText) -> int:
    """The permissions of a file that is still what was read."""
    with open(target, "rb") as file:  # noqa: PTH123
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode) or file.read() != source.encode():
            raise WriteRefused(path, "the file has changed since it was read")
    return stat.S_IMODE(status.st_mode)


def create(path: str, content: str) -> None:
    """Write a new file in UTF-8, in a new folder where its project names files so.

    Raises:
        WriteRefused: when it exists already or the disk does not take it.
    """
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120
        with open(path, "x", encoding="utf-8", newline="") as file:  # noqa: PTH123
            file.write(content)
    except FileExistsError as error:
        raise WriteRefused(path, "the file already exists") from error
    except OSError as error:
        raise WriteRefused(path, str(error.strerror)) from error


def replace_bytes(path: str, data: bytes) -> None:
    """Put ``data`` in the place of a file of our own, such as a cache; OSError when the disk does not take it."""
    _replace(path, data, 0o600)


def _replace(target: str, data: bytes, mode: int, check: Callable[[], object] = lambda: None) -> None:
    """Write beside the target and put it there in one go; ``check`` has the last word."""
    import tempfile

    folder = os.path.dirname(target)  # noqa: PTH120
    descriptor, temporary = tempfile.mkstemp(prefix=".foreshot-", dir=folder)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, mode)  # noqa: PTH101
        check()
        os.replace(temporary, target)  # noqa: PTH105
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)  # noqa: PTH108
        raise
