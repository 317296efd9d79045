"""What a batch block that makes the table anew loses: what Alembic does not read back of the old one."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from foreshot.schema import changes as to
from foreshot.schema.draft import Draft
from foreshot.schema.plain import Called
from foreshot.schema.state import Check, Origin

_KEPT_IN_PLACE = (to.MadeIndex, to.LostIndex)


class Batches:
    """The batch blocks of one direction: whether each makes its table anew, and what that does to it."""

    def __init__(self, draft: Draft, changes: Sequence[to.Change]) -> None:
        self._draft = draft
        self._anew: dict[int, bool] = {}
        self._entered: set[int] = set()
        for change in changes:
            batch = change.at.batch
            if batch < 0 or not change.at.runs_on(draft.dialect):
                continue
            anew = change.at.recreate == "always" or (
                change.at.recreate != "never" and draft.dialect == "sqlite" and _needs_copy(change)
            )
            self._anew[batch] = self._anew.get(batch, False) or anew

    def enter(self, change: to.Change, origin: Origin) -> None:
        """Before the first change of a block: the table is read back, and what is not read back is lost."""
        batch = change.at.batch
        if batch < 0 or batch in self._entered:
            return
        self._entered.add(batch)
        name = self._draft.find(getattr(change, "table", None))
        if not self._anew.get(batch) or name is None or self._draft.dialect != "sqlite":
            return
        self._draft.origin = origin
        table = self._draft.tables[name]
        self._draft.put(
            replace(
                table,
                checks=tuple([item for item in table.checks if item.name is not None or self._again(item)]),
                indexes=tuple([item for item in table.indexes if not item.expressions]),
            )
        )
        for place in [
            place
            for place, thing in self._draft.things.items()
            if thing.kind == "trigger" and thing.table == name
        ]:
            self._draft.things.pop(place)

    def _again(self, check: Check) -> bool:
        """Whether the type of a column that was read back brings it again."""
        return self._draft.target.types_check and check.implied_by is not None


def _needs_copy(change: to.Change) -> bool:
    """Whether SQLite's Alembic cannot do it with ALTER TABLE (``requires_recreate_in_batch``)."""
    if isinstance(change, _KEPT_IN_PLACE) or change.at.raw:
        return False
    if isinstance(change, to.MadeColumn):
        column = change.column
        return isinstance(column.default, Called) or column.computed is not None
    return not isinstance(change, to.Rows | to.Unread | to.MovedTable | to.LegacyRenames)
