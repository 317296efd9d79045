"""Commands that a client may run (``workspace/executeCommand``). Arguments and results are plain JSON.

Each takes one object as its argument; ``uri`` in it says which environment is meant where there are several.
"""

from __future__ import annotations

import time
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as NotYet
from typing import TYPE_CHECKING, Any, Final, cast

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from foreshot.ide.actions import Changes, Unavailable
from foreshot.ide.graph_view import FORMATS, graph_data, graph_text
from foreshot.ide.new_revisions import empty_revision, merge_of_heads
from foreshot.ide.pages import page_of, url_of
from foreshot.ide.pending import pending_text
from foreshot.lint.words import plain
from foreshot.lsp.convert import path_of, uri_of
from foreshot.lsp.executor import CancelToken
from foreshot.lsp.protocol import RequestFailed
from foreshot.lsp.where import edit_of
from foreshot.project.discover import environments_of
from foreshot.rules import NAMES, all_rules, family_of
from foreshot.schema.ddl import as_sql
from foreshot.text import SourceText
from foreshot.workspace.project import Project

if TYPE_CHECKING:
    from foreshot.lsp.server import Moment, Server

_REASONS: Final = 20
_PATIENCE: Final = 120.0  # seconds: some clients ask the person before they apply an edit


def list_rules(_ls: Server, _arguments: list[Any], _token: CancelToken) -> dict[str, list[dict[str, str]]]:
    """``foreshot.listRules``: every rule there is, with its ``family`` and the ``title`` of its page."""
    rules = all_rules().by_name
    return {
        "rules": [
            {"rule": name, "family": family_of(name), "title": page_of(rule).title}
            for name, rule in rules.items()
        ]
    }


def explain_rule(_ls: Server, arguments: list[Any], _token: CancelToken) -> dict[str, str]:
    """``foreshot.explainRule``: the page of ``{"rule": name}`` (or of a bare name) as ``markdown``, and its ``url``."""
    given = arguments[0] if arguments else None
    name = given if isinstance(given, str) else _text(_options(arguments), "rule")
    if not name:
        raise RequestFailed("Say which rule is to be explained.")
    if name not in NAMES:
        from difflib import get_close_matches

        near = get_close_matches(name[:100], sorted(NAMES), n=1)
        raise RequestFailed(f"There is no rule called {plain(name)}.{f' Is it {near[0]}?' if near else ''}")
    return {"rule": name, "markdown": page_of(all_rules().by_name[name]).to_markdown(), "url": url_of(name)}


def show_graph(_ls: Server, arguments: list[Any], token: CancelToken) -> dict[str, Any]:
    """``foreshot.showGraph``: ``{"format": "json" | "mermaid" | "text", "uri": …}``.

    For ``json``, the default, the graph itself; each revision also has a ``uri``. Else ``{"text": …}``.
    """
    options = _options(arguments)
    form = _text(options, "format") or "json"
    if form not in FORMATS:
        raise RequestFailed(f"The graph can be had as {', '.join(FORMATS)}, not as {plain(form)}.")
    moment: Moment = token.snapshot
    project = _project(moment, options)
    if form != "json":
        return {"format": form, "text": graph_text(project, form)}
    data = graph_data(project)
    for record in data["revisions"]:
        token.check()
        record["uri"] = uri_of(record["path"])
    return data


def new_revision(ls: Server, arguments: list[Any], token: CancelToken) -> dict[str, Any]:
    """``foreshot.newRevision``: ``{"message": …, "parent": …, "uri": …}`` creates an empty revision after the head."""
    options = _options(arguments)
    message = _text(options, "message").strip()
    if not message:
        raise RequestFailed("A new revision needs a message: what it is about, in a few words.")
    moment: Moment = token.snapshot
    project = _project(moment, options)
    try:
        revision, changes = empty_revision(project, message, _text(options, "parent") or None)
    except Unavailable as error:
        raise RequestFailed(f"No revision was created: {error}.") from error
    return {"revision": revision, **_created(ls, moment, project, changes, "New revision", token)}


def merge_heads(ls: Server, arguments: list[Any], token: CancelToken) -> dict[str, Any]:
    """``foreshot.mergeHeads``: ``{"uri": …}`` creates the revision that joins heads which nothing tells apart."""
    moment: Moment = token.snapshot
    project = _project(moment, _options(arguments))
    try:
        changes = merge_of_heads(project)
    except Unavailable as error:
        raise RequestFailed(f"Nothing was merged: {error}.") from error
    return _created(ls, moment, project, changes, "Merge heads", token)


def open_revision(ls: Server, arguments: list[Any], token: CancelToken) -> dict[str, Any]:
    """``foreshot.openRevision``: ``{"uri": …}`` shows a revision's file."""
    moment: Moment = token.snapshot
    uri = _text(_options(arguments), "uri")
    path = path_of(uri)
    if path is None or not moment.world.concerns(path):
        raise RequestFailed("That file is no part of an Alembic project.")
    _show(ls, uri)
    return {"uri": uri}


def show_sql(_ls: Server, arguments: list[Any], token: CancelToken) -> dict[str, str]:
    """``foreshot.showSql``: ``{"uri": …, "direction": "upgrade" | "downgrade"}``: what a revision sends to the database, as ``text``."""
    # Alembic is loaded only for those who ask.
    from foreshot.workspace.sql_of import sql_of

    options = _options(arguments)
    project, path, source = _revision(token.snapshot, options)
    told = project.story_of(path)
    made = sql_of(
        source,
        project.surroundings,
        told.target.dialect if told is not None else None,
        "downgrade" if _text(options, "direction") == "downgrade" else "upgrade",
        told.before_operation if told is not None else lambda _: None,
    )
    if made is None:
        raise RequestFailed("That file does not parse, or is no revision.")
    return {"revision": made.header.revision, "dialect": made.dialect, "text": made.text}


