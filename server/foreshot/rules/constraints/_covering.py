"""What finds rows by the same columns as an index."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from foreshot.lint.context import Context
from foreshot.lint.states import State
from foreshot.migration.operations import CreateIndex, DropConstraint, DropIndex, Operation
from foreshot.schema.state import Origin

_USUAL: Final = frozenset(
    {
        "index_name",
        "table_name",
        "columns",
        "schema",
        "unique",
        "if_not_exists",
        "postgresql_concurrently",
        "postgresql_using",
    }
)
"""Arguments that change nothing about what an index finds; operator classes, lengths and orders do."""
_UNUSUAL: Final = re.compile(r"_ops\b|\bdesc\b|\bcollate\b|\bnulls\b", re.IGNORECASE)


class Cover(Struct, frozen=True):
    """An index, or the index behind a key, over columns in their order."""

    what: str
    """``index``, ``unique constraint`` or ``primary key``."""
    name: str | None
    columns: tuple[str, ...]
    unique: bool
    origin: Origin


def plain_columns(operation: CreateIndex) -> tuple[str, ...]:
    """The columns of an index of the usual kind over all rows; empty for any other."""
    index = operation.index
    if not operation.site.keywords.keys() <= _USUAL or _UNUSUAL.search(operation.site.sql or ""):
        return ()
    names = tuple(name for name in index.columns if isinstance(name, str))
    usual = index.using is None or (isinstance(index.using, str) and index.using.lower() == "btree")
    if len(names) != len(index.columns) or index.expressions or not usual:
        return ()
    return names if index.where is None and index.include is None and index.unique in (True, False) else ()


def covers(operation: CreateIndex, state: State, context: Context) -> Iterator[Cover]:
    """What is surely there over columns of the index's table, of the usual kind over all rows, and stays."""
    table = state.known_table(operation.table_name)
    if table is None or table.partitioned:
        return
    going = {
        other.name
        for other in context.operations(operation.site.function)
        if isinstance(other, DropIndex | DropConstraint)
    }
    if table.primary_key is not None:
        key = table.primary_key
        yield Cover("primary key", key.name, key.columns, unique=True, origin=key.origin)
    for key in table.uniques:
        if key.name not in going:
            yield Cover("unique constraint", key.name, key.columns, unique=True, origin=key.origin)
    for index in table.indexes:
        names = tuple(name for name in index.columns if name is not None)
        usual = index.using is None or index.using.lower() == "btree"
        if len(names) != len(index.columns) or index.expressions or not usual or index.implied_by is not None:
            continue
        if index.where is not None or index.include or index.valid is not True or index.name in going:
            continue
        if index.name != operation.index.name:
            yield Cover("index", index.name, names, unique=index.unique, origin=index.origin)


def is_asked(operation: Operation) -> bool:
    """Whether it surely runs."""
    return not operation.site.conditional and not operation.site.repeated
