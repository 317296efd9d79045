"""The story of an environment, read from its revision files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property, lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct
from msgspec.msgpack import Decoder

from foreshot.history.delta import ENCODER, Delta, delta_of, digest_of, place_of
from foreshot.history.revision_story import RevisionStory
from foreshot.history.story import Story
from foreshot.knowledge.databases import Target as Database
from foreshot.lint.context import UNION, Surroundings, Tell
from foreshot.migration.graph import Node, RevisionGraph
from foreshot.migration.revision import Revision
from foreshot.migration.revision_parts import RevisionHeader
from foreshot.project.ini import MAX_LENGTH, read_ini
from foreshot.project.looks import Record
from foreshot.project.naming import naming_convention
from foreshot.schema.state import Origin, Target
from foreshot.syntax.values import Value
from foreshot.text import SourceText, Span
from foreshot.workspace.load import identity
from foreshot.workspace.touched import Touched

if TYPE_CHECKING:
    from foreshot.workspace.settle import Settler


class Told(Struct, frozen=True):
    """What a revision file tells of the history; its delta is kept encoded, and decoded when it is applied."""

    header: RevisionHeader | None
    encoded: bytes
    digest: bytes
    """Of what the revision does, wherever that stands in its file."""

    @property
    def delta(self) -> Delta:
        """What the revision does."""
        return _decoded(self.encoded)


_DECODER = Decoder(Delta)


@lru_cache(maxsize=4)
def _decoded(encoded: bytes) -> Delta:
    """One that was decoded a moment ago is asked for again by every finding that tells of a place in it."""
    return _DECODER.decode(encoded)


_RECENT: Final = 6
"""Files, times databases, whose story is kept from one question to the next."""


def told_of(header: RevisionHeader | None, delta: Delta) -> Told:
    """What a file with this header and this delta tells."""
    try:
        return Told(header, ENCODER.encode(delta), digest_of(delta))
    except UnicodeEncodeError:
        # A source can spell what no database takes, and nothing stores: "\ud800".
        return told_of(header, Delta(problem="a text in it holds half a character"))


def as_last_told(now: Told, last: Told | None) -> Told:
    """What a file tells; what it told last, where it does not parse now."""
    if last is None or last.delta.problem or not now.delta.problem:
        return now
    return Told(now.header or last.header, last.encoded, last.digest)


class History:
    """What the files of an environment do to its schema, told by database when somebody asks. Immutable.

    Args:
        told: what each revision file tells, by path.
        looks: what else was looked at to tell it, by path.
    """

    def __init__(
        self, surroundings: Surroundings, told: Mapping[str, Told], looks: Mapping[str, Record] | None = None
    ) -> None:
        self.surroundings = surroundings
        self.told = told
        self.looks: Mapping[str, Record] = looks or {}
        self._stories: dict[str, Story] = {}
        self._recent: dict[tuple[str, str], RevisionStory] = {}
        self._graph: RevisionGraph | None = None
        self._marks: Mapping[str, bytes] | None = None
        self._marks_before: tuple[Mapping[str, bytes], int] | None = None
        """Those of an earlier history, and the place in the order up to which they hold."""
        self.touched = Touched(told)
        """Which files say anything of a table."""
        self.memory: dict[str, Any] = {}
        """What others keep between one history and the next; they see to it that it holds."""

    @cached_property
    def settle(self) -> Settler:
        """Follows the names of types through the project's modules."""
        from foreshot.workspace.settle import Settler

        return Settler(self.surroundings.modules)

    @property
    def graph(self) -> RevisionGraph:
        """The revisions that have a header."""
        if self._graph is None:
            nodes = (Node(path, item.header) for path, item in self.told.items() if item.header is not None)
            self._graph = RevisionGraph(nodes)
        return self._graph

    def story(self, target: Database) -> Story:
        """The story on a database."""
        found = self._stories.get(target.database)
        if found is None:
            found = Story(self.graph, self._delta, self._target(target.database))
            self._stories[target.database] = found
        return found

    def _target(self, database: str) -> Target:
        surroundings = self.surroundings
        return surroundings.modules.files.remember(
            ("story target", identity(surroundings.environment), database),
            lambda: target_of(surroundings, database),
            (surroundings.key, surroundings.targets, surroundings.sqlalchemy),
        )

    @cached_property
    def _targets(self) -> list[Target]:
        return [self._target(item.database) for item in _asked(self.surroundings)]

    def _delta(self, path: str) -> Delta:
        return self.told[path].delta

    def tell(self, path: str) -> Tell:
        """How a context of the file at ``path`` asks for its story."""

        def told(target: Database, revision: Revision) -> RevisionStory | None:
            if path in self.told:
                return self.of(path, target)
            node = self.graph.at(path)
            if node is None:
                return None
            return RevisionStory(self.story(target), node, delta_of(revision, self.settle), self._place)

        return told

    def of(self, path: str, target: Database) -> RevisionStory | None:
        """The story of one revision file on a database; None where it has no place in the history."""
        recent = self._recent.get((path, target.database))
        if recent is not None:
            return recent
        node = self.graph.at(path) if path in self.told else None
        if node is None:
            return None
        made = RevisionStory(self.story(target), node, place=self._place)
        self._recent[path, target.database] = made
        for key in list(self._recent)[:-_RECENT]:
            self._recent.pop(key, None)
        return made

    def _place(self, origin: Origin) -> tuple[str, Span] | None:
        node = self.graph.node(origin.revision)
        found = place_of(self._delta(node.key), origin) if node is not None else None
        return (node.key, Span(*found)) if node is not None and found is not None else None

    @property
    def marks(self) -> Mapping[str, bytes]:
        """By file, a digest of what it and all of its ancestors do: what its story follows from."""
        if self._marks is None:
            graph = self.graph
            known, first = self._marks_before or ({}, 0)
            found = dict(known)
            again = [graph.nodes[index] for index in graph.shape.sorted[0][first:]]
            for node in again:
                found.pop(node.key, None)
            base = repr(self._targets).encode()
            for node in again:
                hashed = blake2b(base, digest_size=12)
                hashed.update(self.told[node.key].digest)
                above = [graph.node(name) for name in node.header.down_revisions]
                for other in (*above, *(graph.dependencies(node) if node.header.depends_on else ())):
                    # One that has no mark yet leads in a circle.
                    hashed.update(found.get(other.key, b"?") if other is not None else b"?")
                found[node.key] = hashed.digest()
            self._marks, self._marks_before = found, None
        return self._marks

    def mark(self, path: str) -> bytes:
        """The mark of one file; empty for one that has no place in the history."""
        return self.marks.get(path, b"")

    def after(
        self,
        changed: Mapping[str, Told | None],
        surroundings: Surroundings,
        looks: Mapping[str, Record] | None = None,
    ) -> History:
        """The history with some files read anew, or gone (None). What does not follow from them is taken over."""
        told = dict(self.told)
        graph = self.graph
        later: list[str] = []
        for path, item in changed.items():
            before = told.pop(path, None) if item is None else told.get(path)
            if item is not None:
                told[path] = item
            header = item.header if item is not None else None
            graph = graph.with_replaced(path, header)
            if before is None or item is None or before.digest != item.digest:
                later.append(path)
        made = History(surroundings, told, looks)
        made._graph = graph
        made.touched, made.memory = self.touched.after(told, changed), self.memory
        if graph.shape is not self.graph.shape:
            return made
        made._stories = {
            name: story.after_changes(graph, made._delta, later)
            for name, story in self._stories.items()
            if made._target(name) == story.target
        }
        known = (self._marks, len(graph.nodes)) if self._marks is not None else self._marks_before
        if known is not None and made._targets == self._targets:
            position, places = graph.shape.position, (graph.index(path) for path in later)
            changed_first = min((position[place] for place in places if place is not None), default=known[1])
            made._marks_before = known[0], min(known[1], changed_first)
        return made

    def with_memory_of(self, before: History, broken: Iterable[str]) -> History:
        """The history in which files that do not parse now tell what they told last."""
        told = {path: as_last_told(self.told[path], before.told.get(path)) for path in broken}
        return self.after(told, self.surroundings, self.looks) if told else self