def show_schema(_ls: Server, arguments: list[Any], token: CancelToken) -> dict[str, str]:
    """``foreshot.showSchema``: ``{"uri": …}``: the schema after a revision, as ``text`` in SQL."""
    project, path, _ = _revision(token.snapshot, _options(arguments))
    told = project.story_of(path)
    if told is None:
        raise RequestFailed("That file has no place in the history.")
    schema, dialect = told.end("upgrade"), told.target.dialect
    unknown = [
        f"-- Not known: {reason.about or 'all'}: {' '.join(reason.why.split())}" for reason in schema.unknown
    ]
    head = f"-- After {told.revision}, on {dialect}"
    text = "\n".join([head, *unknown[:_REASONS], "", *as_sql(schema, dialect)])
    return {"revision": told.revision, "dialect": dialect, "text": text + "\n"}


def show_pending(_ls: Server, arguments: list[Any], token: CancelToken) -> dict[str, Any]:
    """``foreshot.showPending``: ``{"uri": …}``: the revision that the models ask for and nobody has written.

    ``text`` is the file that would be created at ``path``, with what may be otherwise in comments above it; ``count`` its
    operations, 0 where models and migrations are in step; ``complete`` whether nothing is left that could be otherwise.
    """
    project = _project(token.snapshot, _options(arguments))
    found = pending_text(project)
    if found is None:
        return {
            "count": 0,
            "complete": False,
            "path": None,
            "text": "# There are no models to compare with the migrations.\n",
        }
    notes = [f"# May be otherwise: {' '.join(note.split())}" for note in found.notes]
    if len(notes) > _REASONS:
        notes = [*notes[:_REASONS], f"# and {len(notes) - _REASONS} more reasons"]
    head = [*notes, ""] if notes else []
    text = found.text or "# No change is pending: the migrations make what the models ask for.\n"
    return {
        "count": found.count,
        "complete": found.complete,
        "path": found.path or None,
        "text": "\n".join([*head, text]),
    }


def _revision(moment: Moment, options: dict[str, Any]) -> tuple[Project, str, SourceText]:
    """The revision file that ``uri`` names, with its project and its text."""
    path = path_of(_text(options, "uri"))
    project = _project(moment, options)
    source = project.source(path) if path is not None else None
    if path is None or source is None or path not in project.analyses:
        raise RequestFailed("That file is no revision of an Alembic project.")
    return project, path, source


def _created(
    ls: Server, moment: Moment, project: Project, changes: Changes, label: str, token: CancelToken
) -> dict[str, Any]:
    """Have the client apply an edit that creates a file, and show that file."""
    workspace = ls.protocol.client_capabilities.workspace
    if workspace is None or not workspace.apply_edit:
        raise RequestFailed("This creates a file, and the editor does not let a language server do that.")
    edit = edit_of(ls, moment, project, changes)
    asked = ls.protocol.send_request(
        types.WORKSPACE_APPLY_EDIT, types.ApplyWorkspaceEditParams(edit, label=label)
    )
    result = cast("types.ApplyWorkspaceEditResult", _answer(asked, token))
    if not result.applied:
        why = f": {plain(result.failure_reason)}" if result.failure_reason else ""
        raise RequestFailed(f"The editor did not create the file{why}.")
    created = changes.creates[0]
    uri = uri_of(created.path)
    _show(ls, uri, _place_to_write(created.text))
    return {"uri": uri, "applied": True}


def _place_to_write(text: str) -> types.Range | None:
    """The first ``pass`` of a new revision: what a person replaces first."""
    for row, line in enumerate(text.splitlines()):
        if line.strip() == "pass":
            start = len(line) - len(line.lstrip())
            return types.Range(types.Position(row, start), types.Position(row, start + 4))
    return None


def _answer(asked: Future[Any], token: CancelToken) -> Any:
    """Wait for the client on this worker, as long as anybody waits for us."""
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        token.check()
        try:
            return asked.result(timeout=0.2)
        except NotYet:
            continue
        except CancelledError:
            break
        except JsonRpcException as error:
            raise RequestFailed(f"The editor refused the change: {plain(error.message)}.") from error
    raise RequestFailed("The editor has not said whether it applied the change.")


def _show(ls: Server, uri: str, selection: types.Range | None = None) -> None:
    if ls.can_show_documents:
        shown = types.ShowDocumentParams(uri, take_focus=True, selection=selection)
        ls.protocol.send_request(types.WINDOW_SHOW_DOCUMENT, shown, lambda _result: None)


def _project(moment: Moment, options: dict[str, Any]) -> Project:
    """The environment that is meant.

    Raises:
        RequestFailed: when there is none, or it cannot be told which.
    """
    if not moment.world.indexed:
        raise RequestFailed("The open folders are still being read: try again in a moment.")
    projects = moment.world.projects
    if not projects:
        raise RequestFailed("There is no Alembic project in the open folders.")
    if len(projects) == 1:
        return projects[0]
    path = path_of(_text(options, "uri"))
    if path is not None:
        owner = moment.world.owner(path)
        if owner is not None:
            return owner
        by_environment = {project.surroundings.environment.script_location: project for project in projects}
        near = environments_of([project.surroundings.environment for project in projects], path)
        if len(near) == 1:
            return by_environment[near[0].script_location]
    raise RequestFailed("There are several Alembic projects: open a file of the one that is meant.")


def _options(arguments: list[Any]) -> dict[str, Any]:
    given = arguments[0] if arguments else None
    return cast("dict[str, Any]", given) if isinstance(given, dict) else {}


def _text(options: dict[str, Any], key: str) -> str:
    value = options.get(key)
    return value if isinstance(value, str) else ""
