"""Another id for a revision, from every place that names it, and the history that Alembic then loads.

The edits go into a copy of which only what Alembic reads is kept: docstrings and the assignments of constants, so no
code of a project runs.
"""

from __future__ import annotations

import ast
import random
import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from alembic.script import ScriptDirectory

from foreshot.ide.actions import Unavailable
from foreshot.ide.ids import meant, mentions
from foreshot.ide.renaming import Renaming, renamable, rename
from foreshot.migration.graph import Node
from foreshot.workspace.project import Project

_NEW = "foreshot_renamed_1"
_LINES = re.compile(r"^[ \t]*(Revision ID|Revises)[ \t]*:.*$", re.MULTILINE)
"""What stands in the message of a revision that has none, and is renamed with it."""
_HEADER = ("revision", "down_revision", "branch_labels", "depends_on")


class Try(NamedTuple):
    """A place from which a revision is renamed, and what kind of revision it is."""

    kind: str
    node: Node
    path: str
    offset: int


@dataclass
class Outcome:
    """What came of one renaming."""

    kind: str
    where: str
    differs: list[str] = field(default_factory=list)
    """How the history is another."""
    refused: str | None = None
    left: list[str] = field(default_factory=list)
    """Where the old id still stands as a word of its own."""


class Copy:
    """The revisions of an environment where Alembic may load them, each folder a place for versions of its own."""

    def __init__(self, root: Path, texts: Mapping[str, str]) -> None:
        self.root = root
        self._folders: dict[str, Path] = {}
        for path, text in texts.items():
            self.write(path, text)

    def at(self, path: str) -> Path:
        """Where the copy of a file is."""
        folder, _, name = path.rpartition("/")
        if folder not in self._folders:
            self._folders[folder] = self.root / str(len(self._folders))
            self._folders[folder].mkdir()
        return self._folders[folder] / name

    def write(self, path: str, text: str) -> None:
        """Put what Alembic reads of a text."""
        self.at(path).write_text(_header_of(text), "utf-8")

    def load(self) -> dict[str, Any]:
        """The history as Alembic has it, by revision, with heads and bases, and what it warned of."""
        locations = [str(folder) for folder in self._folders.values()]
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            scripts = ScriptDirectory(str(self.root), version_locations=locations)
            found: dict[str, Any] = {
                script.revision: (
                    _LINES.sub("", script.doc or ""),
                    script.down_revision,
                    script.dependencies,
                    list(script.branch_labels),
                    list(script.nextrev),
                    script._resolved_dependencies,
                    script.is_head,
                    script.is_merge_point,
                )
                for script in scripts.walk_revisions()
            }
            found["heads"] = scripts.get_heads()
            found["bases"] = scripts.get_bases()
            found["order"] = [
                script.revision for script in scripts.revision_map.iterate_revisions("heads", "base")
            ]
        found["warnings"] = len(warned)
        return found


