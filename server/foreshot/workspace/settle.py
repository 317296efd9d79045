"""Types of the project's own, as a delta keeps them: what they stand for, on each dialect."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, cast

from msgspec.structs import replace

from foreshot.models.model import CustomType, EnumClass
from foreshot.models.scopes import Linker
from foreshot.models.types import enum_values, settled
from foreshot.project.modules import Modules
from foreshot.syntax.module import Module
from foreshot.syntax.values import CallValue, Ref, Text, Unknown, Value
from foreshot.text import Span

_NOWHERE = Span(0, 0)
_OWN: Final = "foreshot_revision_"
_KNOWN = ("sqlalchemy", "alembic", "sql:", "geoalchemy2", "pgvector", "citext")


class Settler:
    """Follows the names of types through the project's modules."""

    def __init__(self, modules: Modules) -> None:
        self._linker = Linker(modules)

    def inside(self, module: Module, path: str = "") -> Callable[[Value], Value]:
        """The same for types of one revision file, which may define classes of its own."""
        own = f"{_OWN}{abs(hash(module.content))}"
        adopted = False

        def settle(value: Value) -> Value:
            nonlocal adopted
            if not _is_local(value):
                return self(value)
            if not adopted:
                self._linker.adopt(module, own, path)
                adopted = True
            return self(_placed(value, own))

        return settle

    def __call__(self, value: Value) -> Value:
        """The type in SQLAlchemy's own terms, as far as the project's files tell."""
        if isinstance(value, Ref | CallValue) and not self._may_lead(value):
            return value
        try:
            return _plain(settled(self._linker, value), 0)
        except RecursionError:
            return Unknown("the type is nested too deeply", _NOWHERE)

    def _may_lead(self, value: Ref | CallValue) -> bool:
        """Whether anything in it is of the project's own."""
        if not value.path.startswith(_KNOWN) and not value.path.startswith("."):
            return True
        if isinstance(value, Ref):
            return False
        inner = [*value.args, *value.keywords.values(), value.receiver]
        return any(isinstance(item, Ref | CallValue) and self._may_lead(item) for item in inner)


def _is_local(value: Value) -> bool:
    """Whether anything in it is defined in the file itself."""
    match value:
        case Ref(path=path):
            return path.startswith(".") and not path.startswith("..")
        case CallValue():
            local = value.path.startswith(".") and not value.path.startswith("..")
            return local or any(
                _is_local(item) for item in [*value.args, *value.keywords.values(), value.receiver]
            )
        case _:
            return False


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
        case _:
            return value


def _plain(value: Value, depth: int) -> Value:
    if depth > 12:
        return Unknown("the type is nested too deeply", _NOWHERE)
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
                    else (Unknown("its labels cannot be told", value.span),)
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
        case Ref() | Text() | Unknown():
            return value
        case _:
            return value
