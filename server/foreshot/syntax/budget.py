"""What following a file's own values may cost: a hostile file costs no more than its length, and a moment."""

from __future__ import annotations

from collections.abc import Sized
from typing import Final, TypeVar, cast

T = TypeVar("T")

MAX_WORK: Final = 300_000
"""Expressions that are evaluated for one file. The most in 5,340 revisions of real projects was 60,000."""
MAX_TEXT: Final = 1 << 20
"""Characters of a text that is put together."""
MAX_ITEMS: Final = 2_000
"""Items of a sequence that is put together or looped over."""


class Budget:
    """What is left of the work for one module; all its scopes share it."""

    __slots__ = ("left",)

    def __init__(self, work: int = MAX_WORK) -> None:
        self.left = work

    @property
    def is_spent(self) -> bool:
        """Whether nothing more is to be worked out."""
        return self.left < 0

    def spend(self, work: int) -> None:
        """Count work that was not the evaluation of an expression."""
        self.left -= work

    def keep(self, value: object) -> None:
        """Count what a value that was put together takes up: a megabyte costs a twentieth of all work."""
        if isinstance(value, str):
            self.left -= len(value) >> 6
        elif isinstance(value, list | tuple | dict):
            self.left -= len(cast("Sized", value)) >> 3

    def kept(self, value: T) -> T:
        """The value, its size counted."""
        self.keep(value)
        return value
