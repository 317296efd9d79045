"""Operations that well-known plugins add to ``op``.

alembic_utils, alembic-postgresql-enum, alembic-autogenerate-enums, GeoAlchemy2, Alembic's recipe of replaceable objects.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final, cast

from msgspec.structs import replace

from foreshot.migration.columns import last_name
from foreshot.migration.operations import Execute, Operation
from foreshot.migration.specs import Site
from foreshot.syntax.values import CallValue, Maybe, Text, Unknown, Value

_VERBS = ("create", "replace", "drop")
_ENTITIES = ("entity", "view", "materialized_view", "sp", "function", "trigger", "policy", "extension")
ENTITIES: Final = frozenset(
    {*(f"{verb}_{what}" for verb in _VERBS for what in _ENTITIES), "sync_enum_values"}
)
"""What they are called."""
GEOSPATIAL: Final = {
    "create_geospatial_table": "create_table",
    "drop_geospatial_table": "drop_table",
    "add_geospatial_column": "add_column",
    "drop_geospatial_column": "drop_column",
    "create_geospatial_index": "create_index",
    "drop_geospatial_index": "drop_index",
}
"""GeoAlchemy2's operations, which take what Alembic's own take."""
_SQL: Final = {
    "PGView": ("VIEW", "{name} AS {definition}"),
    "PGMaterializedView": ("MATERIALIZED VIEW", "{name} AS {definition}"),
    "PGFunction": ("FUNCTION", "{name} {definition}"),
    "PGProcedure": ("PROCEDURE", "{name} {definition}"),
    "PGTrigger": ("TRIGGER", "{bare} {definition}"),
    "PGPolicy": ("POLICY", "{bare} ON {on} {definition}"),
    "PGExtension": ("EXTENSION", "{bare}"),
}
"""What alembic_utils' entities are, and how they are created (alembic_utils 0.8)."""


class SyncEnum(Operation, frozen=True):
    """``op.sync_enum_values``: the type is made anew with these values, and its columns are given the new one."""

    kind: ClassVar[str] = "sync_enum_values"
    name: Maybe[str]
    values: tuple[Maybe[str], ...] = ()


def plugin_operation(name: str, call: CallValue, site: Site) -> Operation:
    """What a call of one of :data:`ENTITIES` does, as far as it can be told."""
    if name == "sync_enum_values":
        return _sync(call, site)
    verb = name.partition("_")[0]
    entity = call.argument("entity", 0) or call.argument("target", 0)
    kind = _SQL.get(last_name(entity.path)) if isinstance(entity, CallValue) else None
    if not isinstance(entity, CallValue) or kind is None:
        return Execute(site, name.replace("_", " "))
    word, shape = kind
    signature, schema = _text(entity.argument("signature", 1)), _text(entity.argument("schema", 0))
    if signature is None:
        return Execute(site, name.replace("_", " "))
    bare = signature if word in ("FUNCTION", "PROCEDURE") else f'"{signature}"'
    full = bare if schema in (None, "public") else f'"{schema}".{bare}'
    place = _text(entity.argument("on_entity")) or ""
    if verb == "drop":
        text = f"DROP {word} {(full if '{name}' in shape else bare).partition('(')[0]}"
        text += f" ON {place}" if place else ""
        return Execute(replace(site, sql=text), f"DROP {word}", _tables(place))
    definition = _text(entity.argument("definition", 2)) or ""
    text = f"CREATE {word} " + shape.format(name=full, bare=bare, on=place, definition=definition)
    return Execute(replace(site, sql=text), f"CREATE {word}", _tables(place))


def _sync(call: CallValue, site: Site) -> Operation:
    # alembic-autogenerate-enums 0.1 takes the old values first; alembic-postgresql-enum has the columns in fourth place.
    fourth = call.argument("affected_columns", 3)
    has_old = "old_values" in call.keywords or _is_texts(fourth)
    given = call.argument("new_values", 3 if has_old else 2)
    prefix = "" if has_old else "enum_"
    schema, name = call.argument(f"{prefix}schema", 0), _text(call.argument(f"{prefix}name", 1))
    if name is None or not isinstance(given, list | tuple):
        return SyncEnum(site, Unknown("the name or the values of the enum are not known", call.span))
    values = [_text(item) for item in cast("Sequence[Value]", given)]
    full = name if _text(schema) in (None, "public") else f"{_text(schema)}.{name}"
    unknown = Unknown("a value of the enum is not known", call.span)
    return SyncEnum(site, full, tuple([unknown if value is None else value for value in values]))


def _is_texts(value: object) -> bool:
    items = cast("Sequence[Value]", value) if isinstance(value, list | tuple) else ()
    return bool(items) and all(_text(item) is not None for item in items)


def _text(value: object) -> str | None:
    value = value.value if isinstance(value, Text) else value
    return value if isinstance(value, str) else None


def _tables(place: str) -> tuple[str, ...]:
    return (place.removeprefix("public."),) if place else ()
