"""What has shipped and what is new: the one place that everything asks.

A revision has shipped when the base knows its id, at its tip or where the branch began, or when it is the setting
``since`` or before it. What has shipped is read and not shown to rules, but for those about what breaks it now; what is
new, and a file that was named, is reviewed.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from foreshot.lint.base import Base
from foreshot.lint.context import Surroundings
from foreshot.lint.words import code
from foreshot.migration.graph import Node, RevisionGraph
from foreshot.migration.graph_names import Unresolved, resolve_revision
from foreshot.migration.revision_parts import RevisionHeader
from foreshot.project.environment import Environment
from foreshot.project.git import Trouble, find_repository
from foreshot.project.settings import Settings
from foreshot.text import SourceText, Unreadable
from foreshot.workspace.against import BaseReader, Header, Headers, compare_with
from foreshot.workspace.base import NoBaseError, find_base
from foreshot.workspace.kept import FileAnalysis


class Wanted(Struct, frozen=True):
    """What was asked to be reviewed, beside the settings."""

    against: str | None = None
    """A git ref that goes before everything else."""
    everything: bool = False
    last: int | None = None
    """So many of the newest revisions, whatever the base says."""
    named: frozenset[str] = frozenset()
    """Files that are reviewed in any case."""
    option: str = "--against"
    """How ``against`` was spelt."""


class Review:
    """Which revisions of an environment have shipped, and which are shown to rules."""

    def __init__(
        self,
        *,
        base: Base | None = None,
        reader: BaseReader | None = None,
        baseline: frozenset[str] = frozenset(),
        chosen: frozenset[str] | None = None,
        named: frozenset[str] = frozenset(),
        everything: bool = False,
        notes: tuple[str, ...] = (),
        error: str | None = None,
        header: Header = lambda _path: None,
    ) -> None:
        self.base = base
        """What others have; None when nothing tells."""
        self.notes = notes
        """What could not be compared, a sentence each."""
        self.error = error
        """Why it is not known what is new though it was asked for; everything is taken for new then."""
        self.header = header
        """The header of a file as it was when this was made."""
        self._reader = reader
        self._baseline = baseline
        self._chosen = chosen
        self._named = named
        self._everything = everything
        self._covered: frozenset[str] | None = None
        self._shape: object = None

    def means_the_same(self, graph: RevisionGraph, since: str | None) -> bool:
        """Whether ``since`` covers what it covered in the graph that was asked about first."""
        if not since or graph.shape is self._shape:
            return True
        covered = _baseline(graph, since)
        if self._covered is None:
            self._covered = covered
        if covered != self._covered:
            return False
        self._shape = graph.shape
        return True

    def is_shipped(self, path: str, header: Header) -> bool:
        """Whether a revision has shipped; ``header`` gives that of a path's present text, where it is needed."""
        if self._reader is not None and self._reader.knows(path, header):
            return True
        if not self._baseline:
            return False
        there = header(path)
        return there is not None and there.revision in self._baseline

    def is_reviewed(self, path: str, header: Header) -> bool:
        """Whether a revision is shown to rules."""
        if self._everything or path in self._named:
            return True
        if self._chosen is not None:
            return path in self._chosen
        return not self.is_shipped(path, header)

    def edited(
        self, path: str, source: SourceText, header: RevisionHeader | None, dialects: tuple[str, ...]
    ) -> tuple[str, ...]:
        """What a shipped revision does otherwise here than anywhere on the base."""
        return self._reader.edited(path, source, header, dialects) if self._reader is not None else ()

    def holds(self, path: str) -> bool:
        """Whether the base has a file there, under whatever id."""
        return self._reader is not None and self._reader.holds(path)

    def is_unchanged(self, path: str) -> bool:
        """Whether a file was just as the base has it, when this was made."""
        return self._reader is None or path in self._reader.unchanged

    @property
    def tells(self) -> bool:
        """Whether anything tells what has shipped; without it, all is new."""
        return self._reader is not None or bool(self._baseline)

    @property
    def moved(self) -> bool:
        """Whether HEAD or the base may have moved since this was made: cheap, but it asks the disk."""
        return self._reader is not None and self._reader.moved


EVERYTHING: Final = Review(everything=True)
"""All revisions are new."""


