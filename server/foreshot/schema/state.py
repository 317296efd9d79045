"""The schema of a database at one point of its history, for one target: immutable values, storable, without places in files.

A :class:`Schema` shares with the one that it was made from everything that did not change. Every fact knows its
:class:`Origin`: which operation of which revision made it so; where that stands in its file is looked up when it is shown.
What could not be read is part of the schema: a :class:`Perhaps` says what else may be so, and why.

Names of tables, enums, sequences and views are ``name``, or ``schema.name`` outside of the default schema.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from msgspec import Struct

from foreshot.migration.specs import Direction
from foreshot.schema.plain import Called, Named, Plain

Naming = Literal["written", "convention", "server"]
"""Who named it: the migration, a naming convention, or the database."""
Rows = Literal["none", "some", "unknown"]
Kind = Literal["primary key", "unique", "check", "foreign key", "exclude"]


class Origin(Struct, frozen=True, array_like=True):
    """The operation that made something so: never a position, which any edit would move."""

    revision: str
    direction: Direction
    kind: str
    """The operation's kind: ``create_table``, ``alter_column``…; ``models`` for what models say."""
    object: str
    """What it is about: ``users``, ``users.email``; empty when that is not known."""
    nth: int = 0
    """Which of the operations of that direction with the same kind and object, from 0."""


NOT_SEEN: Final = "its creation was not seen"
"""Why a table, or a column, may be otherwise that a revision only alters."""


class Perhaps(Struct, frozen=True, array_like=True):
    """A reason for which something may be otherwise."""

    why: str
    origin: Origin
    about: str = ""
    """What may be otherwise: a table, ``table.column``, an enum, an index; empty: everything that was there."""
    part: str = ""
    """Of a column: its ``type``, whether it is ``nullable``, its ``default``; empty: all of it."""
    under: tuple[int, ...] = ()
    """The conditions of its revision under which it is so, by their numbers; empty where no condition decides it."""
    refused: bool = False
    """What is not there was dropped: if the history is right, the database has refused that, and nothing is otherwise."""


class Target(Struct, frozen=True, cache_hash=True):
    """For which database a schema is worked out."""

    dialect: str
    """``postgresql``, ``mysql``, ``mariadb``, ``sqlite``…"""
    version: tuple[int, ...] = ()
    """Of the server; empty when it is not known."""
    conventions: tuple[tuple[str, str], ...] = ()
    """SQLAlchemy's naming convention as Alembic will apply it: pairs of ``ix``, ``uq``, ``ck``, ``fk``, ``pk`` and its template."""
    conventions_known: bool = True
    """False where there is a convention that cannot be told."""
    flags: tuple[tuple[str, bool], ...] = ()
    """Settings of the project that are true, or false, on this database, by their dotted paths."""
    types_check: bool = False
    """Boolean and Enum bring a CHECK where the database has no such type, as they did before SQLAlchemy 1.4."""

    @property
    def is_mysql(self) -> bool:
        """MySQL or MariaDB."""
        return self.dialect in ("mysql", "mariadb")


class ColumnType(Struct, frozen=True, cache_hash=True):
    """A column's type: what was written, and what the database stores."""

    written: Called | Named | None
    """The type as described: ``sqlalchemy.String(50)``; None when it came from SQL alone or is not known."""
    stored: str | None
    """As the dialect compiles and stores it: ``VARCHAR(50)``; None when that cannot be told."""
    enum: str | None = None
    """The native enum type that it is, as named in :attr:`Schema.enums`."""


class Column(Struct, frozen=True):
    """A column. ``None`` for nullability means that it cannot be told."""

    name: str
    type: ColumnType
    nullable: bool | None
    origin: Origin
    """What created it."""
    default: Plain = None
    """The server default: a str or a described call (``sqlalchemy.text("now()")``); None when there is none."""
    identity: Called | None = None
    computed: Called | None = None
    comment: str | None = None
    sequence: str | None = None
    """The sequence that a serial owns."""
    autoincrement: bool = False
    typed_by: Origin | None = None
    """What last set its type; None: what created it. Likewise the others."""
    nullable_by: Origin | None = None
    default_by: Origin | None = None
    named_by: Origin | None = None
    """What gave it its present name; None when it was created with it."""
    filled_by: Origin | None = None
    """What left no NULL in it for the rows that were there: an UPDATE without WHERE, or ``WHERE column IS NULL``, or a default when it was added."""
    perhaps: tuple[Perhaps, ...] = ()
    """Why this column may be otherwise, or not there at all."""
    copied_by: Origin | None = None
    """What last put its values, as they were, into another column of the table, in every row or where that was empty."""


