"""The vocabulary of operations: what a migration does to a database, however it was written.

An operation read from ``op.add_column(...)``, from a batch block, from ``Table.create()`` or from raw SQL is
the same value; only its :class:`Site` tells how it stands in the source. A field is ``Maybe`` where the source
can leave it unknowable; None means that it was not given.
"""

from __future__ import annotations

from typing import ClassVar, Literal, TypeGuard

from msgspec import Struct

from foreshot.migration.specs import (
    Batch,
    ColumnSpec,
    ConstraintKind,
    ConstraintSpec,
    Direction,
    ForeignKeyRef,
    IndexSpec,
    Site,
    SqlProblem,
    TypeSpec,
)
from foreshot.syntax.values import CallValue, Maybe, Unknown, Value
from foreshot.text import Span


class Operation(Struct, frozen=True):
    """Anything that a revision does. ``kind`` is Alembic's name for it where Alembic has one."""

    kind: ClassVar[str] = "operation"
    site: Site


class TableOperation(Operation, frozen=True):
    """An operation on one table; ``table`` is the bare name."""

    table: Maybe[str]
    schema: Maybe[str] | None

    @property
    def table_name(self) -> str | None:
        """``table`` or ``schema.table`` when it is known."""
        if not isinstance(self.table, str) or isinstance(self.schema, Unknown):
            return None
        return f"{self.schema}.{self.table}" if self.schema else self.table


class CreateTable(TableOperation, frozen=True):
    """``op.create_table``, ``Table.create()``, ``CREATE TABLE``."""

    kind: ClassVar[str] = "create_table"
    columns: tuple[ColumnSpec, ...] = ()
    constraints: tuple[ConstraintSpec, ...] = ()
    indexes: tuple[IndexSpec, ...] = ()
    if_not_exists: bool = False
    complete: bool = True  # not where columns could not all be read: `*columns`, CREATE TABLE AS, LIKE
    temporary: bool = False
    partitioned: bool = False
    comment: Value = None


class DropTable(TableOperation, frozen=True):
    """``op.drop_table``, ``DROP TABLE``."""

    kind: ClassVar[str] = "drop_table"
    if_exists: bool = False
    cascade: bool = False


class RenameTable(TableOperation, frozen=True):
    """``op.rename_table``; ``table`` is the old name."""

    kind: ClassVar[str] = "rename_table"
    new_name: Maybe[str] = ""


class AddColumn(TableOperation, frozen=True):
    """``op.add_column``, ``ALTER TABLE … ADD COLUMN``."""

    kind: ClassVar[str] = "add_column"
    column: ColumnSpec
    if_not_exists: bool = False
    inline_references: Value = None


class DropColumn(TableOperation, frozen=True):
    """``op.drop_column``, ``ALTER TABLE … DROP COLUMN``."""

    kind: ClassVar[str] = "drop_column"
    column: Maybe[str]
    if_exists: bool = False
    cascade: bool = False


class AlterColumn(TableOperation, frozen=True):
    """``op.alter_column`` and what ``ALTER COLUMN``, ``MODIFY``, ``RENAME COLUMN`` say; None: left as it is."""

    kind: ClassVar[str] = "alter_column"
    column: Maybe[str]
    nullable: Maybe[bool] | None = None
    type: TypeSpec | Unknown | None = None
    server_default: Value = None
    """The new default; ``False`` when the default is dropped (``server_default=None``); None when not given."""
    new_name: Maybe[str] | None = None
    existing_type: TypeSpec | Unknown | None = None
    existing_nullable: Maybe[bool] | None = None
    existing_server_default: Value = None
    """False when ``None`` or ``False`` was passed; None when not given."""
    comment: Value = None
    autoincrement: Value = None
    using: Value = None
    """``postgresql_using`` or ``USING``; None when not given."""


class CreateIndex(TableOperation, frozen=True):
    """``op.create_index``, ``CREATE INDEX``."""

    kind: ClassVar[str] = "create_index"
    index: IndexSpec
    concurrently: Maybe[bool] = False
    if_not_exists: bool = False


class DropIndex(TableOperation, frozen=True):
    """``op.drop_index``; ``table`` is an Unknown when it was not given, as is usual on PostgreSQL."""

    kind: ClassVar[str] = "drop_index"
    name: Maybe[str] | None
    concurrently: Maybe[bool] = False
    if_exists: bool = False


class RenameIndex(TableOperation, frozen=True):
    """``ALTER INDEX … RENAME TO``."""

    kind: ClassVar[str] = "rename_index"
    name: Maybe[str]
    new_name: Maybe[str]
    if_exists: bool = False


