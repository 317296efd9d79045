"""Which tables cannot have rows, by what was done to them before."""

from __future__ import annotations

from msgspec.structs import replace

from foreshot.knowledge import Target, effects_of
from foreshot.lint.context import Context
from foreshot.migration.operations import AddColumn, AddConstraint, BulkInsert, DataChange, Direction


def is_without_rows(operation: AddConstraint, target: Target, context: Context) -> bool:
    """Whether a column of it was added before as NOT NULL without a default: PostgreSQL does that without rows only."""
    if target.database != "postgresql" or operation.constraint.kind not in ("unique", "foreign key"):
        return False
    added = context.once(_added_without_value)[operation.site.function]
    site, columns = operation.site, operation.constraint.columns
    return any(
        added.get((operation.table_name, column, site.conditions[:outer]), site.order) < site.order
        for column in columns
        for outer in range(len(site.conditions) + 1)
    )


_Added = dict[tuple[str | None, object, tuple[int, ...]], int]


def _added_without_value(context: Context) -> dict[Direction, _Added]:
    """Those columns, by table and name and under which conditions, with when; of tables that get no rows afterwards."""
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
                found[site.function].setdefault(
                    (operation.table_name, column.name, site.conditions), site.order
                )
        for operation in context.revision.operations:
            if isinstance(operation, BulkInsert) or (
                isinstance(operation, DataChange) and operation.verb not in ("update", "delete")
            ):
                here = found[operation.site.function]
                for key in [key for key in here if operation.table_name in (key[0], None)]:
                    del here[key]
    return found
