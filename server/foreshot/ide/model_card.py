"""The card of a mapped attribute or class: what the history made of it, and what it still asks for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from foreshot.ide.identity import Event
from foreshot.ide.mapped_places import Mapped
from foreshot.ide.markup import bullets, file_link, prose, said
from foreshot.ide.pending import PendingRevision, pending_revision
from foreshot.ide.standing import standing
from foreshot.ide.things import lives_at
from foreshot.lint.words import code
from foreshot.schema.state import Column
from foreshot.workspace.project import Project

_TABLES = 3
_EVENTS = 8
_PENDING = 3


def model_card(project: Project, found: Sequence[Mapped]) -> str:
    """The card of what a name in a file of models stands for, as Markdown; empty where nothing is known of it."""
    if project.history is None or project.partial:
        return ""
    pending = pending_revision(project)
    parts = [
        "\n\n".join(_of_column(project, item, pending) if item.column else _of_table(project, item, pending))
        for item in found[:_TABLES]
    ]
    if len(found) > _TABLES:
        parts.append(f"and a column of {len(found) - _TABLES} more tables")
    return "\n\n---\n\n".join(part for part in parts if part)


def _of_column(project: Project, item: Mapped, pending: PendingRevision | None) -> Iterator[str]:
    column = item.column
    lives = lives_at(project, item.full_name)
    if column is None or lives is None:
        return
    name = f"{item.full_name}.{column.name}"
    known = lives.end.column(item.full_name, column.name)
    story = project.story()
    table = story.at_heads().table(item.full_name) if story is not None else None
    yield f"**{code(name)}** {_facts(table.column(column.name) if table is not None else None)}".rstrip()
    if known is not None:
        yield from _history(project, lives.of_column(known))
    yield from _asked(pending, item, known is not None)


def _of_table(project: Project, item: Mapped, pending: PendingRevision | None) -> Iterator[str]:
    lives = lives_at(project, item.full_name)
    if lives is None:
        return
    known = lives.end.table(item.full_name)
    yield f"**Table {code(item.full_name)}**"
    if known is not None:
        yield from _history(project, lives.of_table(known))
    yield from _asked(pending, item, known is not None)


def _facts(column: Column | None) -> str:
    """What the history makes a column, for one line."""
    if column is None:
        return ""
    words = [code(column.type.stored)] if column.type.stored else []
    if column.nullable is not None:
        words.append("NULL" if column.nullable else "NOT NULL")
    if isinstance(column.default, str):
        words.append(f"default {code(column.default)}")
    told = " ".join(words)
    return f"{told}, perhaps: {prose(column.perhaps[0].why)}" if column.perhaps and told else told


def _history(project: Project, events: Sequence[Event]) -> Iterator[str]:
    """What the revisions did, each with the way to it; of many, the first and the last ones."""
    lines = list(_lines(project, events))
    if len(lines) > _EVENTS:
        left = len(lines) - _EVENTS
        lines = [lines[0], f"… {left} more …", *lines[-(_EVENTS - 1) :]]
    if lines:
        yield bullets(lines)


def _lines(project: Project, events: Sequence[Event]) -> Iterator[str]:
    by_revision: dict[str, list[Event]] = {}
    for event in events:
        by_revision.setdefault(event.path, []).append(event)
    few = set(list(by_revision)[:1]) | set(list(by_revision)[-_EVENTS:])
    for path, group in by_revision.items():
        words = ", ".join(dict.fromkeys(said(event.said) for event in group))
        # Only what is shown is worth a look at its file.
        where = _revision(project, group[0]) if path in few else code(group[0].revision)
        new = " (new)" if standing(project, path) == "new" else ""
        yield f"{words} in {where}{new}"


def _revision(project: Project, event: Event) -> str:
    source = project.source(event.path)
    row = None
    if source is not None and event.span.end <= len(source.content):
        row = source.lines.position(event.span.start)[0]
    node = project.graph.at(event.path)
    message = f" {prose(node.header.message, 80)}" if node is not None and node.header.message else ""
    return f"{file_link(event.revision or '?', event.path, row)}{message}"


def _asked(pending: PendingRevision | None, item: Mapped, known: bool) -> Iterable[str]:
    """What no revision does yet, with the card that it will have there."""
    if pending is None:
        return [] if known else ["No revision makes it."]
    origin = item.column.origin if item.column is not None else None
    asked = pending.at(origin, item.full_name) if origin is not None else pending.of(item.full_name)
    if not asked:
        return [] if known else ["No revision makes it yet."]
    if item.column is None:
        return [pending.brief(asked)]
    perhaps = "" if all(one.pending.certain for one in asked) else " (perhaps)"
    head = f"**Pending**{perhaps}: no revision does this yet."
    more = [f"and {len(asked) - _PENDING} more"] if len(asked) > _PENDING else []
    return [head, *(pending.card(one) for one in asked[:_PENDING] if one.operations), *more]
