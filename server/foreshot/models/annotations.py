"""``Mapped[…]`` and SQLModel's annotations: what a Python type says of a column's type and whether it may be NULL."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from foreshot.models.enum_classes import enum_class
from foreshot.models.libraries import sa_type
from foreshot.models.model import EnumClass
from foreshot.models.scopes import LinkedScope, Linker, ModuleScope
from foreshot.models.types import ancestry
from foreshot.syntax.values import CallValue, Ref, Unknown, Value
from foreshot.text import Span

MAX_DEPTH: Final = 20
_NOWHERE: Final = Span(0, 0)
_MAPPED: Final = ("Mapped", "DynamicMapped", "WriteOnlyMapped")
_PLAIN: Final = {
    "int": "Integer",
    "str": "String",
    "float": "Float",
    "bool": "Boolean",
    "bytes": "LargeBinary",
    "decimal.Decimal": "Numeric",
    "datetime.date": "Date",
    "datetime.datetime": "DateTime",
    "datetime.time": "Time",
    "datetime.timedelta": "Interval",
    "uuid.UUID": "Uuid",
}
"""SQLAlchemy's default ``type_annotation_map``."""


class Annotated(Struct, frozen=True):
    """What an annotation says."""

    names: tuple[str, ...]
    """The spellings under which a ``type_annotation_map`` may know it, the most special first."""
    value: Value
    """The Python type: a :class:`Ref`, a described ``Literal``, or Unknown."""
    column: CallValue | None = None
    """``mapped_column(...)`` or a type inside ``Annotated``."""
    mapped: bool = False
    """Whether ``Mapped[…]`` stood around it."""
    collection: bool = False
    optional: bool = False


def read_annotation(scope: LinkedScope, node: ast.expr, depth: int = 0) -> Annotated:
    """What an annotation says; strings in it are read as the code that they are."""
    node, scope = _opened(scope, node)
    if depth > MAX_DEPTH:
        return Annotated((), Unknown("the annotation is nested too deeply", _NOWHERE))
    match node:
        case ast.Subscript(value=outer, slice=inner):
            path = _path(scope, outer)
            last = path.rpartition(".")[2]
            if last in _MAPPED:
                below = read_annotation(scope, inner, depth + 1)
                return replace(below, mapped=True, collection=below.collection or last != "Mapped")
            if last == "Optional":
                return _optional(read_annotation(scope, inner, depth + 1))
            if last == "Union":
                return _union(scope, inner.elts if isinstance(inner, ast.Tuple) else [inner], depth)
            if last == "Annotated" and isinstance(inner, ast.Tuple) and inner.elts:
                return _annotated(scope, inner, depth)
            if last in ("ClassVar", "InitVar", "Final"):
                return Annotated((), Unknown("it is no column", _NOWHERE), collection=True)
            if last == "Literal":
                return _literal(scope, node, inner)
            names = (spelled(scope, node), path)
            return Annotated(names, Ref(path, path, _NOWHERE), collection=True)
        case ast.BinOp(op=ast.BitOr()):
            return _union(scope, list(_alternatives(node)), depth)
        case ast.Constant(value=None):
            return Annotated((), None, optional=True)
        case ast.Name() | ast.Attribute():
            return _named(scope, node, depth)
        case _:
            return Annotated((), Unknown("the annotation cannot be read", _NOWHERE))


