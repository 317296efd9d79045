"""What an operation does, in one line: for the card of a hover and for an outline."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from foreshot.lint.words import code, codes, listed, plain, type_code
from foreshot.migration import operations as ops
from foreshot.migration.plugins import SyncEnum
from foreshot.syntax.values import Unknown, Value

_MANY = 6


def summary(operation: ops.Operation) -> str:
    """A sentence without a full stop, names in backticks: ``Adds the column `email` to `users```."""
    describe = _SENTENCES.get(type(operation))
    return describe(operation) if describe is not None else _other(operation)


def label(operation: ops.Operation) -> str:
    """A short plain text, the operation first: ``add_column users.email``."""
    name = getattr(operation, "alembic_name", None) or operation.kind
    about = subject(operation)
    return f"{name} {plain(about)}" if about else name


def subject(operation: ops.Operation) -> str:
    """What it is about, as a plain text: ``users.email``, ``ix_users_email``; empty when that is not known."""
    table = _table(operation)
    match operation:
        case ops.AddColumn(column=ops.ColumnSpec(name=str() as name)):
            return f"{table}.{name}" if table else name
        case ops.DropColumn(column=str() as name) | ops.AlterColumn(column=str() as name):
            return f"{table}.{name}" if table else name
        case ops.CreateIndex(index=ops.IndexSpec(name=str() as name)):
            return name
        case ops.AddConstraint(constraint=ops.ConstraintSpec(name=str() as name)):
            return name
        case ops.DropIndex(name=str() as name) | ops.DropConstraint(name=str() as name):
            return name
        case ops.RenameIndex(name=str() as name) | ops.RenameConstraint(name=str() as name):
            return name
        case ops.CreateEnum(name=str() as name) | ops.DropType(name=str() as name):
            return name
        case ops.AddEnumValue(name=str() as name) | ops.RenameEnumValue(name=str() as name):
            return name
        case SyncEnum(name=str() as name):
            return name
        case ops.DataChange():
            return f"{operation.verb} {table}" if table else operation.verb
        case ops.DropContainer():
            return f"{operation.what} {operation.name}"
        case ops.SetOption():
            return operation.name
        case ops.TransactionControl():
            return operation.verb
        case ops.Execute():
            return " ".join([operation.verb, *operation.tables[:3]])
        case ops.Maintenance():
            return f"{operation.what} {table}" if table else operation.what
        case ops.SqlText():
            return " ".join(operation.statements[0].split())[:60] if operation.statements else ""
        case _:
            return table


def _table(operation: ops.Operation) -> str:
    return getattr(operation, "table_name", None) or ""


def _of(operation: Any) -> str:
    """The operation's table in backticks."""
    table = _table(operation)
    return code(table) if table else "a table whose name is not known"


def _named(kind: str, name: object) -> str:
    """``the index `ix_a```, or ``an index`` for one without a name that is known."""
    if isinstance(name, str):
        return f"the {kind} {code(name)}"
    article = "an" if kind[0] in "aeio" else "a"  # a unique index
    return f"{article} {kind}" + (" without a name" if name is None else "")


def _columns(names: Sequence[object]) -> str:
    shown = [code(name) if isinstance(name, str) else "an expression" for name in names[:_MANY]]
    if len(names) > _MANY:
        shown.append(f"{len(names) - _MANY} more")
    return listed(shown)


def _type(spec: ops.TypeSpec | Unknown | None) -> str:
    return type_code(spec) if isinstance(spec, ops.TypeSpec) else ""


def _column(column: ops.ColumnSpec) -> str:
    """``(`sa.String(80)`, NOT NULL, with a server default)``; empty when nothing is known."""
    parts = [_type(column.type)] if _type(column.type) else []
    if column.is_nullable is False:
        parts.append("NOT NULL")
    if column.primary_key is True:
        parts.append("primary key")
    if column.unique is True:
        parts.append("unique")
    if _is_set(column.server_default):
        parts.append("with a server default")
    if column.computed is not None:
        parts.append("computed")
    if column.identity is not None:
        parts.append("identity")
    if column.foreign_keys:
        targets = [key.target for key in column.foreign_keys if isinstance(key.target, str)]
        parts.append(f"referring to {codes(targets)}" if targets else "with a foreign key")
    return f" ({', '.join(parts)})" if parts else ""


def _is_set(value: Value) -> bool:
    return value is not None and value is not False


def _create_table(op: ops.CreateTable) -> str:
    names = [column.name for column in op.columns]
    what = f" with {_columns(names)}" if names else ""
    return f"Creates the {'temporary ' if op.temporary else ''}table {_of(op)}{what}"


def _alter_column(op: ops.AlterColumn) -> str:
    changes: list[str] = []
    if op.new_name is not None:
        changes.append(f"renames it to {code(op.new_name)}")
    if op.type is not None:
        old, new = _type(op.existing_type), _type(op.type)
        changes.append("changes its type" + (f" from {old}" if old else "") + (f" to {new}" if new else ""))
    if op.nullable is False:
        changes.append("makes it NOT NULL")
    elif op.nullable is True:
        changes.append("allows NULL")
    elif op.nullable is not None:
        changes.append("changes whether it can be NULL")
    if op.server_default is False:
        changes.append("drops its server default")
    elif op.server_default is not None:
        changes.append("changes its server default")
    if op.comment is not None:
        changes.append("changes its comment")
    if op.autoincrement is not None:
        changes.append("changes its autoincrement")
    what = listed(changes) if changes else "changes nothing"
    return f"Alters the column {code(op.column)} of {_of(op)}: {what}"


