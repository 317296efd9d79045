"""ALTER TABLE: one or more operations for each of its actions."""

from __future__ import annotations

import msgspec.structs

from foreshot.migration.operations import (
    AddColumn,
    AddConstraint,
    ConstraintKind,
    CreateIndex,
    DropColumn,
    DropConstraint,
    DropIndex,
    Maintenance,
    TableComment,
    ValidateConstraint,
)
from foreshot.migration.sql_alter_column import Action, alter_column, modify, redefine, rename
from foreshot.migration.sql_columns import read_column
from foreshot.migration.sql_constraints import (
    is_inline_index,
    is_table_constraint,
    read_constraint,
    read_inline_index,
)
from foreshot.migration.sql_cursor import Cursor, Found, Unread, Wrong
from foreshot.migration.sql_tokens import HOLE
from foreshot.migration.sql_words import misspelt, words
from foreshot.syntax.values import Maybe

_VERBS = words(
    """
    ADD DROP ALTER RENAME MODIFY CHANGE SET VALIDATE ENABLE DISABLE OWNER ATTACH DETACH INHERIT NO
    REPLICA FORCE CLUSTER ENGINE COMMENT CONVERT DEFAULT ORDER ALGORITHM LOCK AUTO_INCREMENT RESET OF
    NOT CHECK CHARACTER COLLATE ROW_FORMAT NOCHECK SWITCH REBUILD TRUNCATE EXCHANGE
    """
)


_SPELLINGS = ("ALTER", "DROP", "RENAME", "MODIFY", "CHANGE", "VALIDATE")
_OTHER_ADDS = frozenset({"PARTITION", "GENERATED", "PERIOD", "SYSTEM", "SUPPLEMENTAL", "OVERFLOW"})


_DROPPED: dict[str, ConstraintKind] = {"FOREIGN": "foreign key", "PRIMARY": "primary key", "CHECK": "check"}


_QUIET = frozenset({"ALGORITHM", "LOCK"})


def alter_table(cursor: Cursor, found: Found) -> None:
    """Read an ALTER TABLE behind the word TABLE.

    Raises:
        Wrong: it ends too early.
        Unread: it is no ALTER of one table.
    """
    cursor.take("IF", "EXISTS")
    cursor.take("ONLY")
    if cursor.take("ALL", "IN", "TABLESPACE"):
        raise Unread
    table = cursor.name("a table name")
    cursor.take("*")
    unchecked = cursor.take("WITH", "NOCHECK")
    cursor.take("WITH", "CHECK")
    if cursor.done:
        if found.context.mysql or HOLE in cursor.last.text:
            raise Unread
        raise Wrong("the statement ends where an action such as ADD COLUMN is expected")
    repeated = ""
    for item in cursor.items():
        if item.done:
            raise Wrong("an action is missing beside a comma")
        action = Action(item, table, found, item.token, unchecked)
        try:
            repeated = _read(action, repeated)
        except Unread:
            found.exact = False
            _other(action)
        else:
            if not item.done and not item.has_hole:
                found.exact = False


def _read(action: Action, repeated: str) -> str:
    """Read one action. ``repeated`` is the verb that an action without one goes on with (SQL Server); the
    result is the same for the next action."""
    cursor = action.cursor
    verb = cursor.word
    if verb not in _VERBS:
        if repeated == "ADD":
            _add(action)
        elif repeated == "DROP COLUMN":
            _drop_column(action)
        else:
            if cursor.token.kind == "word" and any(misspelt(verb, right) for right in _SPELLINGS):
                raise Wrong(f'"{cursor.token.text}" is no action of ALTER TABLE', cursor.token)
            raise Unread
        return repeated
    if verb in _QUIET:
        cursor.rest()
        return ""
    cursor.at += 1
    if verb == "ADD":
        _add(action)
        return "ADD"
    if verb == "DROP":
        explicit = cursor.take("COLUMN")
        if explicit or not _drop_other(action):
            _drop_column(action)
            return "DROP COLUMN"
    elif verb == "ALTER":
        if not alter_column(action):
            _other(action)
    elif verb == "RENAME":
        rename(action)
    elif verb == "MODIFY":
        modify(action)
    elif verb == "CHANGE":
        cursor.take("COLUMN")
        old = cursor.identifier("a column name")
        redefine(action, old)
    elif verb == "VALIDATE":
        cursor.expect("CONSTRAINT")
        name = cursor.identifier("a constraint name")
        table = action.table
        action.found.add(
            ValidateConstraint(site=action.site(), table=table.name, schema=table.schema, name=name)
        )
    elif verb == "DETACH":
        _detach(action)
    elif verb == "COMMENT":
        cursor.take("=")
        comment = action.found.context.string(cursor.token) if cursor.token.kind == "string" else None
        cursor.rest()
        table = action.table
        action.found.add(
            TableComment(site=action.site(), table=table.name, schema=table.schema, comment=comment)
        )
    else:
        _other(action)
    return ""