class AddConstraint(TableOperation, frozen=True):
    """``op.create_unique_constraint``, ``create_foreign_key``, ``create_check_constraint``, ``create_primary_key``, ``create_exclude_constraint``."""

    constraint: ConstraintSpec
    kind: ClassVar[str] = "add_constraint"

    @property
    def alembic_name(self) -> str:
        """The name of the Alembic operation."""
        return {
            "primary key": "create_primary_key",
            "unique": "create_unique_constraint",
            "check": "create_check_constraint",
            "foreign key": "create_foreign_key",
            "exclude": "create_exclude_constraint",
        }.get(self.constraint.kind, "add_constraint")


class DropConstraint(TableOperation, frozen=True):
    """``op.drop_constraint``; ``constraint_kind`` is ``unknown`` where ``type_`` was not given."""

    kind: ClassVar[str] = "drop_constraint"
    name: Maybe[str] | None
    constraint_kind: ConstraintKind = "unknown"
    if_exists: bool = False
    cascade: bool = False


class RenameConstraint(TableOperation, frozen=True):
    """``ALTER TABLE … RENAME CONSTRAINT``."""

    kind: ClassVar[str] = "rename_constraint"
    name: Maybe[str]
    new_name: Maybe[str]


class ValidateConstraint(TableOperation, frozen=True):
    """``ALTER TABLE … VALIDATE CONSTRAINT``."""

    kind: ClassVar[str] = "validate_constraint"
    name: Maybe[str]


class TableComment(TableOperation, frozen=True):
    """A table comment created or dropped."""

    kind: ClassVar[str] = "table_comment"
    comment: Value = None


class CreateEnum(Operation, frozen=True):
    """``CREATE TYPE … AS ENUM`` or ``Enum(...).create(bind)``."""

    kind: ClassVar[str] = "create_enum"
    name: Maybe[str] | None
    values: tuple[Maybe[str], ...] = ()
    schema: Maybe[str] | None = None
    checkfirst: bool = False
    described: CallValue | None = None
    """The type itself, where a class of the project says what it is called."""


class DropType(Operation, frozen=True):
    """``DROP TYPE`` or ``Enum(...).drop(bind)``."""

    kind: ClassVar[str] = "drop_type"
    name: Maybe[str] | None
    schema: Maybe[str] | None = None
    if_exists: bool = False
    described: CallValue | None = None
    cascade: bool = False


class AddEnumValue(Operation, frozen=True):
    """``ALTER TYPE … ADD VALUE``."""

    kind: ClassVar[str] = "add_enum_value"
    name: Maybe[str]
    value: Maybe[str]
    if_not_exists: bool = False
    place: str = ""  # ``before`` or ``after`` another label; empty: at the end
    neighbour: Maybe[str] | None = None


class RenameEnumValue(Operation, frozen=True):
    """``ALTER TYPE … RENAME VALUE … TO``, or ``RENAME TO`` when ``value`` is None."""

    kind: ClassVar[str] = "rename_enum_value"
    name: Maybe[str]
    value: Maybe[str] | None
    new_value: Maybe[str]


class WrittenText(Struct, frozen=True):
    """A string literal that a statement writes into a column, and where it stands."""

    column: str
    value: str
    span: Span


class DataChange(Operation, frozen=True):
    """UPDATE, DELETE, INSERT, MERGE: SQL, or SQLAlchemy Core where it could be read."""

    verb: Literal["update", "delete", "insert", "merge"]
    table: Maybe[str]
    schema: Maybe[str] | None = None
    columns: tuple[str, ...] = ()
    """Columns that are written."""
    reads: tuple[str, ...] = ()
    """Column names that the statement mentions anywhere."""
    computed: tuple[str, ...] = ()
    """Columns that an UPDATE sets to what names another column."""
    has_where: bool = True
    empty_in: str = ""
    """By Core: the column whose being NULL is all that it asks of a row."""
    limited: bool = False
    texts: tuple[WrittenText, ...] = ()
    """The string literals that SQL writes into columns."""
    kind: ClassVar[str] = "data_change"

    @property
    def table_name(self) -> str | None:
        """``table`` or ``schema.table`` when it is known."""
        if not isinstance(self.table, str) or isinstance(self.schema, Unknown):
            return None
        return f"{self.schema}.{self.table}" if self.schema else self.table


