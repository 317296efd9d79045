"""What a type is on one dialect, and the shape of what tells it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from msgspec import Struct

from foreshot.schema.plain import Called, Plain


class Spelling(Struct, frozen=True):
    """A type on one dialect: how it is stored (None: that cannot be told), and what it brings with it."""

    stored: str | None
    enum: str | None = None
    """Name of the native enum type that it is; ``values`` are its labels."""
    values: tuple[str | None, ...] = ()
    create_enum: bool = True
    """False when SQLAlchemy is told not to create the enum type."""
    check: str | None = None
    """The check constraint that a Boolean or an Enum brings: its name, empty when it has none; None: it brings none."""
    serial: str | None = None
    """``serial`` or ``bigserial`` when it was spelled so in SQL."""


UNKNOWN: Final = Spelling(None)
"""A type of which nothing can be told."""


class Asked(Struct, frozen=True):
    """A described type, the dialect for which it is asked, and how to ask about a type inside it."""

    call: Called
    dialect: str
    depth: int
    inner: Callable[[Plain, str, str | None, int], Spelling]

    def spell(self, written: Plain) -> Spelling:
        """What a type inside this one is."""
        return self.inner(written, self.dialect, None, self.depth + 1)


Handler = Callable[[Asked], Spelling]
