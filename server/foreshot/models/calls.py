"""Calls of the project's own plain functions, and of the few of Python's that names of tables are made with."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, cast

from foreshot.syntax.evaluate import MAX_DEPTH, Scope
from foreshot.syntax.expressions import bind_parameters, evaluate_call
from foreshot.syntax.values import CallValue, FunctionValue, Ref, Unknown, Value

if TYPE_CHECKING:
    from foreshot.models.scopes import ModuleScope

MAX_STEPS: Final = 400
"""Statements of one helper function that are followed."""


def call_function(function: FunctionValue, call: CallValue, depth: int = 0) -> Value:
    """What a plain function returns for the arguments of a described call, as far as that follows from its text."""
    inner = bind_parameters(function, list(call.args), call.keywords, depth + 1)
    if isinstance(function.node, ast.Lambda):
        return inner.evaluate(function.node.body, depth + 1)
    unknown = Unknown(f"what `{function.node.name}()` returns is only known when it runs", call.span)
    if call.open_ended or depth > MAX_DEPTH:
        return unknown
    pending = list(reversed(function.node.body))
    for _ in range(MAX_STEPS):
        if not pending:
            return None
        statement = pending.pop()
        inner.budget.spend(1)
        match statement:
            case ast.Return(value=None):
                return None
            case ast.Return(value=ast.expr() as value):
                return inner.evaluate(value, depth + 1)
            case ast.Assign(targets=[target], value=value):
                inner.unpack(target, inner.evaluate(value, depth + 1))
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                inner.bind(name, inner.evaluate(value, depth + 1))
            case ast.If(test=test, body=body, orelse=orelse):
                known = inner.evaluate(test, depth + 1)
                if not (known is None or isinstance(known, bool | int | str)):
                    return unknown
                pending.extend(reversed(body if known else orelse))
            case ast.FunctionDef():
                inner.bind(statement.name, FunctionValue(statement, inner))
            case ast.Import() | ast.ImportFrom():
                _import_inside(inner, statement)
            case ast.Expr(value=ast.Constant()) | ast.Pass():
                pass
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name)))):
                if isinstance(inner.lookup(name), list | dict):
                    inner.bind(name, Unknown(f"`{name}` is changed on the way", call.span))
            case _:
                return unknown
    return unknown


def _import_inside(scope: Scope, statement: ast.Import | ast.ImportFrom) -> None:
    home = cast("ModuleScope", scope.root)
    for alias in statement.names:
        if isinstance(statement, ast.Import):
            name = alias.asname or alias.name.partition(".")[0]
            scope.bind(name, home.linker.value(alias.name if alias.asname else name))
        elif alias.name != "*":
            scope.bind(
                alias.asname or alias.name, home.linker.value(f"{home.source_of(statement)}.{alias.name}")
            )


def described(scope: Scope, node: ast.Call, depth: int) -> CallValue | None:
    """The arguments of a call whose callee is known otherwise."""
    callee = ast.copy_location(ast.Constant(None), node.func)
    made = evaluate_call(scope, ast.copy_location(ast.Call(callee, node.args, node.keywords), node), depth)
    return made if isinstance(made, CallValue) else None


def completed(partial: CallValue, call: CallValue, depth: int) -> Value:
    target = partial.args[0]
    keywords: Mapping[str, Value] = {**partial.keywords, **call.keywords}
    args = (*partial.args[1:], *call.args)
    spans = (*partial.arg_spans[1:], *call.arg_spans)
    func = target if isinstance(target, Ref) else call.func
    made = CallValue(
        func,
        args,
        keywords,
        call.span,
        spans,
        call.keyword_value_spans,
        call.keyword_spans,
        None,
        call.open_ended,
    )
    return call_function(target, made, depth) if isinstance(target, FunctionValue) else made


def substituted(call: CallValue) -> Value:
    """``re.sub`` over short known strings, where the pattern cannot run away."""
    match call.args:
        case (str() as pattern, str() as new, str() as text) if len(pattern) < 80 and len(text) < 200:
            nested = any(mark in pattern for mark in (")+", ")*", "){"))
            if not nested:
                try:
                    return re.sub(pattern, new, text)
                except (re.error, IndexError):
                    pass
        case _:
            pass
    return Unknown("what `re.sub` makes is only known when it runs", call.span)


def paired(call: CallValue) -> Value:
    """``dict([(key, value), …], more=…)``."""
    pairs = call.args[0] if len(call.args) == 1 else ()
    if call.open_ended or not isinstance(pairs, list | tuple | dict):
        return call
    if isinstance(pairs, dict):
        return {**cast("dict[Value, Value]", pairs), **call.keywords}
    found: dict[Value, Value] = {}
    for pair in cast("list[Value]", pairs):
        items = cast("list[Value]", pair) if isinstance(pair, list | tuple) else []
        if len(items) != 2 or not isinstance(items[0], str):
            return call
        found[items[0]] = items[1]
    return {**found, **call.keywords}


def flask_name(name: str) -> str:
    """Where a name of a Flask-SQLAlchemy object leads: ``db.Column``."""
    if name in (
        "relationship",
        "backref",
        "deferred",
        "column_property",
        "synonym",
        "mapped_column",
        "Mapped",
    ):
        return f"sqlalchemy.orm.{name}"
    return f"sqlalchemy.{name}"
