# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands before the model server's application: who may ask, for what, and how much."""

from __future__ import annotations

import hmac
import json
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any, ClassVar

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

MAX_BODY = 64_000_000
"""Bytes of one request: a dialogue of several turns with a picture each."""


@dataclass(frozen=True)
class Rules:
    """The token to ask for, the port that a browser would have to name, and the model that is served."""

    token: str
    port: int
    model: str


class Guard:
    """ASGI middleware. Lets through chat requests that carry the token; refuses everything else.

    Refuses web pages (any `Origin`) and foreign host names (DNS rebinding), unbounded bodies, all other paths of the
    application (transformers can load any model on request), and pictures given by address or path: only those that
    come in the request are read. Lists the one model that is served.
    """

    rules: ClassVar[Rules]

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        refusal = self._refusal(scope)
        if refusal:
            await answer(send, *refusal)
        elif scope["path"] == "/v1/models":
            model = {"id": self.rules.model, "object": "model", "owned_by": "metaspatial"}
            await answer(send, 200, {"object": "list", "data": [model]})
        else:
            body = await read_body(receive)
            if body is None:
                return
            foreign = _foreign_picture(body)
            if foreign:
                await answer(send, 400, error(foreign))
                return
            await self.app(scope, _replay(body, receive), send)

    def _refusal(self, scope: Message) -> tuple[int, dict[str, Any]] | None:
        headers = [(name.decode("latin-1").lower(), value) for name, value in scope["headers"]]
        named = dict(headers)
        hosts = {f"{host}:{self.rules.port}".encode() for host in ("127.0.0.1", "localhost")}
        if [value for name, value in headers if name == "host" and value.lower() not in hosts] or "host" not in named:
            return 403, error("This server answers to 127.0.0.1 only.")
        if "origin" in named:
            return 403, error("This server does not answer to web pages.")
        wanted = f"Bearer {self.rules.token}".encode()
        if not hmac.compare_digest(named.get("authorization", b""), wanted):
            return 401, error("The token is missing or wrong; `metaspatial serve --status` shows the right one.")
        if (scope["method"], scope["path"]) not in _ALLOWED:
            return 404, error(f"Nothing at {scope['path']}; this server has /v1/models and /v1/chat/completions.")
        if scope["method"] == "POST":
            length = named.get("content-length", b"")
            if not length.isdigit():
                return 411, error("The request must say its length.")
            if int(length) > MAX_BODY:
                return 413, error(f"The request is larger than {MAX_BODY // 1_000_000} MB.")
        return None


_ALLOWED = {("GET", "/v1/models"), ("POST", "/v1/chat/completions")}


def error(message: str) -> dict[str, Any]:
    """An error document as OpenAI's clients read it."""
    return {"error": {"message": message, "type": "metaspatial"}}


async def answer(send: Send, status: int, document: dict[str, Any]) -> None:
    """Send a whole response with a JSON document."""
    body = json.dumps(document).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def read_body(receive: Receive) -> bytes | None:
    """The whole body, whose length the server below holds to what was announced; None where the client left."""
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


def _replay(body: bytes, receive: Receive) -> Receive:
    waiting = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return waiting.pop() if waiting else await receive()

    return again


def _foreign_picture(body: bytes) -> str | None:
    """Why a body is refused, or None. Anything but text, and pictures in data URLs, would be fetched or opened."""
    try:
        messages = json.loads(body)["messages"]
        for message in messages:
            content = message.get("content")
            for part in content if isinstance(content, list) else ():
                if part["type"] == "text":
                    continue
                if part["type"] != "image_url":
                    return f"Only text and pictures are read, not {str(part['type'])[:40]!r}."
                url = part["image_url"]["url"]
                if not (isinstance(url, str) and url.startswith("data:image/")):
                    return "Pictures must come in the request (a data:image URL); addresses and paths are not opened."
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return "The request is not a chat request."
    return None
