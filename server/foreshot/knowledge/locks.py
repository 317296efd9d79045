"""Locks: what they are called and whom they keep waiting."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Blocks = Literal["reads and writes", "writes", "nothing"]
Of = Literal["table", "parent", "index", "view"]


class Lock(Struct, frozen=True):
    """A lock that an operation takes; ``table`` None where its name is not known."""

    table: str | None
    mode: str
    """As the database calls it: ``ACCESS EXCLUSIVE``, ``LOCK=SHARED``."""
    blocks: Blocks
    of: Of = "table"
    """What is locked: the operation's own table, one that a foreign key leads to, an index or a view."""


# Weakest first: a transaction that takes several holds the last of them.
MODES: dict[str, tuple[str, Blocks]] = {
    "AS": ("ACCESS SHARE", "nothing"),
    "RS": ("ROW SHARE", "nothing"),
    "RX": ("ROW EXCLUSIVE", "nothing"),
    "SUX": ("SHARE UPDATE EXCLUSIVE", "nothing"),
    "S": ("SHARE", "writes"),
    "SRX": ("SHARE ROW EXCLUSIVE", "writes"),
    "EX": ("EXCLUSIVE", "writes"),
    "AX": ("ACCESS EXCLUSIVE", "reads and writes"),
    "ROWS": ("row locks", "nothing"),
    "NONE": ("LOCK=NONE", "nothing"),
    "SHARED": ("LOCK=SHARED", "writes"),
    "FILE": ("database file", "writes"),
}
"""Abbreviation to name and blocking. PostgreSQL's blocking was tried with a second connection's SELECT and UPDATE."""

SHARES_METADATA = frozenset(
    {
        "create_table",
        "insert",
        "merge",
        "update",
        "update where",
        "delete",
        "delete where",
        "execute analyze",
    }
)
"""What does without a table's metadata lock on MySQL and MariaDB; any other statement here wants it alone for a moment.

Tried on MySQL 9.7.4 and MariaDB 10.11.19 with three connections, for every ALGORITHM, index, rename, drop and TRUNCATE:
it waits until each open transaction that has read the table is over, and each new SELECT and INSERT waits behind it.
"""

_STRENGTH = {name: strength for strength, (name, _) in enumerate(MODES.values())}
_WHO: dict[str, Of] = {"t": "table", "P": "parent", "i": "index", "v": "view"}


def read_locks(written: str, table: str | None, parents: tuple[str, ...]) -> list[Lock]:
    """The locks of a measured row (``t AX, P SRX``); a parent's lock stands once for each parent, or not at all."""
    locks: list[Lock] = []
    for part in written.split(", ") if written else ():
        who, _, short = part.partition(" ")
        mode, blocks = MODES[short]
        if who == "P":
            locks.extend(Lock(parent, mode, blocks, "parent") for parent in parents)
        else:
            locks.append(Lock(None if who == "i" else table, mode, blocks, _WHO[who]))
    return locks


def strongest(locks: list[Lock]) -> tuple[Lock, ...]:
    """One lock for each thing locked: the strongest."""
    kept: dict[tuple[str | None, bool], Lock] = {}
    for lock in locks:
        key = (lock.table, lock.of == "index")
        if key not in kept or _STRENGTH[lock.mode] > _STRENGTH[kept[key].mode]:
            kept[key] = lock
    return tuple(kept.values())
