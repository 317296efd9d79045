"""Names across modules: what a dotted path leads to in the workspace, followed without importing anything.

A :class:`Linker` holds one :class:`ModuleScope` a module. Imports, re-exports and star imports are followed to what they
lead to; circles and what goes beyond the budget are Unknown.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from typing import Any, Final, cast

from msgspec import Struct

from foreshot.models import elsewhere
from foreshot.models.calls import call_function, completed, described, flask_name, paired, substituted
from foreshot.models.classes import class_attribute, is_enum
from foreshot.project.modules import Modules
from foreshot.syntax.evaluate import MAX_DEPTH, Scope
from foreshot.syntax.expressions import evaluate_call
from foreshot.syntax.folding import MISSING
from foreshot.syntax.module import Module, module_statements
from foreshot.syntax.values import CallValue, FunctionValue, Ref, Unknown, Value
from foreshot.text import Span

MAX_MODULES: Final = 2_000
"""Modules that one reading looks into."""
MAX_HOPS: Final = 40
"""Imports that are followed one behind another for one name."""
_NAMED: Final = frozenset({
    "MetaData", "SQLAlchemy", "Table", "as_declarative", "automap_base", "declarative_base", "generate_base", "registry",
})  # fmt: skip
"""Calls whose result is one object with an identity: names that lead to it are kept as names."""


class ClassSource(Struct, frozen=True, eq=False):
    """A class of the workspace: its node, and the scope that it stands in."""

    dotted: str
    node: ast.ClassDef
    scope: ModuleScope


class LinkedScope(Scope):
    """A scope whose names and attributes are followed into other modules."""

    def child(self) -> LinkedScope:
        """A scope inside this one."""
        return LinkedScope(self.module, self)

    def attribute(self, base: Value, node: ast.Attribute, depth: int = 0) -> Value:
        """What an attribute of a value is, followed into the module, the class or the object that it belongs to."""
        if not isinstance(base, Ref):
            return super().attribute(base, node, depth)
        value = self.home.linker.attribute(base, node.attr, depth)
        if isinstance(value, Ref):
            return Ref(value.path, f"{base.written}.{node.attr}", self.module.span(node), value.bound)
        return value

    @property
    def home(self) -> ModuleScope:
        """The module's own scope."""
        return cast("ModuleScope", self.root)

    def evaluate(self, node: ast.expr, depth: int = 0) -> Value:
        """The static value of an expression."""
        budget = self.budget
        budget.left -= 1
        if depth > MAX_DEPTH or budget.left < 0:
            return Unknown("the code takes too long to follow", self.module.span(node))
        handler = _HANDLERS.get(type(node))
        if handler is None:
            return super().evaluate(node, depth)
        return handler(self, node, depth + 1)


class ModuleScope(LinkedScope):
    """The names of one module."""

    def __init__(self, module: Module, dotted: str, path: str, linker: Linker) -> None:
        self.dotted = dotted
        self.path = path
        self.linker = linker
        self.imports: dict[str, str] = {}
        self.stars: list[str] = []
        self.classes: dict[str, ast.ClassDef] = {}
        self.objects: dict[str, tuple[CallValue, ast.expr]] = {}
        """Named objects, such as tables and metadata, with the call that makes each."""
        super().__init__(module)
        for statement in module_statements(module.tree):
            if isinstance(statement, ast.ClassDef):
                self.classes.setdefault(statement.name, statement)
                self.values[statement.name] = Ref(
                    f"{dotted}.{statement.name}", statement.name, module.span(statement)
                )

    def bind_import(self, statement: ast.Import | ast.ImportFrom) -> None:
        """Note where each name comes from; it is followed when it is asked for."""
        if isinstance(statement, ast.Import):
            for alias in statement.names:
                self.imports[alias.asname or alias.name.partition(".")[0]] = (
                    alias.name if alias.asname else alias.name.partition(".")[0]
                )
            return
        source = self.source_of(statement)
        for alias in statement.names:
            if alias.name == "*":
                self.stars.append(source)
            else:
                self.imports[alias.asname or alias.name] = f"{source}.{alias.name}"

    def source_of(self, statement: ast.ImportFrom) -> str:
        """The absolute dotted path of the module that an import names."""
        if not statement.level:
            return statement.module or ""
        package = self.dotted.split(".")
        if not self.path.endswith("/__init__.py"):
            package = package[:-1]
        base = package[: len(package) - (statement.level - 1)] if statement.level > 1 else package
        return ".".join([*base, *([statement.module] if statement.module else [])])

    def assignments(self) -> dict[str, ast.expr]:
        """The expressions that the module's own names are given."""
        return self._pending

    def has_type_statement(self, name: str) -> bool:
        """Whether ``type name = …`` makes an alias, which is an object of its own and not what it stands for.

        It is asked of the text: an older Python reads the statement as an assignment.
        """
        return (
            re.search(rf"^[ \t]*type[ \t]+{name}\s*[=\[]", self.module.source.content, re.MULTILINE)
            is not None
        )

    def binds(self, name: str) -> bool:
        """Whether the module itself gives a name a meaning, star imports left out."""
        return name in self.values or name in self.imports or name in self._pending

    def module_value(self, name: str, depth: int = 0) -> Value:
        """The value of a module-level name, imports followed."""
        if name in self.imports:
            value = self.linker.value(self.imports[name], depth + 1)
            self.values[name] = value
            return value
        node = self._pending.get(name)
        value = super().module_value(name, depth)
        if value is MISSING:
            for star in reversed(self.stars):
                found = self.linker.star(star, name, depth + 1)
                if found is not MISSING:
                    self.values[name] = found
                    return found
            return MISSING
        if isinstance(value, CallValue) and node is not None and _is_named(value):
            self.objects[name] = value, node
            value = self.values[name] = Ref(f"{self.dotted}.{name}", name, self.module.span(node))
        return value


