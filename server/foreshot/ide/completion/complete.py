"""Completions of a file, by what it is: a revision, env.py, or a configuration."""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.ide.completion import comments, settings
from foreshot.ide.completion.calls import AlembicCall, Spellings, alembic_calls, methods_of, spellings
from foreshot.ide.completion.item import Item
from foreshot.ide.completion.names import schema_at
from foreshot.ide.completion.schema_names import named_things
from foreshot.ide.completion.snippets import snippets
from foreshot.ide.completion.values import NAMES, PASSED_ON, strings_for
from foreshot.migration.alembic_api import SINCE, Method
from foreshot.migration.graph import Node
from foreshot.syntax.cursor import Cursor, cursor_at
from foreshot.text import SourceText, Span
from foreshot.workspace.project import Project

MOST = 500
"""Completions that are given at once."""


def complete(project: Project, path: str, source: SourceText, offset: int) -> list[Item]:
    """What can be written at a place, the likeliest first; at most :data:`MOST`."""
    text = source.content
    if not path.endswith(".py"):
        return settings.complete(project, path, text, offset)[:MOST]
    cursor = cursor_at(text, offset)
    if cursor.comment:
        return comments.complete(text, offset)
    spelled = spellings(text, offset)
    found = list(_in_python(project, path, source, cursor, spelled))
    # The client filters too, and by its own lights; what cannot fit any more only costs it time.
    fitting = [
        (item.rank, not item.label.casefold().startswith(written), item)
        for item in found
        if _fits(written := text[item.span.start : offset].casefold(), item.label.casefold())
        or item.kind == "snippet"
    ]
    return [item for _, _, item in sorted(fitting, key=lambda one: one[:2])][:MOST]


def _in_python(
    project: Project, path: str, source: SourceText, cursor: Cursor, spelled: Spellings
) -> Iterator[Item]:
    if cursor.target in ("down_revision", "depends_on") and not any(item.callee for item in cursor.brackets):
        yield from _revisions(project, path, cursor)
        return
    if cursor.owner and cursor.string is None:
        batch = spelled.batches.get(cursor.owner)
        yield from snippets(cursor, spelled, batch=batch is not None)
        for name, method in methods_of(cursor.owner, spelled).items():
            yield _method(name, method, cursor)
        return
    calls = alembic_calls(cursor, spelled)
    if not calls:
        return
    inner = calls[0].bracket is cursor.call
    if inner:
        yield from _values(calls[0], cursor)
    yield from named_things(calls[0], cursor, schema_at(project, path, source, cursor), direct=inner)
    if (
        inner
        and cursor.string is None
        and cursor.inner is calls[0].bracket
        and calls[0].bracket.keyword is None
    ):
        yield from _keywords(calls[0], cursor)


def _method(name: str, method: Method, cursor: Cursor) -> Item:
    empty = not method.parameters
    about = f"```python\n{method.label}\n```\n{method.about}"
    internal = 0 if name not in ("f", "invoke", "run_async", "inline_literal", "get_context") else 1
    text = f"{name}()" if empty else f"{name}($0)"
    return Item(name, "method", cursor.word, text, method.about, about, internal, is_snippet=not empty)


def _keywords(call: AlembicCall, cursor: Cursor) -> Iterator[Item]:
    """Keywords that the call takes and that have not been written."""
    written = {argument.keyword for argument in call.bracket.arguments}
    taken = call.method.positional[: call.bracket.position]
    for parameter in call.method.parameters:
        if parameter.kind not in ("positional", "keyword"):
            continue
        if parameter.name in written or parameter.name in taken:
            continue
        since = SINCE.get((call.method.name, parameter.name))
        detail = " ".join(
            filter(None, [parameter.default and f"= {parameter.default}", since and f"since {since}"])
        )
        yield Item(f"{parameter.name}=", "argument", cursor.word, f"{parameter.name}=", detail, rank=1)
    if call.method.is_open:
        for name, about in PASSED_ON.get(call.method.name, {}).items():
            if name not in written:
                yield Item(f"{name}=", "argument", cursor.word, f"{name}=", about, rank=2)


def _values(call: AlembicCall, cursor: Cursor) -> Iterator[Item]:
    parameter = call.bracket.keyword or (call.parameter.name if call.parameter is not None else "")
    for value in strings_for(parameter, call.method.name):
        yield _string(value, cursor)
    if cursor.string is None and call.bracket.keyword is not None:
        for value in NAMES.get(parameter, ()):
            yield Item(value, "value", cursor.word, value)


def _string(value: str, cursor: Cursor) -> Item:
    return Item(value, "value", cursor.word, value if cursor.string is not None else f'"{value}"')


def _revisions(project: Project, path: str, cursor: Cursor) -> Iterator[Item]:
    """Ids of the history, the newest first; a revision does not follow itself, nor what comes after it."""
    graph = project.graph
    for rank, node in enumerate(_candidates(project, path)):
        text = node.id if cursor.string is not None else f'"{node.id}"'
        detail = " · ".join(filter(None, ["head" if graph.is_head(node) else "", node.header.message or ""]))
        yield Item(node.id, "revision", Span(cursor.word.start, cursor.offset), text, detail, rank=rank)


def _candidates(project: Project, path: str) -> list[Node]:
    graph = project.graph
    own = next((node for node in graph.order if node.key == path), None)
    after = _descendants(project, own) if own is not None else set[str]()
    nodes = [node for node in graph.order if node.id and node.key not in after and node.key != path]
    nodes.reverse()
    return sorted(nodes, key=lambda node: not graph.is_head(node))


def _descendants(project: Project, own: Node) -> set[str]:
    """Files of the revisions that come after one, in one pass over the order of the history."""
    ids = {own.id}
    found: set[str] = set()
    for node in project.graph.order:
        if ids.intersection(node.header.down_revisions) and node.key != own.key:
            ids.add(node.id)
            found.add(node.key)
    return found


def _fits(written: str, label: str) -> bool:
    """Whether the letters that are written stand in a label in this order."""
    rest = iter(label)
    return all(letter in rest for letter in written)