class Key(Struct, frozen=True):
    """A primary key or a unique constraint."""

    name: str | None
    named: Naming
    columns: tuple[str, ...]
    origin: Origin
    deferrable: bool = False
    nulls_not_distinct: bool = False
    """Of a unique constraint: two NULLs are the same (PostgreSQL 15)."""


class Index(Struct, frozen=True):
    """An index. An element of ``columns`` is a column's name, or an expression where ``expressions`` has its place."""

    name: str | None
    named: Naming
    columns: tuple[str | None, ...]
    """None for an element that cannot be told."""
    unique: bool
    origin: Origin
    where: Plain = None
    using: str | None = None
    include: tuple[str, ...] = ()
    expressions: tuple[int, ...] = ()
    """Places in ``columns`` that hold an expression."""
    implied_by: str | None = None
    """The foreign key or unique constraint for which the server made it."""
    valid: bool | None = True
    """False, or None when it may be: a concurrent build that a condition or an error may have left unfinished."""
    nulls_not_distinct: bool = False
    """Two NULLs are the same (PostgreSQL 15)."""
    mentions: str = ""
    """The text of its expressions."""
    orders: tuple[str, ...] = ()
    """How PostgreSQL sorts each of ``columns``: empty, ``desc``, ``nulls first`` or ``desc nulls last``; none where none is told to."""

    def order(self, place: int) -> str:
        """How the element at a place is sorted; empty where it is not told to be."""
        return self.orders[place] if place < len(self.orders) else ""


class ForeignKey(Struct, frozen=True):
    """A foreign key."""

    name: str | None
    named: Naming
    columns: tuple[str, ...]
    ref_table: str
    ref_columns: tuple[str, ...]
    origin: Origin
    ondelete: str | None = None
    onupdate: str | None = None
    validated: bool = True
    deferrable: bool = False
    deferred: bool = False
    """``INITIALLY DEFERRED``."""


class Check(Struct, frozen=True):
    """A check constraint; ``condition`` is its SQL where it is known."""

    name: str | None
    named: Naming
    condition: Plain
    origin: Origin
    validated: bool = True
    validated_by: Origin | None = None
    implied_by: str | None = None
    """The column whose Boolean or Enum type brought it."""


class Exclusion(Struct, frozen=True):
    """An exclusion constraint."""

    name: str | None
    named: Naming
    origin: Origin


