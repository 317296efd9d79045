"""From operations, which stand in a file, to changes, which do not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import cast

from msgspec.structs import replace

from foreshot.migration import operations as ops
from foreshot.migration.plugins import SyncEnum
from foreshot.migration.specs import Site
from foreshot.schema import changes as to
from foreshot.schema.looped import add_looped, by_dialect, marked_operation
from foreshot.schema.lower_parts import (
    Settle,
    boolean,
    check_of,
    column_of,
    constraint_of,
    index_of,
    key_of,
    name,
    names,
    type_of,
)
from foreshot.schema.lower_sql import lower_execute, lower_rows
from foreshot.schema.plain import Called, Plain, Unclear, plain
from foreshot.schema.types import enum_values
from foreshot.syntax.values import Maybe, Unknown, Value


def lower(
    operations: Iterable[ops.Operation], settle: Settle | None = None
) -> tuple[tuple[to.Change, ...], tuple[tuple[int, int], ...]]:
    """The changes that operations make, in order, and the span of each; what changes no schema makes none."""
    found: list[to.Change] = []
    spans: list[tuple[int, int]] = []
    batches: dict[int, int] = {}
    for operation in operations:
        span = (operation.site.call.start, operation.site.call.end)
        inside = operation.operations if isinstance(operation, ops.Followed) else (operation,)
        elsewhere: dict[int, int] = {}
        for place, item in enumerate(inside):
            if item is operation:
                made = changes_of(operation, settle, batches)
            else:
                made = _followed(item, place, operation.site.order, settle, elsewhere, batches)
            for change in made:
                add_looped(found, spans, item.site.loops, change, span)
    return tuple(found), tuple(spans)


def _followed(
    operation: ops.Operation,
    place: int,
    order: int,
    settle: Settle | None,
    elsewhere: dict[int, int],
    batches: dict[int, int],
) -> Iterator[to.Change]:
    """What an operation of another module's function does, all of it at the place of the call."""
    for change in changes_of(operation, settle, elsewhere):
        batch = change.at.batch
        if batch >= 0:
            batch = batches.setdefault(-1 - order * 1_000 - batch, len(batches))
        yield replace(change, at=replace(change.at, order=order, batch=batch, inner=place))


def changes_of(
    operation: ops.Operation, settle: Settle | None = None, batches: dict[int, int] | None = None
) -> tuple[to.Change, ...]:
    """The changes that one operation makes: mostly one. ``batches`` numbers the batch blocks of its direction."""
    batches = {} if batches is None else batches
    ways = by_dialect(operation)
    if ways is not None:
        return tuple([change for way in ways for change in changes_of(way, settle, batches)])
    at = _at(operation, batches)
    if operation.site.loops:
        operation = marked_operation(operation)
    if isinstance(operation, ops.TableOperation):
        made = _on_table(operation, operation.table_name, at, settle)
    else:
        made = _elsewhere(operation, at, settle)
    return () if made is None else made if isinstance(made, tuple) else (made,)


def _on_table(
    operation: ops.TableOperation, table: str | None, at: to.At, settle: Settle | None
) -> to.Change | None:
    match operation:
        case ops.AddColumn():
            column = column_of(operation.column, operation.site, settle)
            return to.MadeColumn(at, table, column, operation.if_not_exists)
        case ops.CreateTable():
            return _create_table(operation, at, settle)
        case ops.AlterColumn():
            return _alter_column(operation, at, settle)
        case ops.CreateIndex(index=index):
            made = index_of(index, operation.site, concurrently=operation.concurrently is True)
            return to.MadeIndex(at, table, made, operation.if_not_exists)
        case ops.DropColumn(column=column, if_exists=if_exists, cascade=cascade):
            return to.LostColumn(at, table, name(column) or None, if_exists, cascade)
        case ops.DropTable(if_exists=if_exists, cascade=cascade):
            return to.LostTable(at, table, if_exists, cascade)
        case ops.AddConstraint():
            return _add_constraint(operation, at)
        case ops.DropConstraint():
            return _drop_constraint(operation, at)
        case ops.DropIndex():
            return _drop_index(operation, at)
        case ops.RenameTable():
            return _rename_table(operation, at)
        case ops.RenameIndex():
            return _rename_index(operation, at)
        case ops.RenameConstraint(name=old, new_name=new):
            return to.MovedConstraint(at, table, name(old) or None, name(new) or None)
        case ops.ValidateConstraint(name=old):
            return to.Validated(at, table, name(old) or None)
        case ops.TableComment():
            return to.Commented(at, table, plain(operation.comment))
        case ops.TruncateTable():
            return to.Rows(at, table, "truncate", (), whole=True)
        case ops.BulkInsert():
            return to.Rows(at, table, "insert")
        case _:
            return None


