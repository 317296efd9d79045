"""Walks over a graph whose vertices are 0, 1, 2…: order, loops, reach. Iterative all, so that depth costs no stack.

``upper[i]`` are the vertices that must come before ``i``; ``lower[i]`` those that come after it. Edges from a
vertex to itself are not allowed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from heapq import heapify, heappop, heappush

Edges = Sequence[Sequence[int]]


def reach(starts: Iterable[int], edges: Edges) -> set[int]:
    """Every vertex that can be reached from ``starts`` along at least one edge; a start only through a loop
    or from another start."""
    seen: set[int] = set()
    pending = [target for start in starts for target in edges[start]]
    while pending:
        vertex = pending.pop()
        if vertex not in seen:
            seen.add(vertex)
            pending.extend(edges[vertex])
    return seen


def order(upper: Edges, lower: Edges) -> tuple[list[int], list[list[int]]]:
    """All vertices, upper before lower, and the groups that are tangled in loops.

    Free choices go to the lower number, and a branch is finished before the next is begun, so equal input gives
    equal output. A group is a strongly connected component of two or more vertices, sorted; its vertices and all
    that depend on them come last, groups in an order that is right outside of them.
    """
    waiting = [len(above) for above in upper]
    ready = [vertex for vertex in range(len(upper) - 1, -1, -1) if not waiting[vertex]]
    ordered: list[int] = []
    while ready:
        vertex = ready.pop()
        ordered.append(vertex)
        for below in reversed(lower[vertex]):
            waiting[below] -= 1
            if not waiting[below]:
                ready.append(below)
    if len(ordered) == len(upper):
        return ordered, []
    tangled: list[list[int]] = []
    for component in _components([vertex for vertex, count in enumerate(waiting) if count], upper):
        ordered.extend(component)
        if len(component) > 1:
            tangled.append(component)
    return ordered, sorted(tangled)


def _components(vertices: Sequence[int], edges: Edges) -> list[list[int]]:
    """The strongly connected components of some vertices, those that edges lead to first (Tarjan, 1972)."""
    inside = set(vertices)
    number: dict[int, int] = {}
    low: dict[int, int] = {}
    stack: list[int] = []
    on_stack: set[int] = set()
    components: list[list[int]] = []
    for root in vertices:
        if root in number:
            continue
        work: list[tuple[int, int]] = [(root, 0)]
        while work:
            vertex, at = work.pop()
            if at == 0:
                number[vertex] = low[vertex] = len(number)
                stack.append(vertex)
                on_stack.add(vertex)
            else:
                low[vertex] = min(low[vertex], low[edges[vertex][at - 1]])
            targets = edges[vertex]
            while at < len(targets):
                target = targets[at]
                at += 1
                if target not in inside:
                    continue
                if target not in number:
                    work += ((vertex, at), (target, 0))
                    break
                if target in on_stack:
                    low[vertex] = min(low[vertex], number[target])
            else:
                if low[vertex] == number[vertex]:
                    cut = stack.index(vertex) if len(stack) < 64 else _index_from_end(stack, vertex)
                    component = stack[cut:]
                    del stack[cut:]
                    on_stack.difference_update(component)
                    components.append(sorted(component))
    return components


def islands(edges: Edges) -> list[int]:
    """For each vertex the least vertex that it is connected with, whichever way the edges run."""
    least = list(range(len(edges)))
    for vertex, targets in enumerate(edges):
        for target in targets:
            one, other = _root(least, vertex), _root(least, target)
            least[max(one, other)] = min(one, other)
    return [_root(least, vertex) for vertex in range(len(edges))]


def _root(least: list[int], vertex: int) -> int:
    while least[vertex] != vertex:
        least[vertex] = vertex = least[least[vertex]]
    return vertex


def _index_from_end(stack: list[int], vertex: int) -> int:
    at = len(stack) - 1
    while stack[at] != vertex:
        at -= 1
    return at


def shortest_loop(group: Sequence[int], edges: Edges) -> list[int]:
    """A shortest loop through the first vertex of a strongly connected group, along ``edges``."""
    start, inside = group[0], set(group)
    came_from: dict[int, int] = {}
    pending = deque([start])
    while pending:
        vertex = pending.popleft()
        for target in edges[vertex]:
            if target == start:
                path = [vertex]
                while path[-1] != start:
                    path.append(came_from[path[-1]])
                return path[::-1]
            if target in inside and target not in came_from:
                came_from[target] = vertex
                pending.append(target)
    return [start]


def compare(tips: Sequence[int], upper: Edges, position: Sequence[int]) -> tuple[list[list[int]], list[int]]:
    """What each tip has alone, and the lowest vertices that they all share.

    Args:
        tips: distinct vertices, at most some dozens.
        upper: the edges to walk.
        position: of each vertex in the topological order.

    Returns:
        For each tip the vertices (itself included, upper first) that lie above no other tip; and the shared
        vertices of which none lies above another, as ``git merge-base --all`` has them. Only what lies below the
        shared vertices is visited, so comparing the two sides of a small fork is cheap in any history.
    """
    full, stale = (1 << len(tips)) - 1, 1 << len(tips)
    marks: dict[int, int] = {}
    for bit, tip in enumerate(tips):
        marks[tip] = marks.get(tip, 0) | 1 << bit
    heap = [(-position[tip], tip) for tip in marks]
    heapify(heap)
    queued = set(marks)
    fresh = len(queued)
    alone: list[list[int]] = [[] for _ in tips]
    shared: list[int] = []
    while fresh:
        _, vertex = heappop(heap)
        queued.discard(vertex)
        mark = marks[vertex]
        if not mark & stale:
            fresh -= 1
            if mark == full:
                shared.append(vertex)
                mark |= stale
            elif mark & (mark - 1) == 0:
                alone[mark.bit_length() - 1].append(vertex)
        for above in upper[vertex]:
            old = marks.get(above, 0)
            new = old | mark
            if new == old:
                continue
            marks[above] = new
            if above not in queued:
                queued.add(above)
                heappush(heap, (-position[above], above))
                fresh += not new & stale
            elif new & stale and not old & stale:
                fresh -= 1
    for side in alone:
        side.reverse()
    return alone, sorted(shared)