class Table(Struct, frozen=True):
    """A table, its columns in their order, and what lives on it."""

    name: str
    """``users`` or ``schema.users``."""
    columns: Mapping[str, Column]
    origin: Origin
    primary_key: Key | None = None
    uniques: tuple[Key, ...] = ()
    indexes: tuple[Index, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    checks: tuple[Check, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()
    comment: str | None = None
    partitioned: bool = False
    temporary: bool = False
    without_rowid: bool = False
    seen: bool = True
    """Whether other sessions can see it: not while the transaction that created it is open."""
    rows: Rows = "unknown"
    rows_by: Origin | None = None
    named_by: Origin | None = None
    there: Perhaps | None = None
    """Why it may not be there; None: it surely is."""
    perhaps: tuple[Perhaps, ...] = ()
    """Why something of it may be otherwise."""
    since: int = 0
    """How many of the schema's ``perhaps`` are older than it, and say nothing of it."""

    def column(self, name: str) -> Column | None:
        """The column of that name."""
        return self.columns.get(name)


class Enum(Struct, frozen=True):
    """A native enum type; a value of None is one that cannot be told."""

    name: str
    values: tuple[str | None, ...]
    origin: Origin
    there: Perhaps | None = None
    perhaps: tuple[Perhaps, ...] = ()
    since: int = 0


class View(Struct, frozen=True):
    """A view or a materialized view, with the tables and the columns that it reads."""

    name: str
    origin: Origin
    materialized: bool = False
    tables: tuple[str, ...] = ()
    words: frozenset[str] = frozenset()
    """Names that its query mentions, in lower case: a column that is none of them is not read."""
    definition: str | None = None
    there: Perhaps | None = None
    indexes: tuple[Index, ...] = ()
    """Of a materialized view."""


class Sequence(Struct, frozen=True):
    """A sequence; ``owner`` is ``table.column`` of the serial or identity that owns it."""

    name: str
    origin: Origin
    owner: str | None = None
    there: Perhaps | None = None


class Thing(Struct, frozen=True):
    """A function, a trigger, an extension, a schema, a policy, statistics: something that has a name and may stand in the way."""

    kind: str
    """``function``, ``trigger``, ``extension``, ``schema``, ``policy``, ``statistics``, ``type``, ``domain``."""
    name: str
    origin: Origin
    table: str | None = None
    words: frozenset[str] = frozenset()
    """Names that its definition mentions, in lower case."""
    there: Perhaps | None = None


class Conflict(Struct, frozen=True):
    """Two sides of a merge that did something to one object."""

    about: str
    why: str
    origin: Origin
    other: Origin | None


class Schema(Struct, frozen=True):
    """All of a database that migrations made, for one target."""

    tables: Mapping[str, Table] = {}
    enums: Mapping[str, Enum] = {}
    views: Mapping[str, View] = {}
    sequences: Mapping[str, Sequence] = {}
    things: Mapping[tuple[str, str], Thing] = {}
    """By kind and name."""
    gone: Mapping[str, Origin] = {}
    """Tables, and columns as ``table.column``, that were there once, by what dropped or renamed them last."""
    perhaps: tuple[Perhaps, ...] = ()
    """What may have touched anything that was there at the time, in order."""
    conflicts: tuple[Conflict, ...] = ()

    def table(self, name: str | None) -> Table | None:
        """The table of that name."""
        return self.tables.get(name) if name is not None else None

    def doubts(self, thing: Table | Enum) -> tuple[Perhaps, ...]:
        """All reasons for which a table or an enum may be otherwise than it says."""
        there = (thing.there,) if thing.there is not None else ()
        later = [reason for reason in self.perhaps[thing.since :] if _may_be_of(reason.about, thing.name)]
        return (*there, *thing.perhaps, *later)

    @property
    def is_whole(self) -> bool:
        """Whether revisions made tables, and every table that they speak of, and all of them can be read.

        A history that alters, drops or refers to a table that it never made begins in the middle of a database's life:
        what it does not make may well be there.
        """
        return (
            bool(self.tables)
            and not self.perhaps
            and all(table.there is None for table in self.tables.values())
            and all(
                key.ref_table in self.tables for table in self.tables.values() for key in table.foreign_keys
            )
        )

    @property
    def unknown(self) -> tuple[Perhaps, ...]:
        """Every reason for which this schema may be otherwise, each once, in the order in which it arose."""
        found: dict[Perhaps, None] = dict.fromkeys(self.perhaps)
        for table in self.tables.values():
            found.update(dict.fromkeys((*((table.there,) if table.there else ()), *table.perhaps)))
            for column in table.columns.values():
                found.update(dict.fromkeys(column.perhaps))
        for enum in self.enums.values():
            found.update(dict.fromkeys((*((enum.there,) if enum.there else ()), *enum.perhaps)))
        for item in (*self.views.values(), *self.sequences.values(), *self.things.values()):
            if item.there is not None:
                found[item.there] = None
        return tuple(found)


def _may_be_of(about: str, name: str) -> bool:
    """Whether a doubt that is of no table that is there may be of this one: of everything, of an index, or of one of its name."""
    if not about or " " in about:
        return True
    bare = name.rpartition(".")[2].lower()
    return bare in about.lower().split(".")
