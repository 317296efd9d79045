"""Whether two rows can be equal under what becomes unique, and how to look for them."""

from __future__ import annotations

from collections.abc import Sequence, Set

from foreshot.lint import writing
from foreshot.lint.context import Context
from foreshot.migration.operations import (
    AddConstraint,
    AlterColumn,
    CreateIndex,
    CreateTable,
    DropConstraint,
    DropIndex,
    Operation,
    RenameTable,
)
from foreshot.rules.data import _filling as filling
from foreshot.rules.data import _rows as rows
from foreshot.syntax.values import Maybe, Unknown


def replaces_another(
    operation: AddConstraint | CreateIndex, columns: Sequence[Maybe[str]], context: Context
) -> bool:
    """Whether the same direction drops, or has made, one over the same columns or fewer; or one that is not known."""
    way, back = operation.site.function, rows.other_way(operation)
    tables = _former_names(operation, context)
    own = [other for table in (*tables, None) for other in rows.on_table(table, way, context)]
    columns_now = {
        other.column: other.new_name
        for other in own
        if isinstance(other, AlterColumn)
        and isinstance(other.column, str)
        and isinstance(other.new_name, str)
    }
    dropped = [
        other
        for other in own
        if isinstance(other, DropIndex)
        or (
            isinstance(other, DropConstraint)
            and other.constraint_kind not in ("foreign key", "check", "exclude")
        )
    ]
    if dropped:
        for other in (other for table in tables for other in rows.on_table(table, back, context)):
            for made in _made(other):
                if {columns_now.get(str(column), column) for column in made} <= set(columns):
                    return True
        again = context.once_each_way(_made_names, back)
        if any(_is_unknown(other, operation, again) for other in dropped):
            return True
    return any(
        set(made) <= set(columns)
        for other in own
        if other.site.order < operation.site.order and isinstance(other, AddConstraint | CreateIndex)
        for made in _made(other)
        if other.table_name is not None
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


def _is_unknown(
    dropped: DropConstraint | DropIndex, operation: AddConstraint | CreateIndex, again: Set[str]
) -> bool:
    """Whether nothing tells what the dropped one was, and it can be the one that is replaced."""
    if dropped.name is not None and dropped.name in again:
        return False
    return isinstance(dropped, DropConstraint) or dropped.name == _name(operation) is not None


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
