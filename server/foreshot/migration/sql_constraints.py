"""Table constraints and indexes, as CREATE TABLE and ALTER TABLE write them."""

from __future__ import annotations

from msgspec import Struct

from foreshot.migration.operations import ConstraintKind, ConstraintSpec, IndexSpec
from foreshot.migration.sql_cursor import Cursor, Name, Unread, Wrong
from foreshot.migration.sql_tokens import HOLE
from foreshot.syntax.values import Maybe, Unknown, Value

_KINDS: dict[str, ConstraintKind] = {
    "PRIMARY": "primary key",
    "UNIQUE": "unique",
    "FOREIGN": "foreign key",
    "CHECK": "check",
    "EXCLUDE": "exclude",
}
_TAIL_WORDS = (("NO", "INHERIT"), ("NOT", "ENFORCED"), ("ENFORCED",), ("NOT", "FOR", "REPLICATION"))
TABLE_CONSTRAINTS = frozenset({"CONSTRAINT", *_KINDS})


def is_table_constraint(cursor: Cursor) -> bool:
    """Whether a table constraint begins here, and no column whose name is the same word."""
    word, following = cursor.word, cursor.peek()
    if word not in TABLE_CONSTRAINTS:
        return False
    if word in ("PRIMARY", "FOREIGN"):
        return following == "KEY"
    return True


def read_constraint(cursor: Cursor) -> ConstraintSpec:
    """Read a table constraint that fills the cursor to its end.

    Raises:
        Wrong: it ends too early.
        Unread: it is of no kind that is known.
    """
    context = cursor.context
    begin = cursor.token
    name: Maybe[str] | None = None
    if cursor.take("CONSTRAINT") and cursor.word not in ("PRIMARY", "UNIQUE", "FOREIGN", "CHECK"):
        name = cursor.identifier("a constraint name")
    word = cursor.word
    together = word == "UNIQUE" and cursor.peek() == "NULLS" and cursor.peek(2) == "NOT"
    columns: tuple[Maybe[str], ...] = ()
    table: Name | None = None
    ref_columns: tuple[Maybe[str], ...] = ()
    ondelete = onupdate = using = None
    condition: Value = None
    if word in ("PRIMARY", "UNIQUE"):
        name, columns, using = _key_constraint(cursor, name)
    elif word == "FOREIGN":
        cursor.at += 1
        cursor.expect("KEY")
        if cursor.is_name:
            inline = cursor.identifier()
            name = inline if name is None else name
        columns = names_of(cursor.inside())
        table, ref_columns, ondelete, onupdate = references(cursor)
    elif word == "CHECK":
        cursor.at += 1
        if cursor.token.text == HOLE:
            condition = context.hole(cursor.token.start, cursor.token.end)
            cursor.at += 1
        else:
            condition = cursor.inside().value_text()
    elif word == "EXCLUDE":
        cursor.at += 1
        if cursor.take("USING"):
            cursor.take_name()
        columns = tuple(index_element(item)[0] for item in cursor.inside().items())
    elif cursor.at >= len(cursor.tokens):
        raise Wrong("the statement ends where the constraint is expected")
    else:
        raise Unread
    tail = constraint_tail(cursor)
    rest = cursor.rest()
    return ConstraintSpec(
        kind=_KINDS[word],
        name=name,
        columns=columns,
        span=context.span(begin.start, rest.last.end),
        ref_table=_table_text(table, cursor) if table else None,
        ref_columns=ref_columns,
        ondelete=ondelete,
        onupdate=onupdate,
        condition=condition,
        not_valid=tail.not_valid,
        deferrable=tail.deferrable,
        initially=tail.initially,
        using_index=using,
        nulls_not_distinct=together,
    )


def _key_constraint(
    cursor: Cursor, name: Maybe[str] | None
) -> tuple[Maybe[str] | None, tuple[Maybe[str], ...], str | None]:
    if cursor.take_one("PRIMARY", "UNIQUE") == "PRIMARY":
        cursor.expect("KEY")
    else:
        cursor.take_one("KEY", "INDEX")
        if cursor.take("NULLS"):
            cursor.take("NOT")
            cursor.expect("DISTINCT")
    cursor.take_one("CLUSTERED", "NONCLUSTERED")
    if cursor.take("USING", "INDEX"):
        index = cursor.identifier("an index name")
        using = index if isinstance(index, str) else ""
        return index if name is None else name, (), using
    if cursor.is_name and cursor.word != "USING":
        inline = cursor.identifier()
        name = inline if name is None else name
    if cursor.take("USING"):
        cursor.take_name()
    columns = names_of(cursor.inside())
    if cursor.take("INCLUDE"):
        cursor.inside()
    return name, columns, None


def names_of(cursor: Cursor) -> tuple[Maybe[str], ...]:
    """The names of a column list; an expression or interpolated part is Unknown."""
    return tuple(index_element(item)[0] for item in cursor.items() if not item.done)


def index_element(item: Cursor) -> tuple[Maybe[str], bool]:
    """The column of an index element, and whether the element is an expression instead."""
    token = item.token
    if item.is_name and item.peek() not in ("(", "::", "||", "->", "->>", "."):
        return item.context.identifier(token), False
    if (
        item.is_name
        and item.peek() == "("
        and item.peek(3) == ")"
        and item.tokens[item.at + 2].kind == "number"
    ):
        # MySQL indexes a prefix: `name(10)`.
        return item.context.identifier(token), False
    return Unknown("expression", item.context.span(token.start, item.tokens[item.stop - 1].end)), True


