"""Names of the schema at a cursor: tables, columns, indexes, constraints, where the call around it wants one."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Final

from msgspec.structs import replace

from foreshot.ide.completion.calls import AlembicCall, Spellings
from foreshot.ide.completion.item import Item, Kind
from foreshot.ide.completion.likely import NOT_SAID, Beside
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
_STRING = re.compile(r"""["']([^"']*)["']""")
_COLUMN = re.compile(r"""(?:\w+\.)?[cC]olumn\(\s*["']([^"']*)["']""")
_KEYS: Final = frozenset(
    {"UniqueConstraint", "PrimaryKeyConstraint", "ForeignKeyConstraint", "Index", "ExcludeConstraint"}
)
_LIGHT: Final = frozenset({"table", "column", "Table", "Column"})
_RUN: Final = frozenset({"execute", "text", "exec_driver_sql", "scalar", "scalars", "DDL"})
_FAR: Final = 3


def named_things(call: AlembicCall, cursor: Cursor, schema: Schema, beside: Beside) -> Iterator[Item]:
    """What the call that a cursor is in wants a name of."""
    parameter = call.bracket.keyword or (call.parameter.name if call.parameter is not None else "")
    name = call.method.name
    if name == "execute":
        yield from _in_sql(cursor, schema)
    elif parameter in _TABLES and name != "create_table":
        yield from _tables(cursor, schema, beside)
    elif parameter in _COLUMNS:
        wanted = call.literal("referent_table") if parameter == "remote_cols" else call.table
        left = set(_written(call.bracket, cursor))
        # A thing is mostly called after its columns, and a key leads to another.
        named = call.bracket.arguments[0].literal if call.bracket.arguments else None
        table = schema.table(wanted)
        keys = table.primary_key.columns if table is not None and table.primary_key is not None else ()
        for item in _columns(table, cursor, beside, left):
            called = item.label in (named or "") if parameter != "remote_cols" else item.label in keys
            yield replace(item, rank=item.rank - NOT_SAID) if called else item
    elif parameter == "index_name" and name.startswith("drop"):
        yield from _indexes(schema, call, cursor, beside)
    elif parameter == "constraint_name" and name.startswith("drop"):
        yield from _constraints(schema.table(call.table), schema, cursor, beside)
    elif parameter in ("schema", "source_schema", "referent_schema"):
        found = {key.rpartition(".")[0] for key in schema.tables}
        yield from (_named(item, "value", cursor) for item in sorted(filter(None, found)))
    elif parameter.startswith("existing_"):
        yield from _existing(call, parameter, cursor, schema)


def is_name_of(call: AlembicCall, cursor: Cursor, spelled: Spellings) -> bool:
    """Whether the cursor is in ``op.f(…)``, straight inside of the call."""
    inner = cursor.call
    return (
        inner is not None
        and inner.callee == f"{spelled.op}.f"
        and len(cursor.brackets) > 1
        and cursor.brackets[-2] is call.bracket
    )


def _tables(cursor: Cursor, schema: Schema, beside: Beside) -> Iterator[Item]:
    """What the revision names first, then the newest."""
    for at, table in enumerate(_newest(schema)):
        yield _named(table.name, "table", cursor, _about_table(table), _rank(beside.of_name(table.name), at))


def _newest(schema: Schema) -> list[Table]:
    """The tables, the newest first."""
    return [*schema.tables.values()][::-1]


def _columns(
    table: Table | None, cursor: Cursor, beside: Beside, left: Collection[str] = ()
) -> Iterator[Item]:
    for at, column in enumerate(table.columns.values() if table is not None else ()):
        if column.name not in left:
            words = [column.type.stored or "", "NOT NULL" if column.nullable is False else ""]
            about = " ".join(filter(None, words))
            yield _named(column.name, "column", cursor, about, _rank(beside.of_name(column.name), at))


def _rank(said: int, at: int) -> int:
    """The rank of the ``at``-th of many."""
    return said if said < NOT_SAID else NOT_SAID + at


def _written(bracket: OpenBracket, cursor: Cursor) -> list[str]:
    """The strings of the list or tuple that the cursor is in."""
    inner = cursor.inner
    if inner is None or inner is bracket:
        return []
    return [argument.literal for argument in inner.arguments if argument.literal is not None]


def _named(name: str, kind: Kind, cursor: Cursor, detail: str = "", rank: int = 0) -> Item:
    text = name if cursor.string is not None else f'"{name}"'
    return Item(name, kind, cursor.word, text, detail, rank=rank)


def _about_table(table: Table) -> str:
    count = len(table.columns)
    return f"{count} column{'' if count == 1 else 's'}"


def _indexes(schema: Schema, call: AlembicCall, cursor: Cursor, beside: Beside) -> Iterator[Item]:
    table = schema.table(call.table)
    owners = [table] if table is not None else _newest(schema)
    for at, owner in enumerate(owners):
        for index in reversed(owner.indexes):
            if index.name is not None and index.implied_by is None:
                columns = ", ".join(column or "…" for column in index.columns)
                rank = _rank(beside.of_name(index.name), at)
                yield _named(index.name, "index", cursor, f"{owner.name} ({columns})", rank)


def _constraints(table: Table | None, schema: Schema, cursor: Cursor, beside: Beside) -> Iterator[Item]:
    """Of the table where it is known already; else of all of them, for the name comes first in the call."""
    owners = [table] if table is not None else _newest(schema)
    for at, owner in enumerate(owners):
        for kind, things in (
            ("foreign key", owner.foreign_keys),
            ("unique", owner.uniques),
            ("check", owner.checks),
            ("exclude", owner.exclusions),
            ("primary key", (owner.primary_key,) if owner.primary_key is not None else ()),
        ):
            for thing in reversed(things):
                if thing.name is not None:
                    rank = _rank(beside.of_name(thing.name), at)
                    yield _named(thing.name, "constraint", cursor, f"{kind} of {owner.name}", rank)


def _existing(call: AlembicCall, parameter: str, cursor: Cursor, schema: Schema) -> Iterator[Item]:
    """What the column is now, for ``existing_nullable`` and its like."""
    column = column_of(call, schema)
    if column is None or cursor.string is not None:
        return
    if parameter == "existing_nullable" and column.nullable is not None:
        yield Item(str(column.nullable), "value", cursor.word, str(column.nullable), "as it is", rank=-1)
    if parameter == "existing_comment" and column.comment is not None:
        yield Item(repr(column.comment), "value", cursor.word, repr(column.comment), "as it is", rank=-1)


def column_of(call: AlembicCall, schema: Schema) -> Column | None:
    """The column that a call is about; None where it is not known."""
    table = schema.table(call.table)
    return table.column(call.literal("column_name") or "") if table is not None else None


def in_inner_call(call: AlembicCall, cursor: Cursor, schema: Schema, beside: Beside) -> Iterator[Item]:
    """What a call of SQLAlchemy's inside of Alembic's wants a name of: ``sa.ForeignKey("users.id")``, the columns of a new table's constraints."""
    inner = cursor.call
    if inner is None:
        return
    name = inner.callee.rpartition(".")[2]
    if name == "ForeignKey" and inner.position == 0 and inner.keyword is None:
        column = next((item for item in reversed(cursor.brackets) if item.callee.endswith("Column")), None)
        local = column.arguments[0].literal if column is not None and column.arguments else None
        yield from _targets(local, None, cursor, schema, beside)
    elif name == "ForeignKeyConstraint" and inner.position == 1 and inner.keyword is None:
        local = _STRING.findall(inner.arguments[0].text)
        written = _written(inner, cursor)
        own = local[len(written)] if len(written) < len(local) else None
        yield from _targets(own, written[0] if written else None, cursor, schema, beside)
    elif name in _KEYS and call.method.name == "create_table":
        made = [match[1] for argument in call.bracket.arguments if (match := _COLUMN.match(argument.text))]
        left = set(_written(inner, cursor)) | {argument.literal for argument in inner.arguments}
        for at, one in enumerate(made):
            if one not in left:
                yield _named(
                    one, "column", cursor, rank=at - len(made) if one.endswith("_id") or at == 0 else at
                )
    else:
        yield from apart(cursor, schema, beside)


def _targets(
    local: str | None, written: str | None, cursor: Cursor, schema: Schema, beside: Beside
) -> Iterator[Item]:
    """Columns that a foreign key may lead to: first those that the column is called after, and keys before others.

    ``written``: what the key leads to with another of its columns.
    """
    table_of = (written or "").rpartition(".")[0]
    for at, table in enumerate(_newest(schema)):
        keys = table.primary_key.columns if table.primary_key is not None else ()
        for column in table.columns.values():
            name = f"{table.name}.{column.name}"
            far = _distance(local, table.name.rpartition(".")[2], column.name) if local else _FAR
            rank = _rank(beside.of_name(name), at) + (0 if column.name in keys else 2 * NOT_SAID)
            if table.name == table_of:
                rank = -2 * _FAR if column.name == local else -_FAR
            elif far < _FAR:
                rank = far - _FAR
            yield _named(name, "column", cursor, column.type.stored or "", rank)


def _distance(local: str, table: str, column: str) -> int:
    """How far a column's name is from one that speaks of another table's column; :data:`_FAR` for none."""
    stem = local.removesuffix(f"_{column}")
    named = {stem, f"{stem}s", f"{stem}es", f"{stem[:-1]}ies"}
    if table in named:
        return 0
    if any(table.endswith(f"_{one}") for one in named):
        return 1
    single = table[:-3] + "y" if table.endswith("ies") else table.removesuffix("s")
    return 2 if stem.endswith((f"_{table}", f"_{single}")) else _FAR


def is_apart(cursor: Cursor) -> bool:
    """Whether a cursor outside of Alembic's calls is where names of the schema are wanted."""
    call = cursor.call
    name = call.callee.rpartition(".")[2] if call is not None else ""
    return name in _LIGHT or (name in _RUN and cursor.string is not None)


def apart(cursor: Cursor, schema: Schema, beside: Beside) -> Iterator[Item]:
    """Names in ``sa.table("users", sa.column("id"))``, and in SQL that anything is asked to run."""
    call = cursor.call
    if call is None:
        return
    name = call.callee.rpartition(".")[2]
    if name in _RUN:
        yield from _in_sql(cursor, schema)
    elif call.position > 0 or call.keyword is not None:
        return
    elif name in ("table", "Table"):
        yield from _tables(cursor, schema, beside)
    elif name in ("column", "Column"):
        outer = next(
            (
                item
                for item in reversed(cursor.brackets)
                if item.callee.rpartition(".")[2] in ("table", "Table")
            ),
            None,
        )
        if outer is not None and outer.arguments:
            left = {match[1] for argument in outer.arguments if (match := _COLUMN.match(argument.text))}
            yield from _columns(schema.table(outer.arguments[0].literal), cursor, beside, left)


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
