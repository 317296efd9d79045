"""Which measured variants an operation is, on one database."""

# ruff: noqa: ARG001  the readers below share one signature, whatever each of them needs
from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

from foreshot.knowledge.added_columns import add_column, referred_tables
from foreshot.knowledge.altered_columns import alter_column, drop_column
from foreshot.knowledge.databases import Target
from foreshot.knowledge.facts import Facts
from foreshot.knowledge.raw_sql import raw_variant
from foreshot.knowledge.steps import Step, in_transaction, step
from foreshot.migration import operations as ops
from foreshot.syntax.values import Unknown

__all__ = ["Step", "steps_of"]

_OUTSIDE_ONLY = "cannot run inside a transaction block (25001)"


def steps_of(operation: ops.Operation, target: Target, facts: Facts) -> tuple[Step, ...] | None:
    """The operation as measured steps, in their order; None where nothing is known of it; empty when it does nothing."""
    if target.database in ("mssql", "oracle"):
        return None
    batch = operation.site.batch
    if batch is not None and target.database != "sqlite" and batch.recreate == "always":
        return None
    kind = type(operation)
    if kind in _ALWAYS:
        return _ALWAYS[kind]
    read = _READERS.get(kind)
    steps = read(operation, target, facts) if read else None
    return tuple(steps) if steps is not None else None


def _create_table(operation: ops.CreateTable, target: Target, facts: Facts) -> list[Step]:
    keys = tuple(key for column in operation.columns for key in column.foreign_keys)
    parents = [*referred_tables(keys)]
    parents += [
        constraint.ref_table
        for constraint in operation.constraints
        if constraint.kind == "foreign key" and isinstance(constraint.ref_table, str)
    ]
    own = {operation.table_name, operation.table if isinstance(operation.table, str) else None}
    others = tuple(dict.fromkeys(parent for parent in parents if parent not in own))
    notes = ("does nothing where the table exists, whatever its columns",) if operation.if_not_exists else ()
    return [Step(variant="create_table", parents=others, notes=notes)]


def _drop_table(operation: ops.DropTable, target: Target, facts: Facts) -> list[Step]:
    if facts.children and not operation.cascade and target.database != "sqlite":
        return [step("referenced")]
    steps = [Step(variant="drop_table", parents=facts.parents or ())]
    return [*steps, step("drop cascade")] if operation.cascade and target.database == "postgresql" else steps


def _create_index(operation: ops.CreateIndex, target: Target, facts: Facts) -> list[Step]:
    unique = operation.index.unique is True
    if target.database == "postgresql" and operation.concurrently is True:
        if in_transaction(operation, facts):
            return [step("concurrently in transaction")]
        if facts.partitioned:
            return [step("concurrently partitioned")]
        return [step("create_unique_index concurrently" if unique else "create_index concurrently")]
    if target.is_mysql:
        if operation.if_not_exists and target.database == "mysql":
            return [step("create_index if not exists")]
        using = operation.index.using
        if isinstance(using, str) and using.lower() == "fulltext":
            return [step("create_index fulltext")]
        if operation.index.expressions:
            return [step("create_unique_index expression" if unique else "create_index expression")]
        if operation.index.where is not None:
            lost = "the WHERE: every row is indexed" + (" and must be unique" if unique else "")
            return [Step(variant="create_unique_index" if unique else "create_index", drops=lost)]
    return [step("create_unique_index" if unique else "create_index")]


def _drop_index(operation: ops.DropIndex, target: Target, facts: Facts) -> list[Step]:
    if target.database == "postgresql" and operation.concurrently is True:
        return [
            step(
                "concurrently in transaction"
                if in_transaction(operation, facts)
                else "drop_index concurrently"
            )
        ]
    if target.is_mysql:
        written = (
            operation.site.sql is not None or "table_name" in operation.site.args or operation.site.batch
        )
        if isinstance(operation.table, Unknown) and not written:
            return [step("drop_index without table")]
        if operation.if_exists:
            return [step("drop_index if exists")]
    return [step("drop_index")]


def _add_constraint(operation: ops.AddConstraint, target: Target, facts: Facts) -> list[Step]:
    constraint = operation.constraint
    kind = constraint.kind
    if target.database == "sqlite":
        if operation.site.batch is None:
            # In `ADD COLUMN c INTEGER CHECK (…)` the check is part of the column, which SQLite takes.
            inline = "add column" in " ".join((operation.site.sql or "").lower().split())
            return [step("add_column" if inline else "add_constraint")]
        if constraint.name is None and not operation.site.batch.naming_convention:
            return [step("batch unnamed")]
        return [step(f"batch {kind}" if kind in ("unique", "foreign key") else "batch add_constraint")]
    if kind == "unknown":
        return [step("unknown constraint")]
    variant: str = kind
    if target.database == "postgresql":
        if constraint.not_valid and kind in ("foreign key", "check"):
            variant = f"{kind} not valid"
        elif constraint.using_index is not None and kind in ("unique", "primary key"):
            variant = f"{kind} using index"
    parents = (constraint.ref_table,) if isinstance(constraint.ref_table, str) else ()
    return [Step(variant=variant, parents=parents)]


