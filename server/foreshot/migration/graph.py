"""The graph of revisions: what follows what, where it forks and joins, and where it is broken.

Agrees with Alembic's ``RevisionMap`` (``alembic/script/revision.py``, 1.20) wherever that can be built, and goes on
where Alembic stops: loops, missing parents, repeated ids and unreadable headers are answers here, never exceptions.
A revision is referred to by its id; where several files share one id, it means the first of them by key, and the
others are reached through their :class:`Node`. Every walk is iterative, and what is not asked for is not computed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import cached_property

from foreshot.migration.graph_parts import (
    Cycle,
    LabelCollision,
    MergePlan,
    MissingParent,
    Node,
    UnresolvedDependency,
)
from foreshot.migration.graph_shape import Shape
from foreshot.migration.graph_walk import compare, islands, reach, shortest_loop
from foreshot.migration.revision_parts import RevisionHeader

__all__ = [
    "Cycle",
    "LabelCollision",
    "MergePlan",
    "MissingParent",
    "Node",
    "Ref",
    "RevisionGraph",
    "UnresolvedDependency",
]

Ref = str | Node
"""A revision id, or the file that is meant where ids repeat."""


class RevisionGraph:
    """An immutable graph over revision files.

    Args:
        nodes: in any order. Of two with the same key the last counts.
    """

    def __init__(self, nodes: Iterable[Node]) -> None:
        by_key = {node.key: node for node in nodes}
        self.nodes: tuple[Node, ...] = tuple(by_key[key] for key in sorted(by_key))
        """Every file, ordered by key."""
        self.shape = Shape([node.header for node in self.nodes])

    # -- Files and ids

    def __len__(self) -> int:
        return len(self.nodes)

    def __contains__(self, revision: object) -> bool:
        return revision in self.shape.first

    @cached_property
    def _by_key(self) -> dict[str, int]:
        return {node.key: index for index, node in enumerate(self.nodes)}

    def node(self, revision: str) -> Node | None:
        """The file that an id means, or None."""
        index = self.shape.first.get(revision)
        return None if index is None else self.nodes[index]

    def index(self, key: str) -> int | None:
        """The place of a file among :attr:`nodes`, or None."""
        return self._by_key.get(key)

    def at(self, key: str) -> Node | None:
        """The node of a file, or None."""
        index = self._by_key.get(key)
        return None if index is None else self.nodes[index]

    def labelled(self, label: str) -> Node | None:
        """The revision whose ``branch_labels`` gives this label (the first by key), or None."""
        index = self.shape.labels.get(label)
        return None if index is None else self.nodes[index]

    @property
    def names(self) -> tuple[str, ...]:
        """Every id, in the order of files, and then every branch label."""
        shape = self.shape
        return (*(shape.ids[index] for index in shape.primary), *shape.labels)

    def with_replaced(self, key: str, header: RevisionHeader | None) -> RevisionGraph:
        """The graph with one file's header changed, or the file added, or removed (None).

        Returns ``self`` for an equal header. When only words or positions changed, the new graph shares this one's
        :attr:`shape`, which is then the same object: what was derived from it holds.
        """
        index = self._by_key.get(key)
        if index is None:
            return self if header is None else RevisionGraph((*self.nodes, Node(key, header)))
        if header is None:
            return RevisionGraph((*self.nodes[:index], *self.nodes[index + 1 :]))
        old = self.nodes[index].header
        if old == header:
            return self
        nodes = (*self.nodes[:index], Node(key, header), *self.nodes[index + 1 :])
        if _identity(old) != _identity(header):
            return RevisionGraph(nodes)
        graph = RevisionGraph.__new__(RevisionGraph)
        graph.nodes, graph.shape, graph._by_key = nodes, self.shape, self._by_key
        return graph

    def without(self, keys: Collection[str]) -> RevisionGraph:
        """The graph of the other files."""
        return RevisionGraph(node for node in self.nodes if node.key not in keys)

    # -- Neighbours

    def parents(self, revision: Ref) -> tuple[Node, ...]:
        """The revisions that ``down_revision`` names and that exist, in the order written."""
        return self._nodes(self.shape.parents[index] for index in self._indexes(revision))

    def children(self, revision: Ref) -> tuple[Node, ...]:
        """The files whose ``down_revision`` names this one."""
        return self._nodes(self.shape.children[index] for index in self._indexes(revision))

    def dependencies(self, revision: Ref) -> tuple[Node, ...]:
        """The revisions that ``depends_on`` leads to."""
        return self._nodes(self.shape.dependencies.get(index, ()) for index in self._indexes(revision))

    def _nodes(self, groups: Iterable[Iterable[int]]) -> tuple[Node, ...]:
        return tuple(self.nodes[index] for group in groups for index in group)

    def _indexes(self, *revisions: Ref) -> list[int]:
        """Their numbers; a revision that is not here is left out."""
        found = (
            self.shape.first.get(revision) if isinstance(revision, str) else self._by_key.get(revision.key)
            for revision in revisions
        )
        return [index for index in found if index is not None]

    def _ids(self, indexes: Iterable[int]) -> frozenset[str]:
        ids = self.shape.ids
        return frozenset(ids[index] for index in indexes if ids[index])

    # -- Lineage

    def ancestors(self, *revisions: Ref, dependencies: bool = True) -> frozenset[str]:
        """Every id before the given ones, which are not included themselves (unless one is before another).

        Args:
            revisions: ids or nodes; those that are not here count for nothing.
            dependencies: follow ``depends_on`` as well as ``down_revision``.
        """
        shape = self.shape
        return self._ids(reach(self._indexes(*revisions), shape.upper if dependencies else shape.parents))

    def descendants(self, *revisions: Ref, dependencies: bool = True) -> frozenset[str]:
        """Every id after the given ones; see :meth:`ancestors`."""
        shape = self.shape
        return self._ids(reach(self._indexes(*revisions), shape.lower if dependencies else shape.children))

    def lineage(self, *revisions: Ref) -> tuple[Node, ...]:
        """What an upgrade to these revisions runs, in order: their ancestors and themselves."""
        starts = self._indexes(*revisions)
        wanted = reach(starts, self.shape.upper).union(starts)
        position = self.shape.position
        return tuple(self.nodes[index] for index in sorted(wanted, key=position.__getitem__))

    def newer_than(self, *revisions: Ref) -> tuple[Node, ...]:
        """In topological order, the files that are neither these revisions nor before them.

        Files that repeat an id are judged by that id.
        """
        past = self.ancestors(*revisions) | self._ids(self._indexes(*revisions))
        return tuple(node for node in self.order if node.id not in past)

    @cached_property
    def order(self) -> tuple[Node, ...]:
        """Every file, after all that it follows and depends on; a branch is finished before the next is begun."""
        return tuple(self.nodes[index] for index in self.shape.sorted[0])

    def in_order(self, keys: Iterable[str]) -> list[Node]:
        """The nodes of some files, as :attr:`order` has them."""
        indexes = {index for key in keys if (index := self._by_key.get(key)) is not None}
        position = self.shape.position
        return [self.nodes[index] for index in sorted(indexes, key=position.__getitem__)]

    # -- Ends and forks

    @cached_property
    def heads(self) -> tuple[str, ...]:
        """Ids that no ``down_revision`` names, in the order of files. Alembic's ``get_heads()``."""
        shape = self.shape
        return tuple(shape.ids[index] for index in shape.primary if not shape.children[index])

    @cached_property
    def real_heads(self) -> tuple[str, ...]:
        """Heads that no ``depends_on`` leads to either. The other heads are ``(effective head)`` to Alembic."""
        shape = self.shape
        return tuple(shape.ids[index] for index in shape.primary if not shape.lower[index])

    @cached_property
    def real_head_set(self) -> frozenset[str]:
        """:attr:`real_heads`, to ask whether one is among them."""
        return frozenset(self.real_heads)

    @cached_property
    def bases(self) -> tuple[str, ...]:
        """Ids whose ``down_revision`` is None (or empty text, which Alembic before 1.12 took for None)."""
        return tuple(self.shape.ids[index] for index in self.shape.primary if self._is_base(index))

    def _is_base(self, index: int) -> bool:
        header = self.nodes[index].header
        return not any(header.down_revisions) and not header.has_problem("down_revision")

    def is_head(self, revision: Ref) -> bool:
        """Whether no ``down_revision`` names it."""
        indexes = self._indexes(revision)
        return bool(indexes) and not self.shape.children[indexes[0]]

    def is_base(self, revision: Ref) -> bool:
        """Whether its ``down_revision`` is None (one that cannot be read is not)."""
        indexes = self._indexes(revision)
        return bool(indexes) and self._is_base(indexes[0])

    def is_branch_point(self, revision: Ref) -> bool:
        """Whether revisions of different ids follow it directly."""
        return len({node.id for node in self.children(revision)}) > 1

    def is_merge_point(self, revision: Ref) -> bool:
        """Whether its ``down_revision`` names several."""
        indexes = self._indexes(revision)
        return bool(indexes) and len(self.nodes[indexes[0]].header.down_revisions) > 1

    @property
    def branch_points(self) -> tuple[str, ...]:
        """Ids that are branch points, in the order of files."""
        return tuple(
            self.shape.ids[index] for index in self.shape.primary if self.is_branch_point(self.nodes[index])
        )

    @property
    def merge_points(self) -> tuple[str, ...]:
        """Ids that are merge points, in the order of files."""
        shape = self.shape
        return tuple(
            shape.ids[index] for index in shape.primary if len(self.nodes[index].header.down_revisions) > 1
        )

    @cached_property
    def unreadable(self) -> tuple[Node, ...]:
        """Files whose id or parents cannot be told: what looks like a head may have one of them after it."""
        fields = ("revision", "down_revision")
        return tuple(
            node
            for node in self.nodes
            if not node.id or (node.header.problems and any(map(node.header.has_problem, fields)))
        )

    # -- Labels

    def labels_of(self, revision: Ref) -> frozenset[str]:
        """The branch labels that a revision carries: its own and those of every revision before it.

        As in Alembic (``RevisionMap._add_branches``), a label also reaches upward, to the last branch or merge
        point, but only from a branch that has neither in it.
        """
        shape, indexes = self.shape, self._indexes(revision)
        if not indexes:
            return frozenset()
        lineage = reach(indexes, shape.parents).union(indexes)
        at = indexes[0]
        while at not in shape.forks and len(self.nodes[at].header.down_revisions) < 2:
            below = shape.children[at]
            if not below:
                for passed in self._line_below(indexes[0]):
                    lineage.add(passed)
                break
            at = below[0]
            if at in lineage:
                break
        return frozenset(label for index in lineage for label in self.nodes[index].header.branch_labels)

    def _line_below(self, index: int) -> Iterable[int]:
        below = self.shape.children[index]
        while below:
            yield below[0]
            below = self.shape.children[below[0]]

    @cached_property
    def confused_heads(self) -> tuple[tuple[str, ...], ...]:
        """Groups of two or more heads that carry the same branch labels: nothing but their ids tells them apart.

        Heads with different labels, such as ``expand`` and ``contract``, are meant to be apart. Labels that cannot
        be read count as different from all others. A part of the history that is cut off by a missing or unreadable
        parent is looked at by itself: mending that parent may be all that its head needs.
        """
        heads = [index for index in self.shape.primary if not self.shape.children[index]]
        if len(heads) < 2:
            return ()
        carried = self.shape.label_marks([node.header for node in self.nodes], heads)
        island = islands(self.shape.parents)
        broken = {island[self._by_key[missing.key]] for missing in self.missing_parents if missing.id}
        broken |= {island[self._by_key[node.key]] for node in self.unreadable}
        groups: dict[object, list[str]] = {}
        for index in heads:
            part = island[index] if island[index] in broken else -1
            groups.setdefault((carried[index], part), []).append(self.shape.ids[index])
        return tuple(tuple(group) for group in groups.values() if len(group) > 1)

    @cached_property
    def label_collisions(self) -> tuple[LabelCollision, ...]:
        """Labels given twice, or equal to a revision id. Alembic refuses to load such a history."""
        nodes = self.nodes
        return tuple(
            LabelCollision(label, nodes[index].key, nodes[other].key)
            for label, index, other in self.shape.label_collisions
        )

    # -- What is broken

    @cached_property
    def missing_parents(self) -> tuple[MissingParent, ...]:
        """Names in ``down_revision`` that no file has, in the order of files. Empty text is one of them."""
        first = self.shape.first
        return tuple(
            MissingParent(node.key, at, parent)
            for node in self.nodes
            for at, parent in enumerate(node.header.down_revisions)
            if parent not in first
        )

    @cached_property
    def unresolved_dependencies(self) -> tuple[UnresolvedDependency, ...]:
        """Names in ``depends_on`` that Alembic would not find, in the order of files."""
        ids = self.shape.ids
        return tuple(
            UnresolvedDependency(self.nodes[index].key, at, name, None if meant is None else ids[meant])
            for index, at, name, meant in self.shape.unresolved
        )

    @cached_property
    def duplicates(self) -> dict[str, tuple[Node, ...]]:
        """Ids that several files have, with the files in order: the first is the one that the id means here.

        Alembic warns and takes the one that it reads last.
        """
        shape = self.shape
        groups: dict[str, list[Node]] = {}
        for index, revision in enumerate(shape.ids):
            if revision and shape.first[revision] != index:
                groups.setdefault(revision, [self.nodes[shape.first[revision]]]).append(self.nodes[index])
        return {revision: tuple(group) for revision, group in sorted(groups.items())}

    @cached_property
    def looping(self) -> frozenset[str]:
        """Keys of the files that come before themselves."""
        tangled = {self.nodes[index].key for group in self.shape.sorted[1] for index in group}
        return frozenset(tangled.union(cycle.nodes[0].key for cycle in self.cycles if len(cycle.nodes) == 1))

    @cached_property
    def cycles(self) -> tuple[Cycle, ...]:
        """One short loop for each tangle of files, and every file that names itself."""
        shape, found = self.shape, list[Cycle]()
        for node in self.nodes:
            header = node.header
            if node.id and (node.id in header.down_revisions or node.id in header.depends_on):
                found.append(Cycle((node,), node.id not in header.down_revisions))
        for group in shape.sorted[1]:
            loop = shortest_loop(group, shape.upper)
            steps = zip(loop, [*loop[1:], loop[0]], strict=True)
            by_dependency = any(above not in shape.parents[index] for index, above in steps)
            found.append(Cycle(tuple(self.nodes[index] for index in loop), by_dependency))
        return tuple(found)

    # -- Merging

    def merge_plan(self, heads: Sequence[Ref] = ()) -> MergePlan | None:
        """What merging some heads (default: all) would join; None for fewer than two."""
        tips = sorted(set(self._indexes(*(heads or self.heads))))
        if len(tips) < 2:
            return None
        alone, shared = compare(tips, self.shape.upper, self.shape.position)
        return MergePlan(
            parents=tuple(self.shape.ids[tip] for tip in tips),
            sides=tuple(tuple(self.nodes[index] for index in side) for side in alone),
            common=tuple(self.shape.ids[index] for index in shared),
        )


def _identity(header: RevisionHeader) -> object:
    """What a graph's shape is made of."""
    fields = {problem.field for problem in header.problems}
    return header.revision, header.down_revisions, header.branch_labels, header.depends_on, fields
