"""Code actions: what can be done about findings, offered cheaply and worked out when it is chosen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, cast

from lsprotocol import types

from foreshot.ide.actions import (
    Action,
    Changes,
    Unavailable,
    actions_at,
    find_report,
    resolve_action,
    safe_fixes,
)
from foreshot.lint.report import Report
from foreshot.lsp.convert import diagnostic, span_of
from foreshot.lsp.executor import CancelToken
from foreshot.lsp.protocol import RequestFailed
from foreshot.lsp.where import Where, edit_of, place_of
from foreshot.workspace.project import Project

if TYPE_CHECKING:
    from foreshot.lsp.server import Moment, Server

FIX_ALL: Final = "source.fixAll.foreshot"
_KINDS: Final = {
    "fix": types.CodeActionKind.QuickFix,
    "rewrite": types.CodeActionKind.QuickFix,
    "ignore": types.CodeActionKind.QuickFix,
    "explain": types.CodeActionKind.QuickFix,
}


def code_actions(ls: Server, params: types.CodeActionParams, token: CancelToken) -> list[types.CodeAction]:
    """``textDocument/codeAction``: what can be done about the findings in a range."""
    moment: Moment = token.snapshot
    found = place_of(moment, params.text_document.uri)
    if found is None:
        return []
    wanted = params.context.only
    span = span_of(found.source.lines, params.range, ls.documents.encoding)
    reports = moment.world.reports(found.path)
    result: list[types.CodeAction] = []
    if _wants(wanted, types.CodeActionKind.QuickFix):
        for action in actions_at(reports, span):
            token.check()
            result.append(_converted(ls, action, found))
    if wanted and _wants(wanted, FIX_ALL) and any(_is_safe(report) for report in reports):
        data = {"uri": found.uri, "kind": "all", "version": found.version}
        result.append(types.CodeAction("Fix all safe problems in this file", kind=FIX_ALL, data=data))
    if _resolves_edits(ls):
        return result
    return list(_with_edits(ls, moment, result, token))


def resolve_code_action(ls: Server, action: types.CodeAction, token: CancelToken) -> types.CodeAction:
    """``codeAction/resolve``: the edits, worked out on the texts as they are now."""
    if action.data is None:
        # "Explain": its command is all there is to it.
        return action
    try:
        action.edit = _edit(ls, token.snapshot, action.data)
    except Unavailable as error:
        raise RequestFailed(f"This cannot be done: {error}.") from error
    return action


def _edit(ls: Server, moment: Moment, given: Any) -> types.WorkspaceEdit:
    data = cast("dict[str, Any]", given) if isinstance(given, dict) else {}
    project, changes = _changes(moment, data)
    files = moment.world.files
    moved = files.moved({*changes.edits, *(created.path for created in changes.creates)})
    if moved:
        # The client has not told yet that these have changed on disk, and there the edit would go.
        ls.loop.post(lambda: ls.session.touch(moved))
        moment = moment.rereading(moved)
        project, changes = _changes(moment, data)
    return edit_of(ls, moment, project, changes)


def _changes(moment: Moment, data: Mapping[str, Any]) -> tuple[Project, Changes]:
    found = place_of(moment, str(data.get("uri", "")))
    if found is None:
        raise RequestFailed("The file is no part of an Alembic project any more.")
    if found.version != data.get("version"):
        raise RequestFailed("The text has changed since this was offered.")
    kind, index = data.get("kind"), data.get("index", 0)
    if kind == "all":
        return found.project, safe_fixes(found.project, found.path)
    report = find_report(moment.world.reports(found.path), str(data.get("rule")), str(data.get("key")))
    if report is None or kind not in _KINDS or not isinstance(index, int):
        raise Unavailable("the finding is gone")
    return found.project, resolve_action(found.project, report, kind, index)


def _with_edits(
    ls: Server, moment: Moment, actions: list[types.CodeAction], token: CancelToken
) -> Iterator[types.CodeAction]:
    """For clients that do not come back for the edits."""
    for action in actions:
        token.check()
        if action.data is not None:
            try:
                action.edit = _edit(ls, moment, action.data)
            except (Unavailable, RequestFailed):
                continue
            action.data = None
        yield action


def _resolves_edits(ls: Server) -> bool:
    text_document = ls.protocol.client_capabilities.text_document
    client = text_document.code_action if text_document is not None else None
    support = client.resolve_support if client is not None else None
    return support is not None and "edit" in support.properties


def _converted(ls: Server, action: Action, found: Where) -> types.CodeAction:
    report = action.report
    if action.kind == "explain":
        command = types.Command(action.title, "foreshot.explainRule", arguments=[report.rule])
        return types.CodeAction(action.title, kind=_KINDS[action.kind], command=command)
    return types.CodeAction(
        action.title,
        kind=_KINDS[action.kind],
        diagnostics=[diagnostic(report, found.source, ls.documents.encoding, found.project.source)],
        is_preferred=True if action.preferred else None,
        data={
            "uri": found.uri,
            "kind": action.kind,
            "rule": report.rule,
            "key": report.key,
            "index": action.index,
            "version": found.version,
        },
    )


def _is_safe(report: Report) -> bool:
    return any(offer.safety == "safe" for offer in report.offers)


def _wants(only: Any, kind: str) -> bool:
    """Whether a client that restricts the kinds asks for ``kind``."""
    return not only or any(kind == wanted or kind.startswith(f"{wanted}.") for wanted in only)
