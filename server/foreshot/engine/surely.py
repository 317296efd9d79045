"""What of a comparison is certain, what is possible, and what is left out because a doubt may touch it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from foreshot.engine.autogenerate import Difference
from foreshot.models.model import Doubt, ModelTable
from foreshot.schema.state import Perhaps, Schema

_TAKES: Final = ("remove_column", "remove_index", "remove_constraint", "remove_fk")


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
    _as_their_tables(found)
    return Sifted(tuple(found["certain"]), tuple(found["possible"]), tuple(found["hidden"]))


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
    if column is not None and column.perhaps:
        return "hidden"
    doubts: tuple[Perhaps, ...] = schema.doubts(table)
    if any(_touches(doubt, item) for doubt in doubts):
        return "hidden"
    return "possible" if any(not doubt.about for doubt in doubts) else "certain"


def _touches(doubt: Perhaps, item: Difference) -> bool:
    if doubt.about == item.table_name:
        return True
    return item.column is not None and doubt.about == f"{item.table_name}.{item.column}"
