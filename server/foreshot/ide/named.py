"""Where a revision names tables and columns: in arguments, in columns and keys that are described, in SQL. Exact places, without quotes."""

from __future__ import annotations

import ast
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from typing import Final
from weakref import WeakKeyDictionary

from msgspec import Struct

from foreshot.migration import operations as ops
from foreshot.migration.operations import Operation
from foreshot.migration.revision import Revision
from foreshot.migration.specs import ColumnSpec, ConstraintSpec, ForeignKeyRef
from foreshot.syntax.module import Module
from foreshot.syntax.values import Maybe
from foreshot.text import Span

_WORD = re.compile(r"[^\W\d]\w*")
_STRING = re.compile(r"'[^']*'")
_OTHERS = re.compile(r"\b(?:SELECT|JOIN|USING)\b", re.IGNORECASE)
_NAME_KEYWORD = re.compile(r"\bname\s*=\s*(?:[\w.]+\(\s*)?\Z")
_TABLES = ("table_name", "source_table", "old_table_name")
_LISTS = ("columns", "local_cols")


class Named(Struct, frozen=True):
    """A place that names a table, or a column of it."""

    table: str
    """``table`` or ``schema.table``, as it is called there."""
    column: str | None
    span: Span
    operation: Operation
    after: bool = False
    """It is the name that the operation gives, and nothing has it before."""
    in_sql: bool = False
    exact: bool = True
    """Whether nothing but the operation's own table can be meant: not in a statement that reads others."""

    @property
    def name(self) -> str:
        """What stands at the span, apart from case."""
        return self.column if self.column is not None else self.table.rpartition(".")[2]


def named_in(revision: Revision) -> Sequence[Named]:
    """Every place of a revision that surely names a table or a column, in the order of the text."""
    known = _KNOWN.get(revision.module)
    if known is None:
        known = _KNOWN[revision.module] = _read(revision)
    return known


def named_at(revision: Revision, offset: int) -> Named | None:
    """What a place of a revision names."""
    return next((item for item in named_in(revision) if item.span.touches(offset)), None)


_KNOWN: Final[WeakKeyDictionary[Module, Sequence[Named]]] = WeakKeyDictionary()
"""What was found in the modules that somebody still looks at."""


def _read(revision: Revision) -> list[Named]:
    literals = _Literals(revision.module)
    found: dict[tuple[Span, str | None], Named] = {}
    for operation in revision.operations:
        for item in _of(operation, literals, revision.module.content):
            found.setdefault((item.span, item.column), item)
    return sorted(found.values(), key=lambda item: item.span)


class _Literals:
    """Texts in plain quotes by their places."""

    def __init__(self, module: Module) -> None:
        found = _plain_texts(module)
        self._starts = [span.start for span, _ in found]
        self._found = found

    def within(self, span: Span | None) -> Iterator[tuple[Span, str]]:
        """Those inside a span, in order: where their text stands, and what it says."""
        if span is None:
            return
        for index in range(bisect_left(self._starts, span.start), len(self._found)):
            inner, value = self._found[index]
            if inner.end > span.end:
                return
            yield inner, value


def _plain_texts(module: Module) -> list[tuple[Span, str]]:
    content = module.content
    found: list[tuple[Span, str]] = []
    for node in module.nodes(ast.Constant):
        if not isinstance(node.value, str):
            continue
        span = module.span(node)
        inner = Span(span.start + 1, span.end - 1)
        if content[inner.start : inner.end] == node.value and content[span.start] in "\"'":
            found.append((inner, node.value))
    return sorted(found)


def _of(operation: Operation, literals: _Literals, content: str) -> Iterator[Named]:
    if operation.site.sql is not None:
        yield from _in_sql(operation, content)
        return
    table = _table_of(operation)
    if table is None:
        return
    site = operation.site
    bare = table.rpartition(".")[2]
    for argument in _TABLES:
        for span, value in literals.within(site.args.get(argument)):
            if value == bare:
                yield Named(table, None, span, operation, isinstance(operation, ops.CreateTable))
    batch = site.batch
    if batch is not None:
        for span, value in literals.within(batch.call):
            if value == bare:
                yield Named(table, None, span, operation)
                break
    for found in _arguments(operation, literals, content):
        span, owner, column, after = found
        yield Named(owner or table, column, span, operation, after)


Found = tuple[Span, str | None, str | None, bool]
"""A place, the table (None: that of the operation), the column (None: the table itself), and whether the name is new."""


def _arguments(operation: Operation, literals: _Literals, content: str) -> Iterator[Found]:
    args = operation.site.args
    match operation:
        case ops.RenameTable(new_name=str() as new, schema=schema):
            full = f"{schema}.{new}" if isinstance(schema, str) else new
            for span, value in literals.within(args.get("new_table_name")):
                if value == new:
                    yield span, full, None, True
        case ops.AddColumn(column=column):
            yield from _column(column, literals, after=True)
        case ops.CreateTable(columns=columns, constraints=constraints, indexes=indexes):
            for column in columns:
                yield from _column(column, literals, after=True)
            for constraint in constraints:
                yield from _constraint(constraint, literals, content)
            for index in indexes:
                yield from _columns(index.columns, index.span, literals, content)
        case ops.DropColumn(column=str() as column):
            yield from _plain(column, args.get("column_name"), literals)
        case ops.AlterColumn(column=str() as column, new_name=new):
            yield from _plain(column, args.get("column_name"), literals)
            if isinstance(new, str) and new != column:
                for span, _, name, _ in _plain(new, args.get("new_column_name"), literals):
                    yield span, None, name, True
        case ops.CreateIndex(index=index):
            yield from _columns(index.columns, args.get("columns"), literals, content)
        case ops.AddConstraint(constraint=constraint):
            for argument in _LISTS:
                yield from _columns(constraint.columns, args.get(argument), literals, content)
            referred = constraint.ref_table
            if isinstance(referred, str):
                for span, value in literals.within(args.get("referent_table")):
                    if value == referred.rpartition(".")[2]:
                        yield span, referred, None, False
                for span, _, name, _ in _columns(
                    constraint.ref_columns, args.get("remote_cols"), literals, content
                ):
                    yield span, referred, name, False
        case _:
            return


