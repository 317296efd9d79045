"""From the state before a revision to the state after it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from msgspec.structs import replace

from foreshot.history.delta import Delta, with_origins
from foreshot.history.guards import Answers
from foreshot.migration.specs import Direction, Each
from foreshot.schema import changes as to
from foreshot.schema.apply import run
from foreshot.schema.apply_tables import commit
from foreshot.schema.batch import Batches
from foreshot.schema.draft import Draft
from foreshot.schema.looped import Row, filled, flat, rows_of
from foreshot.schema.state import Origin, Schema, Target

MAX_TURNS: Final = 10_000
"""Changes that loops over what the database answers make, in one direction of one revision."""


def after(
    schema: Schema, revision: str, delta: Delta, target: Target, direction: Direction = "upgrade"
) -> Schema:
    """The schema after one direction of a revision, which is committed then."""
    draft = Draft(schema, target)
    for _ in steps(draft, revision, delta, direction):
        pass
    commit(draft)
    return draft.freeze()


def steps(
    draft: Draft, revision: str, delta: Delta, direction: Direction
) -> Iterator[tuple[to.Change, Origin]]:
    """Apply the changes to the draft one by one; each is yielded before it is applied."""
    changes = delta.of(direction)
    if delta.problem:
        draft.origin = Origin(revision, direction, "", "")
        draft.doubt(delta.problem)
        return
    telling = _Telling(draft, changes)
    yield from telling.told(with_origins(revision, direction, changes), Answers(draft))


class _Telling:
    """One direction of one revision while it is applied."""

    def __init__(self, draft: Draft, changes: Sequence[to.Change]) -> None:
        self._draft = draft
        self._batches = Batches(draft, flat(changes))
        self._turns = MAX_TURNS
        self._rows: dict[Each, list[Row] | None] = {}
        loops = [change.each for change in _loops(changes)]
        self._pending = sorted(
            (each for each in loops if each.table is not None and not each.table.startswith("\0")),
            key=lambda each: each.asked,
            reverse=True,
        )

    def told(
        self,
        items: Iterable[tuple[to.Change, Origin]],
        answers: Answers,
    ) -> Iterator[tuple[to.Change, Origin]]:
        """Apply changes one by one; each is yielded before it is applied."""
        draft = self._draft
        for written, origin in items:
            at = written.at
            if not at.runs_on(draft.dialect):
                continue
            while self._pending and self._pending[-1].asked <= (at.order, at.inner):
                each = self._pending.pop()
                self._rows[each] = rows_of(draft, each)
            if isinstance(written, to.Looped):
                yield from self._looped(written, origin, answers)
                continue
            runs, doubt = answers.runs(written)
            if not runs:
                continue
            change: to.Change = filled(written, answers.rows) if answers.rows else written
            yield change, origin
            self._batches.enter(change, origin)
            run(draft, change, origin, doubt)
            if draft.target.is_mysql or at.autocommit:
                commit(draft)

    def _looped(
        self, change: to.Looped, origin: Origin, answers: Answers
    ) -> Iterator[tuple[to.Change, Origin]]:
        """The changes of a loop, once for each row; where the rows are not known, once and doubted."""
        each = change.each
        for guard in change.at.guards:
            if guard.number in each.outer:
                answers.ask(guard)
        known = self._rows.get(each)
        if known is None:
            table = filled(each.table, answers.rows) if each.table is not None else None
            known = rows_of(self._draft, replace(each, table=table)) if table is not None else None
        inner = [(item, origin) for item in change.changes]
        cost = len(known or ()) * len(inner)
        if known is None or self._turns < cost:
            yield from self.told(inner, answers.inside(each, None))
            return
        self._turns -= cost
        for row in known:
            done = False
            for step in self.told(inner, answers.inside(each, row)):
                done = True
                yield step
            if done and each.stops:
                return


def _loops(changes: Sequence[to.Change]) -> Iterator[to.Looped]:
    for change in changes:
        if isinstance(change, to.Looped):
            yield change
            yield from _loops(change.changes)
