"""What a client asks about a place while somebody looks at a file: what names the same, what is around it, what stands behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from foreshot.ide.highlights import highlights
from foreshot.ide.inlays import inlays
from foreshot.ide.selections import selections
from foreshot.lsp.convert import range_of, span_of
from foreshot.lsp.executor import CancelToken
from foreshot.lsp.where import place_of
from foreshot.text import Span

if TYPE_CHECKING:
    from foreshot.lsp.server import Server


def document_highlight(
    ls: Server, params: types.DocumentHighlightParams, token: CancelToken
) -> list[types.DocumentHighlight] | None:
    """``textDocument/documentHighlight``: the places of a revision that name the same; null leaves it to others."""
    found = place_of(token.snapshot, params.text_document.uri)
    if found is None:
        return None
    lines, encoding = found.source.lines, ls.documents.encoding
    offset = lines.offset_from(params.position.line, params.position.character, encoding)
    kinds = types.DocumentHighlightKind
    return [
        types.DocumentHighlight(
            range_of(lines, item.span, encoding), kinds.Write if item.writes else kinds.Read
        )
        for item in highlights(found.project, found.path, offset)
    ] or None


def selection_range(
    ls: Server, params: types.SelectionRangeParams, token: CancelToken
) -> list[types.SelectionRange] | None:
    """``textDocument/selectionRange``: from a name to its operation and on; null where a place is in none."""
    found = place_of(token.snapshot, params.text_document.uri)
    if found is None:
        return None
    lines, encoding = found.source.lines, ls.documents.encoding
    result: list[types.SelectionRange] = []
    known = False
    for position in params.positions:
        token.check()
        offset = lines.offset_from(position.line, position.character, encoding)
        spans = selections(found.project, found.path, offset)
        known = known or bool(spans)
        outer: types.SelectionRange | None = None
        for span in reversed(spans or [Span(offset, offset)]):
            outer = types.SelectionRange(range_of(lines, span, encoding), parent=outer)
        if outer is not None:
            result.append(outer)
    return result if known else None


def inlay_hints(ls: Server, params: types.InlayHintParams, token: CancelToken) -> list[types.InlayHint]:
    """``textDocument/inlayHint``: nothing unless the setting ``inlayHints`` is on."""
    found = place_of(token.snapshot, params.text_document.uri) if ls.inlay_hints else None
    if found is None:
        return []
    lines, encoding = found.source.lines, ls.documents.encoding
    within = span_of(lines, params.range, encoding)
    return [
        types.InlayHint(
            range_of(lines, Span(item.offset, item.offset), encoding).start,
            item.label,
            tooltip=item.about,
            padding_left=True,
        )
        for item in inlays(found.project, found.path, within)
    ]
