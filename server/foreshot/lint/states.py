"""What a rule asks of the story at an operation: the tables as they are just before it, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from foreshot.history.delta import main_entry
from foreshot.history.revision_story import RevisionStory
from foreshot.knowledge.databases import Target
from foreshot.knowledge.foreign_tables import OF_SCHEMAS, OWNERS
from foreshot.lint.context import Context
from foreshot.lint.finding import Related
from foreshot.lint.specs import type_spec
from foreshot.migration import operations as ops
from foreshot.migration.operations import Operation
from foreshot.schema.draft import meant_on_mysql, names_on
from foreshot.schema.state import Column, Origin, Perhaps, Schema, Table


class State(Struct, frozen=True):
    """The schema just before an operation, on one database; ``start`` is that before the whole direction."""

    target: Target
    schema: Schema
    start: Schema

    def table(self, name: str | None) -> Table | None:
        """The table as the database would find it: without regard to case on MySQL and SQLite."""
        if name is None:
            return None
        tables = self.schema.tables
        if name in tables:
            return tables[name]
        if self.target.database == "postgresql":
            return tables.get(name.removeprefix("public.")) or tables.get(f"public.{name}")
        lowered = name.lower()
        found = next((table for known, table in tables.items() if known.lower() == lowered), None)
        if found is None and self.target.database != "sqlite":
            found = tables.get(meant_on_mysql(name, tables) or "")
        return found

    def known_table(self, name: str | None) -> Table | None:
        """The table, where all of it is surely as the story says."""
        table = self.table(name)
        if table is None:
            return None
        reasons = self.schema.doubts(table)
        return None if reasons and not self._are_refusals(table, reasons) else table

    def _are_refusals(self, table: Table, reasons: tuple[Perhaps, ...]) -> bool:
        """Whether all that speaks against a table is what this function has asked of it in vain, which is said there.

        A later revision was written for a database that had got past it, so something has made what the history does not know.
        """
        before = self.start.tables.get(table.name)
        return (
            before is not None
            and all(reason.refused for reason in reasons)
            and not self.start.doubts(before)
            and self.is_whole
        )

    def is_seen(self, name: str | None) -> bool:
        """Whether the history itself made the table, whatever else may be so of it."""
        table = self.table(name)
        if table is None or table.there is not None:
            return False
        # On MySQL, a name without a schema may be that of another table beside the one that is meant by it.
        return self.target.database == "postgresql" or "." not in table.name or "." in (name or "")

    @property
    def is_whole(self) -> bool:
        """Whether the history makes the schema from nothing: every table that it speaks of, and all of it can be read."""
        return self.start.is_whole

    def may_exist(self, name: str) -> bool:
        """Whether something that could not be read may have made a table (a view) of this name."""
        return any(reason.about in ("", name) for reason in self.schema.perhaps)

    def lacks_table(self, name: str | None) -> bool:
        """Whether there surely is no table or view of this name."""
        if name is None or self.table(name) is not None or name in self.schema.views or self.may_exist(name):
            return False
        return name in self.schema.gone or self.is_whole

    def column(self, table: str | None, column: str | None) -> Column | None:
        """A column of a table, where it is surely as the story says."""
        known = self.table(table)
        found = known.column(column) if known is not None and column is not None else None
        return (
            found
            if found is not None and known is not None and not found.perhaps and not self.schema.doubts(known)
            else None
        )

    def lacks_column(self, table: str, column: str) -> bool:
        """Whether the table is known whole, and has surely no column of this name."""
        known = self.known_table(table)
        if known is None or not known.columns:
            return False
        if self.target.database == "postgresql":
            return column not in known.columns
        return column.lower() not in {name.lower() for name in known.columns}

    def owner_of(self, name: str) -> Table | None:
        """The table on which an index, a key or a constraint of this name lives."""
        return next((table for table in self.schema.tables.values() if name in names_on(table)), None)


def foreign_owner(name: str | None, found: Iterable[State]) -> str | None:
    """The tool or extension whose table it is by its name, where no revision made it."""
    schema, _, bare = (name or "").lower().rpartition(".")
    owner = OWNERS.get(bare) or OF_SCHEMAS.get(schema)
    return None if owner is None or any(state.is_seen(name) for state in found) else owner


def states(operation: Operation, context: Context, databases: tuple[str, ...] = ()) -> Iterator[State]:
    """The state before an operation on each of the databases that it meets; none where it runs on another database than the story's."""
    for target in context.targets(databases, operation):
        story = _story(operation, target, context)
        if story is not None:
            yield State(target, story.before_operation(operation.site), story.start(operation.site.function))


def _story(operation: Operation, target: Target, context: Context) -> RevisionStory | None:
    site = operation.site
    if site.entry and site.entry != main_entry(context.revision, site.function):
        return None
    return context.story(target)


def states_after(operation: Operation, context: Context, databases: tuple[str, ...] = ()) -> Iterator[State]:
    """The state as the operation leaves it, on each of the databases that it meets."""
    for target in context.targets(databases, operation):
        story = _story(operation, target, context)
        if story is not None:
            yield State(target, story.after_operation(operation.site), story.start(operation.site.function))


def type_before(operation: ops.AlterColumn, target: Target, context: Context) -> ops.TypeSpec | None:
    """The type that a column surely has just before, whatever ``existing_type`` says: that was reflected from one database.

    None where the history does not tell.
    """
    found = (state for state in states(operation, context, (target.database,)) if state.target == target)
    state = next(found, None)
    if state is None or not isinstance(operation.column, str):
        return None
    return type_spec(state.column(operation.table_name, operation.column))


def is_partitioned(operation: ops.TableOperation, context: Context) -> bool:
    """Whether PostgreSQL has partitions below the operation's table: it builds and drops no index concurrently there (0A000)."""
    found = (
        state.owner_of(operation.name)
        if operation.table_name is None
        and isinstance(operation, ops.DropIndex)
        and isinstance(operation.name, str)
        else state.table(operation.table_name)
        for state in states(operation, context, ("postgresql",))
    )
    return any(table is not None and table.partitioned for table in found)


def names_given(operation: Operation) -> Iterator[str]:
    """The names that an operation itself gives to indexes and constraints."""
    match operation:
        case ops.CreateIndex():
            names = [operation.index.name]
        case ops.AddConstraint():
            names = [operation.constraint.name]
        case ops.CreateTable():
            names = [made.name for made in (*operation.constraints, *operation.indexes)]
        case ops.RenameIndex() | ops.RenameConstraint():
            names = [operation.new_name]
        case _:
            names = []
    return (name for name in names if isinstance(name, str))


def made_here(origin: Origin | None, what: str, context: Context) -> tuple[Related, ...]:
    """Where an origin stands, as a related place that says ``what``; empty where that cannot be found."""
    stories = (context.story(target) for target in context.targets())
    story = next((story for story in stories if story is not None), None)
    place = story.place_of(origin) if story is not None and origin is not None else None
    return (Related(what, place[1], place[0]),) if place is not None else ()


def nearest(name: str, names: Iterable[str]) -> str | None:
    """The one among ``names`` that is spelled most like ``name``; None where none is like it, or two are."""
    from rapidfuzz import fuzz  # Loaded when a name is first looked for.

    wanted = name.lower()
    scored = sorted(((fuzz.ratio(wanted, other.lower()), other) for other in names), reverse=True)[:2]
    if not scored or scored[0][0] < 75 or (len(scored) == 2 and scored[1][0] == scored[0][0]):
        return None
    return scored[0][1]
