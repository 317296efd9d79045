"""What a revision graph is made of and what it reports: plain values."""

from __future__ import annotations

from msgspec import Struct

from foreshot.migration.revision_parts import RevisionHeader


class Node(Struct, frozen=True):
    """One revision file: ``key`` is whatever identifies the file (its path); keys give the order of files."""

    key: str
    header: RevisionHeader

    @property
    def id(self) -> str:
        """The revision id; empty when it could not be read."""
        return self.header.revision


class MissingParent(Struct, frozen=True):
    """``down_revisions[index]`` of the file ``key`` is no revision of this graph.

    An empty ``id`` is literally ``down_revision = ""``: a base before Alembic 1.12, a KeyError since.
    """

    key: str
    index: int
    id: str


class UnresolvedDependency(Struct, frozen=True):
    """``depends_on[index]`` of the file ``key`` is neither a revision id nor a branch label.

    Alembic takes whole ids and labels only and stops with a KeyError at anything else. ``meant`` is the revision
    when the name is the start of exactly one id, or ``label@…`` leads to exactly one; the graph then uses it.
    """

    key: str
    index: int
    name: str
    meant: str | None = None


class LabelCollision(Struct, frozen=True):
    """The file ``key`` gives a branch label that is already a label or a revision id, that of the file ``other``."""

    label: str
    key: str
    other: str


class Cycle(Struct, frozen=True):
    """A loop: each node follows the next, and the last follows the first. One node: it follows itself."""

    nodes: tuple[Node, ...]
    through_dependencies: bool
    """True when ``depends_on`` closes it."""

    @property
    def ids(self) -> tuple[str, ...]:
        """The revision ids around the loop."""
        return tuple(node.id for node in self.nodes)


class MergePlan(Struct, frozen=True):
    """What a merge of some heads joins."""

    parents: tuple[str, ...]
    """The heads, in the order of their files: the merge's ``down_revision``."""
    sides: tuple[tuple[Node, ...], ...]
    """For each head the revisions that no other of the heads has, in topological order, the head included."""
    common: tuple[str, ...]
    """Where the heads last were one: the nearest shared ancestors. Empty for unrelated histories."""
