"""Which tables cannot have rows, by what was done to them before."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from typing import TypeGuard

from msgspec.structs import replace

from foreshot.knowledge import Target, effects_of
from foreshot.lint.context import Context
from foreshot.lint.states import is_partitioned
from foreshot.migration.operations import (
    AddColumn,
    AddConstraint,
    CreateIndex,
    DataChange,
    Direction,
    Execute,
    Opaque,
    Operation,
    RenameTable,
    Site,
    TableOperation,
    TruncateTable,
    inserts_rows,
)


def is_without_rows(operation: TableOperation, target: Target, context: Context) -> bool:
    """Whether PostgreSQL finds no rows to read, or nobody to keep waiting, by what the same direction did before."""
    if target.database != "postgresql":
        return False
    if isinstance(operation, CreateIndex) and (
        (operation.index.only and is_partitioned(operation, context))
        or _is_new_view(operation, target, context)
    ):
        return True
    keys = (
        bool(operation.column.foreign_keys)
        if isinstance(operation, AddColumn)
        else isinstance(operation, AddConstraint) and operation.constraint.kind == "foreign key"
    )
    emptied = context.once(_emptied)[operation.site.function]
    if emptied.before(operation.table_name, operation.site, deleted=keys):
        return True
    return passes_only_without_rows(operation.table_name, operation.site, context)


def _is_new_view(operation: CreateIndex, target: Target, context: Context) -> bool:
    """Whether it stands on a materialized view that the same revision made: nobody else sees that yet."""
    story = context.story(target)
    if story is None or operation.table_name is None:
        return False
    view = story.before_operation(operation.site).views.get(operation.table_name)
    return view is not None and view.origin.revision == context.revision.header.revision


def is_there_if_its_table_is(operation: Operation, target: Target, context: Context) -> bool:
    """Whether it is an index ``IF NOT EXISTS`` that is made on no table but a new one.

    The history has it by then, or the revision has made its table ``IF NOT EXISTS`` too, which no earlier one has: where the table was, so was the index.
    """
    story = context.story(target)
    if story is None or not isinstance(operation, CreateIndex) or not operation.if_not_exists:
        return False
    table = story.before_operation(operation.site).table(operation.table_name)
    if table is None or table.there is not None:
        return False
    own = table.origin.revision == context.revision.header.revision and table.origin.kind == "create_table"
    return own or any(
        index.name == operation.index.name and index.valid for index in table.indexes if index.name
    )


def passes_only_without_rows(table: str | None, site: Site, context: Context) -> bool:
    """Whether PostgreSQL comes to ``site`` with an empty table only: a column was added to it as NOT NULL without a default."""
    added = context.once(_added_without_value)[site.function]
    return any(added.get((table, scope), site.order) < site.order for scope in site.scopes())


_Added = dict[tuple[str | None, tuple[int, ...]], int]


def _added_without_value(context: Context) -> dict[Direction, _Added]:
    """The tables of such columns and under which conditions, with when; not those that get rows in the same direction."""
    found: dict[Direction, _Added] = {"upgrade": {}, "downgrade": {}}
    for target in context.targets(("postgresql",)):
        for operation in context.revision.operations:
            if not isinstance(operation, AddColumn) or operation.table_name is None:
                continue
            column, site = operation.column, operation.site
            if not isinstance(column.name, str) or operation.if_not_exists or not site.runs_on("postgresql"):
                continue
            asked = replace(operation, column=replace(column, unique=False, index=False, foreign_keys=()))
            if column.is_nullable is False and effects_of(asked, target).can_fail_on_rows:
                found[site.function].setdefault((operation.table_name, site.conditions), site.order)
        for operation in context.revision.operations:
            if inserts_rows(operation):
                here = found[operation.site.function]
                for key in [key for key in here if operation.table_name in (key[0], None)]:
                    del here[key]
    return found


_FILLS_NOTHING = frozenset({"create", "drop", "comment", "grant", "revoke", "set", "analyze", "lock"})
"""First words of statements that put no rows into a table that is there; a SELECT can call what does."""


class _Emptied:
    """When one direction takes all rows of which table, and what may have put some there again."""

    def __init__(self, operations: Iterable[Operation], context: Context) -> None:
        self._truncated: dict[tuple[str, tuple[int, ...]], list[int]] = {}
        self._deleted: dict[tuple[str, tuple[int, ...]], list[int]] = {}
        self._filled: dict[str | None, list[int]] = {}
        for operation in operations:
            site = operation.site
            for table in _fills(operation):
                self._filled.setdefault(table, []).append(site.order)
            if not _empties(operation) or not site.runs_on("postgresql") or context.is_forgiven(operation):
                continue
            if operation.table_name is not None:
                taken = self._truncated if isinstance(operation, TruncateTable) else self._deleted
                taken.setdefault((operation.table_name, site.conditions), []).append(site.order)

    def before(self, table: str | None, site: Site, *, deleted: bool) -> bool:
        """Whether the table is empty at ``site``.

        What was deleted in the transaction is still read by what builds an index, not by a foreign key's check.
        """
        if table is None or not (self._truncated or self._deleted):
            return False
        filled = max(_last(self._filled.get(one, ()), site.order) for one in (table, None))
        return any(
            _last(taken.get((table, scope), ()), site.order) > filled
            for taken in ((self._truncated, self._deleted) if deleted else (self._truncated,))
            for scope in site.scopes()
        )


def _last(orders: list[int] | tuple[()], before: int) -> int:
    at = bisect_left(orders, before) - 1
    return orders[at] if at >= 0 else -1


def _empties(operation: Operation) -> TypeGuard[TruncateTable | DataChange]:
    if isinstance(operation, DataChange):
        return operation.verb == "delete" and not operation.has_where and not operation.limited
    return isinstance(operation, TruncateTable)


def _fills(operation: Operation) -> Iterator[str | None]:
    """The table that gets rows, or None where it may be any."""
    if inserts_rows(operation):
        yield operation.table_name
    elif isinstance(operation, RenameTable | Opaque) or (
        isinstance(operation, Execute) and operation.verb.lower().partition(" ")[0] not in _FILLS_NOTHING
    ):
        yield None


def _emptied(context: Context) -> dict[Direction, _Emptied]:
    return {"upgrade": _Emptied(context.upgrade, context), "downgrade": _Emptied(context.downgrade, context)}