def _header_of(text: str) -> str:
    """The docstring and the assignments of constants of a revision; those above what does not parse."""
    try:
        tree = ast.parse(text)
    except SyntaxError as problem:
        tree = ast.parse("".join(text.splitlines(keepends=True)[: (problem.lineno or 1) - 1]))
    kept: list[ast.stmt] = [
        node
        for index, node in enumerate(tree.body)
        if (index == 0 and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        or (isinstance(node, ast.Assign | ast.AnnAssign) and _is_constant(node))
    ]
    for node in kept:
        if isinstance(node, ast.AnnAssign):
            node.annotation = ast.Name("object")
    return ast.unparse(ast.Module(kept, [])) + "\n"


def _is_constant(node: ast.Assign | ast.AnnAssign) -> bool:
    names = [node.target] if isinstance(node, ast.AnnAssign) else node.targets
    if node.value is None or not all(isinstance(name, ast.Name) and name.id in _HEADER for name in names):
        return False
    try:
        ast.literal_eval(node.value)
    except ValueError:
        return isinstance(node.value, ast.Name) and node.value.id in _HEADER
    return True


def renamings(project: Project, copy: Copy, each: int) -> Iterator[Outcome]:
    """Rename so many revisions of each kind from every place that names them.

    Raises:
        Exception: whatever Alembic raises when it cannot load the history as it is.
    """
    before = copy.load()
    texts = texts_of(project)
    for attempt in _tries(project, each, random.Random(each)):
        yield _renamed_there(project, texts, copy, before, attempt)


def texts_of(project: Project) -> dict[str, str]:
    """The texts of a project's revisions."""
    found = ((node.key, project.source(node.key)) for node in project.graph.nodes)
    return {path: source.content for path, source in found if source is not None}


def _tries(project: Project, each: int, chosen: random.Random) -> Iterator[Try]:
    """Places to rename from: every kind of revision, from every kind of place that names it."""
    graph = project.graph
    nodes = list(graph.nodes)
    merges = [node for node in nodes if len(node.header.down_revisions) > 1]
    kinds: dict[str, list[Node]] = {
        "with a child": [node for node in nodes if graph.children(node)],
        "parent of a merge": [parent for node in merges for parent in graph.parents(node)],
        "merge": merges,
        "named in depends_on": [needed for node in nodes for needed in graph.dependencies(node)],
        "with a label": [node for node in nodes if node.header.branch_labels],
        "head": [node for node in nodes if not graph.children(node)],
        "any": nodes,
    }
    for kind, found in kinds.items():
        for node in chosen.sample(found, min(each, len(found))):
            for path in dict.fromkeys(
                [node.key, *(user.key for user in nodes if _names(project, user, node))]
            ):
                for mention in mentions(project, path):
                    if mention.name == node.id and meant(graph, mention, path) is node:
                        yield Try(f"{kind}, from {mention.role}", node, path, mention.span.start + 1)


def _names(project: Project, user: Node, node: Node) -> bool:
    return node in project.graph.parents(user) or node in project.graph.dependencies(user)


def _renamed_there(
    project: Project, texts: Mapping[str, str], copy: Copy, before: dict[str, Any], attempt: Try
) -> Outcome:
    """One renaming, loaded and taken back."""
    outcome = Outcome(attempt.kind, f"{attempt.node.id} in {attempt.path.rpartition('/')[2]}")
    try:
        made = rename(project, attempt.path, attempt.offset, _NEW)
    except Unavailable as refused:
        outcome.refused = str(refused)
        return outcome
    if renamable(project, attempt.path, attempt.offset) is None:
        outcome.differs.append("renamed where no name is offered")
    after = _applied(texts, made)
    for path, text in after.items():
        copy.write(path, text)
    own, new = copy.at(made.path), copy.at(made.new_path or made.path)
    own.rename(new)
    try:
        outcome.differs += _differences(before, copy.load(), attempt.node.id)
    except Exception as problem:
        outcome.differs.append(f"does not load: {type(problem).__name__}: {problem}")
    finally:
        new.rename(own)
        for path in after:
            copy.write(path, texts[path])
    outcome.left = list(_left({**texts, **after}, attempt.node, made))
    return outcome


def _left(texts: Mapping[str, str], node: Node, made: Renaming) -> Iterator[str]:
    word = re.compile(rf"(?<!\w){re.escape(node.id)}(?!\w)")
    if made.new_path is None and word.search(made.path.rpartition("/")[2].replace("_", " ")):
        yield f"name of the file: {made.path.rpartition('/')[2]}"
    for path, text in texts.items():
        for found in word.finditer(text):
            line = text[text.rfind("\n", 0, found.start()) + 1 :].partition("\n")[0]
            yield f"text of a file: {path.rpartition('/')[2]}: {line.strip()}"


def _differences(before: dict[str, Any], after: dict[str, Any], old: str) -> list[str]:
    """What differs between the history before, with the id replaced, and the one after."""
    wanted = _renamed(before, old)
    return [
        f"{key}: {wanted.get(key)} != {after.get(key)}"
        for key in sorted({*wanted, *after})
        if _unordered(wanted.get(key)) != _unordered(after.get(key))
    ]


def _renamed(value: Any, old: str) -> Any:
    """A history with the one id replaced, where it is an id and no part of a message."""
    if isinstance(value, dict):
        return {_renamed(key, old): _renamed(item, old) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return type(value)(_renamed(item, old) for item in value)
    return _NEW if value == old else value


def _unordered(value: Any) -> Any:
    """A value in which the order of a list does not count: Alembic's depends on the ids."""
    if isinstance(value, list):
        return sorted(value)
    return tuple(map(_unordered, value)) if isinstance(value, tuple) else value


def _applied(texts: Mapping[str, str], made: Renaming) -> dict[str, str]:
    """The texts of the files that a renaming changes, as they are then."""
    after: dict[str, str] = {}
    for path, edits in made.edits.items():
        text = texts[path]
        for edit in sorted(edits, reverse=True):
            text = text[: edit.span.start] + edit.text + text[edit.span.end :]
        after[path] = text
    return after
