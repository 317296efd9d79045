"""What Alembic writes for types of a project's own: what the page of `unstable-type-repr` says."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate.api import AutogenContext
from alembic.autogenerate.render import _repr_type  # pyright: ignore[reportPrivateUsage]
from alembic.runtime.migration import MigrationContext
from sqlalchemy.types import TypeDecorator, UserDefinedType


class Label(TypeDecorator[str]):
    impl = sa.String
    cache_ok = True

    def __init__(self, kind: str, length: int = 20) -> None:
        super().__init__(length)
        self.kind = kind


class Hidden(UserDefinedType[str]):
    def __init__(self, dim: int) -> None:
        self._dim = dim


class Kept(UserDefinedType[str]):
    def __init__(self, dim: int) -> None:
        self.dim = dim


class Sized(sa.String):
    def __init__(self, currency: str) -> None:
        super().__init__(20)
        self._currency = currency


def written(type_: Any) -> str:
    context = MigrationContext.configure(dialect_name="postgresql", opts={"user_module_prefix": ""})
    return _repr_type(type_, AutogenContext(context))


@pytest.mark.parametrize(
    ("type_", "expected"),
    [
        pytest.param(Label("front"), "Label(length=20)", id="a decorator shows what it wraps"),
        pytest.param(Hidden(3), "Hidden(None)", id="an attribute of another name is not found"),
        pytest.param(Kept(3), "Kept(3)", id="one of the same name is"),
        pytest.param(Sized("eur"), "Sized(None)", id="a subclass of a type of SQLAlchemy's as well"),
    ],
)
def test_what_is_written(type_: Any, expected: str) -> None:
    assert written(type_) == expected


def test_what_is_written_cannot_be_called() -> None:
    made: Any = Label
    with pytest.raises(TypeError, match="kind"):
        made(length=20)
