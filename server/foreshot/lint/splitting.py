"""One revision as two: what its first statements do goes to a new revision, which comes before it.

Nothing but the file itself and the new one change: whatever follows the revision still follows it.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Sequence

from msgspec import Struct

from foreshot.lint.context import Context
from foreshot.lint.finding import Split
from foreshot.lint.inverse import inverse
from foreshot.migration import operations as ops
from foreshot.migration.operations import Direction, Operation
from foreshot.project.new_file import new_revision, revision_id
from foreshot.text import Span

_HEADER = ("revision", "down_revision")
_MOST = 60
"""Statements of a function beyond which a revision is not divided: it is looked at as a whole for each place."""


class Place(Struct, frozen=True):
    """A statement before or behind which something is committed."""

    direction: Direction | None
    statement: Span
    behind: bool


def split_before(place: Place, context: Context, taken: Collection[Span] = ()) -> Split | None:
    """How the revision is divided so that a new one ends where the place is; None where that cannot be told.

    ``taken`` are statements inside the place's that the repair itself writes behind it: they stay.
    """
    header = context.revision.header
    if place.direction != "upgrade" or header.branch_labels or not header.revision:
        return None
    if any(name not in header.spans for name in _HEADER) or header.problems:
        return None
    upgrade, downgrade = _statements(context, "upgrade"), _statements(context, "downgrade")
    if max(len(upgrade), len(downgrade)) > _MOST:
        return None
    spans = [statement.span for statement in upgrade]
    index = next((i for i, span in enumerate(spans) if span.contains(place.statement)), None)
    if index is None or (place.behind and spans[index] != place.statement):
        return None
    head = index + place.behind
    # What is nested with the place, and comes before it, cannot be told apart from it.
    nested = [
        other
        for other in context.upgrade
        if spans[index].contains(other.site.statement) and other.site.statement.end <= place.statement.start
    ]
    if not head or (nested and not place.behind) or not _can_part(upgrade, head):
        return None
    going = [o for o in context.upgrade if _is_in(o, spans[:head]) and o.site.statement not in taken]
    if _parts_successor(going, context):
        return None
    tail = _undoing(context, [o for o in context.upgrade if _is_in(o, spans[:head])], downgrade)
    if tail is None:
        return None
    restores = ""
    parted = {o.site.order for o in going}
    rest = [o for o in context.upgrade if o.site.order not in parted] if tail else []
    stays = [statement.span for statement in downgrade[: len(downgrade) - tail]]
    gone = [o for o in context.downgrade if _is_in(o, stays)]
    # What goes along undoes nothing that stays, but for what the repair writes anew.
    kept = [*gone, *(o for o in context.downgrade if o.site.statement in taken)]
    undone = {key for o in kept for key in _keys(o, back=True)}
    if left := [o for o in rest if not _is_undone(o, undone) and not _goes_with(o, gone)]:
        # Something that goes took it away as well, such as the column that it is about.
        undoing = inverse(left, context)
        if undoing is None or undoing.imports:
            return None
        restores = undoing.code
    new = revision_id("before", header.revision, *header.down_revisions)
    path, _ = new_revision(
        context.surroundings.environment,
        None,
        new,
        header.down_revisions or None,
        header.message or header.revision,
        folder=context.path.rpartition("/")[0],
    )
    return Split(head, tail, new, path, restores)


class _Statement(Struct, frozen=True):
    """A statement of ``upgrade()`` or ``downgrade()``, read once for all places that ask to divide the revision."""

    span: Span
    can_go: bool
    """Whether it is of a kind that can be told to undo something: a call, a block, a condition."""
    returns: bool
    bound: frozenset[str]
    used: frozenset[str]


def _statements(context: Context, direction: Direction) -> Sequence[_Statement]:
    """The statements of a function but for its docstring."""
    return context.once(_upgrade if direction == "upgrade" else _downgrade)


def _upgrade(context: Context) -> Sequence[_Statement]:
    return _read(context, "upgrade")


def _downgrade(context: Context) -> Sequence[_Statement]:
    return _read(context, "downgrade")


def _read(context: Context, direction: Direction) -> Sequence[_Statement]:
    function = context.revision.functions.get(direction)
    for node in context.module.tree.body:
        if (
            isinstance(node, ast.FunctionDef)
            and function is not None
            and context.module.span(node) == function.span
        ):
            skipped = 1 if ast.get_docstring(node, clean=False) is not None else 0
            return [_statement(context, statement) for statement in node.body[skipped:]]
    return []


def _statement(context: Context, statement: ast.stmt) -> _Statement:
    nodes = list(ast.walk(statement))
    names = [node for node in nodes if isinstance(node, ast.Name)]
    return _Statement(
        context.module.span(statement),
        isinstance(statement, ast.Expr | ast.With | ast.If),
        any(isinstance(node, ast.Return) for node in nodes),
        frozenset(node.id for node in names if isinstance(node.ctx, ast.Store)),
        frozenset(node.id for node in names),
    )


def _can_part(statements: Sequence[_Statement], head: int) -> bool:
    """Whether the first statements bind no name that the others use, and none returns."""
    bound = frozenset[str]().union(*(statement.bound for statement in statements[:head]))
    return not any(statement.returns for statement in statements) and all(
        bound.isdisjoint(statement.used) for statement in statements[head:]
    )


def _parts_successor(going: Sequence[Operation], context: Context) -> bool:
    """Whether a key would be gone for a while: it is dropped by what goes, and its successor stays."""
    tables = {
        operation.table_name
        for operation in going
        if isinstance(operation, ops.DropConstraint | ops.DropIndex)
    }
    parted = {operation.site.order for operation in going}
    return any(
        isinstance(operation, ops.AddConstraint)
        or (isinstance(operation, ops.CreateIndex) and operation.index.unique is not False)
        for operation in context.upgrade
        if operation.site.order not in parted and getattr(operation, "table_name", None) in tables
    )


def _undoing(context: Context, done: Sequence[Operation], statements: Sequence[_Statement]) -> int | None:
    """How many of the last statements of ``downgrade()`` undo these operations; None where they stand among others."""
    function = context.revision.functions.get("downgrade")
    if function is None or function.empty or function.raises:
        return 0
    keys = {key for operation in done for key in _keys(operation)}
    if any(isinstance(operation, ops.Opaque | ops.Execute) for operation in done):
        return None
    tail = 0
    others = False
    for statement in reversed(statements):
        span = statement.span
        found = [
            other
            for other in context.downgrade
            if span.contains(other.site.statement) and not isinstance(other, ops.SqlText)
        ]
        if not found or not statement.can_go:
            return None
        undone = [bool(keys.intersection(_keys(other, back=True))) for other in found]
        if all(undone) and not others:
            tail += 1
        elif any(undone):
            return None
        else:
            others = True
    if not tail and keys:
        # What goes would have no way back, though there is one.
        return None
    return tail if _can_part(statements, len(statements) - tail) else None


def _is_undone(operation: Operation, undone: Collection[tuple[object, ...]]) -> bool:
    """Whether ``downgrade()`` has something to undo just this, or nothing of it needs to be undone."""
    keys = list(_keys(operation))
    return not keys or any(key in undone for key in keys)


def _goes_with(operation: Operation, back: Sequence[Operation]) -> bool:
    """Whether what stays of ``downgrade()`` drops the column or the table that it is about."""
    table = getattr(operation, "table_name", None)
    match operation:
        case ops.AlterColumn():
            columns = {operation.column, operation.new_name}
        case ops.CreateIndex():
            columns = set(operation.index.columns)
        case ops.AddConstraint():
            columns = set(operation.constraint.columns)
        case _:
            columns = set[object]()
    return any(
        isinstance(other, ops.DropTable | ops.DropColumn)
        and other.table_name == table
        and (isinstance(other, ops.DropTable) or other.column in columns)
        for other in back
    )


def _is_in(operation: Operation, spans: Sequence[Span]) -> bool:
    return any(span.contains(operation.site.statement) for span in spans)


def _keys(operation: Operation, *, back: bool = False) -> Iterator[tuple[object, ...]]:
    """What an operation does to what; ``back``: what it undoes. What one makes, the other takes away."""
    made, gone = (-1, 1) if back else (1, -1)
    table = getattr(operation, "table_name", None)
    match operation:
        case ops.CreateTable():
            yield made, "table", table
        case ops.DropTable():
            yield gone, "table", table
        case ops.RenameTable():
            yield 0, "table", table
            yield 0, "table", operation.new_name if isinstance(operation.new_name, str) else None
        case ops.AddColumn():
            yield made, "column", table, operation.column.name
        case ops.DropColumn():
            yield gone, "column", table, operation.column
        case ops.AlterColumn():
            yield 0, "column", table, operation.column
            if isinstance(operation.new_name, str):
                yield 0, "column", table, operation.new_name
        case ops.CreateIndex():
            yield made, "index", operation.index.name
        case ops.DropIndex():
            yield gone, "index", operation.name
        case ops.AddConstraint():
            yield made, "constraint", table, operation.constraint.name
        case ops.DropConstraint():
            yield gone, "constraint", table, operation.name
        case ops.CreateEnum():
            yield made, "type", operation.name
        case ops.DropType():
            yield gone, "type", operation.name
        case _:
            pass
