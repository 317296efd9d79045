"""Where a request points: the project, the file and its text; and what edits the client takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types
from msgspec import Struct

from foreshot.ide.actions import Changes
from foreshot.lsp.convert import path_of, workspace_edit
from foreshot.lsp.protocol import RequestFailed
from foreshot.text import SourceText
from foreshot.workspace.project import Project

if TYPE_CHECKING:
    from foreshot.lsp.server import Moment, Server


class Where(Struct, frozen=True):
    """A file of a project, as one moment has it."""

    project: Project
    path: str
    uri: str
    source: SourceText
    version: int | None
    """Of the open document; None for a file that is not open."""


def place_of(moment: Moment, uri: str) -> Where | None:
    """The file that a URI names; None for one that is no part of a project, told without working anything out."""
    path = path_of(uri)
    if path is None or not moment.world.concerns(path):
        return None
    project = moment.world.owner(path)
    source = project.source(path) if project is not None else None
    if project is None or source is None:
        return None
    document = moment.document(path)
    return Where(project, path, uri, source, document.version if document is not None else None)


def can_create(ls: Server) -> bool:
    """Whether the client takes edits that create files."""
    workspace = ls.protocol.client_capabilities.workspace
    client = workspace.workspace_edit if workspace is not None else None
    return (
        client is not None
        and bool(client.document_changes)
        and types.ResourceOperationKind.Create in (client.resource_operations or ())
    )


def edit_of(ls: Server, moment: Moment, project: Project, changes: Changes) -> types.WorkspaceEdit:
    """Changes as an edit that the client takes.

    Raises:
        RequestFailed: when it takes none that creates a file, and this does.
    """
    if changes.creates and not can_create(ls):
        raise RequestFailed("This creates a file, and the editor does not let a language server do that.")
    workspace = ls.protocol.client_capabilities.workspace
    client = workspace.workspace_edit if workspace is not None else None
    return workspace_edit(
        changes.edits,
        [(created.path, created.text) for created in changes.creates],
        ls.documents.encoding,
        project.source,
        moment.document,
        versioned=client is not None and bool(client.document_changes),
    )
