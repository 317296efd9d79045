"""What of a comparison is certain, what is possible, and what is left out because a doubt may touch it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from foreshot.engine.described import Difference
from foreshot.models.model import Doubt, ModelTable
from foreshot.schema.state import Perhaps, Schema

_TAKES: Final = ("remove_column", "remove_index", "remove_constraint", "remove_fk")


_MISSING: Final = 3
"""New tables at once that are believed of a history that is not wholly known."""
_LEVELS: Final = ("certain", "possible", "hidden")


class Sifted(NamedTuple):
    """Differences by how far they can be trusted."""

    certain: tuple[Difference, ...]
    """They hold whatever the doubts turn out to be."""
    possible: tuple[Difference, ...]
    """Something in the history may have touched anything, so also what they are about."""
    hidden: tuple[Difference, ...]
    """What could not be read is likely to be what seems to be missing."""


def sifted(
    differences: Iterable[Difference],
    doubts: Iterable[Doubt],
    schema: Schema,
    wanted: Mapping[str, ModelTable],
    *,
    from_nothing: bool = False,
) -> Sifted:
    """The differences by how far they can be trusted.

    ``wanted`` are the models' tables. ``from_nothing``: there is no revision yet, so that no table is there.
    """
    by_table: dict[str | None, list[Doubt]] = {}
    for doubt in doubts:
        by_table.setdefault(doubt.table, []).append(doubt)
    anything = bool(by_table.get(None))
    whole = from_nothing or schema.is_whole
    found: dict[str, list[Difference]] = {"certain": [], "possible": [], "hidden": []}
    for item in differences:
        model = wanted.get(item.table_name)
        if model is None:
            level = "hidden" if anything or item.table_name in by_table else "certain"
        else:
            level = _by_models(item, by_table.get(item.table_name, []), model)
        found[max(level, _by_schema(item, schema, whole), key=_LEVELS.index)].append(item)
    if not whole:
        _rather_unread(found, len(wanted))
    _as_their_tables(found)
    return Sifted(tuple(found["certain"]), tuple(found["possible"]), tuple(found["hidden"]))


def _rather_unread(found: dict[str, list[Difference]], tables: int) -> None:
    """Where a good part of all tables seems to be missing, it is the history that was not read: they are most likely there."""
    missing = [item for item in found["possible"] if item.kind == "add_table"]
    if len(missing) > max(_MISSING, tables // 10):
        found["hidden"] += missing
        found["possible"] = [item for item in found["possible"] if item.kind != "add_table"]


def _as_their_tables(found: dict[str, list[Difference]]) -> None:
    """What belongs to a table that comes or goes is no more certain than that."""
    for level, surer in (("possible", "certain"), ("hidden", "certain"), ("hidden", "possible")):
        tables = {item.table_name for item in found[level] if item.kind in ("add_table", "remove_table")}
        found[level] += [item for item in found[surer] if item.table_name in tables]
        found[surer] = [item for item in found[surer] if item.table_name not in tables]


def _by_models(item: Difference, doubts: list[Doubt], model: ModelTable) -> str:
    """How far the models say so: what could not be read may hold what seems to be missing."""
    level = "certain"
    for doubt in doubts:
        if doubt.kinds and item.kind.partition("_")[2] not in doubt.kinds:
            continue
        if doubt.column is None and item.kind in _TAKES:
            if not doubt.beyond or not _stands_on(item, model):
                return "hidden"
            level = "possible"
        if doubt.column is not None and (item.column == doubt.column or doubt.column in item.columns):
            return "hidden"
    return level


def _stands_on(item: Difference, model: ModelTable) -> bool:
    """Whether an index or a constraint stands on nothing but columns that the model has."""
    return bool(item.columns) and all(model.column(name) is not None for name in item.columns)


def _by_schema(item: Difference, schema: Schema, whole: bool) -> str:
    """How far the history says so."""
    table = schema.tables.get(item.table_name)
    if table is None:
        if any(doubt.about == item.table_name for doubt in schema.perhaps):
            return "hidden"
        return "certain" if whole else "possible"
    if table.there is not None:
        return "hidden"
    column = table.columns.get(item.column or "")
    if column is not None and any(_is_of(doubt, item) for doubt in column.perhaps):
        return "hidden"
    doubts: tuple[Perhaps, ...] = schema.doubts(table)
    if any(_touches(doubt, item) for doubt in doubts):
        return "hidden"
    return "possible" if any(not doubt.about for doubt in doubts) else "certain"


def _is_of(doubt: Perhaps, item: Difference) -> bool:
    """Whether a doubt about a column is about that of it which differs."""
    return not doubt.part or item.kind == f"modify_{doubt.part}"


def _touches(doubt: Perhaps, item: Difference) -> bool:
    if doubt.about == item.table_name:
        return _may_change(doubt, item)
    if item.column is None or doubt.about != f"{item.table_name}.{item.column}":
        return False
    return _is_of(doubt, item)


def _may_change(doubt: Perhaps, item: Difference) -> bool:
    """Whether the operation that a table is doubtful for may bring about, or undo, what differs."""
    operation, what = doubt.origin.kind, item.kind.partition("_")[2]
    if operation in _COLUMNS:
        name = doubt.origin.object.rpartition(".")[2]
        stands = name in item.columns and operation != "alter_column"
        return not name or name == item.column or stands or what in _COLUMNS[operation]
    touched = _TOUCHED.get(operation)
    if touched is None:
        return True
    if operation in _INDEXES and what in touched and doubt.origin.object and item.name is not None:
        return doubt.origin.object == item.name
    return what in touched


_COLUMNS: Final = {
    "add_column": ("table",),
    # It may rename the column, and what it is called then is another's.
    "alter_column": ("table", "column"),
    "drop_column": ("table",),
}
"""Operations on one column, and what else of its table they may touch."""
_INDEXES: Final = ("create_index", "drop_index")
_TOUCHED: Final[Mapping[str, tuple[str, ...]]] = {
    # A unique index of MySQL's is a unique constraint too.
    "create_index": ("index", "constraint"),
    "drop_index": ("index", "constraint"),
    "rename_index": ("index", "constraint"),
    "add_constraint": ("constraint", "check", "fk", "index", "nullable"),
    "drop_constraint": ("constraint", "check", "fk", "index"),
    "rename_constraint": ("constraint", "check", "fk", "index"),
    "validate_constraint": (),
    "table_comment": ("table_comment",),
    "data_change": (),
    "truncate_table": (),
}
"""What other operations may touch."""