def _create_index(op: ops.CreateIndex) -> str:
    kind = "unique index" if op.index.unique is True else "index"
    how = " concurrently" if op.concurrently is True else ""
    part = " on a part of its rows" if op.index.where is not None else ""
    return f"Creates {_named(kind, op.index.name)} on {_columns(op.index.columns)} of {_of(op)}{part}{how}"


def _add_constraint(op: ops.AddConstraint) -> str:
    spec = op.constraint
    kind = spec.kind if spec.kind != "unknown" else "constraint"
    kind = (
        f"{kind} constraint"
        if kind in ("unique", "check")
        else "exclusion constraint"
        if kind == "exclude"
        else kind
    )
    words = f"Adds {_named(kind, spec.name)} to {_of(op)}"
    if spec.kind == "foreign key":
        words += f", from {_columns(spec.columns)} to {code(spec.ref_table)}"
    elif spec.columns:
        words += f" on {_columns(spec.columns)}"
    return words + (", not validated" if spec.not_valid else "")


def _drop_constraint(op: ops.DropConstraint) -> str:
    kind = op.constraint_kind if op.constraint_kind not in ("unknown", "exclude") else "constraint"
    kind = f"{kind} constraint" if kind in ("unique", "check") else kind
    return f"Drops {_named(kind, op.name)} of {_of(op)}"


def _data_change(op: ops.DataChange) -> str:
    verb = {
        "update": "Updates",
        "delete": "Deletes",
        "insert": "Inserts rows into",
        "merge": "Merges rows into",
    }
    if op.verb in ("insert", "merge"):
        return f"{verb[op.verb]} {_of(op)}"
    which = "rows" if op.has_where else "every row"
    what = f", setting {_columns(op.columns)}" if op.verb == "update" and op.columns else ""
    return f"{verb[op.verb]} {which} of {_of(op)}{what}"


def _rename_value(op: ops.RenameEnumValue) -> str:
    if op.value is None:
        return f"Renames the type {code(op.name)} to {code(op.new_value)}"
    return f"Renames the value {code(op.value)} of the type {code(op.name)} to {code(op.new_value)}"


def _sql_text(op: ops.SqlText) -> str:
    count = len(op.statements)
    if not count:
        return "Runs SQL that cannot be read"
    return f"Runs {'one SQL statement' if count == 1 else f'{count} SQL statements'}"


def _execute(op: ops.Execute) -> str:
    tables = f" on {codes(op.tables[:_MANY])}" if op.tables else ""
    return f"Runs {code(op.verb.upper())}{tables}"


def _other(operation: ops.Operation) -> str:
    words = operation.kind.replace("_", " ")
    table = _table(operation)
    return words[:1].upper() + words[1:] + (f" on {code(table)}" if table else "")


_TRANSACTION = {
    "begin": "Begins a transaction by hand",
    "commit": "Commits the transaction by hand",
    "rollback": "Rolls the transaction back by hand",
    "savepoint": "Sets a savepoint by hand",
}

_SENTENCES: dict[type[ops.Operation], Callable[[Any], str]] = {
    ops.CreateTable: _create_table,
    ops.DropTable: lambda op: f"Drops the table {_of(op)} with its rows",
    ops.RenameTable: lambda op: f"Renames the table {_of(op)} to {code(op.new_name)}",
    ops.AddColumn: lambda op: f"Adds the column {code(op.column.name)} to {_of(op)}{_column(op.column)}",
    ops.DropColumn: lambda op: f"Drops the column {code(op.column)} of {_of(op)} with its values",
    ops.AlterColumn: _alter_column,
    ops.CreateIndex: _create_index,
    ops.DropIndex: lambda op: (
        f"Drops {_named('index', op.name)}"
        + (f" of {_of(op)}" if _table(op) else "")
        + (" concurrently" if op.concurrently is True else "")
    ),
    ops.RenameIndex: lambda op: f"Renames the index {code(op.name)} to {code(op.new_name)}",
    ops.AddConstraint: _add_constraint,
    ops.DropConstraint: _drop_constraint,
    ops.RenameConstraint: lambda op: (
        f"Renames the constraint {code(op.name)} of {_of(op)} to {code(op.new_name)}"
    ),
    ops.ValidateConstraint: lambda op: f"Validates the constraint {code(op.name)} of {_of(op)}",
    ops.TableComment: lambda op: f"Changes the comment of {_of(op)}",
    ops.CreateEnum: lambda op: (
        f"Creates the enum type {code(op.name)}" + (f" with {_columns(op.values)}" if op.values else "")
    ),
    ops.DropType: lambda op: f"Drops the type {code(op.name)}",
    ops.AddEnumValue: lambda op: f"Adds the value {code(op.value)} to the type {code(op.name)}",
    ops.RenameEnumValue: _rename_value,
    SyncEnum: lambda op: f"Makes the type {code(op.name)} anew, with {_columns(op.values)}",
    ops.DataChange: _data_change,
    ops.TruncateTable: lambda op: f"Deletes every row of {_of(op)}",
    ops.DropContainer: lambda op: f"Drops the {op.what} {code(op.name)}",
    ops.SetOption: lambda op: f"Sets {code(op.name)} to {code(op.value)}",
    ops.TransactionControl: lambda op: _TRANSACTION[op.verb],
    ops.Maintenance: lambda op: f"Runs {code(op.what.upper())} on {_of(op)}",
    ops.Execute: _execute,
    ops.SqlText: _sql_text,
    ops.BulkInsert: lambda op: f"Inserts rows into {_of(op)}",
    ops.Opaque: lambda op: f"Not read: {op.why}",
}
