"""From a name to the table or the column that it means, and to every place that makes, changes or uses it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from foreshot.ide.identity import Event
from foreshot.ide.ids import Place, declaration
from foreshot.ide.lives import Lives, lives_of
from foreshot.ide.mapped_places import mapped_at, model_place, quoted
from foreshot.ide.named import Named, named_at
from foreshot.text import Span
from foreshot.workspace.project import Project


class Thing(Struct, frozen=True):
    """A table or a column: its identity among the lives that it belongs to."""

    lives: Lives
    table: int
    column: int | None

    @property
    def number(self) -> int:
        """The identity."""
        return self.table if self.column is None else self.column

    def names_of_table(self) -> frozenset[str]:
        """What its table was ever called."""
        return frozenset(
            name
            for pair in self.lives.moments.values()
            for names in pair
            for name, known in names.tables.items()
            if known == self.table
        )

    def events(self) -> Iterator[Event]:
        """What is done to it, both ways."""
        for event in self.lives.events:
            if self.column is None:
                if event.table == self.table:
                    yield event
            elif self.column in event.columns:
                yield event


def lives_at(project: Project, table: str) -> Lives | None:
    """The lives of a table, on the first of the project's databases; None while the history is not known."""
    history = project.history
    if history is None or project.partial:
        return None
    return lives_of(history, table, project.surroundings.database)


def things_at(project: Project, path: str, offset: int) -> list[Thing]:
    """What the name at a place means; several for an attribute of a mixin, none where it means nothing that is known."""
    if path in project.analyses:
        revision = project.revision(path)
        named = named_at(revision, offset) if revision is not None else None
        thing = meant(project, path, named) if named is not None else None
        return [thing] if thing is not None else []
    found: list[Thing] = []
    for item in mapped_at(project, path, offset):
        lives = lives_at(project, item.full_name)
        table = lives.end.table(item.full_name) if lives is not None else None
        if lives is None or table is None:
            continue
        column = lives.end.column(item.full_name, item.column.name) if item.column is not None else None
        if item.column is None or column is not None:
            found.append(Thing(lives, table, column))
    return found


def meant(project: Project, path: str, named: Named, lives: Lives | None = None) -> Thing | None:
    """What a place of a revision means; ``lives`` are those of its table where they are at hand."""
    lives = lives if lives is not None else lives_at(project, named.table)
    site = named.operation.site
    moments = lives.moments.get((path, site.function, site.order)) if lives is not None else None
    if lives is None or moments is None:
        return None
    for names in reversed(moments) if named.after else moments:
        table = names.table(named.table)
        if table is None:
            continue
        column = names.columns.get((table, named.column)) if named.column is not None else None
        if named.column is None or column is not None:
            return Thing(lives, table, column)
    return None


class Meanings:
    """What the places of revisions mean, for whoever asks of many of them at one moment."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._lives: dict[str, Lives | None] = {}

    def of(self, path: str, named: Named) -> Thing | None:
        """What one place means."""
        if named.table not in self._lives:
            self._lives[named.table] = lives_at(self._project, named.table)
        lives = self._lives[named.table]
        return meant(self._project, path, named, lives) if lives is not None else None

    def is_it(self, path: str, named: Named, thing: Thing) -> bool:
        """Whether a place means a thing: lives of one table are the same under each of its names."""
        found = self.of(path, named)
        if found is None or found.number != thing.number:
            return False
        return found.lives is thing.lives or _key(found) == _key(thing)


def _key(thing: Thing) -> tuple[object, ...]:
    """A thing's first event tells it from every other, however its table was asked for."""
    first = next(thing.events(), None)
    where = (first.path, first.direction, first.order) if first is not None else None
    name = thing.lives.names(first)[1].name_of(thing.number) if first is not None else None
    return (where, name or thing.number, thing.column is None)


def made_at(project: Project, thing: Thing) -> list[Place]:
    """Where ``upgrade()`` makes it."""
    return [
        place_of(project, thing, event)
        for event in thing.events()
        if event.role in ("created", "made") and event.direction == "upgrade"
    ]


def places(project: Project, thing: Thing) -> list[Place]:
    """Every operation that makes, changes, uses or drops it, in the order of the history."""
    found = (place_of(project, thing, event) for event in thing.events())
    return list(dict.fromkeys(found))


def mapped_place(project: Project, thing: Thing) -> Place | None:
    """Where the models have it now."""
    end = thing.lives.end
    if thing.column is None:
        table = end.name_of(thing.table)
        return model_place(project, table, None) if table is not None else None
    table, column = end.table_of(thing.column), end.name_of(thing.column)
    return model_place(project, table, column) if table is not None and column is not None else None


def place_of(project: Project, thing: Thing, event: Event) -> Place:
    """Where an operation names it; the operation where it does not, and the revision's id in a text that does not parse."""
    source = project.source(event.path)
    if source is None or project.is_stale(event.path) or event.span.end > len(source.content):
        node = project.graph.at(event.path)
        return declaration(node) if node is not None else Place(event.path, Span(0, 0))
    before, after = thing.lives.names(event)
    name = before.name_of(thing.number) or after.name_of(thing.number)
    content, span = source.content, event.span
    if name is None:
        return Place(event.path, _short(content, span))
    bare = name.rpartition(".")[2]
    if event.role == "referred":
        referred = _referred(content, span, event.name, bare if thing.column is not None else None)
        if referred is not None:
            return Place(event.path, referred)
    elif thing.column is not None:
        described = re.compile(rf"\bColumn\(\s*([\"'])({re.escape(bare)})\1").search(
            content, span.start, span.end
        )
        if described is not None:
            return Place(event.path, Span(*described.span(2)))
    found = quoted(content, span, bare)
    if found is not None:
        return Place(event.path, found)
    word = re.compile(rf"\b{re.escape(bare)}\b", re.IGNORECASE).search(content, span.start, span.end)
    return Place(event.path, Span(*word.span()) if word is not None else _short(content, span))


def _referred(content: str, span: Span, table: str, column: str | None) -> Span | None:
    """Where a foreign key names what it refers to: in ``"users.id"``, or apart."""
    last = re.escape(column) if column is not None else r"[^\"'.]+"
    dotted = rf"([\"'])({re.escape(table)})\.({last})\1"
    match = re.compile(dotted).search(content, span.start, span.end)
    if match is not None:
        return Span(*match.span(2 if column is None else 3))
    owner = quoted(content, span, table.rpartition(".")[2])
    if owner is None or column is None:
        return owner
    after = [quoted(content, Span(owner.end + 1, span.end), column)]
    # The columns that refer stand before those that are referred to, and may be called the same.
    while after[-1] is not None:
        after.append(quoted(content, Span(after[-1].end + 1, span.end), column))
    return after[-2] if len(after) > 1 else None


def _short(content: str, span: Span) -> Span:
    """The first line of a span."""
    end = content.find("\n", span.start, span.end)
    return span if end == -1 else Span(span.start, end)
