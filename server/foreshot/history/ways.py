"""Operations that perhaps run, and leave the schema as it is whether they do or not: those are no doubt.

``except OperationalError:`` that drops a column and adds it again, or a type that is set once more where a collation is known:
one condition's operations are run on a copy of the schema from before them. What comes out the same is the same either way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, cast

from msgspec import Struct
from msgspec.structs import fields

from foreshot.schema import changes as to
from foreshot.schema.apply import run
from foreshot.schema.batch import Batches
from foreshot.schema.draft import Draft
from foreshot.schema.state import Origin, Schema

_WHO_MADE_IT: Final = frozenset({"origin", "typed_by", "nullable_by", "default_by", "named_by", "rows_by"})
"""Fields of a state that say since when something is so, and nothing of what is so."""


class Ways:
    """Operations in a row under the same conditions that cannot be told: the schema without them, and with them.

    Args:
        draft: the schema before them.
        changes: all of the direction, for its batch blocks.
    """

    def __init__(self, draft: Draft, under: tuple[int, ...], changes: Sequence[to.Change]) -> None:
        self.under = under
        self._draft = draft
        self._without = draft.snapshot()
        self._with = Draft(self._without, draft.target)
        self._batches = Batches(self._with, changes)
        self._told = True

    def run(self, change: to.Change, origin: Origin) -> None:
        """Apply one of the operations to the schema with them."""
        table: str | None = getattr(change, "table", None)
        known = self._without.tables.get(self._draft.meant(table) or "")
        # What the same operations do where another condition holds is only told of what is there under any.
        self._told = self._told and not isinstance(change, to.Rows | to.Unread | to.Commit)
        self._told = self._told and (known is None or (known.there is None and not known.perhaps))
        if self._told:
            self._batches.enter(change, origin)
            run(self._with, change, origin)

    def close(self) -> None:
        """Behind the last of them: take the draft back to what it was where that is the same."""
        before, after = self._without, self._with.freeze()
        if not self._told or not _same_schema(before, after):
            return
        self._draft.take(before)


def _same_schema(one: Schema, other: Schema) -> bool:
    return all(
        _same(getattr(one, field.name), getattr(other, field.name))
        for field in fields(Schema)
        if field.name != "gone"
    )


def _same(one: object, other: object) -> bool:
    """Whether two states say the same, whoever made it so; columns in the same order."""
    if one is other:
        return True
    if isinstance(one, Struct) and type(one) is type(other):
        return all(
            _same_field(field.name, getattr(one, field.name), getattr(other, field.name))
            for field in fields(one)
        )
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        mine, theirs = cast("Mapping[object, object]", one), cast("Mapping[object, object]", other)
        return list(mine) == list(theirs) and all(_same(mine[key], theirs[key]) for key in mine)
    if isinstance(one, tuple) and isinstance(other, tuple):
        pair = cast("tuple[tuple[object, ...], tuple[object, ...]]", (one, other))
        return len(pair[0]) == len(pair[1]) and all(map(_same, *pair))
    return one == other


def _same_field(name: str, one: object, other: object) -> bool:
    if name in _WHO_MADE_IT:
        return True
    if name.endswith("_by") and name != "implied_by":
        # Filled, validated: since when it is so does not matter, whether it is so does.
        return (one is None) == (other is None)
    return _same(one, other)
