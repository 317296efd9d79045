"""The language server: the session on the main loop, features on workers, each over a frozen world."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Final, cast

from lsprotocol import types

import foreshot
from foreshot.lsp.base import ForeshotServer
from foreshot.lsp.convert import path_of
from foreshot.lsp.documents import Document
from foreshot.lsp.executor import CancelToken
from foreshot.lsp.indexing import Indexing
from foreshot.lsp.loop import Timer
from foreshot.lsp.reports import LEVELS, log_from
from foreshot.project.settings import settings_from_options
from foreshot.project.settings_keys import KEYS, camel_case
from foreshot.workspace.project import Project
from foreshot.workspace.session import Session, World

_log = logging.getLogger("foreshot.server")

_CHANGED: Final = types.FileChangeType.Changed
WATCHED: Final = (
    "**/*.py",
    "**/*.mako",
    "**/*.ini",
    "**/pyproject.toml",
    "**/foreshot.toml",
    # What tells which releases a project runs with, and on which databases.
    "**/requirements*.{txt,in}",
    "**/requirements/**/*.{txt,in}",
    "**/{setup.cfg,Pipfile,Pipfile.lock,poetry.lock,uv.lock,pdm.lock}",
)
_CLIENT_KEYS: Final = frozenset(
    {
        "path",
        "args",
        "interpreter",
        "importStrategy",
        "trace",
        "logLevel",
        "enable",
        "showNotifications",
        "codeLens",
        "inlayHints",
    }
)
_RELOAD_DELAY: Final = 0.4  # seconds without another change of the configuration


class Moment:
    """What a worker sees: the documents and the world of one moment."""

    def __init__(self, documents: Mapping[str, Document], world: World) -> None:
        self.documents = documents
        self.world = world

    def document(self, path: str) -> Document | None:
        """The open document of a path."""
        return self._paths.get(path)

    def rereading(self, paths: Collection[str]) -> Moment:
        """The same documents, over files of which some are read from the disk once more."""
        files = self.world.files
        return Moment(self.documents, self.world.after(files.after(files.texts, paths), paths))

    @cached_property
    def _paths(self) -> Mapping[str, Document]:
        return {path: document for document in self.documents.values() if (path := path_of(document.uri))}


class Server(ForeshotServer):
    """Foreshot as a language server."""

    def __init__(self) -> None:
        # One for requests, one for what is pushed, and one that may read the workspace for long.
        super().__init__("foreshot", foreshot.__version__, threads=3)
        self.session = Session()
        self.pull = False
        """The client pulls diagnostics; else they are pushed."""
        self.inlay_hints = False
        """The person wants hints behind operations."""
        self.indexing = Indexing(self)
        self._published: dict[str, tuple[int, str]] = {}
        self._reload_timer: Timer | None = None

    @property
    def can_show_documents(self) -> bool:
        """Whether the client opens a file that the server names."""
        window = self.protocol.client_capabilities.window
        return window is not None and window.show_document is not None and window.show_document.support

    @property
    def can_refresh(self) -> bool:
        """Whether the client pulls diagnostics again when the server says so."""
        workspace = self.protocol.client_capabilities.workspace
        client = workspace.diagnostics if workspace is not None else None
        return client is not None and bool(client.refresh_support)

    def take_snapshot(self) -> Moment:
        """Documents and world as they are now."""
        return Moment(self.documents.snapshot(), self.session.world)

    # What the client tells

    def configure(self, options: object) -> bool:
        """Settings from ``initializationOptions`` or ``workspace/didChangeConfiguration``; whether they are others."""
        values = _table(options)
        # Some clients wrap the settings in a section.
        values = _table(values["foreshot"]) if "foreshot" in values else values
        _, problems = settings_from_options(values, also_known=_CLIENT_KEYS)
        wrong = [problem.message for problem in problems]
        if not log_from(values.get("logLevel", "warning")):
            wrong.append(f"`logLevel` is one of {', '.join(LEVELS)}")
        for message in wrong:
            self.window_log_message(types.LogMessageParams(types.MessageType.Warning, f"Settings: {message}"))
        self.inlay_hints = values.get("inlayHints") is True
        known = {camel_case(key.name): key.name for key in KEYS}
        before = self.session.overrides
        self.session.overrides = {known[key]: value for key, value in values.items() if key in known}
        return self.session.overrides != before

    def settings_changed(self, settings: object) -> None:
        """Other settings: everything is read anew. Clients that send none have to be asked for them."""
        workspace = self.protocol.client_capabilities.workspace
        if settings is not None:
            self._reconfigure(settings)
        elif workspace is not None and workspace.configuration:
            asked = types.ConfigurationParams([types.ConfigurationItem(section="foreshot")])
            self.protocol.send_request(types.WORKSPACE_CONFIGURATION, asked, self._settings_told)

    def _settings_told(self, answer: object) -> None:
        values = cast("Sequence[object]", answer) if isinstance(answer, list | tuple) else ()
        if values:
            self._reconfigure(values[0])

    def _reconfigure(self, settings: object) -> None:
        hints = self.inlay_hints
        if self.configure(settings):
            self.reload()
        workspace = self.protocol.client_capabilities.workspace
        client = workspace.inlay_hint if workspace is not None else None
        if self.inlay_hints != hints and client is not None and client.refresh_support:
            self.workspace_inlay_hint_refresh(None)

    def document_changed(self, uri: str) -> None:
        """A buffer was opened or edited."""
        path = path_of(uri)
        document = self.documents.get(uri)
        if path is None or document is None:
            return
        self.session.set_text(path, document.content)
        self._after_change(path)

    def document_closed(self, uri: str) -> None:
        """A buffer was closed: the disk counts again."""
        path = path_of(uri)
        self._withdraw(uri)
        if path is None:
            return
        self.session.set_text(path, None)
        self._after_change(path)

    def files_changed(self, events: Iterable[types.FileEvent]) -> None:
        """Files have come, gone or changed on disk."""
        changed: list[str] = []
        reload = False
        for event in events:
            path = path_of(event.uri)
            if path is None:
                continue
            if event.uri not in self.documents:
                changed.append(path)
            if self.session.is_configuration(path):
                # The text of an open one is known; whether it exists tells where projects are.
                reload = reload or event.uri not in self.documents or event.type != _CHANGED
            elif event.type == types.FileChangeType.Created and not self.session.world.settled()[0]:
                # What came may be the project that was not there before.
                reload = reload or path.endswith(".py")
        if changed:
            self.session.touch(changed)
            self.publish_open()
            self._ask_to_refresh()
        if reload:
            self.reload_soon()
        elif changed:
            self._reload_if_outdated()

    def _after_change(self, path: str) -> None:
        if self.session.shapes(path) or (self.session.is_configuration(path) and self.session.world.indexed):
            self.publish_open()
            self._ask_to_refresh()
            self.reload_soon()
        else:
            self.publish_open()
            if not self.session.world.concerns(path):
                self._reload_if_outdated()

    def _reload_if_outdated(self) -> None:
        """Read everything anew where a change has reached what all revisions share, such as where modules are found."""

        def outdated(token: CancelToken) -> bool:
            moment: Moment = token.snapshot
            return moment.world.indexed and (moment.world.is_outdated or moment.world.base_has_moved)

        self.background("outdated", outdated, lambda found: self.reload_soon() if found else None)

    def reload_soon(self) -> None:
        """Read everything anew once nothing has asked for it for a moment."""
        if self._reload_timer is not None:
            self._reload_timer.cancel()
        self._reload_timer = self.loop.call_later(_RELOAD_DELAY, self.reload)

    # Indexing

    def reload(self) -> None:
        """Read every project anew, beside the main loop, and show the result when it is there."""
        self.indexing.start(self._known_early, self._loaded)

    def _known_early(self, projects: list[Project]) -> None:
        if self.session.install_early(projects):
            self.publish_open()
            self._ask_to_refresh()

    def _loaded(self, projects: list[Project]) -> None:
        self.session.install(projects)
        self.publish_open()
        self._ask_to_refresh()

    # Diagnostics

    def publish_open(self) -> None:
        """Push the diagnostics of every open document, where the client does not pull them."""
        if self.pull:
            return
        for uri in self.documents:
            self._publish(uri)

    def _publish(self, uri: str) -> None:
        from foreshot.lsp.diagnostics import document_diagnostics

        document = self.documents.get(uri)
        path = path_of(uri)
        if document is None or path is None or not self.session.world.concerns(path):
            self._withdraw(uri)
            return

        def done(found: tuple[list[types.Diagnostic], str]) -> None:
            items, mark = found
            current = self.documents.get(uri)
            # A newer text never receives an older text's diagnostics; the same ones need not be told again.
            if (
                current is not None
                and current.version == document.version
                and self._published.get(uri) != (document.version, mark)
            ):
                self._published[uri] = (document.version, mark)
                self.text_document_publish_diagnostics(
                    types.PublishDiagnosticsParams(uri, items, version=document.version)
                )

        encoding = self.documents.encoding
        self.background(
            f"diagnose {uri}", lambda token: document_diagnostics(token.snapshot, path, encoding), done
        )

    def _withdraw(self, uri: str) -> None:
        """Take back what was pushed for a document that is closed or is no part of a project any more."""
        if self._published.pop(uri, None) is not None:
            self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))

    def _ask_to_refresh(self) -> None:
        workspace = self.protocol.client_capabilities.workspace
        if self.pull and self.can_refresh:
            self.workspace_diagnostic_refresh(None)
        if workspace is not None and workspace.code_lens is not None and workspace.code_lens.refresh_support:
            self.workspace_code_lens_refresh(None)


def _table(value: object) -> dict[str, object]:
    """A JSON object, without the keys that are set to nothing; anything else is empty."""
    if not isinstance(value, Mapping):
        return {}
    return {
        str(key): item for key, item in cast("Mapping[object, object]", value).items() if item is not None
    }


def create_server() -> Server:
    """A server with every feature registered."""
    from foreshot.lsp.features import register

    server = Server()
    register(server)
    return server


def main() -> int:
    """``foreshot server``: serve a client on stdin and stdout. Returns the exit code of the process."""
    return create_server().run_stdio()
