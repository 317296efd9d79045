"""Stdin and stdout as the protocol's own, and the three ways in which a client is gone.

While a server runs, file descriptor 1 is stderr and 0 is empty: a stray `print` or `input`, here or in a
library, cannot touch the stream. A client is gone when it says `exit`, when the pipe ends, or when its process
has died. In the two latter cases the process ends within seconds even if the main loop hangs.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from typing import TYPE_CHECKING

from foreshot.lsp import messages
from foreshot.lsp.frames import FrameReader, Lost
from foreshot.lsp.reports import RedactingFormatter

if TYPE_CHECKING:
    from foreshot.lsp.loop import MainLoop
    from foreshot.lsp.protocol import ForeshotProtocol

logger = logging.getLogger(__name__)

_GRACE = 2.0
"""Seconds that an orderly end may take once the client is gone."""
_POLL = 2.0
"""Seconds between two looks at the client's process."""


def take_streams() -> tuple[int, int]:
    """Take stdin and stdout away from everybody else; returns their new descriptors.

    Those stay open until the process ends: a hung thread may still use them.
    """
    sys.stdout.flush()
    # Duplicates are not inherited, so that no child process can keep the pipe open.
    source, sink = os.dup(0), os.dup(1)
    if sys.platform == "win32":
        import msvcrt

        msvcrt.setmode(source, os.O_BINARY)
        msvcrt.setmode(sink, os.O_BINARY)
    os.dup2(2, 1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return source, sink


class Output:
    """Writes whole messages, from any thread; a broken pipe ends the writing, not the server."""

    def __init__(self) -> None:
        self._descriptor = -1
        self._lock = threading.Lock()

    def connect(self, descriptor: int) -> None:
        """Write to this descriptor from now on; to -1 means to nowhere."""
        self._descriptor = descriptor

    def write(self, data: bytes) -> None:
        """Write all of ``data``. Does nothing once the client has stopped listening."""
        with self._lock:
            rest = memoryview(data)
            try:
                while rest and self._descriptor >= 0:
                    rest = rest[os.write(self._descriptor, rest) :]
            except OSError as error:
                self._descriptor = -1
                logger.warning("the client does not listen any more: %s", error.strerror)


class Reader(threading.Thread):
    """Reads messages and posts them to the main loop; it has a thread of its own, so it is never deaf."""

    def __init__(self, descriptor: int, loop: MainLoop, protocol: ForeshotProtocol) -> None:
        super().__init__(name="foreshot-reader", daemon=True)
        self._descriptor = descriptor
        self._loop = loop
        self._protocol = protocol

    def run(self) -> None:
        """Read to the end of the input, which is the end of the server."""
        frames = FrameReader()
        try:
            while data := os.read(self._descriptor, 1 << 16):
                for frame in frames.feed(data):
                    self._post(frame)
        except OSError as error:
            logger.warning("the input cannot be read: %s", error.strerror)
        if lost := frames.finish():
            logger.warning("%s", lost.why)
        self._loop.post(self._end)
        _leave_at_last(1)

    def _post(self, frame: bytes | Lost) -> None:
        protocol = self._protocol
        if isinstance(frame, Lost):
            refused = messages.Invalid(None, messages.INVALID_REQUEST, frame.why)
            self._loop.post(lambda: protocol.refuse(refused))
        else:
            self._loop.post(lambda: protocol.receive(frame))

    def _end(self) -> None:
        self._loop.stop(0 if self._protocol.state == "shut down" else 1)


class ParentWatch(threading.Thread):
    """Ends the server when a process is gone."""

    def __init__(self, process_id: int, loop: MainLoop) -> None:
        super().__init__(name="foreshot-parent-watch", daemon=True)
        self._process_id = process_id
        self._loop = loop

    def run(self) -> None:
        """Look now and then. A process that was never there (another container's) means nothing."""
        if not process_exists(self._process_id):
            return
        while process_exists(self._process_id):
            time.sleep(_POLL)
        logger.warning("the client's process is gone")
        self._loop.post(lambda: self._loop.stop(1))
        _leave_at_last(1)


def process_exists(process_id: int) -> bool:
    """Whether there is a process with this number, as far as one may know."""
    if sys.platform == "win32":
        import ctypes

        kernel = ctypes.windll.kernel32
        synchronize, access_denied, still_running = 0x00100000, 5, 0x00000102
        handle = kernel.OpenProcess(synchronize, 0, process_id)
        if not handle:
            return kernel.GetLastError() == access_denied
        try:
            return kernel.WaitForSingleObject(handle, 0) == still_running
        finally:
            kernel.CloseHandle(handle)
    if process_id <= 0:
        return False
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


def _leave_at_last(exit_code: int) -> None:
    """End the process after a while, come what may. In an orderly end the process is gone before that."""
    time.sleep(_GRACE)
    logger.error("the server did not end by itself")
    os._exit(exit_code)


def set_up_logging() -> None:
    """Warnings to stderr, passwords left out, unless whoever started the server has set up logging already."""
    logging.getLogger("pygls").setLevel(logging.WARNING)
    root = logging.getLogger()
    if not root.handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(RedactingFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        root.addHandler(handler)
        root.setLevel(logging.WARNING)
