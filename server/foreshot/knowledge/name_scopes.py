"""In which scope a database wants names of indexes and constraints to be unique (the page of `constraint-name-conflict`)."""

from __future__ import annotations

from foreshot.schema.draft import names_on
from foreshot.schema.state import Table

_INDEXES = ("index", "unique", "primary key")


def names_on_one_table(table: Table, kind: str, database: str) -> set[str]:
    """Names on a table that a new index or constraint of this kind on it must not have."""
    if database in ("mysql", "mariadb"):
        made = [*table.indexes, *table.uniques] if kind in _INDEXES else [*table.foreign_keys, *table.checks]
        return {item.name for item in made if item.name and getattr(item, "implied_by", None) is None}
    return set(names_on(table)) if database == "postgresql" else _names_of_indexes(table)


def names_across_tables(table: Table, kind: str, database: str) -> set[str]:
    """Names on another table that a new one must not have."""
    if database in ("mysql", "mariadb"):
        keys = table.foreign_keys if kind == "foreign key" else ()
        return {item.name for item in keys if item.name and item.named != "server"}
    if kind not in _INDEXES:
        return set()
    found = _names_of_indexes(table)
    if database == "postgresql":
        # These have an index of their name.
        found |= {item.name for item in table.uniques if item.name}
        if table.primary_key is not None and table.primary_key.name:
            found.add(table.primary_key.name)
    return found


def _names_of_indexes(table: Table) -> set[str]:
    return {item.name for item in table.indexes if item.name}
