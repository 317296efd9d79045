"""Autogenerate writes a type of your own by its `repr()`, and what SQLAlchemy makes up for one leaves out what its `__init__` needs.

The `repr()` of a `TypeDecorator` shows the arguments of the type that it wraps: `Label(kind)` is written `Label(length=20)`, and the migration stops there with a `TypeError`. A `UserDefinedType` shows attributes that are called as the arguments are: `Vector(dim)` that keeps `self._dim` is written `Vector(None)`, which runs, and makes another column.

Give the class a `__repr__` that writes the call, or write the plain type with a `render_item` hook in env.py, as many projects do, since a revision
should not need the class at all. A type that keeps each argument under its own name needs nothing. Nothing is said where env.py has such a hook.

```python setup
def upgrade():
    pass
```
```python app/models.py
from sqlalchemy import String, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Label(TypeDecorator):
    #| Autogenerate writes `Label` without `kind`
    impl = String
    cache_ok = True

    def __init__(self, kind, length=20):
        super().__init__(length)
        self.kind = kind


class Bottle(Base):
    __tablename__ = "bottles"
    id: Mapped[int] = mapped_column(primary_key=True)
    label: Mapped[str] = mapped_column(Label("front"))
```
```python env.py bad
from alembic import context
from app.models import Base

context.configure(connection=None, target_metadata=Base.metadata)
```
```python app/models.py
from sqlalchemy import String, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Label(TypeDecorator):
    impl = String
    cache_ok = True

    def __init__(self, kind, length=20):
        super().__init__(length)
        self.kind = kind

    def __repr__(self):
        return f"Label({self.kind!r})"


class Bottle(Base):
    __tablename__ = "bottles"
    id: Mapped[int] = mapped_column(primary_key=True)
    label: Mapped[str] = mapped_column(Label("front"))
```
```python env.py good
from alembic import context
from app.models import Base

context.configure(connection=None, target_metadata=Base.metadata)
```
```python app/models.py
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import UserDefinedType


class Base(DeclarativeBase):
    pass


class Vector(UserDefinedType):
    #| Autogenerate writes `None` for `dim`
    def __init__(self, dim):
        self._dim = dim

    def get_col_spec(self, **kw):
        return f"VECTOR({self._dim})"


class Bottle(Base):
    __tablename__ = "bottles"
    id: Mapped[int] = mapped_column(primary_key=True)
    taste: Mapped[str] = mapped_column(Vector(3))
```
```python env.py bad
from alembic import context
from app.models import Base

context.configure(connection=None, target_metadata=Base.metadata)
```
```python app/models.py
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import UserDefinedType


class Base(DeclarativeBase):
    pass


class Vector(UserDefinedType):
    def __init__(self, dim):
        self.dim = dim

    def get_col_spec(self, **kw):
        return f"VECTOR({self.dim})"


class Bottle(Base):
    __tablename__ = "bottles"
    id: Mapped[int] = mapped_column(primary_key=True)
    taste: Mapped[str] = mapped_column(Vector(3))
```
```python env.py good
from alembic import context
from app.models import Base

context.configure(connection=None, target_metadata=Base.metadata)
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import Final

from foreshot.lint.context import ProjectContext
from foreshot.lint.finding import Finding
from foreshot.lint.mapped import models_of
from foreshot.lint.rule import ProjectRule
from foreshot.lint.words import code, codes
from foreshot.models.model import CustomType
from foreshot.models.scopes import ClassSource, Linker, name_span
from foreshot.models.types import ancestry
from foreshot.syntax.values import CallValue, Ref

_OF_TYPES: Final = frozenset(
    {
        *("length", "collation", "precision", "scale", "decimal_return_scale", "asdecimal", "timezone"),
        *("none_as_null", "as_uuid", "astext_type", "item_type", "dimensions", "as_tuple", "zero_indexes"),
        *("name", "create_constraint", "native_enum", "native", "text_type", "protocol", "pickler", "fields"),
    }
)
"""Arguments that SQLAlchemy's types have: what a decorator of one calls so is written, since the type that it wraps has it."""
_KNOWN: Final = ("sqlalchemy.", "TypeDecorator", "typing.", "typing_extensions.", "abc.")
"""What has a `repr` that is known, or none."""
_MANY: Final = ("Enum", "ENUM")
"""Types whose own arguments are written without names, where they take the place of others."""


