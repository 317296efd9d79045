"""The schema as a rule may ask about it, at one operation.

For now it is folded from the operations of one direction of one revision: what that direction itself made
is known, everything else is not. A replay of the whole history answers the same questions, with more
answers and the same signatures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import count

from msgspec import Struct
from msgspec.structs import replace

from foreshot.migration.operations import (
    AddColumn,
    AddConstraint,
    AlterColumn,
    ColumnSpec,
    ConstraintSpec,
    CreateIndex,
    CreateTable,
    Direction,
    DropColumn,
    DropConstraint,
    Followed,
    IndexSpec,
    Operation,
    RenameTable,
    Site,
    TableOperation,
    TypeSpec,
    ValidateConstraint,
)
from foreshot.migration.revision import Revision


class KnownColumn(Struct, frozen=True):
    """A column whose definition is known, and the operation that last made or changed it."""

    spec: ColumnSpec
    type: TypeSpec | None
    nullable: bool | None
    has_server_default: bool | None
    made_by: Operation
    """The operation that created it: its provenance."""


class KnownTable(Struct, frozen=True):
    """A table that is known to have been created here, and by which operation."""

    name: str
    made_by: CreateTable


class SchemaView:
    """What is known of the schema just before an operation of one revision."""

    def __init__(self, revision: Revision, existed: Callable[[str, Direction], bool] | None = None) -> None:
        """``existed`` tells whether the history had made a table of a name before a direction."""
        self._existed = existed
        self._operations: dict[Direction, Sequence[Operation]] = {
            "upgrade": revision.of("upgrade"),
            "downgrade": revision.of("downgrade"),
        }
        self._created: dict[tuple[Direction, str], list[tuple[int, CreateTable]]] = {}
        """What makes a table of each name, with the place in the order from which it is called so."""
        self._unnamed: dict[object, Site] = {}
        """Where tables are first made whose names are only known when it runs, by what that depends on."""
        for operation in _all_of(revision.operations):
            site = operation.site
            if isinstance(operation, CreateTable) and operation.table_name is not None:
                # With `if_not_exists` the table may be an old one with rows.
                if not operation.if_not_exists:
                    made = self._created.setdefault((site.function, operation.table_name), [])
                    made.append((site.order, operation))
            elif isinstance(operation, CreateTable):
                self._unnamed.setdefault((site.function, site.conditions, site.dialects, site.excluded), site)
            elif isinstance(operation, RenameTable) and isinstance(operation.new_name, str):
                known = self._created.get((site.function, operation.table_name or ""), ())
                prefix = f"{operation.schema}." if isinstance(operation.schema, str) else ""
                if known:
                    made = self._created.setdefault((site.function, prefix + operation.new_name), [])
                    made += [(site.order, create) for _, create in known if may_meet(create.site, site)]

    def table(self, name: str | None, at: Operation) -> KnownTable | None:
        """The table, when it is known to have been created before ``at`` in the same direction, on a database that ``at`` runs on."""
        for since, made in self._created.get((at.site.function, name), ()) if name else ():
            if since < at.site.order and may_meet(made.site, at.site):
                return KnownTable(name or "", made)
        return None

    def is_new(self, name: str | None, at: Operation) -> bool:
        """Whether the table was created earlier in the same revision, so that it is empty and nobody's yet.

        So may be one that no earlier revision made, behind ``op.create_table("old_" + name, …)``.
        """
        return self.table(name, at) is not None or (name is not None and self._may_be_unnamed(name, at))

    def _may_be_unnamed(self, name: str, at: Operation) -> bool:
        """Whether a table of which the history knows nothing may be one that was created under a name that cannot be told."""
        return any(
            made.function == at.site.function and made.order < at.site.order and may_meet(made, at.site)
            for made in self._unnamed.values()
        ) and not (self._existed is not None and self._existed(name, at.site.function))

    def column(self, table: str | None, column: str | None, at: Operation) -> KnownColumn | None:
        """The column as it is just before ``at``, when its definition is known."""
        if table is None or column is None:
            return None
        known: KnownColumn | None = None
        made = None
        for create in self._changes.get((at.site.function, table, None), ()):
            if create.site.order < at.site.order:
                made = create
        if isinstance(made, CreateTable):
            spec = next((item for item in made.columns if item.name == column), None)
            known = _known(spec, made) if spec else None
        for operation in self._changes.get((at.site.function, table, column), ()):
            if made is not None and operation.site.order < made.site.order:
                continue
            if operation.site.order >= at.site.order:
                break
            match operation:
                case AddColumn(column=spec) if spec.name == column:
                    known = _known(spec, operation)
                case DropColumn() if operation.column == column:
                    known = None
                case AlterColumn() if known is not None and column in (operation.column, operation.new_name):
                    known = _altered(known, operation)
                case AlterColumn(new_name=str() as new_name) if new_name == column:
                    known = None
                case _:
                    pass
        return known

    @cached_property
    def _changes(self) -> dict[tuple[Direction, str, str | None], list[TableOperation]]:
        """What is done to each column, in order, by direction, table and name; under None, the table's creations."""
        found: dict[tuple[Direction, str, str | None], list[TableOperation]] = {}
        for direction, operations in self._operations.items():
            for operation in operations:
                match operation:
                    case CreateTable():
                        names: set[object] = {None}
                    case AddColumn(column=spec):
                        names = {spec.name}
                    case DropColumn():
                        names = {operation.column}
                    case AlterColumn():
                        names = {name for name in (operation.column, operation.new_name) if name is not None}
                    case _:
                        continue
                for name in names if operation.table_name is not None else ():
                    if name is None or isinstance(name, str):
                        found.setdefault((direction, operation.table_name or "", name), []).append(operation)
        return found

    @cached_property
    def _constraining(self) -> dict[tuple[Direction, str | None], list[TableOperation]]:
        """What makes, drops and validates constraints, in order, by direction and table."""
        found: dict[tuple[Direction, str | None], list[TableOperation]] = {}
        for direction, operations in self._operations.items():
            for operation in operations:
                if (
                    isinstance(operation, CreateTable | AddConstraint | DropConstraint | ValidateConstraint)
                    and operation.table_name is not None
                ):
                    found.setdefault((direction, operation.table_name), []).append(operation)
        return found

    def constraints(self, table: str | None, at: Operation) -> list[ConstraintSpec]:
        """Constraints that this direction made on the table before ``at`` and that are still there.

        One that has been validated meanwhile is no longer ``not_valid``.
        """
        found: dict[int, ConstraintSpec] = {}
        named: dict[object, list[int]] = {}
        places = count()
        for operation in self._constraining.get((at.site.function, table), ()):
            if operation.site.order >= at.site.order:
                break
            match operation:
                case CreateTable(constraints=made) | AddConstraint(constraint=made):
                    for item in made if isinstance(made, tuple) else (made,):
                        place = next(places)
                        found[place] = item
                        named.setdefault(item.name, []).append(place)
                case DropConstraint(name=name) if name is not None:
                    for place in named.pop(name, ()):
                        del found[place]
                case ValidateConstraint(name=name):
                    for place in named.get(name, ()):
                        found[place] = replace(found[place], not_valid=False)
                case _:
                    pass
        return list(found.values())

    def indexes(self, table: str | None, at: Operation) -> list[IndexSpec]:
        """Indexes that this direction made on the table before ``at``."""
        return [
            operation.index
            for operation in self._operations[at.site.function]
            if isinstance(operation, CreateIndex)
            and operation.site.order < at.site.order
            and table is not None
            and operation.table_name == table
        ]


