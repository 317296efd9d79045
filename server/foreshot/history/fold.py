"""From the state before a revision to the state after it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from msgspec.structs import replace

from foreshot.history.delta import Delta, with_origins
from foreshot.history.guards import UNKNOWN, Answers
from foreshot.history.ways import Ways
from foreshot.migration.specs import Direction, Each
from foreshot.schema import changes as to
from foreshot.schema.apply import run
from foreshot.schema.apply_tables import commit
from foreshot.schema.batch import Batches
from foreshot.schema.draft import Draft
from foreshot.schema.looped import Row, filled, flat, rows_of
from foreshot.schema.state import Origin, Schema, Target

MAX_FORKS: Final = 100
"""Conditions of one direction of one revision for which the schema is told both ways."""
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
    telling.end()


class _Telling:
    """One direction of one revision while it is applied."""

    def __init__(self, draft: Draft, changes: Sequence[to.Change]) -> None:
        self._draft = draft
        self._turns = MAX_TURNS
        self._changes = list(flat(changes))
        self._batches = Batches(draft, self._changes)
        self._ways: Ways | None = None
        self._forks = MAX_FORKS
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
            runs, under = answers.runs(written)
            if not runs:
                continue
            change: to.Change = filled(written, answers.rows) if answers.rows else written
            self._either_way(under)
            yield change, origin
            self._batches.enter(change, origin)
            # A condition inside a loop is asked at each turn.
            run(draft, change, origin, UNKNOWN if under else "", () if answers.rows else under)
            if self._ways is not None:
                self._ways.run(change, origin)
            if draft.target.is_mysql or at.autocommit:
                commit(draft)

    def end(self) -> None:
        """Behind the last change."""
        self._either_way(())

    def _either_way(self, under: tuple[int, ...]) -> None:
        """Before a change: whether the ones in doubt that came before it have changed anything."""
        known = self._ways
        if known is not None and known.under != under:
            known.close()
            self._ways = None
        if under and self._ways is None and self._forks > 0:
            self._forks -= 1
            self._ways = Ways(self._draft, under, self._changes)

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
        if each.needed:
            # No row was found, and what was to use it runs without.
            yield from self.told(inner, answers.inside(each, None))


def _loops(changes: Sequence[to.Change]) -> Iterator[to.Looped]:
    for change in changes:
        if isinstance(change, to.Looped):
            yield change
            yield from _loops(change.changes)
