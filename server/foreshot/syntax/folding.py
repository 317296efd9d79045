"""What builtins and methods of constants make of known values. Everything is bounded."""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from typing import Any, Final, cast

from foreshot.syntax.values import Value

MAX_ITEMS: Final = 2_000
BUILTINS: Final = frozenset(dir(builtins)) | {"__file__", "__name__", "__doc__", "__spec__", "__package__"}
MISSING: Final = object()
"""Stands for "no value was made": None is a value."""

FOLDED: Final = frozenset(
    {
        "alembic.op.f",
        "<block>.f",
        "sqlalchemy.sql.elements.quoted_name",
        "sqlalchemy.quoted_name",
        "str",
        "list",
        "tuple",
        "sorted",
        "set",
    }
    | {"frozenset", "reversed", "dict", "enumerate", "zip", "range", "len"}
)


def builtin(path: str, args: list[Value], keywords: Mapping[str, Value]) -> Value:
    """The value of a builtin, or of the ``f`` of Alembic's ``op`` or a batch block, over known values; else the missing marker."""
    first = args[0] if args else None
    match path, args:
        case (
            ("alembic.op.f" | "<block>.f", [str()])
            | ("sqlalchemy.sql.elements.quoted_name", [str(), *_])
            | ("sqlalchemy.quoted_name", [str(), *_])
        ):
            return first
        case "str", [str()]:
            return first
        case ("list" | "tuple" | "sorted" | "set" | "frozenset" | "reversed", [list() | tuple() | dict()]):
            items = list(cast("list[Value]", first))
            if path in ("sorted", "set", "frozenset") and all(isinstance(item, str) for item in items):
                items = sorted(cast("list[str]", items))
            elif path == "sorted":
                return MISSING
            return items[::-1] if path == "reversed" else items
        case "dict", []:
            return dict(keywords)
        case "enumerate", [list() | tuple()]:
            return [(index, item) for index, item in enumerate(cast("list[Value]", first))]
        case "zip", [_, *_] if all(isinstance(item, list | tuple) for item in args):
            return list(zip(*cast("list[list[Value]]", args), strict=False))
        case "range", [_, *_] if all(isinstance(item, int) for item in args) and len(args) <= 3:
            try:
                numbers = range(*cast("list[int]", args))
            except (ValueError, TypeError):
                return MISSING
            return list(numbers) if len(numbers) <= MAX_ITEMS else MISSING
        case "len", [str() | list() | tuple() | dict()]:
            return len(cast("list[Value]", first))
        case _:
            return MISSING


def method_of_constant(
    receiver: Value, name: str, args: list[Value], keywords: Mapping[str, Value], open_ended: bool
) -> Value:
    """The value of a method of a known string or dictionary; None when it is not one that is followed."""
    if open_ended:
        return None
    if isinstance(receiver, dict) and not args:
        mapping = cast("dict[Value, Value]", receiver)
        match name:
            case "items":
                return list(mapping.items())
            case "keys":
                return list(mapping)
            case "values":
                return list(mapping.values())
            case _:
                return None
    if isinstance(receiver, dict) and name == "get" and args and isinstance(args[0], str | int):
        return cast("dict[Value, Value]", receiver).get(args[0], args[1] if len(args) > 1 else None)
    if not isinstance(receiver, str):
        return None
    plain = all(isinstance(item, str | int) for item in [*args, *keywords.values()])
    match name:
        case "lower" | "upper" | "strip" | "lstrip" | "rstrip" | "title" | "capitalize" if not args:
            return cast("str", getattr(receiver, name)())
        case "join" if args and isinstance(args[0], list | tuple):
            items = cast("list[Value]", args[0])
            return (
                receiver.join(cast("list[str]", items))
                if all(isinstance(item, str) for item in items)
                else None
            )
        case "format" if (
            plain and not is_wide(receiver) and "[" not in receiver and "." not in receiver.partition("{")[2]
        ):
            try:
                return receiver.format(*args, **keywords)
            except (IndexError, KeyError, ValueError, AttributeError):
                return None
        case "replace" if plain and len(args) == 2 and len(receiver) < 10_000:
            return receiver.replace(str(args[0]), str(args[1]))
        case "split" if plain:
            return list(receiver.split(*cast("list[Any]", args))) if args != [""] else None
        case "startswith" | "endswith" if len(args) == 1 and isinstance(args[0], str):
            return receiver.startswith(args[0]) if name == "startswith" else receiver.endswith(args[0])
        case _:
            return None


def is_wide(template: str) -> bool:
    """Whether a format string asks for padding, which could make a short text a huge one."""
    return any(
        character.isdigit() and before in "%:-+ #<>=^.*"
        for before, character in zip(template, template[1:], strict=False)
    ) and ("%" in template or "{" in template)
