"""Timeouts for locks: in a revision, for the databases that it meets, and in env.py."""

from __future__ import annotations

import ast
import re
from typing import Final

from msgspec import Struct

from foreshot.lint import writing
from foreshot.lint.context import Context
from foreshot.migration.operations import CreateTable, Operation, SetOption, TransactionControl
from foreshot.rules.locking import _placing as placing
from foreshot.rules.locking import _waiting as waiting
from foreshot.syntax.changes import Change, PrependToFunction
from foreshot.text import Span

SETTINGS: Final = {
    "postgresql": "SET LOCAL lock_timeout = '5s'",
    "mysql": "SET SESSION lock_wait_timeout = 5",
    "mariadb": "SET SESSION lock_wait_timeout = 5",
}
"""What sets a timeout of five seconds, by database."""
OPTIONS: Final = ("lock_timeout", "statement_timeout", "lock_wait_timeout", "max_statement_time")
"""What limits how long a lock is waited for."""
_MENTIONED: Final = re.compile(r"(?:lock|statement|wait)_?timeout")
_ENGINES: Final = ("engine_from_config", "create_engine")


class Limit(Struct):
    """How far a revision has come, on one database, with a limit to its waiting."""

    session: bool = False
    local: bool = False


def follow(operation: Operation, limits: dict[str, Limit]) -> None:
    """Keep account of what limits the waiting: a local setting ends with its transaction."""
    for database in SETTINGS:
        limit = limits.setdefault(database, Limit())
        ended = isinstance(operation, TransactionControl) and operation.verb in ("commit", "rollback")
        if ended or (operation.site.autocommit and not isinstance(operation, SetOption)):
            limit.local = False
        if (
            isinstance(operation, SetOption)
            and operation.name in OPTIONS
            and operation.site.runs_on(database)
        ):
            on = operation.value.strip("'\" ").lower() not in ("0", "default")
            if operation.local:
                limit.local = on and not operation.site.autocommit
            else:
                limit.session = limit.local = on


def is_limited(limit: Limit | None) -> bool:
    """Whether it holds now."""
    return limit is not None and (limit.session or limit.local)


def is_set_unseen(context: Context) -> bool:
    """Whether the file speaks of a timeout in a way that could not be read: a helper, a decorator, set_config()."""
    content = context.module.content.lower()
    # Nearly no file says the word, and that is found far sooner than any of three.
    return (
        "timeout" in content
        and bool(_MENTIONED.search(content))
        and not any(
            isinstance(operation, SetOption) and operation.name in OPTIONS
            for operation in context.revision.operations
        )
    )


def in_revision(operation: Operation, databases: tuple[str, ...], context: Context) -> Change | None:
    """The setting at the start of the function; behind a commit or an autocommit block, before what waits first there."""
    site = operation.site
    function = context.revision.functions.get(site.function)
    if site.autocommit or function is None:
        return None
    code = "\n".join(
        _setting(statement, databases, context) for statement in dict.fromkeys(SETTINGS.values())
    )
    code = "\n".join(line for line in code.split("\n") if line)
    if not any(_ends_transaction(other) for other in context.before(operation)):
        return PrependToFunction(function.span, code)
    return None if site.repeated else placing.before(_first(operation, databases, context), code)


def _first(operation: Operation, databases: tuple[str, ...], context: Context) -> Operation:
    """What waits first in the operation's transaction: on PostgreSQL a new table's foreign key locks an older table."""
    first = operation
    for other in reversed(context.before(operation)) if "postgresql" in databases else ():
        if _ends_transaction(other):
            break
        if (
            isinstance(other, CreateTable)
            and not other.site.repeated
            and operation.site.path[: len(other.site.path)] == other.site.path
            and _locks_another(other, context)
        ):
            first = other
    return first


def _locks_another(operation: CreateTable, context: Context) -> bool:
    return any(
        lock.of == "parent" and lock.table and not context.schema.is_new(lock.table, operation)
        for wait in waiting.effects(operation, context, ("postgresql",))
        for lock in wait.effect.locks
    )


def _ends_transaction(operation: Operation) -> bool:
    """Whether a setting that is local to the transaction is gone behind it."""
    if isinstance(operation, TransactionControl):
        return operation.verb in ("commit", "rollback")
    return operation.site.autocommit


def _setting(statement: str, databases: tuple[str, ...], context: Context) -> str:
    """One database's setting, under a guard where the project runs on others too."""
    those = [database for database in databases if SETTINGS.get(database) == statement]
    if not those:
        return ""
    code = writing.execute(context, statement)
    if all(SETTINGS.get(target.database) == statement for target in context.targets()):
        return code
    names = ", ".join(writing.literal(database) for database in those)
    test = f"== {names}" if len(those) == 1 else f"in ({names})"
    return writing.under(f"if {context.op}.get_context().dialect.name {test}:", code)


def engine_of(context: Context) -> Span | None:
    """The one call in env.py that makes an engine for PostgreSQL, by a driver that takes libpq's options."""
    around = context.surroundings
    others = any(target.database != "postgresql" for target in context.targets())
    drivers = {url.scheme.partition("+")[2] for url in around.environment.urls}
    if around.env_module is None or not context.targets_known or others or drivers & {"asyncpg", "pg8000"}:
        return None
    calls = [node for node in around.env_module.nodes(ast.Call) if _name_of(node.func).endswith(_ENGINES)]
    if len(calls) != 1 or _name_of(calls[0].func) not in _ENGINES:
        return None
    given = {keyword.arg for keyword in calls[0].keywords}
    return None if "connect_args" in given else around.env_module.span(calls[0])


def _name_of(func: ast.expr) -> str:
    return func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""
