"""What a rule may ask: the revision that it looks at, the schema there, and the project around it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Final, TypeVar, cast

from msgspec import Struct

from foreshot.history.revision_story import RevisionStory
from foreshot.history.story import Story
from foreshot.knowledge.databases import Target
from foreshot.lint.base import Base, Fork, forks, union_graph
from foreshot.lint.entry import Entry
from foreshot.lint.renames import Renames
from foreshot.lint.sqlite_failures import Failures, forgiven, is_within
from foreshot.lint.words import on
from foreshot.migration.graph import RevisionGraph
from foreshot.migration.operations import DataChange, Direction, Operation, TableOperation
from foreshot.migration.reader import read_revision
from foreshot.migration.revision import Revision
from foreshot.project.dialects import NO_HINTS, RevisionHints
from foreshot.project.environment import Environment
from foreshot.project.envpy import EnvFacts
from foreshot.project.modules import Modules
from foreshot.project.offline import Offline
from foreshot.project.settings import LoadedSettings, Settings
from foreshot.project.template import TemplateFacts
from foreshot.schema.view import SchemaView
from foreshot.syntax.changes import AddImport, Change
from foreshot.syntax.module import Module, SyntaxProblem, parse
from foreshot.syntax.values import Ref
from foreshot.text import SourceText, Span, Unreadable

UNION: Final = (Target("postgresql"), Target("mysql"), Target("mariadb"), Target("sqlite"))
"""What a migration may meet when nothing tells which databases the project runs on."""


T = TypeVar("T")

Tell = Callable[[Target, Revision], "RevisionStory | None"]
"""The story of a revision on a database; None where nothing is known of the history."""


class Surroundings(Struct, frozen=True):
    """What every revision of an environment shares: read once, the same for the editor and the command line."""

    environment: Environment
    settings: Settings
    loaded: LoadedSettings
    """The settings file, with where its rules stand and what is wrong with it."""
    modules: Modules
    targets: tuple[Target, ...] = ()
    """Empty: nothing tells which databases the project runs on."""
    possible: tuple[Target, ...] = ()
    """Databases that may be met besides: rules do not speak of them, repairs are guarded against them."""
    guessed: frozenset[str] = frozenset()
    """Those of the targets for which nothing speaks but a comparison in a revision: nothing is an error for them alone."""
    env: EnvFacts | None = None
    env_source: SourceText | None = None
    env_module: Module | None = None
    """env.py as a tree, where it parses."""
    env_problem: SyntaxProblem | Unreadable | None = None
    """Why it cannot be read or does not parse."""
    template: TemplateFacts | None = None
    template_source: SourceText | None = None
    sqlalchemy: tuple[int, ...] | None = None
    """The newest release of SQLAlchemy that the project allows itself; None: nothing bounds it."""
    alembic: tuple[int, ...] | None = None
    """The same for Alembic."""
    offline: Offline | None = None
    """Where the repository runs Alembic with ``--sql``."""
    lock_timeout: bool = False
    """A lock timeout is set for the whole environment, in env.py or the URL."""
    hints: RevisionHints = NO_HINTS
    """The signs of databases in the revisions, as far as nothing else tells the databases."""
    overrides: Mapping[str, object] = {}
    """The settings that go before those of the project, with the keys of the settings file."""
    key: bytes = b""
    """Equal for surroundings in which the same is found in the same revision."""

    @property
    def database(self) -> str:
        """The first of the project's databases, for what is told of one; PostgreSQL where nothing tells which."""
        return (self.targets or UNION)[0].database


def _where(targets: Iterable[Target], every: Iterable[Target]) -> str:
    """`` on MySQL``, unless the targets are every database there is."""
    held = tuple(targets)
    everywhere = {target.database for target in every} <= {target.database for target in held}
    return "" if everywhere or not held else f" on {on(held)}"


