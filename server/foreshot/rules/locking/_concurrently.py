"""Indexes that are built and dropped without keeping anybody waiting, and that survive a failure in the middle.

A build that fails leaves an INVALID index of that name. So each build is preceded by a drop ``IF EXISTS``, and is not
told ``IF NOT EXISTS``, which would take the invalid index for the one that was meant.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from foreshot.lint import blocks, writing
from foreshot.lint.context import Context
from foreshot.migration.operations import CreateIndex, DropIndex, Operation, SqlText, TableOperation
from foreshot.rules.locking import _placing as placing
from foreshot.rules.locking import _timeouts as timeouts
from foreshot.syntax.changes import (
    Change,
    InsertBefore,
    PrependToFunction,
    RemoveArgument,
    RemoveStatement,
    ReplaceStatement,
    ReplaceText,
    SetArgument,
    WrapStatements,
)
from foreshot.text import Span

Index = CreateIndex | DropIndex

_CREATE: Final = re.compile(
    r"(?i)create(?:\s+unique)?\s+index\b(?P<guard>(?:\s+concurrently\b)?(?:\s+if\s+not\s+exists\b)?)"
)
_DROP: Final = re.compile(r"(?i)drop\s+index\b(?P<guard>(?:\s+concurrently\b)?(?:\s+if\s+exists\b)?)")
_ONLY: Final = re.compile(r"(?i)\bon\s+only\b")


def in_both_directions(operation: Index, context: Context) -> list[Change]:
    """CONCURRENTLY for the operation and its neighbours, and for their counterparts in the other direction.

    Empty where it cannot be written.
    """
    run = _run(operation, context)
    changes = _concurrently(run, context)
    if not changes:
        return []
    for one in run:
        creates = isinstance(one, CreateIndex)
        for other in context.once(_by_name).get((one.site.function, name_of(one)), ()):
            # Elsewhere a plain drop in the transaction is as good: nothing waits long for it.
            free = blocks.what_stays(other, context) is None or other.site.batch is not None
            if isinstance(other, CreateIndex) != creates and other.concurrently is False and free:
                changes.extend(_concurrently((other,), context))
    return list(dict.fromkeys(changes))


def in_block(operation: Index, context: Context) -> list[Change]:
    """The autocommit block alone around what is CONCURRENTLY already; of a build, with the drop before it."""
    return _concurrently((operation,), context)


def built(context: Context, arguments: Sequence[str], name: str, table: str, schema: str | None) -> str:
    """An autocommit block that drops what a failed build has left and builds the index of these arguments."""
    where = [f"schema={writing.literal(schema)}"] if schema else []
    dropped = writing.call(
        f"{context.op}.drop_index",
        [
            writing.literal(name),
            f"table_name={writing.literal(table)}",
            *where,
            "postgresql_concurrently=True",
            "if_exists=True",
        ],
    )
    made = writing.call(f"{context.op}.create_index", [*arguments, "postgresql_concurrently=True"])
    return unlimited(context, f"{dropped}\n{made}")


def unlimited(context: Context, code: str, operation: Operation | None = None) -> str:
    """Code in an autocommit block, without the lock timeout that the project sets for its session.

    A concurrent build waits for every older transaction; one that times out leaves an INVALID index.
    """
    around = timeouts.lifted(context, operation)
    if around is not None:
        code = f"{around[0]}\n{code}\n{around[1]}"
    return writing.in_autocommit(context, code)


def name_of(operation: Index) -> object:
    """The index's name."""
    return operation.index.name if isinstance(operation, CreateIndex) else operation.name


def _by_name(context: Context) -> dict[tuple[str, object], list[Index]]:
    """Indexes that are made or dropped, by the direction that does not do it and their name."""
    found: dict[tuple[str, object], list[Index]] = {}
    for operation in context.revision.operations:
        if isinstance(operation, Index):
            other = "downgrade" if operation.site.function == "upgrade" else "upgrade"
            found.setdefault((other, name_of(operation)), []).append(operation)
    return found


def _run(operation: Index, context: Context) -> tuple[Index, ...]:
    """The operation with the neighbouring ones of its kind: one block is for all of them."""
    following = context.once(placing.followers)
    by_statement = {
        other.site.statement: other
        for other in context.operations(operation.site.function)
        if isinstance(other, Index) and _is_like(other, operation, context)
    }
    preceding = {after: before for before, after in following.items()}
    run = [operation]
    for step in (preceding, following):
        at = operation.site.statement
        while (at := step.get(at, Span(-1, -1))) in by_statement:
            run.insert(0, by_statement[at]) if step is preceding else run.append(by_statement[at])
    return tuple(run)


