"""A schema while operations change it: what they share of looking things up and putting them back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Final

from msgspec.structs import replace

from foreshot.schema import state as st
from foreshot.schema.plain import Called, Named, Plain, Unclear, chosen
from foreshot.schema.state import NOT_SEEN, Column, ColumnType, Origin, Perhaps, Schema, Table, Target
from foreshot.schema.types import spell


def meant_on_mysql(name: str, tables: Iterable[str]) -> str | None:
    """The table of that name in whatever schema, where only one has it.

    On MySQL a schema is a database, and a name without one is looked for in that of the connection, which no revision tells.
    """
    if "." in name:
        return None
    end = f".{name.lower()}"
    found = [known for known in tables if known.lower().endswith(end)]
    return found[0] if len(found) == 1 else None


class Draft:
    """A schema that changes; the one that it was made from does not."""

    def __init__(self, schema: Schema, target: Target) -> None:
        self._before = schema
        self.target = target
        self.take(schema)
        self.origin = Origin("", "upgrade", "", "")
        """Of the operation that is being applied."""
        self.raw = False
        """That operation was read from SQL."""
        self.fallen: set[str] = set()
        """Names of what went with a column in a batch block, where it may still be dropped by name."""
        self._namesakes: tuple[int, dict[str, list[str]]] | None = None
        """Tables outside of the default schema by their bare names, when there were so many tables."""
        self.legacy_renames = False
        """SQLite's ``legacy_alter_table`` is on."""

    def freeze(self) -> Schema:
        """The schema as it is now."""
        return Schema(
            self.tables,
            self.enums,
            self.views,
            self.sequences,
            self.things,
            self.gone,
            tuple(self.perhaps),
            tuple(self.conflicts),
        )

    def take(self, schema: Schema) -> None:
        """Say what a schema says, which goes on being as it is."""
        self.tables: dict[str, Table] = dict(schema.tables)
        self.enums: dict[str, st.Enum] = dict(schema.enums)
        self.views: dict[str, st.View] = dict(schema.views)
        self.sequences: dict[str, st.Sequence] = dict(schema.sequences)
        self.things: dict[tuple[str, str], st.Thing] = dict(schema.things)
        self.gone: dict[str, Origin] = dict(schema.gone)
        self.perhaps: list[Perhaps] = list(schema.perhaps)
        self.conflicts: list[st.Conflict] = list(schema.conflicts)

    def snapshot(self) -> Schema:
        """The schema as it is now, which goes on being so while the draft changes."""
        return Schema(
            dict(self.tables),
            dict(self.enums),
            dict(self.views),
            dict(self.sequences),
            dict(self.things),
            dict(self.gone),
            tuple(self.perhaps),
            tuple(self.conflicts),
        )

    @property
    def dialect(self) -> str:
        """The target's."""
        return self.target.dialect

    def find(self, name: str | None) -> str | None:
        """The table's name as it is stored: unquoted ones of SQL may differ in case, and ``public`` is the default schema."""
        if name is None:
            return None
        if name in self.tables:
            return name
        if self.dialect == "postgresql":
            return self.stored(name, self.tables)
        if self.dialect in ("mysql", "mariadb", "sqlite"):
            lowered = name.lower()
            return next((known for known in self.tables if known.lower() == lowered), None)
        return None

    def meant(self, name: str | None) -> str | None:
        """The name of the table that an operation is on, which is there before it."""
        known = self.find(name)
        if known is None and name is not None and self.dialect in ("mysql", "mariadb"):
            return meant_on_mysql(name, self.tables)
        return known

    def stored(self, name: str, names: Collection[str]) -> str | None:
        """A name as it stands among others; on PostgreSQL ``public`` is the schema of those without one."""
        if name in names:
            return name
        others = (name.removeprefix("public."), f"public.{name}") if self.dialect == "postgresql" else ()
        return next((other for other in others if other in names), None)

    def table(self, name: str | None, why: str) -> Table | None:
        """The table to change. One that no revision created is taken to be there, and known in part.

        When it cannot be told which table it is, everything may be otherwise.
        """
        if name is None:
            self.doubt(f"{why} of a table that is not known")
            return None
        known = self.meant(name)
        if known is None or self.tables[known].there is not None:
            self.doubt_namesakes(name, why)
        if known is not None:
            return self.tables[known]
        reason = Perhaps(NOT_SEEN, self.origin, name)
        made = Table(name, {}, self.origin, there=reason, perhaps=(reason,), since=len(self.perhaps))
        self.tables[name] = made
        return made

    def doubt_namesakes(self, name: str, why: str) -> None:
        """An operation on a table that no revision made may be on one of its name in another schema.

        PostgreSQL's search path decides, and on MySQL the database of the connection.
        """
        if self.dialect == "sqlite" or "." in name:
            return
        if self._namesakes is None or self._namesakes[0] != len(self.tables):
            found: dict[str, list[str]] = {}
            for known in self.tables:
                if "." in known:
                    found.setdefault(known.rpartition(".")[2], []).append(known)
            self._namesakes = len(self.tables), found
        for other in self._namesakes[1].get(name, ()):
            table = self.tables.get(other)
            if table is not None:
                reason = Perhaps(
                    f"{why}, where the connection's schema is that of this table", self.origin, other
                )
                self.tables[other] = replace(table, perhaps=(*table.perhaps, reason))

    def put(self, table: Table) -> None:
        """Put a changed table back."""
        self.tables[table.name] = table

    def reread(self, table: str, column: str, new: str) -> None:
        """The views that read a column go on reading it under its new name."""
        for view in list(self.views.values()):
            if table in view.tables and column.lower() in view.words:
                self.views[view.name] = replace(view, words=view.words | {new.lower()})

    def doubt(self, why: str, about: str = "", *, refused: bool = False) -> None:
        """Something may be otherwise: a table, an enum, a column of a table; everything when ``about`` is empty."""
        reason = Perhaps(why, self.origin, about, refused=refused)
        if about:
            name = self.find(about) or about
            table = self.tables.get(name)
            if table is not None:
                self.tables[name] = replace(table, perhaps=(*table.perhaps, reason))
                return
            enum = self.enums.get(about)
            if enum is not None:
                self.enums[about] = replace(enum, perhaps=(*enum.perhaps, reason))
                return
        self.perhaps.append(reason)

    def release(self, goes: Callable[[str], bool]) -> None:
        """Drop the sequences of the columns, as ``table.column``, that go."""
        for name in [item.name for item in self.sequences.values() if item.owner and goes(item.owner)]:
            del self.sequences[name]

    def constraint_names(self) -> set[str]:
        """Every name of an index, a key or a constraint: one space on PostgreSQL within a schema."""
        return set[str]().union(*map(names_on, self.tables.values()))

    def type_of(self, written: Plain, sql: str | None, create: bool = False) -> ColumnType:
        """A column's type; with ``create`` a native enum type that is missing is made, as SQLAlchemy does with a table."""
        written = chosen(written, self.dialect)
        spelled = spell(written, self.dialect, sql)
        described = written if isinstance(written, Called | Named) else None
        enum = spelled.enum
        if enum is not None and enum not in self.enums and self.dialect == "postgresql":
            bare = enum.rpartition(".")[2].lower()
            enum = next((name for name in self.enums if name.rpartition(".")[2].lower() == bare), enum)
        if enum is not None and create and spelled.create_enum and enum not in self.enums:
            self.enums[enum] = st.Enum(enum, spelled.values, self.origin, since=len(self.perhaps))
        stored = spelled.stored
        if enum is not None and enum not in self.enums and ("domain", enum) in self.things:
            enum = None
        return ColumnType(described, stored, enum)

    def changed_tables(self, before: Mapping[str, Table]) -> Iterator[str]:
        """Names of tables that are not what they were."""
        for name, table in self.tables.items():
            if before.get(name) is not table:
                yield name