def compared(
    analysis: FileAnalysis,
    source: SourceText | Unreadable | None,
    path: str,
    surroundings: Surroundings,
    review: Review,
) -> FileAnalysis:
    """What a revision file amounts to, with what has become of it since it shipped."""
    shipped = review.is_shipped(path, lambda _: analysis.header)
    edited: tuple[str, ...] = ()
    if isinstance(source, SourceText) and (shipped or review.holds(path)):
        edited = review.edited(path, source, analysis.header, dialects_of(surroundings))
    if (shipped, edited) == (analysis.shipped, analysis.edited):
        return analysis
    return replace(analysis, shipped=shipped, edited=edited)


def dialects_of(surroundings: Surroundings) -> tuple[str, ...]:
    """The databases by whose grammar SQL is read."""
    return tuple(target.database for target in surroundings.targets)


def review_of(
    environment: Environment,
    settings: Settings,
    wanted: Wanted,
    texts: Mapping[str, bytes | Unreadable],
    known: Header = lambda _path: None,
) -> Review:
    """What is to be reviewed of an environment.

    Args:
        environment: which one.
        settings: its settings: ``base``, ``review`` and ``since``.
        wanted: what was asked for.
        texts: the bytes of every revision file.
        known: the header of a file where it is known already.
    """
    if wanted.everything:
        return EVERYTHING
    contents = {path: data for path, data in texts.items() if isinstance(data, bytes)}
    headers = Headers(contents, known)
    graph = RevisionGraph(())
    if settings.since or wanted.last is not None:
        graph = RevisionGraph(
            Node(path, header) for path in contents if (header := headers(path)) is not None
        )
    reader, notes, error = _base(environment, settings, wanted, contents, headers)
    return Review(
        base=reader.base if reader is not None else None,
        reader=reader,
        baseline=_baseline(graph, settings.since),
        chosen=_newest(graph, wanted.last) if wanted.last is not None else None,
        named=wanted.named,
        everything=settings.review == "all" and wanted.last is None,
        notes=notes,
        error=error if wanted.last is None else None,
        header=headers,
    )


def _base(
    environment: Environment,
    settings: Settings,
    wanted: Wanted,
    contents: Mapping[str, bytes],
    headers: Headers,
) -> tuple[BaseReader | None, tuple[str, ...], str | None]:
    asked = wanted.against if wanted.against is not None else settings.base
    option = wanted.option if wanted.against is not None else "the setting `base`"
    folder = next(iter(environment.version_dirs), environment.script_location)
    try:
        repository = find_repository(folder)
        if repository is None:
            missing = "There is no git repository here"
            if wanted.against is not None:
                return (
                    None,
                    (),
                    f"{missing} ({wanted.option} {wanted.against}).\n  Review all revisions: `foreshot check --all`.",
                )
            return (
                None,
                (f"{missing} to find {code(settings.base)} in: all revisions are new.",)
                if settings.base
                else (),
                None,
            )
        ref = find_base(repository, asked, os.environ, source=option)
        if ref is None:
            return None, (), None
        reader, notes = compare_with(repository, ref, environment, contents, headers)
    except NoBaseError as error:
        return None, (), str(error)
    except Trouble as trouble:
        said = f"The git repository cannot be compared with: {trouble}."
        if asked is not None:
            return None, (), f"{said}\n  Review all revisions: `foreshot check --all`."
        return None, (f"{said} All revisions are taken for new.",), None
    return reader, notes, None


def _baseline(graph: RevisionGraph, since: str | None) -> frozenset[str]:
    """Ids of ``since`` and its ancestors."""
    found = resolve_revision(graph, since) if since else None
    if found is None or isinstance(found, Unresolved):
        return frozenset()
    return graph.ancestors(*found) | {node.id for node in found}


def _newest(graph: RevisionGraph, count: int) -> frozenset[str]:
    """Paths of the newest revisions: heads first, then what they follow, the younger first."""
    found: list[Node] = []
    seen: set[str] = set()
    level = [node for head in graph.heads if (node := graph.node(head)) is not None]
    while level and len(found) < count:
        fresh = [node for node in level if node.key not in seen]
        seen.update(node.key for node in fresh)
        found += sorted(fresh, key=lambda node: node.header.create_date or "", reverse=True)
        level = [parent for node in fresh for parent in graph.parents(node)]
    return frozenset(node.key for node in found[:count])
