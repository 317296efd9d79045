"""Timeouts for locks: in a revision, for the databases that it meets, and in env.py."""

from __future__ import annotations

import ast
from typing import Final

from foreshot.lint import writing
from foreshot.lint.context import Context
from foreshot.migration.operations import Operation, TransactionControl
from foreshot.rules.locking import _placing as placing
from foreshot.syntax.changes import Change, PrependToFunction
from foreshot.text import Span

SETTINGS: Final = {
    "postgresql": "SET LOCAL lock_timeout = '5s'",
    "mysql": "SET SESSION lock_wait_timeout = 5",
    "mariadb": "SET SESSION lock_wait_timeout = 5",
}
"""What sets a timeout of five seconds, by database."""
_ENGINES: Final = ("engine_from_config", "create_engine")


def in_revision(operation: Operation, databases: tuple[str, ...], context: Context) -> Change | None:
    """The setting at the start of the function; behind a commit or an autocommit block, right before the operation."""
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
    return None if site.repeated else placing.before(operation, code)


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
    calls = [
        node
        for node in around.env_module.nodes.get(ast.Call, ())
        if isinstance(node, ast.Call) and _name_of(node.func).endswith(_ENGINES)
    ]
    if len(calls) != 1 or _name_of(calls[0].func) not in _ENGINES:
        return None
    given = {keyword.arg for keyword in calls[0].keywords}
    return None if "connect_args" in given else around.env_module.span(calls[0])


def _name_of(func: ast.expr) -> str:
    return func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""
