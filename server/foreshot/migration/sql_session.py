"""Settings, transactions, upkeep and other statements about what is there already."""

from __future__ import annotations

from typing import Literal

from foreshot.migration.operations import (
    AlterColumn,
    Maintenance,
    RenameTable,
    SetOption,
    TableComment,
    TransactionControl,
    TruncateTable,
)
from foreshot.migration.sql_cursor import Cursor, Found, Name, Unread, Wrong
from foreshot.migration.sql_names import object_words
from foreshot.syntax.values import Unknown, Value


def set_options(cursor: Cursor, found: Found) -> None:
    """Read a SET: one operation for each setting."""
    start = cursor.token.start
    cursor.at += 1
    scope = cursor.take_one("LOCAL", "SESSION", "GLOBAL", "PERSIST")
    if cursor.done:
        raise Wrong("the statement ends where a setting is expected")
    special = cursor.word in (
        "TRANSACTION",
        "CONSTRAINTS",
        "ROLE",
        "TIME",
        "CHARACTERISTICS",
        "AUTHORIZATION",
    )
    if special or (cursor.peek() not in ("=", "TO", ".", ":=") and cursor.word not in ("NAMES", "CHARACTER")):
        # SQL Server: SET IDENTITY_INSERT t ON, SET XACT_ABORT ON.
        found.execute("SET " + cursor.word if cursor.token.kind == "word" else "SET")
        return
    items = _assignments(cursor)
    for item in items:
        if not item.is_name:
            raise Unread
        name = item.name("a setting")
        item.take_one("=", "TO", ":=")
        if item.done and item.stop >= len(item.tokens):
            raise Wrong("the statement ends where a value is expected")
        text = name.text
        if text is None:
            found.execute("SET")
            return
        site = found.site(start, name.end)
        value = option_value(item)
        option = text.lower().removeprefix("@@").removeprefix("session.")
        found.add(SetOption(site=site, name=option, value=value, local=scope == "LOCAL"))


def _assignments(cursor: Cursor) -> list[Cursor]:
    """MySQL's ``SET a = 1, b = 2`` is several assignments, PostgreSQL's ``SET search_path = a, b`` is one."""
    whole = Cursor(cursor.context, cursor.tokens, cursor.at, cursor.stop)
    items = whole.items()
    several = all(
        any(token.upper in ("=", ":=") for token in item.tokens[item.at : item.stop]) for item in items
    )
    return items if several else [cursor]


def option_value(cursor: Cursor) -> str:
    """A setting's value: a lone string unquoted, anything else as it is written."""
    token = cursor.token
    if token.kind == "string" and cursor.at + 1 == cursor.stop:
        value = cursor.context.string(token)
        return value if isinstance(value, str) else cursor.text
    return cursor.text


def transaction(cursor: Cursor, found: Found) -> None:
    """Read a statement that begins, ends or marks a transaction."""
    first = cursor.token
    verb = first.upper
    if verb == "START" and cursor.peek() != "TRANSACTION":
        found.execute(verb)
        return
    if verb == "BEGIN" and any(token.upper == ";" for token in cursor.tokens):
        found.execute("BEGIN")
        return
    kind = TRANSACTION[verb]
    if verb == "SAVE" and cursor.peek() not in ("TRANSACTION", "TRAN"):
        found.execute(verb)
        return
    if verb == "ROLLBACK" and "TO" in (cursor.peek(), cursor.peek(2)):
        kind = "savepoint"
    site = found.site(first.start, cursor.tokens[min(cursor.at + 1, cursor.stop - 1)].end)
    found.add(TransactionControl(site=site, verb=kind))


TRANSACTION: dict[str, Literal["begin", "commit", "rollback", "savepoint"]] = {
    "BEGIN": "begin",
    "START": "begin",
    "COMMIT": "commit",
    "END": "commit",
    "ROLLBACK": "rollback",
    "ABORT": "rollback",
    "SAVEPOINT": "savepoint",
    "RELEASE": "savepoint",
    "SAVE": "savepoint",
}