def _opened(scope: LinkedScope, node: ast.expr) -> tuple[ast.expr, LinkedScope]:
    """The code of a quoted annotation."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) < 2000:
        try:
            inner = ast.parse(node.value.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return node, scope
        # Its places are those of the quoted text.
        for item in ast.walk(inner):
            if isinstance(item, ast.expr):
                ast.copy_location(item, node)
        return inner, scope
    return node, scope


def _alternatives(node: ast.expr) -> Iterator[ast.expr]:
    pending = [node]
    while pending:
        current = pending.pop()
        if isinstance(current, ast.BinOp) and isinstance(current.op, ast.BitOr):
            pending += [current.right, current.left]
        else:
            yield current


def _union(scope: LinkedScope, parts: list[ast.expr], depth: int) -> Annotated:
    read = [read_annotation(scope, part, depth + 1) for part in parts]
    rest = [item for item in read if item.value is not None or item.names]
    if len(rest) == 1:
        return _optional(rest[0]) if len(rest) < len(read) or rest[0].optional else rest[0]
    optional = any(item.optional for item in read)
    value = Unknown("the annotation has several types", _NOWHERE)
    return Annotated((" | ".join(spelled(scope, part) for part in parts),), value, optional=optional)


def _optional(inner: Annotated) -> Annotated:
    return replace(inner, optional=True)


def _annotated(scope: LinkedScope, inner: ast.Tuple, depth: int) -> Annotated:
    below = read_annotation(scope, inner.elts[0], depth + 1)
    column = below.column
    for item in inner.elts[1:]:
        value = scope.evaluate(item)
        if isinstance(value, CallValue | Ref) and not (isinstance(value, CallValue) and "(" in value.path):
            call = value if isinstance(value, CallValue) else CallValue(value, (), {}, value.span)
            if call.path.rpartition(".")[2] in ("mapped_column", "Column"):
                column = call
            elif call.path.startswith("sqlalchemy.") and column is None:
                column = CallValue(
                    Ref("sqlalchemy.orm.mapped_column", "mapped_column", _NOWHERE), (value,), {}, call.span
                )
    return replace(below, column=column)


def _literal(scope: LinkedScope, node: ast.Subscript, inner: ast.expr) -> Annotated:
    values = [scope.evaluate(item) for item in (inner.elts if isinstance(inner, ast.Tuple) else [inner])]
    optional = None in values
    call = CallValue(
        Ref("typing.Literal", "Literal", _NOWHERE),
        tuple(item for item in values if item is not None),
        {},
        _NOWHERE,
    )
    return Annotated((spelled(scope, node),), call, optional=optional)


def _named(scope: LinkedScope, node: ast.Name | ast.Attribute, depth: int) -> Annotated:
    alias = _alias(scope, node)
    if alias is not None:
        path, target, home = alias
        match target:
            case ast.Call(func=func, args=[_, inner, *_]) if _path(home, func).endswith("NewType"):
                below = read_annotation(home, inner, depth + 1)
            case ast.Call(func=func, args=[_, inner, *_]) if _path(home, func).endswith("TypeAliasType"):
                below = read_annotation(home, inner, depth + 1)
            case ast.Subscript() | ast.BinOp() | ast.Constant() | ast.Name() | ast.Attribute():
                below = read_annotation(home, target, depth + 1)
            case _:
                return Annotated((path,), Unknown(f"what `{path}` is cannot be read", _NOWHERE))
        return replace(below, names=(_known_as(path, target, home), *below.names))
    path = _path(scope, node)
    return Annotated((path,), Ref(path, path, scope.module.span(node)))


def _alias(scope: LinkedScope, node: ast.Name | ast.Attribute) -> tuple[str, ast.expr, ModuleScope] | None:
    """Where an alias of a type is defined: its path, what it is given and the scope there."""
    linker = scope.home.linker
    name, home = (node.id, scope.home) if isinstance(node, ast.Name) else (node.attr, None)
    if isinstance(node, ast.Attribute):
        owner = _path(scope, node.value)
        home = linker.scope(owner) if linker.could_hold(owner.partition(".")[0]) else None
    for _ in range(MAX_DEPTH):
        if home is None:
            return None
        target = home.assignments().get(name)
        if target is not None:
            return f"{home.dotted}.{name}", target, home
        path = home.imports.get(name)
        if path is None:
            stars = [inner for star in reversed(home.stars) if (inner := linker.scope(star)) is not None]
            home = next((inner for inner in stars if inner.binds(name) or inner.stars), None)
            continue
        module, _, name = path.rpartition(".")
        if not linker.could_hold(module.partition(".")[0]):
            return None
        home = linker.scope(module)
    return None


def _known_as(path: str, target: ast.expr, home: ModuleScope) -> str:
    """What an alias is the same as.

    Two of ``Annotated[str, 50]`` are one key of a dictionary; two calls are two, and so are two ``type`` statements.
    """
    made = any(isinstance(item, ast.Call) for item in ast.walk(target))
    own = made or home.has_type_statement(path.rpartition(".")[2])
    return path if own else spelled(home, target, aliases=False)


def _path(scope: LinkedScope, node: ast.expr) -> str:
    value = scope.evaluate(node)
    if isinstance(value, Ref):
        return value.path
    try:
        return ast.unparse(node)[:200]
    except RecursionError:
        return ""


def spelled(scope: LinkedScope, node: ast.expr, *, aliases: bool = True) -> str:
    """An annotation with every name written as the path that it leads to; an alias as what it stands for."""
    match node:
        case ast.Subscript(value=outer, slice=inner):
            parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            listed = ", ".join(spelled(scope, item, aliases=aliases) for item in parts)
            path = _path(scope, outer)
            return f"{_builtin(path)}[{listed}]"
        case ast.Name() | ast.Attribute():
            alias = _alias(scope, node) if aliases else None
            return _known_as(*alias) if alias is not None else _path(scope, node)
        case ast.BinOp(op=ast.BitOr()):
            return " | ".join(spelled(scope, item, aliases=aliases) for item in _alternatives(node))
        case _:
            return ast.unparse(node)[:200]


def _builtin(path: str) -> str:
    """``typing.Dict`` is ``dict``: SQLAlchemy asks for either."""
    last = path.rpartition(".")[2]
    return last.lower() if path in (f"typing.{last}",) and last in ("Dict", "List", "Set", "Tuple") else path


def plain_type(linker: Linker, annotated: Annotated) -> Value:
    """The column type of an annotation by SQLAlchemy's own rules, without a ``type_annotation_map``."""
    value = annotated.value
    if isinstance(value, CallValue) and value.path == "typing.Literal":
        texts = [str(item) for item in value.args]

        return CallValue(
            Ref("sqlalchemy.Enum", "sa.Enum", _NOWHERE),
            tuple(texts),
            {"native_enum": False},
            _NOWHERE,
        )
    if isinstance(value, Ref):
        if value.path in _PLAIN:
            return sa_type(_PLAIN[value.path])
        source = linker.class_source(value.path)
        if source is not None:
            if linker.is_enum(source):
                enum: EnumClass = enum_class(source)
                return CallValue(Ref("sqlalchemy.Enum", "sa.Enum", _NOWHERE), (enum,), {}, _NOWHERE)
            for item in ancestry(linker, source):
                if isinstance(item, str) and item in _PLAIN:
                    return sa_type(_PLAIN[item])
        return Unknown(f"no column type is known for `{value.written}`", _NOWHERE)
    return value if isinstance(value, Unknown) else Unknown("the annotation is no type", _NOWHERE)
