"""What the models ask for beyond the replayed head: the pending migration, each operation with its place in the models."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final, cast

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy.sql import elements, operators

from foreshot.engine.again import settle_keys
from foreshot.engine.autogenerate import compare
from foreshot.engine.custom import Perhaps as Unnamed
from foreshot.engine.described import Comparison, Difference, Options
from foreshot.engine.reflection import compiling_dialect
from foreshot.engine.settled import Settled, basis_of, settled
from foreshot.engine.surely import sifted
from foreshot.engine.target import Target, target_metadata
from foreshot.engine.unseen import enum_values, missing_schemas
from foreshot.models.enums import out_of_step
from foreshot.models.model import CustomType, Doubt, Models, ModelTable, Origin
from foreshot.models.reader import is_included
from foreshot.schema.plain import NOWHERE as _NOWHERE
from foreshot.schema.state import Perhaps, Schema

_KINDS: Final = {
    "table": "table",
    "column": "column",
    "type": "column",
    "nullable": "column",
    "default": "column",
    "comment": "column",
    "index": "index",
    "constraint": "unique_constraint",
    "check": "check_constraint",
    "fk": "foreign_key_constraint",
    "table_comment": "table",
}


_OURS: Final = f"{Unnamed.__module__}."
"""In code, a type that stands for one that nothing is known of: nobody can run that."""
_ORDERS: Final = (operators.asc_op, operators.desc_op, operators.nulls_first_op, operators.nulls_last_op)
_ORDERED: Final = re.compile(r"\w+(?: (?:asc|desc))?(?: nulls (?:first|last))?", re.IGNORECASE)
_WHOLE: Final = "(all tables)"
"""What a doubt is about that touches the comparison and no table in particular."""


class Pending(Struct, frozen=True):
    """An operation that no revision has yet."""

    difference: Difference
    origin: Origin | None
    """The model's line; None where the models have none, as for a table that they lack."""
    detectable: bool = True
    """Whether Alembic itself sees it."""
    certain: bool = True
    """Whether nothing that could not be read may make it otherwise."""

    @property
    def is_written(self) -> bool:
        """Whether a revision can make it: a value that a type has too much stays."""
        return bool(self.difference.text)


class Drift(Struct, frozen=True):
    """All of it, and what may be otherwise."""

    pending: tuple[Pending, ...]
    unsure: tuple[Difference, ...]
    doubts: tuple[Doubt, ...]
    """Of the models."""
    perhaps: tuple[Perhaps, ...]
    """Of the history."""
    undecided: tuple[str, ...]
    comparison: Comparison
    again: tuple[Pending, ...] = ()
    """What Alembic asks for each time, and no migration settles: none of it is pending."""
    modules: tuple[str, ...] = ()
    """The modules of the models' own types, which a revision has to import."""

    @property
    def complete(self) -> bool:
        """Whether nothing is left that could be otherwise."""
        return not (self.unsure or self.doubts or self.perhaps or self.undecided)


def drift_of(models: Models, schema: Schema, options: Options, *, from_nothing: bool = False) -> Drift:
    """Compare the models that env.py hands over with a schema; ``from_nothing`` where no revision has been written yet."""
    return drift_after(None, models, schema, options, from_nothing=from_nothing)[0]


