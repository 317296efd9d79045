"""A column that goes from one native enum to another, as PostgreSQL's types are swapped."""

from __future__ import annotations

from foreshot.lint.context import Context
from foreshot.lint.states import states
from foreshot.migration.operations import AlterColumn, TypeSpec
from foreshot.schema.state import Enum


def swapped(operation: AlterColumn, type_: TypeSpec, context: Context) -> tuple[Enum, Enum] | None:
    """The enum that the column has and the one that it gets, where the history surely knows the values of both."""
    said = type_.argument("name") if type_.sql is None else type_.sql.partition("(")[0].strip().strip('"')
    column = operation.column
    if not isinstance(said, str) or not isinstance(column, str):
        return None
    for state in states(operation, context, ("postgresql",)):
        known, enums = state.column(operation.table_name, column), state.schema.enums
        old = enums.get(known.type.enum or "") if known is not None else None
        new = enums.get(said) or enums.get(said.removeprefix("public."))
        if old is None or new is None or old is new:
            continue
        if not state.schema.doubts(old) and not state.schema.doubts(new):
            return old, new
    return None
