"""Where an autocommit block may stand.

The block commits whatever the revision did before it, and that stays when something fails in the block or behind it:
the next ``alembic upgrade`` runs the whole revision again. So nothing may come before it that cannot be run twice, and
env.py must not have begun the transaction itself. What a repair writes is held against both.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from typing import Final

from msgspec.structs import replace

from foreshot.lint import splitting
from foreshot.lint.context import Context
from foreshot.lint.finding import Fix
from foreshot.lint.splitting import Place
from foreshot.migration import operations as ops
from foreshot.migration.operations import Direction, Operation
from foreshot.syntax.changes import (
    AppendToFunction,
    Change,
    InsertAfter,
    InsertBefore,
    PrependToFunction,
    RemoveStatement,
    ReplaceStatement,
    ReplaceText,
    SetFunctionBody,
    WrapStatements,
)
from foreshot.text import Span

BLOCK: Final = ".get_context().autocommit_block():"
_TWICE: Final = re.compile(
    r"(?i)\bif (?:not )?exists\b|if_(?:not_)?exists=True|\bSET (?:LOCAL )?\w+\s*=|\bRESET\b"
)
_READS: Final = re.compile(r"(?i)\s*(?:select|show|explain|set|reset|analyze|comment)\b")
_UPDATE: Final = re.compile(
    r"(?is)\s*update\s+\S+\s+(?:as\s+\w+\s+)?set\s+\"?(?P<column>\w+)\"?\s*=.*\bwhere\b.*\b(?P=column)\"?\s+is\s+null\b"
)
_INSERT: Final = re.compile(
    r"(?is)\s*insert\s+into\s+(?P<table>[\w.\"]+).*(?:\bon\s+conflict\b.*\bdo\s+nothing\b"
    r"|\bleft\s+(?:outer\s+)?join\s+(?P=table)(?![\w.]).*\bis\s+null\b"
    r"|\bnot\s+(?:exists|in)\s*\(\s*select\b.*\bfrom\s+(?P=table)(?![\w.]))"
)
_OTHERS: Final = "An autocommit block would commit what comes before, which cannot run twice. Move this into its own revision."
_BEFORE: Final = "earlier statements go to a new revision"


def header(context: Context) -> str:
    """What opens the block."""
    return f"with {context.op}{BLOCK}"


def begun(context: Context) -> str | None:
    """Why no autocommit block works under this env.py, as a clause; None where one does (Alembic 1.20)."""
    env = context.env
    if env is None:
        return None
    if env.transaction.by_statement:
        return "env.py runs SQL before `context.configure` and does not commit it there"
    if env.transaction.begun is not None:
        return "env.py begins the transaction itself"
    if "run_migrations" in env.mentions and env.online and "begin_transaction" not in env.mentions:
        return "env.py runs the migrations without `context.begin_transaction()`"
    return None


def what_stays(operation: Operation, context: Context) -> Operation | None:
    """The first operation before this one that cannot be run a second time, and that a block here would commit."""
    before = [
        other
        for other in context.operations(operation.site.function)
        if other.site.order < operation.site.order
    ]
    # What stands before it in its own block is no other block, and commits nothing that this does not.
    while operation.site.autocommit and before and before[-1].site.autocommit:
        before.pop()
    return next(_stays(before), None)


def held(fix: Fix, context: Context) -> Fix:
    """The repair as it can be offered here.

    Where it writes an autocommit block behind what cannot be run twice, that goes to a revision of its own; where it
    cannot, or where env.py has begun the transaction, the repair is left without its changes and with the reason.
    """
    written = [change for change in fix.changes if BLOCK in _code(change)]
    if not written or fix.refused is not None:
        return fix
    reason = begun(context)
    if reason is not None:
        return _refused(fix, f"{reason}: an autocommit block would fail there.")
    places = [place for change in written for place in _unrepeatable(change, fix, context)]
    if not places and not any(_commits_its_own(_code(change)) for change in written):
        return fix
    taken = [change.statement for change in fix.changes if isinstance(change, RemoveStatement)]
    split = splitting.split_before(places[0], context, taken) if len(places) == 1 else None
    more = _added_before(places[0], fix) if split is not None else None
    if split is None or more is None or any(_commits_its_own(_code(change)) for change in written):
        return _refused(fix, _OTHERS)
    split = replace(split, upgrades=split.upgrades + more)
    return replace(fix, title=f"{fix.title}; {_BEFORE}", split=split)


def _added_before(place: Place, fix: Fix) -> int | None:
    """How many statements the repair itself writes among those that go; None where it takes some of them away."""
    count = 0
    for change in fix.changes:
        at = _place(change)
        if isinstance(change, RemoveStatement) and change.statement.end <= place.statement.start:
            return None
        if at is None or at.start > place.statement.start or (at == place.statement and not place.behind):
            continue
        if isinstance(change, InsertBefore) or (isinstance(change, InsertAfter) and at != place.statement):
            count += len(ast.parse(change.code).body)
        elif not isinstance(change, InsertAfter):
            return None
    return count


def _refused(fix: Fix, reason: str) -> Fix:
    return Fix(fix.title, fix.safety, refused=reason)


def _is_around(operation: Operation, place: Span) -> bool:
    """Whether it is a helper's ``with`` statement around the place: what stands in it before the place comes before."""
    statement = operation.site.statement
    return isinstance(operation, ops.Opaque) and statement != place and statement.contains(place)


