"""Which databases make others wait for an operation, asked of ``knowledge``, and how that is said."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from foreshot.knowledge import Effect, Facts, Target, effects_of
from foreshot.lint.context import Context
from foreshot.lint.emptied import is_there_if_its_table_is, is_without_rows
from foreshot.lint.states import type_before
from foreshot.lint.words import code, listed, on
from foreshot.migration.operations import (
    AddColumn,
    AddConstraint,
    AlterColumn,
    CreateIndex,
    DataChange,
    Direction,
    DropConstraint,
    DropIndex,
    Execute,
    ForeignKeyRef,
    Operation,
    Site,
    TableOperation,
)


class Wait(Struct, frozen=True):
    """What an operation does on one of the project's databases."""

    target: Target
    effect: Effect


def effects(
    operation: TableOperation | Execute,
    context: Context,
    databases: tuple[str, ...],
    facts: Facts | None = None,
) -> list[Wait]:
    """What the operation does on each database that it will meet, where that is known."""
    table = operation.table_name if isinstance(operation, TableOperation) else _only(operation.tables)
    known = replace(facts or Facts(), table_is_new=context.schema.is_new(table, operation))
    found = [
        Wait(target, effects_of(operation, target, facts=_with_type(known, operation, target, context)))
        for target in context.targets(databases, operation)
    ]
    return [wait for wait in found if wait.effect.known and not wait.effect.always_fails]


def _with_type(facts: Facts, operation: TableOperation | Execute, target: Target, context: Context) -> Facts:
    """With the type that the history gave to the column, where nobody has told another."""
    if facts.old_type is not None or not isinstance(operation, AlterColumn) or operation.type is None:
        return facts
    return replace(facts, old_type=type_before(operation, target, context))


def waits(
    operation: TableOperation, context: Context, databases: tuple[str, ...], facts: Facts | None = None
) -> list[Wait]:
    """The databases on which others wait for as long as it takes to read the whole table."""
    return [
        wait
        for wait in effects(operation, context, databases, facts)
        if wait.effect.scan and wait.effect.blocks != "nothing"
        if not is_without_rows(operation, wait.target, context)
        if not is_there_if_its_table_is(operation, wait.target, context)
    ]


def _only(tables: tuple[str, ...]) -> str | None:
    return tables[0] if len(tables) == 1 else None


def cause(operation: TableOperation, *said: object) -> str:
    """What makes several operations of one function on one table a single cause: the first is said, with the places of the others."""
    return "|".join((operation.site.function, operation.table_name or "", *map(str, said)))


def where(found: Sequence[Wait], context: Context) -> str:
    """`` on PostgreSQL 12–17 and MySQL``: the databases, with the versions where those differ; empty when it is all of them."""
    if any(wait.effect.only for wait in found):
        names = dict.fromkeys(wait.effect.only or wait.target.display for wait in found)
        return f" on {listed(list(names))}"
    return context.where(targets(found))


def targets(found: Iterable[Wait]) -> list[Target]:
    """The databases of what was found."""
    return [wait.target for wait in found]


def blocked(found: Sequence[Wait], *tables: object) -> str:
    """``reads and writes of `users```, by the strongest lock on the operation's own table."""
    kinds = {lock.blocks for wait in found for lock in wait.effect.locks if lock.of != "parent"}
    return _blocked(dict.fromkeys(tables, "reads and writes" in kinds))


def queued_behind(found: Sequence[Wait], table: str, context: Context) -> str:
    """``writes to `users` queue behind it on PostgreSQL``: who does on which databases, where those differ too."""
    reads = [
        wait
        for wait in found
        if any(lock.of != "parent" and lock.blocks == "reads and writes" for lock in wait.effect.locks)
    ]
    # Which versions differ in what comes after the lock is of no interest here.
    all_of_them = context.where(targets(found))
    if len(reads) == len(found):
        return f"reads and writes of {table} queue behind it{all_of_them}"
    said = f"writes to {table} queue behind it{all_of_them}"
    return f"{said}, and on {on(targets(reads))} reads too" if reads else said