def maintain(
    found: Found, start: int, end: int, what: str, table: Name | None = None, *, concurrently: bool = False
) -> None:
    """Keep an upkeep statement."""
    site = found.site(start, end, **({"table": table} if table else {}))
    at = found.context.span(start, end)
    found.add(
        Maintenance(
            site=site,
            table=table.name if table else Unknown("the statement names no table", at),
            schema=table.schema if table else None,
            what=what,
            concurrently=concurrently,
        )
    )


def maintenance(cursor: Cursor, found: Found) -> None:
    """REINDEX, VACUUM, CLUSTER, REFRESH MATERIALIZED VIEW."""
    first = cursor.token
    verb = first.upper.lower()
    cursor.at += 1
    if verb == "refresh":
        cursor.expect("MATERIALIZED", "VIEW")
        verb = "refresh materialized view"
    options = cursor.inside().text.upper() if cursor.word == "(" else ""
    full = cursor.take("FULL") or ("FULL" in options and verb == "vacuum")
    while cursor.take_one("FREEZE", "VERBOSE", "ANALYZE", "ANALYSE", "FULL"):
        full = full or cursor.last.upper == "FULL"
    if verb == "reindex":
        cursor.take_one("INDEX", "TABLE", "SCHEMA", "DATABASE", "SYSTEM")
    elif verb == "vacuum" and full:
        verb = "vacuum full"
    concurrently = cursor.take("CONCURRENTLY") or ("CONCURRENTLY" in options and "FALSE" not in options)
    table = cursor.name("a name") if cursor.is_name else None
    if table is None and verb.startswith("refresh"):
        raise Wrong("the statement ends where a view's name is expected")
    if verb == "cluster" and cursor.take("ON"):
        # CLUSTER index ON table, the old spelling.
        table = cursor.name("a table name")
    maintain(found, first.start, cursor.last.end, verb, table, concurrently=concurrently)


def comment_on(cursor: Cursor, found: Found) -> None:
    """Read a COMMENT ON."""
    start = cursor.token.start
    cursor.at += 1
    cursor.expect("ON")
    if cursor.take("COLUMN"):
        column = cursor.name("a column name")
        comment = _comment(cursor)
        if not isinstance(column.schema, str):
            raise Unread
        schema, _, table = column.schema.rpartition(".")
        site = found.site(start, column.end)
        # False is what takes a comment away.
        said = False if comment is None else comment
        found.add(
            AlterColumn(site=site, table=table, schema=schema or None, column=column.name, comment=said)
        )
    elif cursor.take("TABLE"):
        named = cursor.name("a table name")
        comment = _comment(cursor)
        site = found.site(start, named.end, table=named)
        found.add(TableComment(site=site, table=named.name, schema=named.schema, comment=comment))
    else:
        found.execute(f"COMMENT ON {object_words(cursor)}")


def _comment(cursor: Cursor) -> Value:
    """What follows IS; None for NULL."""
    cursor.expect("IS")
    if cursor.done:
        raise Wrong("the statement ends where the comment is expected")
    if cursor.token.kind == "string":
        return cursor.context.string(cursor.token)
    return None if cursor.word == "NULL" else cursor.context.hole(cursor.token.start, cursor.token.end)


def rename_tables(cursor: Cursor, found: Found) -> None:
    """MySQL's ``RENAME TABLE a TO b, c TO d``."""
    start = cursor.token.start
    cursor.at += 1
    if not cursor.take_one("TABLE", "TABLES"):
        found.execute("RENAME")
        return
    for item in cursor.items():
        table = item.name("a table name")
        item.expect("TO")
        new = item.name("a table name")
        site = found.site(table.start if found.operations else start, new.end, table=table)
        found.add(RenameTable(site=site, table=table.name, schema=table.schema, new_name=new.name))


def truncate(cursor: Cursor, found: Found) -> None:
    """Read a TRUNCATE: one operation for each table."""
    start = cursor.token.start
    cursor.at += 1
    cursor.take("TABLE")
    names: list[Name] = []
    while True:
        cursor.take("ONLY")
        names.append(cursor.name("a table name"))
        cursor.take("*")
        if not cursor.take(","):
            break
    cascade = any(token.upper == "CASCADE" for token in cursor.tokens[cursor.at : cursor.stop])
    for name in names:
        site = found.site(start if name is names[0] else name.start, name.end, table=name)
        found.add(TruncateTable(site=site, table=name.name, schema=name.schema, cascade=cascade))
