"""What models want as real metadata."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final, cast

import sqlalchemy as sa
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import types as sqltypes
from sqlalchemy.sql.elements import ClauseElement

from foreshot.engine.build import Builder, CannotBuild
from foreshot.engine.custom import Perhaps, written
from foreshot.models.model import CustomType, Doubt, ModelColumn, ModelItem, Models, ModelTable
from foreshot.syntax.values import CallValue, Ref, Unknown, Value

_TABLE_KEYWORDS: Final = (
    "comment",
    "prefixes",
    "sqlite_autoincrement",
    "implicit_returning",
    "mysql_",
    "mariadb_",
    "postgresql_",
)
_COLUMN_KEYWORDS: Final = frozenset(
    {
        "nullable",
        "primary_key",
        "unique",
        "index",
        "server_default",
        "server_onupdate",
        "autoincrement",
        "comment",
        "quote",
    }
)
_DEFAULTS: Final = (str, ClauseElement, sa.FetchedValue, type(None))
"""What SQLAlchemy takes for a server default."""
_KEYS: Final = ("index", "constraint")
_KINDS: Final = {
    "Index": _KEYS,
    "UniqueConstraint": _KEYS,
    "index": _KEYS,
    "unique": _KEYS,
    "ForeignKey": ("fk",),
    "ForeignKeyConstraint": ("fk",),
    "PrimaryKeyConstraint": ("nullable",),
    "CheckConstraint": ("check",),
    "ExcludeConstraint": ("check",),
    "FetchedValue": ("default",),
    "Identity": ("default",),
    "Sequence": ("default",),
    "server_default": ("default",),
    "comment": ("comment",),
    "nullable": ("nullable",),
}
"""The kinds of differences that a part of a model has a say in; ``check`` is none of Alembic's."""
UNKNOWN_DEFAULT: Final = "foreshot_unknown_default"
"""Key in ``Column.info``: the default of the model is not known."""
UNCLEAR: Final = "foreshot_unclear"
"""Key in ``Index.info``: some of its options are not known."""


class Target(Struct, frozen=True):
    """Metadata of models, and what could not be made of them."""

    metadatas: tuple[sa.MetaData, ...]
    tables: Mapping[str, ModelTable]
    """The models of the tables, by their full names."""
    doubts: tuple[Doubt, ...]
    stubs: frozenset[str] = frozenset()
    """Tables that are there for the sake of foreign keys that lead to them, with nothing but columns."""
    twice: frozenset[str] = frozenset()
    """Names that several models have, in one metadata or in several."""


