"""Timeouts for locks: in a revision, for the databases that it meets, and in env.py."""

from __future__ import annotations

import ast
import re
from typing import Final

from msgspec import Struct

from foreshot.lint import writing
from foreshot.lint.context import UNION, Context, ProjectContext
from foreshot.migration.operations import CreateTable, Operation, SetOption, TransactionControl
from foreshot.rules.locking import _placing as placing
from foreshot.rules.locking import _waiting as waiting
from foreshot.syntax.changes import Change, InsertBefore, PrependToFunction
from foreshot.syntax.module import Module

SETTINGS: Final = {
    "postgresql": "SET LOCAL lock_timeout = '5s'",
    "mysql": "SET SESSION lock_wait_timeout = 5",
    "mariadb": "SET SESSION lock_wait_timeout = 5",
}
"""What sets a timeout of five seconds, by database."""
OPTIONS: Final = ("lock_timeout", "statement_timeout", "lock_wait_timeout", "max_statement_time")
"""What limits how long a lock is waited for."""
_DURATION: Final = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)\s*(us|ms|s|min|h|d|)")
_UNITS: Final = {"us": 1e-6, "ms": 1e-3, "": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_MENTIONED: Final = re.compile(r"(?:lock|statement|wait)_?timeout")
_SAID: Final = re.compile(
    r"(?i)\bset\s+(?:(?P<local>local)\s+|session\s+)?lock_timeout\s*(?:=|to)\s*(?P<value>'\w+'|\d+)"
)


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
            on = is_on(operation)
            if operation.local:
                limit.local = on and not operation.site.autocommit
            else:
                limit.session = limit.local = on


def limits(operation: Operation) -> bool:
    """Whether it sets a timeout, or puts one back."""
    return isinstance(operation, SetOption) and operation.name in OPTIONS


def lifted(context: Context, operation: Operation | None) -> tuple[str, str] | None:
    """What lifts the session's lock timeout on PostgreSQL before a concurrent build, and what sets it again after it.

    None where the session has none. ``operation`` tells how far the revision has come; without it, it has just begun.
    """
    value = _of_session(context, operation)
    if value is None:
        return None
    again = f"SET lock_timeout = {value}" if value else "RESET lock_timeout"
    code = writing.execute(context, "SET lock_timeout = 0"), writing.execute(context, again)
    if any(target.database != "postgresql" for target in context.targets((), operation)):
        test = f'if {context.op}.get_context().dialect.name == "postgresql":'
        return writing.under(test, code[0]), writing.under(test, code[1])
    return code


def _of_session(context: Context, operation: Operation | None) -> str | None:
    """The session's lock timeout as SQL; empty where it comes with the connection; None for none."""
    found: str | None = None
    source = context.surroundings.env_source
    if context.surroundings.lock_timeout and source is not None:
        said = _SAID.search(source.content)
        if said is not None:
            found = None if said["local"] else said["value"]
        elif re.search(r"(?<!\w)lock_timeout", source.content):
            found = ""
    if any(url.lock_timeout for url in context.surroundings.environment.urls):
        found = found or ""
    for other in context.before(operation) if operation is not None else ():
        if isinstance(other, SetOption) and other.name == "lock_timeout" and not other.local:
            value = other.value.strip()
            plain = re.fullmatch(r"'?(\w+)'?", value)
            found = None if value.strip("'") == "0" else f"'{plain[1]}'" if plain else ""
    return found


def is_on(operation: SetOption) -> bool:
    """Whether its value limits anything."""
    return operation.value.strip("'\" ").lower() not in ("0", "default", "0s", "0ms")


def seconds(value: str) -> float:
    """A setting's value as PostgreSQL reads it, a number alone as milliseconds; 0 where it cannot be told."""
    match = _DURATION.fullmatch(value.strip("'\" ").lower())
    return float(match[1]) * _UNITS[match[2]] if match is not None else 0.0


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
        and not any(map(limits, context.revision.operations))
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
    place = placing.around(_first(operation, databases, context))
    before = context.module.content[: place.start].rstrip().replace(" ", "")
    if site.repeated or before.endswith(code.replace(" ", "")):
        # It stands there already, and what ends the transaction does so inside the block.
        return None
    return placing.before(_first(operation, databases, context), code)


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
    if all(
        SETTINGS.get(target.database) == statement
        for target in (*context.targets(), *context.surroundings.possible)
    ):
        return code
    names = ", ".join(writing.literal(database) for database in those)
    test = f"== {names}" if len(those) == 1 else f"in ({names})"
    return writing.under(f"if {context.op}.get_context().dialect.name {test}:", code)


def in_env(project: ProjectContext) -> Change | None:
    """The setting in env.py, in front of the one ``run_migrations`` inside ``begin_transaction`` that is no offline one.

    None while each revision has a transaction of its own: there it would begin one that nobody commits.
    """
    env, module = project.env, project.surroundings.env_module
    if env is None or module is None or len(env.online) != 1:
        return None
    call = env.online[0]
    if call.open_ended or call.flask or not env.shares_transaction:
        return None
    places = [
        (module.span(statement), ast.unparse(function.value))
        for block in module.nodes(ast.With)
        if any(_calls(item.context_expr, "begin_transaction") for item in block.items)
        for statement in block.body
        if isinstance(statement, ast.Expr)
        and isinstance(function := getattr(statement.value, "func", None), ast.Attribute)
        and function.attr == "run_migrations"
        and not _is_offline(statement, module)
    ]
    if len(places) != 1:
        return None
    place, context = places[0]
    targets = (*(project.targets or UNION), *project.surroundings.possible)
    lines: list[str] = []
    for statement in dict.fromkeys(SETTINGS.values()):
        those = [target.database for target in targets if SETTINGS.get(target.database) == statement]
        line = f"{context}.execute({writing.literal(statement)})"
        if len(those) == len(targets):
            lines.append(line)
        elif those:
            names = ", ".join(map(writing.literal, those))
            test = f"== {names}" if len(those) == 1 else f"in ({names})"
            lines.append(writing.under(f"if {context}.get_context().dialect.name {test}:", line))
    return InsertBefore(place, "\n".join(lines)) if lines else None


def _calls(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == name


def _is_offline(statement: ast.stmt, module: Module) -> bool:
    span = module.span(statement)
    return any(
        "offline" in function.name and module.span(function).contains(span)
        for kind in (ast.FunctionDef, ast.AsyncFunctionDef)
        for function in module.nodes(kind)
    )
