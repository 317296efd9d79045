"""One thing that can be written at a cursor."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from foreshot.text import Span

Kind = Literal[
    "method",
    "argument",
    "table",
    "column",
    "index",
    "constraint",
    "revision",
    "value",
    "key",
    "rule",
    "snippet",
    "type",
]


class Item(Struct, frozen=True):
    """One completion: ``text`` takes the place of ``span``, which ends at the cursor."""

    label: str
    kind: Kind
    span: Span
    text: str
    detail: str = ""
    """Beside the label, in a few words."""
    about: str = ""
    """Markdown for whoever looks at it longer."""
    rank: int = 0
    """Smaller ones stand first; equal ones in the order in which they are given."""
    adds: tuple[int, str] | None = None
    """What is written elsewhere with it, such as an import: where, and the text."""
    is_snippet: bool = False
    """Whether ``text`` has places to fill in (``$1``)."""