def _unrepeatable(change: Change, fix: Fix, context: Context) -> Iterator[Place]:
    """Where the change writes the block, once for each direction in which something that stays comes before it."""
    if isinstance(change, PrependToFunction | SetFunctionBody):
        return
    behind = isinstance(change, InsertAfter)
    if isinstance(change, AppendToFunction):
        direction = _direction(change.function, context)
        if direction is None or next(_stays(context.operations(direction)), None) is not None:
            yield Place(direction, change.function, behind=True)
        return
    place = _place(change)
    if place is None:
        yield Place(None, Span(0, 0), behind=behind)
        return
    gone = [other.statement for other in fix.changes if isinstance(other, RemoveStatement | ReplaceStatement)]
    here = [
        other
        for other in context.revision.operations
        if _touches(other, place) and not _is_around(other, place)
    ]
    directions: set[Direction | None] = {other.site.function for other in here}
    for direction in directions or {_direction(place, context)}:
        if direction is None:
            yield Place(None, place, behind=behind)
            continue
        own = [other.site.order for other in here if other.site.function == direction]
        before = [
            other
            for other in context.operations(direction)
            if (other.site.order < min(own) if own else other.site.statement.end <= place.start)
        ]
        if behind and not _is_made_repeatable(place, fix):
            before += [other for other in here if other.site.function == direction]
        before = [other for other in before if not any(span.contains(other.site.statement) for span in gone)]
        if next(_stays(before), None) is not None:
            yield Place(direction, place, behind=behind)


def _is_made_repeatable(place: Span, fix: Fix) -> bool:
    """Whether the repair writes IF EXISTS or the like into the statement behind which its block goes."""
    return any(
        (isinstance(change, ReplaceText) and place.contains(change.span) and _TWICE.search(change.text))
        or (isinstance(change, InsertBefore) and change.statement == place and _TWICE.search(change.code))
        for change in fix.changes
    )


def _touches(operation: Operation, place: Span) -> bool:
    return place.contains(operation.site.statement) or operation.site.statement.contains(place)


def _direction(place: Span, context: Context) -> Direction | None:
    for direction in ("upgrade", "downgrade"):
        function = context.revision.functions.get(direction)
        if function is not None and function.span.contains(place):
            return direction
    return None


def _place(change: Change) -> Span | None:
    match change:
        case WrapStatements():
            return change.first
        case InsertBefore() | InsertAfter() | ReplaceStatement():
            return change.statement
        case _:
            return None


