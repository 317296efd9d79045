"""Which tables the foreign keys of others lead to, in which order they can go, and whether two columns may be one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from foreshot.knowledge.databases import Target
from foreshot.lint.context import Context
from foreshot.lint.states import State
from foreshot.lint.words import code
from foreshot.migration.operations import AddColumn, AddConstraint, CreateTable, DropTable
from foreshot.migration.references import references

_MOST_FIRST: Final = 3  # Of more tables in their order, it is the foreign keys that are better dropped.


def may_lead(child: str | None, parent: str | None, state: State) -> bool:
    """Whether a table may still have a foreign key to another: an earlier revision may have dropped it."""
    table = state.table(child)
    return table is None or any(key.ref_table == parent for key in table.foreign_keys)


def bound_to(parent: str | None, state: State) -> list[str]:
    """The other tables that surely have a foreign key to one."""
    table = state.known_table(parent)
    if table is None:
        return []
    return sorted(
        other.name
        for other in state.schema.tables.values()
        if other is not table
        and not state.schema.doubts(other)
        and any(key.ref_table == table.name for key in other.foreign_keys)
    )


def children(context: Context) -> dict[str, list[str]]:
    """For each table the ones whose foreign keys, made anywhere in the revision, lead to it."""
    found: dict[str, list[str]] = {}
    for operation in context.revision.operations:
        if not isinstance(operation, CreateTable | AddColumn | AddConstraint) or operation.table_name is None:
            continue
        for key in references(operation):
            if key.ref_table != operation.table_name:
                found.setdefault(key.ref_table, []).append(operation.table_name)
    return found


def go_together(child: DropTable, parent: DropTable, target: Target) -> bool:
    """Whether one ``DROP TABLE`` takes both, in whatever order it names them; MariaDB takes one after the other (1451)."""
    return target.database != "mariadb" and child.site.shares_statement(parent.site)


def in_order(operation: DropTable, later: Mapping[str, DropTable], keys: Mapping[str, list[str]]) -> str:
    """What is to be dropped before a table, in words: tables in an order that works, or else the foreign keys."""
    found: list[str] = []
    begun: set[str] = set()

    def come_to(name: str) -> bool:
        begun.add(name)
        for child in keys.get(name, ()):
            if child in found or (child not in later and child != operation.table_name):
                continue
            if child in begun or len(begun) > _MOST_FIRST or not come_to(child):
                return False
            found.append(child)
        return True

    if operation.table_name is None or not come_to(operation.table_name):
        return "the foreign keys that lead to it"
    return " and then ".join(map(code, found))


def may_be(one: tuple[str | None, object], other: tuple[str | None, object]) -> bool:
    """Whether two columns may be the same one: a table without its schema is found by PostgreSQL's search path."""
    tables = one[0] or "", other[0] or ""
    bare = {table.rpartition(".")[2] for table in tables}
    return one[1] == other[1] and len(bare) == 1 and not all("." in table for table in tables)
