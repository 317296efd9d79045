"""Column types: the project's own down to what they stand for, those of libraries."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import Final, cast

from msgspec.structs import replace

from foreshot.models.enum_classes import enum_class
from foreshot.models.libraries import LIBRARIES, sa_type
from foreshot.models.model import CustomType
from foreshot.models.scopes import ClassSource, Linker, call_function
from foreshot.syntax.expressions import bind_parameters
from foreshot.syntax.module import assigned
from foreshot.syntax.values import CallValue, Choice, FunctionValue, Ref, Unknown, Value
from foreshot.text import Span

DIALECTS: Final = ("postgresql", "mysql", "mariadb", "sqlite", "mssql", "oracle")
MAX_TYPES: Final = 30
"""Classes that one type's bases and implementations lead through."""
_NOWHERE: Final = Span(0, 0)
_SQLMODELS: Final = frozenset(
    {"AutoString", "Field", "GUID", "Relationship", "SQLModel", "Session", "col", "main", "select", "sql"}
)
"""Names of SQLModel's own."""
_ASIDE: Final = ("typing.", "typing_extensions.", "abc.")


def settled(linker: Linker, value: Value, depth: int = 0) -> Value:
    """A value with the names in it followed: types to what they stand for, enumerations to their members."""
    if depth > MAX_TYPES:
        return Unknown("it is nested too deeply", _NOWHERE)
    match value:
        case Ref():
            return _settled_ref(linker, _of_sqlalchemy(value), depth)
        case CallValue():
            value = replace(value, func=_of_sqlalchemy(value.func))
            custom = (
                _custom(linker, _canonical(linker, value.func), value, depth)
                if "(" not in value.path
                else None
            )
            if custom is not None:
                return custom
            called_on = value.receiver if isinstance(value.receiver, CallValue) else None
            receiver = settled(linker, called_on, depth + 1)
            return CallValue(
                value.func,
                tuple(settled(linker, item, depth + 1) for item in value.args),
                {key: settled(linker, item, depth + 1) for key, item in value.keywords.items()},
                value.span,
                value.arg_spans,
                value.keyword_value_spans,
                value.keyword_spans,
                receiver,
                value.open_ended,
            )
        case Choice():
            then, other = settled(linker, value.then, depth + 1), settled(linker, value.other, depth + 1)
            return replace(value, then=then, other=other)
        case list():
            return [settled(linker, item, depth + 1) for item in cast("list[Value]", value)]
        case tuple():
            return tuple(settled(linker, item, depth + 1) for item in cast("tuple[Value, ...]", value))
        case dict():
            pairs = cast("dict[Value, Value]", value)
            return {key: settled(linker, item, depth + 1) for key, item in pairs.items()}
        case _:
            return value


def _of_sqlalchemy(ref: Ref) -> Ref:
    """The name as SQLAlchemy has it, of one that SQLModel hands on: ``from sqlmodel import DateTime, text``."""
    package, _, name = ref.path.partition(".")
    if package != "sqlmodel" or name.partition(".")[0] in _SQLMODELS:
        return ref
    return replace(ref, path=f"sqlalchemy.{name}")


def _settled_ref(linker: Linker, ref: Ref, depth: int) -> Value:
    source = linker.class_source(ref.path)
    if source is not None:
        if linker.is_enum(source):
            return enum_class(source)
        return _custom(linker, ref, None, depth) or ref
    owner, _, name = ref.path.rpartition(".")
    if name in ("value", "name") and "." in owner:
        holder, _, member = owner.rpartition(".")
        enum = linker.class_source(holder)
        if enum is not None and linker.is_enum(enum):
            found = next((item for item in enum_class(enum).members if item.name == member), None)
            if found is not None:
                return found.value if name == "value" else found.name
    custom = _custom(linker, ref, None, depth)
    if custom is not None:
        return custom
    if name == "impl" and (
        holder := linker.class_source(_canonical(linker, Ref(owner, owner, ref.span)).path)
    ):
        decorator = _own_type(linker, holder, None, depth + 1)
        if decorator is not None and decorator.decorator:
            return decorator.impl
    if "<" in ref.path or "(" in ref.path:
        return ref
    found = linker.value(ref.path)
    # A name of one module that another hands on.
    return settled(linker, found, depth + 1) if isinstance(found, Ref) and found.path != ref.path else found


def _canonical(linker: Linker, ref: Ref) -> Ref:
    """The name where it is defined, of one that a module hands on."""
    if "<" in ref.path or "(" in ref.path or linker.class_source(ref.path) is not None:
        return ref
    found = linker.value(ref.path)
    return found if isinstance(found, Ref) else ref


