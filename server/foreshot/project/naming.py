"""The naming convention of the metadata that env.py hands to Alembic, followed through the project's modules."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Final, cast

from foreshot.project.envpy import EnvFacts
from foreshot.project.modules import Modules
from foreshot.syntax.evaluate import Scope
from foreshot.syntax.module import Module, module_statements
from foreshot.syntax.values import CallValue, Ref, Text, Unknown, Value

_MOST_STEPS: Final = 40
_FLASK: Final = "current_app"
_EXTENSION: Final = "SQLAlchemy"
"""Flask-SQLAlchemy's class, whose object holds the metadata."""
_KINDS: Final = ("ix", "uq", "ck", "fk", "pk")


def naming_convention(
    env: EnvFacts | None,
    env_module: Module | None,
    modules: Modules,
    option: Callable[[str], Value] | None = None,
) -> dict[str, str] | None:
    """The templates by ``ix``, ``uq``, ``ck``, ``fk``, ``pk``; empty when none are to be seen, None when there are some that cannot be told.

    With a list of metadatas Alembic applies none. ``option`` tells what ``config.get_main_option()`` has.
    """
    if env is None or env_module is None:
        return {}
    argument = env.argument("target_metadata")
    value: Value = None
    if argument is not None and not isinstance(argument, Unknown):
        value = argument.value
    if (value is None or isinstance(value, Unknown)) and env.target_metadata is not None:
        value = env.target_metadata.value
    if isinstance(value, list | tuple):
        return {}
    walk, scope = _Walk(modules), Scope(env_module)
    if (
        isinstance(value, Ref)
        and "get" in value.path
        and (node := scope.node_of("target_metadata")) is not None
    ):
        # `getattr(models, config.get_main_option("base")).metadata`
        scope.main_options = option
        value = scope.evaluate(node[0])
    found = _set_there(value, scope, walk) or walk.of(value, scope, "")
    if found is None and len(env.naming_conventions) == 1:
        found = walk.templates(env.naming_conventions[0].value, "")
    if found is None and not walk.met_one and _FLASK in env_module.content:
        return _of_application(modules)
    return None if found is None and walk.met_one else found or {}


def _set_there(value: Value, scope: Scope, walk: _Walk) -> dict[str, str] | None:
    """What env.py sets itself, as in ``target_metadata.naming_convention = {…}``: Alembic's operations name by it."""
    found: dict[str, str] | None = None
    for statement in module_statements(scope.module.tree):
        match statement:
            case ast.Assign(targets=[ast.Attribute(attr="naming_convention", value=target)], value=given):
                templates, owner = walk.templates(scope.evaluate(given), ""), scope.evaluate(target)
                if isinstance(owner, Ref) and isinstance(value, Ref) and owner.path == value.path:
                    found = templates
            case _:
                pass
    return found


def _of_application(modules: Modules) -> dict[str, str] | None:
    """The convention of what the application's modules make: ``current_app`` has one of them, and only running it tells which."""
    made: list[dict[str, str] | None] = []
    for dotted, path, module in modules.containing((f"{_EXTENSION}(",)):
        scope = Scope(module)
        inner = f"{dotted}.__init__" if path.endswith("__init__.py") else dotted
        for call in module.nodes(ast.Call):
            name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            if name != _EXTENSION:
                continue
            walk = _Walk(modules)
            found = walk.of(scope.evaluate(call), scope, inner)
            made.append(None if found is None and walk.met_one else found or {})
    if not made:
        return {}
    return made[0] if all(item == made[0] for item in made) else None


