"""Which statements write many rows."""

from __future__ import annotations

import re
from typing import Final

from foreshot.lint.context import Context
from foreshot.migration.operations import DataChange

_EMPTY_YET: Final = re.compile(r"\bwhere\s+\(?[\w.\"`]+\s+is\s+null\)?\s*;?\s*$", re.IGNORECASE)
_EMPTY_BY_CORE = re.compile(r"\.where\(\s*[\w.]+\.is_\(\s*(?:None|sa\.null\(\))\s*\)\s*\)")


def is_over_many(operation: DataChange, context: Context) -> bool:
    """Whether it writes every row of a table that was there before, every row that is empty yet, or one after the other in a loop."""
    if operation.verb not in ("update", "delete") or operation.limited or context.is_new(operation):
        return False
    if operation.table_name is None:
        return False
    site = operation.site
    if not operation.has_where:
        return True
    if _EMPTY_YET.search(site.sql) if site.sql is not None else _is_of_empty(context.text(site.call)):
        return True
    # A loop over rows: how many there are is not known, and each is found by its own WHERE.
    return site.repeated and site.conditional


def _is_of_empty(call: str) -> bool:
    """Whether the only condition of a statement by Core is that a column is NULL."""
    return call.count(".where(") == 1 and _EMPTY_BY_CORE.search(call) is not None
