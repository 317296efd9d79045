"""What stands on a table that SQLite makes anew: views that read it, and what Alembic does not read back."""

from __future__ import annotations

import re
from collections.abc import Iterator

from foreshot.lint.states import State
from foreshot.lint.words import code
from foreshot.schema.difference import sql_of
from foreshot.schema.state import Check, View

_STAR = re.compile(r"(?:\bselect\s+(?:distinct\s+)?|,\s*|\.\s*)\*", re.IGNORECASE)


def readers(state: State, table: str, column: str | None, *, stars: bool) -> Iterator[View]:
    """Views that read the table and, when one is given, the column, the oldest first; ``*`` counts for each where ``stars`` is true."""
    known = state.table(table)
    for view in state.schema.views.values():
        if view.there is not None or known is None or known.name not in view.tables:
            continue
        named = column is None or column.lower() in view.words
        if named or (stars and _STAR.search(view.definition or "") is not None):
            yield view


def unreflected(state: State, table: str) -> dict[object, str]:
    """What a table surely has and a batch block would lose, in words, by what tells it again."""
    known = state.known_table(table)
    if known is None:
        return {}
    found: dict[object, str] = {
        ("index", item.name): f"its index {code(item.name)}"
        for item in known.indexes
        if item.expressions and item.name
    }
    for item in known.checks:
        # A type that makes a check brings it again.
        if item.name is None and item.implied_by is None:
            found["check", condition_of(item)] = "a check without a name"
    for place, thing in state.schema.things.items():
        if thing.kind == "trigger" and thing.table == known.name and thing.there is None:
            found["trigger", place] = f"its trigger {code(thing.name)}"
    return found


def condition_of(check: Check) -> object:
    """A check's condition, the same whether it was written as SQL or as ``sa.text()`` of it."""
    return sql_of(check.condition) or check.condition
