"""Which repairs can be made side by side: those that claim no statement and touch no text of each other."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence

from foreshot.lint.finding import Fix
from foreshot.syntax.changes import AppendToFunction, Change
from foreshot.syntax.claims import Claimed, Claims, claims_of
from foreshot.text import Edit, SourceText, Span
from foreshot.workspace.project import Project
from foreshot.workspace.resolve import ResolvedFix, changes_by_path


class Taken:
    """What the repairs of a round touch already."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._created: set[str] = set()
        self._edits: dict[str, list[Edit]] = {}
        self._claims: dict[str, Claimed] = {}
        self._appended: dict[str, set[int]] = {}
        self._asked: tuple[Fix, str] | None = None

    def leaves_room_for(self, fix: Fix, path: str) -> bool:
        """Whether what a repair is about is free."""
        self._asked = fix, path
        if any(created.path in self._created for created in fix.creates):
            return False
        for target, changes in changes_by_path(fix, path).items():
            claimed = self._claims.get(target)
            source = self._project.source(target)
            if (
                claimed is not None
                and source is not None
                and not claimed.admits(_claims(fix, source, changes))
            ):
                return False
        return True

    def take(self, resolved: ResolvedFix) -> bool:
        """Take the repair that was asked about last, unless its edits touch those of another."""
        assert self._asked is not None
        fix, path = self._asked
        changes = changes_by_path(fix, path)
        fresh: dict[str, list[Edit]] = {}
        for target, edits in resolved.edits.items():
            appends = self._appended.get(target, set()) if _appends(changes.get(target, ())) else set[int]()
            known = self._edits.get(target, [])
            fresh[target] = [edit for edit in edits if not _has(known, edit)]
            if any(_touches(known, edit, appends) for edit in fresh[target]):
                return False
        for target, edits in fresh.items():
            known = self._edits.setdefault(target, [])
            for edit in edits:
                insort(known, edit)
            if _appends(changes.get(target, ())):
                points = {edit.span.start for edit in edits if edit.span.start == edit.span.end}
                self._appended.setdefault(target, set()).update(points)
            source = self._project.source(target)
            if source is not None:
                claims = _claims(fix, source, changes.get(target, ()))
                self._claims.setdefault(target, Claimed()).add(claims)
        self._created.update(created.path for created in resolved.creates)
        return True


def _claims(fix: Fix, source: SourceText, changes: Iterable[Change]) -> Claims:
    """What a repair claims in a file: all of it where it becomes two."""
    return (
        Claims((Span(0, len(source.content)),))
        if fix.split is not None
        else claims_of(source, tuple(changes))
    )


def _appends(changes: Iterable[Change]) -> bool:
    return any(isinstance(change, AppendToFunction) for change in changes)


def _has(known: Sequence[Edit], edit: Edit) -> bool:
    at = bisect_left(known, edit)
    return at < len(known) and known[at] == edit


def _touches(known: Sequence[Edit], edit: Edit, appends: set[int]) -> bool:
    """Whether an edit overlaps one of those, which do not overlap each other, or inserts at the edge of one."""
    at = bisect_left(known, edit)
    inserts = edit.span.start == edit.span.end
    for other in known[max(at - 2, 0) : at + 2]:
        if inserts or other.span.start == other.span.end:
            meet = other.span.start <= edit.span.end and edit.span.start <= other.span.end
            both = other.span == edit.span and edit.span.start in appends
            if meet and not both:
                return True
        elif other.span.start < edit.span.end and edit.span.start < other.span.end:
            return True
    return False