def _all_of(operations: Iterable[Operation]) -> Iterator[Operation]:
    """The operations, and with them those of functions of other modules."""
    for operation in operations:
        yield operation
        if isinstance(operation, Followed):
            yield from operation.operations


def may_meet(one: Site, other: Site) -> bool:
    """Whether there is a database that two operations of a revision both run on."""
    if one.dialects is None or other.dialects is None:
        both = one.dialects if other.dialects is None else other.dialects
    else:
        both = one.dialects & other.dialects
    return both is None or bool(both - one.excluded - other.excluded)


def _known(spec: ColumnSpec, operation: Operation) -> KnownColumn:
    nullable = spec.is_nullable
    return KnownColumn(
        spec,
        spec.type if isinstance(spec.type, TypeSpec) else None,
        nullable if isinstance(nullable, bool) else None,
        spec.server_default is not None and spec.server_default is not False,
        operation,
    )


def _altered(known: KnownColumn, operation: AlterColumn) -> KnownColumn:
    return KnownColumn(
        known.spec,
        operation.type if isinstance(operation.type, TypeSpec) else known.type,
        operation.nullable if isinstance(operation.nullable, bool) else known.nullable,
        known.has_server_default
        if operation.server_default is None
        else operation.server_default is not False,
        known.made_by,
    )
