"""From the state before a revision to the state after it."""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.history.delta import Delta, with_origins
from foreshot.history.guards import Answers
from foreshot.migration.specs import Direction
from foreshot.schema import changes as to
from foreshot.schema.apply import run
from foreshot.schema.apply_tables import commit
from foreshot.schema.batch import Batches
from foreshot.schema.draft import Draft
from foreshot.schema.state import Origin, Schema, Target


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
    answers, batches = Answers(draft), Batches(draft, changes)
    for change, origin in with_origins(revision, direction, changes):
        if not change.at.runs_on(draft.dialect):
            continue
        runs, doubt = answers.runs(change)
        if not runs:
            continue
        yield change, origin
        batches.enter(change, origin)
        run(draft, change, origin, doubt)
        if draft.target.is_mysql or change.at.autocommit:
            commit(draft)