def _enum_of(
    operation: ops.CreateEnum | ops.DropType, settle: Settle | None
) -> tuple[str, tuple[str | None, ...]] | None:
    """The name and the labels of a type that a class of the project gives them."""
    if operation.described is None or settle is None:
        return None
    found = plain(settle(operation.described))
    called = found.argument("name") if isinstance(found, Called) else None
    return (called, enum_values(found)) if isinstance(found, Called) and isinstance(called, str) else None


def _elsewhere(
    operation: ops.Operation, at: to.At, settle: Settle | None
) -> to.Change | tuple[to.Change, ...] | None:
    match operation:
        case ops.DataChange():
            return lower_rows(operation, at)
        case ops.CreateEnum():
            called, values = _enum_of(operation, settle) or (operation.name, names(operation.values))
            return to.MadeEnum(at, _qualified(called, operation.schema), values, operation.checkfirst)
        case ops.DropType():
            called, _ = _enum_of(operation, settle) or (operation.name, ())
            return to.LostType(
                at, _qualified(called, operation.schema), operation.if_exists, operation.cascade
            )
        case ops.AddEnumValue(value=value):
            neighbour = name(operation.neighbour)
            return to.MadeValue(
                at, name(operation.name), name(value), operation.place, neighbour, operation.if_not_exists
            )
        case ops.RenameEnumValue(value=value):
            return to.MovedValue(at, name(operation.name), name(value), name(operation.new_value))
        case SyncEnum(name=str() as enum):
            # Its columns are given the new type of the same name: to them nothing is lost.
            return to.LostType(at, enum), to.MadeEnum(at, enum, names(operation.values))
        case ops.DropContainer(what=what):
            kind = "extension" if what == "extension" else "schema"
            return to.LostThing(at, kind, operation.name, operation.cascade, operation.if_exists)
        case ops.TransactionControl(verb="commit" | "rollback"):
            return to.Commit(at)
        case ops.Execute():
            return lower_execute(operation, at)
        case ops.Opaque():
            return to.Unread(at, operation.why, operation.tables)
        case _:
            return None


def _at(operation: ops.Operation, batches: dict[int, int]) -> to.At:
    site: Site = operation.site
    batch = site.batch
    recreate = "auto"
    if batch is not None and isinstance(batch.recreate, str):
        recreate = batch.recreate
    return to.At(
        site.order,
        operation.kind,
        tuple(sorted(site.dialects)) if site.dialects is not None else None,
        tuple(sorted(site.excluded)),
        tuple([to.Guard(number, site.tests.get(number)) for number in site.conditions]),
        batches.setdefault(batch.statement.start, len(batches)) if batch is not None else -1,
        recreate,
        site.autocommit,
        site.sql is not None,
        tried=site.tried,
    )


