"""Where a transaction ends, what stands outside of one, and how a statement is put into an autocommit block."""

from __future__ import annotations

import ast
import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from itertools import pairwise
from math import inf
from typing import Final, Literal, cast

from foreshot.lint import blocks, writing
from foreshot.lint.context import Context
from foreshot.migration.operations import (
    AddEnumValue,
    CreateIndex,
    Direction,
    DropIndex,
    Opaque,
    Operation,
    SqlText,
    TransactionControl,
)
from foreshot.rules.locking import _concurrently as concurrently
from foreshot.rules.locking import _placing as placing
from foreshot.syntax.changes import Change, PrependToFunction, RemoveStatement, ReplaceText, WrapStatements
from foreshot.text import Span

Kind = Literal["connection", "sql", "session"]
_OWN: Final = re.compile(
    r"(?:alembic\.op\.)?(?:get_bind\(\)|get_context\(\)(?:\.impl)?\.(?:connection|bind))(?:\.get_transaction\(\))?"
)
_SESSION: Final = re.compile(r"sqlalchemy\.orm\.(?:session\.)?(?:Session\(\)|sessionmaker\(\)\(\))")
# Blocks of which it is known that they end no transaction.
_INSIDE: Final = frozenset(
    {
        "batch_alter_table",
        "begin_nested",
        "begin",
        "catch_warnings",
        "suppress",
        "open",
        "no_autoflush",
        "get_bind",
    }
)
_ADD_VALUE: Final = re.compile(r"(?i)\badd\s+value\b(?!\s+if\b)")
_COMMENT: Final = re.compile(r"#[^\n]*")


def is_autocommit(context: Context) -> bool:
    """Whether env.py, or the revision itself, turns the connection's isolation level to AUTOCOMMIT."""
    env = context.surroundings.env_source
    return any(
        "AUTOCOMMIT" in _COMMENT.sub("", source.content)
        for source in (env, context.module.source)
        if source is not None
    )


def is_outside(operation: Operation, context: Context) -> bool:
    """Whether the operation runs, or may run, outside of Alembic's transaction."""
    return (
        operation.site.autocommit
        or is_autocommit(context)
        or _has_ended(operation, context)
        or not _is_on_own_connection(operation, context)
        or _is_in_unknown_block(operation, context)
    )


def ends_transaction(operation: Operation) -> bool:
    """Whether the operation commits or rolls back by itself, on whichever connection."""
    return isinstance(operation, TransactionControl) and operation.verb in ("commit", "rollback")


def is_committed_between(first: Operation, last: Operation, context: Context) -> bool:
    """Whether something from ``first`` to ``last`` ends the transaction: entering an autocommit block commits it too."""
    return end_of_transaction(first, context) <= last.site.order


def end_of_transaction(operation: Operation, context: Context) -> float:
    """The place in the order of the first operation, from this one on, that ends the transaction; infinite for none."""
    ends = context.once_each_way(_ends, operation.site.function)
    index = bisect_left(ends, operation.site.order)
    return ends[index] if index < len(ends) else inf


def _ends(operations: tuple[Operation, ...]) -> list[int]:
    return [
        operation.site.order
        for operation in operations
        if operation.site.autocommit or ends_transaction(operation)
    ]


def _first_end(operations: tuple[Operation, ...]) -> float:
    return next((operation.site.order for operation in operations if ends_transaction(operation)), inf)


def _has_ended(operation: Operation, context: Context) -> bool:
    """Whether a COMMIT or ROLLBACK by hand stands before it: where that leads is another rule's matter."""
    return context.once_each_way(_first_end, operation.site.function) < operation.site.order


def call_of(operation: Operation, context: Context) -> SqlText | None:
    """The call that hands the operation's SQL to the database; None for an operation of Alembic's own."""
    if operation.site.sql is None:
        return None
    calls = context.once(_calls)
    index = bisect_right(calls, operation.site.order, key=lambda call: call.site.order)
    return calls[index - 1] if index else None


def _calls(context: Context) -> tuple[SqlText, ...]:
    return tuple(operation for operation in context.revision.operations if isinstance(operation, SqlText))


def in_autocommit(operation: Operation, context: Context) -> list[Change]:
    """The operation's statement in an autocommit block, so that it can be run again after a failure behind it.

    Empty where that would take something else along.
    """
    site = operation.site
    if site.autocommit:
        return []
    if isinstance(operation, CreateIndex | DropIndex):
        return concurrently.in_block(operation, context)
    if isinstance(operation, AddEnumValue):
        return _value_added(operation, context)
    if site.batch is not None:
        if site.repeated or placing.shares_batch(operation, context):
            return []
        statement = site.batch.statement
    else:
        text = call_of(operation, context)
        call = text.site.call if text is not None else site.call
        if site.statement != call or (text is not None and len(text.statements) > 1):
            return []
        statement = site.statement
    return [WrapStatements(statement, statement, blocks.header(context))]


