"""Completions of a file, by what it is: a revision, env.py, or a configuration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from foreshot.ide.completion import comments, library, settings
from foreshot.ide.completion.calls import AlembicCall, Spellings, alembic_calls, methods_of, spellings
from foreshot.ide.completion.item import Item
from foreshot.ide.completion.likely import NOT_SAID, Beside
from foreshot.ide.completion.names import schema_at
from foreshot.ide.completion.schema_names import apart, in_inner_call, is_apart, is_name_of, named_things
from foreshot.ide.completion.snippets import snippets
from foreshot.ide.completion.values import CONSTRUCTORS, NAMES, PASSED_ON, USUAL_KEYWORDS, strings_for
from foreshot.migration.alembic_api import SINCE, Method
from foreshot.migration.graph import Node, RevisionGraph
from foreshot.schema.state import Schema
from foreshot.syntax.cursor import Cursor, cursor_at
from foreshot.text import SourceText, Span
from foreshot.workspace.project import Project

MOST = 300
"""Completions that are given at once; a client that gets so many asks again with the next letter."""
_LONGEST = 200
"""Characters of a name, or of a type with its arguments, that a list can show."""


def complete(project: Project, path: str, source: SourceText, offset: int) -> list[Item]:
    """What can be written at a place, the likeliest first; at most :data:`MOST`."""
    text = source.content
    if not path.endswith(".py"):
        return settings.complete(project, path, text, offset)[:MOST]
    cursor = cursor_at(text, offset)
    if cursor.comment:
        return comments.complete(text, offset)
    found = _in_python(project, path, source, cursor, spellings(text, offset))
    # The client filters too, and by its own lights; what cannot fit any more only costs it time.
    fitting = [
        (bool(written) and not item.label.casefold().startswith(written), _rank(item, written), item)
        for item in found
        if _fits(written := text[item.span.start : offset].casefold(), item.label.casefold())
        or item.kind == "snippet"
        if item.label.isprintable() and len(item.label) <= _LONGEST
    ]
    ordered = sorted(fitting, key=lambda one: one[:2])
    return [*{(item.label, item.kind): item for _, _, item in reversed(ordered)}.values()][::-1][:MOST]


def _rank(item: Item, written: str) -> int:
    """Of names that are only there, the shortest that goes on from what is written: longer ones can be told by more letters."""
    if written and item.kind in ("table", "column") and item.rank >= NOT_SAID:
        return NOT_SAID + len(item.label)
    return item.rank


def _in_python(
    project: Project, path: str, source: SourceText, cursor: Cursor, spelled: Spellings
) -> Iterator[Item]:
    if cursor.target in ("down_revision", "depends_on") and not any(item.callee for item in cursor.brackets):
        yield from _revisions(project, path, cursor, source.content)
        return
    beside = Beside(source.content, cursor)
    calls = alembic_calls(cursor, spelled)
    if cursor.owner and cursor.string is None:
        yield from _behind_dot(calls, cursor, spelled, beside, source.content)
        if cursor.owner in spelled.modules:

            def there() -> Schema:
                return schema_at(project, path, source, cursor)

            yield from library.names_of(cursor, calls, spelled, there, source.content)
        return
    if not calls:
        if is_apart(cursor):
            yield from apart(cursor, schema_at(project, path, source, cursor), beside)
        return
    inner = calls[0].bracket is cursor.call or is_name_of(calls[0], cursor, spelled)
    schema = schema_at(project, path, source, cursor)
    if inner:
        yield from _values(calls[0], cursor)
        if (
            not any(argument.keyword for argument in calls[0].bracket.arguments)
            or calls[0].bracket.keyword is not None
        ):
            yield from named_things(calls[0], cursor, schema, beside)
    else:
        yield from in_inner_call(calls[0], cursor, schema, beside)
        yield from _of_constructor(cursor, spelled, beside)
    if cursor.string is None:
        yield from library.whole_types(cursor, calls, spelled, schema, source.content)
        if inner and cursor.inner is calls[0].bracket and calls[0].bracket.keyword is None:
            yield from _keywords(calls[0], cursor, beside)


def _behind_dot(
    calls: list[AlembicCall], cursor: Cursor, spelled: Spellings, beside: Beside, text: str
) -> Iterator[Item]:
    """Methods of ``op`` and of a batch block's object."""
    batch = cursor.owner in spelled.batches
    yield from snippets(cursor, spelled, batch=batch)
    ranks = beside.of_methods(cursor.owner, batch=batch)
    before = text[cursor.statement : cursor.word.start]
    first: tuple[str, ...] = ()
    if calls:
        first = ("f", "inline_literal")
    elif cursor.target is not None:
        first = ("get_bind", "get_context")
    elif before.startswith("with"):
        first = ("batch_alter_table", "get_context")
    for name, method in methods_of(cursor.owner, spelled).items():
        rank = first.index(name) - len(first) if name in first else ranks.get(name, 2 * NOT_SAID)
        yield _method(name, method, cursor, rank)


