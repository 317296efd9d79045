"""The edges of a revision graph, as numbers: what can be worked out once and shared by equal graphs."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Sequence
from functools import cached_property

from foreshot.migration.graph_walk import order
from foreshot.migration.revision_parts import RevisionHeader

MIN_PARTIAL = 4
"""Characters that an id must have for its start to stand for it, as in Alembic."""


class Shape:
    """The edges of a graph, by the number of each file in the order of keys, and what follows from them alone.

    It holds nothing that an edit elsewhere in a file changes, so graphs that differ in messages or positions share
    one. ``parents`` and ``children`` follow ``down_revision``; ``upper`` and ``lower`` follow ``depends_on`` too.
    """

    def __init__(self, headers: Sequence[RevisionHeader]) -> None:
        ids = [header.revision for header in headers]
        count = len(ids)
        first = dict(zip(reversed(ids), range(count - 1, -1, -1), strict=True))
        first.pop("", None)
        self.ids = ids
        self.first = first
        self.parents: list[tuple[int, ...]] = []
        self.children: list[list[int]] = [[] for _ in range(count)]
        self.labels: dict[str, int] = {}
        self.label_collisions: list[tuple[str, int, int]] = []
        self.unread_labels: set[int] = set()
        depending: list[int] = []
        parents, children = self.parents, self.children
        for index, header in enumerate(headers):
            above = tuple(
                {first[name]: None for name in header.down_revisions if name in first and name != ids[index]}
            )
            parents.append(above)
            for parent in above:
                children[parent].append(index)
            if header.depends_on:
                depending.append(index)
            for label in header.branch_labels:
                other = self.labels.get(label, first.get(label))
                if other is None:
                    self.labels[label] = index
                else:
                    self.label_collisions.append((label, index, other))
            if header.problems and header.has_problem("branch_labels"):
                self.unread_labels.add(index)
        self.dependencies: dict[int, tuple[int, ...]] = {}
        self.unresolved: list[tuple[int, int, str, int | None]] = []
        self.upper: Sequence[Sequence[int]] = parents
        self.lower: Sequence[Sequence[int]] = children
        if depending:
            self._add_dependencies(headers, depending)

    def _add_dependencies(self, headers: Sequence[RevisionHeader], depending: Sequence[int]) -> None:
        upper: list[Sequence[int]] = list(self.parents)
        lower: list[Sequence[int]] = list(self.children)
        extra: dict[int, list[int]] = {}
        for index in depending:
            targets: dict[int, None] = {}
            for at, name in enumerate(headers[index].depends_on):
                target = self.first.get(name, self.labels.get(name))
                if target is None:
                    target = self.meant(name)
                    self.unresolved.append((index, at, name, target))
                if target is not None and self.ids[target] != self.ids[index]:
                    targets[target] = None
            self.dependencies[index] = tuple(targets)
            above = set(self.parents[index])
            added = [target for target in targets if target not in above]
            upper[index] = (*self.parents[index], *added)
            for target in added:
                extra.setdefault(target, []).append(index)
        for target, below in extra.items():
            lower[target] = sorted((*self.children[target], *below))
        self.upper, self.lower = upper, lower

    def meant(self, name: str) -> int | None:
        """What a name that is neither id nor label most likely means: the one id that it starts, or ``label@…``."""
        label, at, rest = name.partition("@")
        if at:
            if rest in ("head", "heads", "base"):
                return self.labels.get(label)
            name = rest
        if name in self.first:
            return self.first[name]
        starting = self.starting_with(name)
        return starting[0] if len(starting) == 1 else None

    def starting_with(self, partial: str) -> list[int]:
        """The revisions whose ids start so, at most two of them; none for fewer than :data:`MIN_PARTIAL` characters."""
        if len(partial) < MIN_PARTIAL:
            return []
        ids = self._sorted_ids
        at = bisect_left(ids, partial)
        return [self.first[name] for name in ids[at : at + 2] if name.startswith(partial)]

    @cached_property
    def _sorted_ids(self) -> list[str]:
        return sorted(self.first)

    @cached_property
    def primary(self) -> list[int]:
        """The files that ids mean: those with a readable id, the first of each."""
        return sorted(self.first.values())

    @cached_property
    def sorted(self) -> tuple[list[int], list[list[int]]]:
        """The topological order and the tangled groups; see :func:`foreshot.migration.graph_walk.order`."""
        return order(self.upper, self.lower)

    @cached_property
    def position(self) -> list[int]:
        """The place of each file in the topological order."""
        position = [0] * len(self.ids)
        for place, index in enumerate(self.sorted[0]):
            position[index] = place
        return position

    @cached_property
    def forks(self) -> set[int]:
        """Files that revisions of different ids follow or depend on: Alembic's ``_is_real_branch_point``."""
        ids = self.ids
        return {
            index
            for index, below in enumerate(self.lower)
            if len(below) > 1 and len({ids[other] for other in below}) > 1
        }

    def label_marks(
        self, headers: Sequence[RevisionHeader], wanted: Collection[int]
    ) -> dict[int, tuple[int, int]]:
        """For each wanted file a token that is equal where the branch labels from above are the same.

        One pass with a bit for each label; a file whose labels cannot be read has a bit of its own.
        """
        if not self.labels and not self.unread_labels:
            return dict.fromkeys(wanted, (0, 0))
        bits: dict[str | int, int] = {}
        marks: dict[int, int] = {}
        waiting = [len(below) for below in self.children]
        tokens: dict[int, tuple[int, int]] = {}
        wanted = set(wanted)
        for index in self.sorted[0]:
            mark = 0
            for parent in self.parents[index]:
                mark |= marks.get(parent, 0)
                waiting[parent] -= 1
                if not waiting[parent]:
                    # A long history in which every revision has a label would not fit in memory otherwise.
                    marks.pop(parent, None)
            own = [bits.setdefault(label, len(bits)) for label in headers[index].branch_labels]
            if index in self.unread_labels:
                own.append(bits.setdefault(index, len(bits)))
            if own:
                mark |= _bits(own)
            if waiting[index]:
                marks[index] = mark
            if index in wanted:
                tokens[index] = (hash(mark), mark.bit_count())
        return tokens


def _bits(places: Sequence[int]) -> int:
    """The number with these bits: made at once, since one bit after the other copies it each time."""
    made = bytearray((max(places) >> 3) + 1)
    for place in places:
        made[place >> 3] |= 1 << (place & 7)
    return int.from_bytes(made, "little")
