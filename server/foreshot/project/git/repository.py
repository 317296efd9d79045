"""A repository: where it is, what its names stand for, and what its commits hold."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from heapq import heappop, heappush
from typing import Final

from foreshot.project import paths
from foreshot.project.git.objects import Missing, Objects
from foreshot.project.git.refs import Refs
from foreshot.project.git.store import Store, Trouble
from foreshot.project.git.trees import Commit, Entry, is_id, read_commit, read_tree, tagged

MAX_CLIMB: Final = 64
"""Folders that are looked into on the way up to a repository."""
MAX_COMMITS: Final = 100_000
"""Commits that are looked at for a merge base."""
MAX_ENTRIES: Final = 1_000_000
"""Entries that one walk through a tree sees."""
MAX_DEPTH: Final = 40
_STEP: Final = re.compile(r"([~^])(\d{0,6})")
_SHORT: Final = re.compile(r"[0-9a-f]{4,64}")
_OURS, _THEIRS, _BOTH = 1, 2, 3


class Repository:
    """One work tree and its repository. Files are opened as they are asked for, until :meth:`close`."""

    def __init__(self, root: str, folder: str, common: str) -> None:
        self.root = root
        """The folder of the work tree."""
        self._folder, self._common = folder, common
        self._store = Store(folder, common)
        self._refs = Refs(self._store, folder, common)
        self._objects = Objects(self._store, f"{common}/objects")
        self._commits: dict[str, Commit] = {}
        self._trees: dict[str, list[Entry]] = {}
        self._shallow: frozenset[str] | None = None
        if self._store.is_folder(f"{common}/reftable"):
            raise Trouble("it keeps its refs as reftable, which is not read")

    @property
    def places(self) -> tuple[str, str]:
        """The folder of the work tree's own files of git, and that of the repository."""
        return self._folder, self._common

    @property
    def head(self) -> str | None:
        """The commit that is checked out; None before the first one."""
        return self._refs.target("HEAD")[1]

    @property
    def branch(self) -> str | None:
        """The whole name of the branch that is checked out; None when HEAD is detached."""
        name = self._refs.target("HEAD")[0]
        return name if name.startswith("refs/") else None

    @property
    def remotes(self) -> list[str]:
        """The names of its remotes, ``origin`` first."""
        return self._refs.remotes()

    @property
    def is_shallow(self) -> bool:
        """Whether its history has been cut off."""
        return bool(self._cut)

    def ref(self, name: str) -> str | None:
        """The whole name of the ref that a whole name leads to, when there is a commit."""
        to, found = self._refs.target(name)
        return to if found is not None else None

    def commit_of(self, name: str) -> str | None:
        """The id of the commit that a name stands for; None when there is none.

        Understood are refs, ids, abbreviations of ids, and ``~`` and ``^`` with a number after any of them.
        """
        start = re.split(r"[~^]", name, maxsplit=1)[0]
        steps = name[len(start) :].removesuffix("^{commit}").removesuffix("^{}")
        found = self._peeled(self._named("HEAD" if start == "@" else start))
        if "".join(match.group() for match in _STEP.finditer(steps)) != steps:
            return None
        for step, count in _STEP.findall(steps):
            if found is None:
                return None
            number = int(count or 1)
            if step == "~":
                for _ in range(min(number, MAX_COMMITS)):
                    found = self._parent(found, 1) if found is not None else None
            elif number:
                found = self._parent(found, number)
        return found

    def merge_base(self, one: str, other: str) -> str | None:
        """The newest commit that is an ancestor of both; None when there is none, or the history is cut off before it."""
        if one == other:
            return one
        marks: dict[str, int] = {one: _OURS, other: _THEIRS}
        # Those that may still lead to something new: not known to be common, and not looked at with their present mark.
        leading: set[str] = {one, other}
        queue: list[tuple[int, str]] = []
        for name in (one, other):
            heappush(queue, (-self.commit(name).time, name))
        done: dict[str, int] = {}
        found: dict[str, None] = {}
        while leading:
            _, name = heappop(queue)
            mark = marks[name]
            leading.discard(name)
            if done.get(name) == mark:
                continue
            done[name] = mark
            if len(done) > MAX_COMMITS:
                raise Trouble(f"no common commit was found among the newest {MAX_COMMITS:,}")
            if mark == _BOTH:
                found[name] = None
            for parent in self.parents(name):
                before = marks.get(parent, 0)
                if before | mark != before:
                    marks[parent] = before | mark
                    (leading.discard if marks[parent] == _BOTH else leading.add)(parent)
                    heappush(queue, (-self.commit(parent).time, parent))
        found.update({name: None for _, name in queue if marks[name] == _BOTH})
        # An ancestor of a common commit is one, too; the newest of them is a best one.
        return max(found, key=lambda name: self.commit(name).time, default=None)

    def parents(self, name: str) -> tuple[str, ...]:
        """The parents of a commit that are in this clone."""
        return () if name in self._cut else self.commit(name).parents

    def commit(self, name: str) -> Commit:
        """One commit."""
        known = self._commits.get(name)
        if known is None:
            known = self._commits[name] = read_commit(self._objects.read(name, "commit"))
        return known

    def walk(self, commit: str, folder: str = "", *, deep: bool = True) -> Iterator[tuple[str, str]]:
        """Path and blob id of every regular file in a commit below a folder, ``/`` between the parts."""
        tree = self.commit(commit).tree
        for part in folder.split("/") if folder else ():
            below = next((entry for entry in self.tree(tree) if entry.name == part and entry.is_folder), None)
            if below is None:
                return
            tree = below.id
        pending = [(f"{folder}/" if folder else "", tree, 0)]
        seen = 0
        while pending:
            prefix, name, depth = pending.pop()
            for entry in self.tree(name):
                seen += 1
                if seen > MAX_ENTRIES:
                    raise Trouble(f"a commit has more than {MAX_ENTRIES:,} files")
                if not entry.is_folder:
                    yield prefix + entry.name, entry.id
                elif deep and depth < MAX_DEPTH:
                    pending.append((f"{prefix}{entry.name}/", entry.id, depth + 1))

    def tree(self, name: str) -> list[Entry]:
        """The files and folders of one tree."""
        known = self._trees.get(name)
        if known is None:
            known = list(read_tree(self._objects.read(name, "tree"), len(name) // 2))
            self._trees[name] = known
        return known

    def blob(self, name: str) -> bytes:
        """The content of a file."""
        return self._objects.read(name, "blob")

    def stamp(self, refs: tuple[str, ...]) -> tuple[tuple[int, int, int] | None, ...]:
        """The state of the files that HEAD and some refs are read from; another stamp, and they may have moved."""
        branch = self.branch
        names = [f"{self._folder}/HEAD", f"{self._common}/packed-refs"]
        names += [f"{self._common}/{name}" for name in (*refs, *((branch,) if branch else ()))]
        return tuple(_state(name) for name in names)

    def close(self) -> None:
        """Let go of open files."""
        self._objects.close()

    @property
    def _cut(self) -> frozenset[str]:
        if self._shallow is None:
            data = self._store.read(f"{self._common}/shallow", 16 << 20) or b""
            self._shallow = frozenset(data.decode("ascii", "replace").split())
        return self._shallow

    def _named(self, name: str) -> str | None:
        found = self._refs.find(name)
        if found is not None:
            return found
        if is_id(name):
            return name if self._objects.holds(name) else None
        digits = name.lower()
        if not _SHORT.fullmatch(digits):
            return None
        width = len(self.head or "0" * 40)
        ids = self._objects.beginning(digits, width)
        if len(ids) > 1:
            raise Trouble(f"{name} is the beginning of several ids")
        return ids[0] if ids else None

    def _peeled(self, name: str | None) -> str | None:
        """The commit behind annotated tags."""
        for _ in range(MAX_DEPTH):
            if name is None:
                return None
            try:
                self.commit(name)
            except Missing:
                raise
            except Trouble:
                name, _ = tagged(self._objects.read(name, "tag"))
            else:
                return name
        return None

    def _parent(self, name: str, number: int) -> str | None:
        parents = self.parents(name)
        return parents[number - 1] if number <= len(parents) else None


def find_repository(path: str) -> Repository | None:
    """The repository around a folder, found by climbing; None when there is none.

    A ``.git`` that is a file leads to a folder elsewhere. It is followed only when that folder leads back, as that of
    a linked work tree does, or lies in ``.git/modules`` of a repository above, as that of a submodule does.

    Raises:
        Trouble: there is one that cannot be read.
    """
    for folder in paths.ancestors(path, paths.top(path))[:MAX_CLIMB]:
        git = paths.child(folder, ".git")
        try:
            mode = os.lstat(git).st_mode
        except (OSError, ValueError):
            continue
        if stat.S_ISDIR(mode):
            # An empty one, as a mount leaves behind, is passed over by git as well.
            if not os.path.lexists(f"{git}/HEAD"):
                continue
            return Repository(folder, git, git)
        if stat.S_ISREG(mode):
            return _linked(folder, git)
        raise Trouble("its `.git` is neither a folder nor a regular file")
    return None


def _linked(folder: str, git: str) -> Repository:
    line = Store(folder).line(git) or ""
    if not line.startswith("gitdir:"):
        raise Trouble("its `.git` is a file that names no folder")
    target = paths.join(folder, line.removeprefix("gitdir:").strip())
    store = Store(target)
    back = store.line(f"{target}/gitdir")
    if back is not None and paths.real(paths.join(target, back.strip())) == paths.real(git):
        common = paths.join(target, (store.line(f"{target}/commondir") or ".").strip())
        if common != target and paths.real(paths.parent(target)) != paths.real(f"{common}/worktrees"):
            raise Trouble("its `.git` leads to a folder that belongs to no repository")
        return Repository(folder, target, common)
    above = find_repository(paths.parent(folder)) if paths.parent(folder) != folder else None
    if above is not None:
        homes = [f"{place}/modules" for place in above.places]
        if any(paths.is_inside(paths.real(target), paths.real(home)) for home in homes):
            return Repository(folder, target, target)
    raise Trouble("its `.git` leads to a folder that does not lead back")


def _state(path: str) -> tuple[int, int, int] | None:
    try:
        status = os.lstat(path)
    except (OSError, ValueError):
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
