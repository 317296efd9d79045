"""Reads the revision files of an environment, in several processes when there are many."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from foreshot.lint.context import Surroundings
from foreshot.project.dialects import RevisionHints
from foreshot.project.looks import Record
from foreshot.rules import revision_rules, shipped_rules
from foreshot.text import SourceText, Unreadable, decode
from foreshot.workspace.histories import History, Told
from foreshot.workspace.kept import FileAnalysis, Kept, keep
from foreshot.workspace.parallel import map_in_processes

if TYPE_CHECKING:
    from foreshot.workspace.reading import Opened

Progress = Callable[[int, int], None]


class RevisionFiles:
    """Reads all of them for the history, and shows rules those that are reviewed with the history, the others at once."""

    def __init__(
        self,
        surroundings: Surroundings,
        reviewed: frozenset[str],
        marks: Mapping[str, bytes],
        hints: Mapping[str, RevisionHints],
    ) -> None:
        self._surroundings = surroundings
        self._reviewed = reviewed
        self._marks = marks
        self._hints = hints
        self._opened: dict[str, Opened | None] = {}
        self.kept: dict[str, Kept] = {}
        """Those that were read and are not reviewed: no rule asks for more than what stands in them."""

    def history(
        self,
        analyses: Mapping[str, FileAnalysis],
        unread: Mapping[str, bytes | Unreadable],
        jobs: int | None,
        progress: Progress | None,
    ) -> History:
        """What the revisions do to the schema, from what is known of them as far as it goes."""
        known = {path: item for path, item in analyses.items() if path not in unread}
        told = {path: Told(item.header, item.delta, item.delta_digest) for path, item in known.items()}
        looks: dict[str, Record] = {path: item.record for path, item in known.items()}
        if unread:
            from foreshot.workspace.analysis import analyse
            from foreshot.workspace.reading import MOST_OPEN, read, release
            from foreshot.workspace.settle import Settler

            settle = Settler(self._surroundings.modules)

            def one(item: _Item) -> tuple[str, Told, Record, Kept | None]:
                path, source = item[0], _decoded(item[1])
                found, looked, opened = read(source, self._surroundings, settle)
                if path not in self._reviewed:
                    analysis = analyse(source, path, self._surroundings, shipped_rules(), opened=opened)
                    analysis = replace(
                        analysis,
                        record=analysis.record | looked,
                        delta=found.encoded,
                        delta_digest=found.digest,
                        reviewed=False,
                    )
                    return path, found, looked, self._keep(path, analysis)
                if len(self._opened) < MOST_OPEN:
                    self._opened[path] = opened
                else:
                    release(opened)
                return path, found, looked, None

            kind = tuple[str, Told, Record, Kept | None]
            for path, found, looked, kept in map_in_processes(
                one, list(unread.items()), kind, jobs, progress
            ):
                told[path], looks[path] = found, looked
                if kept is not None:
                    self.kept[path] = kept
        return History(self._surroundings, {path: told[path] for path in analyses}, looks)

    def shown(
        self, items: Sequence[_Item], history: History, jobs: int | None, progress: Progress | None
    ) -> Iterator[tuple[str, Kept]]:
        """What all rules find in revisions, and those for shipped ones in shipped ones."""
        if not items:
            return
        # A run that finds everything in the cache needs neither the reader nor the rules.
        from foreshot.workspace.analysis import analyse

        def one(item: _Item) -> tuple[str, Kept]:
            path, source = item[0], _decoded(item[1])
            reviewed = path in self._reviewed
            rules = revision_rules() if reviewed else shipped_rules()
            opened = self._opened.pop(path, None)
            analysis = analyse(source, path, self._surroundings, rules, history, opened)
            return path, self._keep(path, replace(analysis, reviewed=reviewed))

        yield from map_in_processes(one, items, tuple[str, Kept], jobs, progress)

    def _keep(self, path: str, analysis: FileAnalysis) -> Kept:
        return keep(analysis, self._marks[path], self._hints.get(path))


_Item = tuple[str, bytes | Unreadable]
"""A revision file with its content."""


def _decoded(data: bytes | Unreadable) -> SourceText | Unreadable:
    return decode(data) if isinstance(data, bytes) else data