class _Maker:
    def __init__(self, models: Models, dialect: Any) -> None:
        self.models = models
        self.dialect = dialect
        self.doubts: list[Doubt] = []
        self.by_class = {dotted: table for table in models.tables for dotted in table.classes}
        self.made: dict[str, sa.Table] = {}
        self.current: sa.Table | None = None
        self.current_model: ModelTable | None = None
        self.builder = Builder(dialect, self.resolve)

    def resolve(self, ref: Ref) -> Any:
        """``User.email``, ``users.c.email``, or the name of a column inside the class."""
        owner, _, name = ref.path.rpartition(".")
        if owner.endswith((".c", ".columns")):
            owner = owner.rpartition(".")[0]
        table = self.by_class.get(owner)
        model = table or self.current_model
        if model is None:
            return None
        made = self.made.get(model.full_name)
        column = next((item for item in model.columns if name in (item.attribute, item.name)), None)
        if made is None or column is None or column.name not in made.c:
            return None
        return made.c[column.name]

    def doubt(
        self,
        why: str,
        item: ModelColumn | ModelItem,
        table: ModelTable,
        column: str | None = None,
        kinds: tuple[str, ...] = (),
    ) -> None:
        self.doubts.append(Doubt(why, item.origin, table.full_name, column, kinds))

    def table(self, model: ModelTable, metadata: sa.MetaData, known: frozenset[str]) -> None:
        columns: list[sa.Column[Any]] = []
        for column in model.columns:
            made = self.column(column, model, known)
            if made is not None:
                columns.append(made)
        keywords: dict[str, Any] = {}
        for key, value in model.keywords.items():
            if key.startswith(_TABLE_KEYWORDS):
                with contextlib.suppress(CannotBuild):
                    keywords[key] = self.builder.value(value)
        try:
            table = sa.Table(model.name, metadata, *columns, schema=model.schema, **keywords)
        except Exception as error:  # what SQLAlchemy refuses is the model's own error
            self.doubts.append(
                Doubt(f"SQLAlchemy refuses the table: {error}"[:200], model.origin, model.full_name)
            )
            return
        self.made[model.full_name] = table
        for column in model.columns:
            if isinstance(column.type, CustomType) and _is_spatial(column.type) and column.name in table.c:
                name = f"idx_{model.name}_{column.name}"
                sa.Index(name, table.c[column.name], postgresql_using="gist", _column_flag=True)

    def items(self, model: ModelTable, known: frozenset[str]) -> None:
        table = self.made.get(model.full_name)
        if table is None:
            return
        self.current_model = model
        for item in model.items:
            kinds = _KINDS.get(item.call.path.rpartition(".")[2], ())
            try:
                missing = _missing(item.call, table)
                made = self.item(item.call, model, table, known) if missing is None else None
                if missing is not None:
                    self.doubt(
                        f"a constraint or an index is on `{missing}`, which is not known",
                        item,
                        model,
                        None,
                        kinds,
                    )
                elif made is None:
                    self.doubt("a foreign key leads to a table that is not known", item, model, None, kinds)
                elif isinstance(made, sa.Constraint):
                    table.append_constraint(made)
            except Exception as error:
                self.doubt(
                    f"a constraint or an index cannot be read: {error}"[:200], item, model, None, kinds
                )
        self.current_model = None

    def item(self, call: CallValue, model: ModelTable, table: sa.Table, known: frozenset[str]) -> Any:
        name = call.path.rpartition(".")[2]
        if name == "ForeignKeyConstraint":
            targets = call.argument("refcolumns", 1)
            for target in targets if isinstance(targets, list | tuple) else ():  # pyright: ignore[reportUnknownVariableType]
                if isinstance(target, str) and not self.is_known(target, model, known):
                    return None
        if name == "Index":
            keywords: dict[str, Value] = {}
            unclear = False
            for key, value in call.keywords.items():
                if key in ("info", "_table"):
                    continue
                try:
                    self.builder.value(value)
                    keywords[key] = value
                except CannotBuild:
                    # Alembic compares no conditions; what is not known counts when the index is new.
                    unclear = True
            made = self.builder.value(CallValue(call.func, call.args, keywords, call.span))
            if unclear:
                made.info[UNCLEAR] = True
            if made.table is None:
                # As a table does with what it is given: the naming convention names it on the way.
                made._set_parent_with_dispatch(table)
            return made
        return self.builder.value(call)

    def is_known(self, target: str, model: ModelTable, known: frozenset[str]) -> bool:
        table = target.rpartition(".")[0]
        if table in known or f"{model.schema}.{table}" in known:
            return True
        # The metadata must have it all the same, else SQLAlchemy could not map this one.
        why = f"`{model.full_name}` refers to it, and no model of it was found"
        self.doubts.append(Doubt(why, model.origin, table))
        return False

    def column(self, column: ModelColumn, model: ModelTable, known: frozenset[str]) -> sa.Column[Any] | None:
        type_: Any = self.builder.type(column.type) if column.type is not None else sqltypes.NullType()
        items: list[Any] = []
        info: dict[str, Any] = {}
        for item in column.args:
            made = self.column_item(item, column, model, known)
            if made is not None:
                items.append(made)
        if isinstance(type_, sqltypes.NullType) and not any(
            isinstance(item, sa.ForeignKey) for item in items
        ):
            type_ = Perhaps("NULL")
        keywords: dict[str, Any] = {}
        for key, value in column.keywords.items():
            if key == "**":
                self.doubt(
                    "some arguments of the column are only known when it runs", column, model, column.name
                )
                info[UNKNOWN_DEFAULT] = True
            if key not in _COLUMN_KEYWORDS:
                continue
            try:
                made = self.builder.value(value)
                if key == "server_default" and not isinstance(made, _DEFAULTS):
                    raise CannotBuild(f"what `{written(value)}` is, is not known")
                keywords[key] = made
            except CannotBuild as error:
                why = f"`{key}` of the column cannot be read: {error}"
                self.doubt(why, column, model, column.name, _KINDS.get(key, ()))
                if key == "server_default":
                    info[UNKNOWN_DEFAULT] = True
        try:
            return sa.Column(column.name, type_, *items, info=info, **keywords)
        except Exception as error:  # what SQLAlchemy refuses is the model's own error
            self.doubt(f"SQLAlchemy refuses the column: {error}"[:200], column, model, column.name)
            return None

    def column_item(self, item: Value, column: ModelColumn, model: ModelTable, known: frozenset[str]) -> Any:
        if isinstance(item, Unknown):
            self.doubt(f"a part of the column is not known: {item.why}", column, model, column.name)
            return None
        if not isinstance(item, CallValue):
            return None
        if item.path.rpartition(".")[2] == "ForeignKey" and item.args:
            item = self.foreign_key(item, model)
            target = item.args[0]
            if not isinstance(target, str) or not self.is_known(target, model, known):
                why = "the foreign key leads to a table that is not known"
                self.doubt(why, column, model, column.name, ("fk",))
                return None
        try:
            return self.builder.value(item)
        except CannotBuild as error:
            kinds = _KINDS.get(item.path.rpartition(".")[2], ())
            self.doubt(f"a part of the column cannot be read: {error}", column, model, column.name, kinds)
            return None

    def foreign_key(self, call: CallValue, model: ModelTable) -> CallValue:
        """The key with its target as text: ``ForeignKey(User.id)`` is ``ForeignKey("users.id")``."""
        target = call.args[0]
        if isinstance(target, Ref):
            owner, _, name = target.path.rpartition(".")
            if owner.endswith((".c", ".columns")):
                owner = owner.rpartition(".")[0]
            other = self.by_class.get(owner)
            column = other and next(
                (item for item in other.columns if name in (item.attribute, item.name)), None
            )
            if other is not None and column is not None:
                target = f"{other.full_name}.{column.name}"
        elif isinstance(target, str) and target.count(".") == 1 and self.models.metadatas.get(model.metadata):
            schema = self.models.metadatas[model.metadata].schema
            if schema is not None:
                target = f"{schema}.{target}"
        elif isinstance(target, str) and "." not in target:
            target = f"{target}.id"
        return CallValue(call.func, (target, *call.args[1:]), call.keywords, call.span)


