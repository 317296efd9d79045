"""Locks that wait without a limit: which of a revision's operations take them, on which databases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace

from foreshot.knowledge import Facts, Lock, effects_of
from foreshot.lint.context import Context
from foreshot.lint.words import code, listed
from foreshot.migration.operations import (
    CreateTable,
    DropIndex,
    DropTable,
    Operation,
    SetOption,
    TableOperation,
    TransactionControl,
)
from foreshot.rules.locking import _indexes as indexes
from foreshot.rules.locking import _timeouts as timeouts
from foreshot.rules.locking import _waiting as waiting

DATABASES: Final = ("postgresql", "mysql", "mariadb")
"""Those that make others wait behind a lock that is waited for."""


def unlimited(
    operations: tuple[Operation, ...], context: Context
) -> list[tuple[TableOperation, list[waiting.Wait], str | None]]:
    """What waits without a limit in one direction, on which databases and for which table, in order."""
    limits: dict[str, timeouts.Limit] = {}
    drops: list[DropTable] = []
    waits: list[tuple[TableOperation, list[waiting.Wait], str | None]] = []
    for operation in operations:
        timeouts.follow(operation, limits)
        if isinstance(operation, TransactionControl | SetOption) or operation.site.autocommit:
            drops.clear()
        elif isinstance(operation, DropTable):
            drops.append(operation)
        if not isinstance(operation, TableOperation) or isinstance(operation, CreateTable):
            continue
        if _ends(operation, context):
            break
        found = [
            wait
            for wait in _locks(operation, context)
            if not timeouts.is_limited(limits.get(wait.target.database))
        ]
        if found:
            first = _first(operation, found, drops, context) if not waits else (operation, found)
            waits.append((first[0], first[1], _table_of(operation, context)))
    return waits


def said(found: list[waiting.Wait], table: str | None, context: Context) -> str:
    """The message on the first of a revision's locks, where other revisions set timeouts."""
    options = dict.fromkeys(
        "lock_timeout" if wait.target.database == "postgresql" else "lock_wait_timeout" for wait in found
    )
    # Only PostgreSQL drops an index without its table's name.
    who = waiting.queued_behind(found, code(table) if table else "the index's table", context)
    return (
        f"This waits for its lock with no limit set, and {who}."
        f" Set {listed([f'`{option}`' for option in options])}, as others do."
    )


def _table_of(operation: TableOperation, context: Context) -> str | None:
    return indexes.table_of(operation, context) if isinstance(operation, DropIndex) else operation.table_name


def _locks(operation: TableOperation, context: Context) -> list[waiting.Wait]:
    """The databases on which the operation blocks others on a table that somebody may be using."""
    table = _table_of(operation, context)
    if table is None:
        if not isinstance(operation, DropIndex) or _makes_a_table(context):
            return []
    elif context.schema.is_new(table, operation) or (
        operation.site.function == "downgrade" and _is_undone(table, context)
    ):
        return []
    return [
        wait
        for wait in map(_queued, waiting.effects(operation, context, DATABASES))
        if any(lock.of in ("table", "view") and lock.blocks != "nothing" for lock in wait.effect.locks)
    ]


def _queued(wait: waiting.Wait) -> waiting.Wait:
    """With the metadata lock of MySQL and MariaDB among the locks: whatever it blocks later, for this one it waits."""
    if not wait.effect.metadata_lock:
        return wait
    lock = Lock(None, "metadata lock", "reads and writes")
    return replace(wait, effect=replace(wait.effect, locks=(*wait.effect.locks, lock)))


def _ends(operation: TableOperation, context: Context) -> bool:
    """Whether nothing behind it is come to on any database: another rule says that it fails."""
    targets = context.targets(DATABASES)
    known = Facts(in_transaction=False)  # whether env.py makes a transaction is not asked here
    return (
        not operation.site.conditional
        and all(effects_of(operation, target, facts=known).always_fails for target in targets)
        and not context.is_forgiven(operation)
    )


def _first(
    operation: TableOperation, found: list[waiting.Wait], drops: list[DropTable], context: Context
) -> tuple[TableOperation, list[waiting.Wait]]:
    """What takes the lock first: a table's drop before the operation, where its foreign key refers to the same table."""
    table = operation.table_name
    for drop in drops:
        made = _made(drop.table_name, context) if drop is not operation else None
        if made is None or table is None or not drop.site.runs_if(operation.site):
            continue
        refers = any(
            lock.of == "parent" and lock.table == table
            for wait in waiting.effects(made, context, DATABASES)
            for lock in wait.effect.locks
        )
        databases = tuple(wait.target.database for wait in found)
        earlier = [
            wait
            for wait in (waiting.effects(drop, context, databases, Facts(parents=(table,))) if refers else [])
            if any(lock.of == "parent" for lock in wait.effect.locks)
        ]
        if earlier:
            return drop, earlier
    return operation, found


def _makes_a_table(context: Context) -> bool:
    """Whether an index of an unknown table may be on one that this revision makes."""
    creations = context.once_each_way(_creations, "upgrade"), context.once_each_way(_creations, "downgrade")
    return any(creations)


def _is_undone(table: str, context: Context) -> bool:
    """Whether ``upgrade()`` made the table that ``downgrade()`` is about."""
    return _made(table, context) is not None


def _made(table: str | None, context: Context) -> CreateTable | None:
    """What made the table in ``upgrade()``."""
    return context.once_each_way(_creations, "upgrade").get(table) if table is not None else None


def _creations(operations: tuple[Operation, ...]) -> Mapping[str | None, CreateTable]:
    """The first creation of each table."""
    return {other.table_name: other for other in reversed(operations) if isinstance(other, CreateTable)}