def _custom(linker: Linker, func: Ref, call: CallValue | None, depth: int) -> CustomType | None:
    """The project's own or a library's type that a name leads to; None when it is neither."""
    source = linker.class_source(func.path)
    if source is not None:
        return _own_type(linker, source, call, depth)
    package, _, _ = func.path.partition(".")
    name = func.path.rpartition(".")[2]
    args = tuple(settled(linker, item, depth + 1) for item in call.args) if call is not None else ()
    keywords = {key: settled(linker, item, depth + 1) for key, item in call.keywords.items()} if call else {}
    if package == "sqlmodel" and name == "AutoString":
        return CustomType(
            "sqlmodel.sql.sqltypes",
            name,
            sa_type("String", *args, **keywords),
            {},
            args,
            keywords,
            decorator=True,
        )
    if package == "sqlalchemy_utils" and name == "UUIDType":
        native, binary = keywords.get("native", True), keywords.get("binary", args[0] if args else True)
        impl = sa_type("CHAR", 32) if binary is False else sa_type("BINARY", 16)
        variants = {"postgresql": sa_type("dialects.postgresql.UUID")} if native is not False else {}
        return CustomType(func.path.rpartition(".")[0], name, impl, variants, args, keywords, decorator=True)
    known = LIBRARIES.get(func.path) or LIBRARIES.get(f"{package}.{name}")
    module = func.path.rpartition(".")[0]
    if known is not None:
        return CustomType(module, name, known[0], known[1], args, keywords, decorator=True)
    if package in ("geoalchemy2", "pgvector", "sqlalchemy_utils", "citext") and name[:1].isupper():
        return CustomType(
            module,
            name,
            Unknown(f"what `{name}` stands for is not known", func.span),
            {},
            args,
            keywords,
            decorator=package == "sqlalchemy_utils",
        )
    return None


def unknown_type(func: Ref, call: CallValue | None) -> CustomType:
    """A type that nothing is known of but its name."""
    module, _, name = func.path.rpartition(".")
    why = Unknown(f"what `{func.written}` stands for is not known", func.span)
    return CustomType(
        module, name or func.path, why, {}, call.args if call else (), call.keywords if call else {}
    )


def _own_type(linker: Linker, source: ClassSource, call: CallValue | None, depth: int) -> CustomType | None:
    chain = list(ancestry(linker, source))
    # `Generic[…]` and the like say nothing of what is stored.
    outside = next(
        (item for item in reversed(chain) if isinstance(item, str) and not item.startswith(_ASIDE)), ""
    )
    root = outside.rpartition(".")[2]
    if not outside.startswith("sqlalchemy.") and root != "TypeDecorator":
        above = _base_type(linker, chain, call, depth)
        if above is None:
            return None
        own = [item for item in chain if isinstance(item, ClassSource)]
        if isinstance(above, CustomType) and above.decorator and _has_impl(own):
            above = _impl(linker, own, (), {}, depth)
        return CustomType(source.scope.dotted, source.node.name, above, {}, *_given(linker, call, depth))
    args, keywords = _given(linker, call, depth)
    classes = [item for item in chain if isinstance(item, ClassSource)]
    passed_args, passed_keywords = _passed_on(linker, classes, args, keywords)
    if root == "TypeDecorator":
        impl = _impl(linker, classes, passed_args, passed_keywords, depth)
        variants = _variants(linker, classes, impl, depth)
        return CustomType(
            source.scope.dotted, source.node.name, impl, variants, args, keywords, decorator=True
        )
    if root in ("UserDefinedType", "TypeEngine") or root[:1].islower():
        why = Unknown(
            f"what `{source.node.name}` stands for is not known", source.scope.module.span(source.node)
        )
        return CustomType(source.scope.dotted, source.node.name, why, {}, args, keywords)
    if not _is_type_root(outside):
        return None
    impl = CallValue(Ref(outside, root, _NOWHERE), passed_args, passed_keywords, _NOWHERE)
    return CustomType(source.scope.dotted, source.node.name, impl, {}, args, keywords)


def _is_type_root(path: str) -> bool:
    """Whether a name of SQLAlchemy's may be a type's: types are capitalised, and live beside no ORM."""
    return not path.startswith(("sqlalchemy.orm", "sqlalchemy.ext")) and path.rpartition(".")[2] not in (
        "Column",
        "MetaData",
        "Table",
    )


def _base_type(
    linker: Linker, chain: list[ClassSource | str], call: CallValue | None, depth: int
) -> Value | None:
    """The known type of a library that a class of the project stands on."""
    for item in chain:
        if isinstance(item, str):
            found = _custom(linker, Ref(item, item, _NOWHERE), call, depth + 1)
            if found is not None:
                return found
    return None


