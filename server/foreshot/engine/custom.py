"""Types that are not SQLAlchemy's, as objects that compare and render like the originals without being them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any, cast

from sqlalchemy import types as sqltypes

from foreshot.models.model import CustomType, EnumClass
from foreshot.syntax.values import CallValue, FunctionValue, Ref, Unknown, Value


class Perhaps(sqltypes.UserDefinedType[Any]):
    """A type of which nothing is known but how it is written: it is equal to any other."""

    cache_ok = True

    def __init__(self, written: str) -> None:
        self.written = written

    def get_col_spec(self, **_: Any) -> str:
        """Its name in SQL is not known either; what is written has to do."""
        return self.written

    def __repr__(self) -> str:
        return self.written


def placeholder(
    custom: CustomType,
    impl: sqltypes.TypeEngine[Any] | None,
    variants: Mapping[str, sqltypes.TypeEngine[Any] | None],
) -> sqltypes.TypeEngine[Any]:
    """An object that stands for one of a project's or a library's types."""
    written = written_call(custom.name, custom.args, custom.keywords)
    if impl is None and not any(variants.values()):
        made = type(custom.name, (Perhaps,), {"__module__": custom.module, "cache_ok": True})
        return made(written)

    def load(_self: Any, dialect: Any) -> Any:
        found = variants.get(dialect.name)
        if dialect.name in variants and found is None:
            return Perhaps(written)
        # As SQLAlchemy's own does: a descriptor would make a VARCHAR of a TEXT on some drivers.
        return found if found is not None else impl or Perhaps(written)

    namespace: dict[str, Any] = {
        "__module__": custom.module,
        "impl": impl if impl is not None else sqltypes.NullType(),
        "cache_ok": True,
        "load_dialect_impl": load,
        "__repr__": _constant(written),
        "__init__": _no_arguments(impl),
        "copy": _itself,
    }
    return type(custom.name, (sqltypes.TypeDecorator,), namespace)()


def _constant(text: str) -> Callable[[Any], str]:
    def constant(_self: Any) -> str:
        return text

    return constant


def _itself(self: Any, **_: Any) -> Any:
    return self


def _no_arguments(impl: sqltypes.TypeEngine[Any] | None) -> Callable[[Any], None]:
    def init(self: Any) -> None:
        self.impl = impl if impl is not None else sqltypes.NullType()

    return init


def is_perhaps(type_: sqltypes.TypeEngine[Any], dialect: Any) -> bool:
    """Whether what a type is in a dialect is not known."""
    if isinstance(type_, Perhaps):
        return True
    if isinstance(type_, sqltypes.TypeDecorator):
        return isinstance(type_.load_dialect_impl(dialect), Perhaps)
    item = getattr(type_, "item_type", None)
    return isinstance(item, sqltypes.TypeEngine) and is_perhaps(
        cast("sqltypes.TypeEngine[Any]", item), dialect
    )


def written_call(name: str, args: tuple[Value, ...], keywords: Mapping[str, Value]) -> str:
    """A call as code: ``Money('EUR', scale=2)``."""
    parts = [written(item) for item in args] + [f"{key}={written(item)}" for key, item in keywords.items()]
    return f"{name}({', '.join(parts)})"


def written(value: Value) -> str:
    """A described value as code."""
    match value:
        case Ref():
            return value.written
        case CallValue():
            return written_call(value.func.written, value.args, value.keywords)
        case CustomType():
            return f"{value.module}.{written_call(value.name, value.args, value.keywords)}"
        case EnumClass():
            return value.name
        case FunctionValue():
            try:
                return (
                    ast.unparse(value.node)[:200] if isinstance(value.node, ast.Lambda) else value.node.name
                )
            except RecursionError:
                return "..."
        case Unknown():
            return "..."
        case list():
            return f"[{', '.join(written(item) for item in cast('list[Value]', value))}]"
        case tuple():
            return f"({', '.join(written(item) for item in cast('tuple[Value, ...]', value))},)"
        case _:
            return repr(value)[:200]
