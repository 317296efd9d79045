"""Whether two rows can be equal under what becomes unique, and how to look for them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from foreshot.knowledge import transactional_ddl
from foreshot.lint import writing
from foreshot.lint.context import Context
from foreshot.migration.operations import (
    AddColumn,
    AddConstraint,
    AlterColumn,
    CreateIndex,
    CreateTable,
    Direction,
    DropConstraint,
    DropIndex,
    Operation,
    RenameTable,
)
from foreshot.rules.data import _filling as filling
from foreshot.rules.data import _rows as rows
from foreshot.schema.state import Index, Key, Table
from foreshot.syntax.values import CallValue, Maybe, Unknown


def replaces_another(
    operation: AddConstraint | CreateIndex, columns: Sequence[Maybe[str]], context: Context
) -> bool:
    """Whether the same direction drops, or has made, one over the same columns or fewer; or one that is not known."""
    known = context.once(_Known).of(operation.site.function, tuple(_former_names(operation, context)))
    if known.drops:
        if known.again.within(columns) or known.covered(operation, columns):
            return True
        if known.replaces_unknown(_name(operation)):
            return True
    return known.own.within(columns, operation.site.order)


def is_unique(table: Table, columns: Sequence[Maybe[str]], *, distinct: bool) -> bool:
    """Whether no two rows of a table are equal in the columns, by a key or a whole unique index over some of them.

    ``distinct``: two NULLs are not equal, as they are not to what the table has.
    """
    wanted = frozenset(columns)
    keys: list[Key | Index | None] = [table.primary_key]
    if distinct:
        keys += [*table.uniques, *(item for item in table.indexes if item.unique and item.where is None)]
    return any(key is not None and wanted.issuperset(key.columns) for key in keys)


class _Known:
    """What is said of unique constraints and indexes, put together once for each table."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._tables: dict[tuple[Direction, tuple[str | None, ...]], _OfTable] = {}

    def of(self, way: Direction, tables: tuple[str | None, ...]) -> _OfTable:
        """What is said of the table that has these names; what names no table may be about it."""
        found = self._tables.get((way, tables))
        if found is None:
            found = self._tables[way, tables] = _OfTable(way, tables, self._context)
        return found


class _OfTable:
    def __init__(self, way: Direction, tables: tuple[str | None, ...], context: Context) -> None:
        back: Direction = "downgrade" if way == "upgrade" else "upgrade"
        now: dict[Maybe[str], str] = {}
        self.drops: list[DropConstraint | DropIndex] = []
        self.own = _Columns()
        self.again = _Columns()
        self._partial: list[tuple[frozenset[Maybe[str]], str]] = []
        for other in (other for table in (*tables, None) for other in rows.on_table(table, way, context)):
            match other:
                case AlterColumn(column=str() as column, new_name=str() as name):
                    now[column] = name
                case DropIndex():
                    self.drops.append(other)
                case DropConstraint() if other.constraint_kind not in ("foreign key", "check", "exclude"):
                    self.drops.append(other)
                case AddConstraint() | CreateIndex() if other.table_name is not None:
                    for made in _made(other):
                        self.own.add(made, other.site.order)
                case _:
                    pass
        for other in (other for table in tables for other in rows.on_table(table, back, context)):
            for made in _made(other):
                self.again.add([now.get(str(column), column) for column in made], other.site.order)
            condition = condition_of(other)
            if condition is not None and isinstance(other, CreateIndex):
                named = [now.get(str(column), column) for column in other.index.columns]
                self._partial.append((frozenset(named), condition))
        names = context.once_each_way(_made_names, back)
        unknown = [other for other in self.drops if other.name is None or other.name not in names]
        self._constraints = any(isinstance(other, DropConstraint) for other in unknown)
        self._indexes = {other.name for other in unknown if isinstance(other, DropIndex)}

    def covered(self, operation: Operation, columns: Sequence[Maybe[str]]) -> bool:
        """Whether one that goes was unique over the rows that a partial index is about: its condition is theirs, or AND more."""
        condition = condition_of(operation)
        return condition is not None and any(
            made <= set(columns) and (condition == former or condition.startswith(f"{former} and "))
            for made, former in self._partial
        )

    def replaces_unknown(self, name: str | None) -> bool:
        """Whether nothing tells what a dropped one was, and it can be the one that the constraint ``name`` replaces."""
        return self._constraints or (name is not None and name in self._indexes)


class _Columns:
    """Columns that are unique together, to ask whether any of them lie within others."""

    def __init__(self) -> None:
        self._by_first: dict[Maybe[str] | None, list[tuple[frozenset[Maybe[str]], int]]] = {}

    def add(self, columns: Sequence[Maybe[str]], order: int) -> None:
        first = columns[0] if columns else None
        self._by_first.setdefault(first, []).append((frozenset(columns), order))

    def within(self, columns: Sequence[Maybe[str]], before: int | None = None) -> bool:
        """Whether any lie within these, made before a place in the order."""
        wanted = set(columns)
        return any(
            (before is None or order < before) and made <= wanted
            for first in (None, *wanted)
            for made, order in self._by_first.get(first, ())
        )


