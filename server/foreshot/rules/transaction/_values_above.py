"""Values of enums that the revisions just above add, in the transaction that they share."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import islice
from typing import Final

from foreshot.history.revision_story import RevisionStory
from foreshot.migration.operations import (
    AddConstraint,
    CreateIndex,
    DataChange,
    Operation,
    TableOperation,
)
from foreshot.schema import changes as to
from foreshot.schema.state import Origin
from foreshot.syntax.values import CallValue, Text, Value

_WORD: Final = re.compile(r"\w+")
_MOST_ABOVE: Final = 5
"""How many revisions a database is taken to be behind at most, where nothing is deployed one by one."""


def added_above(story: RevisionStory) -> Mapping[tuple[str, str], Origin]:
    """The values that revisions just above add, and that nothing has committed by then, by enum and value."""
    found: dict[tuple[str, str], Origin] = {}
    enums = {_last(name): enum for name, enum in story.start("upgrade").enums.items()}
    for revision, delta in islice(story.above(), _MOST_ABOVE):
        if delta.problem or any(
            change.at.autocommit or isinstance(change, to.Commit | to.Unread) for change in delta.upgrade
        ):
            break
        for change in delta.upgrade:
            if not isinstance(change, to.MadeValue) or change.name is None or change.value is None:
                continue
            enum = enums.get(_last(change.name))
            # Of a type that is made in the same revision, PostgreSQL 17 takes the value at once.
            if enum is None or enum.origin.revision == revision or change.at.guards:
                continue
            if change.at.runs_on("postgresql"):
                origin = Origin(revision, "upgrade", change.at.kind, change.name)
                found.setdefault((change.name, change.value), origin)
    return found


def is_of(operation: Operation, said: str | None, enum: str, story: RevisionStory) -> bool:
    """Whether the literal surely is a value of the enum: its type says so, or the column that it is written to or compared with."""
    if said is not None:
        return said == _last(enum)
    named = _compared(operation)
    if (
        not named
        or not isinstance(operation, TableOperation | DataChange)
        or not operation.site.runs_on("postgresql")
        or operation.site.conditional
    ):
        return False
    table = story.before_operation(operation.site).table(operation.table_name)
    columns = (
        [column for column in table.columns.values() if column.name in named] if table is not None else []
    )
    kinds = {column.type.enum for column in columns}
    # A text beside it may be what the literal is compared with.
    texts = any(
        column.type.enum is None and (column.type.stored or "").startswith(("VARCHAR", "TEXT", "CHAR"))
        for column in columns
    )
    return not texts and any(kind is not None and _last(kind) == _last(enum) for kind in kinds)


def _compared(operation: Operation) -> frozenset[object]:
    """The names that a literal may stand beside: columns, and whatever else the condition of an index or a check mentions."""
    match operation:
        case DataChange():
            return frozenset({*operation.columns, *operation.reads})
        case CreateIndex(index=index):
            return frozenset(_WORD.findall(text_of(index.where)))
        case AddConstraint(constraint=constraint):
            return frozenset(_WORD.findall(text_of(constraint.condition)))
        case _:
            return frozenset()


def text_of(value: Value) -> str:
    """A string, the text of SQL, or that of ``sa.text(...)``; empty where it is not known."""
    if isinstance(value, CallValue):
        value = value.argument("text", 0)
    if isinstance(value, Text):
        return value.value
    return value if isinstance(value, str) else ""


def _last(name: str) -> str:
    return name.rpartition(".")[2]
