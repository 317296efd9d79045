"""Another name for a table or a column that has not shipped: everywhere that revisions name it, or nowhere."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from foreshot.ide.actions import Unavailable
from foreshot.ide.identity import Event
from foreshot.ide.named import Named, named_at, named_in, strings_in
from foreshot.ide.standing import standing
from foreshot.ide.things import Meanings, Thing, meant
from foreshot.knowledge.databases import excess_length
from foreshot.lint.words import code
from foreshot.migration.operations import Execute
from foreshot.migration.revision import Revision
from foreshot.text import Edit, Span
from foreshot.workspace.project import Project

_PLAIN: Final = re.compile(r"[^\W\d]\w*")
_SAID: Final = frozenset({"comment", "name", "type_", "ondelete", "onupdate", "initially", "server_default"})
"""Keywords whose text speaks of no table and no column."""


class Renamable(Struct, frozen=True):
    """What a place names, and the operation that gave it the name."""

    thing: Thing
    named: Named
    given: Event

    @property
    def name(self) -> str:
        """Its present name."""
        return self.named.name


def renamable_thing(project: Project, path: str, offset: int) -> Renamable | None:
    """The table or column at a place of a revision; None where there is none.

    Raises:
        Unavailable: when its name has shipped.
    """
    if project.is_stale(path) or path not in project.analyses:
        return None
    revision = project.revision(path)
    named = named_at(revision, offset) if revision is not None else None
    thing = meant(project, path, named) if named is not None else None
    if named is None or thing is None:
        return None
    given = _given(thing, named)
    what = code(named.table if named.column is None else f"{named.table}.{named.column}")
    if given is None:
        raise Unavailable(f"no revision gives {what} its name")
    if standing(project, given.path) == "shipped":
        how = "op.rename_table" if named.column is None else "op.alter_column(…, new_column_name=…)"
        raise Unavailable(
            f"revision {code(given.revision)}, which gives {what} its name, has shipped: rename it in a new revision, with {how}"
        )
    return Renamable(thing, named, given)


def rename_thing(project: Project, found: Renamable, new: str) -> dict[str, list[Edit]]:
    """The edits that give it another name, by file.

    Raises:
        Unavailable: when the name cannot be used or is taken, or when a place may name it that cannot be rewritten.
    """
    new = new.strip().strip("\"'`")
    if not new or not new.isprintable() or set(new) & set("\"'`\\.{}%:"):
        raise Unavailable("a name has no quotes, points, colons or braces")
    if excess_length(new, project.surroundings.database):
        raise Unavailable("that is longer than the database takes")
    if new == found.name:
        return {}
    _refuse_taken(project, found, new)
    meanings = Meanings(project)
    edits: dict[str, list[Edit]] = {}
    for file in _files(project, found):
        revision = project.revision(file)
        if revision is None or project.is_stale(file):
            raise Unavailable(f"{_short(file)} names it and does not parse")
        here, others = _sorted(file, revision, found, meanings)
        left = next(_left(revision, found, here, others), None)
        if left is not None:
            row = revision.module.source.lines.position(left.start)[0] + 1
            raise Unavailable(f"{_short(file)} may name it on line {row} in a way that cannot be rewritten")
        if not here:
            continue
        if standing(project, file) == "shipped":
            raise Unavailable(f"{_short(file)} names it and has shipped")
        if any(item.in_sql for item in here) and (not _PLAIN.fullmatch(new) or new != new.lower()):
            raise Unavailable("SQL names it without quotes: take lower-case letters, digits and underscores")
        edits[file] = [Edit(item.span, new) for item in here]
    return edits


def _given(thing: Thing, named: Named) -> Event | None:
    """The last operation of ``upgrade()`` that gave it the name that a place has."""
    found: Event | None = None
    for event in thing.events():
        before, after = thing.lives.names(event)
        now, then = after.name_of(thing.number), before.name_of(thing.number)
        if event.direction == "upgrade" and now != then and _same(now, named):
            found = event
    return found


def _same(name: str | None, named: Named) -> bool:
    return name is not None and name.rpartition(".")[2] == named.name


def _refuse_taken(project: Project, found: Renamable, new: str) -> None:
    thing, named = found.thing, found.named
    schema, dot, _ = named.table.rpartition(".")
    full = f"{schema}{dot}{new}"
    if named.column is None:
        story = project.story()
        taken = story is not None and full in story.at_heads().tables
    else:
        taken = any(
            (thing.table, new) in names.columns for pair in thing.lives.moments.values() for names in pair
        )
    if taken:
        raise Unavailable(f"{code(full if named.column is None else f'{named.table}.{new}')} is taken")


def _files(project: Project, found: Renamable) -> list[str]:
    """The files that may name it, from the one on that gives it its name.

    Those are the files that touch its table, and any other that has both names as words: a view that reads it, say.
    """
    touching = {path for path, _, _ in found.thing.lives.moments}
    words = [re.compile(rf"\b{re.escape(found.name)}\b", re.IGNORECASE)]
    if found.named.column is not None:
        bare = {name.rpartition(".")[2] for name in found.thing.names_of_table()}
        names = "|".join(sorted(re.escape(name) for name in bare))
        words.append(re.compile(rf"\b(?:{names})\b", re.IGNORECASE))
    order = [node.key for node in project.graph.order]
    result: list[str] = []
    for path in order[order.index(found.given.path) :]:
        if path not in touching and standing(project, path) == "shipped":
            continue
        source = project.source(path)
        if source is None or not words[0].search(source.content):
            continue
        if path in touching or all(word.search(source.content) for word in words):
            result.append(path)
    return result


def _sorted(
    file: str, revision: Revision, found: Renamable, meanings: Meanings
) -> tuple[list[Named], list[Named]]:
    """The places that name it, and those that surely name something else."""
    here: list[Named] = []
    others: list[Named] = []
    tables = found.thing.names_of_table()
    for item in named_in(revision):
        if (
            item.table not in tables
            or item.name != found.name
            or (item.column is None) != (found.named.column is None)
        ):
            others.append(item)
        elif not item.exact:
            continue
        elif meanings.is_it(file, item, found.thing):
            here.append(item)
        elif meanings.of(file, item) is not None:
            others.append(item)
    return here, others


def _left(revision: Revision, found: Renamable, here: list[Named], others: list[Named]) -> Iterator[Span]:
    """Places that have the name as a word and are none of those that are known: in SQL, in expressions of SQLAlchemy."""
    module = revision.module
    known = {item.span for item in here} | {item.span for item in others}
    word = re.compile(rf"\b{re.escape(found.name)}\b", re.IGNORECASE)
    quiet = [*_quiet(revision), *(item.span for item in others)]
    for node in module.nodes(ast.Constant):
        if isinstance(node.value, str) and word.search(node.value):
            span = module.span(node)
            if any(around.contains(span) for around in quiet):
                continue
            for match in word.finditer(module.content, span.start, span.end):
                at = Span(*match.span())
                if at not in known and not any(around.contains(at) for around in quiet):
                    yield at
    if found.named.column is None:
        return
    for node in module.nodes(ast.Attribute):
        owner = node.value
        if node.attr == found.name and isinstance(owner, ast.Attribute) and owner.attr in ("c", "columns"):
            yield module.span(node)
    for node in module.nodes(ast.Call):
        if isinstance(node.func, ast.Attribute) and node.func.attr in ("values", "filter_by"):
            yield from (module.span(item) for item in node.keywords if item.arg == found.name)


def _quiet(revision: Revision) -> Iterator[Span]:
    """Where a text names no table and no column: docstrings, the header, names of constraints, comments, types."""
    module = revision.module
    yield from revision.header.spans.values()
    for node in module.nodes(ast.Expr):
        if isinstance(node.value, ast.Constant):
            yield module.span(node)
    for node in module.nodes(ast.keyword):
        if node.arg in _SAID:
            yield module.span(node)
    for operation in revision.operations:
        if operation.site.sql is not None and not isinstance(operation, Execute):
            yield from strings_in(module.content, operation.site.call)
        for name in ("index_name", "constraint_name", "type_", "existing_type"):
            if (span := operation.site.args.get(name)) is not None:
                yield span
        for column in (*getattr(operation, "columns", ()), getattr(operation, "column", None)):
            if (span := getattr(column, "args", {}).get("type_")) is not None:
                yield span


def _short(path: str) -> str:
    return path.rpartition("/")[2]
