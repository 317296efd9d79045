"""What SQLAlchemy renders and a revision executes: statements that make or drop something, and queries."""

from __future__ import annotations

from typing import Final

from foreshot.migration.acting import is_query
from foreshot.migration.columns import last_name
from foreshot.migration.data import data_change
from foreshot.migration.specs import Site
from foreshot.syntax.values import CallValue

DDL_CONSTRUCTS: Final = {
    "CreateSequence": "CREATE SEQUENCE",
    "DropSequence": "DROP SEQUENCE",
    "CreateSchema": "CREATE SCHEMA",
}
"""With what the statement of each begins."""


def rendered(verb: str, value: CallValue) -> str:
    """``CREATE SEQUENCE "s"`` of ``CreateSequence(Sequence("s"))``; empty where the name is not known."""
    made = value.argument("element", 0)
    named = made.argument("name", 0) if isinstance(made, CallValue) else made
    schema = made.keywords.get("schema") if isinstance(made, CallValue) else None
    if not isinstance(named, str) or not isinstance(schema, str | None):
        return ""
    parts = [f'"{part}"' for part in (schema, named) if part]
    return f"{verb} {'.'.join(parts)}"


def is_construct(value: CallValue, site: Site) -> bool:
    """Whether it is a query, a change of rows or of the schema that SQLAlchemy renders, and no text."""
    return (
        is_query(value)
        or last_name(value.path) in DDL_CONSTRUCTS
        or data_change(value, site, executed=True) is not None
    )
