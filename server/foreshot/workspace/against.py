"""The base of one environment, compared with the files that are here."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from foreshot.lint.base import BaseRevision
from foreshot.lint.words import code
from foreshot.migration.revision_parts import RevisionHeader
from foreshot.project.environment import Environment
from foreshot.project.git import Repository, Trouble
from foreshot.text import SourceText, decode
from foreshot.workspace.base import (
    Contents,
    Ref,
    Tree,
    elsewhere,
    header_of,
    ids_of,
    read_base,
    text_of,
    tree_of,
)

Header = Callable[[str], RevisionHeader | None]
"""Gives the header of the file at a path."""
_CACHED: Final = 64


class BaseReader:
    """The base of one environment, with the commits that it was read from."""

    def __init__(
        self,
        ref: Ref,
        tip: Tree,
        begun: Tree | None,
        texts: Mapping[str, bytes],
        headers: Headers,
        *,
        remotes: Iterable[Tree] = (),
        repository: Repository | None = None,
    ) -> None:
        """
        Args:
            ref: the base.
            tip: its files now.
            begun: those of the commit that the branch began at; None where that is not known.
            texts: the files of the work tree.
            headers: their headers.
            remotes: the files of other remotes' default branches.
            repository: what all that was read from.
        """
        self._ref = ref
        self._tip, self._begun = tip, begun
        self._headers = headers
        self._repository = repository
        self._stamp = repository.stamp(ref.refs) if repository is not None else ()
        self._lock = threading.Lock()
        self._compared: dict[tuple[str, str], tuple[str, ...]] = {}
        contents = Contents(texts, len(ref.commits[0]))
        self.base, untouched = read_base(ref, tip, begun, texts, contents)
        found = [*self.base.others, *self.base.before.values()]
        self.unchanged: set[str] = {*self.base.same, *untouched}
        """Files that are as the base has them, or as the branch began with them."""
        for tree in remotes:
            other, _ = read_base(ref, tree, None, texts, contents)
            self.unchanged |= other.same
            found.extend(other.others)
        self._by_id = _by_id(found)
        self._texts = frozenset(texts)
        headers.forget(self.unchanged)

    def knows(self, path: str, header_of_path: Header) -> bool:
        """Whether the base has a revision, by its path or its id."""
        if path in self.unchanged:
            return True
        header = header_of_path(path)
        if header is None or not header.revision:
            return self.holds(path)
        owners = self._by_id.get(header.revision, {})
        if path in owners:
            return True
        for owner in owners.values():
            if owner.path in self._texts and self._id_at(owner.path) == header.revision:
                continue
            # An id that only the tip has, under another file that does something else, was chosen twice.
            if not self.base.compared or header.revision in self.base.before or self._is_like(path, owner):
                return True
        return False

    def holds(self, path: str) -> bool:
        """Whether a file is there at the tip, or was when the branch began."""
        return path in self._tip.blobs or (self._begun is not None and path in self._begun.blobs)

    def edited(
        self, path: str, source: SourceText, header: RevisionHeader | None, dialects: tuple[str, ...]
    ) -> tuple[str, ...]:
        """What differs from the tip's and from the beginning's text; nothing where either does the same."""
        if not self.base.compared or self._begun is None:
            return ()
        with self._lock:
            digits = len(self._ref.commits[0])
            ids = ids_of(source.encode(), digits)
            known = self._compared.get((path, ids[0]))
            if known is None:
                if len(self._compared) >= _CACHED:
                    self._compared.clear()
                known = self._compared[path, ids[0]] = self._differences(path, source, ids, header, dialects)
            return known

    @property
    def moved(self) -> bool:
        """Whether HEAD or the base is at another commit than it was."""
        try:
            return self._repository is not None and self._repository.stamp(self._ref.refs) != self._stamp
        except Trouble:
            return True

    def _differences(
        self,
        path: str,
        source: SourceText,
        ids: tuple[str, ...],
        header: RevisionHeader | None,
        dialects: tuple[str, ...],
    ) -> tuple[str, ...]:
        # Only what has changed needs the reader of migrations.
        from foreshot.workspace.edited import differences

        found: tuple[str, ...] = ()
        for tree in (self._tip, self._begun):
            if tree is None:
                continue
            if tree.blobs.get(path) in ids:
                return ()
            there = self._counterpart(tree, path, header)
            if there is None:
                continue
            differs = differences(source, there, dialects)
            if not differs:
                return ()
            found = found or differs
        return found

    def _counterpart(self, tree: Tree, path: str, header: RevisionHeader | None) -> SourceText | None:
        """What a commit has in place of a file."""
        if (blob := tree.blobs.get(path)) is not None:
            text = self._text(tree, blob)
            there = header_of(text)
            # With another revision's id it was changed here, unless that revision now lies elsewhere.
            if header is None or there is None or there.revision == header.revision:
                return text
            if not self._is_here(there.revision):
                return text
        owners = self._by_id.get(header.revision, {}) if header is not None else {}
        for owner in owners:
            there_blob = tree.blobs.get(owner)
            if there_blob is not None and header is not None and self._id_at(owner) != header.revision:
                return self._text(tree, there_blob)
        return None

    def _text(self, tree: Tree, blob: str) -> SourceText | None:
        try:
            return text_of(tree.read, blob)
        except Trouble:
            return None
        finally:
            if self._repository is not None:
                self._repository.close()

    def _is_here(self, revision: str) -> bool:
        changed = (path for path in self._texts if path not in self.unchanged)
        return any(self._id_at(path) == revision for path in changed)

    def _id_at(self, path: str) -> str:
        header = self._headers(path)
        return header.revision if header is not None else ""

    def _is_like(self, path: str, owner: BaseRevision) -> bool:
        from foreshot.workspace.edited import differences

        source = self._headers.source(path)
        return source is None or owner.text is None or not differences(source, SourceText(owner.text))


def compare_with(
    repository: Repository, ref: Ref, environment: Environment, texts: Mapping[str, bytes], headers: Headers
) -> tuple[BaseReader, tuple[str, ...]]:
    """The base of an environment read from its commits, and what could not be compared, a sentence each.

    Raises:
        Trouble: the base's tip cannot be read.
    """
    notes: list[str] = []
    tip, *others = ref.commits
    contents = Contents(texts, len(tip))
    trees = [_tree(repository, commit, environment, texts, contents) for commit in (tip, *others)]
    begun: Tree | None = None
    why = "the histories have nothing in common"
    try:
        head = repository.head
        start = repository.merge_base(head, tip) if head is not None else None
        if start is not None:
            begun = trees[0] if start == tip else _tree(repository, start, environment, texts, contents)
        elif repository.is_shallow:
            why = "this clone is shallow"
        made = BaseReader(ref, trees[0], begun, texts, headers, remotes=trees[1:], repository=repository)
    except Trouble as trouble:
        begun, why = None, str(trouble)
        made = BaseReader(ref, trees[0], None, texts, headers, remotes=trees[1:], repository=repository)
    if begun is None:
        notes.append(
            f"Where this branch began on {code(ref.name)} is not known ({why}): edited and deleted revisions are not looked for."
        )
    repository.close()
    return made, tuple(notes)


def _tree(
    repository: Repository,
    commit: str,
    environment: Environment,
    texts: Mapping[str, bytes],
    contents: Contents,
) -> Tree:
    tree = tree_of(repository, commit, environment)
    missing = [path for path in texts if path not in tree.blobs]
    if len(missing) * 2 <= len(texts):
        return tree
    # Most of it is not where it was: the folder may have moved.
    names = {path.rpartition(os.sep)[2] for path in missing}
    blobs = {blob for path in missing for blob in contents.of(path)}
    return Tree({**tree.blobs, **elsewhere(repository, commit, names, blobs, tree.blobs)}, tree.read)


def _by_id(revisions: Iterable[BaseRevision]) -> dict[str, dict[str, BaseRevision]]:
    found: dict[str, dict[str, BaseRevision]] = {}
    for item in revisions:
        found.setdefault(item.header.revision, {}).setdefault(item.path, item)
    return found


class Headers:
    """Headers of files, read when they are asked for."""

    def __init__(self, contents: Mapping[str, bytes], known: Header) -> None:
        self._contents = dict(contents)
        self._known = known
        self._read: dict[str, RevisionHeader | None] = {}

    def __call__(self, path: str) -> RevisionHeader | None:
        if path not in self._contents:
            return self._read.get(path)
        if path not in self._read:
            self._read[path] = self._known(path) or header_of(self.source(path))
        return self._read[path]

    def forget(self, paths: Iterable[str]) -> None:
        """Let go of texts that nobody will ask for."""
        for path in paths:
            self._contents.pop(path, None)

    def source(self, path: str) -> SourceText | None:
        """A file as a text."""
        data = self._contents.get(path)
        text = decode(data) if data is not None else None
        return text if isinstance(text, SourceText) else None