class ProjectContext:
    """An environment as a whole."""

    def __init__(
        self,
        surroundings: Surroundings,
        entries: Mapping[str, Entry],
        graph: RevisionGraph,
        source: Callable[[str], SourceText | None],
        rule_names: frozenset[str] = frozenset(),
        shape: object = None,
        base: Base | None = None,
    ) -> None:
        self.rule_names = rule_names
        """The names of all rules that there are."""
        self.surroundings = surroundings
        self.by_path = entries
        """Entries by their file's path, in the order of the version folders."""
        self.graph = graph
        self.source = source
        """The text of a file of the project, None when it cannot be read."""
        self.shape: object = object() if shape is None else shape
        """The same object in contexts that differ in nothing but where things stand in texts, and in surroundings."""
        self.base = base
        """What others have already; None when nothing tells."""
        self.stories: Callable[[Target], Story] | None = None
        """The history's story on a database; None while the history is not known."""

    @cached_property
    def forks(self) -> Sequence[Fork]:
        """New revisions that do not follow the base's head."""
        return forks(self.base, self.by_path, self.graph) if self.base is not None else ()

    @cached_property
    def union(self) -> RevisionGraph:
        """The history as it is after a merge into the base."""
        return union_graph(self.base, self.graph) if self.base is not None else self.graph

    def after(
        self,
        changed: Mapping[str, Entry],
        surroundings: Surroundings,
        source: Callable[[str], SourceText | None],
    ) -> ProjectContext:
        """The project with a few of its files read anew; cheap, however many there are."""
        graph = self.graph
        like = True
        for path, entry in changed.items():
            like = like and entry.is_like(self.by_path[path])
            graph = graph.with_replaced(path, entry.header)
        entries = {**self.by_path, **changed} if changed else self.by_path
        shape = self.shape if like else None
        return ProjectContext(surroundings, entries, graph, source, self.rule_names, shape, self.base)

    @cached_property
    def entries(self) -> Sequence[Entry]:
        """What is known of every revision file."""
        return list(self.by_path.values())

    def revision(self, path: str) -> Context | None:
        """One revision in full, read anew: for a repair, not for looking at all of them."""
        source = self.source(path)
        module = parse(source) if source is not None else None
        if not isinstance(module, Module):
            return None
        databases = tuple(target.database for target in self.targets)
        revision = read_revision(module, databases, modules=self.surroundings.modules)
        return Context(revision, self.surroundings, path) if revision is not None else None

    @property
    def environment(self) -> Environment:
        """Where the environment's files are."""
        return self.surroundings.environment

    @property
    def env(self) -> EnvFacts | None:
        """What env.py says."""
        return self.surroundings.env

    @property
    def template(self) -> TemplateFacts | None:
        """What script.py.mako says."""
        return self.surroundings.template

    @property
    def targets(self) -> tuple[Target, ...]:
        """The databases that the project runs on; empty when unknown."""
        return self.surroundings.targets

    def where(self, targets: Iterable[Target]) -> str:
        """`` on MySQL``: as :meth:`Context.where`."""
        return _where(targets, self.targets or UNION)


