"""Where a revision's names are used, gathered in one walk for all that ask about one of them."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from foreshot.lint.context import Context


class Uses:
    """Every name of a module by what it says, with the statement at the top level that it stands in."""

    def __init__(self, context: Context) -> None:
        body = context.module.tree.body
        self._named: dict[str, list[tuple[ast.stmt, ast.Name]]] = {}
        self._above: dict[int, ast.AST] = {}
        self._arguments: set[str] = set()
        self._top = set(body)
        for statement in body:
            for node in ast.walk(statement):
                if isinstance(node, ast.arg):
                    self._arguments.add(node.arg)
                elif isinstance(node, ast.Name):
                    self._named.setdefault(node.id, []).append((statement, node))
                for child in ast.iter_child_nodes(node):
                    self._above[id(child)] = node

    def of(self, name: str) -> Sequence[tuple[ast.stmt, ast.Name]]:
        """The uses of a name, statement by statement."""
        return self._named.get(name, ())

    def above(self, node: ast.AST) -> ast.AST | None:
        """What a node is directly a part of."""
        return self._above.get(id(node))

    def is_taken(self, name: str) -> bool:
        """Whether a name or an argument of a function is called so."""
        return name in self._named or name in self._arguments

    def is_top(self, statement: ast.stmt) -> bool:
        """Whether a statement stands at the module's top level."""
        return statement in self._top
