"""What one revision does to the schema, both ways, as it is kept of its file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from typing import Final, cast

from msgspec import Struct
from msgspec.msgpack import Encoder
from msgspec.structs import replace

from foreshot.migration.operations import Operation
from foreshot.migration.revision import Revision
from foreshot.migration.specs import Direction
from foreshot.schema import changes as to
from foreshot.schema.lower import lower
from foreshot.schema.lower_parts import Settle
from foreshot.schema.state import Origin


class Delta(Struct, frozen=True, array_like=True):
    """The changes of a revision; ``problem`` says why they could not be read."""

    upgrade: tuple[to.Change, ...] = ()
    downgrade: tuple[to.Change, ...] = ()
    problem: str = ""
    places: tuple[tuple[tuple[int, int], ...], tuple[tuple[int, int], ...]] = ((), ())
    """Where each change stands in the file, of ``upgrade`` and of ``downgrade``: offsets in code points."""

    def of(self, direction: Direction) -> tuple[to.Change, ...]:
        """The changes of one direction."""
        return self.upgrade if direction == "upgrade" else self.downgrade


NOTHING = Delta()
_ELSEWHERE: Final = 1_000_000
"""The number of a condition that no revision writes: that the operation is one of the database in question."""


def delta_of(revision: Revision, settle: Settle | None = None) -> Delta:
    """The delta of a revision that was read; ``settle`` follows the names of types through the project's modules."""
    up, up_places = lower(_of_main(revision, "upgrade"), settle)
    down, down_places = lower(_of_main(revision, "downgrade"), settle)
    return Delta(up, down, places=(up_places, down_places))


def _of_main(revision: Revision, direction: Direction) -> tuple[Operation, ...]:
    """What is done to the main database; of Alembic's own ``multidb``, where one model may be in any, the rest perhaps as well."""
    operations = revision.of(direction)
    main = main_entry(revision, direction)
    if main == f"{direction}_":
        return tuple([item for item in operations if item.site.entry in ("", main)])
    return tuple([item if item.site.entry in ("", main) else _perhaps_there(item) for item in operations])


def _perhaps_there(operation: Operation) -> Operation:
    site = operation.site
    return replace(operation, site=replace(site, conditions=(*site.conditions, _ELSEWHERE)))


def main_entry(revision: Revision, direction: Direction) -> str:
    """The function for the main database, where a revision has one for each of several; empty where it has not.

    Flask-Migrate calls it ``upgrade_``; in Alembic's own ``multidb`` it is the only one that does anything, or else the first. What the others do is no certain
    part of the story: two databases may have tables of one name.
    """
    entries = dict.fromkeys(item.site.entry for item in revision.of(direction) if item.site.entry)
    own = [name for name in revision.module.functions if name.startswith(f"{direction}_")]
    if not entries:
        return ""
    if f"{direction}_" in own:
        return f"{direction}_"
    return next(iter(entries)) if len(entries) == 1 else own[0]


def supposed(delta: Delta, reasons: Iterable[str]) -> Delta:
    """The same where something that it was read by was taken for granted: all that it does may be otherwise."""
    found = sorted(set(reasons))
    if not found:
        return delta

    def doubted(changes: tuple[to.Change, ...]) -> tuple[to.Change, ...]:
        last = max((change.at.order for change in changes), default=0)
        return (*changes, *[to.Unread(to.At(last, "opaque"), reason) for reason in found]) if changes else ()

    places = cast(
        "tuple[tuple[tuple[int, int], ...], tuple[tuple[int, int], ...]]",
        tuple([(*side, *[side[-1]] * len(found)) if side else side for side in delta.places]),
    )
    return replace(delta, upgrade=doubted(delta.upgrade), downgrade=doubted(delta.downgrade), places=places)


def with_origins(
    revision: str, direction: Direction, changes: Sequence[to.Change]
) -> Iterator[tuple[to.Change, Origin]]:
    """Each change with its origin."""
    count: Counter[tuple[str, str]] = Counter()
    for change in changes:
        key = (change.at.kind, about(change))
        yield change, Origin(revision, direction, *key, count[key])
        count[key] += 1


def about(change: to.Change) -> str:
    """The object that a change is about, as :attr:`Origin.object` names it."""
    match change:
        case to.MadeColumn(table=table, column=column):
            return f"{table or ''}.{column.name or ''}"
        case to.LostColumn(table=table, column=column) | to.SetColumn(table=table, column=column):
            return f"{table or ''}.{column or ''}"
        case to.MadeIndex(index=index):
            return index.name or ""
        case to.LostIndex(name=name) | to.MovedIndex(name=name) | to.LostConstraint(name=name):
            return name or ""
        case to.MovedConstraint(name=name) | to.Validated(name=name) | to.MadeEnum(name=name):
            return name or ""
        case to.LostType(name=name) | to.MadeValue(name=name) | to.MovedValue(name=name):
            return name or ""
        case to.MadeThing(name=name) | to.LostThing(name=name):
            return name or ""
        case to.MadeConstraint(constraint=constraint, key=key, check=check, table=table):
            made = constraint or key or check
            return (made.name if made is not None else "") or table or ""
        case to.Looped() | to.Unread() | to.Commit() | to.LegacyRenames():
            return ""
        case _:
            return change.table or ""


def place_of(delta: Delta, origin: Origin) -> tuple[int, int] | None:
    """Where the operation that an origin means stands in its file; None when it is not there."""
    changes = delta.of(origin.direction)
    places = delta.places[origin.direction == "downgrade"]
    for index, (_, found) in enumerate(with_origins(origin.revision, origin.direction, changes)):
        if found == origin and index < len(places):
            return places[index]
    return None


def digest_of(delta: Delta) -> bytes:
    """A digest of what the revision does, wherever that stands in its file."""
    parts = (delta.upgrade, delta.downgrade, delta.problem)
    return blake2b(ENCODER.encode(parts), digest_size=12).digest()


def _plain(value: object) -> str:
    """A text of a subclass, such as a name that went through ``op.f()``, as the encoder knows texts."""
    if isinstance(value, str):
        return str(value)
    raise NotImplementedError(f"{type(value).__name__} is no part of a delta")


ENCODER = Encoder(enc_hook=_plain)
"""Writes what revisions do, for digests and the cache."""
