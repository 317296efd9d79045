"""Enumerations of the project, and what an Enum stores of them."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Final, cast

from foreshot.models.model import EnumClass, EnumMember
from foreshot.models.scopes import ClassSource
from foreshot.syntax.values import CallValue, FunctionValue, Value
from foreshot.text import Span

_NOWHERE: Final = Span(0, 0)


def enum_class(source: ClassSource) -> EnumClass:
    """The members of an enumeration, in order."""
    members: list[EnumMember] = []
    complete = True
    scope = source.scope.child()
    count = 0
    for item in source.node.body:
        match item:
            case ast.Assign(targets=[ast.Name(id=name) as target], value=value) if not name.startswith("_"):
                pass
            case ast.AnnAssign(target=ast.Name(id=name) as target, value=ast.expr() as value) if (
                name[:1] != "_"
            ):
                pass
            case ast.If() | ast.For() | ast.Expr(value=ast.Call()):
                complete = False
                continue
            case _:
                continue
        made = scope.evaluate(value)
        scope.bind(name, made)
        count += 1
        if isinstance(made, CallValue) and made.path.rpartition(".")[2] == "auto":
            strings = any("Str" in ast.unparse(base) for base in source.node.bases)
            made = name.lower() if strings else str(count)
        if isinstance(made, tuple):
            made = cast("tuple[Value, ...]", made)[0] if made else None
        text = made if isinstance(made, str) else str(made) if isinstance(made, int) else None
        members.append(EnumMember(name, text, source.scope.module.span(value)))
        del target
    return EnumClass(source.dotted, source.node.name, tuple(members), complete, source.scope.path)


def enum_values(value: CallValue) -> Sequence[tuple[str, Span]] | None:
    """The values of a settled ``sa.Enum(...)``, each with its place; None where they cannot be told."""
    enum = value.args[0] if value.args else value.keywords.get("enums")
    if isinstance(enum, EnumClass):
        if not enum.complete:
            return None
        how = _values_callable(value.keywords.get("values_callable"))
        if how is None:
            return None
        found = [(item.name if how == "name" else item.value, item.span) for item in enum.members]
        return cast("list[tuple[str, Span]]", found) if all(text is not None for text, _ in found) else None
    if all(isinstance(item, str) for item in value.args) and not value.open_ended:
        return list(
            zip(
                cast("tuple[str, ...]", value.args),
                value.arg_spans or ((_NOWHERE,) * len(value.args)),
                strict=False,
            )
        )
    return None


def _values_callable(value: Value) -> str | None:
    """Whether an Enum stores its members' names or values; None where that cannot be told."""
    if value is None:
        return "name"
    if isinstance(value, FunctionValue):
        node = value.node
        body = node.body if isinstance(node, ast.Lambda) else None
        if isinstance(node, ast.FunctionDef):
            returned = [item.value for item in node.body if isinstance(item, ast.Return)]
            body = returned[0] if len(returned) == 1 else None
        words = (
            {inner.attr for inner in ast.walk(body) if isinstance(inner, ast.Attribute)}
            if body
            else set[str]()
        )
        plain = words - {"__members__", "values", "keys", "items"}
        if plain == {"value"} or plain == {"name"}:
            return plain.pop()
    return None