class Context:
    """One revision, and what is around it."""

    def __init__(
        self, revision: Revision, surroundings: Surroundings, path: str, tell: Tell | None = None
    ) -> None:
        self.revision = revision
        self._tell = tell
        self._stories: dict[str, RevisionStory | None] = {}
        self.surroundings = surroundings
        self.path = path
        self._targets: dict[tuple[str, ...], tuple[Target, ...]] = {}
        self._made: dict[object, object] = {}

    def once(self, make: Callable[[Context], T]) -> T:
        """What ``make`` finds in this revision, worked out when it is first asked for and then kept.

        For what a rule looks up at every operation: without it, a file of many operations costs their square.
        """
        if make not in self._made:
            self._made[make] = make(self)
        return cast("T", self._made[make])

    def once_each_way(self, make: Callable[[tuple[Operation, ...]], T], direction: Direction) -> T:
        """What ``make`` finds in the operations of one direction, kept likewise."""
        key = make, direction
        if key not in self._made:
            self._made[key] = make(self.operations(direction))
        return cast("T", self._made[key])

    def story(self, target: Target) -> RevisionStory | None:
        """The schema along the history up to this revision, and through it, on a database."""
        if target.database not in self._stories:
            made = self._tell(target, self.revision) if self._tell is not None else None
            self._stories[target.database] = made
        return self._stories[target.database]

    @cached_property
    def schema(self) -> SchemaView:
        """The schema before each operation."""
        return SchemaView(self.revision)

    @cached_property
    def renames(self) -> Renames:
        """Pairs of a drop and an add that look like a rename."""
        return Renames(self.revision, self.surroundings.targets)

    @property
    def module(self) -> Module:
        """The parsed file."""
        return self.revision.module

    @property
    def env(self) -> EnvFacts | None:
        """What env.py says."""
        return self.surroundings.env

    def text(self, span: Span) -> str:
        """The source text of a span."""
        return self.revision.module.text(span)

    def targets(
        self, databases: tuple[str, ...] = (), operation: Operation | None = None
    ) -> tuple[Target, ...]:
        """The databases that the operation will meet, out of ``databases`` (empty: any).

        While nothing tells what the project runs on, that is the union of the common ones.
        """
        found = self._targets.get(databases)
        if found is None:
            known = self.surroundings.targets or UNION
            found = tuple(target for target in known if not databases or target.database in databases)
            self._targets[databases] = found
        if operation is None:
            return found
        site = operation.site
        if site.dialects is not None or site.excluded:
            found = tuple(target for target in found if site.runs_on(target.database))
        if len(found) > 1 and self.once(_sqlite_failures)[site.function].before(site):
            # It is not come to on SQLite. Alone, SQLite stays: a rule then asks about nothing else.
            found = tuple(target for target in found if target.database != "sqlite") or found
        return found

    def where(self, targets: Iterable[Target]) -> str:
        """`` on PostgreSQL 15 and MySQL``: where a message holds; empty when that is every database of the project."""
        return _where(targets, self.targets())

    @property
    def targets_known(self) -> bool:
        """Whether configuration or the project itself tells the databases."""
        return bool(self.surroundings.targets)

    def is_forgiven(self, operation: Operation) -> bool:
        """Whether a handler around the operation takes its error and goes on."""
        return is_within(operation.site, self.once(_forgiven))

    def is_new(self, operation: TableOperation | DataChange) -> bool:
        """Whether the operation's table was created earlier in this revision: empty, and nobody's yet."""
        return self.schema.is_new(operation.table_name, operation)

    def before(self, operation: Operation) -> tuple[Operation, ...]:
        """The operations of the same direction that run before ``operation``, in order."""
        return tuple(
            other
            for other in self.operations(operation.site.function)
            if other.site.order < operation.site.order
        )

    def after(self, operation: Operation) -> tuple[Operation, ...]:
        """The operations of the same direction that run after ``operation``, in order."""
        return tuple(
            other
            for other in self.operations(operation.site.function)
            if other.site.order > operation.site.order
        )

    @cached_property
    def upgrade(self) -> tuple[Operation, ...]:
        """The operations of ``upgrade()``."""
        return self.revision.of("upgrade")

    @cached_property
    def downgrade(self) -> tuple[Operation, ...]:
        """The operations of ``downgrade()``."""
        return self.revision.of("downgrade")

    def operations(self, direction: Direction) -> tuple[Operation, ...]:
        """The operations of one direction, in order."""
        return self.upgrade if direction == "upgrade" else self.downgrade

    @cached_property
    def op(self) -> str:
        """How the file spells Alembic's ``op``."""
        return self._op or "op"

    @property
    def op_import(self) -> tuple[Change, ...]:
        """The import that code with :attr:`op` in it still needs: none but in a file that spells it in no way."""
        return () if self._op else (AddImport("from alembic import op"),)

    @cached_property
    def _op(self) -> str | None:
        if alias := self.alias("alembic.op"):
            return alias
        alembic = self.alias("alembic")
        return f"{alembic}.op" if alembic else None

    def sa(self) -> tuple[str, tuple[Change, ...]]:
        """How the file spells ``sqlalchemy``, and the import that it still needs for that."""
        alias = self.alias("sqlalchemy")
        return (alias, ()) if alias else ("sa", (AddImport("import sqlalchemy as sa"),))

    def alias(self, path: str) -> str | None:
        """How the file spells a module; None where it does not import it."""
        for name, value in self.revision.scope.values.items():
            if isinstance(value, Ref) and value.path == path:
                return name
        return None


def _forgiven(context: Context) -> list[Span]:
    return forgiven(context.module)


def _sqlite_failures(context: Context) -> dict[Direction, Failures]:
    spans = context.once(_forgiven)
    return {
        "upgrade": Failures(context.upgrade, spans),
        "downgrade": Failures(context.downgrade, spans),
    }
