"""Every feature of the editor at every operation of a file: none raises, and none gives more than an editor can show."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from itertools import pairwise

from foreshot.ide.actions import Unavailable, actions_at
from foreshot.ide.completion import complete, signature
from foreshot.ide.highlights import highlights
from foreshot.ide.hover import Hover, hover
from foreshot.ide.ids import Place
from foreshot.ide.inlays import inlays
from foreshot.ide.lenses import lenses
from foreshot.ide.markup import MAX_CARD
from foreshot.ide.navigation import definition, find_revisions, links, references
from foreshot.ide.outline import Symbol, outline
from foreshot.ide.renaming_things import renamable_thing, rename_thing
from foreshot.ide.selections import selections
from foreshot.text import SourceText, Span
from foreshot.workspace.project import Project
from proofs.reports import Violation

LONGEST = 300
"""Characters of a title, a label or a name in an outline."""
MOST_ACTIONS = 500
WRITTEN = 5
"""One place in so many is asked what could be written there: each time the function above is read again."""


def unsound_features(project: Project, path: str, offsets: list[int] | None = None) -> Iterator[Violation]:
    """Features of one file that raise or give what cannot be shown; at ``offsets``, or at every operation."""
    source = project.source(path)
    length = len(source.content) if source is not None else 0

    def within(what: str, span: Span, inside: int = length) -> Iterator[Violation]:
        if not 0 <= span.start <= span.end <= inside:
            yield Violation(f"{what}: range outside the file", path, detail=str(span))

    def short(what: str, text: str) -> Iterator[Violation]:
        if not text.strip() or len(text) > LONGEST or not text.isprintable():
            yield Violation(f"{what}: a text that cannot be shown", path, detail=repr(text[:120]))

    def place(what: str, found: Place) -> Iterator[Violation]:
        other = project.source(found.path)
        yield from within(what, found.span, len(other.content) if other is not None else 0)

    def whole_file() -> Iterator[Violation]:
        for lens in lenses(project, path):
            yield from within("lens", lens.span)
            yield from short("lens", lens.title)
            if lens.place is not None:
                yield from place("lens", lens.place)
        for link in links(project, path):
            yield from within("link", link.span)
            if link.place is not None:
                yield from place("link", link.place)
        for hint in inlays(project, path, Span(0, length)):
            yield from within("hint", Span(hint.offset, hint.offset))
            yield from short("hint", hint.label)
        yield from symbols(outline(project, path), Span(0, length))

    def symbols(found: list[Symbol] | tuple[Symbol, ...], around: Span) -> Iterator[Violation]:
        for symbol in found:
            yield from within("outline", symbol.span)
            yield from short("outline", symbol.name)
            if not symbol.span.contains(symbol.selection):
                yield Violation("outline: selection outside its symbol", path, detail=symbol.name)
            yield from symbols(symbol.children, symbol.span)

    def written(offset: int) -> Iterator[Violation]:
        whole = source.content if source is not None else ""
        for text in (whole, whole[:offset]):
            items = complete(project, path, SourceText(text), offset)
            for item in items:
                if not item.span.start <= item.span.end == offset:
                    yield Violation("completion: of another place", path, detail=f"{item.span} at {offset}")
                yield from within("completion", item.span)
                if item.adds is not None:
                    yield from within("completion", Span(item.adds[0], item.adds[0]))
                yield from short("completion", item.label)
            if len({(item.label, item.kind) for item in items}) < len(items):
                yield Violation("completion: the same twice", path, detail=f"at {offset}")
            known = signature(text, offset)
            if known is not None and not 0 <= (known.active or 0) < max(len(known.parameters), 1):
                yield Violation("signature: a parameter that is none", path, detail=f"at {offset}")

    def at(offset: int) -> Iterator[Violation]:
        found: Hover | None = hover(project, path, offset)
        if found is not None:
            yield from within("hover", found.span)
            if not found.span.touches(offset):
                yield Violation("hover: about another place", path, detail=f"{found.span} at {offset}")
            if not found.markdown.strip() or len(found.markdown) > MAX_CARD + 10:
                yield Violation("hover: empty or endless", path, detail=f"{len(found.markdown)} at {offset}")
        for target in definition(project, path, offset):
            yield from place("definition", target)
        for user in references(project, path, offset, with_declaration=True):
            yield from place("references", user)
        for item in highlights(project, path, offset):
            yield from within("highlight", item.span)
        chosen = selections(project, path, offset)
        if any(not outer.contains(inner) for inner, outer in pairwise(chosen)):
            yield Violation("selections: not one in the other", path, detail=f"{chosen} at {offset}")
        try:
            thing = renamable_thing(project, path, offset)
            if thing is not None:
                for other, edits in rename_thing(project, thing, "renamed_now").items():
                    for edit in edits:
                        yield from place("rename", Place(other, edit.span))
        except Unavailable as refused:
            yield from short("rename", str(refused))
        if source is not None and offset % WRITTEN == 0:
            yield from written(offset)
        actions = actions_at(project.reports_for(path), Span(offset, offset))
        if len(actions) > MOST_ACTIONS:
            yield Violation("actions: too many", path, detail=str(len(actions)))
        for action in actions:
            yield from short("action", action.title)

    yield from _guarded("features of the file", path, whole_file)
    for offset in offsets if offsets is not None else places_of(project, path):
        yield from _guarded(f"features at {offset}", path, lambda offset=offset: at(offset))


def unsound_search(project: Project) -> Iterator[Violation]:
    """A search for revisions that raises or gives more than was asked for."""
    for query in ("", "a", "add table", "\ud800", "x" * 1000):
        found = find_revisions([project], query, 50)
        if len(found) > 50 or any(not item.name.isprintable() for item in found):
            yield Violation("search", project.surroundings.environment.script_location, detail=repr(query))


def places_of(project: Project, path: str) -> list[int]:
    """Where there is something to ask: ids, functions, operations and their arguments, findings; start and end."""
    source = project.source(path)
    if source is None:
        return []
    found = {0, len(source.content)}
    analysis = project.analyses.get(path)
    if analysis is not None and analysis.header is not None:
        header = analysis.header
        spans = [*header.spans.values(), *header.down_spans, *header.depends_spans]
        found.update(span.start for span in spans)
    found.update(report.span.start for report in project.reports_for(path))
    revision = project.revision(path)
    if revision is not None:
        found.update(function.name.start for function in revision.functions.values())
        for operation in revision.operations:
            found.add(operation.site.name.start)
            found.update(span.start for span in list(operation.site.args.values())[:4])
    return sorted(found)


def _guarded(what: str, path: str, work: Callable[[], Iterator[Violation]]) -> Iterator[Violation]:
    try:
        yield from list(work())
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        detail = f"{type(error).__name__}: {error} ({where.name}, line {where.lineno} of {where.filename})"
        yield Violation(f"{what}: raises", path, detail=detail)
