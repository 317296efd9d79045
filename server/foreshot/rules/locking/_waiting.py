"""Which databases make others wait for an operation, asked of ``knowledge``, and how that is said."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from foreshot.knowledge import Effect, Facts, Target, effects_of
from foreshot.knowledge.locks import Of
from foreshot.lint.context import Context
from foreshot.lint.words import code, listed
from foreshot.migration.operations import (
    AddColumn,
    AlterColumn,
    DataChange,
    Execute,
    ForeignKeyRef,
    Operation,
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
        Wait(target, effects_of(operation, target, facts=known))
        for target in context.targets(databases, operation)
    ]
    return [wait for wait in found if wait.effect.known and not wait.effect.always_fails]


def waits(
    operation: TableOperation, context: Context, databases: tuple[str, ...], facts: Facts | None = None
) -> list[Wait]:
    """The databases on which others wait for as long as it takes to read the whole table."""
    return [
        wait
        for wait in effects(operation, context, databases, facts)
        if wait.effect.scan and wait.effect.blocks != "nothing"
    ]


def _only(tables: tuple[str, ...]) -> str | None:
    return tables[0] if len(tables) == 1 else None


def where(found: Iterable[Wait]) -> str:
    """``PostgreSQL 12–17 and MySQL``: the databases, with the versions where those differ."""
    return listed(list(dict.fromkeys(wait.effect.only or wait.target.display for wait in found)))


def targets(found: Iterable[Wait]) -> list[Target]:
    """The databases of what was found."""
    return [wait.target for wait in found]


def blocked(found: Sequence[Wait], *tables: object, of: Of = "table") -> str:
    """``every read and write of `users``` or ``every write to `orders` and `users```, by the locks on what is named."""
    kinds = {lock.blocks for wait in found for lock in wait.effect.locks if lock.of == of}
    word, link = ("every read and write", "of") if "reads and writes" in kinds else ("every write", "to")
    return f"{word} {link} {listed([code(table) for table in dict.fromkeys(tables)])}"


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