def _missing(call: CallValue, table: sa.Table) -> str | None:
    """A column that a constraint or an index names and the table does not have."""
    name = call.path.rpartition(".")[2]
    if name in ("CheckConstraint", "ExcludeConstraint"):
        return None
    named: Value = call.args[1:] if name == "Index" else call.args
    if name == "ForeignKeyConstraint":
        named = call.argument("columns", 0)
    items = cast("list[Value]", named) if isinstance(named, list | tuple) else []
    return next((item for item in items if isinstance(item, str) and item not in table.c), None)


def _is_spatial(custom: CustomType) -> bool:
    """Whether a column gets an index by itself: GeoAlchemy's types do unless they are told not to."""
    if not custom.module.startswith("geoalchemy2") or custom.name not in ("Geometry", "Geography", "Raster"):
        return False
    return custom.keywords.get("spatial_index") is not False


def target_metadata(models: Models, dialect: Any, only: Collection[str] | None = None) -> Target:
    """The metadata that env.py hands to Alembic, as far as it is known; ``only`` some of its tables, by their full names."""
    wanted = tuple(models.target_tables)
    by_name = {table.full_name: table for table in wanted}
    known = frozenset(by_name)
    built = wanted if only is None else tuple(table for table in wanted if table.full_name in only)
    maker = _Maker(models, dialect)
    metadatas: dict[str, sa.MetaData] = {}
    for model in wanted:
        info = models.metadatas.get(model.metadata)
        if model.metadata not in metadatas:
            convention = dict(info.convention) if info is not None and info.convention else None
            metadatas[model.metadata] = sa.MetaData(naming_convention=convention)  # pyright: ignore[reportArgumentType]
    for model in built:
        maker.table(model, metadatas[model.metadata], known)
    for model in built:
        maker.items(model, known)
    stubs: set[str] = set()
    doubts = maker.doubts.copy()
    while missing := _missing_parents(metadatas.values(), by_name) - stubs:
        for name in sorted(missing):
            model = by_name[name]
            maker.table(_stub(model), metadatas[model.metadata], known)
        stubs |= missing
    maker.doubts = doubts
    for metadata in metadatas.values():
        _drop_dangling(metadata, maker, wanted)
    times = Counter(table.full_name for table in wanted)
    twice = frozenset(name for name, count in times.items() if count > 1)
    return Target(
        tuple(metadatas.values()), by_name, tuple(dict.fromkeys(maker.doubts)), frozenset(stubs), twice
    )


def _missing_parents(metadatas: Iterable[sa.MetaData], among: Mapping[str, ModelTable]) -> set[str]:
    """The tables that foreign keys lead to and that have not been made."""
    return {
        name
        for metadata in metadatas
        for table in metadata.tables.values()
        for key in table.foreign_keys
        if (name := key.target_fullname.rpartition(".")[0]) in among and name not in metadata.tables
    }


def _stub(model: ModelTable) -> ModelTable:
    """A model with its columns alone, and those foreign keys that give a column its type."""
    columns = tuple(column if column.type is None else replace(column, args=()) for column in model.columns)
    return replace(model, columns=columns, items=())


def _drop_dangling(metadata: sa.MetaData, maker: _Maker, wanted: tuple[ModelTable, ...]) -> None:
    """Take out foreign keys whose table is in another metadata, or lacks the column: Alembic could not sort the tables."""
    by_name = {table.full_name: table for table in wanted}
    for table in metadata.tables.values():
        for constraint in list(table.foreign_key_constraints):
            try:
                for element in constraint.elements:
                    assert element.column is not None
            except Exception:
                table.constraints.discard(constraint)
                for element in constraint.elements:
                    element.parent.foreign_keys.discard(element)
                    table.foreign_keys.discard(element)
                model = by_name.get(table.fullname)
                if model is not None:
                    maker.doubts.append(
                        Doubt(
                            "a foreign key leads to a column that is not known",
                            model.origin,
                            model.full_name,
                            kinds=("fk",),
                        )
                    )
            for column in constraint.columns:
                if isinstance(column.type, sqltypes.NullType):
                    column.type = Perhaps("NULL")
