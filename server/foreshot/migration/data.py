"""Data changes written with SQLAlchemy Core or a Query instead of SQL."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, cast

from foreshot.migration.builders import table_of
from foreshot.migration.columns import last_name
from foreshot.migration.operations import DataChange, Site, WrittenText
from foreshot.syntax.values import CallValue, Ref, Unknown, Value
from foreshot.text import Span

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
    written = list(_written(chain[: index + 1]))
    columns = dict.fromkeys(column for column, _, _ in written)
    return DataChange(
        site,
        _VERBS[verb],
        name,
        schema,
        columns=tuple(columns),
        reads=tuple(
            dict.fromkeys(
                column for item in chain[:index] for value in _given(item) for column in columns_in(value)
            )
        ),
        computed=tuple(
            column
            for column, value, _ in written
            if verb == "update" and any(other != column for other in columns_in(value))
        ),
        has_where=filtered or verb == "insert",
        empty_in=_empty_in(chain[:index]),
        texts=tuple(
            WrittenText(column, value, span) for column, value, span in written if isinstance(value, str)
        ),
    )


def _empty_in(chain: list[CallValue]) -> str:
    """The column of ``where(table.c.column.is_(None))``, where nothing else chooses among the rows."""
    asked = [item for item in chain if last_name(item.path) in _FILTERS]
    if len(asked) != 1 or last_name(asked[0].path) not in ("where", "filter") or len(asked[0].args) != 1:
        return ""
    condition = asked[0].args[0]
    if not isinstance(condition, CallValue) or last_name(condition.path) != "is_":
        return ""
    column = next(columns_in(condition.receiver), "") if isinstance(condition.receiver, Ref) else ""
    return column if list(condition.args) == [None] else ""


def columns_in(value: Value) -> Iterator[str]:
    """The columns that a described value names: ``users.c.name`` wherever it stands in it."""
    pending: list[object] = [value]
    # Values share their parts: each is looked at once. They are held, since an id says which one it is only while it lives.
    seen: dict[int, object] = {}
    while pending:
        item = pending.pop()
        if id(item) in seen:
            continue
        seen[id(item)] = item
        match item:
            case Ref(path=path):
                name = _column(path)
                if name is not None:
                    yield name
            case CallValue():
                # `users.c.name.cast(…)` is a method of the column.
                pending.extend(reversed((item.receiver, *_given(item))))
            case list() | tuple():
                pending.extend(reversed(cast("list[object] | tuple[object, ...]", item)))
            case _:
                pass


def _given(call: CallValue) -> Iterator[Value]:
    """What a call is given; of a dict, its values."""
    for value in (*call.args, *call.keywords.values()):
        if isinstance(value, dict):
            yield from cast("dict[object, object]", value).values()
        else:
            yield value


def _column(path: str) -> str | None:
    """The column that a path of a table object leads to: ``….c.name``."""
    owner, _, name = path.rpartition(".")
    return name if owner.endswith((".c", ".columns")) else None


def _written(chain: list[CallValue]) -> Iterator[tuple[str, Value, Span]]:
    """The columns that a statement writes, what they are given, and where that stands."""
    for item in chain:
        method = last_name(item.path)
        if method == "from_select":
            names = item.argument("names", 0)
            for name in cast("list[object]", names) if isinstance(names, list | tuple) else ():
                yield from ((column, None, item.span) for column in _named(name))
        if method not in ("values", "update"):
            continue
        for column, value in item.keywords.items():
            yield column, value, item.keyword_value_spans.get(column, item.span)
        for place, argument in enumerate(item.args):
            span = item.arg_spans[place] if place < len(item.arg_spans) else item.span
            rows = cast("list[object]", argument) if isinstance(argument, list) else [argument]
            for row in rows:
                if isinstance(row, dict):
                    for key, value in cast("dict[object, object]", row).items():
                        yield from ((column, value, span) for column in _named(key))


def _named(column: object) -> Iterator[str]:
    """What ``from_select`` or ``values`` is told of a column: its name, or itself."""
    if isinstance(column, str):
        yield column
    else:
        yield from columns_in(column)
