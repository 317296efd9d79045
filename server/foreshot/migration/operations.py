"""The vocabulary of operations: what a migration does to a database, however it was written.

An operation read from ``op.add_column(...)``, from a batch block, from ``Table.create()`` or from raw SQL is
the same value; only its :class:`Site` tells how it stands in the source. A field is ``Maybe`` where the source
can leave it unknowable; None means that it was not given.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from msgspec import Struct

from foreshot.syntax.values import CallValue, Maybe, Unknown, Value
from foreshot.text import Span

Direction = Literal["upgrade", "downgrade"]
ConstraintKind = Literal["primary key", "unique", "check", "foreign key", "exclude", "unknown"]


class Batch(Struct, frozen=True):
    """The ``with op.batch_alter_table(...)`` block that an operation stands in."""

    table: Maybe[str]
    schema: Maybe[str] | None
    alias: str
    statement: Span
    """The whole ``with`` statement."""
    call: Span
    """The ``op.batch_alter_table(...)`` call."""
    recreate: Value = None
    naming_convention: bool = False
    if_exists_dialects: frozenset[str] | None = None


class Site(Struct, frozen=True):
    """Where an operation stands in its file and under which conditions it runs."""

    function: Direction
    order: int
    """Position among all operations of the revision, in the order in which they run."""
    statement: Span
    """The smallest whole statement around the call."""
    call: Span
    """The call, or for SQL the piece of the string that says it."""
    name: Span
    """What a person would point at: the callee, or the SQL keyword."""
    args: Mapping[str, Span] = {}
    """Value span of each argument, by Alembic's parameter name; ``columns[0]``… for column lists' items."""
    keywords: Mapping[str, Span] = {}
    """Span of the whole ``name=value`` of each argument that was passed by keyword."""
    batch: Batch | None = None
    autocommit: bool = False
    """Inside ``with op.get_context().autocommit_block():``."""
    dialects: frozenset[str] | None = None
    """The only dialects (``postgresql``, ``mysql``, ``mariadb``, ``sqlite``, ``mssql``, ``oracle``) it runs on, by guards; None: all."""
    excluded: frozenset[str] = frozenset()
    """Dialects that a guard keeps it from."""
    conditional: bool = False
    """Under a condition that cannot be told statically."""
    repeated: bool = False
    """The source stands for several operations (a loop, a helper called more than once): not rewritable alone."""
    sql: str | None = None
    """The SQL statement, when the operation was read from SQL."""
    path: tuple[int, ...] = ()
    """Which block it stands in: operations of one straight run of statements share it."""

    def runs_on(self, dialect: str) -> bool:
        """Whether no guard keeps the operation from ``dialect``."""
        return dialect not in self.excluded and (self.dialects is None or dialect in self.dialects)


class TypeSpec(Struct, frozen=True):
    """A column type as written.

    ``path`` is the resolved dotted name (``sqlalchemy.String``, ``app.types.Money``) or, for SQL, the
    ``sqlalchemy`` type that the SQL type corresponds to. ``sql`` is the SQL spelling where it was read from SQL.
    """

    path: str
    written: str
    span: Span
    call: CallValue | None = None
    sql: str | None = None
    bound: bool = True

    @property
    def name(self) -> str:
        """The last part of the path: ``String``."""
        return self.path.rpartition(".")[2]

    def argument(self, name: str, position: int | None = None) -> Value:
        """An argument of the type's constructor; None when it was not given."""
        return self.call.argument(name, position) if self.call else None


class ForeignKeyRef(Struct, frozen=True):
    """``sa.ForeignKey("users.id")`` on a column."""

    target: Maybe[str]
    """``table.column`` or ``schema.table.column``."""
    span: Span
    name: Maybe[str] | None = None
    ondelete: Maybe[str] | None = None
    onupdate: Maybe[str] | None = None