def _given(linker: Linker, call: CallValue | None, depth: int) -> tuple[tuple[Value, ...], dict[str, Value]]:
    if call is None:
        return (), {}
    return (
        tuple(settled(linker, item, depth + 1) for item in call.args),
        {key: settled(linker, item, depth + 1) for key, item in call.keywords.items()},
    )


def ancestry(linker: Linker, source: ClassSource) -> list[ClassSource | str]:
    """A class and everything that it inherits from, nearest first; what is not of the workspace by its dotted path."""
    found: list[ClassSource | str] = []
    seen: set[str] = set()
    pending = [source]
    while pending and len(seen) < 200:
        current = pending.pop(0)
        if current.dotted in seen:
            continue
        seen.add(current.dotted)
        found.append(current)
        above: list[ClassSource] = []
        for parent in current.node.bases:
            node = parent.value if isinstance(parent, ast.Subscript) else parent
            value = current.scope.evaluate(node)
            path = value.path if isinstance(value, Ref) else ast.unparse(node)[:80]
            if isinstance(value, CallValue):
                path = f"{value.path}()"
            inner = linker.class_source(path)
            if inner is not None:
                above.append(inner)
            elif path not in found:
                found.append(path)
        pending = above + pending
    return found


def _impl(
    linker: Linker,
    classes: list[ClassSource],
    args: tuple[Value, ...],
    keywords: Mapping[str, Value],
    depth: int,
) -> Value:
    for source in classes:
        for name, value in assigned(source.node.body):
            if name != "impl":
                continue
            made = source.scope.child().evaluate(value)
            if isinstance(made, Ref):
                if linker.class_source(made.path) is None and not args and not keywords:
                    return settled(linker, made, depth + 1)
                call = CallValue(made, args, keywords, source.scope.module.span(value))
                return settled(linker, call, depth + 1)
            return settled(linker, made, depth + 1)
    return Unknown("the type has no `impl` that can be read", classes[0].scope.module.span(classes[0].node))


def _has_impl(classes: Sequence[ClassSource]) -> bool:
    return any(name == "impl" for source in classes for name, _ in assigned(source.node.body))


def _passed_on(
    linker: Linker, classes: list[ClassSource], args: tuple[Value, ...], keywords: Mapping[str, Value]
) -> tuple[tuple[Value, ...], Mapping[str, Value]]:
    """What a type's own ``__init__`` hands to the one above it; the arguments as they are where it has none."""
    for source in classes:
        made = next(
            (
                item
                for item in source.node.body
                if isinstance(item, ast.FunctionDef) and item.name == "__init__"
            ),
            None,
        )
        if made is None:
            continue
        function = FunctionValue(made, source.scope)
        inner = bind_parameters(function, [None, *args], keywords)
        for node in ast.walk(made):
            match node:
                case ast.Call(func=ast.Attribute(attr="__init__", value=ast.Call(func=ast.Name(id="super")))):
                    described = inner.call(node)
                    if isinstance(described, CallValue) and not described.open_ended:
                        settled_args = tuple(settled(linker, item) for item in described.args)
                        return settled_args, {
                            key: settled(linker, item) for key, item in described.keywords.items()
                        }
                case _:
                    pass
        return (), {}
    return args, keywords


def _variants(
    linker: Linker,
    classes: list[ClassSource],
    impl: Value,
    depth: int,
) -> dict[str, Value]:
    """What ``load_dialect_impl`` gives for each dialect."""
    for source in classes:
        for item in source.node.body:
            if isinstance(item, ast.FunctionDef) and item.name == "load_dialect_impl":
                found: dict[str, Value] = {}
                for dialect in DIALECTS:
                    marker = Ref(f"<dialect:{dialect}>", "dialect", _NOWHERE)
                    call = CallValue(marker, (Ref("<self>", "self", _NOWHERE), marker), {}, _NOWHERE)
                    found[dialect] = _described(
                        linker, call_function(FunctionValue(item, source.scope), call), impl, depth
                    )
                return found
    return {}


def _described(linker: Linker, value: Value, impl: Value, depth: int) -> Value:
    match value:
        case CallValue(args=[inner, *_]) if value.path.endswith(".type_descriptor"):
            return _described(linker, inner, impl, depth)
        case CallValue() if value.path.startswith("super()"):
            return impl
        case Ref(path="<self>.impl") | Ref(path="<self>.impl_instance"):
            return impl
        case Ref() | CallValue() if value.path.startswith("<"):
            return Unknown("what the type is here is only known when it runs", _NOWHERE)
        case Ref() | CallValue():
            return settled(linker, value, depth + 1)
        case _:
            return Unknown("what the type is here is only known when it runs", _NOWHERE)
