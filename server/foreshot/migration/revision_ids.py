"""What a revision may be called."""

from __future__ import annotations

from typing import Final

REFUSED: Final = "@:+-"
"""Characters that commands give a meaning to, so that Alembic refuses them in an id (``alembic.script.revision``)."""
RESERVED: Final = frozenset({"base", "head", "heads", "current"})
"""Names of places in the history."""
ROOM: Final = 32
"""Characters that ``alembic_version.version_num`` holds (``alembic.runtime.migration``)."""


def is_usable(name: str) -> bool:
    """Whether Alembic takes it for an id, its version table has room for it, and it reads as one word anywhere."""
    return (
        0 < len(name) <= ROOM
        and name.isprintable()
        and name not in RESERVED
        and not any(
            character in REFUSED or character.isspace() or character in "\"'\\,#" for character in name
        )
    )