def _other(action: Action) -> None:
    """Keep an action that changes nothing that is followed, or that was not understood."""
    text = action.table.text
    action.cursor.rest()
    words = (action.first.start, action.cursor.last.end)
    action.found.execute("ALTER TABLE", (text,) if text else (), words=words)


def _add(action: Action) -> None:
    cursor, table, found = action.cursor, action.table, action.found
    explicit = cursor.take("COLUMN")
    if not explicit:
        if is_inline_index(cursor):
            index = read_inline_index(cursor)
            found.add(CreateIndex(site=action.site(), table=table.name, schema=table.schema, index=index))
            cursor.rest()
            return
        if is_table_constraint(cursor):
            _add_constraint(action)
            return
        if cursor.word in _OTHER_ADDS:
            raise Unread
    if_not_exists = cursor.take("IF", "NOT", "EXISTS")
    if cursor.word == "(":
        for item in cursor.inside().items():
            _add_column(action, item, if_not_exists=if_not_exists)
        return
    _add_column(action, cursor, if_not_exists=if_not_exists)


def _add_column(action: Action, item: Cursor, *, if_not_exists: bool) -> None:
    table, found = action.table, action.found
    if item.done and item.stop < len(item.tokens):
        raise Unread
    name = item.token
    column = read_column(item)
    found.exact = found.exact and column.exact
    start = action.first.start if item is action.cursor else name.start
    site = found.site(start, name.end, table=table, column=(name.start, name.end))
    found.add(
        AddColumn(
            site=site,
            table=table.name,
            schema=table.schema,
            column=column.spec,
            if_not_exists=if_not_exists,
            inline_references=True if column.spec.foreign_keys else None,
        )
    )
    for constraint in column.constraints:
        found.add(AddConstraint(site=site, table=table.name, schema=table.schema, constraint=constraint))


def _add_constraint(action: Action) -> None:
    cursor, table, found = action.cursor, action.table, action.found
    begin = cursor.at
    constraint = read_constraint(cursor)
    if action.unchecked:
        constraint = msgspec.structs.replace(constraint, not_valid=True)
    end = cursor.last.end
    for index in range(begin, cursor.at):
        if cursor.tokens[index].upper == "(":
            end = cursor.tokens[index - 1].end
            break
    site = found.site(action.first.start, end, table=table)
    found.add(AddConstraint(site=site, table=table.name, schema=table.schema, constraint=constraint))


def _drop_other(action: Action) -> bool:
    """Read a DROP of anything but a column; False when it drops a column."""
    cursor, table, found = action.cursor, action.table, action.found
    word, following = cursor.word, cursor.peek()
    if word == "CONSTRAINT":
        cursor.at += 1
        if_exists = cursor.take("IF", "EXISTS")
        name: Maybe[str] | None = cursor.identifier("a constraint name")
        kind: ConstraintKind = "unknown"
    elif word in ("PRIMARY", "FOREIGN") and following == "KEY":
        cursor.at += 2
        if_exists = cursor.take("IF", "EXISTS")
        kind = _DROPPED[word]
        name = cursor.identifier("a constraint name") if word == "FOREIGN" else None
    elif word == "CHECK" and following:
        cursor.at += 1
        if_exists, kind = False, "check"
        name = cursor.identifier("a constraint name")
    elif word in ("INDEX", "KEY") and cursor.at + 1 < cursor.stop:
        cursor.at += 1
        if_exists = cursor.take("IF", "EXISTS")
        name = cursor.identifier("an index name")
        found.add(
            DropIndex(
                site=action.site(), table=table.name, schema=table.schema, name=name, if_exists=if_exists
            )
        )
        return True
    elif word in _OTHER_ADDS and following:
        raise Unread
    else:
        return False
    cascade = cursor.take("CASCADE")
    cursor.take("RESTRICT")
    found.add(
        DropConstraint(
            site=action.site(),
            table=table.name,
            schema=table.schema,
            name=name,
            constraint_kind=kind,
            if_exists=if_exists,
            cascade=cascade,
        )
    )
    return True


def _drop_column(action: Action) -> None:
    cursor, table, found = action.cursor, action.table, action.found
    if_exists = cursor.take("IF", "EXISTS")
    items = cursor.inside().items() if cursor.word == "(" else [cursor]
    for item in items:
        column = item.take_name("a column name")
        cascade = item.take("CASCADE")
        item.take("RESTRICT")
        start = action.first.start if item is cursor else column.start
        site = found.site(start, column.end, table=table, column=(column.start, column.end))
        found.add(
            DropColumn(
                site=site,
                table=table.name,
                schema=table.schema,
                column=found.context.identifier(column),
                if_exists=if_exists,
                cascade=cascade,
            )
        )


def _detach(action: Action) -> None:
    cursor, table = action.cursor, action.table
    cursor.expect("PARTITION")
    cursor.name("a partition's name")
    concurrently = cursor.take_one("CONCURRENTLY", "FINALIZE")
    action.found.add(
        Maintenance(
            site=action.site(),
            table=table.name,
            schema=table.schema,
            what="detach partition",
            concurrently=bool(concurrently),
        )
    )
