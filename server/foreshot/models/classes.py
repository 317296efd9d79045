"""What classes of the workspace say of their attributes, followed to the classes above them."""

from __future__ import annotations

import ast
import copy
from typing import TYPE_CHECKING, Final, cast

from foreshot.syntax.values import FunctionValue, Ref, Value

if TYPE_CHECKING:
    from foreshot.models.scopes import ClassSource, Linker

MAX_BASES: Final = 40
"""Classes above one another that are looked into."""


def class_attribute(linker: Linker, source: ClassSource, name: str, whole: Ref, depth: int) -> Value:
    """What a class itself, or one above it, says of an attribute; ``whole`` where that is no plain value."""
    if name == "__name__":
        return source.node.name
    if name == "__module__":
        return source.scope.dotted
    for _ in range(MAX_BASES):
        for item in source.node.body:
            match item:
                case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name:
                    pass
                case ast.AnnAssign(target=ast.Name(id=target), value=ast.expr() as value) if target == name:
                    pass
                case ast.FunctionDef(name=target) if target == name:
                    return _method(item, source, whole)
                case _:
                    continue
            if is_enum(linker, source):
                return whole
            found = source.scope.child().evaluate(value, depth + 1)
            plain = isinstance(found, str | int | list | tuple | dict)
            return cast("Value", found) if plain else whole
        above = next(
            (
                inner
                for parent in source.node.bases
                if isinstance(ref := source.scope.evaluate(parent, depth + 1), Ref)
                and (inner := linker.class_source(ref.path)) is not None
            ),
            None,
        )
        if above is None:
            break
        source = above
    return whole


def is_enum(linker: Linker, source: ClassSource) -> bool:
    """Whether a class is an enumeration."""
    for _ in range(MAX_BASES):
        above: ClassSource | None = None
        for parent in source.node.bases:
            ref = source.scope.evaluate(parent)
            if isinstance(ref, Ref):
                if ref.path.startswith("enum.") or ref.path.endswith((".StrEnum", ".IntEnum")):
                    return True
                above = above or linker.class_source(ref.path)
        if above is None:
            return False
        source = above
    return False


def _method(item: ast.FunctionDef, source: ClassSource, whole: Ref) -> Value:
    """A method as the class hands it out: a static one as it is, a class method with the class; others are not followed."""
    marks = [mark.id if isinstance(mark, ast.Name) else "" for mark in item.decorator_list]
    if marks == ["staticmethod"]:
        return FunctionValue(item, source.scope)
    first = [*item.args.posonlyargs, *item.args.args][:1]
    if marks != ["classmethod"] or not first:
        return whole
    scope = source.scope.child()
    owner, _, name = whole.path.rpartition(".")
    scope.bind(first[0].arg, Ref(owner, whole.written.removesuffix(f".{name}"), whole.span, whole.bound))
    rest = copy.copy(item.args)
    rest.posonlyargs, rest.args = (
        [arg for arg in given if arg is not first[0]] for given in (rest.posonlyargs, rest.args)
    )
    bound = copy.copy(item)
    bound.args = rest
    return FunctionValue(bound, scope)