def blocked_by_now(
    found: Sequence[Wait], operation: TableOperation, context: Context, tables: Sequence[str]
) -> str:
    """The same for several tables, with the locks that the transaction took before on PostgreSQL and still holds."""
    reads = {lock.table for wait in found for lock in wait.effect.locks if lock.blocks == "reads and writes"}
    if any(wait.target.database == "postgresql" for wait in found):
        held = context.once(_held)[operation.site.function]
        reads.update(table for table in tables if held.until(table, operation.site))
    return _blocked({table: table in reads for table in tables})


def is_queued_anyway(table: str, operation: DropIndex, context: Context) -> bool:
    """Whether the transaction locks the table against everybody on PostgreSQL by something else than such drops, before or after."""
    held = context.once(_held_otherwise)[operation.site.function]
    return held.until(table, operation.site) or held.later(table, operation.site)


class _Held:
    """When a transaction of one direction takes ACCESS EXCLUSIVE on PostgreSQL, and when it ends."""

    def __init__(self, operations: Iterable[Operation], context: Context) -> None:
        self._ends: list[int] = []
        self._taken: dict[tuple[str | None, tuple[int, ...]], list[int]] = {}
        for target in context.targets(("postgresql",)):
            for operation in operations:
                site = operation.site
                if site.autocommit:
                    self._ends.append(site.order)
                elif isinstance(operation, TableOperation) and site.runs_on("postgresql"):
                    facts = Facts(
                        table_is_new=context.is_new(operation), parents=_parents(operation, context)
                    )
                    for lock in effects_of(_named(operation), target, facts=facts).locks:
                        if lock.blocks == "reads and writes":
                            self._taken.setdefault((lock.table, site.conditions), []).append(site.order)

    def until(self, table: str, site: Site) -> bool:
        """Whether the lock is held when the operation at ``site`` begins: taken under no condition but its own."""
        end = bisect_left(self._ends, site.order) - 1
        for scope in site.scopes():
            taken = self._taken.get((table, scope), [])
            last = bisect_left(taken, site.order) - 1
            if last >= 0 and (end < 0 or self._ends[end] < taken[last]):
                return True
        return False

    def later(self, table: str, site: Site) -> bool:
        """Whether the transaction of the operation at ``site`` takes the lock after it, under no condition but its own."""
        at = bisect_right(self._ends, site.order)
        end = self._ends[at] if at < len(self._ends) else None
        for scope in site.scopes():
            taken = self._taken.get((table, scope), [])
            first = bisect_right(taken, site.order)
            if first < len(taken) and (end is None or taken[first] < end):
                return True
        return False


def _parents(operation: TableOperation, context: Context) -> tuple[str, ...] | None:
    """The table that a dropped foreign key leads to, where the revision makes it elsewhere.

    The other direction puts back what was dropped; without it, what takes the key's name is its successor.
    """
    if not isinstance(operation, DropConstraint):
        return None
    if operation.name is None:
        return context.once(_unnamed).get(operation.site.order)
    made = context.once(_keys)
    other: Direction = "downgrade" if operation.site.function == "upgrade" else "upgrade"
    for direction in (other, operation.site.function):
        parent = made.get((direction, operation.table_name, operation.name))
        if parent is not None:
            return (parent,)
    return None


def _keys(context: Context) -> dict[tuple[Direction, str | None, object], str]:
    """The tables that foreign keys lead to, by where, on what and under which name they are made."""
    found: dict[tuple[Direction, str | None, object], str] = {}
    for operation in context.revision.operations:
        if isinstance(operation, AddConstraint) and isinstance(operation.constraint.name, str):
            constraint = operation.constraint
            if constraint.kind == "foreign key" and isinstance(constraint.ref_table, str):
                place = (operation.site.function, operation.table_name, constraint.name)
                found.setdefault(place, constraint.ref_table)
    return found


def _named(operation: TableOperation) -> TableOperation:
    """A constraint's drop as it is once it has the name without which it is never run."""
    if isinstance(operation, DropConstraint) and operation.name is None:
        return replace(operation, name="unnamed")
    return operation


