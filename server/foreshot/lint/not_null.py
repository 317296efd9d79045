"""What keeps NULL out of a column, or has filled it, before an operation: earlier revisions included."""

from __future__ import annotations

import re
from typing import Literal

from foreshot.lint.states import State
from foreshot.schema.plain import Called, Plain
from foreshot.schema.state import Check

Why = Literal["not null", "checked", "filled", "empty"]


def without_null(state: State, table: str, column: str) -> Why | None:
    """Why no row has NULL in the column: it takes none, a validated check keeps it out, a backfill left none, or there is no row.

    None where a row may have it, or nothing is known of the column.
    """
    known = state.table(table)
    found = known.column(column) if known is not None else None
    if known is None or found is None:
        return None
    if found.nullable is False:
        return "not null"
    if validated_check(state, table, column) is not None:
        return "checked"
    if found.filled_by is not None:
        return "filled"
    if known.rows == "none" and not known.seen:
        return "empty"
    return None


def validated_check(state: State, table: str, column: str) -> Check | None:
    """The validated check of the table that says that the column is not NULL."""
    known = state.table(table)
    checks = known.checks if known is not None else ()
    return next((item for item in checks if item.validated and says_not_null(item.condition, column)), None)


def surely_takes_null(state: State, table: str, column: str) -> bool:
    """Whether the column surely takes NULL, and nothing is known to have filled it."""
    found = state.column(table, column)
    return found is not None and found.nullable is True and without_null(state, table, column) is None


def says_not_null(condition: Plain, column: str, *, alone: bool = False) -> bool:
    """Whether a check's condition, or a part of it that must hold, is ``column IS NOT NULL``; ``alone``: and it says nothing else."""
    if isinstance(condition, Called):
        if condition.path.endswith((".is_not", ".isnot")) and isinstance(condition.receiver, Called):
            return condition.receiver.argument("name", 0) == column
        condition = condition.argument("text", 0)
    if not isinstance(condition, str) or re.search(r"\bor\b", condition, re.IGNORECASE):
        return False
    pattern = rf'[\s(]*(?:[\w".]+\.)?"?{re.escape(column)}"?\s+is\s+not\s+null[\s)]*'
    hold = all if alone else any
    return hold(
        re.fullmatch(pattern, part, re.IGNORECASE) is not None
        for part in re.split(r"\band\b", condition[:2000], flags=re.IGNORECASE)
    )
