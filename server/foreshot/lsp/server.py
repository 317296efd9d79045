"""The language server: the session on the main loop, features on workers, each over a frozen world."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any, Final, cast

from lsprotocol import types

import foreshot
from foreshot.lsp.base import ForeshotServer
from foreshot.lsp.convert import path_of
from foreshot.lsp.documents import Document
from foreshot.project.settings import settings_from_options
from foreshot.project.settings_keys import KEYS, camel_case
from foreshot.workspace.project import Project
from foreshot.workspace.session import Session, World

_log = logging.getLogger("foreshot.server")

WATCHED: Final = ("**/*.py", "**/*.mako", "**/*.ini", "**/pyproject.toml", "**/foreshot.toml")
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
    }
)
_RELOAD_DELAY: Final = 0.4  # seconds without another change of the configuration


class Moment:
    """What a worker sees: the documents and the world of one moment."""

    def __init__(self, documents: Mapping[str, Document], world: World) -> None:
        self.documents = documents
        self.world = world
        self._paths = {path: document for document in documents.values() if (path := path_of(document.uri))}

    def document(self, path: str) -> Document | None:
        """The open document of a path."""
        return self._paths.get(path)


class Server(ForeshotServer):
    """Foreshot as a language server."""

    def __init__(self) -> None:
        super().__init__("foreshot", foreshot.__version__)
        self.session = Session()
        self.pull = False
        """The client pulls diagnostics; else they are pushed."""
        self._published: dict[str, tuple[int | None, int]] = {}
        self._reload_wanted = 0

    def take_snapshot(self) -> Moment:
        """Documents and world as they are now."""
        return Moment(self.documents.snapshot(), self.session.world)

    # What the client tells

    def configure(self, options: object) -> None:
        """Settings from ``initializationOptions`` or ``workspace/didChangeConfiguration``."""
        values = cast("Mapping[str, object]", options) if isinstance(options, Mapping) else {}
        inner = values.get("foreshot")
        if isinstance(inner, Mapping):
            values = cast("Mapping[str, object]", inner)
        values = {key: value for key, value in values.items() if value is not None}
        _, problems = settings_from_options(values, also_known=_CLIENT_KEYS)
        for problem in problems:
            self.window_log_message(
                types.LogMessageParams(types.MessageType.Warning, f"Settings: {problem.message}")
            )
        known = {camel_case(key.name): key.name for key in KEYS}
        self.session.overrides = {known[key]: value for key, value in values.items() if key in known}

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
        if path is None:
            return
        self.session.set_text(path, None)
        self._published.pop(uri, None)
        self._after_change(path)

    def files_changed(self, events: Iterable[types.FileEvent]) -> None:
        """Files have come, gone or changed on disk."""
        changed: list[str] = []
        reload = False
        for event in events:
            path = path_of(event.uri)
            if path is None or event.uri in self.documents:
                continue
            if event.type != types.FileChangeType.Changed or self.session.is_configuration(path):
                reload = reload or self._matters(path)
            else:
                changed.append(path)
        if changed:
            self.session.touch(changed)
            self.publish_open()
            self._ask_to_refresh()
        if reload:
            self.reload()

    def _matters(self, path: str) -> bool:
        """Whether a file that came or went can be part of a project."""
        if self.session.is_configuration(path) or self.session.world.concerns(path):
            return True
        folder = path.rpartition("/")[0]
        return (
            any(
                folder == place or folder.startswith(place + "/")
                for project in self.session.world.settled()[0]
                for place in project.surroundings.environment.version_dirs
            )
            or not self.session.world.settled()[0]
        )

    def _after_change(self, path: str) -> None:
        refreshed = self.session.refresh_surroundings(path)
        if refreshed or (self.session.is_configuration(path) and self.session.world.indexed):
            self.publish_open()
            self._ask_to_refresh()
            self._reload_wanted += 1
            wanted = self._reload_wanted
            self.loop.call_later(
                _RELOAD_DELAY, lambda: self.reload() if wanted == self._reload_wanted else None
            )
        else:
            self.publish_open()

    # Indexing

    def reload(self) -> None:
        """Read every project anew, beside the main loop, and show the result when it is there."""
        work = self.session.load()
        progress = self._progress()
        self.background("index", lambda token: work(progress, token.check), self._loaded)

    def _loaded(self, projects: list[Project]) -> None:
        self.session.install(projects)
        self._end_progress()
        self.publish_open()
        self._ask_to_refresh()

    def _progress(self) -> Any:
        client = self.protocol.client_capabilities.window
        if client is None or not client.work_done_progress:
            return lambda _done, _total: None
        token = "foreshot/index"  # noqa: S105 (a name, not a secret)
        state = {"begun": False, "percent": -1}
        self._progress_state = state

        def begin(_: object = None) -> None:
            state["begun"] = True
            self.work_done_progress.begin(
                token, types.WorkDoneProgressBegin("Foreshot", message="Reading migrations", percentage=0)
            )

        def told(done: int, total: int) -> None:
            percent = done * 100 // max(total, 1)
            if state["begun"] and percent >= state["percent"] + 5:
                state["percent"] = percent
                self.loop.post(lambda: self._report(token, percent, f"{done} of {total} revisions", state))

        self.work_done_progress.create(token, begin)
        return told

    def _report(self, token: str, percent: int, message: str, state: dict[str, Any]) -> None:
        if self._progress_state is state:
            self.work_done_progress.report(
                token, types.WorkDoneProgressReport(message=message, percentage=percent)
            )

    _progress_state: dict[str, Any] | None = None

    def _end_progress(self) -> None:
        if self._progress_state is not None and self._progress_state["begun"]:
            self.work_done_progress.end("foreshot/index", types.WorkDoneProgressEnd())
        self._progress_state = None

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
            return

        def done(found: list[types.Diagnostic]) -> None:
            current = self.documents.get(uri)
            # A newer text never receives an older text's diagnostics.
            if current is not None and current.version == document.version:
                self.text_document_publish_diagnostics(
                    types.PublishDiagnosticsParams(uri, found, version=document.version)
                )

        encoding = self.documents.encoding
        self.background(
            f"diagnose {uri}", lambda token: document_diagnostics(token.snapshot, path, encoding), done
        )

    def _ask_to_refresh(self) -> None:
        workspace = self.protocol.client_capabilities.workspace
        if workspace is None:
            return
        if self.pull and workspace.diagnostics is not None and workspace.diagnostics.refresh_support:
            self.workspace_diagnostic_refresh(None)
        if workspace.code_lens is not None and workspace.code_lens.refresh_support:
            self.workspace_code_lens_refresh(None)


def create_server() -> Server:
    """A server with every feature registered."""
    from foreshot.lsp.features import register

    server = Server()
    register(server)
    return server


def main() -> int:
    """``foreshot server``: serve a client on stdin and stdout. Returns the exit code of the process."""
    logging.basicConfig(level=logging.WARNING, format="%(name)s: %(message)s")
    return create_server().run_stdio()
