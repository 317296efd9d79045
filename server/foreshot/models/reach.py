"""Which modules env.py's imports run, and with them which tables are in its metadata."""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Final

from foreshot.models.scopes import Linker, ModuleScope
from foreshot.project import paths
from foreshot.syntax.module import Module

MAX_MODULES: Final = 5_000
"""Modules that imports are followed through."""
_DYNAMIC: Final = frozenset(
    {
        "import_module",
        "__import__",
        "walk_packages",
        "iter_modules",
        "import_string",
        "find_modules",
        "load_module",
    }
)


def reached_modules(linker: Linker, env: ModuleScope, known: Iterable[str]) -> frozenset[str] | None:
    """The dotted modules that are imported, directly or not; None where imports are made by code that nobody can follow.

    ``known`` are the files that have tables: a package whose code imports what it finds imports those below it.
    """
    pending: deque[tuple[str, bool]] = deque()
    candidates = tuple(known)
    if _is_dynamic(env.module):
        named = _named(env)
        if named is None:
            return None
        pending.extend((name, True) for name in named)
    pending.extend((name, True) for name in _imports(env, inner=True))
    seen: set[str] = set()
    while pending and len(seen) < MAX_MODULES:
        dotted, near = pending.popleft()
        parts = dotted.split(".")
        for cut in range(1, len(parts) + 1):
            name = ".".join(parts[:cut])
            if name in seen or not linker.could_hold(parts[0]):
                continue
            scope = linker.scope(name)
            if scope is None:
                continue
            seen.add(name)
            if _is_dynamic(scope.module):
                package = name if scope.path.endswith("/__init__.py") else name.rpartition(".")[0]
                folder = paths.parent(scope.path)
                if near and package and _climbs(scope.module):
                    # It looks through folders above its own, and which those are is known when it runs.
                    for _ in range(package.count(".")):
                        folder = paths.parent(folder)
                    package = parts[0]
                pending.extend(
                    (f"{package}.{module_name(paths.relative(item, folder))}", False)
                    for item in candidates
                    if paths.is_inside(item, folder)
                )
            pending.extend((item, False) for item in _imports(scope, inner=near))
    return frozenset(seen)


def module_name(relative: str) -> str:
    """The dotted name of a file below a folder that is on the path."""
    return relative.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _named(env: ModuleScope) -> list[str] | None:
    """The modules that env.py imports by ``import_module("name")``; None when any is not a literal."""
    found: list[str] = []
    for node in env.module.nodes(ast.Call):
        if _last(node.func) in _DYNAMIC:
            value = env.evaluate(node.args[0]) if node.args else None
            if _last(node.func) != "import_module" or not isinstance(value, str):
                return None
            found.append(value)
    return found


def _is_dynamic(module: Module) -> bool:
    content = module.content
    return any(word in content for word in _DYNAMIC) and any(
        _last(call.func) in _DYNAMIC for call in module.nodes(ast.Call)
    )


def _climbs(module: Module) -> bool:
    """Whether the module makes paths of folders above the one that it is in."""
    return any(word in module.content for word in (".parents[", ".parent.parent"))


def _imports(scope: ModuleScope, *, inner: bool) -> Iterator[str]:
    pending: list[ast.AST] = [scope.module.tree]
    while pending:
        node = pending.pop()
        match node:
            case ast.Import():
                yield from (alias.name for alias in node.names)
            case ast.ImportFrom():
                source = scope.source_of(node)
                yield source
                yield from (f"{source}.{alias.name}" for alias in node.names)
            case ast.If(test=ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING")):
                pending.extend(node.orelse)
            case ast.FunctionDef() | ast.AsyncFunctionDef() if not inner:
                pass
            case ast.expr():
                pass
            case _:
                pending.extend(ast.iter_child_nodes(node))


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
