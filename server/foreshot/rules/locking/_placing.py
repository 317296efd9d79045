"""Where what a repair writes goes: next to a statement, or outside of the batch block that it stands in."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Final, cast

from foreshot.lint import writing
from foreshot.lint.context import Context
from foreshot.migration.operations import Operation, SqlText
from foreshot.syntax.changes import Change, InsertAfter, InsertBefore, RemoveStatement, ReplaceStatement
from foreshot.syntax.values import Unknown
from foreshot.text import Span


def is_plain(operation: Operation) -> bool:
    """Whether the operation is a call that the source makes once, and can be changed by itself."""
    site = operation.site
    return not site.repeated and site.sql is None


def is_own_statement(operation: Operation) -> bool:
    """Whether the operation's call is all that its statement says."""
    return is_plain(operation) and operation.site.statement == operation.site.call


def is_alone_in_sql(operation: Operation, context: Context) -> bool:
    """Whether the operation is all that one string of SQL says, and the statement hands over nothing else."""
    calls = [
        other
        for other in context.revision.operations
        if isinstance(other, SqlText) and other.site.statement == operation.site.statement
    ]
    said = [
        other
        for other in context.revision.operations
        if other.site.sql is not None and other.site.statement == operation.site.statement
    ]
    return (
        not operation.site.repeated and len(calls) == 1 and len(calls[0].statements) == 1 and len(said) == 1
    )


def around(operation: Operation) -> Span:
    """The statement that the operation is run by: its own, or the batch block around it."""
    batch = operation.site.batch
    return batch.statement if batch else operation.site.statement


def next_to(operation: Operation, code: str) -> Change:
    """Code right behind the operation, inside its batch block."""
    return InsertAfter(operation.site.statement, code)


def after(operation: Operation, code: str) -> Change:
    """Code that runs once the operation has run."""
    return InsertAfter(around(operation), code)


def before(operation: Operation, code: str) -> Change:
    """Code that runs before the operation, and before the rest of its batch block."""
    return InsertBefore(around(operation), code)


def instead(operation: Operation, context: Context, code: str, *, first: bool = False) -> list[Change]:
    """Code in place of the operation's statement; of one in a batch block behind that block, or ``first``, before it."""
    site, batch = operation.site, operation.site.batch
    if batch is None:
        return [ReplaceStatement(site.statement, code)]
    if not shares_batch(operation, context):
        return [ReplaceStatement(batch.statement, code)]
    return [
        RemoveStatement(site.statement),
        before(operation, code) if first else after(operation, code),
    ]


def shares_batch(operation: Operation, context: Context) -> bool:
    """Whether the batch block around the operation holds more than the operation's statement."""
    site, batch = operation.site, operation.site.batch
    if batch is None:
        return False
    header = context.text(Span(batch.call.end, site.statement.start))
    alone = batch.statement.end == site.statement.end
    return not (alone and re.fullmatch(r"\s*(?:as\s+\w+\s*)?:\s*", header))


def followers(context: Context) -> Mapping[Span, Span]:
    """The statement that follows each, in the same block."""
    return {one: other for body in context.once(bodies).values() for one, other in pairwise(body)}


_COMPOUND: Final = (
    ast.Module,
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.If,
    ast.For,
    ast.AsyncFor,
    ast.While,
    ast.With,
    ast.AsyncWith,
    ast.Try,
    ast.TryStar,
    ast.ExceptHandler,
    ast.match_case,
)


def bodies(context: Context) -> Mapping[Span, tuple[Span, ...]]:
    """The statements inside each compound statement or function; of a branch that is not its first, by its first statement."""
    found: dict[Span, tuple[Span, ...]] = {}
    for node in (node for kind in _COMPOUND for node in context.module.nodes(kind)):
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if isinstance(block, list) and block and isinstance(block[0], ast.stmt):
                spans = tuple(context.module.span(statement) for statement in cast("list[ast.stmt]", block))
                owner = (
                    context.module.span(node) if name == "body" and isinstance(node, ast.stmt) else spans[0]
                )
                found[owner] = spans
    return found


def top_level(context: Context) -> frozenset[Span]:
    """The statements that ``upgrade()`` and ``downgrade()`` run one after the other."""
    found = context.once(bodies)
    return frozenset(
        span for function in context.revision.functions.values() for span in found.get(function.span, ())
    )


def holds_comment(statement: Span, context: Context) -> bool:
    """Whether a comment stands inside a statement or ends its line: it would go with what is written anew."""
    end = context.module.content.find("\n", statement.end)
    whole = Span(statement.start, end if end != -1 else len(context.module.content))
    return any(whole.contains(comment.span) for comment in context.module.comments)


def arguments(
    operation: Operation, context: Context, positional: tuple[str, ...], left_out: tuple[str, ...] = ()
) -> list[str] | None:
    """The arguments of the operation's call as ``op`` takes them, a batch block's table among them.

    ``positional`` are the names of those that come first; ``left_out`` are keywords to leave out. None where they
    cannot be told.
    """
    site, batch = operation.site, operation.site.batch
    found: list[str] = []
    for name in positional:
        span = site.args.get(name)
        text = writing.one_line(context.module, span) if span is not None else None
        if text is None and name in ("table_name", "source_table"):
            table = getattr(operation, "table", None)
            text = writing.literal(table) if isinstance(table, str) else None
        if text is None:
            return None
        found.append(text)
    for name, span in site.keywords.items():
        if name in positional or name in left_out:
            continue
        text = writing.one_line(context.module, span)
        if text is None:
            return None
        found.append(text)
    if batch is not None:
        if isinstance(batch.schema, Unknown):
            return None
        if batch.schema:
            found.append(f"schema={writing.literal(batch.schema)}")
        found = [re.sub(rf"\b{re.escape(batch.alias)}\.f\(", f"{context.op}.f(", text) for text in found]
    return found
