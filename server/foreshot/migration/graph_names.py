"""What a person may call a revision: a whole id, the start of one, a label, ``head``, ``label@head``, ``id-2``.

The spellings are those of Alembic's command line ("Partial Revision Identifiers", "Relative Migration
Identifiers" and "Working with Branches" in its documentation; ``RevisionMap._resolve_revision_number``).
"""

from __future__ import annotations

import re
from collections.abc import Collection

from msgspec import Struct

from foreshot.migration.graph import Node, RevisionGraph
from foreshot.migration.graph_shape import MIN_PARTIAL

_RELATIVE = re.compile(r"(.*?)([+-]\d{1,9})")
_MOST_NAMED = 5


class Unresolved(Struct, frozen=True):
    """Why a name is no revision; ``nearest`` are ids and labels that look like it."""

    name: str
    why: str
    nearest: tuple[str, ...] = ()


def resolve_revision(graph: RevisionGraph, name: str) -> tuple[Node, ...] | Unresolved:
    """The revisions that a name means: one, none for ``base``, any number for ``heads``.

    ``-2`` is the head's grandparent and ``+2`` the base's grandchild; ``x-2`` and ``x+2`` are seen from ``x``.
    """
    name = name.strip()
    exact = graph.node(name) or graph.labelled(name)
    if exact is not None:
        return (exact,)
    label, at, rest = name.partition("@")
    if not at:
        return _in_lineage(graph, name, name, None)
    branch = graph.labelled(label) or graph.node(label) or _partial(graph, label, None)
    if not isinstance(branch, Node):
        return Unresolved(name, f"no branch is called '{label}'", nearest(graph, label))
    inside = graph.ancestors(branch, dependencies=False) | graph.descendants(branch, dependencies=False)
    return _in_lineage(graph, name, rest, inside | {branch.id})


def _in_lineage(
    graph: RevisionGraph, name: str, rest: str, inside: frozenset[str] | None
) -> tuple[Node, ...] | Unresolved:
    """``rest`` among the revisions ``inside`` a branch (None: among all); ``name`` is what to complain about."""
    if rest == "base":
        return ()
    if rest in ("head", "heads"):
        everywhere = graph.real_heads if rest == "heads" and inside is None else graph.heads
        heads = tuple(found for head in everywhere if _within(head, inside) and (found := graph.node(head)))
        if rest == "head" and len(heads) != 1:
            return Unresolved(name, _head_complaint(heads), tuple(head.id for head in heads[:_MOST_NAMED]))
        return heads
    node = graph.node(rest) or graph.labelled(rest)
    if node is None:
        relative = _RELATIVE.fullmatch(rest)
        if relative is not None:
            return _relative(graph, name, relative[1], int(relative[2]), inside)
        found = _partial(graph, rest, inside)
        if not isinstance(found, Node):
            return Unresolved(name, found, nearest(graph, rest))
        node = found
    if not _within(node.id, inside):
        return Unresolved(name, f"revision {node.id} is not on that branch")
    return (node,)


def _relative(
    graph: RevisionGraph, name: str, start: str, steps: int, inside: frozenset[str] | None
) -> tuple[Node, ...] | Unresolved:
    """So many steps along ``down_revision``, up to the children for a positive number."""
    if not start and steps > 0:
        bases = [node for base in graph.bases if _within(base, inside) and (node := graph.node(base))]
        if len(bases) != 1:
            return Unresolved(name, f"there are {len(bases)} base revisions to count from")
        at, steps = bases[0], steps - 1
    else:
        begin = _in_lineage(graph, name, start or "head", inside)
        if isinstance(begin, Unresolved):
            return begin
        if len(begin) != 1:
            return Unresolved(name, "there is no one revision to count from")
        at = begin[0]
    passed = {at.key}
    upward = steps > 0
    for left in range(abs(steps), 0, -1):
        around = graph.children(at) if upward else graph.parents(at)
        onward = [node for node in around if _within(node.id, inside)]
        if len(onward) != 1:
            if left == 1 and not upward and graph.is_base(at):
                return ()
            return Unresolved(name, f"{len(onward)} revisions come {'after' if upward else 'before'} {at.id}")
        at = onward[0]
        if at.key in passed:
            return Unresolved(name, f"{at.id} comes before itself")
        passed.add(at.key)
    return (at,)


def _partial(graph: RevisionGraph, name: str, inside: frozenset[str] | None) -> Node | str:
    """The one revision whose id or label starts so, or why there is none; names of three characters have no start."""
    names = (known for known in graph.names if len(known) >= MIN_PARTIAL and known.startswith(name))
    nodes = (graph.node(known) or graph.labelled(known) for known in names)
    found = [node for node in nodes if node is not None and _within(node.id, inside)] if name else []
    if len(found) == 1:
        return found[0]
    if found:
        return f"several revisions start with '{name}', such as {found[0].id} and {found[1].id}"
    return f"no revision and no branch label is called '{name}'"


def _within(revision: str, inside: frozenset[str] | None) -> bool:
    return inside is None or revision in inside


def _head_complaint(heads: tuple[Node, ...]) -> str:
    if not heads:
        return "there is no head"
    shown = ", ".join(head.id for head in heads[:_MOST_NAMED])
    more = f" and {len(heads) - _MOST_NAMED} more" if len(heads) > _MOST_NAMED else ""
    return f"there are {len(heads)} heads: {shown}{more}"


def nearest(
    graph: RevisionGraph, name: str, *, exclude: Collection[str] = (), limit: int = 3
) -> tuple[str, ...]:
    """Ids and labels that a misspelt name may have meant, the likeliest first.

    Ids that start with the name, or that the name starts with, come before those that merely resemble it.

    Args:
        graph: where to look.
        name: what was written.
        exclude: ids that cannot be meant, such as the asking revision and its descendants.
        limit: how many at most.
    """
    if not name:
        return ()
    # Only a name that leads nowhere needs this import.
    from rapidfuzz import fuzz, process

    known = [known for known in graph.names if known not in exclude and known != name]
    begun = [known for known in known if min(len(known), len(name)) >= MIN_PARTIAL and _begins(known, name)]
    scored = process.extract(name, known, scorer=fuzz.ratio, limit=limit, score_cutoff=65)
    found = dict.fromkeys([*begun[:limit], *(choice for choice, _, _ in scored)])
    return tuple(found)[:limit]


def _begins(known: str, name: str) -> bool:
    return known.startswith(name) or name.startswith(known)
