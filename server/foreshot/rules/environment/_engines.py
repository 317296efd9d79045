"""How env.py makes its engine, and what it does with the connection."""

from __future__ import annotations

import ast
import re

from foreshot.lint.context import ProjectContext
from foreshot.syntax.module import Module

_ASYNC_DRIVERS = ("+asyncpg", "+aiosqlite", "+aiomysql", "+asyncmy")
# What env.py may bring another URL in with, or another connection.
_CHANGES_URL = re.compile(
    r"\b(?:set_main_option|set_section_option|attributes|replace|environ|getenv|cmd_opts|get_x_argument|drivername"
    r"|async_engine_from_config|create_async_engine)\b|\[[\"']sqlalchemy\.url[\"']\]"
)


def connecting(
    module: Module,
) -> tuple[ast.FunctionDef | ast.AsyncFunctionDef, ast.With | ast.AsyncWith] | None:
    """The function that configures Alembic inside ``with engine.connect() as connection``, and that block."""
    for function in module.tree.body:
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for node in ast.walk(function):
            if isinstance(node, ast.With | ast.AsyncWith) and _connects(node) and _configures(node):
                return function, node
    return None


def handed(module: Module) -> ast.Call | None:
    """The call by which ``async with engine.connect() as c`` hands its connection to a function that configures Alembic."""
    for block in module.nodes(ast.AsyncWith):
        variables = [item.optional_vars for item in block.items]
        if not _connects(block) or len(variables) != 1 or not isinstance(variables[0], ast.Name):
            continue
        for node in ast.walk(block):
            match node:
                case ast.Expr(
                    value=ast.Call(func=ast.Name(id=name), args=[ast.Name(id=given)], keywords=[]) as call
                ) if given == variables[0].id and _configures_in(module.functions.get(name)):
                    return call
                case _:
                    pass
    return None


def is_async_url(project: ProjectContext) -> bool:
    """Whether every URL of the environment's own configuration names an asynchronous driver."""
    environment = project.environment
    urls = [
        url for url in environment.urls if url.section in (environment.section, "DEFAULT", "tool.alembic")
    ]
    return bool(urls) and all(url.scheme.endswith(_ASYNC_DRIVERS) for url in urls)


def ordinary_engine(module: Module) -> ast.Call | None:
    """The call of ``engine_from_config`` that is given the section as it stands in the configuration."""
    if _CHANGES_URL.search(module.content):
        return None
    for call in module.nodes(ast.Call):
        match call:
            case ast.Call(
                func=ast.Name(id="engine_from_config") | ast.Attribute(attr="engine_from_config"),
                args=[ast.Call(func=ast.Attribute(attr="get_section")), *_],
            ):
                return call
            case _:
                pass
    return None


def not_awaited(module: Module) -> ast.Call | None:
    """The ``connection.run_sync(...)`` that is a statement by itself, in an asynchronous function."""
    for function in module.nodes(ast.AsyncFunctionDef):
        for node in ast.walk(function):
            match node:
                case ast.Expr(value=ast.Call(func=ast.Attribute(attr="run_sync")) as call):
                    return call
                case _:
                    pass
    return None


def _configures_in(function: ast.FunctionDef | None) -> bool:
    return function is not None and any(
        isinstance(node, ast.Attribute) and node.attr == "configure" for node in ast.walk(function)
    )


def _connects(block: ast.With | ast.AsyncWith) -> bool:
    return any(
        isinstance(item.context_expr, ast.Call)
        and isinstance(item.context_expr.func, ast.Attribute)
        and item.context_expr.func.attr in ("connect", "begin")
        for item in block.items
    )


def _configures(block: ast.With | ast.AsyncWith) -> bool:
    return any(isinstance(node, ast.Attribute) and node.attr == "configure" for node in ast.walk(block))
