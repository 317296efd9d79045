"""A schema as data for others: the JSON of ``foreshot schema``, and its text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from foreshot.schema.plain import Called, Listed, Named, Plain, Unclear
from foreshot.schema.state import Column, Origin, Schema, Table

Place = Callable[[Origin], tuple[str, int]]
"""Path and row, from 1, of an operation."""


def as_data(
    schema: Schema, revision: str, dialect: str, place: Place, *, provenance: bool = False
) -> dict[str, object]:
    """The object that ``--format json`` prints."""
    unknown = unknown_of(schema, place)

    def said(origin: Origin) -> dict[str, object]:
        if not provenance:
            return {}
        path, row = place(origin)
        return {"origin": {"revision": origin.revision, "operation": origin.kind, "path": path, "row": row}}

    return {
        "revision": revision,
        "dialect": dialect,
        "complete": not unknown,
        "unknown": unknown,
        "tables": {table.name: _table(table, said) for table in shown(schema)},
        "enums": {
            name: [value for value in enum.values if value is not None] for name, enum in schema.enums.items()
        },
        "views": [
            {
                "name": view.name,
                "materialized": view.materialized,
                "definition": view.definition,
                **said(view.origin),
            }
            for view in schema.views.values()
        ],
        "sequences": [
            {"name": sequence.name, "owned_by": sequence.owner, **said(sequence.origin)}
            for sequence in schema.sequences.values()
            if sequence.owner is None
        ],
    }


def shown(schema: Schema) -> list[Table]:
    """The tables that are the schema's own: not those of one session."""
    return [table for table in schema.tables.values() if not table.temporary]


def unknown_of(schema: Schema, place: Place) -> list[dict[str, object]]:
    """Everything for which the schema may be otherwise, with its place."""
    found: list[dict[str, object]] = []
    for reason in schema.unknown:
        path, row = place(reason.origin)
        about = f"{reason.about}: " if reason.about else ""
        found.append({"path": path, "row": row, "why": about + reason.why})
    return found


Said = Callable[[Origin], Mapping[str, object]]


def _table(table: Table, said: Said) -> dict[str, object]:
    key = table.primary_key
    return {
        "columns": {name: _column(column, said) for name, column in table.columns.items()},
        "primary_key": None
        if key is None
        else {"name": key.name, "columns": list(key.columns), **said(key.origin)},
        "uniques": [
            {"name": item.name, "columns": list(item.columns), **said(item.origin)} for item in table.uniques
        ],
        "indexes": [
            {
                "name": item.name,
                "columns": list(item.columns),
                "unique": item.unique,
                "where": written(item.where),
                "using": item.using,
                "orders": list(item.orders),
                **said(item.origin),
            }
            for item in table.indexes
        ],
        "foreign_keys": [
            {
                "name": item.name,
                "columns": list(item.columns),
                "ref_table": item.ref_table,
                "ref_columns": list(item.ref_columns),
                "ondelete": item.ondelete,
                "onupdate": item.onupdate,
                **said(item.origin),
            }
            for item in table.foreign_keys
        ],
        "checks": [
            {"name": item.name, "condition": written(item.condition), **said(item.origin)}
            for item in table.checks
        ],
        **said(table.origin),
    }


def _column(column: Column, said: Said) -> dict[str, object]:
    return {
        "type": column.type.stored,
        "nullable": column.nullable,
        "default": written(column.default),
        "identity": None if column.identity is None else {"always": False, **dict(_options(column.identity))},
        "computed": None if column.computed is None else written(column.computed.argument("sqltext", 0)),
        "comment": column.comment,
        **said(column.origin),
    }


def _options(call: Called) -> Iterator[tuple[str, object]]:
    for key, value in call.keywords:
        if isinstance(value, str | int | bool):
            yield key, value


def written(value: Plain, *, quoted: bool = True) -> str | None:
    """A default, a condition or an expression as SQL; a str is a literal where ``quoted`` says so."""
    match value:
        case None:
            return None
        case bool():
            return "true" if value else "false"
        case str():
            return f"'{value}'" if quoted else value
        case int() | float():
            return str(value)
        case Unclear():
            return "?"
        case Named(path=path):
            return path.rpartition(".")[2]
        case Listed(items=items):
            return ", ".join(written(item) or "" for item in items)
        case Called(path=path):
            name = path.rpartition(".")[2]
            if name in ("text", "literal_column", "DefaultClause"):
                return written(value.argument("text", 0) or value.argument("arg", 0), quoted=False)
            if name in ("false", "true", "null"):
                return name
            arguments = ", ".join(written(item) or "" for item in value.args)
            return f"{name}({arguments})"


def as_text(schema: Schema, place: Place, *, provenance: bool = False) -> Iterator[str]:
    """The schema for people: a table a block."""

    def made(origin: Origin) -> str:
        if not provenance:
            return ""
        path, row = place(origin)
        return f"  -- {origin.revision} {path}:{row}"

    for table in shown(schema):
        doubts = schema.doubts(table)
        yield f"{table.name}{'  (perhaps)' if doubts else ''}{made(table.origin)}"
        width = max((len(name) for name in table.columns), default=0)
        types = max((len(column.type.stored or "?") for column in table.columns.values()), default=0)
        for column in table.columns.values():
            yield f"  {column.name:{width}}  {column.type.stored or '?':{types}}  {_words(column)}{made(column.origin)}".rstrip()
        for line, origin in _attached(table):
            yield f"  {line}{made(origin)}"
        yield ""
    for enum in schema.enums.values():
        labels = ", ".join(value if value is not None else "?" for value in enum.values)
        yield f"type {enum.name}: {labels}{made(enum.origin)}"
    for view in schema.views.values():
        yield f"{'materialized view' if view.materialized else 'view'} {view.name}{made(view.origin)}"


def _words(column: Column) -> str:
    words = ["null" if column.nullable else "not null" if column.nullable is False else "null?"]
    if column.default is not None:
        words.append(f"default {written(column.default)}")
    if column.computed is not None:
        words.append("generated")
    if column.identity is not None:
        words.append("identity")
    return ", ".join(words)


def _attached(table: Table) -> Iterator[tuple[str, Origin]]:
    def named(name: str | None) -> str:
        return f" {name}" if name else ""

    def listed(columns: tuple[str | None, ...]) -> str:
        return "(" + ", ".join(column if column is not None else "?" for column in columns) + ")"

    if table.primary_key is not None:
        yield (
            f"primary key{named(table.primary_key.name)} {listed(table.primary_key.columns)}",
            table.primary_key.origin,
        )
    for key in table.uniques:
        yield f"unique{named(key.name)} {listed(key.columns)}", key.origin
    for index in table.indexes:
        parts = tuple(
            f"{part} {index.order(place)}" if part and index.order(place) else part
            for place, part in enumerate(index.columns)
        )
        where = f" where {written(index.where, quoted=False)}" if index.where is not None else ""
        yield (
            f"{'unique ' if index.unique else ''}index{named(index.name)} {listed(parts)}{where}",
            index.origin,
        )
    for link in table.foreign_keys:
        end = f" on delete {link.ondelete.lower()}" if link.ondelete else ""
        end += " deferred" if link.deferred else " deferrable" if link.deferrable else ""
        late = "" if link.validated else ", not validated"
        yield (
            f"foreign key{named(link.name)} {listed(link.columns)} to {link.ref_table} {listed(link.ref_columns)}{end}{late}",
            link.origin,
        )
    for check in table.checks:
        condition = written(check.condition, quoted=False)
        late = "" if check.validated else ", not validated"
        yield f"check{named(check.name)}{f' ({condition})' if condition else ''}{late}", check.origin
