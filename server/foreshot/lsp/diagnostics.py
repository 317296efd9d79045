"""Diagnostics of documents, as the client pulls them or has them pushed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, NoReturn

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from foreshot.lint.report import Report
from foreshot.lsp import messages
from foreshot.lsp.convert import diagnostic, path_of, uri_of
from foreshot.lsp.executor import CancelToken
from foreshot.text import SourceText
from foreshot.text.lines import Encoding
from foreshot.workspace.glance import mark_of

if TYPE_CHECKING:
    from foreshot.lsp.server import Moment, Server
    from foreshot.workspace.project import Project

_PART: Final = 300
"""How many findings, and files, make a part of the workspace's diagnostics."""
_NOTHING: Final = mark_of([])
_ENDINGS = (".py", ".ini", ".toml", ".mako")


def document_diagnostics(moment: Moment, path: str, encoding: Encoding) -> tuple[list[types.Diagnostic], str]:
    """The diagnostics of one file, and a name for them."""
    reports = moment.world.reports(path)
    return _converted(moment, path, reports, encoding) if reports else [], mark_of(reports)


def pull(
    ls: Server, params: types.DocumentDiagnosticParams, token: CancelToken
) -> types.DocumentDiagnosticReport:
    """``textDocument/diagnostic``."""
    moment: Moment = token.snapshot
    path = path_of(params.text_document.uri)
    if moment.world.base_has_moved:
        ls.loop.post(ls.reload_soon)
    if path is not None and path.endswith(_ENDINGS) and not moment.world.indexed and not ls.can_refresh:
        _come_back(ls, token)
    reports = moment.world.reports(path) if path is not None else []
    result_id = mark_of(reports)
    if params.previous_result_id == result_id:
        return types.RelatedUnchangedDocumentDiagnosticReport(result_id=result_id)
    token.check()
    items = _converted(moment, path, reports, ls.documents.encoding) if path is not None and reports else []
    return types.RelatedFullDocumentDiagnosticReport(items=items, result_id=result_id)


def _come_back(ls: Server, token: CancelToken) -> NoReturn:
    """Let a client that cannot be told to pull again do so when the projects have been read."""
    for _ in range(100):
        token.check()
        if ls.indexing.finished.wait(0.02):
            break
    why = "The open folders are still being read."
    raise JsonRpcException(why, messages.SERVER_CANCELLED, {"retriggerRequest": True})


def pull_workspace(
    ls: Server, params: types.WorkspaceDiagnosticParams, token: CancelToken
) -> types.WorkspaceDiagnosticReport:
    """``workspace/diagnostic``: every file of every project that has, or had, something to say.

    To a client that takes the result in parts it is told in parts: an editor that gets the findings of thousands
    of files in one message is deaf until it has taken it in.
    """
    parts = params.partial_result_token
    items: list[types.WorkspaceDocumentDiagnosticReport] = []
    size = 0
    for item in _files(ls, params, token):
        items.append(item)
        size += (
            1 if isinstance(item, types.WorkspaceUnchangedDocumentDiagnosticReport) else 1 + len(item.items)
        )
        if parts is not None and size >= _PART:
            ls.tell_part(parts, types.WorkspaceDiagnosticReportPartialResult(items))
            items, size = [], 0
    if parts is not None and items:
        ls.tell_part(parts, types.WorkspaceDiagnosticReportPartialResult(items))
        items = []
    return types.WorkspaceDiagnosticReport(items)


def _files(
    ls: Server, params: types.WorkspaceDiagnosticParams, token: CancelToken
) -> Iterator[types.WorkspaceDocumentDiagnosticReport]:
    moment: Moment = token.snapshot
    known = {item.uri: item.value for item in params.previous_result_ids}
    first = not known
    owners: dict[str, list[Project]] = {}
    for project in moment.world.projects:
        token.check()
        for path in project.reported:
            owners.setdefault(path, []).append(project)
    for path, projects in owners.items():
        token.check()
        uri = uri_of(path)
        if len(projects) > 1:
            reports = moment.world.reports(path)
            mark = mark_of(reports)
        else:
            reports = projects[0].reports_for(path) if first else None
            mark = projects[0].glance(path, reports).mark
        if mark == _NOTHING and uri not in known:
            continue
        document = moment.document(path)
        version = document.version if document is not None else None
        if known.pop(uri, None) == mark:
            yield types.WorkspaceUnchangedDocumentDiagnosticReport(uri=uri, result_id=mark, version=version)
            continue
        if reports is None:
            reports = projects[0].reports_for(path)
        found = _converted(moment, path, reports, ls.documents.encoding)
        yield types.WorkspaceFullDocumentDiagnosticReport(
            uri=uri, items=found, result_id=mark, version=version
        )
    for uri in known:
        yield types.WorkspaceFullDocumentDiagnosticReport(uri=uri, items=[], result_id=_NOTHING)


def _converted(
    moment: Moment, path: str, reports: list[Report], encoding: Encoding
) -> list[types.Diagnostic]:
    project = moment.world.owner(path)
    if project is None:
        return []
    source = project.source(path) or SourceText("")
    return [diagnostic(report, source, encoding, project.source) for report in reports]
