"""The workspace of an editor: buffers over files, and immutable snapshots of what they amount to.

:class:`Session` is changed on one thread only; each change makes a new :class:`World`. A world is worked out
when somebody asks it, on whichever thread that is, and what it worked out goes over into the next.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from typing import Final, Literal, Protocol

from foreshot.lint.report import Report
from foreshot.project import paths
from foreshot.project.discover import find_environments
from foreshot.project.disk import DiskFiles
from foreshot.project.files import Files
from foreshot.project.pins import tells_dependencies
from foreshot.text import SourceText
from foreshot.workspace.advance import advanced
from foreshot.workspace.check import Options, load_project
from foreshot.workspace.load import identity
from foreshot.workspace.project import Project
from foreshot.workspace.sift import of_several

Role = Literal["revision", "env", "template", "config", "model"]
_FUNCTION: Final = re.compile(r"^(?:async[ \t]+)?def[ \t]", re.MULTILINE)
_CONFIG_NAMES: Final = frozenset({"alembic.ini", "pyproject.toml", "foreshot.toml"})


class Load(Protocol):
    """What :meth:`Session.load` returns."""

    def __call__(
        self,
        progress: Callable[[int, int], None],
        check: Callable[[], None],
        early: Callable[[list[Project]], None] = ...,
    ) -> list[Project]:
        """Do the work."""
        ...


class World:
    """The workspace at one moment. Every question is answered from the same texts."""

    def __init__(
        self,
        files: Files,
        projects: Sequence[Project],
        changed: frozenset[str] = frozenset(),
        *,
        indexed: bool,
    ) -> None:
        self.files = files
        self.indexed = indexed
        """Whether the folders have been searched for projects yet."""
        self._base = tuple(projects)
        self._changed = changed
        self._lock = threading.Lock()
        self._projects: tuple[Project, ...] | None = None

    @property
    def projects(self) -> tuple[Project, ...]:
        """Every environment, with the newest text of each file taken in."""
        if self._projects is None:
            with self._lock:
                if self._projects is None:
                    self._projects = tuple(
                        advanced(project, self.files, self._changed) for project in self._base
                    )
        return self._projects

    def settled(self) -> tuple[tuple[Project, ...], frozenset[str]]:
        """Projects and the paths of changes that they do not have yet: what the next world starts from."""
        return (self._projects, frozenset()) if self._projects is not None else (self._base, self._changed)

    def after(self, files: Files, changed: Collection[str]) -> World:
        """The next world: ``changed`` may be other in ``files``."""
        projects, pending = self.settled()
        return World(files, projects, pending.union(changed), indexed=self.indexed)

    def owner(self, path: str) -> Project | None:
        """The project that a file is part of; with several, the one whose revisions it belongs to."""
        found = [
            (project, role) for project in self.projects if (role := _role_in(project, path)) is not None
        ]
        found.sort(key=lambda pair: pair[1] != "revision")
        return found[0][0] if found else None

    def around(self, path: str) -> Project | None:
        """The project that a file is part of, for what is asked while somebody writes in it.

        As long as nothing else has changed, and nothing in it above its functions, it is the project as it was before: the
        history around the file is the same, and nobody waits until the file has been reviewed.
        """
        if self._projects is None and self._changed == frozenset((path,)):
            for project in self._base:
                before, now = project.source(path), self.files.read(path)
                if (
                    path in project.analyses
                    and project.graph.at(path) is not None
                    and before is not None
                    and isinstance(now, SourceText)
                    and _above_functions(before) == _above_functions(now)
                ):
                    return project
        return self.owner(path)

    @property
    def is_outdated(self) -> bool:
        """Whether what revisions share has changed since they were read, so that a :meth:`Session.load` is wanted."""
        return any(project.is_outdated for project in self.projects)

    @property
    def base_has_moved(self) -> bool:
        """Whether HEAD or a base may be at another commit than when it was read: asks the disk, a few files of each project."""
        return any(project.review.moved for project in self._base)

    def concerns(self, path: str) -> bool:
        """Whether a file is part of any project, told without working anything out."""
        return any(role_of(project, path) is not None or project.spoke_of(path) for project in self._base)

    def reports(self, path: str) -> list[Report]:
        """Everything to be reported of a file."""
        if not self.concerns(path):
            return []
        found = ((project, project.reports_for(path)) for project in self.projects if _role_in(project, path))
        return list(dict.fromkeys(report for _, report in of_several(path, found)))


def _above_functions(source: SourceText) -> str:
    """The text above the first function, where a revision has its header; all of it where it has none."""
    first = _FUNCTION.search(source.content)
    return source.content[: first.start()] if first is not None else source.content


def role_of(project: Project, path: str) -> Role | None:
    """What a file is to a project; None when it is no part of it."""
    if project.takes(path):
        return "revision"
    environment = project.surroundings.environment
    if path == environment.env_py:
        return "env"
    if path == environment.template:
        return "template"
    if path in (environment.ini, environment.pyproject, project.surroundings.loaded.path):
        return "config"
    if any(path == config.path for config in environment.configs):
        return "config"
    return None


def _role_in(project: Project, path: str) -> Role | None:
    """The same for a snapshot that may be worked out: a module in which something was found about its models is one of it."""
    if (role := role_of(project, path)) is not None:
        return role
    _ = project.found
    return "model" if project.spoke_of(path) else None


class Session:
    """Folders, buffers and settings of one editor. All methods belong to one thread."""

    def __init__(self, folders: Iterable[str] = (), overrides: Mapping[str, object] | None = None) -> None:
        self.folders = tuple(folders)
        self.overrides: Mapping[str, object] = overrides or {}
        self._buffers: dict[str, SourceText] = {}
        self._changed_since_load: set[str] = set()
        self._disk = DiskFiles(self.folders)
        self.world = World(self._files(), (), indexed=False)

    def set_folders(self, folders: Iterable[str]) -> None:
        """The folders that are open; the next :meth:`load` searches them."""
        self.folders = tuple(folders)
        self._disk = DiskFiles(self.folders)

    def set_text(self, path: str, text: str | None) -> None:
        """A buffer has this text now; None: the buffer is closed and the disk counts again."""
        if text is None:
            self._buffers.pop(path, None)
        else:
            self._buffers[path] = SourceText(text)
        self._change({path})

    def touch(self, changed: Iterable[str]) -> None:
        """Files have come, gone or changed on disk; those in a buffer stay as the buffer has them.

        A folder that is gone stands for all that was in it.
        """
        wanted: set[str] = set()
        for path in changed:
            wanted.add(path)
            if not path.endswith(".py"):
                inside = path + paths.SEP
                for project in self.world.settled()[0]:
                    wanted.update(known for known in project.analyses if known.startswith(inside))
        self._change(wanted.difference(self._buffers))

    def load(self) -> Load:
        """A piece of work that reads every project anew, for another thread.

        It is called with a function that is told the progress, one that raises when the work is not wanted
        any more, and one that gets what is known before revisions are read, for :meth:`install_early`. Its result
        goes to :meth:`install`.
        """
        files, folders, overrides = self._files(), self.folders, self.overrides
        self._changed_since_load.clear()

        def work(
            progress: Callable[[int, int], None],
            check: Callable[[], None],
            early: Callable[[list[Project]], None] = _ignored,
        ) -> list[Project]:
            projects: list[Project] = []
            options = Options(folders, overrides, jobs=1)

            def told(done: int, total: int) -> None:
                check()
                progress(done, total)

            def begun(partial: Project) -> None:
                early([*projects, partial])

            seen: set[Hashable] = set()
            for folder in folders:
                for environment in find_environments(files, folder):
                    check()
                    key = identity(environment)
                    if key not in seen:
                        seen.add(key)
                        project = load_project(files, environment, options, told, begun)
                        if project.history is not None:
                            project.history.touched.learn()
                        projects.append(project)
            return projects

        return work

    def install_early(self, projects: Sequence[Project]) -> bool:
        """Take in what is known while revisions are still being read, where nothing was known; whether it was taken.

        So an open file has its own findings at once, and those about the history when all has been read.
        """
        if self.world.indexed:
            return False
        self.world = self._world(projects, self._changed_since_load.union(self._buffers), indexed=False)
        return True

    def install(self, projects: Sequence[Project]) -> None:
        """Take in what :meth:`load` read, with the changes made since then."""
        last_good = {
            identity(project.surroundings.environment): project for project in self.world.settled()[0]
        }
        taken = [
            project.with_memory_of(last_good.get(identity(project.surroundings.environment)))
            for project in projects
        ]
        for project in taken:
            # From here on.
            project.holds_since()
        self.world = self._world(taken, self._changed_since_load.union(self._buffers), indexed=True)

    def shapes(self, path: str) -> bool:
        """Whether a file is env.py, the template or a configuration of a project: what all its revisions share.

        What is found in revisions that are in no buffer is left as it is until the next :meth:`load`.
        """
        return any(
            role_of(project, path) in ("env", "template", "config") for project in self.world.settled()[0]
        )

    def is_configuration(self, path: str) -> bool:
        """Whether a file tells where projects are, or how: its change asks for a :meth:`load`."""
        return (
            paths.name(path) in _CONFIG_NAMES
            or path.endswith((".ini", "/env.py", ".mako"))
            or tells_dependencies(path)
        )

    def _change(self, changed: set[str]) -> None:
        self._changed_since_load.update(changed)
        files = self.world.files.after(dict(self._buffers), changed)
        self.world = self.world.after(files, changed)

    def _world(self, projects: Sequence[Project], changed: set[str], *, indexed: bool) -> World:
        """A world of projects that were read, with the changes made since."""
        read = projects[0].files if projects else self._files()
        files = read.after(dict(self._buffers), changed)
        return World(files, projects, frozenset(changed), indexed=indexed)

    def _files(self) -> Files:
        """The files with nothing known of them yet."""
        return Files(dict(self._buffers), self._disk)


def _ignored(_projects: list[Project]) -> None:
    """For those who wait for the end."""
