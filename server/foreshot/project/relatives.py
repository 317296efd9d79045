"""Revisions that no configuration names: folders that code adds to ``version_locations``, packages that bring their own.

What hangs together by its ids belongs together. A folder that has the ids of another is its copy or its
archive and is left alone.
"""

from __future__ import annotations

import re

import msgspec

from foreshot.project import paths
from foreshot.project.disk import Listing
from foreshot.project.environment import Environment
from foreshot.project.locate import Workspace
from foreshot.project.sniff import Graph, holds_revisions, revision_names

MAX_RELATIVES = 500
"""Folders of revisions without a configuration that are looked at."""

_SET_ASIDE = re.compile(
    r"archiv|backup|squash|legacy|deprecated|(?:^|[_-])(?:old|bak|unused|disabled|trash)(?:$|[_-])", re.I
)

_DATABASES = frozenset(
    {"postgresql", "postgres", "psql", "pg", "mysql", "mariadb", "sqlite", "oracle", "mssql", "sqlserver"}
)


def adopt_revisions(workspace: Workspace, environments: list[Environment]) -> list[Environment]:
    """The environments with the folders of revisions that hang on them, and one more for each that hangs on none."""
    candidates = _unclaimed(workspace, environments)
    if not candidates:
        return environments
    return _Adoption(workspace, environments).run(candidates)


class _Adoption:
    def __init__(self, workspace: Workspace, environments: list[Environment]) -> None:
        self.workspace = workspace
        self.environments = list(environments)
        self.graphs: dict[int, Graph] = {}
        self.having: dict[str, set[int]] = {}
        self.naming: dict[str, set[int]] = {}

    def run(self, candidates: list[str]) -> list[Environment]:
        graphs = {folder: self.graph_of(folder) for folder in candidates}
        pending = self.adopt_whole_trees([folder for folder in candidates if graphs[folder].ids])
        for index in range(len(self.environments)):
            self.enter(index, self.graph(index))
        while pending:
            left = self.adopt_connected(pending, graphs)
            if len(left) == len(pending):
                left = self.found_one(left, graphs)
            pending = left
        return self.environments

    def enter(self, index: int, graph: Graph) -> None:
        """Note which ids an environment has and which it refers to, so that no folder is held against all environments."""
        for name in graph.ids:
            self.having.setdefault(name, set()).add(index)
        for name in graph.references:
            self.naming.setdefault(name, set()).add(index)

    def near(self, folder: str, graph: Graph) -> list[int]:
        """The environments that a folder may hang on, in the order of how much of the path they share with it."""
        found = {index for name in graph.ids for index in self.naming.get(name, ())}
        found |= {index for name in graph.references - graph.ids for index in self.having.get(name, ())}

        def shared(index: int) -> tuple[int, int]:
            return -len(paths.common(folder, self.environments[index].script_location)), index

        return sorted(found, key=shared)

    def graph_of(self, folder: str) -> Graph:
        listing = self.workspace.listings[folder]
        return Graph.of(self.workspace.files, (paths.child(folder, name) for name in revision_names(listing)))

    def graph(self, index: int) -> Graph:
        known = self.graphs.get(index)
        if known is None:
            known = Graph()
            environment = self.environments[index]
            folders = environment.version_dirs
            if environment.recursive:
                held = self.workspace.listings
                folders = tuple(at for at in held if any(paths.is_inside(at, top) for top in folders))
            for folder in folders:
                if folder in self.workspace.listings:
                    known.add(self.graph_of(folder))
            self.graphs[index] = known
        return known

    def adopt_whole_trees(self, candidates: list[str]) -> list[str]:
        """Folders below a version folder that holds nothing itself: the environment is one that reads recursively."""
        left = candidates
        for index, environment in enumerate(tuple(self.environments)):
            if environment.recursive or len(environment.version_dirs) != 1 or self.graph(index).ids:
                continue
            place = environment.version_dirs[0]
            below = [
                folder
                for folder in left
                if paths.is_inside(folder, place) and not _is_set_aside(folder, place)
            ]
            if below:
                split = _by_database(environment, place, below)
                self.environments[index] = split[0]
                self.environments.extend(split[1:])
            else:
                # Without a version folder the scripts' own folder may hold the revisions.
                below = [folder for folder in left if folder == environment.script_location]
                if not below:
                    continue
                self.environments[index] = msgspec.structs.replace(environment, version_dirs=tuple(below))
            del self.graphs[index]
            left = [folder for folder in left if folder not in below]
        return left

    def adopt_connected(self, candidates: list[str], graphs: dict[str, Graph]) -> list[str]:
        left: list[str] = []
        for folder in candidates:
            graph = graphs[folder]
            for index in self.near(folder, graph):
                environment = self.environments[index]
                own = self.graph(index)
                if own.shares(graph):
                    continue
                if own.needs(graph) or (graph.needs(own) and not _is_set_aside(folder, environment.root)):
                    dirs = tuple(sorted({*environment.version_dirs[1:], folder}))
                    first = environment.version_dirs[:1]
                    self.environments[index] = msgspec.structs.replace(
                        environment, version_dirs=(*first, *dirs)
                    )
                    own.add(graph)
                    self.enter(index, graph)
                    break
            else:
                left.append(folder)
        return left

    def found_one(self, candidates: list[str], graphs: dict[str, Graph]) -> list[str]:
        """The first folder that is no copy and not set aside becomes an environment of its own."""
        for position, folder in enumerate(candidates):
            copies = any(name in self.having for name in graphs[folder].ids)
            below = any(
                paths.is_inside(folder, place)
                for environment in self.environments
                for place in environment.version_dirs
            )
            if copies or below or _is_set_aside(folder, self.workspace.root):
                continue
            parent = paths.parent(folder)
            script = parent if paths.name(folder) == "versions" and folder != self.workspace.root else folder
            listing = self.workspace.listings.get(script)
            template = listing is not None and "script.py.mako" in listing.files
            self.environments.append(
                Environment(
                    root=self.workspace.root,
                    home=paths.parent(script) if paths.is_inside(parent, self.workspace.root) else script,
                    script_location=script,
                    env_py=None,
                    template=paths.child(script, "script.py.mako") if template else None,
                    version_dirs=(folder,),
                    flavour="revisions-only",
                )
            )
            index = len(self.environments) - 1
            self.enter(index, self.graph(index))
            return candidates[position + 1 :]
        return []


