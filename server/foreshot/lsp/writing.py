"""What a client asks while somebody writes: completions, signatures, other names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lsprotocol import types
from msgspec.structs import replace

from foreshot.ide.actions import Changes, Unavailable
from foreshot.ide.completion import MOST, Item, complete, signature
from foreshot.ide.completion.item import Kind
from foreshot.ide.renaming import renamable, rename
from foreshot.ide.renaming_things import renamable_thing, rename_thing
from foreshot.lsp.convert import range_of, uri_of
from foreshot.lsp.executor import CancelToken
from foreshot.lsp.protocol import RequestFailed
from foreshot.lsp.where import edit_of, place_of
from foreshot.text import LineIndex, Span
from foreshot.text.lines import Encoding

if TYPE_CHECKING:
    from foreshot.lsp.server import Moment, Server

COMPLETION: Final = types.CompletionOptions(trigger_characters=[".", '"', "'", "(", ",", " ", "[", "="])
SIGNATURE: Final = types.SignatureHelpOptions(trigger_characters=["(", ","], retrigger_characters=["="])

_KINDS: Final[dict[Kind, types.CompletionItemKind]] = {
    "method": types.CompletionItemKind.Method,
    "argument": types.CompletionItemKind.Property,
    "table": types.CompletionItemKind.Struct,
    "column": types.CompletionItemKind.Field,
    "index": types.CompletionItemKind.Reference,
    "constraint": types.CompletionItemKind.Reference,
    "revision": types.CompletionItemKind.Reference,
    "value": types.CompletionItemKind.EnumMember,
    "key": types.CompletionItemKind.Property,
    "rule": types.CompletionItemKind.Constant,
    "snippet": types.CompletionItemKind.Snippet,
    "type": types.CompletionItemKind.Class,
}


def completion(ls: Server, params: types.CompletionParams, token: CancelToken) -> types.CompletionList | None:
    """``textDocument/completion``."""
    found = place_of(token.snapshot, params.text_document.uri, writing=True)
    if found is None:
        return None
    encoding = ls.documents.encoding
    lines = found.source.lines
    offset = lines.offset_from(params.position.line, params.position.character, encoding)
    items = complete(found.project, found.path, found.source, offset)
    token.check()
    client = ls.protocol.client_capabilities.text_document
    told = client.completion.completion_item if client is not None and client.completion is not None else None
    snippets = told is not None and bool(told.snippet_support)
    made = [
        _item(item if snippets else _bare(item), index, lines, encoding)
        for index, item in enumerate(items)
        if snippets or item.kind != "snippet"
    ]
    return types.CompletionList(is_incomplete=len(items) >= MOST, items=made) if made else None


def signature_help(
    ls: Server, params: types.SignatureHelpParams, token: CancelToken
) -> types.SignatureHelp | None:
    """``textDocument/signatureHelp``."""
    found = place_of(token.snapshot, params.text_document.uri, writing=True)
    if found is None or not found.path.endswith(".py"):
        return None
    lines = found.source.lines
    offset = lines.offset_from(params.position.line, params.position.character, ls.documents.encoding)
    known = signature(found.source.content, offset)
    if known is None:
        return None
    about = " ".join(filter(None, [known.about, known.note]))
    parameters = [types.ParameterInformation(known.label[start:end]) for start, end in known.parameters]
    shown = types.SignatureInformation(known.label, about, parameters, known.active)
    return types.SignatureHelp([shown], active_signature=0, active_parameter=known.active)


def _item(item: Item, index: int, lines: LineIndex, encoding: Encoding) -> types.CompletionItem:
    return types.CompletionItem(
        item.label,
        kind=_KINDS[item.kind],
        detail=item.detail or None,
        documentation=types.MarkupContent(types.MarkupKind.Markdown, item.about) if item.about else None,
        sort_text=f"{index:04}",
        filter_text=item.label,
        insert_text_format=types.InsertTextFormat.Snippet if item.is_snippet else None,
        text_edit=types.TextEdit(range_of(lines, item.span, encoding), item.text),
        additional_text_edits=[
            types.TextEdit(range_of(lines, Span(at, at), encoding), text)
            for at, text in filter(None, [item.adds])
        ]
        or None,
    )


def _bare(item: Item) -> Item:
    """For a client without snippets: the name alone."""
    return replace(item, text=item.label, is_snippet=False) if item.is_snippet else item


def prepare_rename(
    ls: Server, params: types.PrepareRenameParams, token: CancelToken
) -> types.PrepareRenamePlaceholder | None:
    """``textDocument/prepareRename``: ids of revisions; tables and columns that have not shipped."""
    found = place_of(token.snapshot, params.text_document.uri)
    if found is None:
        return None
    encoding = ls.documents.encoding
    offset = found.source.lines.offset_from(params.position.line, params.position.character, encoding)
    known = renamable(found.project, found.path, offset)
    if known is None:
        try:
            thing = renamable_thing(found.project, found.path, offset)
        except Unavailable as error:
            raise RequestFailed(f"This cannot be renamed: {error}.") from error
        known = (thing.named.span, thing.name) if thing is not None else None
    if known is None:
        return None
    span, name = known
    return types.PrepareRenamePlaceholder(range_of(found.source.lines, span, encoding), name)


def rename_symbol(ls: Server, params: types.RenameParams, token: CancelToken) -> types.WorkspaceEdit | None:
    """``textDocument/rename``: every mention of a revision, and its file where the client renames files; or of a table or a column."""
    moment: Moment = token.snapshot
    found = place_of(moment, params.text_document.uri)
    if found is None:
        return None
    offset = found.source.lines.offset_from(
        params.position.line, params.position.character, ls.documents.encoding
    )
    try:
        thing = None
        if renamable(found.project, found.path, offset) is None:
            thing = renamable_thing(found.project, found.path, offset)
        if thing is not None:
            edits = rename_thing(found.project, thing, params.new_name)
            return edit_of(ls, moment, found.project, Changes(edits))
        made = rename(found.project, found.path, offset, params.new_name)
    except Unavailable as error:
        raise RequestFailed(f"Nothing was renamed: {error}.") from error
    edit = edit_of(ls, moment, found.project, Changes(made.edits))
    workspace = ls.protocol.client_capabilities.workspace
    client = workspace.workspace_edit if workspace is not None else None
    renames = client is not None and types.ResourceOperationKind.Rename in (client.resource_operations or ())
    if made.new_path is not None and edit.document_changes is not None and renames:
        moved = types.RenameFile(
            uri_of(made.path), uri_of(made.new_path), options=types.RenameFileOptions(overwrite=False)
        )
        edit.document_changes = [*edit.document_changes, moved]
    return edit
