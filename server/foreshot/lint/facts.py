"""What is known of an operation's surroundings, as ``knowledge`` wants to be told: for cards, rules and repairs alike."""

from __future__ import annotations

from msgspec.structs import replace

from foreshot.knowledge import Facts
from foreshot.knowledge.databases import Target
from foreshot.lint.context import Context
from foreshot.lint.emptied import is_without_rows
from foreshot.lint.not_null import validated_check
from foreshot.lint.specs import type_spec
from foreshot.lint.states import State, states
from foreshot.migration.operations import (
    AlterColumn,
    ConstraintKind,
    DataChange,
    DropColumn,
    DropConstraint,
    DropTable,
    DropType,
    Operation,
    TableOperation,
    ValidateConstraint,
)
from foreshot.schema.state import Table


def facts_of(operation: Operation, context: Context, target: Target | None = None) -> Facts:
    """What the history tells of the table and the column just before the operation, and whether the table has rows.

    Args:
        target: the database in question; the first that the operation meets, when None.
    """
    facts = _facts(operation, context, target)
    asked = target or next(iter(context.targets(operation=operation)), None)
    if (
        asked is not None
        and isinstance(operation, TableOperation)
        and is_without_rows(operation, asked, context)
    ):
        return replace(facts, table_is_empty=True)
    return facts


def _facts(operation: Operation, context: Context, target: Target | None) -> Facts:
    state = next((item for item in states(operation, context) if target in (None, item.target)), None)
    if isinstance(operation, DropType) and state is not None:
        return _type_facts(operation, state)
    if not isinstance(operation, TableOperation | DataChange):
        return Facts()
    is_new = context.is_new(operation)
    table = state.table(operation.table_name) if state is not None else None
    if state is None or table is None:
        return Facts(table_is_new=is_new)
    empty = True if table.rows == "none" and not table.seen else None
    partitioned = True if table.partitioned else None
    match operation:
        case AlterColumn(column=str() as name) | DropColumn(column=str() as name):
            column = state.column(table.name, name)
            known = table.column(name)
            key = table.primary_key
            return Facts(
                table_is_new=is_new,
                table_is_empty=empty,
                partitioned=partitioned,
                old_type=type_spec(column),
                old_nullable=column.nullable if column is not None else None,
                validated_not_null_check=validated_check(state, table.name, name) is not None,
                indexed=True if _covers(table, name) else None,
                rebuilt=True
                if any(name in item.columns and item.where is not None for item in table.indexes)
                else None,
                parents=tuple(item.ref_table for item in table.foreign_keys if name in item.columns) or None,
                children=_children(state, table, name) or None,
                in_primary_key=None if key is None else name in key.columns,
                is_computed=None if known is None else known.computed is not None,
            )
        case DropConstraint(name=str() as name) | ValidateConstraint(name=str() as name):
            kind, parent = _constraint(table, name)
            return Facts(
                table_is_new=is_new,
                table_is_empty=empty,
                constraint_kind=kind,
                parents=(parent,) if parent else None,
            )
        case DropTable():
            parents = tuple(dict.fromkeys(item.ref_table for item in table.foreign_keys))
            return Facts(
                table_is_new=is_new, parents=parents or None, children=_children(state, table) or None
            )
        case _:
            return Facts(table_is_new=is_new, table_is_empty=empty, partitioned=partitioned)


def _type_facts(operation: DropType, state: State) -> Facts:
    name = operation.name
    enum = state.schema.enums.get(name) if isinstance(name, str) else None
    if enum is None:
        return Facts()
    used = any(
        column.type.enum == enum.name
        for table in state.schema.tables.values()
        for column in table.columns.values()
    )
    return Facts(type_exists=True if enum.there is None else None, type_in_use=True if used else None)


def _covers(table: Table, column: str) -> bool:
    return any(column in item.columns for item in (*table.indexes, *table.uniques))


def _children(state: State, table: Table, column: str | None = None) -> tuple[str, ...]:
    """Tables whose foreign keys lead to the table, or to one of its columns."""
    return tuple(
        other.name
        for other in state.schema.tables.values()
        if any(
            key.ref_table == table.name and (column is None or column in key.ref_columns)
            for key in other.foreign_keys
        )
    )


def _constraint(table: Table, name: str) -> tuple[ConstraintKind | None, str | None]:
    """The kind of a constraint, and the table that a foreign key leads to."""
    for key in table.foreign_keys:
        if key.name == name:
            return "foreign key", key.ref_table
    if table.primary_key is not None and table.primary_key.name == name:
        return "primary key", None
    if any(item.name == name for item in table.uniques):
        return "unique", None
    if any(item.name == name for item in table.checks):
        return "check", None
    return ("exclude", None) if any(item.name == name for item in table.exclusions) else (None, None)