def _is_like(other: Index, operation: Index, context: Context) -> bool:
    site = other.site
    return (
        type(other) is type(operation)
        and other.concurrently is False
        and placing.is_own_statement(other)
        and (site.batch is None) == (operation.site.batch is None)
        and (
            site.batch is None
            or operation.site.batch is None
            or site.batch.statement == operation.site.batch.statement
        )
        and (site.path, site.autocommit, site.dialects)
        == (operation.site.path, operation.site.autocommit, operation.site.dialects)
        and not context.schema.is_new(other.table_name, other)
        and isinstance(name_of(other), str)
    )


def _concurrently(run: Sequence[Index], context: Context) -> list[Change]:
    """CONCURRENTLY for neighbours, in one autocommit block; out of a batch block, in which neither would work."""
    first = run[0]
    if any(not isinstance(name_of(one), str) for one in run):
        return []
    if first.site.sql is not None:
        return _in_sql(first, context) if len(run) == 1 else []
    if not all(placing.is_own_statement(one) for one in run):
        return []
    meets_mysql = any(target.database == "mysql" for target in context.targets((), first))
    if first.site.batch is not None or (meets_mysql and isinstance(first, DropIndex)):
        return _rewritten(run, context, meets_mysql=meets_mysql)
    if not first.site.autocommit and blocks.what_stays(first, context) is not None:
        in_front = _in_front(run, context)
        if in_front:
            return in_front
    changes: list[Change] = []
    drops: list[str] = []
    for one in run:
        if one.concurrently is not True:
            changes.append(SetArgument(one.site.call, "postgresql_concurrently", "True"))
        if isinstance(one, DropIndex):
            if not one.if_exists:
                changes.append(SetArgument(one.site.call, "if_exists", "True"))
            continue
        if one.if_not_exists:
            changes.append(RemoveArgument(one.site.call, "if_not_exists"))
        drop = _drop_before(one, context)
        if drop is None:
            return []
        drops.append(drop)
    around = timeouts.lifted(context, first)
    if first.site.autocommit:
        changes += [InsertBefore(one.site.statement, drop) for one, drop in zip(run, drops, strict=False)]
        return [*changes, *context.op_import]
    lead, tail = around or ("", "")
    lead = "\n".join(filter(None, (lead, *drops[:1])))
    changes += [InsertBefore(one.site.statement, drop) for one, drop in zip(run[1:], drops[1:], strict=False)]
    statements = first.site.statement, run[-1].site.statement
    changes.append(WrapStatements(*statements, blocks.header(context), lead, tail))
    return [*changes, *context.op_import]


def _rewritten(run: Sequence[Index], context: Context, *, meets_mysql: bool) -> list[Change]:
    """The operations written anew outside of their batch block, or under a guard: MySQL has no IF EXISTS for an index."""
    first = run[0]
    lines: list[str] = []
    for one in run:
        code = _anew(one, context)
        if code is None:
            return []
        lines.append(code)
    code = unlimited(context, "\n".join(lines), first)
    batch = first.site.batch
    whole = batch is not None and _holds_only(batch.statement, run, context)
    if meets_mysql and isinstance(first, DropIndex):
        if batch is not None or len(run) > 1:
            return []
        code = writing.on_postgresql(context, first, code, context.text(first.site.statement))
    if first.site.autocommit:
        return []
    if whole and batch is not None:
        return [ReplaceStatement(batch.statement, code), *context.op_import]
    if len(run) == 1:
        return [
            *placing.instead(first, context, code, first=isinstance(first, DropIndex)),
            *context.op_import,
        ]
    changes: list[Change] = [RemoveStatement(one.site.statement) for one in run]
    last = run[-1]
    changes.append(placing.before(first, code) if isinstance(first, DropIndex) else placing.after(last, code))
    return [*changes, *context.op_import]


def _in_front(run: Sequence[Index], context: Context) -> list[Change]:
    """The block as the first thing that the function does, where nothing before it touches these tables."""
    function = context.revision.functions.get(run[0].site.function)
    if function is None:
        return []
    lines: list[str] = []
    for one in run:
        code = _anew(one, context)
        if code is None or not _is_free(one, context):
            return []
        lines.append(code)
    code = unlimited(context, "\n".join(lines), None)
    removed: list[Change] = [RemoveStatement(one.site.statement) for one in run]
    return [*removed, PrependToFunction(function.span, code), *context.op_import]


