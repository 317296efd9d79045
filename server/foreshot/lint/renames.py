"""Drops and adds in one function that look like one column or one table renamed, with a score and its reasons.

Autogenerate writes every rename as an add and a drop, which loses what was in it. But most pairs of an add and a
drop with the same type are no renames, so a pair counts only where several things speak for it and nothing
against it: a copy of the data between the two, a foreign key that leads elsewhere, another type. What the
dropped one was is read in the other direction, which autogenerate writes as the mirror image.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import TypeVar

from msgspec import Struct

from foreshot.knowledge.databases import Target
from foreshot.lint.rename_evidence import (
    ENOUGH,
    Copies,
    Evidence,
    Keys,
    emptied,
    run_together,
    type_change,
)
from foreshot.migration.operations import (
    AddColumn,
    ColumnSpec,
    CreateTable,
    DropColumn,
    DropTable,
    Operation,
    RenameTable,
)
from foreshot.migration.revision import Revision

_MOST_PAIRS = 400
_EVERYWHERE = frozenset(
    {
        "id", "uuid", "name", "description", "created_at", "updated_at", "deleted_at", "created", "updated",
        "created_by", "updated_by", "created_date", "modified_date", "created_on", "changed_on",
    }
)  # fmt: skip


class ColumnRename(Struct, frozen=True):
    """A dropped column, the added one that it seems to have become, and what the dropped one was."""

    drop: DropColumn
    add: AddColumn
    old: ColumnSpec
    score: int
    reasons: tuple[str, ...]

    @property
    def old_name(self) -> str:
        """The name that goes."""
        return str(self.drop.column)

    @property
    def new_name(self) -> str:
        """The name that comes."""
        return str(self.add.column.name)


class TableRename(Struct, frozen=True):
    """A dropped table, the created one that it seems to have become, and what the dropped one was.

    ``columns`` are those that both have, as they were and as they are.
    """

    drop: DropTable
    create: CreateTable
    old: CreateTable
    columns: tuple[tuple[ColumnSpec, ColumnSpec], ...]
    score: int
    reasons: tuple[str, ...]

    @property
    def old_name(self) -> str:
        """The name that goes, without its schema."""
        return str(self.drop.table)

    @property
    def new_name(self) -> str:
        """The name that comes, without its schema."""
        return str(self.create.table)


class Renames:
    """The pairs of ``upgrade()`` that look like renames."""

    def __init__(
        self,
        revision: Revision,
        targets: Sequence[Target] = (),
        *,
        drafted: bool = False,
        known: Callable[[DropColumn], ColumnSpec | None] | None = None,
    ) -> None:
        """``drafted``: autogenerate's marks still stand there; ``known``: what the history has of a dropped column."""
        self._revision = revision
        self._drafted = drafted
        self._known = known
        self._target = targets[0] if targets else Target("postgresql")
        self._upgrade = revision.of("upgrade")
        self._downgrade = revision.of("downgrade")

    @cached_property
    def columns(self) -> tuple[ColumnRename, ...]:
        """Pairs of columns, in the order of the drops, the likeliest first for each."""
        return tuple(self._columns())

    @cached_property
    def tables(self) -> tuple[TableRename, ...]:
        """Pairs of tables, in the order of the drops."""
        return tuple(self._tables())

    def of(self, operation: Operation) -> tuple[ColumnRename | TableRename, ...]:
        """What a dropped column or table may have become, the likeliest first."""
        return tuple(self._by_drop.get(operation.site.order, ()))

    @cached_property
    def _by_drop(self) -> dict[int, list[ColumnRename | TableRename]]:
        found: dict[int, list[ColumnRename | TableRename]] = {}
        for pair in (*self.columns, *self.tables):
            found.setdefault(pair.drop.site.order, []).append(pair)
        return found

    def dropped_column(self, table: str | None, name: str) -> ColumnSpec | None:
        """What ``upgrade()`` drops, as ``downgrade()`` would add it again."""
        return self._added_again.get((table, name))

    def dropped_table(self, name: str | None) -> CreateTable | None:
        """What ``upgrade()`` drops, as ``downgrade()`` would create it again."""
        return self._created_again.get(name)

    @cached_property
    def _added_again(self) -> dict[tuple[str | None, object], ColumnSpec]:
        found: dict[tuple[str | None, object], ColumnSpec] = {}
        for operation in self._downgrade:
            if isinstance(operation, AddColumn) and operation.table_name is not None:
                name = operation.column.name
                if isinstance(name, str):
                    found.setdefault((operation.table_name, name), operation.column)
        return found

    @cached_property
    def _created_again(self) -> dict[str | None, CreateTable]:
        found: dict[str | None, CreateTable] = {}
        for operation in self._downgrade:
            if isinstance(operation, CreateTable) and operation.table_name is not None:
                found.setdefault(operation.table_name, operation)
        return found

    @cached_property
    def _emptied(self) -> dict[str, int]:
        return emptied(self._upgrade)

    def _is_empty(self, table: str | None, before: Operation) -> bool:
        return self._emptied.get(table or "", before.site.order) < before.site.order

    @cached_property
    def _copies(self) -> Copies:
        return Copies(self._revision, self._upgrade)

    @cached_property
    def _keys(self) -> tuple[Keys, Keys]:
        return Keys(self._downgrade), Keys(self._upgrade)

    def same_type(self, old: ColumnSpec, new: ColumnSpec) -> bool:
        """Whether two columns have the same type on the project's database."""
        return type_change(old, new, self._target) == "same"

    def _columns(self) -> Iterator[ColumnRename]:
        adds = _by_table(operation for operation in self._upgrade if isinstance(operation, AddColumn))
        drops = _by_table(operation for operation in self._upgrade if isinstance(operation, DropColumn))
        for table, dropped in drops.items():
            added = adds.get(table, [])
            if not added or len(added) * len(dropped) > _MOST_PAIRS:
                continue
            if self._is_empty(table, dropped[0]):
                continue
            alone = len(added) == len(dropped) == 1
            again = {add.column.name for add in added} & {drop.column for drop in dropped}
            pairs = [
                self._pair(drop, add, alone=alone)
                for drop in dropped
                for add in added
                if not {drop.column, add.column.name} & again
            ]
            yield from _best([pair for pair in pairs if pair is not None], lambda pair: pair.add)

    def _pair(self, drop: DropColumn, add: AddColumn, *, alone: bool) -> ColumnRename | None:
        table, new = drop.table_name, add.column
        if table is None or not isinstance(drop.column, str) or not isinstance(new.name, str):
            return None
        old = self.dropped_column(table, drop.column) or (self._known(drop) if self._known else None)
        if old is None or old.primary_key != new.primary_key or not run_together(drop, add):
            return None
        if old.computed is not None or new.computed is not None:
            return None
        evidence = Evidence(self._target)
        was, now = self._keys
        before = {self._renamed.get(name, name) for name in was.references(table, old)}
        after = now.references(table, new)
        if not evidence.weigh_types(old, new) or not evidence.weigh_keys(before, after):
            return None
        evidence.weigh_definitions(old, new)
        if was.indexed(table, old) and now.indexed(table, new):
            evidence.add(5, "an index on both")
        evidence.weigh_names(drop.column, new.name, 50)
        if alone:
            evidence.add(10, "the only columns dropped and added here")
            fails = new.is_nullable is False and new.server_default is None
            if self._drafted and fails and old.is_nullable is False and self.same_type(old, new):
                evidence.add(25, "as autogenerate wrote it, no table with rows takes the new one")
        evidence.weigh_message(self._revision.header.message, drop.column, new.name)
        if evidence.score < ENOUGH or self._copies.between(table, drop.column, new.name):
            return None
        return ColumnRename(drop, add, old, evidence.score, tuple(evidence.reasons))

    @cached_property
    def _renamed(self) -> dict[str | None, str | None]:
        """What tables are called after this revision, by their names before."""
        found: dict[str | None, str | None] = {pair.old_name: pair.new_name for pair in self.tables}
        for operation in self._upgrade:
            if isinstance(operation, RenameTable):
                found[operation.table_name] = str(operation.new_name)
        return found

    def _tables(self) -> Iterator[TableRename]:
        dropped = [operation for operation in self._upgrade if isinstance(operation, DropTable)]
        created = [
            operation
            for operation in self._upgrade
            if isinstance(operation, CreateTable) and not (operation.if_not_exists or operation.temporary)
        ]
        if not dropped or len(created) * len(dropped) > _MOST_PAIRS:
            return
        again = {drop.table_name for drop in dropped} & {create.table_name for create in created}
        pairs = [
            self._table_pair(drop, create, alone=len(dropped) == len(created) == 1)
            for drop in dropped
            if not self._is_empty(drop.table_name, drop)
            for create in created
            if not {drop.table_name, create.table_name} & again
        ]
        best = _best([pair for pair in pairs if pair is not None], lambda pair: pair.create)
        # A table that several new ones look like was divided.
        yield from (pair for pair in best if sum(other.drop is pair.drop for other in best) == 1)

    def _table_pair(self, drop: DropTable, create: CreateTable, *, alone: bool) -> TableRename | None:
        old = self.dropped_table(drop.table_name)
        if old is None or create.table_name is None or drop.table == create.table:
            return None
        if drop.schema != create.schema or not old.complete or not create.complete:
            return None
        kept = self._kept_columns(old, create)
        size = len(old.columns) + len(create.columns) - len(kept)
        same = sum(1.0 if before.name == after.name else 0.6 for before, after in kept)
        telling = [before for before, _ in kept if before.name not in _EVERYWHERE]
        if len(telling) < 2 or same / size < 0.7 or not run_together(drop, create):
            return None
        evidence = Evidence(self._target)
        evidence.add(round(50 * same / size), f"{len(kept)} of {size} columns in common")
        evidence.weigh_names(str(drop.table), str(create.table), 40)
        if alone and len(kept) == size and (self._drafted or len(telling) > 2):
            evidence.add(10, "the only tables that go and come")
        evidence.weigh_message(self._revision.header.message, str(drop.table), str(create.table))
        if evidence.score < ENOUGH or self._copies.between(
            create.table_name, str(drop.table), str(create.table)
        ):
            return None
        return TableRename(drop, create, old, tuple(kept), evidence.score, tuple(evidence.reasons))

    def _kept_columns(self, old: CreateTable, new: CreateTable) -> list[tuple[ColumnSpec, ColumnSpec]]:
        """Columns that both tables have: by name, or by place where all types are the same in the same order."""
        placed = list(zip(old.columns, new.columns, strict=False))
        names = {column.name for column in old.columns} & {column.name for column in new.columns}
        if len(old.columns) == len(new.columns) and all(
            self.same_type(before, after)
            and (before.name == after.name or not {before.name, after.name} & names)
            for before, after in placed
        ):
            return placed
        after = {column.name: column for column in new.columns if isinstance(column.name, str)}
        pairs = [
            (column, after[column.name])
            for column in old.columns
            if isinstance(column.name, str) and column.name in after
        ]
        return [pair for pair in pairs if Evidence(self._target).weigh_types(*pair)]


_PairT = TypeVar("_PairT", ColumnRename, TableRename)
_ChangeT = TypeVar("_ChangeT", AddColumn, DropColumn)


def _best(pairs: list[_PairT], came: Callable[[_PairT], Operation]) -> list[_PairT]:
    """Without the pairs of which one half fits clearly better elsewhere; by the drops' order, the best first."""
    kept = [
        pair
        for pair in pairs
        if not any(
            other.score >= pair.score + 10 and (other.drop is pair.drop) != (came(other) is came(pair))
            for other in pairs
        )
    ]
    return sorted(kept, key=lambda pair: (pair.drop.site.order, -pair.score))


def _by_table(operations: Iterable[_ChangeT]) -> dict[str, list[_ChangeT]]:
    found: dict[str, list[_ChangeT]] = {}
    for operation in operations:
        if operation.table_name is not None:
            found.setdefault(operation.table_name, []).append(operation)
    return found
