"""Objects of a file's own plain classes: dataclasses, named tuples, and classes with an ``__init__`` that only assigns.

Migrations that do the same to many tables keep what they do in such objects. A class whose bases are not all of this file, or
whose making does more than assign, makes no object: a call of it stays a described call.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, cast

from msgspec import Struct

from foreshot.syntax.budget import MAX_ITEMS
from foreshot.syntax.folding import MISSING
from foreshot.syntax.module import assigned
from foreshot.syntax.values import FunctionValue, Ref, Unknown, Value

if TYPE_CHECKING:
    from foreshot.syntax.evaluate import Scope

_MAX_DEPTH: Final = 24
_MAX_BASES: Final = 20
_WHOLE: Final = (str, int, float, bool, list, tuple, dict, type(None))
_MAKERS: Final = ("dataclass", "NamedTuple")


class Instance(Struct, eq=False):
    """An object; ``fields`` change as the file changes them."""

    classes: tuple[ast.ClassDef, ...]
    """Its class and those that it stands on, nearest first."""
    fields: dict[str, Value]
    scope: Scope
    """Of the module."""


class Above(Struct, frozen=True, eq=False):
    """``super()`` inside a method."""

    instance: Instance
    behind: ast.ClassDef


def made(scope: Scope, name: str, args: list[Value], keywords: Mapping[str, Value], depth: int) -> Value:
    """The object that a call of a class of this file makes; None when it is no plain class, or more than assigns."""
    root = scope.root
    classes = _ancestry(root, name)
    if classes is None or depth > _MAX_DEPTH or root.budget.is_spent:
        return None
    found = Instance(classes, {}, root)
    start = _method(found, "__init__")
    if start is not None:
        return found if _ran(found, *start, args, keywords, depth) is not None else None
    if not any(_is_maker(node) for node in classes):
        return found if not args and not keywords else None
    if not _filled(found, args, keywords, depth):
        return None
    after = _method(found, "__post_init__")
    if after is not None and _ran(found, *after, [], {}, depth) is None:
        return None
    return found


def attribute(base: Instance | Above, name: str, depth: int = 0) -> Value:
    """A field, a constant of the class, or a method, which knows its object."""
    instance = base if isinstance(base, Instance) else base.instance
    if isinstance(base, Instance) and name in base.fields:
        return base.fields[name]
    for node in _behind(base):
        for item in node.body:
            match item:
                case ast.FunctionDef(name=target) if target == name:
                    inner = instance.scope.child()
                    inner.bind("__class__", Above(instance, node))
                    if not item.decorator_list:
                        return FunctionValue(item, inner, instance)
                    return Unknown(f"`{name}` is decorated", instance.scope.module.span(item))
                case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name:
                    return instance.scope.evaluate(value, depth + 1)
                case _:
                    pass
    return Unknown(
        f"the attribute `{name}` is only known when it runs", instance.scope.module.span(instance.classes[0])
    )


def returned(function: FunctionValue, args: list[Value], keywords: Mapping[str, Value], depth: int) -> Value:
    """What a method that changes nothing returns: a straight run of names and branches; else Unknown."""
    node = cast("ast.FunctionDef", function.node)
    unknown = Unknown(
        f"what `{node.name}()` returns is only known when it runs", function.scope.module.span(node)
    )
    if depth > _MAX_DEPTH or not _is_quiet(node.body):
        return unknown
    from foreshot.syntax.expressions import bind_parameters

    inner = bind_parameters(function, args, keywords, depth + 1)
    outcome = _run(inner, node.body, depth + 1)
    value = outcome[0] if outcome is not None and outcome else unknown
    return cast("Value", value) if isinstance(value, _WHOLE) else unknown


def called(scope: Scope, path: str, args: list[Value], keywords: Mapping[str, Value], depth: int) -> Value:
    """The object that a call of a class of this file, or of ``super``, comes to; ``MISSING`` when it is none."""
    if path == "super":
        above = scope.lookup("__class__") if not args else None
        return above if isinstance(above, Above) else MISSING
    name = path[1:]
    found = made(scope, name, args, keywords, depth) if name in scope.root.module.classes else None
    return found if found is not None else MISSING


def called_elsewhere(
    scope: Scope, path: str, args: list[Value], keywords: Mapping[str, Value], depth: int
) -> Value:
    """The object that a call of a class of another module of the project comes to; ``MISSING`` when it is none."""
    home = scope.outlook.home(path) if scope.outlook is not None else None
    found = made(*home, args, keywords, depth) if home is not None else None
    return found if found is not None else MISSING


def is_operations(value: Value) -> bool:
    """Whether it is Alembic's ``op`` itself, which an object that it is handed to works with."""
    return isinstance(value, Ref) and value.path == "alembic.op"