def _value_added(operation: AddEnumValue, context: Context) -> list[Change]:
    """ADD VALUE IF NOT EXISTS in the block: in its place, or first of all where something that stays is before it."""
    site, text = operation.site, call_of(operation, context)
    words = _ADD_VALUE.search(context.text(site.statement))
    if text is None or words is None or site.statement != text.site.call or len(text.statements) > 1:
        return []
    at = site.statement.start + words.end()
    guard = " if not exists" if words[0].islower() else " IF NOT EXISTS"
    guarded = [] if operation.if_not_exists else [ReplaceText(Span(at, at), guard)]
    if blocks.what_stays(operation, context) is None:
        return [*guarded, WrapStatements(site.statement, site.statement, blocks.header(context))]
    function = context.revision.functions.get(site.function)
    first = site.statement in context.once(placing.top_level) and not site.conditions and not site.excluded
    if function is None or not first or site.dialects is not None or writing.meets_others(context, operation):
        return []
    if placing.holds_comment(site.statement, context):
        return []
    statement = context.text(site.statement)
    if not operation.if_not_exists:
        statement = f"{statement[: words.end()]}{guard}{statement[words.end() :]}"
    return [
        RemoveStatement(site.statement),
        PrependToFunction(function.span, writing.in_autocommit(context, statement)),
    ]


def statements_after(statement: Span, context: Context) -> tuple[Span, Span] | None:
    """The first and the last of the statements that follow a statement in its block; None when it is the last."""
    return context.once(_followers).get(statement)


def _followers(context: Context) -> Mapping[Span, tuple[Span, Span]]:
    found: dict[Span, tuple[Span, Span]] = {}
    for node in ast.walk(context.module.tree):
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if isinstance(block, list) and block and isinstance(block[0], ast.stmt):
                spans = [context.module.span(statement) for statement in cast("list[ast.stmt]", block)]
                found.update((span, (following, spans[-1])) for span, following in pairwise(spans))
    return found


def _is_on_own_connection(operation: Operation, context: Context) -> bool:
    """Whether the operation runs on Alembic's connection: always, unless its SQL is handed to another one."""
    text = call_of(operation, context)
    return text is None or is_alembics(text.callee)


def is_alembics(path: str) -> bool:
    """Whether a resolved path leads to Alembic's ``op``, its context or its connection, and not on to an engine."""
    own = path.startswith(("alembic.op.", "alembic.context.", "<block>")) or "get_bind()" in path
    return own and ".engine" not in path and "create_engine" not in path


def _is_in_unknown_block(operation: Operation, context: Context) -> bool:
    """Whether the operation stands in a ``with`` of which it is not known what it does to the transaction."""
    return any(span.contains(operation.site.call) for span in context.once(_unknown_blocks))


def _unknown_blocks(context: Context) -> tuple[Span, ...]:
    found: list[Span] = []
    for kind in (ast.With, ast.AsyncWith):
        for node in context.module.nodes(kind):
            for item in node.items:
                call = item.context_expr
                called = call.func if isinstance(call, ast.Call) else call
                name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
                if name not in _INSIDE:
                    found.append(context.module.span(node))
    return tuple(found)


def kind_of(operation: TransactionControl, context: Context) -> Kind | None:
    """On what it is said: SQL or the driver's connection, SQLAlchemy's connection, a session; None for another."""
    receiver = operation.receiver
    if not receiver:
        text = call_of(operation, context)
        return "sql" if text is not None and is_alembics(text.callee) else None
    if _OWN.fullmatch(receiver.removeprefix("alembic.op.").removeprefix("alembic.context.")):
        return "connection"
    if receiver.endswith("get_bind().connection"):
        return "sql"
    content = context.module.content
    if _SESSION.fullmatch(receiver) and "get_bind" in content and "engine" not in content:
        return "session"
    return None


def block_in_transaction(direction: Direction, context: Context) -> Operation | None:
    """The first operation of an autocommit block that is entered while SQLAlchemy's connection is in a transaction.

    Every statement begins one. A commit on the connection ends it, unlike COMMIT as SQL, and unlike that of a session.
    What unread code does is not known.
    """
    begun = True
    for operation in context.operations(direction):
        if operation.site.autocommit:
            if begun:
                return operation
        elif isinstance(operation, TransactionControl) and ends_transaction(operation):
            begun = begun and kind_of(operation, context) in ("sql", "session")
        else:
            begun = not isinstance(operation, Opaque)
    return None