def drift_after(
    before: Settled | None, models: Models, schema: Schema, options: Options, *, from_nothing: bool = False
) -> tuple[Drift, Settled | None]:
    """The same, but for the tables that agreed ``before`` and have not changed; and the tables that agree now.

    None of them are known where Alembic refuses a part of the comparison.
    """
    basis = basis_of(models, schema, options)
    left = before.left(models, schema, basis) if before is not None else None
    dialect = compiling_dialect(options.dialect)
    hidden: set[tuple[str, str]] = set()
    refused: list[Doubt] = []

    def include(_object: object, name: str | None, kind: str, reflected: bool, _other: object) -> bool:
        table: Any = getattr(_object, "table", _object)
        if kind == "table" and reflected and name == options.version_table:
            return False
        if kind == "table" and table.fullname in target.stubs:
            return False
        if not models.hooks:
            return True
        said = is_included(models, name, kind, str(getattr(table, "name", "")), reflected=reflected)
        if said is None:
            hidden.add((kind, str(getattr(table, "fullname", ""))))
        return said is not False

    target, again = Target((), {}, ()), list[Difference]()
    comparison = Comparison((), "", "", (), (), ())
    # Alembic itself stumbles over some pairs of defaults: without them, the rest can still be told.
    asked, without = options, replace(options, compare_server_default=False, unseen=False)
    attempts = [(options, None), (without, None)]
    for asked, only in attempts if left is None else [(options, left), *attempts]:
        target = target_metadata(models, dialect, only)
        again = settle_keys(target, schema, options.dialect)
        hidden.clear()
        try:
            comparison = compare(target, schema, asked, include, only)
            break
        except Exception as error:  # Alembic refuses what it would refuse in the project too
            if only is None and (options.compare_server_default or asked is without):
                why = f"Alembic cannot compare the models: {type(error).__name__} {error}"[:300]
                refused.append(Doubt(why, _env(models), _WHOLE))
            left = None
    doubts = [*models.doubts, *target.doubts, *refused]
    enums = list(_enums(target, schema, options, dialect)) if options.dialect == "postgresql" else []
    agreeing = None
    if not refused and asked is options:
        others = {doubt.table or "" for doubt in target.doubts} | {table for _, table in hidden}
        others.update(item.table_name for item in (*again, *comparison.unseen))
        # Of an enum, one column stands for all.
        others.update(item.difference.table_name for item in enums)
        agreeing = settled(left, before, basis, target, schema, comparison, others)
    if hidden:
        doubts.append(Doubt("env.py decides on the way what Alembic compares", _env(models), _WHOLE))
    sift = sifted(comparison.differences, doubts, schema, target.tables, from_nothing=from_nothing)
    unsure = list(sift.hidden)
    expressed = _expressed_indexes(target)
    # They are there, in a schema that env.py does not have compared, and so is what stands on them.
    apart = {
        item.table_name
        for item in comparison.differences
        if item.kind == "add_table" and item.table_name in schema.tables
    }
    owners = len({table.metadata for table in models.tables}) if models.targets is None else 1
    pending: list[Pending] = []
    for certain, items in ((True, sift.certain), (False, sift.possible)):
        for item in items:
            if item.table_name in apart:
                continue
            if owners > 1 and item.table_name not in schema.tables:
                # Each database of several has a metadata of its own, and env.py chooses among them when it runs.
                unsure.append(item)
                continue
            kind = _KINDS.get(item.kind.partition("_")[2], "table")
            if _is_lossy(item, expressed, schema):
                why = f"only the database can tell whether the expressions of the index `{item.name}` are the same"
                doubts.append(Doubt(why, place_of(item, target) or _env(models), item.table_name))
                unsure.append(item)
            elif _OURS in item.text:
                unsure.append(item)
            else:
                sure = certain and (kind, item.table_name) not in hidden
                pending.append(Pending(item, place_of(item, target), certain=sure))
    pending += [
        Pending(item, place_of(item, target), detectable=False)
        for item in sifted(comparison.unseen, doubts, schema, target.tables).certain
        if (item.schema is None or options.include_schemas)
        and _OURS not in item.text
        and (_KINDS[item.kind.partition("_")[2]], item.table_name) not in hidden
        and is_included(models, item.table, "table", item.table, reflected=False) is not False
    ]
    schemas: list[Pending] = []
    if options.dialect == "postgresql" and not any(doubt.about == "" for doubt in schema.perhaps):
        new = [item.difference for item in pending if item.difference.kind == "add_table" and item.certain]
        schemas += [
            Pending(item, place_of(item, target), detectable=False)
            for item in missing_schemas(new, schema, options, dialect.identifier_preparer.quote)
        ]
    drift = Drift(
        (*schemas, *enums, *pending),
        tuple(unsure),
        tuple(dict.fromkeys(doubts)),
        schema.unknown,
        comparison.undecided,
        comparison,
        tuple(
            Pending(item, place_of(item, target))
            for item in (*again, *comparison.again)
            if (item.schema is None or options.include_schemas)
            and is_included(models, item.table, "table", item.table, reflected=False) is not False
        ),
        tuple(sorted({type_.module for table in target.tables.values() for type_ in _own_types(table)})),
    )
    return drift, agreeing