def _asked(surroundings: Surroundings) -> tuple[Database, ...]:
    """The databases that rules ask about."""
    return surroundings.targets or UNION


def target_of(surroundings: Surroundings, dialect: str) -> Target:
    """For which database a story is told, with the naming convention of the project."""
    version = next((item.version for item in surroundings.targets if item.database == dialect), None)
    environment, files = surroundings.environment, surroundings.modules.files

    def option(name: str) -> Value:
        """A main option of the ini file, the project's own among them."""
        source = files.read(environment.ini) if environment.ini is not None else None
        if not isinstance(source, SourceText) or len(source.content) > MAX_LENGTH:
            return None
        return read_ini(source).value(environment.section, name.lower(), {})

    # Boolean and Enum no longer bring a CHECK since 1.4.
    old = surroundings.sqlalchemy is not None and surroundings.sqlalchemy < (1, 4)
    flags = ()
    module = surroundings.env_module
    if (
        dialect != "sqlite"
        and environment.env_py is not None
        and module is not None
        and "sqlite:" in module.content
    ):
        from foreshot.models.scopes import Linker
        from foreshot.workspace.flags import flags_of

        linker = Linker(surroundings.modules)
        flags = flags_of(module, environment.env_py, linker)
    templates = naming_convention(surroundings.env, surroundings.env_module, surroundings.modules, option)
    parts = version.parts if version is not None else ()
    return Target(dialect, parts, tuple(sorted((templates or {}).items())), templates is not None, flags, old)


def story_of(told: Mapping[str, Told], target: Target) -> Story:
    """The story that the files tell, by path."""
    graph = RevisionGraph(Node(path, item.header) for path, item in told.items() if item.header is not None)
    deltas: Callable[[str], Delta] = lambda path: told[path].delta  # noqa: E731
    return Story(graph, deltas, target)