def _by_database(environment: Environment, place: str, below: list[str]) -> list[Environment]:
    """The environment as one that reads recursively; or as several, when its folders are named after databases."""
    first = {paths.relative(folder, place).split("/")[0] for folder in below}
    if len(first) > 1 and all(name.lower() in _DATABASES for name in first):
        return [
            msgspec.structs.replace(
                environment, version_dirs=(paths.child(place, name),), recursive=True, name=name
            )
            for name in sorted(first)
        ]
    return [msgspec.structs.replace(environment, recursive=True)]


def _unclaimed(workspace: Workspace, environments: list[Environment]) -> list[str]:
    claimed = {place for environment in environments for place in environment.version_dirs}
    trees = [
        place for environment in environments if environment.recursive for place in environment.version_dirs
    ]
    found: list[str] = []
    for folder, listing in workspace.listings.items():
        if (
            folder in claimed
            or not _may_hold(listing)
            or any(paths.is_inside(folder, tree) for tree in trees)
        ):
            continue
        below = any(paths.is_inside(folder, place) for place in claimed)
        if holds_revisions(workspace.files, folder, listing, likely_place=below):
            found.append(folder)
            if len(found) == MAX_RELATIVES:
                break
    return found


def _may_hold(listing: Listing) -> bool:
    return any(name.endswith(".py") for name in listing.files)


def _is_set_aside(folder: str, top: str) -> bool:
    return any(_SET_ASIDE.search(part) for part in paths.relative(folder, top).split("/"))