def constant(scope: Scope, path: str, name: str) -> Value:
    """``Kind.USER`` of a class of this file that only holds constants; ``MISSING`` when it is none."""
    node = scope.root.module.classes.get(path[1:])
    if node is None or node.bases or node.keywords or node.decorator_list:
        return MISSING
    for target, value in assigned(node.body):
        if target == name and isinstance(value, ast.Constant):
            return value.value
    return MISSING


def _ancestry(scope: Scope, name: str) -> tuple[ast.ClassDef, ...] | None:
    found: list[ast.ClassDef] = []
    pending = [name]
    while pending:
        node = scope.module.classes.get(pending.pop(0))
        if node is None or node in found or len(found) >= _MAX_BASES or node.keywords:
            return None
        found.append(node)
        for base in node.bases:
            if not isinstance(base, ast.Name | ast.Attribute):
                return None
            value = scope.evaluate(base)
            path = value.path if isinstance(value, Ref) else ""
            if scope.elsewhere and path.rpartition(".")[0] == scope.elsewhere:
                path = "." + path.rpartition(".")[2]
            if path.startswith(".") and not path.startswith(".."):
                pending.append(path[1:])
            elif path not in ("object", "typing.NamedTuple"):
                return None
    return tuple(found)


def _is_maker(node: ast.ClassDef) -> bool:
    marks = [item.func if isinstance(item, ast.Call) else item for item in node.decorator_list]
    names = [
        item.attr if isinstance(item, ast.Attribute) else getattr(item, "id", "")
        for item in [*marks, *node.bases]
    ]
    return any(name in _MAKERS for name in names)


def _behind(base: Instance | Above) -> tuple[ast.ClassDef, ...]:
    if isinstance(base, Instance):
        return base.classes
    classes = base.instance.classes
    return classes[classes.index(base.behind) + 1 :]


def _method(instance: Instance, name: str) -> tuple[ast.ClassDef, ast.FunctionDef] | None:
    for node in instance.classes:
        for item in node.body:
            if isinstance(item, ast.FunctionDef) and item.name == name:
                return node, item
    return None


def _filled(instance: Instance, args: list[Value], keywords: Mapping[str, Value], depth: int) -> bool:
    """Give a dataclass its fields; False where the arguments do not fit."""
    defaults: dict[str, ast.expr | None] = {}
    for node in reversed(instance.classes):
        for item in node.body:
            if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name):
                defaults[item.target.id] = item.value
    names = list(defaults)
    if len(args) > len(names) or keywords.keys() - defaults.keys():
        return False
    given = dict(zip(names, args, strict=False)) | dict(keywords)
    for name, default in defaults.items():
        if name in given:
            instance.fields[name] = given[name]
        elif default is None:
            return False
        else:
            instance.fields[name] = _default(instance.scope, default, depth)
    return True


def _default(scope: Scope, node: ast.expr, depth: int) -> Value:
    match node:
        case ast.Call(func=ast.Name(id="field") | ast.Attribute(attr="field"), args=[], keywords=keywords):
            for keyword in keywords:
                if keyword.arg == "default":
                    return scope.evaluate(keyword.value, depth + 1)
                if keyword.arg == "default_factory" and isinstance(keyword.value, ast.Name):
                    return (
                        []
                        if keyword.value.id == "list"
                        else {}
                        if keyword.value.id == "dict"
                        else scope.unknown("it is made when it runs", node)
                    )
            return scope.unknown("the field has no default that can be read", node)
        case _:
            return scope.evaluate(node, depth + 1)


def _ran(
    instance: Instance,
    owner: ast.ClassDef,
    node: ast.FunctionDef,
    args: list[Value],
    keywords: Mapping[str, Value],
    depth: int,
) -> tuple[Value, ...] | None:
    """Run a method that sets the object up; None when it does more than can be followed."""
    from foreshot.syntax.expressions import bind_parameters

    inner = instance.scope.child()
    inner.bind("__class__", Above(instance, owner))
    scope = bind_parameters(FunctionValue(node, inner, instance), args, keywords, depth + 1)
    return _run(scope, node.body, depth + 1)


