"""What others have already: the revisions of the base that a branch will be merged into, as rules see them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from foreshot.lint.entry import Entry
from foreshot.migration.graph import Node, RevisionGraph
from foreshot.migration.revision_parts import RevisionHeader


class BaseRevision(Struct, frozen=True):
    """A revision as a commit has it."""

    path: str
    """Where it would lie in the work tree."""
    header: RevisionHeader
    text: str | None
    """Its text; None where it is not held."""


class Base(Struct, frozen=True):
    """The revisions at the tip of the base, and at the commit that the branch began at.

    What is the same here as there is in ``same``; only the others are held.
    """

    name: str
    """As people call it: ``origin/main``, ``HEAD``."""
    kind: Literal["branch", "commit"] = "branch"
    """``commit``: only what is committed is known, not whether anybody else has it."""
    same: frozenset[str] = frozenset()
    """Paths of the files that the tip has just so, line ends aside."""
    others: tuple[BaseRevision, ...] = ()
    """What the tip has besides: changed here, gone, or added since."""
    before: Mapping[str, BaseRevision] = {}
    """What the branch began with and is not here just so any more, by id."""
    compared: bool = True
    """Whether it is known what the branch began with; if not, nobody can be said to have edited or deleted anything."""


class Fork(Struct, frozen=True):
    """New revisions that do not follow the base's head."""

    entry: Entry
    """The first of them."""
    index: int
    """Which of its parents has been followed by another revision."""
    base_heads: tuple[str, ...]
    """The heads of the base that come after that parent."""
    heads: frozenset[str]
    """The heads that they make."""


def tip_graph(base: Base, entries: Mapping[str, Entry]) -> RevisionGraph:
    """The history as the tip of the base has it."""
    same = (entries[path] for path in base.same if path in entries)
    nodes = [Node(entry.path, entry.header) for entry in same if entry.header is not None]
    return RevisionGraph([*nodes, *(Node(other.path, other.header) for other in base.others)])


def union_graph(base: Base, graph: RevisionGraph) -> RevisionGraph:
    """The history after a merge: what is here, and what the tip has besides under ids that are not here."""
    added = [Node(other.path, other.header) for other in base.others if other.header.revision not in graph]
    return RevisionGraph([*graph.nodes, *added]) if added else graph


def forks(base: Base, entries: Mapping[str, Entry], graph: RevisionGraph) -> tuple[Fork, ...]:
    """New revisions whose parent has another child on the base, where no merge brings both together again.

    Args:
        base: what others have.
        entries: the revisions that are here, by path.
        graph: their history.
    """
    new = [entry for entry in entries.values() if not entry.shipped and entry.header is not None]
    if base.kind == "commit" or not new:
        return ()
    tip, union = tip_graph(base, entries), union_graph(base, graph)
    # What follows a parent on the base and was deleted or given another id here is told so.
    gone = {name for name in base.before if name not in graph}
    found: list[Fork] = []
    for entry in new:
        header = entry.header
        if header is None or header.branch_labels or entry.edited:
            continue
        for index, parent in enumerate(header.down_revisions):
            if parent not in tip or tip.is_head(parent):
                continue
            if any(child.id in gone for child in tip.children(parent)):
                continue
            after = tip.descendants(parent, dependencies=False)
            base_heads = tuple(head for head in tip.heads if head in after)
            own = union.descendants(header.revision, dependencies=False) | {header.revision}
            # Where a later revision merges the base's head in, there is one head again.
            if any(
                head in union and union.descendants(head, dependencies=False) & own for head in base_heads
            ):
                continue
            if own.isdisjoint(base_heads):
                heads = frozenset(head for head in union.heads if head in own)
                found.append(Fork(entry, index, base_heads, heads))
    return tuple(found)
