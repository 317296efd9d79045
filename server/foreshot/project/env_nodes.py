"""The tree of an env.py, walked within bounds."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence

MAX_NODES = 200_000
"""Syntax nodes of an env.py that are looked at; hand-written ones have some hundreds."""

Changes = Mapping[str, Sequence[ast.AST]]
"""What puts something into dictionaries, by their names."""


def nodes_of(*starts: ast.AST, into_functions: bool = True) -> Iterator[ast.AST]:
    """Nodes in source order, docstrings and other lone strings left out; not recursive, and bounded."""
    pending: list[ast.AST] = list(reversed(starts))
    for _ in range(MAX_NODES):
        if not pending:
            return
        node = pending.pop()
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        yield node
        if into_functions or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            pending.extend(reversed(list(ast.iter_child_nodes(node))))


def changes_in(nodes: Iterable[ast.AST]) -> Changes:
    """The statements and calls that put something into a dictionary, by its name."""
    found: dict[str, list[ast.AST]] = {}
    for node in nodes:
        match node:
            case (
                ast.Assign(targets=[ast.Subscript(value=ast.Name(id=owner))])
                | ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr="update" | "setdefault"))
            ):
                found.setdefault(owner, []).append(node)
            case _:
                pass
    return found
