"""Tables on which the models and the history agree: they are not compared again while both say what they said.

One table is changed at a time, and a comparison of all costs a second in a project of 200.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from msgspec import Struct

from foreshot.engine.described import Comparison, Options
from foreshot.engine.target import Target
from foreshot.models.model import Models, ModelTable
from foreshot.schema.state import Schema, Table

Ends = tuple[tuple[str, tuple[str, ...] | None], ...]


class Agreement(Struct, frozen=True):
    """What was compared of a table without a difference."""

    model: ModelTable | None
    """None where only the history has it, and env.py leaves it out."""
    table: Table | None
    parents: tuple[ModelTable, ...]
    """The models of the tables that the model's foreign keys lead to."""
    ends: Ends
    """Where the history's foreign keys lead, see :func:`_ends`."""


class Settled(Struct, frozen=True):
    """The tables that agree, by full name, and what else that follows from."""

    basis: tuple[object, ...]
    tables: Mapping[str, Agreement]

    def left(self, models: Models, schema: Schema, basis: tuple[object, ...]) -> frozenset[str] | None:
        """The names of the tables that have to be compared; None: all."""
        if self.basis != basis:
            return None
        wanted = {table.full_name: table for table in models.target_tables}
        names = wanted.keys() | schema.tables.keys()
        return frozenset(name for name in names if not self._holds(name, wanted, schema))

    def _holds(self, name: str, models: Mapping[str, ModelTable], schema: Schema) -> bool:
        known = self.tables.get(name)
        if known is None:
            return False
        model, table = models.get(name), schema.tables.get(name)
        return (
            _same(known.model, model)
            and _same(known.table, table)
            and all(_same(parent, models.get(parent.full_name)) for parent in known.parents)
            and known.ends == _ends(table, schema)
        )


def _same(one: object, other: object) -> bool:
    # Most are the same object, and a comparison looks at all of two that are equal.
    return one is other or one == other


def basis_of(models: Models, schema: Schema, options: Options) -> tuple[object, ...]:
    """What the comparison of each table follows from, besides the table."""
    return models.metadatas, models.hooks, models.targets, options, schema.enums, schema.sequences


def settled(
    compared: Collection[str] | None,
    before: Settled | None,
    basis: tuple[object, ...],
    target: Target,
    schema: Schema,
    comparison: Comparison,
    others: Collection[str],
) -> Settled:
    """The tables that agree now.

    Args:
        compared: the tables that were compared; None: all.
        before: those that were not, because they agreed.
        basis: see :func:`basis_of`.
        target: the models that were compared.
        schema: the history's schema.
        comparison: what came out.
        others: tables that do not agree, or of which that could not be told, besides.
    """
    names = target.tables.keys() | schema.tables.keys() if compared is None else compared
    apart = {item.table_name for item in (*comparison.differences, *comparison.again)}
    apart.update(comparison.undecided_tables, target.twice, others)
    found = {} if before is None or compared is None else dict(before.tables)
    made = {table.fullname: table for metadata in target.metadatas for table in metadata.tables.values()}
    for name in names:
        model, table = target.tables.get(name), schema.tables.get(name)
        found.pop(name, None)
        if name in apart or (model is not None and name not in made):
            continue
        if table is not None and table.there is not None:
            continue
        ends = _ends(table, schema)
        if any(columns is None for _, columns in ends):
            # What else is known of the table at the other end, the keys of further tables say.
            continue
        keys = made[name].foreign_keys if model is not None else ()
        parents = {key.target_fullname.rpartition(".")[0] for key in keys}
        if parents <= target.tables.keys():
            found[name] = Agreement(
                model, table, tuple(target.tables[parent] for parent in sorted(parents)), ends
            )
    return Settled(basis, found)


def _ends(table: Table | None, schema: Schema) -> Ends:
    """Where a table's foreign keys lead, and to which columns that are there; None where no revision made the table."""
    found: list[tuple[str, tuple[str, ...] | None]] = []
    for key in table.foreign_keys if table is not None else ():
        other = schema.tables.get(key.ref_table)
        if other is None or other.there is not None:
            found.append((key.ref_table, None))
            continue
        main = other.primary_key
        columns = key.ref_columns or (main.columns if main is not None else ())
        found.append((key.ref_table, tuple(name for name in columns if name in other.columns)))
    return tuple(found)
