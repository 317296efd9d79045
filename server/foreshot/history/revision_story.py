"""The story of one revision: the schema before and after each of its operations, in both directions, for one target."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import NamedTuple

from foreshot.history.delta import Delta
from foreshot.history.fold import steps
from foreshot.history.story import Story
from foreshot.migration.graph_parts import Node
from foreshot.migration.specs import Direction, Site
from foreshot.schema.apply_tables import commit
from foreshot.schema.draft import Draft
from foreshot.schema.state import Conflict, Origin, Schema, Target
from foreshot.text import Span


class _Run(NamedTuple):
    """One direction, applied."""

    moments: list[tuple[int, Schema]]
    """The schema before each operation that runs, by the operation's number, and that behind the last, which is not committed yet."""
    end: Schema


class RevisionStory:
    """Worked out as it is asked for, and kept as long as somebody looks at the revision.

    Args:
        story: that of the whole history; None for a revision that has no place in it.
        node: the revision's place in the history.
        other: what the text that is looked at does, where that may be newer than what the history has.
    """

    def __init__(
        self,
        story: Story,
        node: Node,
        other: Delta | None = None,
        place: Callable[[Origin], tuple[str, Span] | None] = lambda _origin: None,
    ) -> None:
        self._story = story
        self.place_of = place
        """The file and the span of an origin; None where it cannot be found."""
        self._node = node
        self._other = other

    @property
    def target(self) -> Target:
        """For which database it is told."""
        return self._story.target

    @property
    def revision(self) -> str:
        """The revision's id."""
        return self._node.id

    @cached_property
    def _before(self) -> Schema:
        return self._story.before_key(self._node.key)

    @cached_property
    def _between(self) -> Schema:
        end = self._upgrade_run.end
        return end if self._other is not None else self._story.kept_after(self._node.key, end)

    @cached_property
    def _delta(self) -> Delta:
        return self._other if self._other is not None else self._story.does(self._node.key)

    def above(self) -> Iterator[tuple[str, Delta]]:
        """The revisions above it, nearest first and as long as each follows one alone: id and what it does."""
        return self._story.above(self._node.key)

    def start(self, direction: Direction) -> Schema:
        """What a direction finds: for ``downgrade`` that is what the revision's own ``upgrade()`` made."""
        return self._before if direction == "upgrade" else self._between

    def end(self, direction: Direction) -> Schema:
        """What a direction leaves behind."""
        return self._between if direction == "upgrade" else self._downgrade_run.end

    def before_operation(self, site: Site) -> Schema:
        """The schema just before the operation of that site; where it does not run on the target, that before it would."""
        moments = self._run(site.function).moments
        at = bisect_left(moments, site.order, key=_order)
        if at < len(moments):
            return moments[at][1]
        return moments[-1][1] if moments else self.start(site.function)

    def after_operation(self, site: Site) -> Schema:
        """The schema just behind the operation of that site."""
        moments = self._run(site.function).moments
        at = bisect_right(moments, site.order, key=_order)
        return moments[at][1] if at < len(moments) else self.end(site.function)

    def _run(self, direction: Direction) -> _Run:
        return self._upgrade_run if direction == "upgrade" else self._downgrade_run

    @cached_property
    def _upgrade_run(self) -> _Run:
        return self._applied("upgrade")

    @cached_property
    def _downgrade_run(self) -> _Run:
        return self._applied("downgrade")

    def _applied(self, direction: Direction) -> _Run:
        """One direction, applied once for all that is asked of it."""
        draft = Draft(self.start(direction), self.target)
        found: list[tuple[int, Schema]] = []
        last = -1
        for change, _ in steps(draft, self.revision, self._delta, direction):
            if change.at.order > last:
                found.append((change.at.order, draft.snapshot()))
                last = change.at.order
        if last >= 0:
            found.append((last + 1, draft.snapshot()))
        commit(draft)
        return _Run(found, draft.freeze())

    def own_conflicts(self) -> tuple[Conflict, ...]:
        """What both sides of the merge that this revision is did to one object."""
        parents = [
            name for name in self._node.header.down_revisions if self._story.graph.node(name) is not None
        ]
        known = {item for name in parents for item in self._story.after(name).conflicts}
        return tuple(item for item in self._before.conflicts if item not in known)


def _order(moment: tuple[int, Schema]) -> int:
    return moment[0]
