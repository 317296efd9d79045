"""CREATE TABLE."""

from __future__ import annotations

from foreshot.migration.operations import ColumnSpec, ConstraintSpec, CreateTable, IndexSpec
from foreshot.migration.sql_columns import read_column
from foreshot.migration.sql_constraints import (
    is_inline_index,
    is_table_constraint,
    read_constraint,
    read_inline_index,
)
from foreshot.migration.sql_cursor import Cursor, Found, Unread, Wrong
from foreshot.migration.sql_tokens import HOLE, Token
from foreshot.syntax.values import Value


def create_table(cursor: Cursor, found: Found, begin: Token, *, temporary: bool) -> None:
    """Read a CREATE TABLE behind the word TABLE."""
    if_not_exists = cursor.take("IF", "NOT", "EXISTS")
    table = cursor.name("a table name")
    columns: list[ColumnSpec] = []
    constraints: list[ConstraintSpec] = []
    indexes: list[IndexSpec] = []
    complete = True
    if cursor.word == "(" and cursor.peek() not in ("SELECT", "WITH"):
        inner = cursor.inside()
        # PostgreSQL has tables without columns.
        for item in [] if inner.done else inner.items():
            complete = _table_item(item, columns, constraints, indexes, found) and complete
    elif cursor.done:
        found.exact = False
        complete = False
    rest = cursor.rest()
    comment: Value = None
    for index in range(rest.at, rest.stop):
        upper = rest.tokens[index].upper
        following = rest.tokens[index + 1].upper if index + 1 < rest.stop else ""
        # A storage option may be called anything; these words bring columns from elsewhere.
        if upper in ("LIKE", "OF", "INHERITS", "SELECT") or (upper == "AS" and following != "PARTITION"):
            complete = False
        if upper == "COMMENT":
            # MySQL's, with or without a sign.
            text = rest.tokens[min(index + (2 if following == "=" else 1), rest.stop - 1)]
            comment = cursor.context.string(text) if text.kind == "string" else None
    site = found.site(begin.start, table.end, table=table)
    found.add(
        CreateTable(
            site=site,
            table=table.name,
            schema=table.schema,
            columns=tuple(columns),
            constraints=tuple(constraints),
            indexes=tuple(indexes),
            if_not_exists=if_not_exists,
            complete=complete,
            temporary=temporary or (isinstance(table.name, str) and table.name.startswith("#")),
            comment=comment,
        )
    )


def _table_item(
    item: Cursor,
    columns: list[ColumnSpec],
    constraints: list[ConstraintSpec],
    indexes: list[IndexSpec],
    found: Found,
) -> bool:
    """Read one item of a table's parenthesised list; False when something in it was left unread."""
    word = item.word
    if item.done:
        # SQL Server takes a comma behind the last item.
        if not found.context.dialects or "mssql" in found.context.dialects:
            return True
        raise Wrong('nothing stands before "," or ")"', item.tokens[item.stop])
    try:
        if is_table_constraint(item):
            constraints.append(read_constraint(item))
        elif is_inline_index(item):
            indexes.append(read_inline_index(item))
        elif word == "LIKE" or item.token.text == HOLE:
            return False
        else:
            column = read_column(item)
            columns.append(column.spec)
            constraints.extend(column.constraints)
            found.exact = found.exact and column.exact
    except Unread:
        found.exact = False
        return False
    return True
