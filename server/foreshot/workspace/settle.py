"""Types of the project's own, as a delta keeps them: what they stand for, on each dialect."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, cast

from msgspec.structs import replace

from foreshot.models.enum_classes import enum_values
from foreshot.models.model import CustomType, EnumClass
from foreshot.models.scopes import Linker
from foreshot.models.types import settled
from foreshot.project.env_facts import EnvFacts
from foreshot.project.modules import Modules
from foreshot.syntax.module import Module
from foreshot.syntax.values import CallValue, Choice, Ref, Text, Unknown, Value
from foreshot.text import Span
from foreshot.workspace.options import Options

_NOWHERE = Span(0, 0)
_TOO_DEEP: Final = Unknown("the type is nested too deeply", _NOWHERE)
_MOST_PARTS: Final = 200
_OWN: Final = "foreshot_revision_"
_KNOWN = ("sqlalchemy", "alembic", "sql:", "geoalchemy2", "pgvector", "citext")


class Settler:
    """Follows the names of types through the project's modules."""

    def __init__(self, modules: Modules) -> None:
        self._linker = Linker(modules)
        self._options: Options | None = None

    def options(self, env: EnvFacts | None) -> Options:
        """What env.py hands to Alembic's context."""
        if self._options is None:
            # A linker of its own notes all that is looked at for them.
            self._options = Options(env, Linker(self._linker.modules))
        return self._options

    def inside(self, module: Module, path: str = "") -> Callable[[Value], Value]:
        """The same for types of one revision file, which may define classes of its own."""
        own = f"{_OWN}{abs(hash(module.content))}"
        adopted = False

        def settle(value: Value) -> Value:
            nonlocal adopted
            parts = _parts(value)
            if parts is None:
                return _TOO_DEEP
            if not any(part.path.startswith(".") and not part.path.startswith("..") for part in parts):
                return self(value)
            if not adopted:
                self._linker.adopt(module, own, path)
                adopted = True
            return self(_placed(value, own))

        return settle

    def __call__(self, value: Value) -> Value:
        """The type in SQLAlchemy's own terms, as far as the project's files tell."""
        parts = _parts(value)
        if parts is None:
            return _TOO_DEEP
        if parts and all(part.path.startswith((".", *_KNOWN)) for part in parts):
            return value
        try:
            return _plain(settled(self._linker, value), 0)
        except RecursionError:
            return _TOO_DEEP


def _parts(value: Value) -> list[Ref | CallValue] | None:
    """Every name and call in it; None when there are more than a type has, for values may share their parts without end."""
    parts: list[Ref | CallValue] = []
    ahead: list[Value] = [value]
    while ahead:
        item = ahead.pop()
        if isinstance(item, Ref | CallValue):
            if len(parts) == _MOST_PARTS:
                return None
            parts.append(item)
        if isinstance(item, CallValue):
            ahead += [*item.args, *item.keywords.values(), item.receiver]
        elif isinstance(item, Choice):
            ahead += [item.then, item.other]
    return parts


def _placed(value: Value, own: str) -> Value:
    """The value with names of the file's own led to it."""
    match value:
        case Ref(path=path) if path.startswith(".") and not path.startswith(".."):
            return Ref(own + path, value.written, value.span)
        case CallValue():
            return replace(
                value,
                func=cast("Ref", _placed(value.func, own)),
                args=tuple([_placed(item, own) for item in value.args]),
                keywords={key: _placed(item, own) for key, item in value.keywords.items()},
                receiver=_placed(value.receiver, own),
            )
        case Choice():
            return replace(value, then=_placed(value.then, own), other=_placed(value.other, own))
        case _:
            return value


def _plain(value: Value, depth: int) -> Value:
    if depth > 12:
        return _TOO_DEEP
    match value:
        case CustomType():
            made = _plain(value.impl, depth + 1)
            for dialect, variant in value.variants.items():
                inner = _plain(variant, depth + 1)
                func = Ref("sqlalchemy.types.TypeEngine().with_variant", "with_variant", _NOWHERE)
                made = CallValue(func, (inner, dialect), {}, _NOWHERE, receiver=made)
            return made
        case CallValue():
            args = value.args
            if value.path.rpartition(".")[2] in ("Enum", "ENUM") and any(
                isinstance(item, EnumClass) for item in [*args, value.keywords.get("enums")]
            ):
                labels = enum_values(value)
                args = (
                    tuple(text for text, _ in labels)
                    if labels is not None
                    else (Unknown("its labels are not known", value.span),)
                )
                name = value.keywords.get("name")
                cls = next(
                    item for item in [*value.args, value.keywords.get("enums")] if isinstance(item, EnumClass)
                )
                keywords = {**value.keywords, "name": name if name is not None else cls.name.lower()}
            else:
                keywords = dict(value.keywords)
            return CallValue(
                value.func,
                tuple([_plain(item, depth + 1) for item in args]),
                {key: _plain(item, depth + 1) for key, item in keywords.items() if key != "enums"},
                value.span,
                receiver=_plain(value.receiver, depth + 1),
            )
        case Choice():
            return replace(value, then=_plain(value.then, depth + 1), other=_plain(value.other, depth + 1))
        case Ref() | Text() | Unknown():
            return value
        case _:
            return value
