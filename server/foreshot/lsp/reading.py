"""What a client asks to read: hovers, outlines, definitions, references, links and lenses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, cast

from lsprotocol import types

from foreshot.ide.hover import hover as card_at
from foreshot.ide.ids import Place
from foreshot.ide.lenses import lenses
from foreshot.ide.markup import plain_text
from foreshot.ide.navigation import definition as defined_at
from foreshot.ide.navigation import find_revisions, links
from foreshot.ide.navigation import references as named_at
from foreshot.ide.outline import Kind, Symbol, outline
from foreshot.lsp.convert import range_of, uri_of
from foreshot.lsp.executor import CancelToken
from foreshot.lsp.where import Where, place_of
from foreshot.text import LineIndex
from foreshot.text.lines import Encoding
from foreshot.workspace.project import Project

if TYPE_CHECKING:
    from foreshot.lsp.server import Moment, Server

_MOST_SYMBOLS: Final = 200
_KINDS: Final[dict[Kind, types.SymbolKind]] = {
    "revision": types.SymbolKind.Module,
    "function": types.SymbolKind.Function,
    "table": types.SymbolKind.Class,
    "column": types.SymbolKind.Field,
    "index": types.SymbolKind.Key,
    "constraint": types.SymbolKind.Property,
    "type": types.SymbolKind.Enum,
    "data": types.SymbolKind.Array,
    "other": types.SymbolKind.Event,
}
_LENS_COMMANDS: Final = {
    "graph": "foreshot.showGraph",
    "sql": "foreshot.showSql",
    "schema": "foreshot.showSchema",
    "pending": "foreshot.showPending",
}


def hover(ls: Server, params: types.HoverParams, token: CancelToken) -> types.Hover | None:
    """``textDocument/hover``; a client with ``experimental.diagnosticsInHover`` shows the diagnostics there by itself."""
    found = place_of(token.snapshot, params.text_document.uri)
    if found is None:
        return None
    capabilities = ls.protocol.client_capabilities
    own: object = capabilities.experimental
    seen = isinstance(own, dict) and cast("dict[str, object]", own).get("diagnosticsInHover") is True
    offset = _offset(ls, found, params.position)
    card = card_at(found.project, found.path, offset, findings_are_seen=seen)
    if card is None:
        return None
    text_document = capabilities.text_document
    client = text_document.hover if text_document is not None else None
    formats = client.content_format if client is not None else None
    content = (
        types.MarkupContent(types.MarkupKind.Markdown, card.markdown)
        if formats and types.MarkupKind.Markdown in formats
        else types.MarkupContent(types.MarkupKind.PlainText, plain_text(card.markdown))
    )
    return types.Hover(content, range_of(found.source.lines, card.span, ls.documents.encoding))


def document_symbols(
    ls: Server, params: types.DocumentSymbolParams, token: CancelToken
) -> list[types.DocumentSymbol] | list[types.SymbolInformation]:
    """``textDocument/documentSymbol``: nested where the client has that, else flat."""
    found = place_of(token.snapshot, params.text_document.uri)
    if found is None:
        return []
    symbols = outline(found.project, found.path)
    lines, encoding = found.source.lines, ls.documents.encoding
    text_document = ls.protocol.client_capabilities.text_document
    client = text_document.document_symbol if text_document is not None else None
    if client is not None and client.hierarchical_document_symbol_support:
        return [_nested(symbol, lines, encoding) for symbol in symbols]
    return [
        types.SymbolInformation(
            types.Location(params.text_document.uri, range_of(lines, symbol.span, encoding)),
            symbol.name,
            _KINDS[symbol.kind],
            container_name=inside,
        )
        for symbol, inside in _flat(symbols)
    ]


def definition(
    ls: Server, params: types.DefinitionParams, token: CancelToken
) -> types.Location | list[types.Location] | None:
    """``textDocument/definition``: one place as a rule; several for an attribute that several tables have."""
    found = place_of(token.snapshot, params.text_document.uri)
    if found is None:
        return None
    places = defined_at(found.project, found.path, _offset(ls, found, params.position))
    encoding = ls.documents.encoding
    located = [
        item
        for place in places
        if (item := location(token.snapshot, found.project, place, encoding)) is not None
    ]
    return located[0] if len(located) == 1 else located or None


def references(ls: Server, params: types.ReferenceParams, token: CancelToken) -> list[types.Location]:
    """``textDocument/references``."""
    found = place_of(token.snapshot, params.text_document.uri)
    if found is None:
        return []
    places = named_at(
        found.project,
        found.path,
        _offset(ls, found, params.position),
        with_declaration=params.context.include_declaration,
    )
    encoding = ls.documents.encoding
    located = (location(token.snapshot, found.project, place, encoding) for place in places)
    return [item for item in located if item is not None]


def document_links(
    ls: Server, params: types.DocumentLinkParams, token: CancelToken
) -> list[types.DocumentLink]:
    """``textDocument/documentLink``."""
    found = place_of(token.snapshot, params.text_document.uri)
    if found is None:
        return []
    result: list[types.DocumentLink] = []
    for item in links(found.project, found.path):
        target = item.url
        if item.place is not None:
            place = location(token.snapshot, found.project, item.place, ls.documents.encoding)
            target = f"{place.uri}#L{place.range.start.line + 1}" if place is not None else None
        if target is not None:
            span = range_of(found.source.lines, item.span, ls.documents.encoding)
            result.append(types.DocumentLink(span, target=target, tooltip=item.tooltip))
    return result


def code_lenses(ls: Server, params: types.CodeLensParams, token: CancelToken) -> list[types.CodeLens]:
    """``textDocument/codeLens``."""
    found = place_of(token.snapshot, params.text_document.uri)
    if found is None:
        return []
    result: list[types.CodeLens] = []
    for lens in lenses(found.project, found.path):
        span = range_of(found.source.lines, lens.span, ls.documents.encoding)
        if lens.does != "open":
            command = types.Command(
                lens.title, _LENS_COMMANDS[lens.does], arguments=[{"uri": params.text_document.uri}]
            )
        elif lens.place is not None and ls.can_show_documents:
            uri = uri_of(lens.place.path)
            command = types.Command(lens.title, "foreshot.openRevision", arguments=[{"uri": uri}])
        else:
            continue
        result.append(types.CodeLens(span, command=command))
    return result


def workspace_symbols(
    ls: Server, params: types.WorkspaceSymbolParams, token: CancelToken
) -> list[types.SymbolInformation]:
    """``workspace/symbol``: revisions by id or message."""
    moment: Moment = token.snapshot
    projects = moment.world.projects if moment.world.indexed else ()
    result: list[types.SymbolInformation] = []
    owner = {path: project for project in projects for path in project.analyses}
    for symbol in find_revisions(projects, params.query, _MOST_SYMBOLS):
        token.check()
        place = location(moment, owner[symbol.place.path], symbol.place, ls.documents.encoding)
        if place is not None:
            kind = types.SymbolKind.Module
            inside = symbol.project if len(projects) > 1 else None
            result.append(types.SymbolInformation(place, symbol.name, kind, container_name=inside))
    return result


def location(moment: Moment, project: Project, place: Place, encoding: Encoding) -> types.Location | None:
    """A place as a location; None when its file cannot be read now."""
    source = project.source(place.path)
    if source is None:
        return None
    document = moment.document(place.path)
    uri = document.uri if document is not None else uri_of(place.path)
    return types.Location(uri, range_of(source.lines, place.span, encoding))


def _offset(ls: Server, found: Where, position: types.Position) -> int:
    return found.source.lines.offset_from(position.line, position.character, ls.documents.encoding)


def _nested(symbol: Symbol, lines: LineIndex, encoding: Encoding) -> types.DocumentSymbol:
    return types.DocumentSymbol(
        symbol.name,
        _KINDS[symbol.kind],
        range_of(lines, symbol.span, encoding),
        range_of(lines, symbol.selection, encoding),
        detail=symbol.detail,
        children=[_nested(child, lines, encoding) for child in symbol.children],
    )


def _flat(symbols: list[Symbol]) -> Iterator[tuple[Symbol, str | None]]:
    for symbol in symbols:
        yield symbol, None
        for child in symbol.children:
            yield child, symbol.name
