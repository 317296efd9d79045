"""What models say: tables, columns and types as plain values, each with its place. Nothing of SQLAlchemy is loaded for it."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from foreshot.syntax.values import CallValue, Value
from foreshot.text import Span


class Origin(Struct, frozen=True):
    """Where something is written."""

    path: str
    span: Span


class Doubt(Struct, frozen=True):
    """Something that could not be read, and what it may touch.

    Without a table it may touch any table of the models; without a column, anything of the table. ``kinds`` are those of
    the differences that it may touch, without their verbs (``fk``, ``default``); all where there are none.
    """

    why: str
    origin: Origin
    table: str | None = None
    column: str | None = None
    kinds: tuple[str, ...] = ()
    beyond: bool = False
    """Only columns that the model is not known to have, and what stands on them: a base class brings no indexes on others' columns."""


class EnumMember(Struct, frozen=True):
    """A member of an enumeration; ``value`` is None where it is not a known string."""

    name: str
    value: str | None
    span: Span


class EnumClass(Struct, frozen=True):
    """An enumeration of the workspace, in the place of a reference to it."""

    dotted: str
    name: str
    members: tuple[EnumMember, ...]
    complete: bool
    path: str


class CustomType(Struct, frozen=True):
    """A column type that is no class of SQLAlchemy's: the project's own, or a library's.

    ``impl`` is the type that it stands for, in SQLAlchemy's terms; Unknown where that could not be told. ``variants`` are
    those of single dialects.
    """

    module: str
    name: str
    impl: Value
    variants: Mapping[str, Value] = {}
    args: tuple[Value, ...] = ()
    keywords: Mapping[str, Value] = {}
    decorator: bool = False
    """Whether it is a ``TypeDecorator``: compared by its implementation, written by its own name."""


class ModelColumn(Struct, frozen=True):
    """A mapped column. ``args`` are its foreign keys, ``Identity`` and the like, ``keywords`` those of ``Column``."""

    name: str
    attribute: str
    type: Value
    args: tuple[Value, ...]
    keywords: Mapping[str, Value]
    origin: Origin
    type_origin: Origin | None = None
    key: str | None = None


class ModelItem(Struct, frozen=True):
    """A constraint or an index beside the columns: the described call."""

    call: CallValue
    origin: Origin


class ModelTable(Struct, frozen=True):
    """A table that models want."""

    name: str
    schema: str | None
    metadata: str
    """The identity of its metadata: the dotted path of the object or class that has it."""
    module: str
    columns: tuple[ModelColumn, ...]
    items: tuple[ModelItem, ...]
    keywords: Mapping[str, Value]
    origin: Origin
    classes: tuple[str, ...] = ()
    """The dotted paths of the classes that are mapped to it."""

    @property
    def full_name(self) -> str:
        """``table`` or ``schema.table``."""
        return f"{self.schema}.{self.name}" if self.schema else self.name

    def column(self, name: str) -> ModelColumn | None:
        """The column of that name."""
        return next((column for column in self.columns if column.name == name), None)


class MetadataInfo(Struct, frozen=True):
    """One ``MetaData``: its identity, its conventions by SQLAlchemy's keys and its default schema."""

    identity: str
    convention: Mapping[str, str] | None
    schema: str | None
    origin: Origin | None
    known: bool = True


class Models(Struct, frozen=True):
    """All that was read of a workspace's models."""

    tables: tuple[ModelTable, ...]
    metadatas: Mapping[str, MetadataInfo]
    targets: tuple[str, ...] | None
    """The identities of env.py's target metadata; None where they could not be told."""
    reached: frozenset[str] | None
    """The modules that env.py's imports reach; None where that could not be told."""
    doubts: tuple[Doubt, ...]
    files: frozenset[str]
    """The files that something was read from."""
    hooks: Mapping[str, Value] = {}
    """env.py's ``include_object`` and ``include_name``, where they are given."""
    elsewhere: frozenset[str] | None = frozenset()
    """The metadatas that other environments of the workspace hand over; None where that could not be told."""

    @property
    def target_tables(self) -> tuple[ModelTable, ...]:
        """The tables that env.py hands to Alembic."""
        return tuple(table for table in self.tables if self.is_target(table) and self.is_reached(table))

    def is_target(self, table: ModelTable) -> bool:
        """Whether the table's metadata is among env.py's; so is all while those are not known."""
        return self.targets is None or table.metadata in self.targets

    def is_reached(self, table: ModelTable) -> bool:
        """Whether env.py's imports lead to the table's module."""
        return self.reached is None or table.module in self.reached
