"""From a described call of Alembic's ``op`` (or of a batch block) to a typed operation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

from msgspec.structs import replace

from foreshot.migration.arguments import BATCH_LACKS, Arguments, bind_arguments
from foreshot.migration.columns import (
    column_spec,
    index_spec,
    is_column,
    last_name,
    maybe_bool,
    maybe_name,
    maybe_str,
    names_of,
    table_items,
    type_spec,
)
from foreshot.migration.operations import (
    AddColumn,
    AddConstraint,
    AlterColumn,
    BulkInsert,
    ColumnSpec,
    ConstraintKind,
    ConstraintSpec,
    CreateEnum,
    CreateIndex,
    CreateTable,
    DropColumn,
    DropConstraint,
    DropIndex,
    DropTable,
    DropType,
    Operation,
    RenameTable,
    Site,
    TableComment,
)
from foreshot.syntax.folding import Formatted
from foreshot.syntax.values import CallValue, Maybe, Unknown, Value
from foreshot.text import Span

_CONSTRAINT_TYPES: Mapping[str, ConstraintKind] = {
    "primary": "primary key",
    "unique": "unique",
    "check": "check",
    "foreignkey": "foreign key",
}


def is_operation(name: str) -> bool:
    """Whether a name of ``op`` changes the database by an operation of its own."""
    return name in _BUILDERS


def build(name: str, call: CallValue, site: Site) -> list[Operation]:
    """The operations that a call of ``op.name`` makes; more than one where Alembic emits more.

    ``site`` is completed with the spans of the arguments.
    """
    arguments = bind_arguments(name, call, batch=site.batch is not None)
    spans = dict(arguments.spans)
    return _BUILDERS[name](arguments, replace(site, args=spans, keywords=call.keyword_spans))


def _table(
    arguments: Arguments, site: Site, name: str = "table_name"
) -> tuple[Maybe[str], Maybe[str] | None]:
    if site.batch is not None and name in BATCH_LACKS:
        return site.batch.table, site.batch.schema
    schema_name = "source_schema" if name == "source_table" else "schema"
    return arguments.text(name), arguments.name(schema_name)


def _add_column(arguments: Arguments, site: Site) -> list[Operation]:
    table, schema = _table(arguments, site)
    value = arguments.get("column")
    if not is_column(value):
        why = (
            value
            if isinstance(value, Unknown)
            else Unknown("the column is not known", arguments.span("column"))
        )
        column = ColumnSpec(why, why, arguments.span("column"), why, why, None, why, why, why)
        return [AddColumn(site, table, schema, column)]
    return [
        AddColumn(
            site,
            table,
            schema,
            column_spec(cast("CallValue", value)),
            arguments.flag("if_not_exists"),
            arguments.get("inline_references"),
        )
    ]


def _drop_column(arguments: Arguments, site: Site) -> list[Operation]:
    table, schema = _table(arguments, site)
    value = arguments.get("column_name")
    if is_column(value):
        value = cast("CallValue", value).argument("name", 0)
    return [
        DropColumn(
            site, table, schema, maybe_str(value, arguments.span("column_name")), arguments.flag("if_exists")
        )
    ]


def _alter_column(arguments: Arguments, site: Site) -> list[Operation]:
    table, schema = _table(arguments, site)
    nullable = arguments.get("nullable")
    new_name = arguments.get("new_column_name")
    if new_name is None:
        # Before Alembic 0.7 a renamed column was passed as `name`.
        new_name = arguments.get("name")
    using = arguments.get("postgresql_using")
    existing_nullable = arguments.get("existing_nullable")
    return [
        AlterColumn(
            site,
            table,
            schema,
            arguments.text("column_name"),
            nullable=None if nullable is None else maybe_bool(nullable, arguments.span("nullable")),
            type=type_spec(arguments.get("type_"), arguments.span("type_")),
            server_default=_default(arguments, "server_default"),
            new_name=maybe_name(new_name, arguments.span("new_column_name")),
            existing_type=type_spec(arguments.get("existing_type"), arguments.span("existing_type")),
            existing_nullable=None
            if existing_nullable is None
            else maybe_bool(existing_nullable, arguments.span("existing_nullable")),
            existing_server_default=_default(arguments, "existing_server_default"),
            comment=_default(arguments, "comment"),
            autoincrement=arguments.get("autoincrement"),
            using=using,
        )
    ]


def _default(arguments: Arguments, name: str) -> Value:
    """A default: False for an explicit None (it is dropped), None when it was not given at all."""
    if not arguments.given(name):
        return arguments.get(name)
    value = arguments.values[name]
    # `server_default=False` is Alembic's own word for "leave it alone".
    if value is False:
        return None if name in ("server_default", "comment") else False
    return False if value is None else value


def _create_table(arguments: Arguments, site: Site) -> list[Operation]:
    columns, constraints, indexes, complete = table_items(arguments.extra)
    return [
        CreateTable(
            site,
            arguments.text("table_name"),
            arguments.name("schema"),
            columns,
            constraints,
            indexes,
            arguments.flag("if_not_exists"),
            complete and not arguments.call.open_ended,
            partitioned=arguments.given("postgresql_partition_by"),
            comment=arguments.get("comment"),
        )
    ]


def _drop_table(arguments: Arguments, site: Site) -> list[Operation]:
    return [
        DropTable(site, arguments.text("table_name"), arguments.name("schema"), arguments.flag("if_exists"))
    ]


def _rename_table(arguments: Arguments, site: Site) -> list[Operation]:
    return [
        RenameTable(
            site, arguments.text("old_table_name"), arguments.name("schema"), arguments.text("new_table_name")
        )
    ]


def _create_index(arguments: Arguments, site: Site) -> list[Operation]:
    table, schema = _table(arguments, site)
    index = index_spec(
        arguments.get("index_name"), arguments.get("columns"), dict(arguments.values), arguments.call.span
    )
    if arguments.call.open_ended:
        index = replace(index, unique=arguments.truth("unique"))
    return [
        CreateIndex(
            site,
            table,
            schema,
            index,
            arguments.truth("postgresql_concurrently"),
            arguments.flag("if_not_exists"),
        )
    ]


def _drop_index(arguments: Arguments, site: Site) -> list[Operation]:
    table, schema = _table(arguments, site)
    return [
        DropIndex(
            site,
            table
            if arguments.given("table_name") or site.batch
            else Unknown("the table was not given", arguments.call.span),
            schema,
            arguments.name("index_name"),
            arguments.truth("postgresql_concurrently"),
            arguments.flag("if_exists"),
        )
    ]


def _unique(arguments: Arguments, site: Site) -> list[Operation]:
    return _constraint(arguments, site, "unique")


def _primary_key(arguments: Arguments, site: Site) -> list[Operation]:
    return _constraint(arguments, site, "primary key")


def _check(arguments: Arguments, site: Site) -> list[Operation]:
    return _constraint(arguments, site, "check")


def _exclude(arguments: Arguments, site: Site) -> list[Operation]:
    return _constraint(arguments, site, "exclude")


def _constraint(arguments: Arguments, site: Site, kind: ConstraintKind) -> list[Operation]:
    table, schema = _table(arguments, site)
    columns = (
        names_of(arguments.get("columns"), arguments.span("columns"))
        if kind in ("unique", "primary key")
        else ()
    )
    using_index = arguments.values.get("postgresql_using_index")
    spec = ConstraintSpec(
        kind,
        arguments.name("constraint_name"),
        columns,
        arguments.call.span,
        condition=arguments.get("condition"),
        not_valid=arguments.flag("postgresql_not_valid"),
        using_index=using_index if isinstance(using_index, str) else None,
        deferrable=arguments.get("deferrable"),
        initially=arguments.get("initially"),
        final=isinstance(arguments.values.get("constraint_name"), Formatted),
        nulls_not_distinct=arguments.flag("postgresql_nulls_not_distinct"),
    )
    return [AddConstraint(site, table, schema, spec)]


def _foreign_key(arguments: Arguments, site: Site) -> list[Operation]:
    table, schema = _table(arguments, site, "source_table")
    ref_table: Maybe[str] = arguments.text("referent_table")
    ref_schema = arguments.name("referent_schema")
    if isinstance(ref_schema, str) and isinstance(ref_table, str):
        ref_table = f"{ref_schema}.{ref_table}"
    spec = ConstraintSpec(
        "foreign key",
        arguments.name("constraint_name"),
        names_of(arguments.get("local_cols"), arguments.span("local_cols")),
        arguments.call.span,
        ref_table,
        names_of(arguments.get("remote_cols"), arguments.span("remote_cols")),
        arguments.name("ondelete"),
        arguments.name("onupdate"),
        not_valid=arguments.flag("postgresql_not_valid"),
        deferrable=arguments.get("deferrable"),
        initially=arguments.get("initially"),
        final=isinstance(arguments.values.get("constraint_name"), Formatted),
    )
    return [AddConstraint(site, table, schema, spec)]


def _drop_constraint(arguments: Arguments, site: Site) -> list[Operation]:
    table, schema = _table(arguments, site)
    kind = arguments.get("type_")
    return [
        DropConstraint(
            site,
            table,
            schema,
            arguments.name("constraint_name"),
            _CONSTRAINT_TYPES.get(kind, "unknown") if isinstance(kind, str) else "unknown",
            arguments.flag("if_exists"),
        )
    ]


def _comment(arguments: Arguments, site: Site) -> list[Operation]:
    table, schema = _table(arguments, site)
    return [TableComment(site, table, schema, arguments.get("comment"))]


def _bulk_insert(arguments: Arguments, site: Site) -> list[Operation]:
    table, schema = table_of(arguments.get("table"), arguments.span("table"))
    value = arguments.get("rows")
    rows = cast("list[object]", value) if isinstance(value, list | tuple) else []
    keys = [
        set(cast("dict[object, object]", row)) if isinstance(row, dict) else set[object]() for row in rows
    ]
    common = set[object].intersection(*keys) if keys else set[object]()
    return [BulkInsert(site, table, schema, tuple(sorted(key for key in common if isinstance(key, str))))]


def table_of(value: Value, span: Span) -> tuple[Maybe[str], Maybe[str] | None]:
    """Name and schema of a described ``sa.table(...)`` or ``sa.Table(...)``."""
    if isinstance(value, CallValue) and last_name(value.path) in (
        "table",
        "Table",
        "create_table",
        "TableClause",
    ):
        return maybe_str(value.argument("name", 0), span), maybe_name(value.keywords.get("schema"), span)
    return Unknown("the table is not known", span), None


def from_method(call: CallValue, site: Site) -> list[Operation]:
    """Operations made by a method of a described SQLAlchemy object: ``Table.create()``, ``Enum.create()``…"""
    receiver = call.receiver
    method = last_name(call.path)
    if not isinstance(receiver, CallValue) or method not in ("create", "drop"):
        return []
    owner = last_name(receiver.path)
    checkfirst = call.keywords.get("checkfirst") is True or (len(call.args) > 1 and call.args[1] is True)
    if owner in ("Enum", "ENUM"):
        name = maybe_name(receiver.keywords.get("name"), receiver.span)
        schema = maybe_name(receiver.keywords.get("schema"), receiver.span)
        described = receiver if name is None else None
        if method == "drop":
            return [DropType(site, name, schema, checkfirst, described)]
        labels = tuple(maybe_str(value, receiver.span) for value in receiver.args)
        return [CreateEnum(site, name, labels, schema, checkfirst, described)]
    if owner == "Table":
        table, schema = table_of(receiver, receiver.span)
        if method == "drop":
            return [DropTable(site, table, schema, checkfirst)]
        columns, constraints, indexes, complete = table_items(receiver.args[2:])
        comment = receiver.keywords.get("comment")
        return [
            CreateTable(
                site, table, schema, columns, constraints, indexes, checkfirst, complete, comment=comment
            )
        ]
    if owner == "Index":
        return []
    return []


_BUILDERS: Mapping[str, Callable[[Arguments, Site], list[Operation]]] = {
    "add_column": _add_column,
    "alter_column": _alter_column,
    "bulk_insert": _bulk_insert,
    "create_check_constraint": _check,
    "create_exclude_constraint": _exclude,
    "create_foreign_key": _foreign_key,
    "create_index": _create_index,
    "create_primary_key": _primary_key,
    "create_table": _create_table,
    "create_table_comment": _comment,
    "create_unique_constraint": _unique,
    "drop_column": _drop_column,
    "drop_constraint": _drop_constraint,
    "drop_index": _drop_index,
    "drop_table": _drop_table,
    "drop_table_comment": _comment,
    "rename_table": _rename_table,
}
