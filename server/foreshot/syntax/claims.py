"""What a set of changes lays claim to in a file, so that two repairs never work on one thing without knowing of each other.

Edits alone do not tell: they are as small as they can be, and two of them may stand apart inside one statement, or each
take one of the last two statements of a block.
"""

from __future__ import annotations

import ast
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from functools import lru_cache

from msgspec import Struct

from foreshot.syntax.changes import (
    AddImport,
    AppendToFunction,
    Change,
    InsertAfter,
    InsertBefore,
    PrependToFunction,
    RemoveArgument,
    RemoveStatement,
    ReplaceStatement,
    ReplaceText,
    SetArgument,
    SetFunctionBody,
    WrapStatements,
)
from foreshot.syntax.module import Module, parse
from foreshot.text import SourceText, Span


class Removal(Struct, frozen=True):
    """Statements that go from one block."""

    block: int
    """Where the block's first statement begins."""
    size: int
    """How many statements the block has."""
    gone: int


class Claims(Struct, frozen=True):
    """What changes to one file are about."""

    spans: tuple[Span, ...] = ()
    """Whole statements, and the headers of compound ones beside which something is written."""
    removals: tuple[Removal, ...] = ()


class Claimed:
    """What the repairs chosen so far claim in one file."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._gone: dict[int, int] = {}

    def admits(self, claims: Claims) -> bool:
        """Whether changes may be made beside those that are chosen."""
        if any(self._gone.get(item.block) and self._left(item) <= 0 for item in claims.removals):
            return False
        return not any(self._overlaps(span) for span in claims.spans)

    def add(self, claims: Claims) -> None:
        """Take them among the chosen."""
        for item in claims.removals:
            self._gone[item.block] = self._gone.get(item.block, 0) + item.gone
        for span in claims.spans:
            if not self._overlaps(span):
                at = bisect_right(self._starts, span.start)
                self._starts.insert(at, span.start)
                self._ends.insert(at, span.end)
            # Claims of one repair may lie in one another; those of two never do, so that ends are in order too.

    def _left(self, item: Removal) -> int:
        return item.size - item.gone - self._gone.get(item.block, 0)

    def _overlaps(self, span: Span) -> bool:
        at = bisect_right(self._starts, span.start)
        if at and self._ends[at - 1] > span.start:
            return True
        return at < len(self._starts) and self._starts[at] < max(span.end, span.start + 1)


def claims_of(source: SourceText, changes: Iterable[Change]) -> Claims:
    """What changes to a text claim; in a text that is no Python, the places that they name."""
    places = _places_of(source.content)
    spans: dict[Span, None] = {}
    removals: dict[int, Removal] = {}
    for change in changes:
        match change:
            case ReplaceText(span=span) | SetArgument(call=span) | RemoveArgument(call=span):
                spans[places.around(span) if places else span] = None
            case ReplaceStatement(statement=span):
                spans[span] = None
            case RemoveStatement(statement=span):
                spans[span] = None
                found = places.removal(span) if places else None
                if found is not None:
                    before = removals.get(found.block)
                    gone = found.gone + (before.gone if before is not None else 0)
                    removals[found.block] = Removal(found.block, found.size, gone)
            case InsertBefore(statement=span) | InsertAfter(statement=span):
                spans[places.head(span) if places else span] = None
            case WrapStatements(first=first, last=last):
                spans[Span(first.start, last.end)] = None
            case SetFunctionBody(function=span):
                spans[span] = None
            case AppendToFunction() | PrependToFunction() | AddImport():
                # What several write at one place is told by their edits.
                pass
    return Claims(_outermost(spans), tuple(removals.values()))


def _outermost(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Without those that lie in others."""
    found: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if not found or span.end > found[-1].end:
            found.append(span)
    return tuple(found)


class _Places:
    """The statements of a module by where they begin, outer before inner."""

    def __init__(self, module: Module) -> None:
        self._spans: list[Span] = []
        self._heads: list[Span] = []
        self._parents: list[int] = []
        self._blocks: list[tuple[int, int]] = []
        pending: list[tuple[ast.AST, int]] = [(module.tree, -1)]
        found: list[tuple[Span, Span, int, tuple[int, int], ast.stmt]] = []
        while pending:
            owner, parent = pending.pop()
            for block in _blocks(owner):
                first = module.span(block[0]).start
                for statement in block:
                    span = module.span(statement)
                    inner = next(iter(_blocks(statement)), None)
                    head = span if inner is None else Span(span.start, module.span(inner[0]).start)
                    found.append((span, head, parent, (first, len(block)), statement))
                    pending.append((statement, len(found) - 1))
        order = sorted(range(len(found)), key=lambda index: (found[index][0].start, -found[index][0].end))
        places = {index: place for place, index in enumerate(order)}
        for index in order:
            span, head, parent, block, _ = found[index]
            self._spans.append(span)
            self._heads.append(head)
            self._parents.append(places[parent] if parent >= 0 else -1)
            self._blocks.append(block)
        self._starts = [span.start for span in self._spans]
        self._begins: dict[int, list[int]] = {}
        for span, (first, _) in zip(self._spans, self._blocks, strict=True):
            self._begins.setdefault(first, []).append(span.start)

    def around(self, span: Span) -> Span:
        """The innermost statement around a place, or its header where the place is in that; the place itself outside of any."""
        at = self._innermost(span)
        if at < 0:
            return span
        head = self._heads[at]
        if span.end <= head.end:
            return head
        # Between the statements of a block, or over several of them.
        return span

    def head(self, span: Span) -> Span:
        """A statement, or what stands before its first block."""
        at = self._innermost(span)
        return self._heads[at] if at >= 0 and self._spans[at].end == span.end else span

    def removal(self, span: Span) -> Removal | None:
        """What goes from its block with a statement, or with several neighbours."""
        at = bisect_left(self._starts, span.start)
        if at >= len(self._starts):
            return None
        block, size = self._blocks[at]
        begins = self._begins[block]
        return Removal(block, size, bisect_left(begins, span.end) - bisect_left(begins, span.start))

    def _innermost(self, span: Span) -> int:
        at = bisect_right(self._starts, span.start) - 1
        while at >= 0 and not (self._spans[at].start <= span.start and span.end <= self._spans[at].end):
            at = self._parents[at]
        return at


def _blocks(owner: ast.AST) -> Iterable[Sequence[ast.stmt]]:
    """The blocks of statements of a node, in order; those of its handlers and cases too."""
    for field in ("body", "orelse", "finalbody"):
        children: Sequence[ast.stmt] = getattr(owner, field, ())
        if children:
            yield children
    for field in ("handlers", "cases"):
        for part in getattr(owner, field, ()):
            yield part.body


@lru_cache(maxsize=4)
def _places_of(content: str) -> _Places | None:
    module = parse(SourceText(content))
    return _Places(module) if isinstance(module, Module) else None
