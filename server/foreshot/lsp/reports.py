"""What goes to the log: each kind of failure in full once, then counted; credentials never."""

from __future__ import annotations

import logging
import threading
import time

from foreshot.text.secrets import redact

logger = logging.getLogger(__name__)

LEVELS = {
    "error": logging.ERROR,
    "warning": logging.WARNING,
    "info": logging.INFO,
    "debug": logging.DEBUG,
}
"""What an editor may ask the log to begin at, by the name that the setting ``logLevel`` has for it."""


class Reports:
    """Logs failures without letting a failure that repeats fill the log. Safe on every thread."""

    def __init__(self, every: float = 60.0, most_kinds: int = 200) -> None:
        self._every = every
        self._most_kinds = most_kinds
        self._lock = threading.Lock()
        self._seen: dict[str, tuple[float, int]] = {}

    def failure(self, what: str, error: BaseException) -> None:
        """Log an exception with its traceback, unless this kind was logged a moment ago."""
        suppressed = self._admit(f"{what}: {type(error).__name__}")
        if suppressed is not None:
            logger.error("%s failed%s", what, suppressed, exc_info=error)

    def oddity(self, what: str) -> None:
        """Log something that a client should not do, unless it was logged a moment ago."""
        suppressed = self._admit(what)
        if suppressed is not None:
            logger.warning("%s%s", what, suppressed)

    def _admit(self, kind: str) -> str | None:
        """None when this kind must stay silent now, else a note on how often it has been."""
        now = time.monotonic()
        with self._lock:
            last, count = self._seen.get(kind, (-self._every * 2, 0))
            if now - last < self._every:
                self._seen[kind] = (last, count + 1)
                return None
            if len(self._seen) >= self._most_kinds:
                self._seen.clear()
            self._seen[kind] = (now, 0)
            return f" ({count} more like this were not logged)" if count else ""


def log_from(level: object) -> bool:
    """Log what is at least as grave as a level of ``LEVELS``, or as a warning when it is none; whether it is one."""
    known = LEVELS.get(level) if isinstance(level, str) else None
    logging.getLogger("foreshot").setLevel(logging.WARNING if known is None else known)
    return known is not None


class RedactingFormatter(logging.Formatter):
    """Formats log records with the passwords of URLs taken out."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))
