"""Errors that end a command with exit status 2."""

from __future__ import annotations

from typing import IO, Any

import click

from foreshot.cli import console
from foreshot.cli.text import clean
from foreshot.lint.words import listed


class Failure(click.ClickException):
    """What was asked for cannot be done; the message says why."""

    exit_code = 2

    def show(self, file: IO[Any] | None = None) -> None:  # noqa: ARG002
        """Say so on stderr."""
        say(self.format_message(), "error")


def say(message: str, level: str) -> None:
    """A sentence on stderr that is not part of a command's output: an ``error`` or a ``warning``."""
    err = console.stderr()
    lines = [clean(line) for line in message.split("\n")]
    err.line(f"{err.paint(level, level)}: " + "\n".join(lines))


def unknown_rule(name: str) -> Failure:
    """That there is no such rule, and which ones were perhaps meant."""
    near = nearest_rules(name)
    hint = f" Did you mean {listed(near, 'or')}?" if near else " `foreshot rules` lists them all."
    return Failure(f"There is no rule {clean(name)!r}.{hint}")


def nearest_rules(name: str) -> list[str]:
    """The rules whose names are like ``name``, the likeliest first."""
    from rapidfuzz import fuzz, process

    from foreshot.rules import NAMES

    found = process.extract(name, sorted(NAMES), scorer=fuzz.WRatio, limit=3, score_cutoff=70)
    return [choice for choice, _, _ in found]
