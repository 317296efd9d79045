"""Indexes, types, and what is dropped by name."""

from __future__ import annotations

from typing import Literal

from foreshot.migration.columns import sort_order
from foreshot.migration.operations import (
    AddEnumValue,
    CreateEnum,
    CreateIndex,
    DropContainer,
    DropIndex,
    DropTable,
    DropType,
    IndexSpec,
    RenameEnumValue,
    RenameIndex,
)
from foreshot.migration.sql_constraints import index_element, names_of
from foreshot.migration.sql_cursor import Cursor, Found, Name, Unread, Wrong
from foreshot.migration.sql_tokens import HOLE
from foreshot.syntax.values import Maybe, Unknown, Value


def alter_index(cursor: Cursor, found: Found, start: int) -> None:
    """Read an ALTER INDEX behind the word INDEX; ``start`` is where the statement begins."""
    if_exists = bool(cursor.take("IF", "EXISTS"))
    index = cursor.name("an index name")
    if cursor.take("RENAME", "TO"):
        new = cursor.identifier("a name")
        site = found.site(start, cursor.last.end, name=index)
        table = _ungiven(found, index)
        found.add(
            RenameIndex(
                site=site,
                table=table,
                schema=index.schema,
                name=index.name,
                new_name=new,
                if_exists=if_exists,
            )
        )
        return
    if cursor.done or (cursor.word == "RENAME" and cursor.at + 1 >= cursor.stop):
        raise Wrong("the statement ends where RENAME TO is expected")
    found.execute("ALTER INDEX")


def _ungiven(found: Found, name: Name) -> Unknown:
    """The table of an index that is spoken of without it."""
    return Unknown("the statement does not name the table", found.context.span(name.start, name.end))


def alter_type(cursor: Cursor, found: Found, start: int) -> None:
    """Read an ALTER TYPE behind the word TYPE."""
    name = cursor.name("a type name")
    if cursor.take("ADD", "VALUE"):
        if_not_exists = cursor.take("IF", "NOT", "EXISTS")
        value = _label(cursor)
        place = cursor.take_one("BEFORE", "AFTER")
        neighbour = _label(cursor) if place else None
        site = found.site(start, cursor.last.end, name=name)
        added = AddEnumValue(site, name.name, value, if_not_exists, place.lower() if place else "", neighbour)
        found.add(added)
    elif cursor.take("RENAME", "VALUE"):
        value = _label(cursor)
        cursor.expect("TO")
        new = _label(cursor)
        site = found.site(start, cursor.last.end, name=name)
        found.add(RenameEnumValue(site=site, name=name.name, value=value, new_value=new))
    elif cursor.take("RENAME", "TO"):
        new = cursor.identifier("a name")
        site = found.site(start, cursor.last.end, name=name)
        found.add(RenameEnumValue(site=site, name=name.name, value=None, new_value=new))
    elif cursor.done:
        raise Wrong("the statement ends where ADD VALUE, RENAME or another action is expected")
    elif cursor.word in ("DROP", "REMOVE", "DELETE") and cursor.peek() == "VALUE":
        raise Wrong("a value of an enum cannot be taken away", cursor.token)
    else:
        found.execute("ALTER TYPE")
        return
    found.exact = found.exact and (cursor.done or cursor.has_hole)


def _label(cursor: Cursor) -> Maybe[str]:
    """An enum's label: a string."""
    token = cursor.token
    if cursor.done:
        raise Wrong("the statement ends where a quoted label is expected")
    cursor.at += 1
    if token.kind == "string":
        return cursor.context.string(token)
    if HOLE in token.text or token.kind == "bind":
        return cursor.context.hole(token.start, token.end)
    raise Unread


