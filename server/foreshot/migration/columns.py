"""Columns, types, constraints and indexes out of described SQLAlchemy calls."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import cast

from foreshot.migration.operations import (
    ColumnSpec,
    ConstraintKind,
    ConstraintSpec,
    ForeignKeyRef,
    IndexSpec,
    TypeSpec,
)
from foreshot.syntax.folding import Formatted
from foreshot.syntax.values import Asked, CallValue, Maybe, Ref, Unknown, Value
from foreshot.text import Span

_CONSTRAINTS: dict[str, ConstraintKind] = {
    "PrimaryKeyConstraint": "primary key",
    "UniqueConstraint": "unique",
    "CheckConstraint": "check",
    "ForeignKeyConstraint": "foreign key",
    "ExcludeConstraint": "exclude",
}
_NOT_TYPES = {
    "ForeignKey",
    "Computed",
    "Identity",
    "Sequence",
    "FetchedValue",
    "CheckConstraint",
    "DefaultClause",
}
_COLUMN_NAMES = {"Column", "column", "mapped_column"}


def last_name(path: str) -> str:
    """The last part of a dotted path."""
    return path.rpartition(".")[2]


def maybe_str(value: Value, span: Span) -> Maybe[str]:
    """A known string, or Unknown."""
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Unknown):
        return value
    return Unknown("it is not a string that is known statically", span)


def maybe_name(value: Value, span: Span) -> Maybe[str] | None:
    """A known string, None, or Unknown."""
    return None if value is None else maybe_str(value, span)


def maybe_bool(value: Value, span: Span) -> Maybe[bool]:
    """A known truth value, or Unknown."""
    if isinstance(value, bool | int):
        return bool(value)
    return value if isinstance(value, Unknown) else Unknown("it is only known when it runs", span)


def is_column(value: Value) -> bool:
    """Whether a value is a described ``sa.Column(...)``."""
    return isinstance(value, CallValue) and last_name(value.path) in _COLUMN_NAMES


def type_spec(value: Value, span: Span) -> TypeSpec | Unknown | None:
    """The type that a value is: a class, or a described call of one."""
    match value:
        case None:
            return None
        case Ref():
            return TypeSpec(value.path, value.written, value.span, None, None, value.bound)
        case CallValue():
            return TypeSpec(value.path, value.func.written, value.span, value, None, value.func.bound)
        case Unknown():
            return value
        case _:
            return Unknown("the type is only known when it runs", span)


def column_spec(call: CallValue) -> ColumnSpec:
    """The column that a described ``sa.Column(...)`` declares."""
    args = list(zip(call.args, call.arg_spans, strict=True))
    spans: dict[str, Span] = dict(call.keyword_value_spans)
    name: Value = call.keywords.get("name")
    if (
        args
        and not _is_schema_item(args[0][0])
        and not (
            isinstance(args[0][0], CallValue | Ref)
            and "name" not in call.keywords
            and len(args) == 1
            and _looks_like_type(args[0][0])
        )
        and "name" not in call.keywords
    ):
        name, spans["name"] = args.pop(0)
    type_value: Value = call.keywords.get("type_")
    if args and type_value is None and not _is_schema_item(args[0][0]):
        type_value, spans["type_"] = args.pop(0)
    foreign_keys: list[ForeignKeyRef] = []
    computed: CallValue | None = None
    identity: CallValue | None = None
    checks: list[ConstraintSpec] = []
    server_default = call.keywords.get("server_default")
    for item, _ in args:
        if not isinstance(item, CallValue):
            continue
        match last_name(item.path):
            case "ForeignKey":
                foreign_keys.append(_foreign_key_ref(item))
            case "CheckConstraint" if (check := constraint_spec(item)) is not None:
                checks.append(check)
            case "Computed":
                computed = item
            case "Identity":
                identity = item
            case "FetchedValue" | "DefaultClause":
                server_default = item
            case _:
                pass
    if isinstance(server_default, CallValue) and last_name(server_default.path) in ("Computed", "Identity"):
        if last_name(server_default.path) == "Computed":
            computed = server_default
        else:
            identity = server_default
        server_default = None
    open_ended = Unknown("`**` arguments are not known", call.span) if call.open_ended else None

    def flag(key: str) -> Maybe[bool]:
        if key in call.keywords:
            return (
                False
                if call.keywords[key] is None
                else maybe_bool(call.keywords[key], spans.get(key, call.span))
            )
        return open_ended or False

    nullable = call.keywords.get("nullable")
    return ColumnSpec(
        name=maybe_str(name, spans.get("name", call.span)),
        type=type_spec(type_value, spans.get("type_", call.span)),
        span=call.span,
        nullable=open_ended if nullable is None else maybe_bool(nullable, spans.get("nullable", call.span)),
        server_default=open_ended if server_default is None and open_ended else server_default,
        default=call.keywords.get("default", call.keywords.get("insert_default")),
        primary_key=flag("primary_key"),
        unique=flag("unique"),
        index=flag("index"),
        autoincrement=call.keywords.get("autoincrement"),
        foreign_keys=tuple(foreign_keys),
        computed=computed,
        identity=identity,
        comment=call.keywords.get("comment"),
        checks=tuple(checks),
        args=spans,
        keywords=call.keyword_spans,
        call=call,
    )


def constraint_spec(call: CallValue) -> ConstraintSpec | None:
    """The table constraint that a described call declares; None when it is no constraint."""
    kind = _CONSTRAINTS.get(last_name(call.path))
    if kind is None:
        return None
    place = {"foreign key": 2, "check": 1}.get(kind)
    written = call.argument("name", place)
    name = maybe_name(written, call.span)
    columns: tuple[Maybe[str], ...] = ()
    ref_table: Maybe[str] | None = None
    ref_columns: tuple[Maybe[str], ...] = ()
    condition: Value = None
    if kind == "foreign key":
        columns = names_of(call.argument("columns", 0), call.span)
        ref_table, ref_columns = referred(call.argument("refcolumns", 1), call.span)
    elif kind == "check":
        condition = call.argument("sqltext", 0)
    elif kind != "exclude":
        columns = tuple(
            maybe_str(item.argument("name", 0) if isinstance(item, CallValue) else item, call.span)
            for item in call.args
        )
    return ConstraintSpec(
        kind,
        name,
        columns,
        call.span,
        ref_table,
        ref_columns,
        maybe_name(call.keywords.get("ondelete"), call.span),
        maybe_name(call.keywords.get("onupdate"), call.span),
        condition,
        not_valid=call.keywords.get("postgresql_not_valid") is True,
        deferrable=call.keywords.get("deferrable"),
        initially=call.keywords.get("initially"),
        use_alter=call.keywords.get("use_alter") is True,
        final=isinstance(written, Formatted),
        nulls_not_distinct=call.keywords.get("postgresql_nulls_not_distinct") is True,
    )


def table_items(
    items: Iterable[Value],
) -> tuple[tuple[ColumnSpec, ...], tuple[ConstraintSpec, ...], tuple[IndexSpec, ...], bool]:
    """Columns, constraints and indexes among the arguments of a table, and whether all could be read."""
    columns: list[ColumnSpec] = []
    constraints: list[ConstraintSpec] = []
    indexes: list[IndexSpec] = []
    complete = True
    for item in items:
        if is_column(item):
            columns.append(column_spec(cast("CallValue", item)))
        elif isinstance(item, CallValue) and last_name(item.path) == "Index":
            indexes.append(
                index_spec(item.argument("name", 0), list(item.args[1:]), item.keywords, item.span)
            )
        elif isinstance(item, CallValue) and (constraint := constraint_spec(item)) is not None:
            constraints.append(constraint)
        else:
            complete = False
    return tuple(columns), tuple(constraints), tuple(indexes), complete


def index_spec(name: Value, columns: Value, keywords: object, span: Span) -> IndexSpec:
    """An index from its name, its column list and its keyword arguments."""
    options = cast("dict[str, Value]", keywords)
    given = cast("Sequence[Value]", columns if isinstance(columns, list | tuple) else [columns])
    elements = [_ordered_column(item) for item in given]
    orders = tuple([_order_of(item) for item in given])
    listed = names_of(elements, span)
    where = next((options[key] for key in options if key.endswith("_where")), None)
    using = next((options[key] for key in options if key.endswith(("_using", "mysql_prefix"))), None)
    unique = options.get("unique")
    return IndexSpec(
        maybe_name(name, span),
        listed,
        span,
        False if unique is None else maybe_bool(unique, span),
        where,
        using,
        options.get("postgresql_include"),
        isinstance(name, Formatted),
        any(isinstance(item, CallValue) and item.path.startswith("sqlalchemy.") for item in elements),
        options.get("postgresql_nulls_not_distinct") is True,
        " ".join(text for item in elements if isinstance(item, CallValue) for text in _texts_in(item)),
        orders if any(orders) else (),
    )


def _texts_in(call: CallValue) -> list[str]:
    """The strings that a described expression is made of."""
    found: list[str] = []
    ahead: list[Value] = [call]
    for _ in range(_MOST_PARTS):
        if not ahead:
            break
        item = ahead.pop()
        if isinstance(item, CallValue):
            ahead += [*item.args, *item.keywords.values(), item.receiver]
        elif isinstance(item, str):
            found.append(item)
    return found


def _ordered_column(item: Value) -> Value:
    """The column of ``sa.text("created_at DESC")``, ``sa.desc("created_at")`` and the like; else the element itself."""
    if not isinstance(item, CallValue):
        return item
    name = last_name(item.path)
    if name in ("text", "literal_column"):
        written = item.argument("text", 0)
        match = _ORDERED.fullmatch(written) if isinstance(written, str) else None
        return match.group(1) if match else item
    if name in _ORDERS:
        of = item.receiver if isinstance(item.receiver, CallValue) else item.argument("column", 0)
        inner = _ordered_column(of)
        if isinstance(inner, CallValue) and last_name(inner.path) in _COLUMN_NAMES:
            inner = inner.argument("name", 0)
        return inner if isinstance(inner, str) else item
    return item


def _order_of(item: Value) -> str:
    """How an element of an index is sorted, as :func:`sort_order` says it."""
    words: list[str] = []
    for _ in range(len(_ORDERS)):
        if not isinstance(item, CallValue):
            break
        name = last_name(item.path)
        if name in ("text", "literal_column"):
            written = item.argument("text", 0)
            words += (
                written.lower().split()[1:]
                if isinstance(written, str) and _ORDERED.fullmatch(written)
                else []
            )
            break
        if name not in _ORDERS:
            break
        words.append(name.replace("_", "").replace("nulls", "nulls "))
        item = item.receiver if isinstance(item.receiver, CallValue) else item.argument("column", 0)
    return sort_order(" ".join(words))


def sort_order(words: str) -> str:
    """The order that words in small letters ask for, without what goes without saying: NULLs come first in a descending order, else last."""
    descends = re.search(r"\bdesc\b", words) is not None
    if descends:
        return "desc nulls last" if "nulls last" in words else "desc"
    return "nulls first" if "nulls first" in words else ""


_MOST_PARTS = 200
_ORDERED = re.compile(r"\s*\"?(\w+)\"?(?:\s+(?:asc|desc))?(?:\s+nulls\s+(?:first|last))?\s*", re.IGNORECASE)
_ORDERS = {"asc", "desc", "nulls_first", "nulls_last", "nullsfirst", "nullslast"}


def names_of(value: Value, span: Span) -> tuple[Maybe[str], ...]:
    """Column names out of a list of strings; expressions in it are Unknown."""
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list | tuple):
        names: list[Maybe[str]] = []
        for item in cast("Sequence[Value]", value):
            if isinstance(item, CallValue) and last_name(item.path) in _COLUMN_NAMES:
                item = item.argument("name", 0)
            if isinstance(item, CallValue | Ref):
                item = Unknown("an expression, not a column name", item.span)
            names.append(maybe_str(item, span))
        return tuple(names)
    return (value if isinstance(value, Asked) else Unknown("the columns are not known", span),)


def referred(value: Value, span: Span) -> tuple[Maybe[str] | None, tuple[Maybe[str], ...]]:
    """Table and columns out of ``["users.id"]``."""
    targets = names_of(value, span)
    table: Maybe[str] | None = None
    columns: list[Maybe[str]] = []
    for target in targets:
        if isinstance(target, str) and "." in target:
            table, _, column = target.rpartition(".")
            columns.append(column)
        else:
            columns.append(Unknown("the referred column is not known", span))
    return (table if table is not None else Unknown("the referred table is not known", span)), tuple(columns)


def _foreign_key_ref(call: CallValue) -> ForeignKeyRef:
    target = call.argument("column", 0)
    return ForeignKeyRef(
        maybe_str(target, call.span),
        call.span,
        maybe_name(call.keywords.get("name"), call.span),
        maybe_name(call.keywords.get("ondelete"), call.span),
        maybe_name(call.keywords.get("onupdate"), call.span),
        call.keywords.get("postgresql_not_valid") is True,
        isinstance(call.keywords.get("name"), Formatted),
        call.keywords.get("use_alter") is True,
        call.keywords.get("deferrable"),
        call.keywords.get("initially"),
    )


def _is_schema_item(value: Value) -> bool:
    return isinstance(value, CallValue) and last_name(value.path) in _NOT_TYPES


def _looks_like_type(value: CallValue | Ref) -> bool:
    path = value.path
    return path.startswith(("sqlalchemy.", "sqlmodel.", "geoalchemy2.")) and last_name(path)[:1].isupper()