def _is_quiet(body: list[ast.stmt]) -> bool:
    """Whether statements do nothing but name values, choose and return."""
    return all(
        isinstance(item, ast.Return | ast.Pass | ast.Assert)
        or (
            isinstance(item, ast.Assign)
            and all(not isinstance(target, ast.Attribute | ast.Subscript) for target in item.targets)
        )
        or (isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name))
        or (isinstance(item, ast.Expr) and isinstance(item.value, ast.Constant))
        or (isinstance(item, ast.If) and _is_quiet(item.body) and _is_quiet(item.orelse))
        for item in body
    )


def _run(scope: Scope, body: list[ast.stmt], depth: int) -> tuple[Value, ...] | None:
    """Run statements: ``(value,)`` when they return one, ``()`` when they come to their end, None when one is not followed."""
    if depth > _MAX_DEPTH:
        return None
    for statement in body:
        scope.budget.spend(1)
        if scope.budget.is_spent:
            return None
        outcome: tuple[Value, ...] | None = ()
        match statement:
            case ast.Return(value=value):
                return (scope.evaluate(value, depth) if value is not None else None,)
            case ast.Assign(targets=targets, value=value):
                known = scope.evaluate(value, depth)
                outcome = () if all(assign(scope, target, known, depth) for target in targets) else None
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                outcome = () if assign(scope, target, scope.evaluate(value, depth), depth) else None
            case ast.If(test=test, body=then, orelse=other):
                known = truth(scope.evaluate(test, depth))
                outcome = _run(scope, then if known else other, depth + 1) if known is not None else None
            case ast.For(target=target, iter=source, body=inner, orelse=[]):
                outcome = _each(scope, target, scope.items(source, depth), inner, depth)
            case ast.Expr(value=ast.Call() as call):
                outcome = _called(scope, call, depth)
            case ast.Expr(value=ast.Constant()) | ast.Pass() | ast.Assert() | ast.AnnAssign(value=None):
                pass
            case _:
                outcome = None
        if outcome is None or outcome:
            return outcome
    return ()


def _each(
    scope: Scope, target: ast.expr, items: list[Value] | None, body: list[ast.stmt], depth: int
) -> tuple[Value, ...] | None:
    if items is None or len(items) > MAX_ITEMS:
        return None
    for item in items:
        scope.unpack(target, item)
        outcome = _run(scope, body, depth + 1)
        if outcome is None or outcome:
            return outcome
    return ()


def _called(scope: Scope, call: ast.Call, depth: int) -> tuple[Value, ...] | None:
    """``super().__init__(…)`` and other methods that set an object up."""
    function = scope.evaluate(call.func, depth)
    if not isinstance(function, FunctionValue) or not isinstance(function.bound, Instance):
        return None
    if any(isinstance(item, ast.Starred) for item in call.args) or not isinstance(
        function.node, ast.FunctionDef
    ):
        return None
    args = [scope.evaluate(item, depth) for item in call.args]
    keywords = {item.arg: scope.evaluate(item.value, depth) for item in call.keywords if item.arg is not None}
    from foreshot.syntax.expressions import bind_parameters

    inner = bind_parameters(function, args, keywords, depth + 1)
    return () if _run(inner, function.node.body, depth + 1) is not None else None


def assign(scope: Scope, target: ast.expr, value: Value, depth: int = 0) -> bool:
    """Give a name, several, or an attribute of an object a value; False for what is not followed."""
    match target:
        case ast.Name(id=name):
            scope.bind(name, value)
            return True
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            items = cast("list[Value]", value) if isinstance(value, list | tuple) else []
            return len(items) == len(parts) and all(
                assign(scope, part, item, depth) for part, item in zip(parts, items, strict=True)
            )
        case ast.Attribute(value=base, attr=name):
            instance = scope.evaluate(base, depth + 1)
            if isinstance(instance, Instance):
                instance.fields[name] = value
                return True
            return False
        case _:
            return False


def truth(value: Value) -> bool | None:
    """Whether a known value counts as true; None for one that is not known."""
    if isinstance(value, Instance):
        return True
    return bool(cast("object", value)) if isinstance(value, _WHOLE) else None
