"""The story of an environment, read from its revision files."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import Struct

from foreshot.history.delta import Delta, delta_of
from foreshot.history.story import Story
from foreshot.lint.context import Surroundings
from foreshot.migration.graph import Node, RevisionGraph
from foreshot.migration.header import read_header, read_header_above
from foreshot.migration.reader import read_revision
from foreshot.migration.revision_parts import RevisionHeader
from foreshot.project.dialects import NO_HINTS
from foreshot.project.discover import revision_files
from foreshot.project.environment import Environment
from foreshot.project.files import Files
from foreshot.project.naming import naming_convention
from foreshot.schema.lower import Settle
from foreshot.schema.state import Target
from foreshot.syntax.module import Module, parse
from foreshot.text import SourceText, Unreadable
from foreshot.workspace.analysis import dialects_of
from foreshot.workspace.load import hints_in_revisions, load_surroundings, wants_hints
from foreshot.workspace.settle import Settler


class Told(Struct, frozen=True):
    """What a revision file tells of the history."""

    header: RevisionHeader | None
    delta: Delta


def read_told(
    source: SourceText | Unreadable, surroundings: Surroundings, settle: Settle | None = None
) -> Told:
    """The header and the delta of one revision file."""
    if isinstance(source, Unreadable):
        return Told(None, Delta(problem=source.reason))
    module = parse(source)
    if not isinstance(module, Module):
        return Told(read_header_above(source, module), Delta(problem="the file does not parse"))
    try:
        revision = read_revision(module, dialects_of(surroundings))
    except Exception as error:
        # A fault of Foreshot's own makes one revision unknown, not the history.
        return Told(read_header(module), Delta(problem=f"Foreshot failed on it ({type(error).__name__})"))
    if revision is None:
        return Told(read_header(module), Delta())
    delta = delta_of(revision, settle)
    revision.scope.release()
    return Told(revision.header, delta)


def target_of(surroundings: Surroundings, dialect: str) -> Target:
    """For which database a story is told, with the naming convention of the project."""
    version = next((item.version for item in surroundings.targets if item.database == dialect), None)
    templates = naming_convention(surroundings.env, surroundings.env_module, surroundings.modules)
    return Target(dialect, version.parts if version is not None else (), tuple(sorted(templates.items())))


def story_of(told: Mapping[str, Told], target: Target) -> Story:
    """The story that the files tell, by path."""
    graph = RevisionGraph(Node(path, item.header) for path, item in told.items() if item.header is not None)
    deltas: Callable[[str], Delta] = lambda path: told[path].delta  # noqa: E731
    return Story(graph, deltas, target)


def read_history(
    files: Files, environment: Environment, dialect: str | None = None
) -> tuple[Surroundings, dict[str, Told]]:
    """The surroundings of an environment, and what each of its revision files tells; ``dialect`` goes before its own."""
    overrides = {"dialect": dialect} if dialect is not None else {}
    texts = {
        path: source
        for path in revision_files(files, environment)
        if (source := files.read(path)) is not None
    }
    hints = NO_HINTS
    if wants_hints(files, environment, overrides):
        hints = hints_in_revisions(data for path in texts if (data := files.read_bytes(path)) is not None)
    surroundings = load_surroundings(files, environment, overrides, hints)
    settle = Settler(surroundings.modules)
    return surroundings, {path: read_told(source, surroundings, settle) for path, source in texts.items()}
