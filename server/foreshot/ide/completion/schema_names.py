"""Names of the schema at a cursor: tables, columns, indexes, constraints, where the call around it wants one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from foreshot.ide.completion.calls import AlembicCall
from foreshot.ide.completion.item import Item, Kind
from foreshot.schema.state import Column, Schema, Table
from foreshot.syntax.cursor import Cursor, OpenBracket
from foreshot.text import Span

_TABLES: Final = frozenset(
    {"table_name", "source_table", "referent_table", "old_table_name"}
)  # of any operation but create_table, whose table is new
_COLUMNS: Final = frozenset(
    {"column_name", "columns", "local_cols", "remote_cols", "insert_before", "insert_after"}
)
_SQL_TABLE = re.compile(
    r"\b(?:FROM|JOIN|UPDATE|INTO|(?:ALTER|DROP|LOCK|TRUNCATE)\s+TABLE(?:\s+IF\s+EXISTS)?(?:\s+ONLY)?|TRUNCATE|REFERENCES"
    r"|ON)\s+[\"`]?(?P<word>\w*)$",
    re.IGNORECASE,
)
_SQL_TABLES = re.compile(
    r"\b(?:FROM|JOIN|UPDATE|INTO|TABLE(?:\s+IF\s+EXISTS)?(?:\s+ONLY)?|TRUNCATE|ON)\s+[\"`]?(\w+(?:\.\w+)?)",
    re.IGNORECASE,
)
_SQL_COLUMN = re.compile(
    r"(?:\b(?:SET|WHERE|AND|OR|BY|SELECT|COLUMN(?:\s+IF\s+EXISTS)?|,)\s*|,\s*|\(\s*)[\"`]?(?P<word>\w*)$",
    re.IGNORECASE,
)
_LONGEST_SQL: Final = 20_000


def named_things(call: AlembicCall, cursor: Cursor, schema: Schema, *, direct: bool) -> Iterator[Item]:
    """What the innermost call of Alembic's wants a name of. ``direct``: no other call stands between it and the cursor."""
    parameter = call.bracket.keyword or (call.parameter.name if call.parameter is not None else "")
    name = call.method.name
    if name == "execute":
        yield from _in_sql(cursor, schema)
        return
    if not direct:
        yield from _in_inner_call(cursor, schema, call)
        return
    if parameter in _TABLES and name != "create_table":
        yield from (
            _named(table, "table", cursor, _about_table(schema, table)) for table in sorted(schema.tables)
        )
    elif parameter in _COLUMNS:
        wanted = call.literal("referent_table") if parameter == "remote_cols" else call.table
        table = schema.table(wanted)
        if table is not None:
            left = set(_written(call.bracket, cursor))
            yield from (
                _column(column, cursor) for column in table.columns.values() if column.name not in left
            )
    elif parameter == "index_name" and name.startswith("drop"):
        yield from _indexes(schema, call, cursor)
    elif parameter == "constraint_name" and name.startswith("drop"):
        yield from _constraints(schema.table(call.table), schema, cursor)
    elif parameter in ("schema", "source_schema", "referent_schema"):
        found = {key.rpartition(".")[0] for key in schema.tables}
        yield from (_named(item, "value", cursor) for item in sorted(filter(None, found)))
    elif parameter.startswith("existing_"):
        yield from _existing(call, parameter, cursor, schema)


def _written(bracket: OpenBracket, cursor: Cursor) -> list[str]:
    """The strings of the list or tuple that the cursor is in."""
    inner = cursor.inner
    if inner is None or inner is bracket:
        return []
    return [argument.literal for argument in inner.arguments if argument.literal is not None]


def _named(name: str, kind: Kind, cursor: Cursor, detail: str = "", rank: int = 0) -> Item:
    text = name if cursor.string is not None else f'"{name}"'
    return Item(name, kind, cursor.word, text, detail, rank=rank)


def _about_table(schema: Schema, name: str) -> str:
    count = len(schema.tables[name].columns)
    return f"{count} column{'' if count == 1 else 's'}"


