"""What a transaction on PostgreSQL has locked against everybody when an operation begins."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from foreshot.knowledge import Facts, effects_of
from foreshot.lint.context import Context
from foreshot.migration.operations import (
    DropTable,
    Operation,
    RenameTable,
    TableOperation,
    TransactionControl,
)


def held_before(
    operations: Iterable[Operation], context: Context
) -> Iterator[tuple[Operation, Mapping[str, TableOperation]]]:
    """Each operation of one direction that PostgreSQL runs, with the tables that are locked by then, and what locked each first.

    Tables that the revision made are nobody's yet, and not among them. Entering an autocommit block commits, so nothing
    is held inside and behind it. A table that has been renamed is held under its new name, and one that has been dropped not at all:
    what waits for it fails. The mapping changes as the iteration goes on.
    """
    held: dict[str, TableOperation] = {}
    targets = context.targets(("postgresql",))
    for operation in operations if targets else ():
        site = operation.site
        if not site.runs_on("postgresql"):
            continue
        if site.autocommit or (
            isinstance(operation, TransactionControl) and operation.verb in ("commit", "rollback")
        ):
            held.clear()
        yield operation, held
        if site.autocommit or not isinstance(operation, TableOperation):
            continue
        facts = Facts(table_is_new=context.is_new(operation))
        for lock in effects_of(operation, targets[0], facts=facts).locks:
            if lock.blocks == "reads and writes" and lock.table is not None and lock.of == "table":
                held.setdefault(lock.table, operation)
        table = operation.table_name
        if table in held and isinstance(operation, DropTable) and held[table].site.runs_if(operation.site):
            del held[table]
        elif table in held and isinstance(operation, RenameTable):
            new = _new_name(operation)
            locked = held.pop(table)
            if new is not None:
                held[new] = locked


def _new_name(operation: RenameTable) -> str | None:
    """What the table is called afterwards; None where that is not known. A new name with a schema replaces both."""
    new, schema = operation.new_name, operation.schema
    if not isinstance(new, str) or not isinstance(schema, str | None):
        return None
    return new if "." in new or schema is None else f"{schema}.{new}"


def firmly(held: Mapping[str, TableOperation], operation: Operation) -> list[str]:
    """The tables that are surely locked when the operation runs, the one locked first first."""
    return [table for table, by in held.items() if by.site.runs_if(operation.site)]