def create_index(cursor: Cursor, found: Found, start: int, *, unique: bool, kind: str) -> None:
    """Read a CREATE INDEX behind the word INDEX."""
    concurrently = cursor.take("CONCURRENTLY")
    if_not_exists = cursor.take("IF", "NOT", "EXISTS")
    name: Name | None = None
    if cursor.word != "ON":
        name = cursor.name("an index name")
    using: Value = kind or None
    if cursor.take("USING"):
        using = cursor.take_name().text.lower()
    if cursor.is_name and cursor.word != "ON" and name is not None and HOLE not in cursor.token.text:
        raise Wrong("ON is missing before the table", cursor.token)
    cursor.expect("ON")
    only = cursor.take("ONLY")
    table = cursor.name("a table name")
    end = cursor.last.end
    if cursor.take("USING"):
        using = cursor.take_name("an access method").text.lower()
    parts = _elements(cursor)
    orders = tuple([_order(item) for item in parts])
    elements = [index_element(item) for item in parts]
    include: Value = None
    where: Value = None
    together = False
    while not cursor.done:
        if cursor.take("INCLUDE"):
            include = list(names_of(cursor.inside()))
        elif cursor.take("WHERE"):
            if cursor.done:
                raise Wrong("the statement ends where a condition is expected")
            where = cursor.rest().value_text()
        elif cursor.take("USING"):
            using = cursor.take_name().text.lower()
        elif cursor.take("NULLS", "NOT", "DISTINCT"):
            together = True
        else:
            cursor.at += 1
    index = IndexSpec(
        name=name.name if name else None,
        columns=tuple(column for column, _ in elements),
        span=found.context.span(start, cursor.last.end),
        unique=unique,
        where=where,
        using=using,
        include=include,
        expressions=any(expression for _, expression in elements),
        nulls_not_distinct=together,
        orders=orders if any(orders) else (),
        only=only,
    )
    site = found.site(start, name.end if name else end, table=table, **({"name": name} if name else {}))
    found.add(
        CreateIndex(
            site=site,
            table=table.name,
            schema=table.schema,
            index=index,
            concurrently=concurrently,
            if_not_exists=if_not_exists,
        )
    )


def _order(item: Cursor) -> str:
    """The order of an index element, from the words behind its column or expression."""
    words = [token.text.lower() for token in item.tokens[item.at + 1 : item.stop]]
    return sort_order(" ".join(words[-3:]))


def _elements(cursor: Cursor) -> list[Cursor]:
    if cursor.token.text == HOLE:
        return []
    begin = cursor.token
    items = cursor.inside().items()
    if any(item.done for item in items):
        raise Wrong("an index element is missing", begin)
    return items


def create_type(cursor: Cursor, found: Found, start: int) -> None:
    """Read a CREATE TYPE from the word TYPE on."""
    cursor.at += 1
    name = cursor.name("a type name")
    if not cursor.take("AS", "ENUM"):
        found.execute("CREATE TYPE")
        return
    if cursor.token.text == HOLE:
        values: tuple[Maybe[str], ...] = (cursor.context.hole(cursor.token.start, cursor.token.end),)
        cursor.at += 1
    else:
        inner = cursor.inside()
        values = () if inner.done else tuple(_label(item) for item in inner.items())
    found.exact = found.exact and (cursor.done or cursor.has_hole)
    site = found.site(start, name.end, name=name)
    found.add(CreateEnum(site=site, name=name.name, values=values, schema=name.schema))


def drop_each(cursor: Cursor, found: Found, start: int, what: str) -> None:
    """DROP of one or several tables, types or containers."""
    if_exists = cursor.take("IF", "EXISTS")
    names: list[Name] = []
    while True:
        names.append(cursor.name(f"a {what} name"))
        if not cursor.take(","):
            break
    rest = {token.upper for token in cursor.tokens[cursor.at : cursor.stop]}
    cascade = "CASCADE" in rest
    found.exact = rest <= {"CASCADE", "RESTRICT", "PURGE", "CONSTRAINTS", "WITH", "(", ")", "FORCE", HOLE}
    for name in names:
        site = found.site(start if name is names[0] else name.start, name.end, name=name, table=name)
        if what == "table":
            found.add(
                DropTable(
                    site=site, table=name.name, schema=name.schema, if_exists=if_exists, cascade=cascade
                )
            )
        elif what == "type":
            found.add(
                DropType(site=site, name=name.name, schema=name.schema, if_exists=if_exists, cascade=cascade)
            )
        elif isinstance(name.name, str):
            container = DropContainer(
                site=site,
                what=_CONTAINERS[what],
                name=name.name,
                if_exists=if_exists,
                cascade=cascade,
            )
            found.add(container)
        else:
            found.execute(f"DROP {what.upper()}")


_CONTAINERS: dict[str, Literal["schema", "database", "extension"]] = {
    "schema": "schema",
    "database": "database",
    "extension": "extension",
}


def drop_index(cursor: Cursor, found: Found, start: int) -> None:
    """Read a DROP INDEX behind the word INDEX: one operation for each index."""
    concurrently = cursor.take("CONCURRENTLY")
    if_exists = cursor.take("IF", "EXISTS")
    names: list[Name] = []
    while True:
        names.append(cursor.name("an index name"))
        if not cursor.take(","):
            break
    table = cursor.name("a table name") if cursor.take("ON") else None
    for name in names:
        at = found.site(
            start if name is names[0] else name.start,
            name.end,
            name=name,
            **({"table": table} if table else {}),
        )
        found.add(
            DropIndex(
                site=at,
                table=table.name if table else _ungiven(found, name),
                schema=table.schema if table else name.schema,
                name=name.name,
                concurrently=concurrently,
                if_exists=if_exists,
            )
        )
