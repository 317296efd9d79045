"""What a caller can know of an operation's surroundings, mostly from the replayed schema."""

from __future__ import annotations

from msgspec import Struct

from foreshot.knowledge.sqltype import SqlType
from foreshot.migration.operations import ConstraintKind, TypeSpec
from foreshot.syntax.values import Unknown


class Facts(Struct, frozen=True, kw_only=True):
    """None and the defaults mean that the caller does not know; what is not known accuses nobody."""

    table_is_new: bool = False
    """The table was created earlier in the same revision: empty, and no other session can see it."""
    table_is_empty: bool | None = None
    old_type: TypeSpec | SqlType | Unknown | None = None
    """The column's type before the operation."""
    old_nullable: bool | None = None
    validated_not_null_check: bool = False
    """A validated ``CHECK (column IS NOT NULL)`` is on the table."""
    in_transaction: bool = True
    """The revision runs in a transaction (Alembic's default); an autocommit block is read from the operation."""
    indexed: bool | None = None
    """An index or a unique constraint covers the column."""
    rebuilt: bool | None = None
    """An expression index, a partial index or a check names the column: a type change reads the table for it."""
    parents: tuple[str, ...] | None = None
    """Tables that the foreign keys in question lead to: those of the dropped table, column or constraint."""
    children: tuple[str, ...] | None = None
    """Tables whose foreign keys lead to the table, column or constraint."""
    constraint_kind: ConstraintKind | None = None
    """Of the constraint that is dropped or validated, when the operation does not say."""
    partitioned: bool | None = None
    in_primary_key: bool | None = None
    """The column belongs to the primary key."""
    type_exists: bool | None = None
    """The enum type exists before the operation."""
    type_in_use: bool | None = None
    """A column has the type that is dropped."""
    is_computed: bool | None = None
    """The column is a generated one."""
