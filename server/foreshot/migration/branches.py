"""What names are behind an ``if``: what one of both branches made of them."""

from __future__ import annotations

import ast
from typing import TypeAlias

from msgspec.structs import replace

from foreshot.migration.answers import Drawn
from foreshot.migration.guards import Condition
from foreshot.syntax.evaluate import Scope
from foreshot.syntax.folding import MISSING
from foreshot.syntax.operators import chosen
from foreshot.syntax.values import Unknown, Value
from foreshot.text import Span

Changed: TypeAlias = "dict[str, tuple[Value, ast.expr | None]]"
"""Names that a branch gave another value, with that and its expression; the missing marker for none."""


class Names:
    """The names of a scope at one moment."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._values, self._nodes = dict(scope.values), dict(scope.nodes)
        scope.budget.spend(len(self._values) >> 2)

    def taken_back(self) -> Changed:
        """What changed since then, which is undone."""
        scope = self._scope
        found = self._changed()
        for name in found:
            if name in self._values:
                scope.bind(name, self._values[name], self._nodes.get(name))
            else:
                scope.values.pop(name, None)
                scope.nodes.pop(name, None)
        return found

    def put(self, changed: Changed) -> None:
        """Give names the values that they had."""
        for name, (value, node) in changed.items():
            self._scope.bind(name, value, node)

    def merge(self, then: Changed, condition: Condition, test: ast.expr, span: Span) -> None:
        """Both branches of ``test`` reach what follows: ``then`` is what the first made, what the scope holds now the second."""
        scope, other = self._scope, self._changed()
        for name in {**then, **other}:
            one, node = then.get(name) or (self._values.get(name, MISSING), self._nodes.get(name))
            two = scope.values.get(name, MISSING)
            if one is two or (node is not None and scope.nodes.get(name) is node):
                continue
            if one is MISSING or two is MISSING:
                # Whoever goes on to use it has come through the branch that makes it.
                self._bind(name, two if one is MISSING else one, node if two is MISSING else None)
            elif isinstance(one, Drawn) and isinstance(two, Drawn):
                # Each item has its own conditions.
                known = {id(item) for item in one.items}
                more = tuple([item for item in two.items if id(item) not in known])
                scope.bind(name, replace(one, items=(*one.items, *more), more=one.more or two.more))
            elif condition.unknown:
                scope.bind(name, Unknown(f"`{name}` depends on a condition", span))
            else:
                decided = (condition.only, True) if condition.only is not None else (condition.never, False)
                scope.bind(name, chosen(decided, one, two, span), _either(test, node, scope.nodes.get(name)))

    def _bind(self, name: str, value: Value, node: ast.expr | None) -> None:
        self._scope.bind(name, value, node if node is not None else self._scope.nodes.get(name))

    def _changed(self) -> Changed:
        scope = self._scope
        return {
            name: (value, scope.nodes.get(name))
            for name, value in scope.values.items()
            if self._values.get(name, MISSING) is not value
        }


def _either(test: ast.expr, then: ast.expr | None, other: ast.expr | None) -> ast.expr | None:
    """``then if test else other``: what a name stands for that each branch gives an expression."""
    if then is None or other is None:
        return None
    return ast.copy_location(ast.IfExp(test, then, other), then)
