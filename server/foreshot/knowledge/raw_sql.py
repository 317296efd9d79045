"""Statements that no operation of Alembic corresponds to, told by their first words."""

from __future__ import annotations

import re
from functools import lru_cache

from foreshot.knowledge.databases import Target

# Patterns are compiled when they are first wanted: `re` keeps them.
_ALTER_TABLE = {
    "postgresql": {
        r"\b(?:en|dis)able\s+trigger\b": "execute switch trigger",
        r"\bset\s+statistics\b": "execute set option",
        r"\bset\s*\(": "execute set option",
        r"\bset\s+storage\b": "execute set storage",
        r"\bset\s+unlogged\b": "execute set unlogged",
        r"\bset\s+schema\b": "execute set schema",
        r"\balter\s+constraint\b": "execute alter constraint",
    },
    "mysql": {
        r"\bconvert\s+to\s+character\s+set\b": "execute convert character set",
        r"\bengine\s*=": "execute rebuild",
        r"\bauto_increment\s*=": "execute auto_increment",
    },
}


@lru_cache(maxsize=256)
def raw_variant(verb: str, sql: str | None, target: Target) -> str | None:
    """The measured variant of an ``Execute``; None for one that changes nothing, such as a SELECT."""
    words = " ".join(verb.lower().split()).replace("create or replace ", "create ")
    if words.startswith(("select", "with", "values", "show")):
        return None
    if words == "alter table" and sql:
        for pattern, variant in _ALTER_TABLE["mysql" if target.is_mysql else "postgresql"].items():
            if re.search(pattern, sql, re.IGNORECASE):
                return variant
    return f"execute {words}"