class ColumnSpec(Struct, frozen=True):
    """A ``sa.Column(...)``; ``args`` are value spans by parameter name (``name``, ``type_``, ``nullable``…)."""

    name: Maybe[str]
    type: TypeSpec | Unknown | None
    span: Span
    nullable: Maybe[bool] | None = None
    """As written; None when not given (then nullable unless part of the primary key)."""
    server_default: Value = None
    """A string, a Ref, a CallValue (``sa.text(...)``), False where ``None`` was passed; None when not given."""
    default: Value = None
    """The Python-side default, which DDL ignores; None when not given."""
    primary_key: Maybe[bool] = False
    unique: Maybe[bool] = False
    index: Maybe[bool] = False
    autoincrement: Value = None
    foreign_keys: tuple[ForeignKeyRef, ...] = ()
    computed: CallValue | None = None
    identity: CallValue | None = None
    comment: Value = None
    args: Mapping[str, Span] = {}
    keywords: Mapping[str, Span] = {}
    call: CallValue | None = None

    @property
    def is_nullable(self) -> Maybe[bool]:
        """Whether the column takes NULL, SQLAlchemy's defaults applied."""
        if self.nullable is not None:
            return self.nullable
        if isinstance(self.primary_key, Unknown):
            return self.primary_key
        return not self.primary_key and self.identity is None


class ConstraintSpec(Struct, frozen=True):
    """A table constraint, inside ``create_table`` or created on its own."""

    kind: ConstraintKind
    name: Maybe[str] | None
    columns: tuple[Maybe[str], ...]
    span: Span
    ref_table: Maybe[str] | None = None
    """Referred table of a foreign key, ``schema.table`` where a schema was given."""
    ref_columns: tuple[Maybe[str], ...] = ()
    ondelete: Maybe[str] | None = None
    onupdate: Maybe[str] | None = None
    condition: Value = None
    """SQL text of a check."""
    not_valid: bool = False
    using_index: str | None = None
    deferrable: Value = None


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
    complete: bool = True
    """False when columns could not all be read (``*columns``, CREATE TABLE AS, LIKE)."""
    temporary: bool = False


class IndexSpec(Struct, frozen=True):
    """An index: ``columns`` are names, or Unknown for an expression that cannot be read as one."""

    name: Maybe[str] | None
    columns: tuple[Maybe[str], ...]
    span: Span
    unique: Maybe[bool] = False
    where: Value = None
    using: Value = None
    include: Value = None
    expressions: bool = False
    """True when at least one element is known to be an expression instead of a column name."""


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


class DropType(Operation, frozen=True):
    """``DROP TYPE`` or ``Enum(...).drop(bind)``."""

    kind: ClassVar[str] = "drop_type"
    name: Maybe[str] | None
    schema: Maybe[str] | None = None
    if_exists: bool = False


class AddEnumValue(Operation, frozen=True):
    """``ALTER TYPE … ADD VALUE``."""

    kind: ClassVar[str] = "add_enum_value"
    name: Maybe[str]
    value: Maybe[str]
    if_not_exists: bool = False


class RenameEnumValue(Operation, frozen=True):
    """``ALTER TYPE … RENAME VALUE … TO``, or ``RENAME TO`` when ``value`` is None."""

    kind: ClassVar[str] = "rename_enum_value"
    name: Maybe[str]
    value: Maybe[str] | None
    new_value: Maybe[str]


class DataChange(Operation, frozen=True):
    """UPDATE, DELETE, INSERT, MERGE: SQL, or SQLAlchemy Core where it could be read."""

    verb: Literal["update", "delete", "insert", "merge"]
    table: Maybe[str]
    schema: Maybe[str] | None = None
    columns: tuple[str, ...] = ()
    """Columns that are written."""
    reads: tuple[str, ...] = ()
    """Column names that the statement mentions anywhere."""
    has_where: bool = True
    limited: bool = False
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


class SqlText(Operation, frozen=True):
    """The call that hands SQL to the database, whatever the SQL says: one for each call, before its statements."""

    kind: ClassVar[str] = "sql_text"
    callee: str
    """``op.execute``, ``connection.execute``…, as resolved."""
    value: Value
    """Text, str or Unknown."""
    wrapped: bool
    """True when the string is inside ``sa.text(...)``."""
    interpolated: tuple[Span, ...] = ()
    """Expressions that are formatted into the SQL (unknown or known ones)."""
    problem: SqlProblem | None = None
    statements: tuple[str, ...] = ()


class SqlProblem(Struct, frozen=True):
    """A statement that the parser does not accept in the dialect."""

    message: str
    span: Span
    dialect: str


class BulkInsert(TableOperation, frozen=True):
    """``op.bulk_insert``."""

    kind: ClassVar[str] = "bulk_insert"


class Opaque(Operation, frozen=True):
    """Something is done here that could not be read; ``why`` says what and is shown once."""

    kind: ClassVar[str] = "opaque"
    why: str
    what: str
    """``sql``, ``operation``, ``helper`` or ``loop``."""
