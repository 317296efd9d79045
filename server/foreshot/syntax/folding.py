"""What builtins and methods of constants make of known values. Everything is bounded."""

from __future__ import annotations

import builtins
import re
from collections.abc import Mapping
from string import Template
from typing import Any, Final, cast

from foreshot.syntax.budget import MAX_ITEMS, MAX_TEXT
from foreshot.syntax.values import Ref, Value, as_key


class Formatted(str):
    """A string that went through ``op.f()``: a name that no naming convention touches any more."""

    __slots__ = ()


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
    | {"frozenset", "reversed", "dict", "enumerate", "zip", "range", "len", "getattr", "isinstance"}
)
_TYPES: Final[Mapping[str, type]] = {"str": str, "list": list, "tuple": tuple, "dict": dict}


def builtin(path: str, args: list[Value], keywords: Mapping[str, Value]) -> Value:
    """The value of a builtin, or of the ``f`` of Alembic's ``op`` or a batch block, over known values; else the missing marker."""
    first = args[0] if args else None
    match path, args:
        case (("alembic.op.f" | "<block>.f"), [str()]):
            return Formatted(first)
        case (("sqlalchemy.sql.elements.quoted_name" | "sqlalchemy.quoted_name"), [str(), *_]):
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
        case "getattr", [Ref(path=base, written=written, span=span), str(name)] if name.isidentifier():
            return Ref(f"{base}.{name}", f"{written}.{name}", span)
        case "isinstance", [str() | list() | tuple() | dict() | None, Ref(path=kind)] if kind in _TYPES:
            return isinstance(first, _TYPES[kind])
        case "dict", []:
            return dict(keywords)
        case "enumerate", [list() | tuple()]:
            return [(index, item) for index, item in enumerate(cast("list[Value]", first))]
        case "zip", [_, *_] if all(isinstance(item, list | tuple) for item in args):
            return list(zip(*cast("list[list[Value]]", args), strict=False))
        case "range", [_, *_] if all(isinstance(item, int) for item in args) and len(args) <= 3:
            try:
                numbers = range(*cast("list[int]", args))
                return list(numbers) if len(numbers) <= MAX_ITEMS else MISSING
            except (ValueError, TypeError, OverflowError):
                return MISSING
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
    if isinstance(receiver, dict) and name == "get" and args and isinstance(args[0], str | int | Ref):
        mapping = cast("dict[Value, Value]", receiver)
        key = as_key(args[0])
        if key not in mapping and (isinstance(key, Ref) or any(isinstance(known, Ref) for known in mapping)):
            # What a name stands for may be equal to another key, as a member of a StrEnum is to its text.
            return None
        return mapping.get(key, args[1] if len(args) > 1 else None)
    if not isinstance(receiver, str):
        return None
    plain = all(isinstance(item, str | int) for item in [*args, *keywords.values()])
    match name:
        case "lower" | "upper" | "strip" | "lstrip" | "rstrip" | "title" | "capitalize" if not args:
            return cast("str", getattr(receiver, name)())
        case "join" if args and isinstance(args[0], list | tuple):
            items = [item for item in cast("list[Value]", args[0]) if isinstance(item, str)]
            length = sum(map(len, items)) + len(receiver) * len(items)
            whole = len(items) == len(cast("list[Value]", args[0]))
            return receiver.join(items) if whole and length <= MAX_TEXT else None
        case "format" if plain and _is_plain_template(receiver, [*args, *keywords.values()]):
            try:
                return receiver.format(*args, **keywords)
            except (IndexError, KeyError, ValueError, AttributeError, OverflowError):
                return None
        case "replace" if plain and len(args) == 2 and all(isinstance(item, str) for item in args):
            old, new = cast("list[str]", args)
            grown = receiver.count(old) * len(new) + len(receiver)
            return receiver.replace(old, new) if grown <= MAX_TEXT else None
        case "split" if plain and not keywords and len(args) <= 2 and args[:1] != [""]:
            try:
                parts = receiver.split(*cast("list[Any]", args))
            except (TypeError, OverflowError):
                return None
            return list(parts) if len(parts) <= MAX_ITEMS else None
        case "startswith" | "endswith" if len(args) == 1 and isinstance(args[0], str):
            return receiver.startswith(args[0]) if name == "startswith" else receiver.endswith(args[0])
        case _:
            return None


def substituted(
    template: str, name: str, args: list[Value], keywords: Mapping[str, Value], *, open_ended: bool
) -> str | None:
    """What ``string.Template(…).substitute(…)`` makes; None for anything else, and where a value is not known."""
    given: dict[Value, Value] = {**keywords}
    if args:
        first = args[0]
        if len(args) > 1 or not isinstance(first, dict):
            return None
        given = {**cast("dict[Value, Value]", first), **given}
    if open_ended or name not in ("substitute", "safe_substitute"):
        return None
    texts = {str(key): str(value) for key, value in given.items() if isinstance(value, str | int)}
    longest = max(map(len, texts.values()), default=0)
    if len(texts) != len(given) or len(template) + template.count("$") * longest > MAX_TEXT:
        return None
    made = Template(template)
    try:
        return made.substitute(texts) if name == "substitute" else made.safe_substitute(texts)
    except (KeyError, ValueError):
        return None


def _is_plain_template(template: str, values: list[Value]) -> bool:
    """Whether a format string only puts values in, and what comes out is of a bearable length."""
    fields = template.count("{")
    longest = max((len(value) if isinstance(value, str) else 20 for value in values), default=0)
    return (
        all(_PLAIN_FIELD.match(field) for field in _FIELDS.findall(template))
        and len(template) + fields * longest * 10 <= MAX_TEXT * 10
        and all(isinstance(value, str) or abs(cast("int", value)) < 1 << 62 for value in values)
    )


# A width behind `%`, or behind the `)` of `%(name)`.
_GIVEN_WIDTH = re.compile(r"[%)][-+ #0.]*[\d.*]")
_FIELDS = re.compile(r"\{\{|\{[^}]*\}?")
_PLAIN_FIELD = re.compile(r"\{\{|\{\w*(?:![rsa])?(?::[a-z]?)?\}\Z")


def is_wide(template: str) -> bool:
    """Whether a template of ``%`` asks for padding, which could make a short text a huge one."""
    return "%" in template and _GIVEN_WIDTH.search(template) is not None
