"""Where a command writes: plain into a pipe, with colours on a terminal, and quietly to nobody when the reader has left."""

from __future__ import annotations

import os
import sys
from typing import Final, Literal, TextIO

Style = Literal["error", "warning", "information", "hint", "bold", "dim", "path", "good", "bad"]

_CODES: Final[dict[str, str]] = {
    "error": "1;31",
    "warning": "1;33",
    "information": "1;36",
    "hint": "1;32",
    "bold": "1",
    "dim": "2",
    "path": "1;34",
    "good": "32",
    "bad": "31",
}
_WIDEST: Final = 120
_USUAL: Final = 100
_NARROWEST: Final = 40


class Paint:
    """Colours, or none."""

    def __init__(self, enabled: bool) -> None:
        self.enabled = enabled

    def __call__(self, text: str, style: str) -> str:
        """``text`` in a :data:`Style`."""
        return f"\x1b[{_CODES[style]}m{text}\x1b[0m" if self.enabled and text else text


class OutputFailed(Exception):
    """What was to be written could not be, for instance because a disk is full; the message is the system's."""


class Console:
    """One of the two standard streams.

    Args:
        stream: ``sys.stdout`` or ``sys.stderr``.
        colour: True or False to decide it here; None to ask the environment and the stream.
        columns: the width that text is wrapped to; None for the terminal's.
    """

    def __init__(self, stream: TextIO, *, colour: bool | None = None, columns: int | None = None) -> None:
        self.stream = stream
        self.is_terminal = _is_terminal(stream)
        self.paint = Paint(wants_colour(self.is_terminal) if colour is None else colour)
        self.columns = columns or min(max(_terminal_columns(), _NARROWEST), _WIDEST)
        self.closed = False

    @property
    def is_unicode(self) -> bool:
        """Whether line-drawing characters can be written."""
        return (getattr(self.stream, "encoding", None) or "utf-8").lower().replace("-", "").startswith("utf")

    def line(self, text: str = "") -> None:
        """Write a line."""
        self.write(f"{text}\n")

    def write(self, text: str) -> None:
        """Write ``text``. When nobody reads any more, this and all that follows goes nowhere."""
        if self.closed:
            return
        try:
            if self.paint.enabled and os.name == "nt":
                import click

                click.echo(
                    text, file=self.stream, nl=False, color=True
                )  # older consoles need their escapes translated
            else:
                self.stream.write(text)
        except OSError as error:
            self._give_up(error)

    def write_bytes(self, data: bytes) -> None:
        """Write bytes as they are."""
        if self.closed:
            return
        try:
            self.stream.flush()
            self.stream.buffer.write(data)
        except OSError as error:
            self._give_up(error)

    def flush(self) -> None:
        """Hand everything on."""
        if self.closed:
            return
        try:
            self.stream.flush()
        except OSError as error:
            self._give_up(error)

    def _give_up(self, error: OSError) -> None:
        self.closed = True
        # Windows says EINVAL where others say EPIPE.
        if not isinstance(error, BrokenPipeError) and os.name != "nt":
            raise OutputFailed(error.strerror or str(error)) from error
        # What is still buffered would be complained about when the interpreter leaves.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.stream.fileno())
        os.close(nowhere)


def stdout() -> Console:
    """The console for what was asked for."""
    return Console(sys.stdout)


def stderr() -> Console:
    """The console for everything else."""
    return Console(sys.stderr)


def wants_colour(is_terminal: bool) -> bool:
    """Whether to colour: ``NO_COLOR`` and ``FORCE_COLOR`` as Python itself reads them, then the terminal."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return is_terminal and os.environ.get("TERM") != "dumb"


def prepare_streams() -> None:
    """Make the standard streams write any text, whatever their encoding, and every line end as it is."""
    # A stream that was closed before we began: its number must not become that of the next file that is opened.
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace", newline="\n")


def _terminal_columns() -> int:
    """As ``shutil.get_terminal_size`` says it, which brings a shelf of compressors along."""
    given = os.environ.get("COLUMNS", "")
    if given.isdecimal() and int(given) > 0:
        return int(given)
    try:
        return os.get_terminal_size(sys.__stdout__.fileno()).columns or _USUAL if sys.__stdout__ else _USUAL
    except (OSError, ValueError):  # no terminal, or closed before we began
        return _USUAL


def _is_terminal(stream: TextIO) -> bool:
    try:
        return stream.isatty()
    except ValueError:  # closed before we began
        return False
