"""Differences after upgrade and downgrade that `downgrade-not-inverse` leaves to other rules, or that may be none."""

from __future__ import annotations

import re
from typing import Final

from foreshot.lint.context import Context
from foreshot.lint.states import states
from foreshot.migration.operations import (
    AddColumn,
    AlterColumn,
    DropColumn,
    DropConstraint,
    DropIndex,
    DropTable,
    Execute,
    Opaque,
    Operation,
    RenameTable,
)
from foreshot.schema.difference import Difference
from foreshot.schema.state import Schema

_PARTS: Final = ("column", "index", "constraint")
_REPLACED: Final = ("view", "function", "trigger")
_OR_REPLACE: Final = re.compile(r"\s*create\s+or\s+replace\b", re.IGNORECASE)


def is_excused(item: Difference, before: Schema, context: Context) -> bool:
    """An enum type that stays is `enum-type-not-dropped`'s; what was dropped and never made, `unknown-table`'s or `unknown-column`'s; a default may be for the rows."""
    if item.kind in ("table", "column") and item.about in context.once(_left_renamed):
        return True
    if item.missing:
        return False
    match item.kind:
        case "enum":
            return True
        case "table":
            return any(
                isinstance(operation, DropTable) and operation.table_name == item.about
                for operation in context.upgrade
            )
        case "column":
            return any(
                isinstance(operation, DropColumn)
                and f"{operation.table_name}.{operation.column}" == item.about
                for operation in context.upgrade
            ) or _is_dropped_elsewhere(item, context)
        case "default":
            name, _, column = item.about.rpartition(".")
            table = before.table(name)
            return (
                table is not None and column in table.columns and table.columns[column].default is None
            ) and any(
                isinstance(operation, AddColumn)
                and f"{operation.table_name}.{operation.column.name}" == item.about
                and operation.column.nullable is False
                for operation in context.downgrade
            )
        case _:
            return False


def _is_dropped_elsewhere(item: Difference, context: Context) -> bool:
    """Whether ``downgrade()`` drops a column of this name from a table that has none: ``unknown-column`` says so."""
    name = item.about.rpartition(".")[2]
    return any(
        isinstance(operation, DropColumn)
        and operation.column == name
        and operation.table_name is not None
        and any(state.lacks_column(operation.table_name, name) for state in states(operation, context))
        for operation in context.downgrade
    )


def may_be_older(item: Difference, before: Schema, context: Context) -> bool:
    """Whether what ``downgrade()`` leaves may have been there before the history: ``upgrade()`` drops it first, or replaces it."""
    if not item.missing and item.kind in _PARTS:
        return any(
            getattr(operation, "if_not_exists", False) or _drops(operation, item.names[0])
            for operation in context.upgrade
        ) and not _is_known(item, before)
    if item.missing or item.kind not in _REPLACED or before.is_whole:
        return False
    name = re.compile(rf"\b{re.escape(item.about.rpartition('.')[2])}\b", re.IGNORECASE)
    return any(
        isinstance(operation, Execute)
        and item.kind in operation.verb.lower()
        and (operation.verb.startswith("DROP") or _OR_REPLACE.match(operation.site.sql or ""))
        and name.search(operation.site.sql or "")
        for operation in context.upgrade
    )


def _drops(operation: Operation, name: str) -> bool:
    match operation:
        case DropConstraint() | DropIndex():
            return operation.name == name
        case DropColumn():
            return f"{operation.table_name}.{operation.column}" == name
        case _:
            return False


def _is_known(item: Difference, before: Schema) -> bool:
    """Whether all of its table was known before."""
    table = before.table(item.names[0].rpartition(".")[0] if item.kind == "column" else item.names[-1])
    return table is not None and not before.doubts(table)


def _left_renamed(context: Context) -> frozenset[str]:
    """The old and new names of tables and columns that nothing in ``downgrade()`` renames back: `rename-not-reversed` tells of them."""
    if any(
        isinstance(item, Opaque) or (isinstance(item, Execute) and not item.parsed)
        for item in context.downgrade
    ):
        return frozenset()
    back = {item.new_name for item in context.downgrade if isinstance(item, AlterColumn | RenameTable)}
    found: set[str] = set()
    for item in context.upgrade:
        if not isinstance(item, AlterColumn | RenameTable) or not isinstance(item.new_name, str):
            continue
        old, owner = (
            (item.table, item.schema) if isinstance(item, RenameTable) else (item.column, item.table_name)
        )
        if old not in back and not item.site.conditional:
            found.update(f"{owner}.{name}" if owner else str(name) for name in (old, item.new_name))
    return frozenset(found)
