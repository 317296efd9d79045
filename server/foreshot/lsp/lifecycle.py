"""What the server does by itself when a client comes, opens, edits, closes and leaves.

A handler that is registered for one of these methods runs too: after `initialize` has read the client's
capabilities and before it states the server's own, and at the end of everything else.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.capabilities import ServerCapabilitiesBuilder
from pygls.uris import from_fs_path

if TYPE_CHECKING:
    from foreshot.lsp.base import ForeshotServer

logger = logging.getLogger(__name__)


def _initialize(ls: ForeshotServer, params: types.InitializeParams) -> types.InitializeResult:
    protocol = ls.protocol
    protocol.client_capabilities = params.capabilities
    encoding = ServerCapabilitiesBuilder.choose_position_encoding(params.capabilities)
    ls.documents.encoding = types.PositionEncodingKind(encoding).value
    ls.process_id = params.process_id
    ls.folders = {folder.uri: folder for folder in _folders(params)}
    _pass_on(types.INITIALIZE, ls, params)
    protocol.server_capabilities = ServerCapabilitiesBuilder(
        params.capabilities,
        {*protocol.handlers, *METHODS},
        protocol.options,
        list(protocol.commands),
        types.TextDocumentSyncKind.Incremental,
        None,
        encoding,
    ).build()
    protocol.state = "running"
    ls.watch_parent()
    return types.InitializeResult(capabilities=protocol.server_capabilities, server_info=protocol.server_info)


def _folders(params: types.InitializeParams) -> list[types.WorkspaceFolder]:
    """The workspace folders, or the root that older clients send."""
    if params.workspace_folders:
        return list(params.workspace_folders)
    root = params.root_uri or (from_fs_path(params.root_path) if params.root_path else None)
    return [types.WorkspaceFolder(root, root.rstrip("/").rsplit("/", 1)[-1])] if root else []


def _shut_down(ls: ForeshotServer, params: None) -> None:
    ls.protocol.state = "shut down"
    ls.protocol.drop_all()
    ls.protocol.run(types.SHUTDOWN, _then(types.SHUTDOWN), params)


def _exit(ls: ForeshotServer, params: None) -> None:
    ls.loop.stop(0 if ls.protocol.state == "shut down" else 1)
    _pass_on(types.EXIT, ls, params)


def _did_open(ls: ForeshotServer, params: types.DidOpenTextDocumentParams) -> None:
    uri = params.text_document.uri
    _text_changed(ls, uri, ls.documents.open(params.text_document))
    _pass_on(types.TEXT_DOCUMENT_DID_OPEN, ls, params)


def _did_change(ls: ForeshotServer, params: types.DidChangeTextDocumentParams) -> None:
    uri = params.text_document.uri
    _text_changed(ls, uri, ls.documents.change(params))
    # A change that came without an open was ignored: nothing has changed.
    if uri in ls.documents:
        _pass_on(types.TEXT_DOCUMENT_DID_CHANGE, ls, params)


def _did_close(ls: ForeshotServer, params: types.DidCloseTextDocumentParams) -> None:
    uri = params.text_document.uri
    _text_changed(ls, uri, ls.documents.close(uri))
    _pass_on(types.TEXT_DOCUMENT_DID_CLOSE, ls, params)


def _text_changed(ls: ForeshotServer, uri: str, odd: str | None) -> None:
    if odd:
        ls.reports.oddity(f"a document {odd}")
        logger.debug("that was %s", uri)
    ls.protocol.drop_stale(uri)


def _did_change_folders(ls: ForeshotServer, params: types.DidChangeWorkspaceFoldersParams) -> None:
    for removed in params.event.removed:
        ls.folders.pop(removed.uri, None)
    for added in params.event.added:
        ls.folders[added.uri] = added
    _pass_on(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS, ls, params)


def _progress_cancelled(ls: ForeshotServer, params: types.WorkDoneProgressCancelParams) -> None:
    if future := ls.protocol.progress.tokens.get(params.token):
        future.cancel()
    _pass_on(types.WINDOW_WORK_DONE_PROGRESS_CANCEL, ls, params)


def _pass_on(method: str, ls: ForeshotServer, params: Any) -> None:
    """Run the handler that is registered for a method, if there is one."""
    if handler := ls.protocol.handlers.get(method):
        handler(ls, params)


def _then(method: str) -> Callable[[ForeshotServer, Any], None]:
    return lambda ls, params: _pass_on(method, ls, params)


METHODS: dict[str, Callable[[ForeshotServer, Any], Any]] = {
    types.INITIALIZE: _initialize,
    types.INITIALIZED: _then(types.INITIALIZED),
    types.SHUTDOWN: _shut_down,
    types.EXIT: _exit,
    types.SET_TRACE: _then(types.SET_TRACE),
    types.TEXT_DOCUMENT_DID_OPEN: _did_open,
    types.TEXT_DOCUMENT_DID_CHANGE: _did_change,
    types.TEXT_DOCUMENT_DID_CLOSE: _did_close,
    types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS: _did_change_folders,
    types.WORKSPACE_EXECUTE_COMMAND: _then(types.WORKSPACE_EXECUTE_COMMAND),
    types.WINDOW_WORK_DONE_PROGRESS_CANCEL: _progress_cancelled,
}