class Linker:
    """What dotted paths lead to, in one reading of a workspace."""

    def __init__(self, modules: Modules) -> None:
        self.modules = modules
        self._scopes: dict[str, ModuleScope | None] = {}
        self._values: dict[str, Value] = {}
        self._hops = 0
        self._ours: dict[str, bool] = {}

    def scope(self, dotted: str) -> ModuleScope | None:
        """The scope of a module of the workspace; None when there is none, or it does not parse."""
        if dotted in self._scopes:
            return self._scopes[dotted]
        # A folder may be called like what is installed, which is what an import finds.
        path = self.modules.locate(dotted) if self.could_hold(dotted.partition(".")[0]) else None
        parsed = self.modules.module(dotted) if path is not None else None
        if path is None and elsewhere.has_module(dotted):
            path, parsed = elsewhere.path_of(dotted), elsewhere.module_of(dotted)
        if parsed is None or path is None or len(self._scopes) >= MAX_MODULES:
            self._scopes[dotted] = None
            return None
        return self.adopt(parsed, dotted, path)

    def could_hold(self, top: str) -> bool:
        """Whether a package of this name would be looked for in the workspace."""
        known = self._ours.get(top)
        if known is None:
            known = self._ours[top] = self.modules.could_hold(top)
        return known

    def _leads_on(self, top: str) -> bool:
        """Whether a path that begins with a package's name can be followed."""
        return self._scopes.get(top) is not None or self.could_hold(top) or elsewhere.is_known(top)

    @property
    def scopes(self) -> list[ModuleScope]:
        """Every module that was looked into."""
        return [scope for scope in self._scopes.values() if scope is not None]

    def adopt(self, module: Module, dotted: str, path: str) -> ModuleScope:
        """The scope of a module that was parsed elsewhere, such as env.py."""
        scope = self._scopes[dotted] = ModuleScope(module, dotted, path, self)
        return scope

    def star(self, module: str, name: str, depth: int) -> Value:
        """The value of a name taken in by ``from module import *``; the missing marker when it is not there."""
        if name.startswith("_"):
            return MISSING
        scope = self.scope(module)
        if scope is None:
            return MISSING
        if scope.binds(name):
            return scope.lookup(name, depth)
        key = f"{module}.*{name}"
        if key in self._values or self._hops > MAX_HOPS:
            return self._values.get(key, MISSING)
        self._values[key] = MISSING
        self._hops += 1
        try:
            for inner in reversed(scope.stars):
                found = self.star(inner, name, depth + 1)
                if found is not MISSING:
                    self._values[key] = found
                    return found
        finally:
            self._hops -= 1
        return MISSING

    def value(self, dotted: str, depth: int = 0) -> Value:
        """What a dotted path leads to; a :class:`Ref` with the canonical path for modules, classes, objects and what is installed."""
        known = self._values.get(dotted, MISSING)
        if known is not MISSING:
            return known
        nowhere = Ref(dotted, dotted, Span(0, 0))
        if self._hops > MAX_HOPS or depth > MAX_DEPTH:
            return Unknown(f"`{dotted}` takes too long to follow", Span(0, 0))
        self._values[dotted] = Unknown(f"`{dotted}` is imported in a circle", Span(0, 0))
        self._hops += 1
        try:
            value = self._value(dotted, depth)
        finally:
            self._hops -= 1
        if value is MISSING:
            value = nowhere
        self._values[dotted] = value
        return value

    def _value(self, dotted: str, depth: int) -> Value:
        parts = dotted.split(".")
        if not self._leads_on(parts[0]):
            return MISSING
        for cut in range(len(parts), 0, -1):
            module = ".".join(parts[:cut])
            known = self._scopes.get(module) is not None or elsewhere.has_module(module)
            if not known and self.modules.locate(module) is None:
                continue
            if cut == len(parts):
                package = self.scope(".".join(parts[:-1])) if cut > 1 else None
                if (
                    package is None
                    or not package.binds(parts[-1])
                    or package.imports.get(parts[-1]) == dotted
                ):
                    return MISSING
                return package.lookup(parts[-1], depth)
            scope = self.scope(module)
            if scope is None:
                return Unknown(f"`{module}` cannot be read", Span(0, 0))
            value = scope.lookup(parts[cut], depth)
            if value is MISSING:
                if scope.stars or "__getattr__" in scope.values or elsewhere.is_elsewhere(scope.path):
                    return MISSING
                return Unknown(f"`{module}` has no `{parts[cut]}`", Span(0, 0))
            for name in parts[cut + 1 :]:
                value = self.attribute(value, name, depth + 1)
            return value
        return MISSING

    def class_source(self, dotted: str) -> ClassSource | None:
        """The class that a canonical dotted path names."""
        module, _, name = dotted.rpartition(".")
        scope = self._scopes.get(module) or (self.scope(module) if module else None)
        if scope is not None and name in scope.classes:
            return ClassSource(dotted, scope.classes[name], scope)
        if scope is None and "." in module and (outer := self.class_source(module)) is not None:
            for item in outer.node.body:
                if isinstance(item, ast.ClassDef) and item.name == name:
                    return ClassSource(dotted, item, outer.scope)
        return None

    def object_of(self, dotted: str) -> tuple[CallValue, ast.expr, ModuleScope] | None:
        """The call that makes a named object (a table, metadata, ``db``), its node and its scope."""
        module, _, name = dotted.rpartition(".")
        scope = self._scopes.get(module) or (self.scope(module) if module else None)
        if scope is None:
            return None
        if name not in scope.objects and name in scope.assignments():
            scope.lookup(name)
        found = scope.objects.get(name)
        return (*found, scope) if found is not None else None

    def attribute(self, base: Value, name: str, depth: int = 0) -> Value:
        """``base.name``."""
        if not isinstance(base, Ref):
            if isinstance(base, CallValue):
                return Ref(f"{base.func.path}().{name}", f"{base.func.written}().{name}", base.span)
            return Unknown(f"the attribute `{name}` is not followed", Span(0, 0))
        if base.path.startswith("<dialect:") and name == "name":
            return base.path[len("<dialect:") : -1]
        whole = Ref(f"{base.path}.{name}", f"{base.written}.{name}", base.span, base.bound)
        source = self.class_source(base.path)
        if source is not None:
            return class_attribute(self, source, name, whole, depth)
        made = self.object_of(base.path)
        if made is not None:
            if made[0].path.endswith("SQLAlchemy") and name not in (
                "Model",
                "Table",
                "metadata",
                "metadatas",
            ):
                return Ref(flask_name(name), whole.written, base.span)
            return whole
        top = base.path.partition(".")[0]
        if self._leads_on(top):
            found = self.value(whole.path, depth)
            if isinstance(found, Ref):
                return Ref(found.path, whole.written, base.span, found.bound)
            if not isinstance(found, Unknown):
                return found
        return whole

    def is_enum(self, source: ClassSource) -> bool:
        """Whether a class is an enumeration."""
        return is_enum(self, source)