class _Walk:
    def __init__(self, modules: Modules) -> None:
        self._modules = modules
        self._steps = 0
        self.met_one = False
        """Whether a convention, or a module that speaks of one, was come by."""

    def of(self, value: Value, scope: Scope, dotted: str) -> dict[str, str] | None:
        """The convention of what a value is: a metadata, a declarative base, an extension that holds one."""
        self._steps += 1
        if self._steps > _MOST_STEPS:
            return None
        match value:
            case CallValue():
                given = value.argument("naming_convention")
                if given is not None:
                    return self.templates(given, dotted)
                # `registry(metadata=…).generate_base()` has the registry's.
                maker = value.receiver if value.path.endswith(".generate_base") else None
                inner = [
                    value.keywords.get("metadata"),
                    value.keywords.get("model_class"),
                    *value.args,
                    maker,
                ]
                for item in inner:
                    found = self.of(item, scope, dotted) if isinstance(item, CallValue | Ref) else None
                    if found is not None:
                        return found
                # A function of the project that returns its metadata.
                return self._named(value.path, scope, dotted) if "(" not in value.path else None
            case Ref(path=path):
                return self._named(path, scope, dotted)
            case _:
                return None

    def templates(self, value: Value, dotted: str) -> dict[str, str] | None:
        """A convention's dictionary; None when it cannot be told."""
        self.met_one = True
        if isinstance(value, CallValue) and value.path == "dict" and len(value.args) == 1:
            value = value.args[0]
        if isinstance(value, Ref):
            value = self._constant(value.path, dotted)
        if isinstance(value, list | tuple):
            # `dict(…)` of a sequence of pairs.
            items = cast("list[list[Value]]", value)
            value = {
                str(pair[0]): pair[1]
                for pair in items
                if isinstance(cast("object", pair), list | tuple) and len(pair) == 2
            }
        if not isinstance(value, dict):
            return None
        pairs = cast("Mapping[Value, Value]", value).items()
        return {
            str(key): item.value if isinstance(item, Text) else item
            for key, item in pairs
            if key in _KINDS and isinstance(item, str | Text)
        }

    def _constant(self, path: str, dotted: str) -> Value:
        """The value of a name of another module."""
        relative = path.startswith(".")
        parts = self._relative(path, dotted) if relative else path.split(".")
        while parts and self._steps < _MOST_STEPS:
            self._steps += 1
            name = ".".join(parts[:-1])
            module = self._modules.module(name) if name else None
            value = Scope(module).lookup(parts[-1]) if module is not None else None
            if not isinstance(value, Ref):
                return value
            inner = f"{name}.__init__" if (self._modules.locate(name) or "").endswith("__init__.py") else name
            parts = self._relative(value.path, inner) if value.path.startswith(".") else value.path.split(".")
        return None

    def _named(self, path: str, scope: Scope, dotted: str) -> dict[str, str] | None:
        parts = [part for part in path.split(".") if part and part != "metadata"]
        if path.startswith("."):
            if path.startswith("..") or not dotted:
                resolved = self._relative(path, dotted)
                return self._elsewhere(resolved) if resolved else self._inside(scope, parts, dotted)
            package = dotted.rpartition(".")[0]
            return self._inside(scope, parts, dotted) or self._elsewhere([*package.split("."), *parts])
        return self._elsewhere(parts)

    @staticmethod
    def _relative(path: str, dotted: str) -> list[str] | None:
        level = len(path) - len(path.lstrip("."))
        base = dotted.split(".")[:-level] if dotted else []
        return (
            [*base, *[part for part in path.lstrip(".").split(".") if part != "metadata"]] if base else None
        )

    def _elsewhere(self, parts: list[str]) -> dict[str, str] | None:
        for cut in range(len(parts), 0, -1):
            name = ".".join(parts[:cut])
            module = self._modules.module(name)
            if module is not None:
                rest = parts[cut:]
                is_package = (self._modules.locate(name) or "").endswith("__init__.py")
                inner = f"{name}.__init__" if is_package else name
                return self._inside(Scope(module), rest, inner)
        return None

    def _inside(self, scope: Scope, rest: list[str], dotted: str) -> dict[str, str] | None:
        """Inside a module: the class or the assignment of a name."""
        self._steps += 1
        if self._steps > _MOST_STEPS:
            return None
        module = scope.module
        self.met_one = self.met_one or "naming_convention" in module.content
        if not rest:
            rest = ["metadata"]
        for statement in module_statements(module.tree):
            match statement:
                case ast.Assign(targets=[ast.Attribute(attr="naming_convention")], value=value):
                    found = self.templates(scope.evaluate(value), dotted)
                    if found is not None:
                        return found
                case ast.ClassDef(name=name) if name == rest[0]:
                    return self._of_class(statement, scope, dotted)
                case ast.FunctionDef(name=name, body=[*_, ast.Return(value=ast.expr() as value)]) if (
                    name == rest[0]
                ):
                    inner = (
                        value.value
                        if isinstance(value, ast.Attribute) and value.attr == "metadata"
                        else value
                    )
                    return self.of(scope.evaluate(inner), scope, dotted)
                case _:
                    pass
        value = scope.lookup(rest[0])
        if isinstance(value, CallValue):
            return self.of(value, scope, dotted)
        if isinstance(value, Ref) and value.path != f".{rest[0]}":
            path = value.path if len(rest) == 1 else f"{value.path}.{'.'.join(rest[1:])}"
            if path.startswith("."):
                resolved = self._relative(path, dotted)
                return self._elsewhere(resolved) if resolved else None
            return self._named(path, scope, dotted)
        return None

    def _of_class(self, node: ast.ClassDef, scope: Scope, dotted: str) -> dict[str, str] | None:
        for statement in node.body:
            match statement:
                case (
                    ast.Assign(targets=[ast.Name(id="metadata" | "registry")], value=value)
                    | ast.AnnAssign(target=ast.Name(id="metadata" | "registry"), value=ast.expr() as value)
                ):
                    return self.of(scope.evaluate(value), scope, dotted)
                case _:
                    pass
        for base in node.bases:
            found = self.of(scope.evaluate(base), scope, dotted)
            if found is not None:
                return found
        return None
