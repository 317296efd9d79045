"""What operations are made of: where one stands, and the columns, types, constraints and indexes that it speaks of.

A field is ``Maybe`` where the source can leave it unknowable; None means that it was not given.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

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


class Test(Struct, frozen=True, array_like=True, tag_field="_", tag="t"):
    """A condition that the schema itself answers: whether something is there."""

    kind: Literal[
        "table",
        "column",
        "index",
        "constraint",
        "enum",
        "view",
        "sequence",
        "all",
        "any",
        "flag",
        "is",
        "unknown",
    ]
    """``flag``: whether a setting of the project is true, by its dotted path in ``name``. ``is``: what ``table`` marks of a row is
    what ``name`` says."""
    table: str | None = None
    name: str | None = None
    negated: bool = False
    parts: tuple[Test, ...] = ()
    """Of ``all`` and ``any``."""
    columns: tuple[str, ...] = ()
    """A foreign key, an index or a constraint that is looked for by its columns."""


class Each(Struct, frozen=True, array_like=True):
    """A loop over what the database answers."""

    number: int
    kind: Literal["columns", "indexes", "uniques", "foreign_keys", "checks"]
    table: str | None
    """The table that is asked about, or a mark of an outer loop's row."""
    asked: tuple[int, int]
    """Before which operation it was asked: its order, and within a function of another module the number there."""
    condition: int
    """The number of the condition that stands for the loop itself."""
    outer: tuple[int, ...] = ()
    """Numbers of the conditions around the loop."""
    sets: tuple[tuple[tuple[str, ...], str | None], ...] = ()
    """Items of each row that were set since: their path and their value."""
    stops: bool = False
    """It ends with the first row for which it does something."""
    needed: bool = False
    """What it finds is used behind it whether or not there is such a row."""


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
    conditions: tuple[int, ...] = ()
    """Numbers of the conditions around it that cannot be told statically, outermost first."""
    repeated: bool = False
    """The source stands for several operations (a loop, a helper called more than once): not rewritable alone."""
    sql: str | None = None
    """The SQL statement, when the operation was read from SQL."""
    tests: Mapping[int, Test] = {}
    """What a condition asks of the schema, by its number in ``conditions``, where that could be read."""
    loops: tuple[Each, ...] = ()
    """The loops over what the database answers that it stands in, outermost first."""
    path: tuple[int, ...] = ()
    """Which block it stands in: operations of one straight run of statements share it."""
    entry: str = ""
    """The function that runs it where that is not ``upgrade`` or ``downgrade`` itself: ``upgrade_other``, for a database of that name."""
    tried: bool = False
    """Where it fails, the revision goes on: inside ``try``, or ``with suppress(…)``."""

    def runs_on(self, dialect: str) -> bool:
        """Whether no guard keeps the operation from ``dialect``."""
        return dialect not in self.excluded and (self.dialects is None or dialect in self.dialects)

    @property
    def conditional(self) -> bool:
        """Under a condition that cannot be told statically."""
        return bool(self.conditions)

    def scopes(self) -> Iterator[tuple[int, ...]]:
        """The conditions of whatever surely runs if this runs: no condition, its outermost alone, … all of its own."""
        return (self.conditions[:depth] for depth in range(len(self.conditions) + 1))

    def shares_statement(self, other: Site) -> bool:
        """Whether one SQL statement says both: it is carried out as a whole, or not at all."""
        return self.sql is not None and self.sql == other.sql and self.call == other.call

    def runs_if(self, other: Site) -> bool:
        """Whether it surely runs if ``other`` does; guards on the dialect are not looked at."""
        return self.conditions == other.conditions[: len(self.conditions)]


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
    not_valid: bool = False
    """PostgreSQL: the rows that are there are not looked at."""
    final: bool = False
    """Its name went through ``op.f()``: no naming convention touches it."""
    use_alter: bool = False
    """It is left to an ALTER TABLE of its own, which Alembic never makes."""
    deferrable: Value = None
    initially: Value = None


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
    checks: tuple[ConstraintSpec, ...] = ()
    """``sa.CheckConstraint(...)`` among its arguments."""
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
    initially: Value = None
    """``DEFERRED`` or ``IMMEDIATE``."""
    use_alter: bool = False
    final: bool = False
    """Its name went through ``op.f()``: no naming convention touches it."""
    nulls_not_distinct: bool = False
    """Of a unique constraint: two NULLs are the same."""


class IndexSpec(Struct, frozen=True):
    """An index: ``columns`` are names, or Unknown for an expression that cannot be read as one."""

    name: Maybe[str] | None
    columns: tuple[Maybe[str], ...]
    span: Span
    unique: Maybe[bool] = False
    where: Value = None
    using: Value = None
    include: Value = None
    final: bool = False
    """Its name went through ``op.f()``: no naming convention touches it."""
    expressions: bool = False
    """True when at least one element is known to be an expression instead of a column name."""
    nulls_not_distinct: bool = False
    """Of a unique index: two NULLs are the same."""
    mentions: str = ""
    """The text of its expressions, as far as it is known."""
    orders: tuple[str, ...] = ()
    """How each of ``columns`` is sorted: empty, ``desc``, ``nulls first`` or ``desc nulls last``; none where all are as a database does by itself."""
    only: bool = False
    """``ON ONLY`` a partitioned table: nothing is built, until the partitions' own are attached."""


class SqlProblem(Struct, frozen=True):
    """A statement that the parser does not accept in the dialect."""

    message: str
    span: Span
    dialect: str
