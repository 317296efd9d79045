"""Output formats of ``foreshot check``. Adding one is a module here and a line in the table."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Final

from foreshot.cli.console import Console
from foreshot.cli.listing import Findings

Writer = Callable[[Findings, Console], None]
"""Writes all findings, and whatever the format needs around them."""

FORMATS: Final[Mapping[str, str]] = {
    "full": "foreshot.cli.formats.full",
    "concise": "foreshot.cli.formats.concise",
    "json": "foreshot.cli.formats.json",
    "sarif": "foreshot.cli.formats.sarif",
    "github": "foreshot.cli.formats.github",
    "gitlab": "foreshot.cli.formats.gitlab",
}
"""The module of each format, which has a ``write`` of type :data:`Writer` and is imported when it is asked for."""

FOR_PEOPLE: Final = frozenset({"full", "concise"})
"""Formats whose stream may carry a sentence that belongs to no finding."""


def writer(name: str) -> Writer:
    """What writes a format."""
    write: Writer = importlib.import_module(FORMATS[name]).write
    return write
