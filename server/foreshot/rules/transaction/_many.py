"""Which statements write many rows."""

from __future__ import annotations

import ast
import re
from typing import Final

from foreshot.lint.context import Context
from foreshot.migration.operations import DataChange

_EMPTY_YET: Final = re.compile(r"\bwhere\s+\(?[\w.\"`]+\s+is\s+null\)?\s*;?\s*$", re.IGNORECASE)
_PICKED: Final = re.compile(
    r"\bhaving\b|\bwhere\s[^;]*(?:=|<|>|\blike\b|\bin\b)|\.(?:where|filter)\([^;]*(?:==|<|>|like\(|in_\()|\.filter_by\(",
    re.IGNORECASE | re.DOTALL,
)
_EMPTINESS: Final = re.compile(
    r"""(?:<>|!=)\s*(?:''|""|None)|\bis\s+(?:not\s+)?null\b|\.is(?:_not|not)?_?\(\s*(?:None|\w+\.null\(\))\s*\)""",
    re.IGNORECASE,
)
_DEEP: Final = 2
"""Names that are followed behind names."""
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
    return site.repeated and site.conditional and not _are_chosen(operation, context)


def _are_chosen(operation: DataChange, context: Context) -> bool:
    """Whether a loop around it is over rows that a query has picked: by their values, and not for being empty or not."""
    at = operation.site.call.start
    loops = [
        loop
        for loop in context.module.nodes(ast.For)
        if (span := context.module.span(loop)).start <= at < span.end
    ]
    return any(_PICKED.search(_EMPTINESS.sub("", _query(loop.iter, context))) for loop in loops)


def _query(node: ast.expr, context: Context, depth: int = 0) -> str:
    """The code of an expression, with that of the names in it as they were last given a value."""
    module = context.module
    start = module.span(node).start
    text = context.text(module.span(node))
    for name in {item.id for item in ast.walk(node) if isinstance(item, ast.Name)} if depth < _DEEP else ():
        given = [
            item.value
            for item in module.nodes(ast.Assign)
            if module.span(item).end <= start
            and any(isinstance(target, ast.Name) and target.id == name for target in item.targets)
        ]
        if given:
            last = max(given, key=lambda value: module.span(value).start)
            text += f"\n{_query(last, context, depth + 1)}"
    return text


def _is_of_empty(call: str) -> bool:
    """Whether the only condition of a statement by Core is that a column is NULL."""
    return call.count(".where(") == 1 and _EMPTY_BY_CORE.search(call) is not None
