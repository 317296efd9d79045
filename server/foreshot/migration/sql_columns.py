"""Column definitions, as CREATE TABLE and ALTER TABLE write them."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from foreshot.migration.operations import ColumnSpec, ConstraintSpec, ForeignKeyRef, TypeSpec
from foreshot.migration.sql_constraints import constraint_tail, references, target_of
from foreshot.migration.sql_cursor import Cursor, Unread, Wrong
from foreshot.migration.sql_tokens import HOLE, Token
from foreshot.migration.sql_types import SERIALS, read_type
from foreshot.migration.sql_words import ordered_words
from foreshot.syntax.values import CallValue, Maybe, Unknown, Value

_OPTIONS = ordered_words(
    """
    NOT NULL CONSTRAINT PRIMARY UNIQUE REFERENCES CHECK GENERATED COLLATE COMMENT AUTO_INCREMENT
    AUTOINCREMENT IDENTITY ON AFTER FIRST AS DEFAULT STORAGE DEFERRABLE INITIALLY KEY VISIBLE INVISIBLE
    CHARACTER USING ENABLE STORED COMPRESSION VIRTUAL PERSISTED SPARSE WITH
    """
)
"""Words that begin a column option, and so end a default's expression."""

_BARE_TYPELESS = frozenset(_OPTIONS) - {
    "COMMENT",
    "KEY",
    "STORAGE",
    "FIRST",
    "AFTER",
    "IDENTITY",
    "CHARACTER",
}


class Column(Struct, frozen=True):
    """A column and the constraints that are written with it but cannot be said in its ColumnSpec."""

    spec: ColumnSpec
    constraints: tuple[ConstraintSpec, ...] = ()
    exact: bool = True


class _Draft:
    """What the options of one column have said so far."""

    def __init__(self) -> None:
        self.nullable: Maybe[bool] | None = None
        self.default: Value = None
        self.primary_key = False
        self.unique = False
        self.autoincrement: Value = None
        self.references: list[ForeignKeyRef] = []
        self.constraints: list[ConstraintSpec] = []
        self.computed: CallValue | None = None
        self.identity: CallValue | None = None
        self.comment: Value = None
        self.args: dict[str, tuple[int, int]] = {}


def read_column(cursor: Cursor) -> Column:
    """Read a column definition that fills the cursor to its end.

    Raises:
        Wrong: it ends too early.
        Unread: it is no column definition.
    """
    context = cursor.context
    first = cursor.take_name("a column name")
    name = context.identifier(first)
    draft = _Draft()
    draft.args["name"] = (first.start, first.end)
    type_ = None
    # SQLite columns, and computed columns elsewhere, need no type.
    if not cursor.done and not (cursor.token.kind == "word" and cursor.word in _BARE_TYPELESS):
        begin = cursor.token.start
        type_ = read_type(cursor)
        draft.args["type_"] = (begin, cursor.last.end)
    elif cursor.done and cursor.stop >= len(cursor.tokens) and "sqlite" not in context.dialects:
        raise Wrong("the statement ends where the column's type is expected")
    serial = not isinstance(type_, Unknown) and type_ is not None and (type_.sql or "").lower() in SERIALS
    if serial:
        draft.nullable, draft.autoincrement = False, True
    exact = True
    while not cursor.done:
        try:
            known = _option(cursor, draft, name)
        except Unread:
            known = False
        if not known:
            exact = exact and cursor.token.text == HOLE
            cursor.at += 1
    end = cursor.last.end
    hole = cursor.tokens[cursor.at - 1]
    if _has_open_hole(cursor.tokens[_index(cursor, first) + 1 : cursor.stop]):
        unknown = context.hole(first.start, hole.end)
        draft.nullable = unknown if draft.nullable is None else draft.nullable
        draft.default = unknown if draft.default is None else draft.default
    return Column(_spec(cursor, name, type_, draft, first.start, end), tuple(draft.constraints), exact)


def _index(cursor: Cursor, token: Token) -> int:
    index = cursor.stop - 1
    while cursor.tokens[index] is not token:
        index -= 1
    return index


