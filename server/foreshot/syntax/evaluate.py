"""The static evaluator: expressions to values, names to what imports and assignments make of them.

Only what follows from the file's own text is evaluated, and every container and repetition is bounded, so
that a hostile file costs no more than its length.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import Final, cast

from foreshot.syntax.budget import MAX_ITEMS, Budget
from foreshot.syntax.expressions import HANDLERS, attribute_of, evaluate_call
from foreshot.syntax.folding import BUILTINS, MISSING
from foreshot.syntax.module import Module, module_statements, type_alias
from foreshot.syntax.operators import describe
from foreshot.syntax.outlook import Outlook
from foreshot.syntax.sharing import bounded
from foreshot.syntax.texts import mapped_text
from foreshot.syntax.values import FunctionValue, Ref, Text, Unknown, Value
from foreshot.text import Span

MAX_DEPTH: Final = 60


class Scope:
    """Names in reach at one place of a file.

    A module has one scope; each function that is followed gets one of its own with the module's, or the
    enclosing function's, as its parent.
    """

    elsewhere: str = ""
    """Of a module that another hands names to: its dotted name."""

    def __init__(self, module: Module, parent: Scope | None = None, outlook: Outlook | None = None) -> None:
        self.module = module
        self.parent = parent
        self.outlook: Outlook | None = parent.outlook if parent else outlook
        self.values: dict[str, Value] = {}
        self.nodes: dict[str, ast.expr] = {}
        self.star_import = parent.star_import if parent else False
        self.budget: Budget = parent.budget if parent else Budget()
        self.options: Callable[[str], Value] | None = None
        """Of a module's scope: what ``op.get_context().opts`` has, where somebody tells."""
        self.main_options: Callable[[str], Value] | None = None
        """The same for ``config.get_main_option()``."""
        if parent is None:
            self._pending: dict[str, ast.expr] = {}
            self._read_module()

    def attribute(self, base: Value, node: ast.Attribute, depth: int = 0) -> Value:
        """What an attribute of a value is; ``base`` is the value of ``node.value``."""
        del depth  # those that follow names into other modules count it
        return attribute_of(self, base, node)

    def child(self) -> Scope:
        """A scope inside this one."""
        return Scope(self.module, self)

    def release(self) -> None:
        """Forget every name. Functions and their scope hold each other: this lets the tree go at once, not at some collection."""
        self.values.clear()
        self.nodes.clear()
        if self.parent is None:
            self._pending.clear()
            if self.outlook is not None:
                self.outlook.release()

    def bind(self, name: str, value: Value, node: ast.expr | None = None) -> None:
        """Give a name a value here; ``node`` is the expression that it came from, for source maps."""
        self.values[name] = bounded(value, Span(0, 0))
        if node is None:
            self.nodes.pop(name, None)
        else:
            self.nodes[name] = node

    def bind_import(self, statement: ast.Import | ast.ImportFrom) -> None:
        """Give the names of an import statement their dotted paths."""
        span = self.module.span(statement)
        if isinstance(statement, ast.Import):
            for alias in statement.names:
                name = alias.asname or alias.name.partition(".")[0]
                path = alias.name if alias.asname else name
                self.values[name] = Ref(path, name, span)
            return
        base = "." * statement.level + (statement.module or "")
        for alias in statement.names:
            if alias.name == "*":
                self.star_import = True
                continue
            name = alias.asname or alias.name
            separator = "" if base.endswith(".") or not base else "."
            self.values[name] = Ref(f"{base}{separator}{alias.name}", name, span)

    def lookup(self, name: str, depth: int = 0) -> Value:
        """The value of a name, or ``folding.MISSING``."""
        scope = self
        while name not in scope.values:
            if scope.parent is None:
                return scope.module_value(name, depth)
            scope = scope.parent
        return scope.values[name]

    def module_value(self, name: str, depth: int = 0) -> Value:
        """The value of a module-level assignment, evaluated when first asked for."""
        node = self._pending.get(name)
        if node is None:
            return MISSING
        self.values[name] = Unknown(f"`{name}` is defined in terms of itself", self.module.span(node))
        value = bounded(self.evaluate(node, depth), self.module.span(node))
        self.values[name] = value
        self.nodes[name] = node
        return value

    def node_of(self, name: str) -> tuple[ast.expr, Scope] | None:
        """The expression that a name was given, with the scope to evaluate it in."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.nodes:
                return scope.nodes[name], scope
            if name in scope.values:
                return None
            if scope.parent is None and name in scope._pending:
                return scope._pending[name], scope
            scope = scope.parent
        return None

    def is_bound(self, name: str) -> bool:
        """Whether anything in the file, or Python itself, gives the name a meaning."""
        return self.lookup(name) is not MISSING or name in BUILTINS or self.root.star_import

    @property
    def root(self) -> Scope:
        """The module's scope."""
        scope = self
        while scope.parent is not None:
            scope = scope.parent
        return scope

    def _read_module(self) -> None:
        assigned: set[str] = set()
        for statement in module_statements(self.module.tree):
            match statement:
                case ast.Import() | ast.ImportFrom():
                    self.bind_import(statement)
                case ast.FunctionDef():
                    self.values[statement.name] = FunctionValue(statement, self)
                case ast.ClassDef() | ast.AsyncFunctionDef():
                    self.values[statement.name] = Ref(
                        f".{statement.name}", statement.name, self.module.span(statement)
                    )
                case ast.Assign(targets=targets, value=value):
                    for target in targets:
                        self._assign(target, value, assigned)
                case ast.AnnAssign(target=ast.Name() as target, value=value) if value is not None:
                    self._assign(target, value, assigned)
                case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name)))) if isinstance(
                    self._pending.get(name), ast.List | ast.Dict | ast.Set
                ):
                    # A list or a dictionary that is filled after it was made.
                    self._pending.pop(name)
                    self.values[name] = Unknown(
                        f"`{name}` is changed after it is defined", self.module.span(statement)
                    )
                case ast.AugAssign(target=ast.Name(id=name)):
                    self._pending.pop(name, None)
                    self.values[name] = Unknown(
                        f"`{name}` is changed after it is defined", self.module.span(statement)
                    )
                case ast.For(target=target):
                    for name in names_in(target):
                        self.values[name] = Unknown(
                            f"`{name}` is a loop variable", self.module.span(statement)
                        )
                case ast.With(items=items):
                    for item in items:
                        for name in names_in(item.optional_vars):
                            self.values[name] = Unknown(
                                f"`{name}` is bound by `with`", self.module.span(statement)
                            )
                case _:
                    alias = type_alias(statement)
                    if alias is not None:
                        self._assign(*alias, assigned)

    def _assign(self, target: ast.expr, value: ast.expr, assigned: set[str]) -> None:
        if isinstance(target, ast.Name):
            if target.id in assigned:
                self._pending.pop(target.id, None)
                self.values[target.id] = Unknown(
                    f"`{target.id}` is assigned more than once", self.module.span(target)
                )
                return
            assigned.add(target.id)
            self.values.pop(target.id, None)
            self._pending[target.id] = value
            return
        match target, value:
            case (
                (ast.Tuple(elts=names) | ast.List(elts=names)),
                (ast.Tuple(elts=items) | ast.List(elts=items)),
            ) if len(names) == len(items):
                for inner, item in zip(names, items, strict=True):
                    self._assign(inner, item, assigned)
                return
            case _:
                pass
        for name in names_in(target):
            self.values[name] = Unknown(f"`{name}` is unpacked from another value", self.module.span(target))

    # Evaluation

    def evaluate(self, node: ast.expr, depth: int = 0) -> Value:
        """The static value of an expression."""
        budget = self.budget
        budget.left -= 1
        if depth > MAX_DEPTH or budget.left < 0:
            return Unknown(
                "the expression is nested too deeply"
                if depth > MAX_DEPTH
                else "the file takes too long to follow",
                self.module.span(node),
            )
        handler = HANDLERS.get(type(node))
        if handler is None:
            return Unknown(f"{describe(node)} is not followed", self.module.span(node))
        return handler(self, node, depth + 1)

    def unknown(self, why: str, node: ast.expr) -> Unknown:
        """An Unknown that blames ``node``."""
        return Unknown(why, self.module.span(node))

    def unpack(self, target: ast.expr, value: Value) -> None:
        """Bind the names of an assignment target to the parts of a value."""
        if isinstance(target, ast.Name):
            self.bind(target.id, value)
            return
        if isinstance(target, ast.Starred):
            self.unpack(target.value, Unknown("a starred target is not followed", self.module.span(target)))
            return
        if isinstance(target, ast.Tuple | ast.List):
            items = cast("list[Value]", value) if isinstance(value, list | tuple) else None
            for index, element in enumerate(target.elts):
                if items is not None and len(items) == len(target.elts):
                    self.unpack(element, items[index])
                else:
                    self.unpack(
                        element, Unknown("the value that is unpacked is not known", self.module.span(target))
                    )

    def items(self, node: ast.expr, depth: int = 0) -> list[Value] | None:
        """The items that a loop over ``node`` sees, or None when they cannot be told."""
        value = self.evaluate(node, depth)
        if isinstance(value, list | tuple):
            items = list(cast("list[Value]", value))
        elif isinstance(value, dict):
            items = list(cast("dict[Value, Value]", value))
        else:
            return None
        return items if len(items) <= MAX_ITEMS else None

    # Strings with a map back to the source

    def call(self, node: ast.Call) -> Value:
        """A call, described: a builtin over known values is made, any other becomes a :class:`CallValue`."""
        return evaluate_call(self, node, 0)

    def text(self, node: ast.expr) -> Text | Unknown:
        """A string with a map of its characters into the source; unknown parts become ``PLACEHOLDER``."""
        return mapped_text(self, node)


def names_in(target: ast.expr | None) -> Iterator[str]:
    """The names that an assignment target binds."""
    if isinstance(target, ast.Name):
        yield target.id
    elif isinstance(target, ast.Tuple | ast.List):
        for element in target.elts:
            yield from names_in(element)
    elif isinstance(target, ast.Starred):
        yield from names_in(target.value)
