"""What an operation leads to: tables by foreign keys, the order in which they can go, and what is made further down only."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from foreshot.knowledge.databases import Target
from foreshot.lint.context import Context
from foreshot.lint.states import State
from foreshot.lint.words import code, on
from foreshot.migration.operations import (
    AddColumn,
    AddConstraint,
    AlterColumn,
    CreateIndex,
    CreateTable,
    DataChange,
    DropTable,
    Execute,
    TableOperation,
)
from foreshot.migration.references import references
from foreshot.text import Span

KEYED: Final = ("postgresql", "mysql", "mariadb", "mssql", "oracle")
"""Databases that look at a foreign key's table when it is made, and at its children when it is dropped."""
_READ: Final = re.compile(r"(?i)\b(?:from|join)\s+\"?([\w.]+)")
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


def where_kept(targets: Sequence[Target], context: Context) -> str:
    """Where it fails, said too where SQLite may be met: what serves several databases may serve it, which needs no driver."""
    several = len({target.database for target in targets}) > 1
    lenient = several or any(target.database not in KEYED for target in context.surroundings.possible)
    return context.where(targets) or (f" on {on(targets)}" if lenient else "")


def may_be(one: tuple[str | None, object], other: tuple[str | None, object]) -> bool:
    """Whether two columns may be the same one: a table without its schema is found by PostgreSQL's search path."""
    tables = one[0] or "", other[0] or ""
    bare = {table.rpartition(".")[2] for table in tables}
    return one[1] == other[1] and len(bare) == 1 and not all("." in table for table in tables)


def missing(
    operation: TableOperation | DataChange | Execute,
    tables: dict[str, CreateTable],
    columns: dict[tuple[str | None, object], AddColumn],
    *,
    unchecked: bool,
) -> Iterator[tuple[Span, CreateTable | AddColumn, str]]:
    """What an operation uses out of what is made below it: where it says so, what makes it, and its name."""
    site = operation.site
    if isinstance(operation, Execute):
        for name in _READ.findall(site.sql or ""):
            if name in tables:
                yield site.name, tables[name], code(name)
                return
        return
    table = operation.table_name
    if table in tables and not isinstance(operation, CreateTable):
        yield site.args.get("table_name", site.name), tables[table], code(table)
        return
    if isinstance(operation, DataChange):
        return
    if not unchecked:
        for _, target, _, span in references(operation):
            if target in tables and target != table:
                yield span, tables[target], code(target)
    names: list[tuple[object, Span]] = []
    if isinstance(operation, CreateIndex):
        names = [(name, site.args.get("columns", site.name)) for name in operation.index.columns]
    elif isinstance(operation, AddConstraint):
        names = [(name, operation.constraint.span) for name in operation.constraint.columns]
    elif isinstance(operation, AlterColumn):
        names = [(operation.column, site.args.get("column_name", site.name))]
    for name, span in names:
        made = columns.get((table, name))
        if made is not None:
            yield span, made, code(f"{table}.{name}")
