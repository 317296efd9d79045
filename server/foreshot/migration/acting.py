"""Which calls in an expression may change the database."""

from __future__ import annotations

import ast
import re
import sys
from typing import Final, Literal, TypeGuard

from foreshot.migration.builders import is_operation
from foreshot.migration.operations import BulkInsert, DataChange, Operation, TableOperation
from foreshot.syntax.evaluate import Scope
from foreshot.syntax.values import CallValue, FunctionValue, Ref

EXECUTE: Final = frozenset({"execute", "exec_driver_sql", "executemany", "scalar", "scalars", "exec"})
CONTROL: Final[dict[str, Literal["begin", "commit", "rollback"]]] = {
    "begin": "begin",
    "commit": "commit",
    "rollback": "rollback",
}
_ACTING = EXECUTE | frozenset(CONTROL) | {"create", "drop", "create_all", "drop_all", "update", "delete"}


_LOGS: Final = re.compile(
    r"\blog(?:ger|ging)?\.(?:debug|info|warn|warning|error|exception|critical|log)$", re.IGNORECASE
)
"""Calls of a logger, wherever it comes from."""
_HARMLESS: Final = frozenset(
    {"sqlalchemy", "logger", "log", "LOG", "print", "tqdm", "click", "structlog", "loguru", "rich"}
)


def acting_calls(node: ast.expr, scope: Scope) -> list[ast.Call]:
    """Calls in an expression that may change the database, by their names; inner ones before those around them."""
    found: list[ast.Call] = []
    pending: list[ast.AST] = [node]
    while pending:
        current = pending.pop()
        if not isinstance(current, ast.Call):
            if not isinstance(current, _QUIET):
                pending.extend(ast.iter_child_nodes(current))
            continue
        func = current.func
        if isinstance(func, ast.Attribute):
            owner = func.value
            if func.attr in _ACTING or is_operation(func.attr):
                found.append(current)
            elif isinstance(owner, ast.Name) and _is_library(owner.id, scope):
                # What SQLAlchemy constructs (a column, a type, a text) acts on nothing yet.
                continue
            elif isinstance(owner, ast.Name) and isinstance(scope.evaluate(func), FunctionValue):
                found.append(current)
            if not isinstance(owner, ast.Name):
                pending.append(owner)
        elif isinstance(func, ast.Name):
            acts = func.id in _ACTING or is_operation(func.id)
            if acts or isinstance(scope.evaluate(func), FunctionValue):
                found.append(current)
        else:
            pending.append(func)
        pending.extend([item for item in current.args if not isinstance(item, _QUIET)])
        pending.extend([item.value for item in current.keywords if not isinstance(item.value, _QUIET)])
    found.reverse()
    return found


_QUIET = (ast.Constant, ast.Name, ast.Lambda)


def _is_library(name: str, scope: Scope) -> bool:
    value = scope.lookup(name)
    return isinstance(value, Ref) and (value.path == "sqlalchemy" or value.path.startswith("sqlalchemy."))


def may_be_sql(call: CallValue) -> bool:
    """Whether `.execute(x)` is plausibly a database's: not `executor.execute` or a task's."""
    path = call.path
    return any(
        word in path
        for word in (
            "alembic.op",
            "get_bind",
            "onn",
            "ession",
            "ursor",
            "bind",
            "ngine",
            "<parameter>",
            "<block>",
        )
    )


def changes_table(operation: Operation) -> TypeGuard[TableOperation]:
    """Whether a statement changes what a table is, and not only its rows."""
    return isinstance(operation, TableOperation) and not isinstance(operation, DataChange | BulkInsert)


def is_text_call(node: ast.expr, scope: Scope) -> bool:
    """Whether an expression is ``text(…)`` or ``DDL(…)``, or a name for one."""
    if isinstance(node, ast.Name):
        origin = scope.node_of(node.id)
        node = origin[0] if origin is not None else node
    return any(
        (isinstance(call.func, ast.Attribute) and call.func.attr in ("text", "DDL"))
        or (isinstance(call.func, ast.Name) and call.func.id in ("text", "DDL"))
        for call in ast.walk(node)
        if isinstance(call, ast.Call)
    )


def is_query(value: CallValue) -> bool:
    """Whether a described construct is a query."""
    parts = value.path.split(".")
    return "select()" in parts or parts[-1] in ("select", "exists", "union", "union_all")


def only_reads(value: CallValue) -> bool:
    """Whether a described construct is a query, or one whose change was read where it was made."""
    if is_query(value):
        return True
    parts = value.path.split(".")
    return parts[0] == "sqlalchemy" and not parts[-1].startswith(("Create", "Drop"))


def is_harmless(func: Ref) -> bool:
    """Whether a function from elsewhere surely leaves the database alone, or nothing is known of whose it is."""
    root = func.path.lstrip(".").partition(".")[0]
    return (
        "()" in func.path
        or "<" in func.path
        or not func.bound
        or root in _HARMLESS
        or root in sys.stdlib_module_names
        or _LOGS.search(func.path) is not None
    )