def _own_types(table: ModelTable) -> Iterator[CustomType]:
    for column in table.columns:
        if isinstance(column.type, CustomType):
            yield column.type


def _expressed_indexes(target: Target) -> set[tuple[str, str]]:
    """Indexes of the models over more than columns and their order, by table and name."""
    return {
        (table.fullname, str(index.name))
        for metadata in target.metadatas
        for table in metadata.tables.values()
        for index in table.indexes
        if not all(_is_column(item) for item in index.expressions)
    }


def _is_column(element: object) -> bool:
    """Whether an element of an index is a column, in whatever order."""
    item = element
    while isinstance(item, elements.UnaryExpression):
        ordered = cast("elements.UnaryExpression[Any]", item)
        if ordered.modifier not in _ORDERS:
            return False
        item = ordered.element
    if isinstance(item, elements.TextClause | elements.ColumnClause):
        text = item.text if isinstance(item, elements.TextClause) else item.name
        return _ORDERED.fullmatch(text) is not None
    return getattr(item, "table", None) is not None


def _is_lossy(item: Difference, expressed: set[tuple[str, str]], schema: Schema) -> bool:
    """Whether an index is on both sides, and only its expressions differ: a server writes those in its own way."""
    if item.kind not in ("add_index", "remove_index") or (item.table_name, str(item.name)) not in expressed:
        return False
    table = schema.tables.get(item.table_name)
    return table is not None and any(index.name == item.name for index in table.indexes)


def _env(models: Models) -> Origin:
    return models.tables[0].origin if models.tables else Origin("", _NOWHERE)


def place_of(item: Difference, target: Target) -> Origin | None:
    """The line of the models that asks for an operation."""
    model = target.tables.get(item.table_name)
    if model is None:
        return None
    if item.column is not None:
        column = model.column(item.column)
        return column.origin if column is not None else model.origin
    for found in _items(model, item):
        return found
    return model.origin


def _items(model: ModelTable, item: Difference) -> Iterable[Origin]:
    for made in model.items:
        name = made.call.keywords.get("name")
        if made.call.path.rpartition(".")[2] == "Index" and made.call.args:
            name = made.call.args[0]
        if name is not None and name == item.name:
            yield made.origin
    if len(item.columns) == 1:
        column = model.column(item.columns[0])
        if column is not None:
            yield column.origin
    if item.kind == "add_index" and item.name is not None:
        for column in model.columns:
            if column.keywords.get("index") is True and item.name.endswith(column.name):
                yield column.origin
    for made in model.items:
        columns = tuple(value for value in made.call.args if isinstance(value, str))
        if item.columns and columns == item.columns:
            yield made.origin


def _enums(target: Target, schema: Schema, options: Options, dialect: Any) -> Iterator[Pending]:
    for enum, known in out_of_step(target.tables.values(), schema):
        text = enum_values(enum, known.values, options, dialect.identifier_preparer.quote)
        table, name = target.tables[enum.table], enum.name.rpartition(".")[2]
        difference = Difference("modify_enum", table.schema, table.name, enum.column, name, (), text)
        yield Pending(difference, enum.origin, detectable=False)
