"""Indexes that are built and dropped without keeping anybody waiting."""

from __future__ import annotations

import re
from typing import Final

from foreshot.lint import writing
from foreshot.lint.context import Context
from foreshot.migration.operations import CreateIndex, DropIndex
from foreshot.rules.locking import _placing as placing
from foreshot.syntax.changes import Change, ReplaceText, SetArgument, WrapStatements
from foreshot.text import Span

_WORDS: Final = re.compile(r"(?i)(?:create(?:\s+unique)?|drop)\s+index\b(?!\s+concurrently)")


def in_both_directions(operation: CreateIndex | DropIndex, context: Context) -> list[Change]:
    """CONCURRENTLY for the operation, and for its counterpart in the other direction; empty where it cannot be written."""
    changes = concurrently(operation, context)
    name = _name(operation)
    if not changes or not isinstance(name, str):
        return changes
    creates = isinstance(operation, CreateIndex)
    for other in context.once(_by_name).get((operation.site.function, name), ()):
        if isinstance(other, CreateIndex) != creates and other.concurrently is False:
            changes.extend(concurrently(other, context))
    return changes


def _by_name(context: Context) -> dict[tuple[str, object], list[CreateIndex | DropIndex]]:
    """Indexes that are made or dropped, by the direction that does not do it and their name."""
    found: dict[tuple[str, object], list[CreateIndex | DropIndex]] = {}
    for operation in context.revision.operations:
        if isinstance(operation, CreateIndex | DropIndex):
            other = "downgrade" if operation.site.function == "upgrade" else "upgrade"
            found.setdefault((other, _name(operation)), []).append(operation)
    return found


def concurrently(operation: CreateIndex | DropIndex, context: Context) -> list[Change]:
    """CONCURRENTLY, in an autocommit block; out of a batch block, in which neither would work."""
    if operation.site.sql is not None:
        return _in_sql(operation, context)
    if not placing.is_own_statement(operation):
        return []
    options = {"postgresql_concurrently": "True"}
    # MySQL has no IF EXISTS for an index.
    if not any(target.database == "mysql" for target in context.targets((), operation)):
        options["if_not_exists" if isinstance(operation, CreateIndex) else "if_exists"] = "True"
    site = operation.site
    if site.batch is None:
        changes: list[Change] = [SetArgument(site.call, name, value) for name, value in options.items()]
        if not site.autocommit:
            header = f"with {context.op}.get_context().autocommit_block():"
            changes += [WrapStatements(site.statement, site.statement, header), *context.op_import]
        return changes
    arguments = _moved(operation, context, tuple(options))
    if arguments is None:
        return []
    arguments += [f"{name}={value}" for name, value in options.items()]
    creates = isinstance(operation, CreateIndex)
    code = writing.call(f"{context.op}.{'create_index' if creates else 'drop_index'}", arguments)
    if not site.autocommit:
        code = writing.in_autocommit(context, code)
    return [*placing.instead(operation, context, code, first=not creates), *context.op_import]


def _in_sql(operation: CreateIndex | DropIndex, context: Context) -> list[Change]:
    """The word in a string of SQL that says nothing else, in the letters that the string is written in."""
    site = operation.site
    words = _WORDS.match(context.text(site.name))
    if words is None or not placing.is_alone_in_sql(operation, context):
        return []
    at = site.name.start + words.end()
    word = " concurrently" if words[0].islower() else " CONCURRENTLY"
    changes: list[Change] = [ReplaceText(Span(at, at), word)]
    if not site.autocommit:
        header = f"with {context.op}.get_context().autocommit_block():"
        changes += [WrapStatements(site.statement, site.statement, header), *context.op_import]
    return changes


def _moved(
    operation: CreateIndex | DropIndex, context: Context, left_out: tuple[str, ...]
) -> list[str] | None:
    if isinstance(operation, CreateIndex):
        return placing.arguments(operation, context, ("index_name", "table_name", "columns"), left_out)
    table = operation.table
    arguments = placing.arguments(operation, context, ("index_name",), left_out)
    if arguments is None or not isinstance(table, str):
        return None
    return [arguments[0], f"table_name={writing.literal(table)}", *arguments[1:]]


def _name(operation: CreateIndex | DropIndex) -> object:
    return operation.index.name if isinstance(operation, CreateIndex) else operation.name