def is_inline_index(item: Cursor) -> bool:
    """Whether an item is MySQL's inline index instead of a column called ``key`` or ``index``."""
    if item.word in ("FULLTEXT", "SPATIAL"):
        return item.peek() in ("INDEX", "KEY", "(")
    if item.word not in ("INDEX", "KEY"):
        return False
    probe = Cursor(item.context, item.tokens, item.at + 1, item.stop)
    if probe.is_name and probe.word != "USING" and probe.peek() in ("(", "USING"):
        # `key varchar (20)` is a column, `key ix_name (name)` an index.
        inner = probe.tokens[probe.at + 2] if probe.at + 2 < probe.stop else probe.token
        return inner.kind != "number" and probe.word not in ("ENUM", "SET")
    return probe.word in ("(", "USING")


def read_inline_index(cursor: Cursor) -> IndexSpec:
    """Read MySQL's ``[UNIQUE | FULLTEXT | SPATIAL] {INDEX | KEY} [name] (columns)``."""
    begin = cursor.token
    kind = cursor.take_one("FULLTEXT", "SPATIAL")
    cursor.take_one("INDEX", "KEY")
    cursor.take("IF", "NOT", "EXISTS")
    name = cursor.identifier() if cursor.is_name and cursor.word != "USING" else None
    using: Value = kind.lower() or None
    if cursor.take("USING"):
        using = cursor.take_name().text.lower()
    elements = [index_element(item) for item in cursor.inside().items() if not item.done]
    return IndexSpec(
        name=name,
        columns=tuple(column for column, _ in elements),
        span=cursor.context.span(begin.start, cursor.last.end),
        using=using,
        expressions=any(expression for _, expression in elements),
    )


def references(
    cursor: Cursor,
) -> tuple[Name, tuple[Maybe[str], ...], Maybe[str] | None, Maybe[str] | None]:
    """Read ``REFERENCES table (columns) ON DELETE … ON UPDATE …``: table, columns, the two actions."""
    cursor.expect("REFERENCES")
    table = cursor.name("a table name")
    columns = names_of(cursor.inside()) if cursor.word == "(" else ()
    ondelete: Maybe[str] | None = None
    onupdate: Maybe[str] | None = None
    while True:
        if cursor.take("MATCH"):
            cursor.take_name()
        elif cursor.take("ON", "DELETE"):
            ondelete = _action(cursor)
        elif cursor.take("ON", "UPDATE"):
            onupdate = _action(cursor)
        else:
            break
    return table, columns, ondelete, onupdate


def _action(cursor: Cursor) -> Maybe[str]:
    token = cursor.take_name("CASCADE, RESTRICT, SET NULL or NO ACTION")
    if HOLE in token.text:
        return cursor.context.hole(token.start, token.end)
    if token.upper in ("SET", "NO"):
        action = f"{token.upper} {cursor.take_name().upper}"
        if cursor.word == "(" and token.upper == "SET":
            # Only some of the key's columns, since PostgreSQL 15; SQLAlchemy has the same text.
            action += f" ({', '.join(map(str, names_of(cursor.inside())))})"
        return action
    return token.upper


class Tail(Struct):
    """What stood behind a constraint."""

    not_valid: bool = False
    deferrable: bool | None = None
    initially: str | None = None
    anything: bool = False


def constraint_tail(cursor: Cursor) -> Tail:
    """Step over what may follow any constraint."""
    begin, tail = cursor.at, Tail()
    while True:
        if cursor.take("NOT", "VALID") or cursor.take("NOVALIDATE"):
            tail.not_valid = True
        elif cursor.take("NOT", "DEFERRABLE"):
            tail.deferrable = False
        elif cursor.take("DEFERRABLE"):
            tail.deferrable = True
        elif cursor.take("INITIALLY"):
            tail.initially = cursor.take_one("DEFERRED", "IMMEDIATE") or None
        elif cursor.word in ("WITH", "WHERE") and cursor.peek() == "(":
            cursor.at += 1
            cursor.inside()
        elif cursor.take("USING", "INDEX", "TABLESPACE") or cursor.take("ON", "CONFLICT"):
            cursor.take_name()
        elif not any(cursor.take(*words) for words in _TAIL_WORDS):
            tail.anything = cursor.at > begin
            return tail


def _table_text(name: Name, cursor: Cursor) -> Maybe[str]:
    return name.text or cursor.context.hole(name.start, name.end)


def target_of(table: Name, columns: tuple[Maybe[str], ...], cursor: Cursor) -> Maybe[str]:
    """What ``sa.ForeignKey`` would be given; the bare table where no column is named."""
    text = table.text
    known = [column for column in columns if isinstance(column, str)]
    if text is None or len(known) != len(columns):
        return cursor.context.hole(table.start, cursor.last.end)
    if known:
        return f"{text}.{known[0]}"
    return (
        text
        if table.schema is None
        else Unknown("no column is named", cursor.context.span(table.start, table.end))
    )
