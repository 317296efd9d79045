"""The shape of the measured tables, and the choosing of the row that holds for a target."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from msgspec import Struct

from foreshot.knowledge.databases import DISPLAY_NAMES, SUPPORTED, Database, Target, Version

Undoable = Literal["yes", "with data loss", "no"]


class Row(Struct, frozen=True, kw_only=True):
    """What one variant of an operation does on a range of versions (both ends included; empty: open)."""

    since: tuple[int, ...] = ()
    until: tuple[int, ...] = ()
    locks: str = ""
    """``t AX, P SRX``: who (t the table, P each parent, i the index, v the view) and the lock's abbreviation."""
    rewrite: bool | None = False
    scan: bool | None = False
    fails: str | None = None
    """Which rows make it fail."""
    always: str | None = None
    """Why it fails whatever the rows."""
    loses: str | None = None
    drops: str | None = None
    """What goes away along with it without a word."""
    fills: str | None = None
    """What existing rows get without a word."""
    undo: Undoable = "yes"
    algorithm: str | None = None
    ms: float | None = None
    """Milliseconds at 2 million rows, on a small machine."""
    small: float | None = None
    """Milliseconds at 200,000 rows, where no more were tried."""
    notes: tuple[str, ...] = ()
    source: str | None = None
    """Where the fact comes from when it was not measured on all supported versions."""


class Chosen(Struct, frozen=True):
    """The row that holds for a target, and for which versions when not for all that the target stands for."""

    row: Row
    only: str | None
    source: str
    varies: frozenset[str] = frozenset()
    """The row's fields that differ between the versions that the target stands for: ``only`` is about these."""


Table = dict[str, tuple[Row, ...]]


@lru_cache(maxsize=1024)
def choose(variant: str, target: Target) -> Chosen | None:
    """The measured row of ``variant`` on ``target``: where versions differ, the worse one, said so in ``only``."""
    rows = _table(target.database).get(variant)
    if not rows:
        return None
    found = [(version, row) for version in target.versions if (row := _row_of(rows, version)) is not None]
    if not found:
        return None
    worst = max((row for _, row in found), key=_severity)
    holding = [version for version, row in found if row is worst]
    only = None if len(holding) == len(target.versions) else label(target.database, holding)
    varies = frozenset(
        field for field in Row.__struct_fields__ if len({getattr(row, field) for _, row in found}) > 1
    )
    source = worst.source if worst.source is not None else measured_on(target.database)
    return Chosen(worst, only, source, varies)


@lru_cache(maxsize=8)
def measured_on(database: Database) -> str:
    """``measured on PostgreSQL 12–18``, or nothing for a database that was not measured."""
    versions = SUPPORTED[database]
    return f"measured on {label(database, list(versions))}" if versions else ""


def label(database: Database, versions: list[Version]) -> str:
    """``MariaDB 10.11`` or ``PostgreSQL 12–17``."""
    first, last = versions[0], versions[-1]
    return f"{DISPLAY_NAMES[database]} {first}" + (f"–{last}" if last != first else "")


def _row_of(rows: tuple[Row, ...], version: Version) -> Row | None:
    for row in reversed(rows):
        if version.at_least(*row.since) and (not row.until or version.at_most(*row.until)):
            return row
    return None


def _severity(row: Row) -> tuple[bool, bool, bool, bool, bool]:
    return (
        row.always is not None,
        row.rewrite is True,
        row.scan is True,
        row.fails is not None,
        bool(row.drops),
    )


def _table(database: Database) -> Table:
    if database == "postgresql":
        from foreshot.knowledge.measured_postgresql import TABLE
    elif database == "mysql":
        from foreshot.knowledge.measured_mysql import MYSQL as TABLE
    elif database == "mariadb":
        from foreshot.knowledge.measured_mysql import MARIADB as TABLE
    elif database == "sqlite":
        from foreshot.knowledge.measured_sqlite import TABLE
    else:
        return {}
    return TABLE
