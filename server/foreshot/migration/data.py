"""Data changes written with SQLAlchemy Core or a Query instead of SQL."""

from __future__ import annotations

from typing import Literal, cast

from foreshot.migration.builders import table_of
from foreshot.migration.columns import last_name
from foreshot.migration.operations import DataChange, Site
from foreshot.syntax.values import CallValue, Ref, Unknown, Value

_VERBS: dict[str, Literal["update", "delete", "insert"]] = {
    "update": "update",
    "delete": "delete",
    "insert": "insert",
}
_FILTERS = frozenset({"where", "filter", "filter_by", "limit", "with_for_update", "join", "select_from"})


def data_change(call: CallValue, site: Site, *, executed: bool = False) -> DataChange | None:
    """The change that a described Core statement makes.

    ``table.update().values(...)``, ``sa.update(table).where(...)``, ``sa.delete(table)``,
    ``session.query(Model).filter(...).update({...})``; None when the call is none of them. What is ``executed`` and looks like
    one is one, though its table be unknown.
    """
    chain: list[CallValue] = []
    current: Value = call
    while isinstance(current, CallValue) and len(chain) < 100:
        chain.append(current)
        current = current.receiver
    steps = [last_name(item.path) for item in chain]
    verb = next((name for name in steps if name in _VERBS), None)
    if verb is None or steps[0] in ("execute", "get_bind"):
        return None
    index = steps.index(verb)
    made = chain[index]
    query = "query" in steps[index + 1 :]
    if query:
        if index != 0:
            return None
        table: Value = None
        source = chain[index + 1 + steps[index + 1 :].index("query")]
        table = source.args[0] if source.args else None
        filtered = any(name in _FILTERS for name in steps[1:])
    else:
        constructor = made.path in (
            f"sqlalchemy.{verb}",
            f"sqlalchemy.sql.{verb}",
            f"sqlalchemy.sql.expression.{verb}",
        )
        if constructor:
            table = made.args[0] if made.args else None
        elif (
            isinstance(made.receiver, CallValue)
            and last_name(made.receiver.path)
            in (
                "table",
                "Table",
                "create_table",
            )
        ) or (executed and isinstance(made.receiver, Ref)):
            table = made.receiver
        elif executed and isinstance(made.receiver, CallValue):
            # What some function made: a table that is not told.
            table = None
        else:
            return None
        filtered = (
            any(name in _FILTERS for name in steps[:index])
            or "whereclause" in made.keywords
            or len(made.args) > (1 if constructor else 0)
        )
    name, schema = table_of(table, made.span)
    if isinstance(name, Unknown) and isinstance(table, Ref):
        name = Unknown(f"`{table.written}` is a class whose table is not known", made.span)
    return DataChange(
        site,
        _VERBS[verb],
        name,
        schema,
        columns=tuple(_written(chain[: index + 1])),
        has_where=filtered or verb == "insert",
    )


def _written(chain: list[CallValue]) -> list[str]:
    columns: list[str] = []
    for item in chain:
        if last_name(item.path) not in ("values", "update"):
            continue
        columns.extend(item.keywords)
        for argument in item.args:
            if isinstance(argument, dict):
                columns.extend(str(key) for key in cast("dict[object, object]", argument))
    return columns