def _create_table(operation: ops.CreateTable, at: to.At, settle: Settle | None) -> to.Change:
    site = operation.site
    given = operation.constraints
    return to.MadeTable(
        at,
        operation.table_name,
        tuple([column_of(item, site, settle) for item in operation.columns]),
        tuple([constraint_of(item, site) for item in given if item.kind not in ("foreign key", "check")]),
        tuple([key_of(item, site) for item in given if item.kind == "foreign key"]),
        tuple([check_of(item, site) for item in given if item.kind == "check"]),
        tuple([index_of(item, site) for item in operation.indexes]),
        operation.if_not_exists,
        operation.complete,
        operation.temporary,
        "PARTITION BY" in (site.sql or "").upper() or operation.partitioned,
        plain(operation.comment),
        filled=" SELECT " in (site.sql or "").upper(),
    )


def _alter_column(operation: ops.AlterColumn, at: to.At, settle: Settle | None) -> to.Change:
    sets: list[str] = []
    type_, sql = type_of(operation.type, settle)
    default = operation.server_default
    given = {
        "nullable": operation.nullable is not None,
        "type": operation.type is not None,
        "default": default is not None,
        "name": operation.new_name is not None,
        "comment": operation.comment is not None,
        "autoincrement": operation.autoincrement is not None,
    }
    sets = [key for key, is_given in given.items() if is_given]
    existing = {
        "type": operation.existing_type is not None,
        "nullable": operation.existing_nullable is not None,
        "default": operation.existing_server_default is not None,
        "autoincrement": "existing_autoincrement" in operation.site.args,
    }
    return to.SetColumn(
        at,
        operation.table_name,
        name(operation.column) or None,
        cast("tuple[to.Setting, ...]", tuple(sets)),
        boolean(operation.nullable) if operation.nullable is not None else None,
        type_,
        sql,
        None if default is False else plain(default),
        name(operation.new_name) or None,
        None if operation.comment is False else plain(operation.comment),
        plain(operation.autoincrement),
        tuple([key for key, is_given in existing.items() if is_given]),
        type_of(operation.existing_type, settle)[0],
        boolean(operation.existing_nullable) if operation.existing_nullable is not None else None,
        _stated(operation.existing_server_default),
    )


def _stated(default: Value) -> Plain:
    """The default of ``existing_server_default``; MariaDB reflects that there is none as NULL."""
    value = plain(default) if default else None
    is_null = isinstance(value, Called) and [str(item).upper() for item in value.args] == ["NULL"]
    return None if is_null or isinstance(value, Unclear) else value


def _add_constraint(operation: ops.AddConstraint, at: to.At) -> to.Change:
    item, site, table = operation.constraint, operation.site, operation.table_name
    if item.kind == "foreign key":
        return to.MadeConstraint(at, table, key=key_of(item, site))
    if item.kind == "check":
        return to.MadeConstraint(at, table, check=check_of(item, site))
    return to.MadeConstraint(at, table, constraint_of(item, site))


def _drop_index(operation: ops.DropIndex, at: to.At) -> to.Change:
    table = operation.table_name
    if isinstance(operation.table, Unknown):
        # Usual on PostgreSQL: an index is found by its name.
        table = ""
    return to.LostIndex(at, table, name(operation.name) or None, operation.if_exists)


def _rename_index(operation: ops.RenameIndex, at: to.At) -> to.Change:
    table = "" if isinstance(operation.table, Unknown) else operation.table_name
    old, new = name(operation.name) or None, name(operation.new_name) or None
    return to.MovedIndex(at, table, old, new, operation.if_exists)


def _drop_constraint(operation: ops.DropConstraint, at: to.At) -> to.Change:
    return to.LostConstraint(
        at,
        operation.table_name,
        name(operation.name),
        operation.constraint_kind,
        operation.if_exists,
        operation.cascade,
    )


def _qualified(given: Maybe[str] | None, schema: Maybe[str] | None) -> str | None:
    if not isinstance(given, str):
        return None
    return f"{schema}.{given}" if isinstance(schema, str) and schema else given


def _rename_table(operation: ops.RenameTable, at: to.At) -> to.Change:
    new = name(operation.new_name) or None
    schema = operation.schema
    if new is not None and isinstance(schema, str) and schema and "." not in new:
        new = f"{schema}.{new}"
    return to.MovedTable(at, operation.table_name, new)