def _plain(name: str, within: Span | None, literals: _Literals) -> Iterator[Found]:
    for span, value in literals.within(within):
        if value == name:
            yield span, None, name, False
            return


def _column(column: ColumnSpec, literals: _Literals, *, after: bool) -> Iterator[Found]:
    if isinstance(column.name, str):
        for span, _, name, _ in _plain(column.name, column.args.get("name"), literals):
            yield span, None, name, after
    for key in column.foreign_keys:
        yield from _reference(key, literals)


def _reference(key: ForeignKeyRef, literals: _Literals) -> Iterator[Found]:
    if isinstance(key.target, str):
        for span, value in literals.within(key.span):
            if value == key.target:
                yield from _dotted(span, value)
                return


def _dotted(span: Span, value: str) -> Iterator[Found]:
    """``users.id``, ``app.users.id``: the table and the column of it."""
    table, dot, column = value.rpartition(".")
    if dot:
        start = span.start + len(table.rpartition(".")[0]) + ("." in table)
        yield Span(start, span.start + len(table)), table, None, False
        yield Span(span.end - len(column), span.end), table, column, False


def _constraint(constraint: ConstraintSpec, literals: _Literals, content: str) -> Iterator[Found]:
    """A constraint inside ``create_table``."""
    if constraint.kind == "check":
        return
    yield from _columns(constraint.columns, constraint.span, literals, content)
    targets = {f"{constraint.ref_table}.{name}" for name in constraint.ref_columns if isinstance(name, str)}
    for span, value in literals.within(constraint.span):
        if value in targets and not _is_name(content, span):
            yield from _dotted(span, value)


def _columns(
    names: Iterable[Maybe[str]], within: Span | None, literals: _Literals, content: str
) -> Iterator[Found]:
    """Names of columns in a list of arguments; a keyword ``name`` is the name of the constraint itself."""
    wanted = {name for name in names if isinstance(name, str)}
    for span, value in literals.within(within):
        if value in wanted and not _is_name(content, span):
            yield span, None, value, False


def _is_name(content: str, span: Span) -> bool:
    return _NAME_KEYWORD.search(content, max(0, span.start - 80), span.start - 1) is not None


def _in_sql(operation: Operation, content: str) -> Iterator[Named]:
    table = _table_of(operation)
    if table is None:
        return
    bare = table.rpartition(".")[2]
    columns, new = _columns_in_sql(operation)
    call = operation.site.call
    text = content[call.start : call.end]
    exact = not isinstance(operation, ops.DataChange) or (
        _OTHERS.search(text) is None
        and (operation.verb == "delete" or not re.search(r"\bFROM\b", text, re.IGNORECASE))
    )
    hidden = strings_in(content, call)
    for match in _WORD.finditer(text):
        word = match.group()
        span = Span(call.start + match.start(), call.start + match.end())
        if any(string.contains(span) for string in hidden):
            continue
        for name in columns | new:
            if word == name or word.lower() == name:
                yield Named(table, name, span, operation, name in new, in_sql=True, exact=exact)
                break
        else:
            if word == bare or word.lower() == bare:
                made = isinstance(operation, ops.CreateTable)
                yield Named(table, None, span, operation, made, in_sql=True, exact=exact)


def strings_in(content: str, span: Span) -> list[Span]:
    """The values in single quotes of a piece of SQL."""
    return [Span(*match.span()) for match in _STRING.finditer(content, span.start, span.end)]


def _columns_in_sql(operation: Operation) -> tuple[frozenset[str], frozenset[str]]:
    """The columns that a statement names, and those to which it gives a name."""
    found: list[Maybe[str] | None] = []
    new: list[Maybe[str] | None] = []
    match operation:
        case ops.AddColumn(column=column):
            new.append(column.name)
        case ops.CreateTable(columns=columns):
            new.extend(column.name for column in columns)
        case ops.DropColumn(column=column):
            found.append(column)
        case ops.AlterColumn(column=column, new_name=renamed):
            found.append(column)
            if renamed != column:
                new.append(renamed)
        case ops.CreateIndex(index=index):
            found.extend(index.columns)
        case ops.AddConstraint(constraint=constraint):
            found.extend(constraint.columns)
        case ops.DataChange(columns=columns, reads=reads):
            found.extend((*columns, *reads))
        case _:
            pass
    return _known(found), _known(new)


def _known(names: Iterable[Maybe[str] | None]) -> frozenset[str]:
    return frozenset(name for name in names if isinstance(name, str) and name)


def _table_of(operation: Operation) -> str | None:
    return operation.table_name if isinstance(operation, ops.TableOperation | ops.DataChange) else None