def _spec(
    cursor: Cursor, name: Maybe[str], type_: TypeSpec | Unknown | None, draft: _Draft, start: int, end: int
) -> ColumnSpec:
    context = cursor.context
    return ColumnSpec(
        name=name,
        type=type_,
        span=context.span(start, end),
        nullable=draft.nullable,
        server_default=draft.default,
        primary_key=draft.primary_key,
        unique=draft.unique,
        autoincrement=draft.autoincrement,
        foreign_keys=tuple(draft.references),
        computed=draft.computed,
        identity=draft.identity,
        comment=draft.comment,
        args={key: context.span(*at) for key, at in draft.args.items()},
    )


def _option(cursor: Cursor, draft: _Draft, column: Maybe[str]) -> bool:
    """Read one option of a column; False when the next word begins none that is known."""
    begin = cursor.token
    label: Maybe[str] | None = None
    if cursor.take("CONSTRAINT"):
        label = cursor.identifier("a constraint name")
    word = cursor.word
    context = cursor.context
    if cursor.take("NOT", "NULL"):
        draft.nullable = False
        draft.args["nullable"] = (begin.start, cursor.last.end)
        cursor.take("ENABLE")
    elif cursor.take("NULL"):
        draft.nullable = True
        draft.args["nullable"] = (begin.start, cursor.last.end)
    elif cursor.take("DEFAULT"):
        start = cursor.token.start
        draft.default = read_default(cursor)
        draft.args["server_default"] = (start, cursor.last.end)
    elif word in ("PRIMARY", "UNIQUE"):
        _key(cursor, draft, column, label, begin)
    elif word == "KEY" and context.mysql:
        cursor.at += 1
        draft.primary_key = True
    elif word == "REFERENCES":
        table, columns, ondelete, onupdate = references(cursor)
        target = target_of(table, columns, cursor)
        span = context.span(begin.start, cursor.last.end)
        tail = constraint_tail(cursor)
        draft.references.append(
            ForeignKeyRef(
                target,
                span,
                label,
                ondelete,
                onupdate,
                tail.not_valid,
                deferrable=tail.deferrable,
                initially=tail.initially,
            )
        )
    elif word == "CHECK":
        cursor.at += 1
        condition = cursor.inside().value_text()
        not_valid = constraint_tail(cursor).not_valid
        span = context.span(begin.start, cursor.last.end)
        draft.constraints.append(
            ConstraintSpec("check", label, (), span, condition=condition, not_valid=not_valid)
        )
    elif word in ("GENERATED", "AS"):
        _generated(cursor, draft)
    elif word in ("AUTO_INCREMENT", "AUTOINCREMENT"):
        cursor.at += 1
        draft.autoincrement = True
    elif word == "IDENTITY":
        cursor.at += 1
        if cursor.word == "(":
            cursor.inside()
        draft.identity = context.call("sqlalchemy.Identity", begin.start, cursor.last.end)
    elif word == "COMMENT":
        cursor.at += 1
        draft.comment = context.string(cursor.token) if cursor.token.kind == "string" else None
        cursor.at += 1
    else:
        return _minor_option(cursor)
    return True


def _has_open_hole(tokens: Sequence[Token]) -> bool:
    """Whether what is put in may say anything of the column: inside parentheses it is part of a type or an expression."""
    depth = 0
    for token in tokens:
        depth += (token.text == "(") - (token.text == ")")
        if token.text == HOLE and depth <= 0:
            return True
    return False


def _minor_option(cursor: Cursor) -> bool:
    """Step over an option that changes nothing that is kept."""
    if cursor.take_one("COLLATE", "STORAGE", "COMPRESSION", "AFTER"):
        cursor.name()
    elif cursor.take("CHARACTER", "SET"):
        cursor.take_name()
    elif cursor.take("ON", "UPDATE"):
        cursor.at += 1
        if cursor.word == "(":
            cursor.inside()
    elif cursor.take("ON", "CONFLICT"):
        cursor.take_name()
    else:
        return bool(
            cursor.take_one(
                "FIRST", "VISIBLE", "INVISIBLE", "SPARSE", "VIRTUAL", "STORED", "PERSISTED", "ENABLE"
            )
            or constraint_tail(cursor).anything
        )
    return True


