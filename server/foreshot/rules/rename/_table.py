"""One table's drop and creation, in both functions, as one rename and the differences that are left."""

from __future__ import annotations

from collections.abc import Sequence

from foreshot.lint.context import Context
from foreshot.lint.renames import TableRename
from foreshot.lint.writing import call, literal, one_line
from foreshot.migration.operations import (
    ColumnSpec,
    ConstraintSpec,
    CreateTable,
    DropConstraint,
    DropIndex,
    DropTable,
    TableOperation,
)
from foreshot.rules.rename import _carried as carrying
from foreshot.rules.rename import _edits as edits
from foreshot.syntax.changes import Change, ReplaceStatement, SetArgument

_Columns = Sequence[tuple[ColumnSpec, ColumnSpec]]


def changes(pair: TableRename, context: Context) -> list[Change] | None:
    """The rename, its inverse, and what goes along with the table; None where it cannot be written."""
    back = [
        operation
        for operation in context.downgrade
        if isinstance(operation, DropTable) and operation.table_name == pair.create.table_name
    ]
    if len(back) != 1:
        return None
    kept = list(pair.columns)
    names = _constraint_names(pair, context)
    if names is None or not all(_can_become(one, other) for one, other in kept):
        return None
    before = _Side(pair.create, pair.drop, pair.old_name, pair.new_name, context)
    after = _Side(pair.old, back[0], pair.new_name, pair.old_name, context)
    there = _differences(pair.old, pair.create, kept, pair, context)
    undone = _differences(pair.create, pair.old, [(new, old) for old, new in kept], pair, context)
    if there is None or undone is None:
        return None
    renamed = [edits.execute(sql, context) for sql, _ in names]
    reverted = [edits.execute(sql, context) for _, sql in names]
    one = before.replaced([before.rename(), *there, *renamed])
    # What is undone is undone under the new name, before that goes.
    other = after.replaced([*reverted, *undone, after.rename()])
    if one is None or other is None:
        return None
    return [*one, *other, *_carried(pair, [before, after], context)]


class _Side:
    """One direction: the table that it creates and the one that it drops, as a rename."""

    def __init__(self, create: CreateTable, drop: DropTable, old: str, new: str, context: Context) -> None:
        self.create, self.drop, self.old, self.new, self.context = create, drop, old, new, context
        self.first, self.second = sorted((create, drop), key=lambda operation: operation.site.order)

    def rename(self) -> str:
        """The call that renames the table."""
        schema = [f"schema={literal(self.drop.schema)}"] if isinstance(self.drop.schema, str) else []
        return call(f"{self.context.op}.rename_table", [literal(self.old), literal(self.new), *schema])

    def replaced(self, lines: list[str]) -> list[Change] | None:
        """The earlier of the two becomes ``lines``, the later one goes; None where that would be wrong."""
        if not edits.is_plain(self.create) or not edits.is_plain(self.drop):
            return None
        if not edits.run_alike(self.create, self.drop):
            return None
        if any(not isinstance(operation, DropIndex | DropConstraint) for operation in self.between()):
            return None
        return [
            ReplaceStatement(self.first.site.statement, "\n".join(lines)),
            edits.removal(self.second, self.context),
        ]

    def between(self) -> list[TableOperation]:
        """Operations on the old name that come to stand behind the rename."""
        return [
            operation
            for operation in self.context.operations(self.create.site.function)
            if isinstance(operation, TableOperation)
            and operation.table_name == self.drop.table_name
            and self.first.site.order < operation.site.order < self.second.site.order
        ]


def _carried(pair: TableRename, sides: list[_Side], context: Context) -> list[Change]:
    """Indexes and constraints that are made by operations of their own."""
    old, new = pair.drop.table_name or "", pair.create.table_name or ""
    columns = {str(one.name): str(other.name) for one, other in pair.columns}
    changes: list[Change] = []
    done: set[int] = set()
    for item in carrying.carried(context, {old: new}, columns):
        made = carrying.changes_for(item, context)
        if made:
            changes += made
            done |= {item.dropped.site.order, *([item.gone.site.order] if item.gone else [])}
    for side in sides:
        for operation in side.between():
            if operation.site.order not in done and "table_name" in operation.site.args:
                changes.append(SetArgument(operation.site.call, "table_name", literal(side.new), 1))
    return changes


def _can_become(old: ColumnSpec, new: ColumnSpec) -> bool:
    keys = [
        sorted(str(key.target) for key in column.foreign_keys if isinstance(key.target, str))
        for column in (old, new)
    ]
    flags = [
        (column.unique, column.index, bool(column.computed), bool(column.identity)) for column in (old, new)
    ]
    return keys[0] == keys[1] and flags[0] == flags[1]


def _differences(
    old: CreateTable, new: CreateTable, kept: _Columns, pair: TableRename, context: Context
) -> list[str] | None:
    """Operations on the table, under its new name in both directions, that make its columns what they are to be."""
    lines: list[str] = []
    table = pair.create
    for before, after in kept:
        same_type = context.renames.same_type(before, after) or before.type is None or after.type is None
        said = edits.difference(before, after, context, same_type=same_type)
        changed = [one for one in said if not one.startswith("existing_")]
        if before.name != after.name:
            said.insert(0, f"new_column_name={literal(str(after.name))}")
        if changed or before.name != after.name:
            lines.append(edits.on_table(table, "alter_column", [literal(str(before.name)), *said], context))
    for column in new.columns:
        if not any(column is after for _, after in kept):
            text = one_line(context.module, column.span)
            if text is None:
                return None
            lines.append(edits.on_table(table, "add_column", [text], context))
    gone = [column for column in old.columns if not any(column is before for before, _ in kept)]
    lines += [edits.on_table(table, "drop_column", [literal(str(column.name))], context) for column in gone]
    return lines


def _constraint_names(pair: TableRename, context: Context) -> list[tuple[str, str]] | None:
    """SQL that renames the constraints inside the table, each with its inverse; None where they differ in more."""
    columns = {str(one.name): str(other.name) for one, other in pair.columns}
    before = {_signature(item, pair, columns): item for item in pair.old.constraints}
    after = {_signature(item, pair, {}): item for item in pair.create.constraints}
    if None in before or None in after or before.keys() != after.keys():
        return None
    table, operation = pair.create, pair.create
    found: list[tuple[str, str]] = []
    for signature, old in before.items():
        one, other = old.name, after[signature].name
        if not isinstance(one, str) or not isinstance(other, str) or one == other:
            continue
        arguments = (table.table, table.schema, operation, context)
        there = edits.rename_sql(old.kind, one, other, *arguments)
        back = edits.rename_sql(old.kind, other, one, *arguments)
        if there is not None and back is not None:
            found.append((there, back))
    return found


def _signature(item: ConstraintSpec, pair: TableRename, columns: dict[str, str]) -> object:
    own = tuple(columns.get(str(name), str(name)) for name in item.columns)
    if item.kind == "check":
        return ("check", item.condition) if isinstance(item.condition, str) else None
    target = item.ref_table if item.ref_table != pair.drop.table_name else pair.create.table_name
    referred = tuple(str(name) for name in item.ref_columns)
    return (item.kind, own, target if target is None else str(target), referred, item.ondelete, item.onupdate)
