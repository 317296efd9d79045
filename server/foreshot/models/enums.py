"""The native enum types that models want, with their values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import Struct

from foreshot.models.enum_classes import enum_values
from foreshot.models.model import EnumClass, ModelTable, Origin
from foreshot.schema.state import Enum, Schema
from foreshot.syntax.values import CallValue
from foreshot.text import Span

_NATIVE: Final = ("sqlalchemy.Enum", "sqlalchemy.types.Enum", "sqlalchemy.dialects.postgresql.ENUM")


class NativeEnum(Struct, frozen=True):
    """A native enum type as a column of the models wants it."""

    name: str
    """``name`` or ``schema.name``."""
    values: tuple[str, ...]
    places: tuple[Origin, ...]
    """Where each value is written."""
    table: str
    column: str
    origin: Origin
    """The column's."""


def native_enums(tables: Iterable[ModelTable]) -> Iterator[NativeEnum]:
    """The native enums of all columns whose values are known."""
    for table in tables:
        for column in table.columns:
            call = column.type
            if not isinstance(call, CallValue) or call.path not in _NATIVE:
                continue
            if call.keywords.get("native_enum") is False:
                continue
            values = enum_values(call)
            enum = call.args[0] if call.args else None
            name = call.keywords.get("name")
            if name is None and isinstance(enum, EnumClass):
                name = enum.name.lower()
            schema = call.keywords.get("schema")
            if schema is None and call.keywords.get("inherit_schema") is True:
                schema = table.schema
            if values is None or not isinstance(name, str) or not (schema is None or isinstance(schema, str)):
                continue
            path = enum.path if isinstance(enum, EnumClass) else column.origin.path
            yield NativeEnum(
                f"{schema}.{name}" if schema else name,
                tuple(text for text, _ in values),
                tuple(Origin(path, span if span != Span(0, 0) else column.origin.span) for _, span in values),
                table.full_name,
                column.name,
                column.origin,
            )


def out_of_step(tables: Iterable[ModelTable], schema: Schema) -> Iterator[tuple[NativeEnum, Enum]]:
    """The native enums of the models whose values differ from those of the history, both surely known."""
    for enum in native_enums(tables):
        known = schema.enums.get(enum.name)
        if known is None or known.there is not None or schema.doubts(known) or None in known.values:
            continue
        if set(enum.values) != set(known.values):
            yield enum, known
