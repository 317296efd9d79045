"""JSON-RPC messages: from the bytes of a body to one of a few plain shapes, whatever the bytes are.

Only the top level is looked at. What is inside `params` stays as JSON until its method is known, so a key
that happens to be called `jsonrpc` in there means nothing.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

MessageId: TypeAlias = int | str

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
NOT_INITIALIZED = -32002
REQUEST_CANCELLED = -32800
CONTENT_MODIFIED = -32801
SERVER_CANCELLED = -32802
REQUEST_FAILED = -32803


@dataclass(frozen=True, slots=True)
class Request:
    """Wants exactly one reply."""

    id: MessageId
    method: str
    params: Any


@dataclass(frozen=True, slots=True)
class Notification:
    """Wants none."""

    method: str
    params: Any


@dataclass(frozen=True, slots=True)
class Response:
    """The client's answer to a request of ours; ``error`` is None when it is the result that counts."""

    id: MessageId
    result: Any
    error: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Invalid:
    """No message. ``id`` is that of the request it was meant to be, as far as that can be read."""

    id: MessageId | None
    code: int
    why: str
    reply: bool = True


Message: TypeAlias = Request | Notification | Response | Invalid


def parse(body: bytes) -> list[Message]:
    """What a body says; never raises. One message, but for a batch, which is refused member by member."""
    try:
        data: Any = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        why = "is nested too deeply" if isinstance(error, RecursionError) else "is not valid JSON in UTF-8"
        keys = peek(body)
        return [
            Invalid(
                keys.get("id"),
                PARSE_ERROR,
                f"The message {why}.",
                reply=not {"result", "error"} & keys.keys(),
            )
        ]
    if isinstance(data, list):
        members = [_message(member) for member in cast("list[Any]", data)]
        ids = [member.id for member in members if isinstance(member, Request)]
        return [Invalid(i, INVALID_REQUEST, "Batches are not part of the protocol.") for i in ids or [None]]
    return [_message(data)]


def encode(message: dict[str, Any]) -> bytes:
    """A message with its header, ready to be written. Half surrogate pairs survive as JSON escapes."""
    body = json.dumps(message, separators=(",", ":"))
    return f"Content-Length: {len(body)}\r\n\r\n{body}".encode("ascii")


def reply(message_id: MessageId | None, result: Any) -> dict[str, Any]:
    """The answer to a request that went well; ``result`` is plain JSON."""
    return {"jsonrpc": "2.0", "id": message_id, "result": result}


def failure(message_id: MessageId | None, code: int, why: str, data: Any = None) -> dict[str, Any]:
    """The answer to a request that did not."""
    error = {"code": code, "message": why} | ({} if data is None else {"data": data})
    return {"jsonrpc": "2.0", "id": message_id, "error": error}


def _message(data: Any) -> Message:
    if not isinstance(data, dict):
        return Invalid(None, INVALID_REQUEST, "A message is a JSON object.")
    fields = cast("dict[str, Any]", data)
    message_id: Any = fields.get("id")
    known = _is_id(message_id)
    readable: MessageId | None = message_id if known else None
    answer = "method" not in fields and ("result" in fields or "error" in fields)
    if fields.get("jsonrpc") != "2.0":
        return Invalid(readable, INVALID_REQUEST, 'A message says "jsonrpc": "2.0".', reply=not answer)
    if answer:
        error: Any = fields.get("error")
        if not known:
            return Invalid(None, INVALID_REQUEST, "A response has the id of its request.", reply=False)
        if error is not None and not isinstance(error, dict):
            error = {"message": str(error)}
        return Response(message_id, fields.get("result"), cast("dict[str, Any] | None", error))
    method: Any = fields.get("method")
    if not isinstance(method, str):
        return Invalid(readable, INVALID_REQUEST, "A request names its method.")
    if "id" not in fields:
        return Notification(method, fields.get("params"))
    if not known:
        return Invalid(None, INVALID_REQUEST, "The id of a request is an integer or a string.")
    return Request(message_id, method, fields.get("params"))


def _is_id(value: Any) -> bool:
    return isinstance(value, (int, str)) and not isinstance(value, bool)


_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[{}\[\]:,]|[^\s"{}\[\]:,]+', re.DOTALL)
_PEEK = 2 << 20


def peek(body: bytes) -> dict[str, MessageId | None]:
    """The keys at the top level of a body that is not valid JSON, with the id's value where it can be read.

    Reads token by token without recursion, so neither nesting nor a cut or mangled end stands in the way.
    """
    keys: dict[str, MessageId | None] = {}
    depth = 0
    last = key = b""
    for token in map(re.Match[bytes].group, _TOKEN.finditer(body, 0, _PEEK)):
        if token in (b"{", b"["):
            depth += 1
            key = b""
        elif token in (b"}", b"]"):
            depth -= 1
            if depth <= 0:
                break
        elif depth == 1 and token == b":":
            key = last
            keys.setdefault(key.strip(b'"').decode("utf-8", "replace"), None)
        elif depth == 1 and key == b'"id"':
            keys["id"] = _read_id(token)
            key = b""
        last = token
    return keys


def _read_id(token: bytes) -> MessageId | None:
    try:
        value: Any = json.loads(token)
    except ValueError:
        return None
    return value if _is_id(value) else None
