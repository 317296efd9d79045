"""The schema before and after every revision of a history, for one target."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from heapq import heapify, heappop, heappush
from typing import Final

from msgspec.structs import replace

from foreshot.history.conflicts import conflicts_of
from foreshot.history.delta import NOTHING, Delta
from foreshot.history.fold import after
from foreshot.migration.graph import RevisionGraph
from foreshot.migration.graph_walk import Edges
from foreshot.schema.state import Origin, Perhaps, Schema, Target

EVERY: Final = 100
"""Of so many states along the history one is kept for good."""
RECENT: Final = 256
"""States that are kept besides: those that were asked for last."""
EMPTY: Final = Schema()
_UNNAMED: Final = Schema(
    perhaps=(Perhaps("the naming convention is not known", Origin("", "upgrade", "", "")),)
)


class Story:
    """Worked out as it is asked for, from the nearest state that is kept. Nothing here raises for what a history is like.

    Args:
        graph: the history.
        delta: what the file of that key does.
        beginning: what is there before the first revision.
    """

    def __init__(
        self,
        graph: RevisionGraph,
        delta: Callable[[str], Delta],
        target: Target,
        beginning: Schema | None = None,
    ) -> None:
        self.graph = graph
        self.target = target
        self._nothing = beginning or (EMPTY if target.conventions_known else _UNNAMED)
        self._delta = delta
        self._shape = graph.shape
        self._kept: dict[int, Schema] = {}
        self._recent: OrderedDict[int, Schema] = OrderedDict()

    def after_changes(
        self, graph: RevisionGraph, delta: Callable[[str], Delta], changed: Sequence[str]
    ) -> Story:
        """The story of a history of the same shape in which some files do something else: states before them are taken over."""
        made = Story(graph, delta, self.target, self._nothing)
        position = self._shape.position
        places = [position[place] for key in changed if (place := self._places.get(key)) is not None]
        first = min(places, default=None)
        if first is None:
            made._kept, made._recent = self._kept, self._recent
            return made
        made._kept = {index: known for index, known in self._kept.items() if position[index] < first}
        made._recent.update(
            (index, known) for index, known in self._recent.items() if position[index] < first
        )
        return made

    def before(self, revision: str) -> Schema:
        """The schema that ``upgrade()`` of a revision finds; empty for one that is not here."""
        index = self._shape.first.get(revision)
        return self._nothing if index is None else self._before(index)

    def before_key(self, key: str) -> Schema:
        """The same by the file."""
        index = self._places.get(key)
        return self._nothing if index is None else self._before(index)

    def after_key(self, key: str) -> Schema:
        """The schema after a revision, by the file."""
        index = self._places.get(key)
        return self._nothing if index is None else self._after(index)

    def kept_after(self, key: str, schema: Schema) -> Schema:
        """The schema after a revision, by the file, for which ``schema`` was worked out: what is known of it, or that from now on."""
        index = self._places.get(key)
        if index is None:
            return schema
        known = self._known(index)
        if known is None:
            self._keep(index, schema)
        return schema if known is None else known

    def does(self, key: str) -> Delta:
        """What the file of that key does, as the story is told."""
        index = self._places.get(key)
        return NOTHING if index is None else self._delta_of(index)

    @cached_property
    def _places(self) -> dict[str, int]:
        return {node.key: index for index, node in enumerate(self.graph.nodes)}

    def above(self, key: str) -> Iterator[tuple[str, Delta]]:
        """The revisions above a file's, nearest first and as long as each follows one alone: id and what it does."""
        index = self._places.get(key)
        while index is not None and len(uppers := self._uppers(index)) == 1:
            index = uppers[0]
            yield self._shape.ids[index], self._delta_of(index)

    def after(self, revision: str) -> Schema:
        """The schema after a revision, which is what its ``downgrade()`` finds."""
        index = self._shape.first.get(revision)
        return self._nothing if index is None else self._after(index)

    def at_heads(self, heads: Sequence[str] | None = None) -> Schema:
        """The schema after an upgrade to several heads (all, when None)."""
        wanted = [self._shape.first[head] for head in heads or self.graph.heads if head in self._shape.first]
        return self._joined(wanted)

    # -- Walking

    def _uppers(self, index: int) -> list[int]:
        """Those that come directly before, without what a loop leads back to."""
        position = self._shape.position
        return [upper for upper in self._shape.upper[index] if position[upper] < position[index]]

    def _known(self, index: int) -> Schema | None:
        found = self._kept.get(index)
        if found is None and (found := self._recent.get(index)) is not None:
            self._recent.move_to_end(index)
        return found

    def _keep(self, index: int, schema: Schema) -> None:
        if self._shape.position[index] % EVERY == 0:
            self._kept[index] = schema
            return
        self._recent[index] = schema
        if len(self._recent) > RECENT:
            self._recent.popitem(last=False)

    def _after(self, index: int) -> Schema:
        chain: list[int] = []
        at = index
        schema = self._known(at)
        while schema is None:
            chain.append(at)
            uppers = self._uppers(at)
            if not uppers:
                break
            at = uppers[0]
            schema = self._known(at)
        for step in reversed(chain):
            schema = self._step(step, schema if schema is not None else self._nothing)
            self._keep(step, schema)
        return schema if schema is not None else self._nothing

    def _step(self, index: int, first: Schema) -> Schema:
        """The state after a revision, from that after its first parent."""
        found = self._met(index, first)
        return after(found, self._shape.ids[index], self._delta_of(index), self.target)

    def _before(self, index: int) -> Schema:
        uppers = self._uppers(index)
        return self._met(index, self._after(uppers[0]) if uppers else self._nothing)

    def _met(self, index: int, first: Schema) -> Schema:
        """The state that a revision finds: that after its first parent, and what its other parents bring."""
        uppers = self._uppers(index)
        if len(uppers) > 1:
            first = self._merged(first, uppers[0], uppers[1:], self._shape.ids[index])
        return self._flawed(index, first)

    def _flawed(self, index: int, schema: Schema) -> Schema:
        """The state with what is wrong with the history above a revision."""
        reason = self._missing_reason(index)
        if not reason:
            return schema
        return replace(
            schema,
            perhaps=(*schema.perhaps, Perhaps(reason, Origin(self._shape.ids[index], "upgrade", "", ""))),
        )

    def _missing_reason(self, index: int) -> str:
        header = self.graph.nodes[index].header
        for parent in header.down_revisions:
            if parent and parent not in self._shape.first:
                return "an earlier revision is missing"
        if header.has_problem("down_revision"):
            return "its parents is not known"
        if len(self._uppers(index)) < len(self._shape.upper[index]):
            return "the history goes in a circle"
        return ""

    def _joined(self, tips: Sequence[int]) -> Schema:
        if not tips:
            return self._nothing
        first = self._after(tips[0])
        return self._merged(first, tips[0], tips[1:], "") if len(tips) > 1 else first

    def _merged(self, schema: Schema, first: int, others: Sequence[int], merge: str) -> Schema:
        """The state after ``first`` with what the others and their own ancestors do."""
        own = missing(first, others, self._shape.upper, self._shape.position)
        if not own:
            return schema
        if merge:
            mine = missing(others[0], [first], self._shape.upper, self._shape.position)
            sides = [[(self._shape.ids[item], self._delta_of(item)) for item in side] for side in (mine, own)]
            found = conflicts_of(sides[0], sides[1], self.target)
            if found:
                schema = replace(schema, conflicts=(*schema.conflicts, *found))
        for index in own:
            schema = after(
                self._flawed(index, schema), self._shape.ids[index], self._delta_of(index), self.target
            )
        return schema

    def _delta_of(self, index: int) -> Delta:
        return self._delta(self.graph.nodes[index].key) if index < len(self.graph.nodes) else NOTHING


def missing(first: int, others: Sequence[int], upper: Edges, position: Sequence[int]) -> list[int]:
    """The others and their ancestors, without ``first`` and its ancestors, upper before lower.

    Only what lies below the ancestors that they share is visited.
    """
    marks: dict[int, int] = {first: 1}
    for other in others:
        marks[other] = marks.get(other, 0) | 2
    heap = [(-position[vertex], vertex) for vertex in marks]
    heapify(heap)
    done: set[int] = set()
    open_ends = sum(1 for mark in marks.values() if mark == 2)
    found: list[int] = []
    while heap and open_ends:
        _, vertex = heappop(heap)
        if vertex in done:
            continue
        done.add(vertex)
        mark = marks[vertex]
        if mark == 2:
            found.append(vertex)
            open_ends -= 1
        for above in upper[vertex]:
            if position[above] >= position[vertex]:
                continue
            old = marks.get(above, 0)
            new = old | mark
            if new != old:
                marks[above] = new
                open_ends += (new == 2) - (old == 2)
            if above not in done:
                heappush(heap, (-position[above], above))
    found.reverse()
    return found