def _key(cursor: Cursor, draft: _Draft, column: Maybe[str], label: Maybe[str] | None, begin: Token) -> None:
    primary = cursor.take_one("PRIMARY", "UNIQUE") == "PRIMARY"
    if primary:
        cursor.expect("KEY")
    else:
        cursor.take("KEY")
        if cursor.take("NULLS"):
            cursor.take("NOT")
            cursor.expect("DISTINCT")
    cursor.take_one("ASC", "DESC", "CLUSTERED", "NONCLUSTERED")
    constraint_tail(cursor)
    if label is None:
        draft.primary_key = draft.primary_key or primary
        draft.unique = draft.unique or not primary
        return
    # A name is kept by a constraint of its own: it is what a later DROP CONSTRAINT asks for.
    if primary:
        draft.nullable = False
    kind = "primary key" if primary else "unique"
    span = cursor.context.span(begin.start, cursor.last.end)
    draft.constraints.append(ConstraintSpec(kind, label, (column,), span))


def _generated(cursor: Cursor, draft: _Draft) -> None:
    """``GENERATED … AS IDENTITY`` or ``[GENERATED ALWAYS] AS (expression) [STORED]``."""
    context = cursor.context
    begin = cursor.token
    if _is_identity(cursor):
        draft.identity = read_identity(cursor)
        return
    if cursor.take("GENERATED"):
        cursor.take("ALWAYS")
    cursor.expect("AS")
    expression = cursor.inside().value_text()
    stored = cursor.take_one("STORED", "VIRTUAL", "PERSISTED")
    persisted = stored in ("STORED", "PERSISTED") if stored else None
    draft.computed = context.call(
        "sqlalchemy.Computed", begin.start, cursor.last.end, expression, persisted=persisted
    )


def _is_identity(cursor: Cursor) -> bool:
    """Whether ``[GENERATED …] AS IDENTITY`` stands here, and not an expression."""
    probe = Cursor(cursor.context, cursor.tokens, cursor.at, cursor.stop)
    probe.take("GENERATED")
    while probe.take_one("BY", "DEFAULT", "ON", "NULL", "ALWAYS"):
        pass
    return probe.take("AS", "IDENTITY")


def read_identity(cursor: Cursor) -> CallValue:
    """``GENERATED {ALWAYS | BY DEFAULT [ON NULL]} AS IDENTITY [(options)]`` as ``sa.Identity()``."""
    begin = cursor.token
    cursor.take("GENERATED")
    by_default = cursor.take("BY", "DEFAULT")
    if by_default:
        cursor.take("ON", "NULL")
    else:
        cursor.take("ALWAYS")
    cursor.expect("AS")
    cursor.expect("IDENTITY")
    if cursor.word == "(":
        cursor.inside()
    return cursor.context.call("sqlalchemy.Identity", begin.start, cursor.last.end, always=not by_default)


def read_default(cursor: Cursor) -> Value:
    """Read a default's expression: a lone string literal as its value, NULL as False, the rest as ``text()``."""
    context = cursor.context
    if cursor.done:
        raise (
            Wrong("the statement ends where a default value is expected")
            if cursor.stop >= len(cursor.tokens)
            else Unread
        )
    begin = cursor.at
    if cursor.word == "(":
        cursor.inside()
    else:
        cursor.at += 1
    while not cursor.done and not (cursor.token.kind == "word" and cursor.word in _OPTIONS):
        if cursor.token.text == HOLE and cursor.last.kind != "mark":
            break
        if cursor.word == "(":
            cursor.inside()
        else:
            cursor.at += 1
        if cursor.take("WITH", "TIME", "ZONE") or cursor.take("AT", "TIME", "ZONE"):
            continue
    whole = Cursor(context, cursor.tokens, begin, cursor.at)
    token = whole.token
    if cursor.at == begin + 1:
        if token.kind == "string":
            return context.string(token)
        if token.upper == "NULL":
            return False
    text = whole.value_text()
    if isinstance(text, Unknown):
        return text
    return context.call("sqlalchemy.text", token.start, cursor.last.end, text)
