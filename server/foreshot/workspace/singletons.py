"""Objects that modules of the project make once and share, such as ``settings = Settings()``."""

from __future__ import annotations

import ast
from typing import Final

from foreshot.models.scopes import ClassSource, Linker, ModuleScope
from foreshot.syntax.values import Ref

_MAX_HOPS: Final = 20


def class_of(dotted: str, linker: Linker) -> ClassSource | None:
    """The class whose object a name of a module is: made there, imported from elsewhere, or made by a function that says so."""
    for _ in range(_MAX_HOPS):
        module, _dot, name = dotted.rpartition(".")
        scope = linker.scope(module) if module else None
        if scope is None:
            return None
        if name in scope.imports:
            dotted = scope.imports[name]
            continue
        match scope.assignments().get(name):
            case ast.Call(func=ast.Name(id=made)) if (
                function := scope.module.functions.get(made)
            ) is not None:
                return _returned(function, scope, linker)
            case ast.Call(func=ast.Name() | ast.Attribute() as func):
                return linker.class_source(path_of(func, scope))
            case _:
                return None
    return None


def path_of(node: ast.expr, scope: ModuleScope) -> str:
    """The dotted path that an expression leads to; empty where it is no name."""
    value = scope.evaluate(node)
    return value.path if isinstance(value, Ref) else ""


def _returned(function: ast.FunctionDef, scope: ModuleScope, linker: Linker) -> ClassSource | None:
    match function.returns:
        case ast.Name(id=name) | ast.Constant(value=str(name)):
            value = linker.value(scope.imports.get(name, f"{scope.dotted}.{name}"))
            return linker.class_source(value.path) if isinstance(value, Ref) else None
        case _:
            return None
