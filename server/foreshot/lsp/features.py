"""Every feature of the server: what a client asks, handed on to :mod:`foreshot.ide` and converted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from lsprotocol import types

from foreshot.ide.actions import Action, Unavailable, actions_at, find_report, resolve_action, safe_fixes
from foreshot.lsp import diagnostics
from foreshot.lsp.convert import diagnostic, path_of, span_of, workspace_edit
from foreshot.lsp.executor import CancelToken
from foreshot.lsp.protocol import RequestFailed
from foreshot.workspace.project import Project

if TYPE_CHECKING:
    from foreshot.lsp.server import Moment, Server

FIX_ALL = "source.fixAll.foreshot"
_KINDS = {
    "fix": types.CodeActionKind.QuickFix,
    "rewrite": types.CodeActionKind.QuickFix,
    "ignore": types.CodeActionKind.QuickFix,
    "explain": types.CodeActionKind.QuickFix,
}


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
            code_action_kinds=[types.CodeActionKind.QuickFix, types.CodeActionKind.RefactorRewrite, FIX_ALL],
            resolve_provider=True,
        ),
    )(code_actions)
    server.worker(types.CODE_ACTION_RESOLVE)(resolve_code_action)


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
        options = types.DidChangeWatchedFilesRegistrationOptions(
            [types.FileSystemWatcher(glob) for glob in WATCHED]
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
    ls.configure(params.settings)
    ls.reload()


def folders_changed(ls: Server, _params: types.DidChangeWorkspaceFoldersParams) -> None:
    """Other folders: everything is read anew."""
    ls.session.set_folders(path for uri in ls.folders if (path := path_of(uri)) is not None)
    ls.reload()


def code_actions(ls: Server, params: types.CodeActionParams, token: CancelToken) -> list[types.CodeAction]:
    """``textDocument/codeAction``: what can be done about the findings in a range."""
    moment: Moment = token.snapshot
    found = _project_and_path(moment, params.text_document.uri)
    if found is None:
        return []
    project, path = found
    source = project.source(path)
    if source is None:
        return []
    wanted = params.context.only
    span = span_of(source.lines, params.range, ls.documents.encoding)
    document = moment.document(path)
    version = document.version if document is not None else None
    result: list[types.CodeAction] = []
    if _wants(wanted, types.CodeActionKind.QuickFix):
        for action in actions_at(moment.world.reports(path), span):
            token.check()
            result.append(_converted(ls, action, project, params.text_document.uri, version))
    if wanted and _wants(wanted, FIX_ALL):
        data = {"uri": params.text_document.uri, "kind": "all", "version": version}
        title = "Fix all safe problems in this file"
        result.append(types.CodeAction(title, kind=FIX_ALL, data=data))
    return result


def resolve_code_action(ls: Server, action: types.CodeAction, token: CancelToken) -> types.CodeAction:
    """``codeAction/resolve``: the edits, worked out on the texts as they are now."""
    moment: Moment = token.snapshot
    data = cast("dict[str, Any]", action.data) if isinstance(action.data, dict) else {}
    found = _project_and_path(moment, str(data.get("uri", "")))
    if found is None:
        raise RequestFailed("The file is no part of an Alembic project any more.")
    project, path = found
    document = moment.document(path)
    if (document.version if document is not None else None) != data.get("version"):
        raise RequestFailed("The text has changed since this was offered.")
    try:
        if data.get("kind") == "all":
            changes = safe_fixes(project, path)
        else:
            report = find_report(moment.world.reports(path), str(data.get("rule")), str(data.get("key")))
            if report is None:
                raise Unavailable("the finding is not there any more")
            changes = resolve_action(project, report, data["kind"], int(data.get("index", 0)))
    except Unavailable as error:
        raise RequestFailed(f"This cannot be done: {error}.") from error
    workspace = ls.protocol.client_capabilities.workspace
    client = workspace.workspace_edit if workspace is not None else None
    versioned = client is not None and bool(client.document_changes)
    can_create = (
        versioned
        and client is not None
        and types.ResourceOperationKind.Create in (client.resource_operations or ())
    )
    if changes.creates and not can_create:
        raise RequestFailed("This creates a file, and the editor does not let a language server do that.")

    def version_of(other: str) -> int | None:
        opened = moment.document(other)
        return opened.version if opened is not None else None

    action.edit = workspace_edit(
        changes.edits,
        [(created.path, created.text) for created in changes.creates],
        ls.documents.encoding,
        project.source,
        version_of,
        versioned=versioned,
    )
    return action


def _converted(
    ls: Server, action: Action, project: Project, uri: str, version: int | None
) -> types.CodeAction:
    source = project.source(action.report.path)
    shown = (
        [diagnostic(action.report, source, ls.documents.encoding, project.source)]
        if source is not None
        else []
    )
    if action.kind == "explain":
        command = types.Command(action.title, "foreshot.explainRule", [action.report.rule])
        return types.CodeAction(action.title, kind=_KINDS[action.kind], command=command)
    data = {
        "uri": uri,
        "kind": action.kind,
        "rule": action.report.rule,
        "key": action.report.key,
        "index": action.index,
        "version": version,
    }
    return types.CodeAction(
        action.title,
        kind=_KINDS[action.kind],
        diagnostics=shown,
        is_preferred=True if action.preferred else None,
        data=data,
    )


def _project_and_path(moment: Moment, uri: str) -> tuple[Project, str] | None:
    path = path_of(uri)
    if path is None or not moment.world.concerns(path):
        return None
    project = moment.world.owner(path)
    return (project, path) if project is not None else None


def _wants(only: Any, kind: str) -> bool:
    """Whether a client that restricts the kinds asks for ``kind``."""
    return not only or any(kind == wanted or kind.startswith(f"{wanted}.") for wanted in only)
