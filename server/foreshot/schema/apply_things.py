"""Enum types, and everything that has no shape of its own here: views, sequences, functions, triggers, extensions."""

from __future__ import annotations

from msgspec.structs import replace

from foreshot.schema import changes as to
from foreshot.schema import state as st
from foreshot.schema.apply_columns import without_column
from foreshot.schema.draft import Draft
from foreshot.schema.state import Column, Perhaps


def make_enum(draft: Draft, change: to.MadeEnum) -> None:
    """An enum type is created."""
    if draft.dialect != "postgresql":
        return
    if change.name is None:
        draft.doubt("a type whose name is not known is created")
        return
    if change.name in draft.enums:
        return
    reasons = (
        (Perhaps("not all of its labels can be told", draft.origin, change.name),)
        if None in change.values or not change.values
        else ()
    )
    draft.enums[change.name] = st.Enum(
        change.name, change.values, draft.origin, None, reasons, len(draft.perhaps)
    )


def lose_type(draft: Draft, change: to.LostType) -> None:
    """A type is dropped."""
    if draft.dialect != "postgresql":
        return
    if change.name is None:
        draft.doubt("a type that is not known is dropped")
        return
    name = _enum(draft, change.name)
    draft.enums.pop(name or "", None)
    for table in list(draft.tables.values()) if change.cascade and name is not None else ():
        for column in [item.name for item in table.columns.values() if item.type.enum == name]:
            draft.put(without_column(draft, draft.tables[table.name], column))
            draft.gone[f"{table.name}.{column}"] = draft.origin
    for kind in ("type", "domain"):
        draft.things.pop((kind, change.name), None)


def _enum(draft: Draft, name: str | None) -> str | None:
    if name is None:
        return None
    if name in draft.enums:
        return name
    bare = name.removeprefix("public.").lower()
    return next((known for known in draft.enums if known.removeprefix("public.").lower() == bare), None)


def make_value(draft: Draft, change: to.MadeValue) -> None:
    """An enum type gains a label."""
    name = _enum(draft, change.name)
    if name is None:
        draft.doubt(
            "a label is added to a type that was not known", f"type {change.name}" if change.name else ""
        )
        return
    enum = draft.enums[name]
    if change.value is not None and change.value in enum.values:
        return
    values = list(enum.values)
    place = len(values)
    if change.place and change.neighbour in values:
        place = values.index(change.neighbour) + (change.place == "after")
    values.insert(place, change.value)
    reasons = enum.perhaps
    if change.value is None or (change.place and change.neighbour not in enum.values):
        reasons = (*reasons, Perhaps("a label that is not known is added", draft.origin, name))
    draft.enums[name] = replace(enum, values=tuple(values), perhaps=reasons)


def move_value(draft: Draft, change: to.MovedValue) -> None:
    """A label, or the type itself where no label is named, is renamed."""
    name = _enum(draft, change.name)
    if name is None or change.new is None:
        draft.doubt("a type that was not known is renamed", f"type {change.name}" if change.name else "")
        return
    enum = draft.enums[name]
    if change.value == "":
        schema = name.rpartition(".")[0]
        new = f"{schema}.{change.new}" if schema else change.new
        draft.enums = {
            (new if key == name else key): (replace(item, name=new) if key == name else item)
            for key, item in draft.enums.items()
            if key != new
        }
        for table in list(draft.tables.values()):
            if any(column.type.enum == name for column in table.columns.values()):
                columns = {key: _retyped(item, name, new) for key, item in table.columns.items()}
                draft.put(replace(table, columns=columns))
        return
    values = tuple([change.new if value == change.value else value for value in enum.values])
    draft.enums[name] = replace(enum, values=values)


def _retyped(column: Column, old: str, new: str) -> Column:
    if column.type.enum != old:
        return column
    stored = (column.type.stored or "").replace(old, new)
    return replace(column, type=replace(column.type, enum=new, stored=stored))


def make_thing(draft: Draft, change: to.MadeThing) -> None:
    """A view, a sequence, a function, a trigger… is created or replaced."""
    name = change.name
    if name is None:
        if change.kind in ("view", "materialized view"):
            draft.doubt("a view whose name is not known is created", "view")
        return
    words = frozenset(change.words)
    match change.kind:
        case "view" | "materialized view":
            name = draft.stored(name, draft.views) or name
            tables = tuple([table for table in draft.tables if table.rpartition(".")[2].lower() in words])
            draft.views[name] = st.View(
                name, draft.origin, change.kind != "view", tables, words, change.definition
            )
        case "sequence":
            name = draft.stored(name, draft.sequences) or name
            known = draft.sequences.get(name) or st.Sequence(name, draft.origin)
            draft.sequences[name] = replace(known, owner=_owner(draft, change.table, known.owner))
        case kind:
            place = _of_kind(draft, kind, name)
            table = draft.find(change.table) or change.table
            draft.things[place] = st.Thing(kind, place[1], draft.origin, table, words)


def _owner(draft: Draft, said: str | None, before: str | None) -> str | None:
    """The column that a sequence belongs to from now on."""
    if said is None:
        return before
    table, _, column = said.rpartition(".")
    return f"{draft.find(table) or table}.{column}" if table else None


def lose_thing(draft: Draft, change: to.LostThing) -> None:
    """One of those is dropped."""
    name = change.name
    if name is None:
        return
    match change.kind:
        case "view" | "materialized view":
            name = draft.stored(name, draft.views) or name
            draft.views.pop(name, None)
            draft.gone[name] = draft.origin
        case "sequence":
            draft.sequences.pop(draft.stored(name, draft.sequences) or "", None)
        case "schema":
            draft.things.pop(("schema", name), None)
            if change.cascade:
                for table in [item for item in draft.tables if item.startswith(f"{name}.")]:
                    draft.tables.pop(table)
        case kind:
            draft.things.pop(_of_kind(draft, kind, name), None)


def _of_kind(draft: Draft, kind: str, name: str) -> tuple[str, str]:
    """The place of a thing: under its name as the schema has it, or as it is written."""
    return kind, draft.stored(name, [other for sort, other in draft.things if sort == kind]) or name