class TruncateTable(TableOperation, frozen=True):
    """``TRUNCATE``."""

    kind: ClassVar[str] = "truncate_table"
    cascade: bool = False


class DropContainer(Operation, frozen=True):
    """``DROP SCHEMA``, ``DROP DATABASE`` or ``DROP EXTENSION``."""

    kind: ClassVar[str] = "drop_container"
    what: Literal["schema", "database", "extension"]
    name: str
    if_exists: bool = False
    cascade: bool = False


class SetOption(Operation, frozen=True):
    """``SET [LOCAL] name = value``, such as ``lock_timeout``; names in lower case."""

    kind: ClassVar[str] = "set_option"
    name: str
    value: str
    local: bool = False


class TransactionControl(Operation, frozen=True):
    """BEGIN, COMMIT, ROLLBACK or SAVEPOINT, in SQL or as ``connection.commit()``."""

    kind: ClassVar[str] = "transaction_control"
    verb: Literal["begin", "commit", "rollback", "savepoint"]
    receiver: str = ""
    """For a method, the resolved path of what it was called on (``alembic.op.get_bind()``); empty for SQL."""


class Maintenance(TableOperation, frozen=True):
    """Statements that rebuild or sweep a whole relation, or cannot run in a transaction.

    ``what``: ``reindex``, ``vacuum``, ``vacuum full``, ``cluster``, ``refresh materialized view``,
    ``detach partition``, ``alter system``, ``create database``, ``create tablespace``.
    """

    kind: ClassVar[str] = "maintenance"
    what: str
    concurrently: bool = False


class Execute(Operation, frozen=True):
    """SQL that is none of the operations above (a view, a function, a SELECT): ``verb`` is its first words."""

    kind: ClassVar[str] = "execute"
    verb: str
    tables: tuple[str, ...] = ()
    """Tables that the statement names, where it could be parsed."""
    parsed: bool = True
    rendered: str = ""
    """What SQLAlchemy makes of a construct that was handed over instead of SQL, where it is known."""


class SqlText(Operation, frozen=True):
    """The call that hands SQL to the database, whatever the SQL says: one for each call, before its statements."""

    kind: ClassVar[str] = "sql_text"
    callee: str  # `op.execute`, `connection.execute`…, as resolved
    value: Value
    """Text, str or Unknown."""
    wrapped: bool
    """True when the string is inside ``sa.text(...)``."""
    interpolated: tuple[Span, ...] = ()
    """Expressions that are formatted into the SQL (unknown or known ones)."""
    problem: SqlProblem | None = None
    statements: tuple[str, ...] = ()


class BulkInsert(TableOperation, frozen=True):
    """``op.bulk_insert``; ``columns`` are those that every row is known to have a value for, none where it has no rows."""

    kind: ClassVar[str] = "bulk_insert"
    columns: tuple[str, ...] = ()


def inserts_rows(operation: Operation) -> TypeGuard[BulkInsert | DataChange]:
    """Whether it puts rows into a table that is there: ``op.bulk_insert``, INSERT, MERGE."""
    if isinstance(operation, DataChange):
        return operation.verb in ("insert", "merge")
    return isinstance(operation, BulkInsert)


class Opaque(Operation, frozen=True):
    """Something is done here that could not be read; ``why`` says what and is shown once."""

    kind: ClassVar[str] = "opaque"
    why: str
    what: str  # `sql`, `operation`, `helper`, `loop` or `limit`
    tables: tuple[str, ...] = ()  # the only ones that it may touch, where its text tells; empty: any


class Followed(Opaque, frozen=True):
    """What a function of another module does, which no rule looks at: its places are not this file's."""

    operations: tuple[Operation, ...] = ()
    unread: bool = False  # whether a part of it could not be read


__all__ = [
    "AddColumn", "AddConstraint", "AddEnumValue", "AlterColumn", "Batch", "BulkInsert", "ColumnSpec",
    "ConstraintKind", "ConstraintSpec", "CreateEnum", "CreateIndex", "CreateTable", "DataChange", "Direction",
    "DropColumn", "DropConstraint", "DropContainer", "DropIndex", "DropTable", "DropType", "Execute",
    "Followed", "ForeignKeyRef", "IndexSpec", "Maintenance", "Opaque", "Operation", "RenameConstraint",
    "RenameEnumValue", "RenameIndex", "RenameTable", "SetOption", "Site", "SqlProblem", "SqlText",
    "TableComment", "TableOperation", "TransactionControl", "TruncateTable", "TypeSpec", "ValidateConstraint",
    "inserts_rows",
]  # fmt: skip
