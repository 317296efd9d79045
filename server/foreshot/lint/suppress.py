"""Suppression comments: ``# foreshot: ignore[rule-a, rule-b] reason`` and ``# foreshot: ignore-file[rule]``."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable

from msgspec import Struct

from foreshot.syntax.comments import Comment, comments_of
from foreshot.syntax.module import Module, parse
from foreshot.text import SourceText, Span

_COMMENT = re.compile(r"#\s*foreshot\s*:\s*(?P<verb>ignore-file|ignore)\s*\[(?P<rules>[^\[\]\r\n]*)\]")
_RULE = re.compile(r"[^,\s]+")


class Suppression(Struct, frozen=True):
    """One rule that one comment silences, and where."""

    rule: str
    span: Span
    """The rule's name inside the comment."""
    comment: Span
    """The whole comment."""
    rows: tuple[int, int] | None
    """First and last row, from 0, that it covers; None: the whole file."""
    alone: bool
    """It is the only rule of its comment."""


def read_suppressions(source: SourceText) -> tuple[Suppression, ...]:
    """Every suppression of a file that is read for nothing else."""
    if "foreshot" not in source.content:
        return ()
    module = parse(source)
    return suppressions_of(module if isinstance(module, Module) else None, source, comments_of(source))


def suppressions_of(
    module: Module | None, source: SourceText, comments: Iterable[Comment]
) -> tuple[Suppression, ...]:
    """Every suppression of a file.

    A comment at the end of a line covers that line; one on its own line covers the next line that holds code.
    ``ignore-file`` counts only before the first statement.
    """
    found: list[Suppression] = []
    first_code: int | None = None
    for comment in comments:
        match = _COMMENT.match(comment.text)
        if match is None:
            continue
        rules = list(_RULE.finditer(comment.text, match.start("rules"), match.end("rules")))
        row, _ = source.lines.position(comment.span.start)
        rows: tuple[int, int] | None
        if match["verb"] == "ignore-file":
            if first_code is None:
                first_code = _first_code(module, source)
            if row > first_code:
                continue
            rows = None
        elif comment.own_line:
            covered = _next_code_row(source, row)
            rows = (covered, covered)
        else:
            rows = (row, row)
        for rule in rules:
            span = Span(comment.span.start + rule.start(), comment.span.start + rule.end())
            found.append(Suppression(rule.group(), span, comment.span, rows, len(rules) == 1))
    return tuple(found)


class Silence:
    """The suppressions of one rule in one file, to ask about many findings."""

    def __init__(self, suppressions: Iterable[Suppression]) -> None:
        self._whole: list[Suppression] = []
        self._by_row: dict[int, list[Suppression]] = {}
        for item in suppressions:
            if item.rows is None:
                self._whole.append(item)
            else:
                self._by_row.setdefault(item.rows[0], []).append(item)
        self._rows = sorted(self._by_row)
        self._idle = list(self._rows)
        self.used: set[Suppression] = set()
        """Those that have silenced a finding."""

    def covers(self, rows: tuple[int, int]) -> bool:
        """Whether a finding whose operation stands on ``rows`` is silenced; what silences it counts as used."""
        at = bisect_left(self._rows, rows[0])
        found = at < len(self._rows) and self._rows[at] <= rows[1]
        if found:
            first, last = bisect_left(self._idle, rows[0]), bisect_right(self._idle, rows[1])
            for row in self._idle[first:last]:
                self.used.update(self._by_row[row])
            del self._idle[first:last]
        if self._whole and not self.used.issuperset(self._whole[:1]):
            self.used.update(self._whole)
        return found or bool(self._whole)


def _first_code(module: Module | None, source: SourceText) -> int:
    if module is None:
        return 0
    for statement in module.tree.body:
        # The docstring may stand before the comments.
        if statement is module.tree.body[0] and _is_docstring(module):
            continue
        return statement.lineno - 1
    return len(source.lines.starts)


def _is_docstring(module: Module) -> bool:
    import ast

    first = module.tree.body[0]
    return (
        isinstance(first, ast.Expr)
        and isinstance(first.value, ast.Constant)
        and isinstance(first.value.value, str)
    )


def _next_code_row(source: SourceText, row: int) -> int:
    last = len(source.lines.starts)
    for following in range(row + 1, min(last, row + 50)):
        line = source.lines.line(following).strip()
        if line and not line.startswith("#"):
            return following
    return row