def name_span(source: ClassSource) -> Span:
    """Where a class's name stands."""
    module, node = source.scope.module, source.node
    start = module.content.find(node.name, module.span(node).start)
    return Span(start, start + len(node.name))


def _is_named(call: CallValue) -> bool:
    return call.path.rpartition(".")[2] in _NAMED


def _attribute(scope: LinkedScope, node: ast.Attribute, depth: int) -> Value:
    return scope.attribute(scope.evaluate(node.value, depth), node, depth)


def _call(scope: LinkedScope, node: ast.Call, depth: int) -> Value:
    callee = scope.evaluate(node.func, depth) if isinstance(node.func, ast.Name | ast.Attribute) else None
    if isinstance(callee, FunctionValue):
        call = described(scope, node, depth)
        return call_function(callee, call, depth) if call is not None else None
    if isinstance(callee, CallValue) and callee.path == "functools.partial" and callee.args:
        call = described(scope, node, depth)
        if call is not None and isinstance(callee.args[0], Ref | FunctionValue):
            return completed(callee, call, depth)
    value = evaluate_call(scope, node, depth)
    if isinstance(value, CallValue) and value.path == "re.sub":
        return substituted(value)
    if isinstance(value, CallValue) and value.path == "dict":
        return paired(value)
    return value


_HANDLERS: Final[dict[type[ast.expr], Callable[[LinkedScope, Any, int], Value]]] = {
    ast.Attribute: _attribute,
    ast.Call: _call,
}
