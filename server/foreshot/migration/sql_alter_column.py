"""What ALTER TABLE does to a column that is there: ALTER, RENAME, MODIFY, CHANGE."""

from __future__ import annotations

from msgspec import Struct

from foreshot.migration.operations import (
    AlterColumn,
    RenameConstraint,
    RenameIndex,
    RenameTable,
    Site,
    TypeSpec,
)
from foreshot.migration.sql_columns import read_column, read_default, read_identity
from foreshot.migration.sql_cursor import Cursor, Found, Name, Unread, Wrong
from foreshot.migration.sql_tokens import HOLE, Token
from foreshot.migration.sql_types import read_type
from foreshot.syntax.values import Maybe, Unknown, Value

_KEPT_NOWHERE = {
    "SET": frozenset(
        {
            *(
                "STATISTICS",
                "STORAGE",
                "COMPRESSION",
                "(",
                "GENERATED",
                "INCREMENT",
                "START",
                "CACHE",
                "MINVALUE",
            ),
            *("MAXVALUE", "NO", "CYCLE", "VISIBLE", "INVISIBLE", "EXPRESSION", "OPTIONS"),
        }
    ),
    "ADD": frozenset({"ROWGUIDCOL", "PERSISTED", "SPARSE", "MASKED"}),
    "DROP": frozenset({"EXPRESSION", "ROWGUIDCOL", "PERSISTED", "SPARSE", "MASKED"}),
    "RESET": frozenset({"("}),
    "RESTART": frozenset({"", "WITH"}),
    "OPTIONS": frozenset({"("}),
}
"""What may be done to a column that changes nothing that is followed: the first word, and the next."""


class Action(Struct):
    """One action: its tokens, the table, and where its operations go."""

    cursor: Cursor
    table: Name
    found: Found
    first: Token
    unchecked: bool = False

    def site(self, **args: tuple[int, int] | Name) -> Site:
        """The site of an operation whose words were read so far."""
        return self.found.site(self.first.start, self.cursor.last.end, table=self.table, **args)


def alter_column(action: Action) -> bool:
    """Read ``ALTER [COLUMN] name …`` behind ALTER; False when it changes nothing that is followed."""
    cursor, table, found = action.cursor, action.table, action.found
    if cursor.word in ("CONSTRAINT", "INDEX", "CHECK", "KEY") and cursor.peek() not in (
        "SET",
        "DROP",
        "TYPE",
    ):
        return False
    cursor.take("COLUMN")
    cursor.take("IF", "EXISTS")
    at = cursor.take_name("a column name")
    column = found.context.identifier(at)
    nullable: Maybe[bool] | None = None
    type_: TypeSpec | Unknown | None = None
    default: Value = None
    using: Value = None
    end = 0
    if cursor.at >= len(cursor.tokens):
        raise Wrong("the statement ends where SET, DROP or TYPE is expected")
    if cursor.take("SET", "NOT", "NULL"):
        nullable = False
    elif cursor.take("DROP", "NOT", "NULL"):
        nullable = True
    elif cursor.take("SET", "DEFAULT"):
        default = read_default(cursor)
    elif cursor.take("DROP", "DEFAULT"):
        default = False
    elif cursor.take("DROP", "IDENTITY"):
        # With its identity a column loses what gave it a value.
        cursor.take("IF", "EXISTS")
        default = False
    elif cursor.word == "ADD" and cursor.peek() == "GENERATED":
        cursor.at += 1
        default = read_identity(cursor)
    elif cursor.take("TYPE") or cursor.take("SET", "DATA", "TYPE"):
        type_ = read_type(cursor)
        if cursor.take("COLLATE"):
            cursor.name()
        end = cursor.last.end
        if cursor.take("USING"):
            if cursor.done:
                raise Wrong("the statement ends where an expression is expected")
            using = cursor.rest().value_text()
    elif cursor.word in _KEPT_NOWHERE and cursor.peek() in _KEPT_NOWHERE[cursor.word]:
        return False
    elif cursor.word in _KEPT_NOWHERE or cursor.token.text == HOLE:
        raise Unread
    else:
        if found.context.dialects and "mssql" not in found.context.dialects:
            raise Wrong("SET, DROP or TYPE is expected behind the column", cursor.token)
        type_ = read_type(cursor)
        if cursor.take("COLLATE"):
            cursor.name()
        if cursor.take("NOT", "NULL"):
            nullable = False
        elif cursor.take("NULL"):
            nullable = True
    site = found.site(action.first.start, end or cursor.last.end, table=table, column=(at.start, at.end))
    found.add(
        AlterColumn(
            site=site,
            table=table.name,
            schema=table.schema,
            column=column,
            nullable=nullable,
            type=type_,
            server_default=default,
            using=using,
        )
    )
    return True


def rename(action: Action) -> None:
    """Read what follows RENAME: the table, a column, a constraint or an index is given a new name."""
    cursor, table, found = action.cursor, action.table, action.found
    if cursor.take_one("TO", "AS") or (
        cursor.at + 1 == cursor.stop and cursor.is_name and found.context.mysql
    ):
        new = cursor.name("a table name").name
        found.add(RenameTable(site=action.site(), table=table.name, schema=table.schema, new_name=new))
        return
    what = cursor.take_one("COLUMN", "CONSTRAINT", "INDEX", "KEY") if cursor.peek() != "TO" else ""
    at = cursor.take_name("a name")
    old = found.context.identifier(at)
    cursor.expect("TO")
    new = cursor.identifier("a name")
    site = action.site(column=(at.start, at.end))
    if what == "CONSTRAINT":
        found.add(RenameConstraint(site=site, table=table.name, schema=table.schema, name=old, new_name=new))
    elif what in ("INDEX", "KEY"):
        found.add(RenameIndex(site=site, table=table.name, schema=table.schema, name=old, new_name=new))
    else:
        found.add(AlterColumn(site=site, table=table.name, schema=table.schema, column=old, new_name=new))


def modify(action: Action) -> None:
    """``MODIFY [COLUMN] name type …``, of several columns in parentheses on Oracle."""
    cursor = action.cursor
    cursor.take("COLUMN")
    if cursor.word == "(":
        for item in cursor.inside().items():
            redefine(Action(item, action.table, action.found, item.token), None)
        return
    if cursor.word in ("CONSTRAINT", "PARTITION"):
        raise Unread
    redefine(action, None)


def redefine(action: Action, old: Maybe[str] | None) -> None:
    """MODIFY and CHANGE state the whole column anew: what they leave out goes back to its default."""
    cursor, table, found = action.cursor, action.table, action.found
    at = cursor.token
    column = read_column(cursor)
    spec = column.spec
    found.exact = found.exact and column.exact
    whole = "oracle" not in found.context.dialects and not spec.primary_key
    nullable, default = spec.nullable, spec.server_default
    found.add(
        AlterColumn(
            site=action.site(column=(at.start, at.end)),
            table=table.name,
            schema=table.schema,
            column=spec.name if old is None else old,
            nullable=True if nullable is None and whole else nullable,
            type=spec.type,
            server_default=False if default is None and whole else default,
            new_name=spec.name if old is not None and old != spec.name else None,
            comment=spec.comment,
            autoincrement=spec.autoincrement,
        )
    )
