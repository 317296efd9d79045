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


def place_of(moment: Moment, uri: str, *, writing: bool = False) -> Where | None:
    """The file that a URI names; None for one that is no part of a project, told without working anything out.

    Args:
        writing: the project may be as it was before somebody began to write in the functions of this file.
    """
    path = path_of(uri)
    if path is None or not moment.world.concerns(path):
        return None
    project = moment.world.around(path) if writing else moment.world.owner(path)
    text = moment.world.files.read(path)
    if project is None or not isinstance(text, SourceText):
        return None
    document = moment.document(path)
    return Where(project, path, uri, text, document.version if document is not None else None)


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
