"""Columns, keys, checks and indexes without their places: what a change keeps of their specifications."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from foreshot.migration.specs import ColumnSpec, ConstraintSpec, ForeignKeyRef, IndexSpec, Site, TypeSpec
from foreshot.schema import changes as to
from foreshot.schema.plain import Called, Named, Plain, Unclear, plain
from foreshot.syntax.values import Choice, Maybe, Ref, Unknown, Value

Settle = Callable[[Value], Value]
"""A type in SQLAlchemy's own terms: what a class of the project stands for."""


def name(value: Maybe[str] | None) -> str | None:
    """A name: None when it cannot be told, the empty string when there is none."""
    return "" if value is None else value if isinstance(value, str) else None


def _final(item: ConstraintSpec | IndexSpec | ForeignKeyRef, site: Site) -> bool:
    return site.sql is not None or item.final


def boolean(value: Maybe[bool]) -> bool | None:
    """What is True or False; None when it cannot be told."""
    return value if isinstance(value, bool) else None


def names(values: Iterable[Maybe[str]]) -> tuple[str | None, ...]:
    """The names of a list, None for each that cannot be told."""
    return tuple([value if isinstance(value, str) else None for value in values])


def type_of(spec: TypeSpec | Unknown | None, settle: Settle | None = None) -> tuple[Plain, str | None]:
    """A type without its places, and its spelling in SQL."""
    if spec is None:
        return None, None
    if isinstance(spec, Choice):
        return plain(settle(spec) if settle is not None else spec), None
    if isinstance(spec, Unknown):
        return Unclear(spec.why), None
    if settle is not None and spec.sql is None:
        return plain(settle(spec.call or Ref(spec.path, spec.written, spec.span, spec.bound))), None
    if spec.call is not None:
        return plain(spec.call), spec.sql
    return Named(spec.path, spec.written), spec.sql


def column_of(spec: ColumnSpec, site: Site, settle: Settle | None = None) -> to.NewColumn:
    """A column without its places."""
    type_, sql = type_of(spec.type, settle)
    default = spec.server_default
    computed, identity = plain(spec.computed), plain(spec.identity)
    return to.NewColumn(
        name(spec.name),
        type_,
        sql,
        boolean(spec.is_nullable),
        None if default is False else plain(default),
        boolean(spec.primary_key),
        boolean(spec.unique),
        boolean(spec.index),
        plain(spec.autoincrement),
        tuple([_column_key(spec, item, site) for item in spec.foreign_keys]),
        tuple([check_of(item, site) for item in spec.checks]),
        identity if isinstance(identity, Called) else None,
        computed if isinstance(computed, Called) else None,
        plain(spec.comment),
    )


def _column_key(spec: ColumnSpec, item: ForeignKeyRef, site: Site) -> to.NewKey:
    table, column = None, None
    if isinstance(item.target, str):
        table, _, column = item.target.rpartition(".")
    return to.NewKey(
        (name(spec.name),),
        table or None,
        (column,),
        name(item.name),
        _final(item, site),
        name(item.ondelete) or None,
        name(item.onupdate) or None,
        item.not_valid,
        item.deferrable is True,
        item.use_alter,
        _is_deferred(item),
    )


def check_of(item: ConstraintSpec, site: Site) -> to.NewCheck:
    """A check without its places."""
    return to.NewCheck(plain(item.condition), name(item.name), _final(item, site), item.not_valid)


def key_of(item: ConstraintSpec, site: Site) -> to.NewKey:
    """A foreign key without its places."""
    return to.NewKey(
        names(item.columns),
        name(item.ref_table) or None,
        names(item.ref_columns),
        name(item.name),
        _final(item, site),
        name(item.ondelete) or None,
        name(item.onupdate) or None,
        item.not_valid,
        item.deferrable is True,
        item.use_alter,
        _is_deferred(item),
    )


def _is_deferred(item: ForeignKeyRef | ConstraintSpec) -> bool:
    return isinstance(item.initially, str) and item.initially.upper() == "DEFERRED"


def constraint_of(item: ConstraintSpec, site: Site) -> to.NewConstraint:
    """A unique constraint, a primary key or an exclusion without its places."""
    return to.NewConstraint(
        item.kind,
        names(item.columns),
        name(item.name),
        _final(item, site),
        item.using_index,
        item.deferrable is True,
        item.nulls_not_distinct,
    )


def index_of(item: IndexSpec, site: Site, *, concurrently: bool = False) -> to.NewIndex:
    """An index without its places."""
    include = plain(item.include)
    words = tuple([word for word in getattr(include, "items", ()) if isinstance(word, str)])
    return to.NewIndex(
        names(item.columns),
        name(item.name),
        _final(item, site),
        boolean(item.unique),
        plain(item.where),
        item.using if isinstance(item.using, str) else None,
        words,
        tuple([place for place, column in enumerate(item.columns) if not isinstance(column, str)])
        if item.expressions
        else (),
        concurrently,
        item.nulls_not_distinct,
        (item.mentions or (site.sql or "").partition("(")[2])[:10_000] if item.expressions else "",
        item.orders,
    )