def _column(column: Column, cursor: Cursor) -> Item:
    words = [column.type.stored or "", "NOT NULL" if column.nullable is False else ""]
    return _named(column.name, "column", cursor, " ".join(filter(None, words)))


def _indexes(schema: Schema, call: AlembicCall, cursor: Cursor) -> Iterator[Item]:
    table = schema.table(call.table)
    for owner in [table] if table is not None else schema.tables.values():
        for index in owner.indexes:
            if index.name is not None and index.implied_by is None:
                columns = ", ".join(column or "…" for column in index.columns)
                yield _named(index.name, "index", cursor, f"{owner.name} ({columns})")


def _constraints(table: Table | None, schema: Schema, cursor: Cursor) -> Iterator[Item]:
    """Of the table where it is known already; else of all of them, for the name comes first in the call."""
    for owner in [table] if table is not None else schema.tables.values():
        for kind, things in (
            ("foreign key", owner.foreign_keys),
            ("unique", owner.uniques),
            ("check", owner.checks),
            ("exclude", owner.exclusions),
            ("primary key", (owner.primary_key,) if owner.primary_key is not None else ()),
        ):
            for thing in things:
                if thing.name is not None:
                    yield _named(thing.name, "constraint", cursor, f"{kind} of {owner.name}")


def _existing(call: AlembicCall, parameter: str, cursor: Cursor, schema: Schema) -> Iterator[Item]:
    """What the column is now, for ``existing_nullable`` and its like."""
    table = schema.table(call.table)
    column = table.column(call.literal("column_name") or "") if table is not None else None
    if column is None or cursor.string is not None:
        return
    if parameter == "existing_nullable" and column.nullable is not None:
        yield Item(str(column.nullable), "value", cursor.word, str(column.nullable), "as it is", rank=-1)
    if parameter == "existing_comment" and column.comment is not None:
        yield Item(repr(column.comment), "value", cursor.word, repr(column.comment), "as it is", rank=-1)


def _in_inner_call(cursor: Cursor, schema: Schema, call: AlembicCall) -> Iterator[Item]:
    """``sa.ForeignKey("users.id")``, and columns of constraints inside of ``create_table``."""
    inner = cursor.call
    if inner is None:
        return
    name = inner.callee.rpartition(".")[2]
    if name == "ForeignKey" and inner.position == 0 and inner.keyword is None:
        for table in schema.tables.values():
            yield from (
                _named(f"{table.name}.{column.name}", "column", cursor, column.type.stored or "")
                for column in table.columns.values()
            )
    elif name == "ForeignKeyConstraint" and inner.position == 1 and inner.keyword is None:
        for table in schema.tables.values():
            yield from (_named(f"{table.name}.{column}", "column", cursor) for column in table.columns)
    elif name == "column" and call.method.name == "bulk_insert":
        table = schema.table(_light_table(cursor))
        yield from (_column(column, cursor) for column in table.columns.values()) if table is not None else ()


def _light_table(cursor: Cursor) -> str | None:
    for bracket in reversed(cursor.brackets):
        if bracket.callee.rpartition(".")[2] == "table" and bracket.arguments:
            return bracket.arguments[0].literal
    return None


def _in_sql(cursor: Cursor, schema: Schema) -> Iterator[Item]:
    """Tables behind FROM, UPDATE and their like; columns of the tables that the statement has named."""
    if cursor.string is None or cursor.sql is None:
        return
    sql = cursor.sql[-_LONGEST_SQL:]
    statement = sql.rpartition(";")[2]
    if _SQL_TABLE.search(statement) is not None:
        yield from _words("table", schema.tables, statement, cursor)
        return
    if _SQL_COLUMN.search(statement) is None:
        return
    for name in dict.fromkeys(_SQL_TABLES.findall(statement)):
        table = schema.table(name)
        if table is not None:
            yield from _words("column", table.columns, statement, cursor)


def _words(kind: Kind, names: Iterable[str], statement: str, cursor: Cursor) -> Iterator[Item]:
    word = re.search(r"\w*$", statement)
    length = len(word.group()) if word is not None else 0
    span = Span(cursor.offset - length, cursor.offset)
    for name in names:
        yield Item(name, kind, span, name)