def _method(name: str, method: Method, cursor: Cursor, rank: int) -> Item:
    empty = not method.parameters
    about = f"```python\n{method.label}\n```\n{method.about}"
    text = f"{name}()" if empty else f"{name}($0)"
    return Item(name, "method", cursor.word, text, method.about, about, rank, is_snippet=not empty)


def _keywords(call: AlembicCall, cursor: Cursor, beside: Beside) -> Iterator[Item]:
    """Keywords that the call takes and that have not been written, those that the revision passes elsewhere first."""
    arguments = call.bracket.arguments
    written = {argument.keyword for argument in arguments}
    taken = call.method.positional[: call.bracket.position]
    needed = [item for item in call.method.parameters if item.kind == "positional" and not item.default]
    # A name that has to be given stands first while it can still be given by its place.
    after = -NOT_SAID if any(written - {None}) or len(taken) >= len(needed) else NOT_SAID // 2
    own = call.parameter
    named = {
        parameter.name: parameter
        for parameter in call.method.parameters
        if parameter.kind in ("positional", "keyword")
    }
    more: Mapping[str, str] = PASSED_ON.get(call.method.name, {}) if call.method.is_open else {}
    for at, name in enumerate(dict.fromkeys((*USUAL_KEYWORDS, *named, *more))):
        if name in written or name in taken or (name not in named and name not in more):
            continue
        rank = after + at + (0 if beside.says(name) else 100)
        if own is not None and name == own.name:
            rank = after - 1
        if name in named:
            since = SINCE.get((call.method.name, name))
            default = named[name].default
            detail = " ".join(filter(None, [default and f"= {default}", since and f"since {since}"]))
        else:
            detail = more[name]
        yield Item(f"{name}=", "argument", cursor.word, f"{name}=", detail, rank=rank)


def _values(call: AlembicCall, cursor: Cursor) -> Iterator[Item]:
    parameter = call.bracket.keyword or (call.parameter.name if call.parameter is not None else "")
    for value in strings_for(parameter, call.method.name):
        yield _string(value, cursor)
    if cursor.string is None and call.bracket.keyword is not None:
        for value in NAMES.get(parameter, ()):
            yield Item(value, "value", cursor.word, value)


def _of_constructor(cursor: Cursor, spelled: Spellings, beside: Beside) -> Iterator[Item]:
    """Keywords of the constructor of SQLAlchemy's that a cursor is right in, and values of the one that is being written."""
    call = cursor.call
    owner, _, name = call.callee.rpartition(".") if call is not None else ("", "", "")
    if call is None or call is not cursor.inner or owner not in spelled.modules:
        return
    if call.keyword in CONSTRUCTORS.get(name, ()):
        for value in strings_for(call.keyword, name):
            yield _string(value, cursor)
        if cursor.string is None:
            for value in NAMES.get(call.keyword, ()):
                yield Item(value, "value", cursor.word, value)
    elif cursor.string is None and call.keyword is None:
        written = {argument.keyword for argument in call.arguments}
        # A name or a type comes first; the first place is theirs alone.
        after = NOT_SAID // 2 if call.position or name == "DateTime" else 2 * NOT_SAID
        for at, keyword in enumerate(CONSTRUCTORS.get(name, ())):
            if keyword not in written:
                rank = after + at + (0 if beside.says(keyword) else 100)
                yield Item(f"{keyword}=", "argument", cursor.word, f"{keyword}=", rank=rank)


def _string(value: str, cursor: Cursor) -> Item:
    return Item(value, "value", cursor.word, value if cursor.string is not None else f'"{value}"')


def _revisions(project: Project, path: str, cursor: Cursor, text: str) -> Iterator[Item]:
    """Ids of the history that fit, the heads first and then the newest; a revision does not follow itself, nor what comes after it."""
    graph = project.graph
    own = graph.at(path)
    after = _descendants(graph, own) if own is not None else set[str]()
    span = Span(cursor.word.start, cursor.offset)
    written = text[span.start : span.end].casefold()
    fitting = [
        node
        for node in reversed(graph.order)
        if node.id and node.key not in after and node.key != path and _fits(written, node.id.casefold())
    ]
    fitting.sort(key=lambda node: (not node.id.casefold().startswith(written), not graph.is_head(node)))
    for rank, node in enumerate(fitting[:MOST]):
        name = node.id if cursor.string is not None else f'"{node.id}"'
        detail = " · ".join(filter(None, ["head" if graph.is_head(node) else "", node.header.message or ""]))
        yield Item(node.id, "revision", span, name, detail, rank=rank)


def _descendants(graph: RevisionGraph, own: Node) -> set[str]:
    """Files of the revisions that come after one."""
    found: set[str] = set()
    pending = [own]
    while pending:
        for child in graph.children(pending.pop()):
            if child.key not in found:
                found.add(child.key)
                pending.append(child)
    return found


def _fits(written: str, label: str) -> bool:
    """Whether the letters that are written stand in a label in this order."""
    rest = iter(label)
    return all(letter in rest for letter in written)