def items_on(table: Table) -> Iterator[st.Key | st.Index | st.ForeignKey | st.Check | st.Exclusion]:
    """What lives on a table."""
    if table.primary_key is not None:
        yield table.primary_key
    yield from (*table.uniques, *table.indexes, *table.foreign_keys, *table.checks, *table.exclusions)


def names_on(table: Table) -> frozenset[str]:
    """Names of what lives on a table."""
    # Each operation asks of all tables, and few change between two of them: a table is known again as the object that it is.
    known = _NAMES.get(id(table))
    if known is not None and known[0] is table:
        return known[1]
    if len(_NAMES) >= _MAX_NAMES:
        _NAMES.clear()
    found = frozenset(item.name for item in items_on(table) if item.name)
    _NAMES[id(table)] = (table, found)
    return found


_MAX_NAMES: Final = 10_000
_NAMES: Final[dict[int, tuple[Table, frozenset[str]]]] = {}


def known_columns(names: tuple[str | None, ...]) -> tuple[str, ...] | None:
    """The names when all can be told."""
    found = tuple([name for name in names if name is not None])
    return found if len(found) == len(names) else None


def text(value: Plain) -> str | None:
    """A string, None for anything else."""
    return value if isinstance(value, str) else None


def is_unclear(value: Plain) -> bool:
    """Whether a value could not be told."""
    return isinstance(value, Unclear)


def with_column(table: Table, column: Column) -> Table:
    """The table with a column put in, at its place or at the end."""
    return replace(table, columns={**table.columns, column.name: column})
