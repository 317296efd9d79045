"""From the tokens of one statement to its operations, by its first words."""

from __future__ import annotations

from collections.abc import Callable

from foreshot.migration.operations import (
    CreateTable,
    SetOption,
)
from foreshot.migration.sql_alter import alter_table
from foreshot.migration.sql_cursor import Cursor, Found, Unread, Wrong
from foreshot.migration.sql_data import read_data
from foreshot.migration.sql_names import object_words, tables_named
from foreshot.migration.sql_objects import (
    alter_index,
    alter_type,
    create_index,
    create_type,
    drop_each,
    drop_index,
)
from foreshot.migration.sql_session import (
    TRANSACTION,
    comment_on,
    maintain,
    maintenance,
    option_value,
    rename_tables,
    set_options,
    transaction,
    truncate,
)
from foreshot.migration.sql_tables import create_table
from foreshot.migration.sql_words import STATEMENTS

Reader = Callable[[Cursor, Found], None]


def read_statement(cursor: Cursor, found: Found) -> None:
    """Read one statement. ``found.exact`` is False afterwards where something in it was not understood.

    Raises:
        Wrong: no database takes it.
        Unread: it is not known here.
    """
    reader = _READERS.get(cursor.word)
    if reader is None:
        if cursor.word not in STATEMENTS and cursor.word != "(":
            raise Unread
        reader = _other
    reader(cursor, found)
    if not found.operations:
        raise Unread


def _other(cursor: Cursor, found: Found) -> None:
    """A statement of which only the verb and the tables are kept."""
    verb = cursor.word if cursor.word != "(" else "SELECT"
    if verb in ("LOCK", "UNLOCK") and cursor.peek() in ("TABLE", "TABLES"):
        verb = f"{verb} {cursor.peek()}"
        cursor.at += 2
        tables: dict[str, None] = {}
        for item in cursor.items():
            item.take("ONLY")
            if item.is_name and (text := item.name().text):
                tables[text] = None
        found.execute(verb, tuple(tables))
        return
    found.execute(verb, tables_named(cursor))


def _query(cursor: Cursor, found: Found) -> None:
    """SELECT, VALUES, and whatever begins with WITH."""
    verb = cursor.word
    tokens = cursor.tokens
    begin = cursor.at
    behind = 3 if cursor.peek() == "PG_CATALOG" and cursor.peek(2) == "." else 1
    if verb == "SELECT" and cursor.peek(behind) == "SET_CONFIG" and cursor.peek(behind + 1) == "(":
        name = cursor.token
        cursor.at += behind + 1
        values = cursor.inside().items()
        if len(values) >= 2 and values[0].token.kind == "string":
            option = found.context.string(values[0].token)
            if isinstance(option, str):
                local = len(values) > 2 and values[2].word == "TRUE"
                site = found.site(name.start, cursor.last.end)
                value = option_value(values[1])
                found.add(SetOption(site=site, name=option.lower(), value=value, local=local))
                return
    if verb == "WITH":
        if not read_data(cursor, found) and not found.operations:
            found.execute("SELECT", tables_named(Cursor(found.context, tokens, begin)))
        return
    if verb == "SELECT" and _selects_into(cursor, found):
        return
    found.execute(verb, tables_named(cursor))


def _selects_into(cursor: Cursor, found: Found) -> bool:
    """``SELECT … INTO new_table FROM …``, which makes a table on PostgreSQL and SQL Server; MySQL's leads elsewhere."""
    inner = Cursor(found.context, cursor.tokens, cursor.at, cursor.stop)
    begin = inner.token
    inner.until("INTO", "FROM")
    if (
        not inner.take("INTO")
        or inner.word in ("OUTFILE", "DUMPFILE", "STRICT")
        or inner.word.startswith(("@", ":"))
    ):
        return False
    temporary = bool(inner.take_one("TEMPORARY", "TEMP"))
    inner.take_one("UNLOGGED")
    inner.take("TABLE")
    if not inner.is_name:
        return False
    table = inner.name("a table name")
    site = found.site(begin.start, table.end, table=table)
    found.add(
        CreateTable(site=site, table=table.name, schema=table.schema, complete=False, temporary=temporary)
    )
    return True


def _data(cursor: Cursor, found: Found) -> None:
    read_data(cursor, found)


def _alter(cursor: Cursor, found: Found) -> None:
    begin = cursor.token
    cursor.at += 1
    while cursor.take_one("IGNORE", "ONLINE", "OFFLINE"):
        pass
    if cursor.take("FOREIGN", "TABLE"):
        found.execute("ALTER FOREIGN TABLE")
    elif cursor.take("TABLE"):
        alter_table(cursor, found)
    elif cursor.take("INDEX"):
        alter_index(cursor, found, begin.start)
    elif cursor.take("TYPE"):
        alter_type(cursor, found, begin.start)
    elif cursor.take("SYSTEM"):
        maintain(found, begin.start, cursor.last.end, "alter system")
    elif cursor.done:
        raise Wrong("the statement ends where what to alter is expected")
    else:
        found.execute(f"ALTER {object_words(cursor)}")


