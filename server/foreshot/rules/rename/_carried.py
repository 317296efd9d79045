"""Indexes and constraints that are dropped and made again because of what they are on was renamed."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping
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
    found = context.once(_found)
    old = {_name(made): made for table in tables for made in found.again.get(table, ())}
    new: dict[object, list[Made]] = {}
    for table in set(tables.values()):
        for made in found.made.get(table, ()):
            new.setdefault(_signature(made, {}, {}, context), []).append(made)
    items: list[Carried] = []
    for name, back in old.items():
        dropped = found.dropped.get((isinstance(back, CreateIndex), name))
        wanted = _signature(back, tables, columns, context) if dropped is not None else None
        twins = new.get(wanted, []) if wanted is not None else []
        if dropped is None or len(twins) != 1:
            continue
        gone = found.drops_of(twins[0])
        if len(gone) <= 1 and not found.is_needed_away(dropped, twins[0], back):
            kind = "index" if isinstance(back, CreateIndex) else back.constraint.kind
            items.append(Carried(kind, dropped, twins[0], back, gone[0] if gone else None))
    yield from sorted(items, key=lambda item: item.dropped.site.order)


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


def _name(made: Made) -> Maybe[str] | None:
    return made.index.name if isinstance(made, CreateIndex) else made.constraint.name


class _Found:
    """The indexes and constraints of a revision, and what may stand between a drop and a creation."""

    def __init__(self, context: Context) -> None:
        self.made: dict[str | None, list[Made]] = {}
        self.again: dict[str | None, list[Made]] = {}
        self.dropped: dict[tuple[bool, object], Dropped] = {}
        self._gone: dict[tuple[bool, object], list[Dropped]] = {}
        self._of_table: dict[str | None, list[DropConstraint]] = {}
        self._names: Counter[object] = Counter()
        self._obstacles: list[Operation] = []
        for operation in context.upgrade:
            if isinstance(operation, CreateIndex | AddConstraint):
                self.made.setdefault(operation.table_name, []).append(operation)
                self._names[_name(operation)] += 1
            elif isinstance(operation, DropIndex | DropConstraint):
                self.dropped.setdefault((isinstance(operation, DropIndex), operation.name), operation)
            if isinstance(operation, _Obstacle):
                self._obstacles.append(operation)
        for operation in context.downgrade:
            if isinstance(operation, CreateIndex | AddConstraint):
                if isinstance(_name(operation), str):
                    self.again.setdefault(operation.table_name, []).append(operation)
            elif isinstance(operation, DropIndex | DropConstraint):
                place = (isinstance(operation, DropIndex), operation.name)
                self._gone.setdefault(place, []).append(operation)
                if isinstance(operation, DropConstraint):
                    self._of_table.setdefault(operation.table_name, []).append(operation)
        self._places = [operation.site.order for operation in self._obstacles]

    def drops_of(self, made: Made) -> list[Dropped]:
        """What ``downgrade()`` drops it with: by its name, or any of its kind where it has none."""
        name = _name(made)
        if isinstance(name, str) or isinstance(made, CreateIndex):
            return self._gone.get((isinstance(made, CreateIndex), name), []) if name is not None else []
        kinds = (made.constraint.kind, "unknown")
        same = [drop for drop in self._of_table.get(made.table_name, ()) if drop.constraint_kind in kinds]
        return list([drop for drop in same if drop.name is None] or same)

    def is_needed_away(self, dropped: Dropped, made: Made, back: Made) -> bool:
        """Whether something in between can only be done, or is only done, while it is not there."""
        if self._names[dropped.name] > (_name(made) == dropped.name):
            return True
        spec = back.index if isinstance(back, CreateIndex) else back.constraint
        tables = {back.table_name, made.table_name}
        referred = {spec.ref_table} if isinstance(spec, ConstraintSpec) else set[object]()
        first = bisect_right(self._places, dropped.site.order)
        last = bisect_left(self._places, made.site.order)
        if last - first > _MOST_BETWEEN:
            return True
        for operation in self._obstacles[first:last]:
            match operation:
                case Opaque() | DropTable() | TruncateTable():
                    return True
                case DataChange() if operation.table_name in (*tables, None):
                    return True
                case AlterColumn() if (
                    operation.type is not None and operation.table_name in tables | referred
                ):
                    return True
                case DropConstraint() | DropIndex() if operation.table_name in referred:
                    return True
                case _:
                    pass
        return False


_MOST_BETWEEN = 500
_Obstacle = (Opaque, DropTable, TruncateTable, DataChange, AlterColumn, DropConstraint, DropIndex)


def _found(context: Context) -> _Found:
    return _Found(context)


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
