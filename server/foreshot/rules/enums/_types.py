"""Which native enum type a column's type is."""

from __future__ import annotations

from msgspec import Struct

from foreshot.lint.states import State
from foreshot.migration.columns import type_spec
from foreshot.migration.operations import ColumnSpec, TypeSpec
from foreshot.syntax.values import CallValue


class NativeEnum(Struct, frozen=True):
    """A type that PostgreSQL knows by name; ``created``: making a table with it makes the type as well."""

    name: str
    created: bool
    type: TypeSpec


def native_enum(type_: object) -> NativeEnum | None:
    """The enum that a type stands for, or that an array holds; None where it is none, or its name cannot be told."""
    if isinstance(type_, TypeSpec) and type_.name == "ARRAY":
        inner = type_.argument("item_type", 0)
        type_ = type_spec(inner, inner.span) if isinstance(inner, CallValue) else None
    if not isinstance(type_, TypeSpec) or type_.name not in ("Enum", "ENUM") or type_.call is None:
        return None
    name, schema = type_.argument("name"), type_.argument("schema")
    if not isinstance(name, str) or not isinstance(schema, str | None):
        return None
    if type_.argument("native_enum") not in (None, True) or type_.argument("inherit_schema") is not None:
        return None
    created = type_.argument("create_type")
    if created not in (None, True, False):
        return None
    return NativeEnum(f"{schema}.{name}" if schema else name, created is not False, type_)


def enums_of(columns: tuple[ColumnSpec, ...]) -> dict[str, NativeEnum]:
    """The enums of a table's columns, by name, the first of each."""
    found: dict[str, NativeEnum] = {}
    for column in columns:
        enum = native_enum(column.type)
        if enum is not None:
            found.setdefault(enum.name, enum)
    return found


def known_name(name: str, state: State) -> str | None:
    """How the schema calls the type that the name leads to; None where it has none of that name."""
    bare = name.removeprefix("public.").lower()
    return next(
        (known for known in state.schema.enums if known.removeprefix("public.").lower() == bare), None
    )
