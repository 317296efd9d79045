"""Every feature of the server, and what is done when a client comes, edits and leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from foreshot.lsp import actions, commands, diagnostics, looking, reading, writing
from foreshot.lsp.convert import path_of

if TYPE_CHECKING:
    from foreshot.lsp.server import Server


def register(server: Server) -> None:
    """Register every handler."""
    server.feature(types.INITIALIZE)(initialize)
    server.feature(types.INITIALIZED)(initialized)
    server.feature(types.TEXT_DOCUMENT_DID_OPEN)(text_changed)
    server.feature(types.TEXT_DOCUMENT_DID_CHANGE)(text_changed)
    server.feature(types.TEXT_DOCUMENT_DID_CLOSE)(text_closed)
    server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)(files_changed)
    server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)(configuration_changed)
    server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)(folders_changed)
    server.worker(
        types.TEXT_DOCUMENT_CODE_ACTION,
        types.CodeActionOptions(
            code_action_kinds=[
                types.CodeActionKind.QuickFix,
                types.CodeActionKind.RefactorRewrite,
                actions.FIX_ALL,
            ],
            resolve_provider=True,
        ),
    )(actions.code_actions)
    server.worker(types.CODE_ACTION_RESOLVE)(actions.resolve_code_action)
    server.worker(types.TEXT_DOCUMENT_HOVER)(reading.hover)
    # The label tells this outline from that of a Python language server.
    outline = types.DocumentSymbolOptions(label="Foreshot")
    server.worker(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL, outline)(reading.document_symbols)
    server.worker(types.TEXT_DOCUMENT_DEFINITION)(reading.definition)
    server.worker(types.TEXT_DOCUMENT_REFERENCES)(reading.references)
    server.worker(types.TEXT_DOCUMENT_DOCUMENT_LINK)(reading.document_links)
    server.worker(types.TEXT_DOCUMENT_CODE_LENS)(reading.code_lenses)
    server.worker(types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT)(looking.document_highlight)
    server.worker(types.TEXT_DOCUMENT_SELECTION_RANGE)(looking.selection_range)
    server.worker(types.TEXT_DOCUMENT_INLAY_HINT)(looking.inlay_hints)
    server.worker(types.TEXT_DOCUMENT_COMPLETION, writing.COMPLETION)(writing.completion)
    server.worker(types.TEXT_DOCUMENT_SIGNATURE_HELP, writing.SIGNATURE)(writing.signature_help)
    server.worker(types.TEXT_DOCUMENT_PREPARE_RENAME)(writing.prepare_rename)
    server.worker(types.TEXT_DOCUMENT_RENAME, types.RenameOptions(prepare_provider=True))(
        writing.rename_symbol
    )
    server.worker(types.WORKSPACE_SYMBOL)(reading.workspace_symbols)
    server.command("foreshot.explainRule")(commands.explain_rule)
    server.command("foreshot.listRules")(commands.list_rules)
    server.command("foreshot.showGraph")(commands.show_graph)
    server.command("foreshot.showSql")(commands.show_sql)
    server.command("foreshot.showSchema")(commands.show_schema)
    server.command("foreshot.showPending")(commands.show_pending)
    server.command("foreshot.newRevision")(commands.new_revision)
    server.command("foreshot.mergeHeads")(commands.merge_heads)
    server.command("foreshot.openRevision")(commands.open_revision)


def initialize(ls: Server, params: types.InitializeParams) -> None:
    """Take in folders and settings; choose how diagnostics get to the client."""
    ls.configure(params.initialization_options)
    ls.session.set_folders(path for uri in ls.folders if (path := path_of(uri)) is not None)
    text_document = params.capabilities.text_document
    ls.pull = text_document is not None and text_document.diagnostic is not None
    if ls.pull:
        options = types.DiagnosticOptions(
            inter_file_dependencies=True, workspace_diagnostics=True, identifier="foreshot"
        )
        ls.worker(types.TEXT_DOCUMENT_DIAGNOSTIC, options)(diagnostics.pull)
        ls.worker(types.WORKSPACE_DIAGNOSTIC)(diagnostics.pull_workspace)


def initialized(ls: Server, _params: types.InitializedParams) -> None:
    """Ask the client to watch the files that matter, and begin to read."""
    from foreshot.lsp.server import WATCHED

    workspace = ls.protocol.client_capabilities.workspace
    watching = workspace.did_change_watched_files if workspace is not None else None
    if watching is not None and watching.dynamic_registration:
        # A folder that is deleted is one event, of the folder.
        folders = types.FileSystemWatcher("**/*", types.WatchKind.Delete)
        options = types.DidChangeWatchedFilesRegistrationOptions(
            [*(types.FileSystemWatcher(glob) for glob in WATCHED), folders]
        )
        method = types.WORKSPACE_DID_CHANGE_WATCHED_FILES
        ls.client_register_capability(
            types.RegistrationParams([types.Registration("foreshot/watch", method, options)])
        )
    ls.reload()


def text_changed(
    ls: Server, params: types.DidOpenTextDocumentParams | types.DidChangeTextDocumentParams
) -> None:
    """A buffer has a text."""
    ls.document_changed(params.text_document.uri)


def text_closed(ls: Server, params: types.DidCloseTextDocumentParams) -> None:
    """A buffer is gone."""
    ls.document_closed(params.text_document.uri)


def files_changed(ls: Server, params: types.DidChangeWatchedFilesParams) -> None:
    """The disk has changed."""
    ls.files_changed(params.changes)


def configuration_changed(ls: Server, params: types.DidChangeConfigurationParams) -> None:
    """Other settings: everything is read anew."""
    ls.settings_changed(params.settings)


def folders_changed(ls: Server, _params: types.DidChangeWorkspaceFoldersParams) -> None:
    """Other folders: everything is read anew."""
    ls.session.set_folders(path for uri in ls.folders if (path := path_of(uri)) is not None)
    ls.reload()