def _unnamed(context: Context) -> dict[int, tuple[str, ...]]:
    """The tables that foreign keys without a name lead to, by the last drop of them: all that the other direction makes."""
    made: dict[tuple[Direction, str | None], list[object]] = {}
    drops: dict[tuple[Direction, str | None, tuple[int, ...]], list[int]] = {}
    for operation in context.revision.operations:
        site = operation.site
        if isinstance(operation, AddConstraint):
            if operation.constraint.kind == "foreign key" and operation.constraint.name is None:
                other: Direction = "downgrade" if site.function == "upgrade" else "upgrade"
                made.setdefault((other, operation.table_name), []).append(operation.constraint.ref_table)
        elif isinstance(operation, DropConstraint) and (
            operation.name is None and operation.constraint_kind == "foreign key"
        ):
            here = (site.function, operation.table_name, site.conditions)
            drops.setdefault(here, []).append(site.order)
    return {
        orders[-1]: tuple(dict.fromkeys(parent for parent in parents if isinstance(parent, str)))
        for (direction, table, _), orders in drops.items()
        if len(parents := made.get((direction, table), [])) == len(orders)
    }


def _held(context: Context) -> dict[Direction, _Held]:
    return {"upgrade": _Held(context.upgrade, context), "downgrade": _Held(context.downgrade, context)}


def _held_otherwise(context: Context) -> dict[Direction, _Held]:
    """The same without what drops of indexes take: once they are concurrent, it is gone."""
    ways: dict[Direction, tuple[Operation, ...]] = {
        "upgrade": context.upgrade,
        "downgrade": context.downgrade,
    }
    return {
        way: _Held([one for one in every if not isinstance(one, DropIndex) or one.site.autocommit], context)
        for way, every in ways.items()
    }


def _blocked(reads: Mapping[object, bool]) -> str:
    """Tables, and whether reads wait too, in words."""
    both = [code(table) for table, too in reads.items() if too]
    writes = [code(table) for table, too in reads.items() if not too]
    said = [f"reads and writes of {listed(both)}"] if both else []
    return listed([*said, f"writes to {listed(writes)}"] if writes else said)


def column_with(
    operation: AddColumn,
    *,
    unique: bool = False,
    index: bool = False,
    foreign_keys: tuple[ForeignKeyRef, ...] = (),
) -> AddColumn:
    """The same column with nothing but what is asked about, so that the answer is about nothing else."""
    column = replace(
        operation.column,
        type=None,
        nullable=True,
        server_default=None,
        primary_key=False,
        computed=None,
        identity=None,
        unique=unique,
        index=index,
        foreign_keys=foreign_keys,
    )
    return replace(operation, column=column)


def change_of(operation: AlterColumn, what: str) -> AlterColumn:
    """The operation with nothing but one of its changes, ``type`` or ``nullable``."""
    plain = replace(operation, nullable=None, type=None, server_default=None, new_name=None, comment=None)
    return replace(plain, **{what: getattr(operation, what)})


def is_unfilled(table: str, column: object, operation: Operation, context: Context) -> bool:
    """Whether the column was added earlier in this revision, without a default, and nothing has filled it yet."""
    added = False
    for other in context.before(operation):
        if isinstance(other, AddColumn) and other.table_name == table and other.column.name == column:
            spec = other.column
            # NOT NULL without a default is possible on an empty table only.
            empty = spec.server_default is None and spec.computed is None and spec.identity is None
            added = empty and spec.is_nullable is not False
        elif isinstance(other, DataChange) and other.table_name in (table, None):
            added = False
    return added


def is_indexed(table: str, column: object, operation: Operation, context: Context) -> bool:
    """Whether an index on the column was made earlier in this revision: then its rows need not all be read."""
    for other in context.before(operation):
        if not isinstance(other, TableOperation) or other.table_name != table:
            continue
        if isinstance(other, CreateIndex):
            columns = other.index.columns
        elif isinstance(other, AddConstraint):
            columns = other.constraint.columns if other.constraint.kind in ("unique", "primary key") else ()
        elif isinstance(other, AddColumn) and (other.column.index is True or other.column.unique is True):
            columns = (other.column.name,)
        else:
            continue
        if column in columns:
            return True
    return False
