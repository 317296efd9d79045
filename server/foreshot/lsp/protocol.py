"""The one protocol class: pygls's registry, types, converter and progress under our own handling of messages.

Everything here runs on the main loop, but for what says that it is safe on every thread. What the server does
by itself for `initialize`, text synchronisation and the like is in :mod:`foreshot.lsp.lifecycle`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

from cattrs import Converter
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.progress import Progress
from pygls.protocol import LanguageServerProtocol

from foreshot.lsp import lifecycle, messages
from foreshot.lsp.executor import Cancelled, CancelToken, QueueFull
from foreshot.lsp.messages import Invalid, MessageId, Notification, Request, Response

if TYPE_CHECKING:
    from foreshot.lsp.base import ForeshotServer

logger = logging.getLogger(__name__)

Handler: TypeAlias = Callable[..., Any]
State: TypeAlias = Literal["new", "running", "shut down"]

# Request, response, parameters and registration options of each method.
_METHOD_TYPES: dict[str, tuple[type | None, ...]] = cast("Any", types).METHOD_TO_TYPES
_DIAGNOSTIC_PULLS = {types.TEXT_DOCUMENT_DIAGNOSTIC, types.WORKSPACE_DIAGNOSTIC}


class RequestFailed(JsonRpcException):
    """Raised by a handler to refuse a request with a sentence that the person sees."""

    CODE = messages.REQUEST_FAILED
    MESSAGE = "The request failed"


@dataclass(slots=True, eq=False)
class _Pending:
    """A request that a worker has, or will have."""

    request: Request
    token: CancelToken
    uri: str | None


class ForeshotProtocol(LanguageServerProtocol):
    """Takes bodies of messages, calls handlers, and answers each request exactly once."""

    # pygls's registry of features and commands has no types; the dictionaries below are its own, with types.
    fm: Any
    handlers: dict[str, Handler]
    commands: dict[str, Handler]
    options: dict[str, Any]

    def __init__(self, server: ForeshotServer, converter: Converter) -> None:
        self.server = server
        self.state: State = "new"
        self.worker_methods: set[str] = set()
        self.client_capabilities = types.ClientCapabilities()
        self._pending: dict[MessageId, _Pending] = {}
        super().__init__(server, converter)
        self.progress = ForeshotProgress(self)

    def _register_builtin_features(self) -> None:
        """Put ours in the place of those of pygls, which keep documents in another way."""
        self.handlers, self.commands, self.options = (
            self.fm.features,
            self.fm.commands,
            self.fm.feature_options,
        )
        for method, handler in lifecycle.METHODS.items():
            self.fm.add_builtin_feature(method, handler)

    # What the transport calls

    def receive(self, body: bytes) -> None:
        """Handle the body of one message, whatever it is."""
        for message in messages.parse(body):
            match message:
                case Request():
                    self._on_request(message)
                case Notification():
                    self._on_notification(message)
                case Response():
                    self._on_response(message)
                case Invalid():
                    self.refuse(message)

    def refuse(self, invalid: Invalid) -> None:
        """Log what was no message, and answer as far as it can be told whom."""
        self.server.reports.oddity(f"the client sent something invalid: {invalid.why}")
        if invalid.reply and invalid.id not in self._pending:
            self._send(messages.failure(invalid.id, invalid.code, invalid.why))

    # Requests

    def _on_request(self, request: Request) -> None:
        method = request.method
        if refusal := self._refusal(request):
            self._send(messages.failure(request.id, *refusal))
            return
        handler = self._handler(method)
        if handler is None:
            self._send(
                messages.failure(request.id, messages.METHOD_NOT_FOUND, f"There is no method {method[:100]}.")
            )
            return
        try:
            params = self._structure(method, request.params)
        except Exception as error:
            self.server.reports.oddity(f"the client sent {method} with invalid parameters")
            logger.debug("invalid parameters", exc_info=error)
            self._send(
                messages.failure(
                    request.id, messages.INVALID_PARAMS, f"The parameters of {method} are invalid."
                )
            )
            return
        if method == types.WORKSPACE_EXECUTE_COMMAND:
            self._on_command(request, params)
        elif method in self.worker_methods:
            document = getattr(params, "text_document", None)
            self._hand_over(request, handler, params, getattr(document, "uri", None))
        else:
            self._send(self._call(request, handler, params))

    def _on_command(self, request: Request, params: types.ExecuteCommandParams) -> None:
        handler = self.commands.get(params.command)
        if handler is None:
            why = f"There is no command {params.command[:100]}."
            self._send(messages.failure(request.id, messages.INVALID_PARAMS, why))
            return
        self._hand_over(request, handler, list(params.arguments or ()), None)

    def _refusal(self, request: Request) -> tuple[int, str] | None:
        """Why a request cannot be taken now, if so."""
        if self.state == "shut down":
            return messages.INVALID_REQUEST, "The server is shutting down."
        if request.method == types.INITIALIZE:
            if self.state != "new":
                return messages.INVALID_REQUEST, "The server is initialized already."
        elif self.state == "new":
            return messages.NOT_INITIALIZED, "The server is not initialized."
        if request.id in self._pending:
            return messages.INVALID_REQUEST, "There is a request under way with this id."
        return None

    def _call(self, request: Request, handler: Handler, *arguments: Any) -> dict[str, Any]:
        """Run a handler and put what comes of it into a reply. Runs on workers too."""
        try:
            result = handler(self.server, *arguments)
            return messages.reply(request.id, self._converter.unstructure(result))
        except Cancelled:
            return messages.failure(request.id, messages.REQUEST_CANCELLED, "The request was cancelled.")
        except JsonRpcException as error:
            return messages.failure(request.id, error.code, error.message, error.data)
        except BaseException as error:
            # SystemExit and RecursionError are failures of one request as well. The client learns the kind
            # only: messages and tracebacks may hold what belongs to nobody else, and go to the log.
            self.server.reports.failure(request.method, error)
            why = (
                f"{request.method} failed inside Foreshot ({type(error).__name__}); its log has the details."
            )
            return messages.failure(request.id, messages.INTERNAL_ERROR, why)

    def _hand_over(self, request: Request, handler: Handler, params: Any, uri: str | None) -> None:
        """Let a worker answer, unless somebody else answers before it does."""
        token = CancelToken(self.server.take_snapshot())
        pending = self._pending[request.id] = _Pending(request, token, uri)

        def work() -> None:
            message = self._call(request, handler, params, token)
            data = self._encode(message)
            self.server.loop.post(lambda: self._answer(pending, data))

        try:
            self.server.executor.submit(work, token)
        except QueueFull:
            self._answer_failure(pending, messages.SERVER_CANCELLED, "Too many requests are waiting.")

    def _answer(self, pending: _Pending, data: bytes) -> None:
        """Send the one reply to a request of a worker; what comes after it is dropped."""
        if self._pending.get(pending.request.id) is pending:
            del self._pending[pending.request.id]
            self.server.output.write(data)

    def _answer_failure(self, pending: _Pending, code: int, why: str, data: Any = None) -> None:
        pending.token.cancel()
        self._answer(pending, messages.encode(messages.failure(pending.request.id, code, why, data)))

    def drop_stale(self, uri: str) -> None:
        """Answer what is under way about a document that has just changed: its result would be of no use."""
        for pending in [p for p in self._pending.values() if p.uri == uri]:
            if pending.request.method in _DIAGNOSTIC_PULLS:
                # Clients take ContentModified for "no diagnostics" here; this makes them ask again.
                retry = {"retriggerRequest": True}
                self._answer_failure(pending, messages.SERVER_CANCELLED, "The document has changed.", retry)
            else:
                self._answer_failure(pending, messages.CONTENT_MODIFIED, "The document has changed.")

    def drop_all(self) -> None:
        """Answer every request that is under way, and expect no answers any more: the server shuts down."""
        for pending in list(self._pending.values()):
            self._answer_failure(pending, messages.REQUEST_CANCELLED, "The server is shutting down.")
        for future in list(self._request_futures.values()):
            future.cancel()
        self._request_futures.clear()
        self._result_types.clear()

    # Notifications and responses

    def _on_notification(self, notification: Notification) -> None:
        method = notification.method
        if method == types.CANCEL_REQUEST:
            self._on_cancel(notification.params)
            return
        if method != types.EXIT and self.state != "running":
            return
        handler = self._handler(method)
        if handler is None:
            if not method.startswith("$/"):
                self.server.reports.oddity(
                    f"the client sent a notification that nobody handles: {method[:100]}"
                )
            return
        if _METHOD_TYPES.get(method, (None, None, None, None))[1] is not None:
            # Nobody waits for an answer.
            self.server.reports.oddity(f"the client sent the request {method} without an id")
            return
        try:
            params = self._structure(method, notification.params)
        except Exception as error:
            self.server.reports.oddity(f"the client sent {method} with invalid parameters")
            logger.debug("invalid parameters", exc_info=error)
            return
        self.run(method, handler, params)

    def _on_cancel(self, params: Any) -> None:
        message_id: Any = cast("dict[str, Any]", params).get("id") if isinstance(params, dict) else None
        if isinstance(message_id, (int, str)) and (pending := self._pending.get(message_id)):
            self._answer_failure(pending, messages.REQUEST_CANCELLED, "The request was cancelled.")

    def _on_response(self, response: Response) -> None:
        future = self._request_futures.pop(response.id, None)
        result_type = self._result_types.pop(response.id, None)
        if future is None or not future.set_running_or_notify_cancel():
            return
        if response.error is not None:
            code, why = response.error.get("code"), response.error.get("message")
            future.set_exception(
                JsonRpcException(str(why), code if isinstance(code, int) else messages.INTERNAL_ERROR)
            )
            return
        try:
            envelope = messages.reply(response.id, response.result)
            result = (
                self._converter.structure(envelope, result_type).result if result_type else response.result
            )
        except Exception:
            future.set_exception(
                JsonRpcException("The response cannot be understood", messages.INVALID_PARAMS)
            )
        else:
            future.set_result(result)

    def run(self, what: str, handler: Handler, *arguments: Any) -> None:
        """Run something that nobody waits for."""
        try:
            handler(self.server, *arguments)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            self.server.reports.failure(what, error)

    def _handler(self, method: str) -> Handler | None:
        return lifecycle.METHODS.get(method) or self.handlers.get(method)

    def _structure(self, method: str, params: Any) -> Any:
        """The parameters as their type; those of methods that the protocol does not know stay plain JSON."""
        params_type = _METHOD_TYPES.get(method, (None, None, None, None))[2]
        return params if params_type is None else cast("Any", self._converter.structure(params, params_type))

    def prepare(self) -> None:
        """Make what reads the parameters of requests, some 15 ms of work, before the first ones come. Any thread's."""
        for method in (*self.worker_methods, types.TEXT_DOCUMENT_DID_CHANGE):
            params_type = _METHOD_TYPES.get(method, (None, None, None, None))[2]
            if params_type is not None:
                self._converter.get_structure_hook(params_type)

    # Sending

    def send_request(
        self,
        method: str,
        params: Any | None = None,
        callback: Callable[[Any], None] | None = None,
        msg_id: MessageId | None = None,
    ) -> Future[Any]:
        """Ask the client. ``callback`` runs with the result, on the main loop, if there is one."""
        future = super().send_request(method, params, None, msg_id)
        if callback is not None:

            def finish(_: ForeshotServer, result: Any) -> None:
                callback(result)

            def done(future: Future[Any]) -> None:
                if future.cancelled():
                    return
                if error := future.exception():
                    self.server.reports.oddity(f"the client refused {method}: {error}")
                else:
                    self.server.loop.post(lambda: self.run(method, finish, future.result()))

            future.add_done_callback(done)
        return future

    def _send_data(self, data: Any) -> None:
        """Send a notification or a request of ours. Safe on every thread."""
        self.server.output.write(messages.encode(self._converter.unstructure(data)))

    def _send(self, message: dict[str, Any]) -> None:
        self.server.output.write(self._encode(message))

    def _encode(self, message: dict[str, Any]) -> bytes:
        """The bytes of a reply; a result that is no JSON is a failure of its handler."""
        try:
            return messages.encode(message)
        except BaseException as error:
            self.server.reports.failure("writing a reply", error)
            return messages.encode(
                messages.failure(message["id"], messages.INTERNAL_ERROR, "The result cannot be sent.")
            )


class ForeshotProgress(Progress):
    """Progress that forgets a token when it ends; pygls keeps them all."""

    tokens: dict[int | str, Future[Any]]

    def create(self, token: int | str, callback: Callable[[None], None] | None = None) -> Future[Any]:
        """Ask the client for a token; ``callback`` runs on the main loop once it agrees."""
        return cast("Any", super()).create(token, callback)

    def end(self, token: int | str, value: types.WorkDoneProgressEnd) -> None:
        """End the progress with this token."""
        super().end(token, value)
        self.tokens.pop(token, None)
