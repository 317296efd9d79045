"""The columns of a mapped class, as SQLAlchemy's declarative mapping makes them."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Final, cast

from foreshot.models.annotations import Annotated, plain_type, read_annotation
from foreshot.models.libraries import sa_type
from foreshot.models.members import Body, Member
from foreshot.models.model import ModelColumn, Origin
from foreshot.models.scopes import ClassSource, Linker, ModuleScope
from foreshot.models.types import settled, unknown_type
from foreshot.syntax.values import CallValue, Ref, Unknown, Value
from foreshot.text import Span

_NOWHERE: Final = Span(0, 0)
_COLUMNS: Final = ("Column", "mapped_column")
_WRAPPERS: Final = ("deferred", "column_property", "query_expression")
_ITEMS: Final = (
    "ForeignKey",
    "Computed",
    "Identity",
    "Sequence",
    "FetchedValue",
    "CheckConstraint",
    "DefaultClause",
    "ColumnDefault",
)
_ORM_ONLY: Final = frozenset(
    {
        "init",
        "repr",
        "default_factory",
        "compare",
        "kw_only",
        "hash",
        "deferred",
        "deferred_group",
        "deferred_raiseload",
        "active_history",
        "use_existing_column",
        "sort_order",
        "insert_default",
        "default",
        "onupdate",
        "info",
        "doc",
        "dataclass_metadata",
    }
)
"""Keywords that say nothing about the database."""


class Columns:
    """Reads columns for one declarative base."""

    def __init__(
        self,
        linker: Linker,
        annotation_map: Mapping[str, Value],
        *,
        sqlmodel: bool = False,
        pydantic: int | None = None,
    ) -> None:
        self.linker = linker
        self.pydantic = pydantic
        self.map = annotation_map
        self.sqlmodel = sqlmodel

    def column(self, body: Body, member: Member, cls: ClassSource) -> ModelColumn | None:
        """The column that a member makes; None when it makes none."""
        given = body.value(member, cls)
        value = self.unwrapped(given)
        scope = body.source.scope
        annotated = self._annotation(body, member)
        if self.sqlmodel:
            return self._field(member, value, annotated, scope)
        call = value if isinstance(value, CallValue) and is_column_call(value) else None
        if call is None:
            if given is not None or annotated is None or not annotated.mapped or member.function is not None:
                return None
            if self._is_relation(annotated):
                return None
            call = CallValue(
                Ref("sqlalchemy.orm.mapped_column", "mapped_column", _NOWHERE),
                (),
                {},
                scope.module.span(_at(member)),
            )
        return self._made(member, call, annotated, scope)

    def unwrapped(self, value: Value) -> Value:
        """The column inside ``deferred(...)`` and the like."""
        while isinstance(value, CallValue) and value.path.rpartition(".")[2] in _WRAPPERS and value.args:
            inner = value.args[0]
            if not isinstance(inner, CallValue) or not is_column_call(inner):
                return None
            value = inner
        return value

    def is_unread(self, body: Body, member: Member) -> bool:
        """Whether an annotation alone makes a column of which nothing is known: it leads to what cannot be read."""
        if (
            self.sqlmodel
            or member.annotation is None
            or member.value is not None
            or member.function is not None
        ):
            return False
        annotated = self._annotation(body, member)
        if (
            annotated is None
            or not annotated.mapped
            or annotated.collection
            or not self._is_relation(annotated)
        ):
            return False
        return isinstance(annotated.value, Ref) and self.linker.class_source(annotated.value.path) is None

    def _is_relation(self, annotated: Annotated) -> bool:
        """``Mapped[Other]`` and ``Mapped[list[Other]]`` without a value are no columns; SQLAlchemy itself refuses them."""
        if annotated.column is not None or any(name in self.map for name in annotated.names):
            return False
        return annotated.collection or (
            isinstance(plain_type(self.linker, annotated), Unknown) and isinstance(annotated.value, Ref)
        )

    def _annotation(self, body: Body, member: Member) -> Annotated | None:
        node = member.annotation
        return read_annotation(body.source.scope, node) if node is not None else None

    def table_column(self, call: CallValue, scope: ModuleScope) -> ModelColumn | None:
        """The column of ``Table(..., Column(...))``."""
        return self._split(call, None, None, Origin(scope.path, call.span), call.span)

    def _made(
        self, member: Member, call: CallValue, annotated: Annotated | None, scope: ModuleScope
    ) -> ModelColumn | None:
        at = scope.module.span(_at(member))
        origin = Origin(scope.path, at)
        return self._split(call, member.name, annotated, origin, at)

    def _split(
        self,
        call: CallValue,
        attribute: str | None,
        annotated: Annotated | None,
        origin: Origin,
        at: Span,
    ) -> ModelColumn | None:
        if annotated is not None and annotated.column is not None and call is not annotated.column:
            call = _merged(annotated.column, call)
        args = list(call.args)
        spans = list(call.arg_spans) + [at] * len(args)
        keywords = {key: value for key, value in call.keywords.items() if key not in _ORM_ONLY}
        for name in ("__name_pos", "__type_pos"):
            keywords.pop(name, None)
        name: Value = keywords.pop("name", None)
        if name is None and args and isinstance(args[0], str):
            name = args.pop(0)
            spans.pop(0)
        elif args and args[0] is None and attribute is not None:
            args.pop(0)
            spans.pop(0)
        if not isinstance(name, str):
            name = attribute if name is None else None
        if name is None:
            return None
        type_: Value = keywords.pop("type_", None)
        type_span: Span | None = None
        if type_ is None and args and not _is_item(args[0]):
            type_, type_span = args.pop(0), spans.pop(0)
        nullable = keywords.get("nullable")
        if nullable is None:
            keywords.pop("nullable", None)
            primary = keywords.get("primary_key")
            if primary is True:
                keywords["nullable"] = False
            elif annotated is not None and annotated.mapped:
                keywords["nullable"] = annotated.optional
        items = tuple(settled(self.linker, item) for item in args)
        key = keywords.pop("key", None)
        has_foreign_key = any(
            isinstance(item, CallValue) and item.path.endswith("ForeignKey") for item in items
        )
        made_type = self._type(type_, annotated, has_foreign_key)
        return ModelColumn(
            name,
            attribute or name,
            made_type,
            items,
            {item: settled(self.linker, value) for item, value in keywords.items()}
            | ({"**": Unknown("`**` arguments are not known", call.span)} if call.open_ended else {}),
            origin,
            Origin(origin.path, type_span) if type_span is not None else None,
            key if isinstance(key, str) else None,
        )

    def _type(self, type_: Value, annotated: Annotated | None, has_foreign_key: bool) -> Value:
        if type_ is not None:
            return as_type(self.linker, type_)
        if annotated is None or not (annotated.mapped or self.sqlmodel):
            return None
        if has_foreign_key and not self.sqlmodel:
            # SQLAlchemy takes the type of the column that the key leads to, whatever the annotation says.
            return None
        for name in annotated.names:
            if name in self.map:
                return as_type(self.linker, self._for_enum(self.map[name], annotated))
        found = plain_type(self.linker, annotated)
        if isinstance(found, CallValue) and found.path == "sqlalchemy.Enum":
            mapped = next(
                (self.map[name] for name in ("enum.Enum", "typing.Literal") if name in self.map), None
            )
            if mapped is not None:
                return as_type(self.linker, self._for_enum(mapped, annotated, found))
        return None if isinstance(found, Unknown) and has_foreign_key else found

    def _for_enum(self, mapped: Value, annotated: Annotated, found: Value = None) -> Value:
        """``sa.Enum(enum.Enum, …)`` of a ``type_annotation_map``, for one enumeration."""
        if isinstance(mapped, CallValue) and mapped.path.endswith(".Enum") and mapped.args:
            plain = found if found is not None else plain_type(self.linker, annotated)
            if isinstance(plain, CallValue):
                return CallValue(mapped.func, plain.args, {**plain.keywords, **mapped.keywords}, mapped.span)
        return mapped

    def _field(
        self, member: Member, value: Value, annotated: Annotated | None, scope: ModuleScope
    ) -> ModelColumn | None:
        """A field of SQLModel, by its own rules."""
        if annotated is None or member.function is not None or member.name.startswith("_"):
            return None
        if isinstance(value, CallValue) and value.path.rpartition(".")[2] in ("Relationship", "PrivateAttr"):
            return None
        field = value if isinstance(value, CallValue) and value.path.rpartition(".")[2] == "Field" else None
        given: Mapping[str, Value] = field.keywords if field is not None else {}
        at = scope.module.span(_at(member))
        origin = Origin(scope.path, at)
        made = given.get("sa_column")
        if isinstance(made, CallValue):
            return self._split(made, member.name, None, origin, at)
        if annotated.collection and given.get("sa_type") is None:
            return None
        keywords: dict[str, Value] = {}
        primary = given.get("primary_key") is True
        if isinstance(given.get("nullable"), bool):
            keywords["nullable"] = given["nullable"]
        elif not primary and not annotated.optional and _defaults_to_none(member, value, field):
            keywords["nullable"] = _NONE_BY_PYDANTIC.get(self.pydantic, Unknown(_PYDANTIC, at))
        else:
            keywords["nullable"] = not primary and annotated.optional
        for name in ("primary_key", "index", "unique"):
            if given.get(name) is True:
                keywords[name] = True
        args: list[Value] = []
        if isinstance(given.get("foreign_key"), str):
            more = {"ondelete": given["ondelete"]} if isinstance(given.get("ondelete"), str) else {}
            args.append(
                CallValue(
                    Ref("sqlalchemy.ForeignKey", "sa.ForeignKey", _NOWHERE), (given["foreign_key"],), more, at
                )
            )
        more_args = given.get("sa_column_args")
        if isinstance(more_args, list | tuple):
            args.extend(settled(self.linker, item) for item in cast("list[Value]", more_args))
        more_keywords = given.get("sa_column_kwargs")
        if isinstance(more_keywords, dict):
            keywords.update(
                {
                    str(key): settled(self.linker, item)
                    for key, item in cast("dict[Value, Value]", more_keywords).items()
                    if str(key) not in _ORM_ONLY
                }
            )
        elif more_keywords is not None:
            keywords["**"] = Unknown("`sa_column_kwargs` is not known", at)
        name = keywords.pop("name", None)
        return ModelColumn(
            name if isinstance(name, str) else member.name,
            member.name,
            self._field_type(given, annotated),
            tuple(args),
            keywords,
            origin,
        )

    def _field_type(self, given: Mapping[str, Value], annotated: Annotated) -> Value:
        if given.get("sa_type") is not None:
            return as_type(self.linker, given["sa_type"])
        found = plain_type(self.linker, annotated)
        if isinstance(found, CallValue) and found.path == "sqlalchemy.String":
            length = given.get("max_length")
            args = {"length": length} if isinstance(length, int) else {}
            auto = Ref("sqlmodel.sql.sqltypes.AutoString", "AutoString", _NOWHERE)
            return as_type(self.linker, CallValue(auto, (), args, _NOWHERE))
        pydantic = isinstance(annotated.value, Ref) and annotated.value.path.startswith("pydantic.")
        if isinstance(found, Unknown) and pydantic:
            return as_type(
                self.linker,
                CallValue(Ref("sqlmodel.sql.sqltypes.AutoString", "AutoString", _NOWHERE), (), {}, _NOWHERE),
            )
        if isinstance(found, CallValue) and found.path == "sqlalchemy.Numeric":
            digits, places = given.get("max_digits"), given.get("decimal_places")
            return sa_type("Numeric", precision=digits, scale=places)
        return found


_NONE_BY_PYDANTIC: Final[Mapping[int | None, bool]] = {1: True, 2: False}
"""Whether a field is optional that has None for its default and no annotation that says so (SQLModel's ``is_field_noneable``)."""
_PYDANTIC: Final = "Pydantic 1 takes a default of None for `Optional`, and Pydantic 2 does not"


def _defaults_to_none(member: Member, value: Value, field: CallValue | None) -> bool:
    """``x: str = None`` and ``x: str = Field(default=None)``."""
    if field is None:
        return value is None and isinstance(member.value, ast.Constant)
    return bool(
        field.args[:1] == (None,) or ("default" in field.keywords and field.keywords["default"] is None)
    )


def is_column_call(call: CallValue) -> bool:
    """Whether a described call makes a column."""
    return call.path.rpartition(".")[2] in _COLUMNS and not call.path.startswith("<")


def as_type(linker: Linker, value: Value) -> Value:
    """A column's type with everything followed; what is neither SQLAlchemy's nor known is a type with nothing but a name."""
    made = settled(linker, value)
    match made:
        case Ref() if not made.path.startswith("sqlalchemy"):
            return unknown_type(made, None)
        case CallValue() if not made.path.startswith("sqlalchemy") and made.receiver is None:
            return unknown_type(made.func, made)
        case _:
            return made


def _merged(outer: CallValue, call: CallValue) -> CallValue:
    """``mapped_column(...)`` over the one inside ``Annotated``: what the attribute says goes first."""
    args = list(call.args)
    named = any(isinstance(item, str) for item in args[:1])
    typed = any(not isinstance(item, str) and not _is_item(item) for item in args)
    for item in outer.args:
        if isinstance(item, str) and named:
            continue
        if not isinstance(item, str) and not _is_item(item) and typed:
            continue
        if not isinstance(item, str) and not _is_item(item):
            args.insert(1 if named else 0, item)
        else:
            args.append(item)
    return CallValue(
        call.func,
        tuple(args),
        {**outer.keywords, **call.keywords},
        call.span,
        (),
        call.keyword_value_spans,
        call.keyword_spans,
        None,
        call.open_ended or outer.open_ended,
    )


def _is_item(value: Value) -> bool:
    return isinstance(value, CallValue) and value.path.rpartition(".")[2] in _ITEMS


def _at(member: Member) -> ast.stmt:
    return member.node