def _create(cursor: Cursor, found: Found) -> None:
    begin = cursor.token
    cursor.at += 1
    temporary = False
    unique = False
    kind = ""
    while word := cursor.take_one(
        *("OR", "REPLACE", "TEMP", "TEMPORARY", "UNLOGGED", "GLOBAL", "LOCAL", "UNIQUE", "CLUSTERED"),
        *(
            "NONCLUSTERED",
            "FULLTEXT",
            "SPATIAL",
            "BITMAP",
            "RECURSIVE",
            "TRUSTED",
            "EDITIONABLE",
            "CONSTRAINT",
        ),
        *("AGGREGATE", "VIRTUAL", "EXTERNAL", "COLUMNSTORE"),
    ):
        temporary = temporary or word in ("TEMP", "TEMPORARY")
        unique = unique or word == "UNIQUE"
        kind = word.lower() if word in ("FULLTEXT", "SPATIAL") else kind
        if word == "AGGREGATE" and cursor.word != "FUNCTION":
            found.execute("CREATE AGGREGATE")
            return
        if word == "VIRTUAL" and cursor.take("TABLE"):
            found.execute("CREATE VIRTUAL TABLE")
            return
    if cursor.take("TABLE"):
        create_table(cursor, found, begin, temporary=temporary)
    elif cursor.take("INDEX"):
        create_index(cursor, found, begin.start, unique=unique, kind=kind)
    elif cursor.word == "TYPE":
        create_type(cursor, found, begin.start)
    elif cursor.word in ("DATABASE", "TABLESPACE"):
        what = cursor.word.lower()
        cursor.at += 1
        maintain(found, begin.start, cursor.last.end, f"create {what}")
    elif cursor.done:
        raise Wrong("the statement ends where what to create is expected")
    else:
        what = "FUNCTION" if cursor.last.upper == "AGGREGATE" else _created(cursor)
        tables = tables_named(cursor) if what.endswith("VIEW") else _on_table(cursor, what)
        found.execute(f"CREATE {what}", tables)


def _created(cursor: Cursor) -> str:
    # MySQL: CREATE DEFINER=`x`@`y` SQL SECURITY INVOKER VIEW, ALGORITHM=MERGE VIEW.
    if cursor.word in ("DEFINER", "ALGORITHM", "SQL"):
        cursor.until("VIEW", "TRIGGER", "PROCEDURE", "FUNCTION", "EVENT")
    if cursor.done:
        raise Unread
    return object_words(cursor)


def _on_table(cursor: Cursor, what: str) -> tuple[str, ...]:
    """The table of a trigger, policy, rule or statistics."""
    if what not in ("TRIGGER", "POLICY", "STATISTICS", "RULE"):
        return ()
    cursor.until("ON", "FROM")
    if cursor.take_one("ON", "FROM") and cursor.is_name and (text := cursor.name().text):
        return (text,)
    return ()


def _drop(cursor: Cursor, found: Found) -> None:
    begin = cursor.token
    cursor.at += 1
    cursor.take("TEMPORARY")
    if cursor.take_one("TABLE", "TABLES"):
        drop_each(cursor, found, begin.start, "table")
    elif cursor.take("INDEX"):
        drop_index(cursor, found, begin.start)
    elif cursor.take("TYPE"):
        drop_each(cursor, found, begin.start, "type")
    elif word := cursor.take_one("SCHEMA", "DATABASE", "EXTENSION"):
        drop_each(cursor, found, begin.start, word.lower())
    elif cursor.done:
        raise Wrong("the statement ends where what to drop is expected")
    else:
        if cursor.word == "IF":
            raise Wrong("what to drop is missing before IF EXISTS", cursor.token)
        what = object_words(cursor)
        cursor.take("IF", "EXISTS")
        if cursor.done:
            raise Wrong("the statement ends where a name is expected")
        found.execute(f"DROP {what}")


_READERS: dict[str, Reader] = {
    "ALTER": _alter,
    "CREATE": _create,
    "DROP": _drop,
    "TRUNCATE": truncate,
    "RENAME": rename_tables,
    "SET": set_options,
    "COMMENT": comment_on,
    **dict.fromkeys(("SELECT", "VALUES", "WITH"), _query),
    **dict.fromkeys(("UPDATE", "DELETE", "INSERT", "REPLACE", "MERGE"), _data),
    **dict.fromkeys(TRANSACTION, transaction),
    **dict.fromkeys(("REINDEX", "VACUUM", "CLUSTER", "REFRESH"), maintenance),
}
