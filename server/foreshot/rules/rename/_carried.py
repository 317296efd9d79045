"""Indexes and constraints that are dropped and made again because of what they are on was renamed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TypeAlias

from msgspec import Struct

from foreshot.lint.context import Context
from foreshot.migration.operations import (
    AddConstraint,
    AlterColumn,
    ConstraintSpec,
    CreateIndex,
    DataChange,
    DropConstraint,
    DropIndex,
    DropTable,
    IndexSpec,
    Opaque,
    Operation,
    TruncateTable,
)
from foreshot.rules.rename import _edits as edits
from foreshot.syntax.changes import Change, ReplaceStatement
from foreshot.syntax.values import Maybe

Made: TypeAlias = CreateIndex | AddConstraint
Dropped: TypeAlias = DropIndex | DropConstraint


class Carried(Struct, frozen=True):
    """One index or constraint: how ``upgrade()`` replaces it, and how ``downgrade()`` puts it back."""

    kind: str
    dropped: Dropped
    made: Made
    back: Made
    """What makes the old one again."""
    gone: Dropped | None
    """What drops the new one again."""

    @property
    def old_name(self) -> str:
        """The name that it had."""
        return str(self.dropped.name)

    @property
    def new_name(self) -> str | None:
        """The name that it gets; None where that is left to the database."""
        name = _name(self.made)
        return name if isinstance(name, str) else None


def carried(context: Context, tables: Mapping[str, str], columns: Mapping[str, str]) -> Iterator[Carried]:
    """Those that are the same before and after but for names.

    Args:
        context: the revision.
        tables: what tables are called after it, by their names before; those that keep theirs included.
        columns: the same for the columns of these tables.
    """
    old = {_name(made): made for made in _made(context.downgrade, tables)}
    new: dict[object, list[Made]] = {}
    for made in _made(context.upgrade, set(tables.values())):
        new.setdefault(_signature(made, {}, {}, context), []).append(made)
    for dropped in context.upgrade:
        if not isinstance(dropped, DropIndex | DropConstraint) or not isinstance(dropped.name, str):
            continue
        back = old.get(dropped.name)
        if back is None or isinstance(back, CreateIndex) != isinstance(dropped, DropIndex):
            continue
        wanted = _signature(back, tables, columns, context)
        twins = new.get(wanted, []) if wanted is not None else []
        gone = _drops_of(twins[0], context) if len(twins) == 1 else []
        if len(twins) == 1 and len(gone) <= 1 and not _is_needed_away(dropped, twins[0], back, context):
            kind = "index" if isinstance(back, CreateIndex) else back.constraint.kind
            yield Carried(kind, dropped, twins[0], back, gone[0] if gone else None)


def changes_for(item: Carried, context: Context) -> list[Change]:
    """What keeps it in place, under its new name; nothing where it has to be made again."""
    both: tuple[Operation, ...] = (item.dropped, item.made, item.back, *([item.gone] if item.gone else []))
    if not all(edits.is_plain(operation) for operation in both):
        return []
    old, new = item.old_name, item.new_name
    if new is None or new == old:
        if item.kind not in ("foreign key", "unique") and new is None:
            return []
        return [edits.removal(operation, context) for operation in both]
    there = edits.rename_sql(item.kind, old, new, item.made.table, item.made.schema, item.made, context)
    back = edits.rename_sql(item.kind, new, old, item.back.table, item.back.schema, item.back, context)
    if there is None or back is None or item.gone is None:
        return []
    return [
        edits.removal(item.dropped, context),
        ReplaceStatement(item.made.site.statement, edits.execute(there, context)),
        ReplaceStatement(item.back.site.statement, edits.execute(back, context)),
        edits.removal(item.gone, context),
    ]


def _made(operations: Iterable[Operation], tables: Collection[str]) -> list[Made]:
    return [
        operation
        for operation in operations
        if isinstance(operation, CreateIndex | AddConstraint) and operation.table_name in tables
    ]


def _name(made: Made) -> Maybe[str] | None:
    return made.index.name if isinstance(made, CreateIndex) else made.constraint.name


def _is_needed_away(dropped: Dropped, made: Made, back: Made, context: Context) -> bool:
    """Whether something in between can only be done, or is only done, while it is not there."""
    spec = back.index if isinstance(back, CreateIndex) else back.constraint
    tables = {back.table_name, made.table_name}
    referred = {spec.ref_table} if isinstance(spec, ConstraintSpec) else set[object]()
    for operation in context.upgrade:
        if (
            isinstance(operation, CreateIndex | AddConstraint)
            and operation is not made
            and _name(operation) == dropped.name
        ):
            return True
        if not dropped.site.order < operation.site.order < made.site.order:
            continue
        match operation:
            case Opaque() | DropTable() | TruncateTable():
                return True
            case DataChange():
                return operation.table_name in (*tables, None)
            case AlterColumn() if operation.type is not None and operation.table_name in tables | referred:
                return True
            case DropConstraint() | DropIndex() if operation.table_name in referred:
                return True
            case _:
                pass
    return False


def _signature(made: Made, tables: Mapping[str, str], columns: Mapping[str, str], context: Context) -> object:
    """What it is but for its name, in the names after the revision; None where that is not wholly known."""
    table = tables.get(made.table_name or "", made.table_name)
    spec: IndexSpec | ConstraintSpec = made.index if isinstance(made, CreateIndex) else made.constraint
    own = tuple(columns.get(name, name) if isinstance(name, str) else None for name in spec.columns)
    if None in own or not own:
        return None
    options = tuple(
        sorted(
            "".join(context.text(span).split())
            for name, span in made.site.keywords.items()
            if name not in _READ
            and context.module.text(span).rpartition("=")[2].strip() not in ("False", "None")
        )
    )
    if isinstance(spec, IndexSpec):
        return None if spec.expressions else (table, "index", own, spec.unique is True, options)
    if spec.kind not in ("unique", "foreign key", "primary key"):
        return None
    if spec.kind != "foreign key":
        return (table, spec.kind, own, options)
    target = tables.get(str(spec.ref_table), str(spec.ref_table))
    # The columns that it refers to are renamed with it only where they are its own table's.
    mapping: Mapping[str, str] = columns if target == table else {}
    referred = tuple(mapping.get(name, name) if isinstance(name, str) else None for name in spec.ref_columns)
    if None in referred:
        return None
    return (table, spec.kind, own, target, referred, spec.ondelete or None, spec.onupdate or None, options)


_READ = frozenset(
    {
        "index_name", "constraint_name", "table_name", "source_table", "referent_table", "columns", "local_cols",
        "remote_cols", "schema", "source_schema", "referent_schema", "unique", "ondelete", "onupdate",
        "if_not_exists", "postgresql_concurrently", "postgresql_not_valid",
    }
)  # fmt: skip


def _drops_of(made: Made, context: Context) -> list[Dropped]:
    """What ``downgrade()`` drops it with: by its name, or any of its kind where it has none."""
    if isinstance(made, CreateIndex):
        return [
            operation
            for operation in context.downgrade
            if isinstance(operation, DropIndex) and operation.name == made.index.name is not None
        ]
    drops = [operation for operation in context.downgrade if isinstance(operation, DropConstraint)]
    if isinstance(made.constraint.name, str):
        return [operation for operation in drops if operation.name == made.constraint.name]
    same = [
        operation
        for operation in drops
        if operation.table_name == made.table_name
        and operation.constraint_kind in (made.constraint.kind, "unknown")
    ]
    unnamed = [operation for operation in same if operation.name is None]
    return list(unnamed or same)