def _drop_constraint(operation: ops.DropConstraint, target: Target, facts: Facts) -> list[Step]:
    kind = operation.constraint_kind if operation.constraint_kind != "unknown" else facts.constraint_kind
    written = operation.site.sql is not None
    if target.database == "sqlite":
        batch = operation.site.batch
        if batch is None:
            return [step("drop_constraint")]
        return [step("batch unnamed" if operation.name is None else "batch drop_constraint")]
    # Of MySQL's and MariaDB's primary key nobody asks the name.
    if operation.name is None and not written and not (target.is_mysql and kind == "primary key"):
        return [step("drop_constraint unnamed")]
    if target.is_mysql:
        if operation.constraint_kind == "unknown" and not written:
            return [step("drop_constraint kind unknown")]
        if kind in (None, "unknown"):
            return [step("unknown constraint")]
        return [step(f"drop_constraint {kind}")]
    if facts.children and kind in ("primary key", "unique") and not operation.cascade:
        return [step("referenced")]
    parents = (facts.parents or ()) if kind in (None, "foreign key", "unknown") else ()
    steps = [Step(variant="drop_constraint", parents=parents)]
    return [*steps, step("drop cascade")] if operation.cascade else steps


def _validate(operation: ops.ValidateConstraint, target: Target, facts: Facts) -> list[Step] | None:
    parents = (facts.parents or ()) if facts.constraint_kind in (None, "foreign key") else ()
    return [Step(variant="validate_constraint", parents=parents)] if target.database == "postgresql" else None


def _truncate(operation: ops.TruncateTable, target: Target, facts: Facts) -> list[Step]:
    if facts.children and not operation.cascade:
        return [step("truncate referenced")]
    drops = "the rows of every table that refers to it (CASCADE)" if operation.cascade else None
    return [Step(variant="truncate_table", drops=drops)]


def _create_enum(operation: ops.CreateEnum, target: Target, facts: Facts) -> list[Step]:
    if target.database != "postgresql":
        return []  # Enum(...).create() does nothing where there are no types of their own.
    return [step("create_enum exists" if facts.type_exists and not operation.checkfirst else "create_enum")]


def _drop_type(operation: ops.DropType, target: Target, facts: Facts) -> list[Step]:
    if target.database != "postgresql":
        return []
    return [step("drop_type in use" if facts.type_in_use else "drop_type")]


def _add_enum_value(operation: ops.AddEnumValue, target: Target, facts: Facts) -> list[Step]:
    return [step("add_enum_value" if in_transaction(operation, facts) else "add_enum_value autocommit")]


def _data_change(operation: ops.DataChange, target: Target, facts: Facts) -> list[Step]:
    limited = operation.verb in ("update", "delete") and (operation.has_where or operation.limited)
    return [step(f"{operation.verb} where" if limited else operation.verb)]


def _maintenance(operation: ops.Maintenance, target: Target, facts: Facts) -> list[Step] | None:
    if target.database != "postgresql":
        return None
    refresh = operation.what == "refresh materialized view"
    outside = operation.what in (
        "vacuum",
        "vacuum full",
        "alter system",
        "create database",
        "create tablespace",
    )
    if in_transaction(operation, facts) and (outside or (operation.concurrently and not refresh)):
        return [Step(variant=operation.what, always=_OUTSIDE_ONLY)]
    return [step(f"{operation.what} concurrently" if operation.concurrently else operation.what)]


def _drop_container(operation: ops.DropContainer, target: Target, facts: Facts) -> list[Step]:
    if operation.what == "database" and target.database == "postgresql" and in_transaction(operation, facts):
        return [Step(variant="drop database", always=_OUTSIDE_ONLY)]
    steps = [step(f"drop {operation.what}")]
    return [*steps, step("drop cascade")] if operation.cascade and target.database == "postgresql" else steps


def _execute(operation: ops.Execute, target: Target, facts: Facts) -> list[Step]:
    variant = raw_variant(operation.verb, operation.site.sql, target)
    return [step(variant)] if variant else []


_Any = Callable[[ops.Operation, Target, Facts], "list[Step] | None"]
_O = TypeVar("_O", bound=ops.Operation)


def _for(
    kind: type[_O], read: Callable[[_O, Target, Facts], list[Step] | None]
) -> tuple[type[ops.Operation], _Any]:
    return kind, cast("_Any", read)


_READERS: dict[type[ops.Operation], _Any] = dict(
    [
        _for(ops.CreateTable, _create_table),
        _for(ops.DropTable, _drop_table),
        _for(ops.AddColumn, add_column),
        _for(ops.DropColumn, drop_column),
        _for(ops.AlterColumn, alter_column),
        _for(ops.CreateIndex, _create_index),
        _for(ops.DropIndex, _drop_index),
        _for(ops.AddConstraint, _add_constraint),
        _for(ops.DropConstraint, _drop_constraint),
        _for(ops.ValidateConstraint, _validate),
        _for(ops.CreateEnum, _create_enum),
        _for(ops.DropType, _drop_type),
        _for(ops.AddEnumValue, _add_enum_value),
        _for(ops.DataChange, _data_change),
        _for(ops.TruncateTable, _truncate),
        _for(ops.DropContainer, _drop_container),
        _for(ops.Maintenance, _maintenance),
        _for(ops.Execute, _execute),
    ]
)

# Operations that are one variant, or none: those touch no table, or what is inside them stands for itself.
_ALWAYS: dict[type[ops.Operation], tuple[Step, ...]] = {
    ops.RenameTable: (step("rename_table"),),
    ops.RenameIndex: (step("rename_index"),),
    ops.RenameConstraint: (step("rename_constraint"),),
    ops.TableComment: (step("table_comment"),),
    ops.RenameEnumValue: (step("rename_enum_value"),),
    ops.BulkInsert: (step("insert"),),
    ops.SetOption: (),
    ops.TransactionControl: (),
    ops.SqlText: (),
}