def _code(change: Change) -> str:
    if isinstance(change, WrapStatements):
        return change.header
    return getattr(change, "code", "")


def _commits_its_own(code: str) -> bool:
    """Whether the code that is written does something before its block that cannot be run twice."""
    try:
        tree = ast.parse(code)
    except SyntaxError:
        return False  # a header alone
    first = next((node for node in ast.walk(tree) if isinstance(node, ast.With) and _is_block(node)), None)
    return first is not None and any(
        isinstance(node, ast.Expr) and node.lineno < first.lineno and not _TWICE.search(ast.unparse(node))
        for node in ast.walk(tree)
    )


def _is_block(node: ast.With) -> bool:
    return any("autocommit_block" in ast.unparse(item.context_expr) for item in node.items)


def _stays(operations: Sequence[Operation]) -> Iterator[Operation]:
    """Those that fail, or do something else, when they are run once more.

    What stands in an autocommit block, or before one that surely runs, is committed whatever follows: another block
    behind it changes nothing for it.
    """
    dropped: set[object] = set()
    last_block = {
        operation.site.conditions: number
        for number, operation in enumerate(operations)
        if operation.site.autocommit and operation.site.runs_on("postgresql")
    }
    for number, operation in enumerate(operations):
        if isinstance(operation, ops.DropIndex | ops.DropConstraint) and (
            # What the next run makes again it can drop again.
            operation.if_exists or operation.name in dropped
        ):
            dropped.add(operation.name)
            continue
        if isinstance(operation, ops.AddConstraint) and operation.constraint.name in dropped:
            continue
        if isinstance(operation, ops.CreateIndex) and operation.index.name in dropped:
            continue
        # A block surely runs where its own conditions are the first of the operation's.
        under = operation.site.conditions
        if any(last_block.get(under[:depth], -1) >= number for depth in range(len(under) + 1)):
            continue
        if operation.site.runs_on("postgresql") and not runs_twice(operation):
            yield operation


def runs_twice(operation: Operation) -> bool:
    """Whether the operation can be run again after it was committed, and then leaves what it left the first time."""
    match operation:
        case (
            ops.SqlText()
            | ops.SetOption()
            | ops.ValidateConstraint()
            | ops.TableComment()
            | ops.Maintenance()
            | ops.TransactionControl()
            | ops.TruncateTable()
        ):
            return not (isinstance(operation, ops.Maintenance) and operation.what == "detach partition")
        case ops.AlterColumn():
            # A type that is set again is the same type; a conversion with USING may not be one of the new values.
            return operation.new_name is None and (operation.type is None or operation.using is None)
        case ops.CreateIndex():
            # An invalid index of that name would be taken for the one that is meant.
            return operation.if_not_exists and operation.concurrently is False
        case ops.CreateTable() | ops.AddColumn() | ops.AddEnumValue():
            return operation.if_not_exists
        case (
            ops.DropTable()
            | ops.DropColumn()
            | ops.DropIndex()
            | ops.DropConstraint()
            | ops.DropType()
            | ops.DropContainer()
        ):
            return operation.if_exists
        case ops.AddConstraint():
            return _is_dropped_before(operation)
        case ops.CreateEnum():
            return operation.checkfirst
        case ops.DataChange():
            if operation.verb == "delete":
                return True
            once = {"update": _UPDATE, "insert": _INSERT}.get(operation.verb)
            return once is not None and bool(once.match(operation.site.sql or ""))
        case ops.Execute():
            return bool(_READS.match(operation.verb)) or "or replace" in operation.verb.lower()
        case _:
            return False


def _is_dropped_before(operation: ops.AddConstraint) -> bool:
    """Whether the same statement drops a constraint of that name, if there is one, before it adds it."""
    name = operation.constraint.name
    return isinstance(name, str) and bool(
        re.search(rf'(?i)drop\s+constraint\s+if\s+exists\s+"?{re.escape(name)}\b', operation.site.sql or "")
    )