def _former_names(operation: AddConstraint | CreateIndex, context: Context) -> list[str | None]:
    """Names that the table has, and has had in this direction."""
    former = [
        other.table_name
        for other in context.once_each_way(_renames, operation.site.function)
        if other.new_name == operation.table
    ]
    return list(dict.fromkeys([operation.table_name, *(name for name in former if name is not None)]))


def _renames(operations: tuple[Operation, ...]) -> tuple[RenameTable, ...]:
    return tuple(other for other in operations if isinstance(other, RenameTable))


def _made_names(operations: tuple[Operation, ...]) -> frozenset[str]:
    """The names of constraints and indexes that are made, of whatever kind."""
    return frozenset(
        name
        for other in operations
        if isinstance(other, AddConstraint | CreateIndex) and (name := _name(other)) is not None
    )


def _made(operation: Operation) -> list[tuple[Maybe[str], ...]]:
    """The columns of each unique constraint, whole unique index or key that the operation makes."""
    if not isinstance(operation, AddConstraint | CreateIndex | CreateTable):
        return []
    if isinstance(operation, CreateIndex):
        whole = operation.index.unique is True and operation.index.where is None
        return [operation.index.columns] if whole else []
    constraints = operation.constraints if isinstance(operation, CreateTable) else (operation.constraint,)
    return [item.columns for item in constraints if item.kind in ("unique", "primary key")]


def condition_of(operation: Operation) -> str | None:
    """The condition of a unique index in lower case; None where it has none, or one with OR that AND would bind before."""
    if not isinstance(operation, CreateIndex) or operation.index.unique is not True:
        return None
    where = operation.index.where
    if isinstance(where, CallValue) and where.args:
        where = where.args[0]
    text = " ".join(where.lower().split()) if isinstance(where, str) else ""
    return text if text and " or " not in text else None


def _name(operation: AddConstraint | CreateIndex) -> str | None:
    name = operation.index.name if isinstance(operation, CreateIndex) else operation.constraint.name
    return name if isinstance(name, str) else None


def look_for_equal_rows(
    operation: AddConstraint | CreateIndex, columns: Sequence[Maybe[str]], context: Context
) -> str | None:
    """A query for equal rows in front of the operation, which stops it with their values; None where it cannot be written."""
    targets = context.targets((), operation)
    table, schema = operation.table, operation.schema
    if not isinstance(table, str) or isinstance(schema, Unknown):
        return None
    path = [filling.identifier(name, targets) for name in (schema, table) if name]
    names = [filling.identifier(column, targets) if isinstance(column, str) else None for column in columns]
    if None in path or None in names:
        return None
    source, listed = ".".join(map(str, path)), ", ".join(map(str, names))
    present = " AND ".join(f"{name} IS NOT NULL" for name in names)
    where = "" if "postgresql_nulls_not_distinct" in operation.site.keywords else f" WHERE {present}"
    rows_, groups = (
        f"SELECT {listed} FROM {source}{where}",
        f" GROUP BY {listed} HAVING count(*) > 1",
    )
    said = f"rows of {table} have the same {', '.join(map(str, columns))}"
    if "{" in said or "}" in said or not said.isprintable() or '"' in said or "\\" in said:
        return None
    sa, op = context.sa()[0], context.op
    return (
        "if not context.is_offline_mode():\n"
        f"    duplicate = {op}.get_bind().execute(\n"
        f"        {sa}.text(\n"
        f"            {writing.literal(rows_)}\n"
        f"            {writing.literal(groups)}\n"
        "        )\n"
        "    ).first()\n"
        "    if duplicate is not None:\n"
        f'        raise RuntimeError(f"{said}: {{tuple(duplicate)}}, and perhaps others")'
    )


def first_to_stay(
    operation: AddConstraint | CreateIndex, columns: Sequence[Maybe[str]], context: Context
) -> Operation:
    """What the question comes before: where DDL is not rolled back, the first statement of the revision, which would be there for good.

    That is so where nothing above has to do with the rows or the columns that are asked about.
    """
    if all(transactional_ddl(target.database) for target in context.targets((), operation)):
        return operation
    above = context.before(operation)
    apart = (AddColumn, CreateTable, CreateIndex, AddConstraint, DropConstraint, DropIndex)
    for other in above:
        if (
            not isinstance(other, apart)
            or other.site.repeated
            or other.site.conditions != operation.site.conditions
        ):
            return operation
        if isinstance(other, AddColumn) and other.column.name in columns:
            return operation
    return above[0] if above else operation


_GROUPED: Final = re.compile(r"\.group_by\((?:[^()]|\([^()]*\)){0,300}\)\s*\.having\(")


def questions(context: Context) -> tuple[int, ...]:
    """Where a query groups rows and asks how many there are of each."""
    content = context.module.content
    return tuple(match.start() for match in _GROUPED.finditer(content)) if ".having(" in content else ()