class UnstableTypeRepr(ProjectRule):
    """A type of the project's that autogenerate cannot write."""

    severity = "warning"

    def check(self, project: ProjectContext) -> Iterator[Finding]:
        """Each class that a column has for its type, at its definition."""
        if project.env is None or not project.env.online or project.env.argument("render_item") is not None:
            return
        found = {
            f"{type_.module}.{type_.name}": type_
            for table in models_of(project.surroundings).target_tables
            for column in table.columns
            if (type_ := _custom(column.type)) is not None
        }
        if not found:
            return
        linker = Linker(project.surroundings.modules)
        for dotted, type_ in sorted(found.items()):
            source = linker.class_source(dotted)
            told = _told(linker, source, type_) if source is not None else None
            if source is None or told is None:
                continue
            yield self.finding(
                name_span(source),
                f"{told} Give it a `__repr__`.",
                path=source.scope.path,
                object=type_.name,
            )


def _custom(value: object) -> CustomType | None:
    while isinstance(value, CallValue) and value.receiver is not None:
        value = value.receiver
    return value if isinstance(value, CustomType) else None


def _told(linker: Linker, source: ClassSource, type_: CustomType) -> str | None:
    """What becomes of the arguments that a type needs; None where it is written as it should be, or that cannot be told."""
    chain = ancestry(linker, source)
    own = [item for item in chain if isinstance(item, ClassSource)]
    outside = [item for item in chain if isinstance(item, str)]
    if not outside or not all(item.startswith(_KNOWN) for item in outside):
        return None
    if any(_methods(item.node, "__repr__", "repr_struct") for item in own):
        return None
    made = next((found[0] for item in own if (found := _methods(item.node, "__init__"))), None)
    needed = _needed(made) if made is not None else []
    if type_.decorator:
        # What the type that is wrapped can show is not known where that is not.
        if not isinstance(type_.impl, CallValue | Ref) or type_.impl.path.rpartition(".")[2] in _MANY:
            return None
        lost = [name for name in needed if name not in _OF_TYPES]
        return (
            f"Autogenerate writes {code(type_.name)} without {codes(lost)}, which it needs: the revision fails."
            if lost
            else None
        )
    lost = [name for name in needed if not any(_keeps(item.node, name) for item in own)]
    return (
        f"Autogenerate writes `None` for {codes(lost)} of {code(type_.name)}, as no attribute has that name."
        if lost
        else None
    )


def _methods(node: ast.ClassDef, *names: str) -> Sequence[ast.FunctionDef]:
    return [item for item in node.body if isinstance(item, ast.FunctionDef) and item.name in names]


def _needed(init: ast.FunctionDef) -> list[str]:
    """Arguments without a default, but for ``self``."""
    given = init.args
    positional = [*given.posonlyargs, *given.args]
    needed = positional[1 : len(positional) - len(given.defaults)]
    named = [
        item for item, default in zip(given.kwonlyargs, given.kw_defaults, strict=True) if default is None
    ]
    return [item.arg for item in [*needed, *named]]


def _keeps(node: ast.ClassDef, name: str) -> bool:
    """Whether objects of the class may have an attribute of that name."""
    for item in ast.walk(node):
        match item:
            case ast.Attribute(value=ast.Name(id="self"), attr=attribute) if attribute == name:
                return True
            case ast.Name(id="setattr") | ast.Attribute(attr="__dict__"):
                return True
            case ast.Call(func=ast.Attribute(value=ast.Call(func=ast.Name(id="super")))) if (
                item.args or item.keywords
            ):
                return True
            case ast.FunctionDef(name=defined) | ast.Name(id=defined, ctx=ast.Store()) if defined == name:
                return True
            case _:
                pass
    return False
