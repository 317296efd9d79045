"""What stands behind an operation in grey: the lock that it takes, the type that goes, the rows that are lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from foreshot.knowledge import Effect, effects_of
from foreshot.lint.context import Context
from foreshot.lint.facts import facts_of
from foreshot.lint.states import State, states
from foreshot.lint.words import plain
from foreshot.migration.operations import (
    AlterColumn,
    DropColumn,
    DropTable,
    Opaque,
    Operation,
    SqlText,
    TruncateTable,
)
from foreshot.text import Span
from foreshot.workspace.project import Project

_MOST: Final = 200


class Inlay(Struct, frozen=True):
    """A few words behind a place."""

    offset: int
    label: str
    about: str
    """The database that it holds for."""


def inlays(project: Project, path: str, within: Span) -> list[Inlay]:
    """The hints of the operations that a part of a revision shows, one a call; on the first database that each meets."""
    revision = project.revision(path) if path in project.analyses and not project.is_stale(path) else None
    if revision is None:
        return []
    context = Context(revision, project.surroundings, path, project.tell(path))
    found: dict[Span, Inlay] = {}
    for operation in revision.operations:
        call = operation.site.call
        if call.end < within.start or call.start > within.end or call in found:
            continue
        # A piece of SQL has no room behind it: the statement around has.
        if isinstance(operation, SqlText | Opaque) or operation.site.sql is not None:
            continue
        target = next(iter(context.targets(operation=operation)), None)
        if target is None:
            continue
        effect = effects_of(operation, target, facts=facts_of(operation, context, target))
        state = next((item for item in states(operation, context) if item.target == target), None)
        words = " · ".join(_words(operation, effect, state))
        if words:
            found[call] = Inlay(call.end, words, f"On {target.display}")
        if len(found) >= _MOST:
            break
    return list(found.values())


def _words(operation: Operation, effect: Effect, state: State | None) -> Iterator[str]:
    lock = next((item for item in effect.locks if item.blocks == effect.blocks), None)
    if lock is not None and effect.blocks != "nothing":
        long = ", rewrites" if effect.rewrite else ", scans" if effect.scan else ""
        yield f"{lock.mode}{long}"
    went = _went(operation, state)
    if went:
        yield went
    if isinstance(operation, DropTable | TruncateTable):
        yield "rows lost"
    elif isinstance(operation, DropColumn):
        yield "values lost"
    elif effect.loses:
        yield "data lost"


def _went(operation: Operation, state: State | None) -> str | None:
    """The type that is no more, or how many columns."""
    if state is None:
        return None
    match operation:
        case DropColumn(column=str() as name):
            column = state.column(operation.table_name, name)
            return f"was {plain(column.type.stored)}" if column is not None and column.type.stored else None
        case AlterColumn(column=str() as name) if operation.type is not None:
            column = state.column(operation.table_name, name)
            return f"was {plain(column.type.stored)}" if column is not None and column.type.stored else None
        case DropTable():
            table = state.known_table(operation.table_name)
            if table is None:
                return None
            return "1 column" if len(table.columns) == 1 else f"{len(table.columns)} columns"
        case _:
            return None