def _is_free(operation: Index, context: Context) -> bool:
    """Whether the operation may as well come first: unconditional, and about a table that nothing before it touches."""
    site, table = operation.site, operation.table_name
    if table is None or site.conditions or site.dialects is not None or site.excluded or site.repeated:
        return False
    if site.statement not in context.once(placing.top_level) or placing.holds_comment(
        site.statement, context
    ):
        return False
    for other in context.before(operation):
        if isinstance(other, SqlText):
            continue
        if not isinstance(other, TableOperation) or other.table_name in (None, table):
            return False
    return True


def _anew(operation: Index, context: Context) -> str | None:
    """The operation's call as ``op`` takes it, concurrently; of a build with the drop before it."""
    if operation.site.batch is not None and placing.holds_comment(operation.site.statement, context):
        return None
    options = ("postgresql_concurrently", "if_not_exists", "if_exists")
    if isinstance(operation, CreateIndex):
        arguments = placing.arguments(operation, context, ("index_name", "table_name", "columns"), options)
        drop = _drop_before(operation, context)
        if arguments is None or drop is None:
            return None
        made = writing.call(f"{context.op}.create_index", [*arguments, "postgresql_concurrently=True"])
        return f"{drop}\n{made}"
    arguments = placing.arguments(operation, context, ("index_name",), (*options, "table_name"))
    if arguments is None:
        return None
    table = operation.table
    where = [f"table_name={writing.literal(table)}"] if isinstance(table, str) else []
    extra = ["postgresql_concurrently=True", "if_exists=True"]
    return writing.call(f"{context.op}.drop_index", [arguments[0], *where, *arguments[1:], *extra])


def _drop_before(operation: CreateIndex, context: Context) -> str | None:
    """What takes away the INVALID index of an earlier try; on PostgreSQL only, as MySQL has no IF EXISTS for it."""
    span = operation.site.args.get("index_name")
    written = writing.one_line(context.module, span) if span is not None else None
    if (
        written is None
        or not isinstance(operation.table, str)
        or not isinstance(operation.schema, str | None)
    ):
        return None
    batch = operation.site.batch
    if batch is not None:
        written = re.sub(rf"\b{re.escape(batch.alias)}\.f\(", f"{context.op}.f(", written)
    where = [f"schema={writing.literal(operation.schema)}"] if operation.schema else []
    code = writing.call(
        f"{context.op}.drop_index",
        [
            written,
            f"table_name={writing.literal(operation.table)}",
            *where,
            "postgresql_concurrently=True",
            "if_exists=True",
        ],
    )
    mysql = any(target.database == "mysql" for target in context.targets((), operation))
    return writing.on_postgresql(context, operation, code) if mysql else code


def _holds_only(batch: Span, run: Sequence[Index], context: Context) -> bool:
    """Whether a batch block holds these statements and nothing else."""
    return context.once(placing.bodies).get(batch) == tuple(one.site.statement for one in run)


def _in_sql(operation: Index, context: Context) -> list[Change]:
    """The word in a string of SQL that says nothing else, in the letters that the string is written in."""
    site, sql = operation.site, operation.site.sql or ""
    creates = isinstance(operation, CreateIndex)
    words = (_CREATE if creates else _DROP).match(context.text(site.name))
    name = name_of(operation)
    if words is None or not isinstance(name, str) or not placing.is_alone_in_sql(operation, context):
        return []
    if _ONLY.search(sql) or blocks.what_stays(operation, context) is not None:
        return []
    if writing.meets_others(context, operation):
        return []  # No other database has the word.
    quoted = writing.quoted(name)
    if quoted is None or not (name == name.lower() or f'"{name}"' in sql):
        return []
    small = words[0].islower()
    start, end = site.name.start + words.start("guard"), site.name.start + words.end()
    word = " CONCURRENTLY" if creates else " CONCURRENTLY IF EXISTS"
    word = word.lower() if small else word
    changes: list[Change] = [] if words["guard"] == word else [ReplaceText(Span(start, end), word)]
    lead, tail = timeouts.lifted(context, operation) or ("", "")
    if creates:
        schema = writing.quoted(operation.schema) if isinstance(operation.schema, str) else ""
        if schema is None:
            return []
        drop = f"DROP INDEX CONCURRENTLY IF EXISTS {schema}{'.' if schema else ''}{quoted}"
        drop = writing.execute(context, drop)
        if site.autocommit:
            return [*changes, InsertBefore(site.statement, drop), *context.op_import]
        lead = "\n".join(filter(None, (lead, drop)))
    if not site.autocommit:
        changes.append(WrapStatements(site.statement, site.statement, blocks.header(context), lead, tail))
    return [*changes, *context.op_import]
