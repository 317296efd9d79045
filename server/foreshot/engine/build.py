"""Described values to real SQLAlchemy objects: types, defaults, constraints, expressions.

Only names of SQLAlchemy's own modules are looked up, and only those that make types and parts of statements are called.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any, Final, cast

import sqlalchemy as sa
from sqlalchemy import types as sqltypes
from sqlalchemy.sql.elements import ClauseElement

from foreshot.engine.custom import Perhaps, placeholder, written
from foreshot.models.enum_classes import enum_values
from foreshot.models.model import CustomType, EnumClass
from foreshot.syntax.values import CallValue, Ref, Text, Unknown, Value

MAX_DEPTH: Final = 30
_DIALECTS: Final = ("postgresql", "mysql", "sqlite", "mssql", "oracle")
_METHODS: Final = frozenset(
    {
        "asc",
        "as_string",
        "astext",
        "cast",
        "collate",
        "concat",
        "desc",
        "in_",
        "is_",
        "is_not",
        "isnot",
        "label",
        "like",
    }
    | {
        "not_in",
        "notin_",
        "nulls_first",
        "nulls_last",
        "nullsfirst",
        "nullslast",
        "op",
        "with_variant",
        "self_group",
    }
)
_CALLABLE: Final = frozenset(
    {
        "text",
        "literal_column",
        "literal",
        "column",
        "cast",
        "type_coerce",
        "desc",
        "asc",
        "nulls_first",
        "nulls_last",
    }
    | {
        "nullsfirst",
        "nullslast",
        "and_",
        "or_",
        "not_",
        "func",
        "true",
        "false",
        "null",
        "collate",
        "extract",
        "tuple_",
    }
    | {
        "Computed",
        "Identity",
        "Sequence",
        "ForeignKey",
        "FetchedValue",
        "DefaultClause",
        "quoted_name",
        "bindparam",
    }
    | {
        "ForeignKeyConstraint",
        "PrimaryKeyConstraint",
        "UniqueConstraint",
        "CheckConstraint",
        "ExcludeConstraint",
    }
    | {"Index", "Column", "array", "case", "distinct", "table"}
)


class CannotBuild(Exception):
    """A described value that no object could be made of, with the reason."""


class Builder:
    """Makes objects for one dialect. ``resolve`` gives what a name of the project stands for, such as a column."""

    def __init__(self, dialect: Any, resolve: Callable[[Ref], Any] | None = None) -> None:
        self.dialect = dialect
        self._resolve = resolve

    def type(self, value: Value) -> sqltypes.TypeEngine[Any]:
        """The type that a value describes; one that cannot be told is a :class:`Perhaps`."""
        try:
            made = self.value(value)
        except CannotBuild:
            return Perhaps(written(value))
        if isinstance(made, type) and issubclass(made, sqltypes.TypeEngine):
            try:
                made = cast("Any", made)()
            except TypeError:
                return Perhaps(written(value))
        return (
            cast("sqltypes.TypeEngine[Any]", made)
            if isinstance(made, sqltypes.TypeEngine)
            else Perhaps(written(value))
        )

    def value(self, value: Value, depth: int = 0) -> Any:
        """The object that a value describes.

        Raises:
            CannotBuild: where it cannot be told, or SQLAlchemy refuses it.
        """
        if depth > MAX_DEPTH:
            raise CannotBuild("it is nested too deeply")
        match value:
            case None | bool() | int() | float() | str():
                return value
            case Unknown():
                raise CannotBuild(value.why)
            case Text():
                return value.value
            case CustomType():
                return self._custom(value)
            case Ref():
                return self._named(value)
            case CallValue():
                return self._called(value, depth)
            case list():
                return [self.value(item, depth + 1) for item in cast("list[Value]", value)]
            case tuple():
                return tuple(self.value(item, depth + 1) for item in cast("tuple[Value, ...]", value))
            case dict():
                pairs = cast("Mapping[Value, Value]", value).items()
                return {key: self.value(item, depth + 1) for key, item in pairs}
            case _:
                raise CannotBuild("it is only known when it runs")

    def _custom(self, custom: CustomType) -> sqltypes.TypeEngine[Any]:
        return placeholder(
            custom,
            self._known(custom.impl),
            {dialect: self._known(variant) for dialect, variant in custom.variants.items()},
        )

    def _known(self, value: Value) -> sqltypes.TypeEngine[Any] | None:
        made = self.type(value)
        return None if isinstance(made, Perhaps) else made

    def _named(self, ref: Ref) -> Any:
        found = library(ref.path)
        if found is not None:
            return found
        if self._resolve is not None:
            made = self._resolve(ref)
            if made is not None:
                return made
        raise CannotBuild(f"what `{ref.written}` is, is not known")

    def _called(self, call: CallValue, depth: int) -> Any:
        if call.open_ended:
            raise CannotBuild("some arguments are only known when it runs")
        name = call.path.rpartition(".")[2]
        if name == "Enum" or (name == "ENUM" and call.args and isinstance(call.args[0], EnumClass)):
            return self._enum(call, name, depth)
        if "()." in call.path or isinstance(call.receiver, CallValue | CustomType):
            return self._method(call, name, depth)
        args = [self.value(item, depth + 1) for item in call.args]
        keywords = {key: self.value(item, depth + 1) for key, item in call.keywords.items()}
        function = _function(call.path)
        target = function if function is not None else library(call.path)
        if target is None and self._resolve is not None and "." in call.path:
            owner = self._resolve(Ref(call.path.rpartition(".")[0], call.func.written, call.span))
            if isinstance(owner, ClauseElement | sa.Column) and name in _METHODS:
                target = cast("Any", getattr(cast("Any", owner), name, None))
        if target is None or (function is None and not _may_call(target, name)):
            raise CannotBuild(f"what `{call.func.written}` makes is not known")
        return _made(target, args, keywords)

    def _method(self, call: CallValue, name: str, depth: int) -> Any:
        if call.receiver is None or name not in _METHODS:
            raise CannotBuild(f"what `{call.func.written}` makes is not known")
        receiver = self.value(call.receiver, depth + 1)
        if isinstance(receiver, type):
            receiver = _made(cast("Any", receiver), [], {})
        args = [self.value(item, depth + 1) for item in call.args]
        keywords = {key: self.value(item, depth + 1) for key, item in call.keywords.items()}
        if not isinstance(receiver, ClauseElement | sqltypes.TypeEngine | sa.Column) or not hasattr(
            cast("Any", receiver), name
        ):
            raise CannotBuild(f"what `{call.func.written}` makes is not known")
        return _made(getattr(cast("Any", receiver), name), args, keywords)

    def _enum(self, call: CallValue, name: str, depth: int) -> Any:
        values = enum_values(call)
        keywords = {
            key: self.value(item, depth + 1)
            for key, item in call.keywords.items()
            if key not in ("values_callable", "enums", "metadata", "schema", "sort_key_function")
        }
        if isinstance(call.keywords.get("schema"), str):
            keywords["schema"] = call.keywords["schema"]
        enum = call.args[0] if call.args else None
        if isinstance(enum, EnumClass):
            keywords.setdefault("name", enum.name.lower())
        if values is None:
            raise CannotBuild("the values of the enumeration are not known")
        target = library(call.path) or (sa.Enum if name == "Enum" else None)
        if target is None:
            raise CannotBuild(f"what `{call.func.written}` makes is not known")
        return _made(target, [text for text, _ in values], keywords)


def _made(target: Any, args: Any, keywords: dict[str, Any]) -> Any:
    try:
        return target(*args, **keywords)
    except Exception as error:  # whatever SQLAlchemy thinks of arguments that a file gives
        raise CannotBuild(f"SQLAlchemy refuses it: {error}"[:200]) from error


def _may_call(target: Any, name: str) -> bool:
    if isinstance(target, type) and issubclass(target, sqltypes.TypeEngine):
        return True
    return name in _CALLABLE or name in _METHODS


def _function(path: str) -> Any:
    """``sqlalchemy.func.lower``."""
    marker = ".func."
    at = path.find(marker)
    if not path.startswith("sqlalchemy") or at == -1:
        return None
    names = path[at + len(marker) :].split(".")
    target: Any = sa.func
    for name in names:
        if not name.isidentifier() or name.startswith("_"):
            return None
        target = getattr(target, name)
    return target


_FOUND: dict[str, Any] = {}


def library(path: str) -> Any:
    """What a dotted path of SQLAlchemy's leads to; None when it leads to nothing that may be used."""
    if not path.startswith("sqlalchemy.") or "(" in path:
        return None
    if path not in _FOUND:
        if len(_FOUND) > 5000:
            _FOUND.clear()
        _FOUND[path] = _find(path)
    return _FOUND[path]


def _find(path: str) -> Any:
    parts = path.split(".")[1:]
    if any(part.startswith("_") or not part.isidentifier() for part in parts):
        return None
    if parts[0] in ("orm", "ext", "event", "engine", "pool", "create_engine", "inspect", "util"):
        return None
    name = parts[-1]
    spaces: list[Any] = []
    if parts[0] == "dialects" and len(parts) > 2 and parts[1] in _DIALECTS:
        spaces.append(importlib.import_module(f"sqlalchemy.dialects.{parts[1]}"))
    spaces += [sa, sqltypes, sa.schema, sa.sql.expression]
    for space in spaces:
        found = getattr(space, name, None)
        if found is not None:
            return found
    return None
