# SPDX-License-Identifier: GPL-3.0-or-later
"""The OpenAI chat protocol over a `Writer`: what runs behind the guard when the server is our own.

An ASGI application with one path, /v1/chat/completions. An asker that hangs up is not written for any more.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import json
import time
import uuid
from dataclasses import dataclass
from typing import Any

from .batches import Ask, Batches, Begun, Busy, Event, Failed, Place, Written
from .guard import Message, Receive, Send, answer, error, read_body

MAX_MESSAGES = 64
MAX_PICTURES = 16
_ROLES = ("system", "user", "assistant")
_BEYOND = ("tools", "functions", "stop", "response_format", "logprobs", "audio")
"""What would change the answer and is not offered: asking for it is refused, not overlooked."""


class Refused(Exception):
    """The request can't be met: an HTTP status, why, and a code for programs."""

    def __init__(self, status: int, reason: str, code: str = "invalid_request") -> None:
        super().__init__(reason)
        self.status, self.code = status, code


@dataclass(frozen=True, slots=True)
class Request:
    """A chat request: what is asked, and in what form it is to be answered."""

    ask: Ask
    stream: bool
    with_usage: bool


def read_request(body: bytes, model: str) -> Request:
    """The request of a body, for the one `model` that is served. Raises Refused."""
    try:
        document: Any = json.loads(body)
    except (ValueError, RecursionError):
        raise Refused(400, "The body is no JSON.") from None
    if not isinstance(document, dict):
        raise Refused(400, "The body is no JSON object.")
    if document.get("model", model) != model:
        named = str(document["model"])[:200]
        raise Refused(404, f"The model {named!r} does not exist here; {model!r} does.", "model_not_found")
    for name in _BEYOND:
        if document.get(name):
            raise Refused(400, f"{name} is not offered by this server.")
    if document.get("n") not in (None, 1):
        raise Refused(400, "One answer is written for one request: n must be 1.")
    most = document.get("max_completion_tokens") or document.get("max_tokens")
    messages, pictures = _messages(document.get("messages"))
    ask = Ask(
        messages,
        pictures,
        int(_number("max_tokens", most, 2048, 1, 1_000_000)),
        _number("temperature", document.get("temperature"), 0.0, 0.0, 2.0),
        _number("top_p", document.get("top_p"), 1.0, 1e-6, 1.0),
        int(_number("seed", document.get("seed"), 0, -(2**31), 2**31)),
    )
    options = document.get("stream_options")
    usage = isinstance(options, dict) and options.get("include_usage") is True
    return Request(ask, document.get("stream") is True, usage)


def _messages(given: Any) -> tuple[list[dict[str, Any]], list[bytes]]:
    """Messages as chat templates want them, and the pictures they show, in their order."""
    if not isinstance(given, list) or not 0 < len(given) <= MAX_MESSAGES:
        raise Refused(400, f"messages must be a list of 1 to {MAX_MESSAGES}.")
    messages, pictures = [], []
    for message in given:
        if not isinstance(message, dict) or message.get("role") not in _ROLES:
            raise Refused(400, f"Each message must have a role: {', '.join(_ROLES)}.")
        content = message.get("content")
        if isinstance(content, str):
            content = [{"type": "text", "text": content}]
        if not isinstance(content, list):
            raise Refused(400, "A message's content must be a text or a list of parts.")
        parts: list[dict[str, Any]] = []
        for part in content:
            kind = part.get("type") if isinstance(part, dict) else None
            if kind == "text" and isinstance(part.get("text"), str):
                parts.append({"type": "text", "text": part["text"]})
            elif kind == "image_url":
                pictures.append(_picture(part))
                parts.append({"type": "image"})
            else:
                raise Refused(400, "A message's parts must be texts and pictures (image_url).")
        messages.append({"role": message["role"], "content": parts})
    if len(pictures) > MAX_PICTURES:
        raise Refused(400, f"{len(pictures)} pictures are too many; {MAX_PICTURES} are read.")
    return messages, pictures


def _picture(part: dict[str, Any]) -> bytes:
    url = part.get("image_url")
    url = url.get("url") if isinstance(url, dict) else url
    head, _, data = url.partition(",") if isinstance(url, str) else ("", "", "")
    if not (head.startswith("data:image/") and head.endswith(";base64")):
        raise Refused(400, "A picture must be a data:image/…;base64 URL.")
    try:
        return base64.b64decode(data, validate=True)
    except binascii.Error:
        raise Refused(400, "A picture's base64 can't be read.") from None


def _number(name: str, value: Any, default: float, low: float, high: float) -> float:
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise Refused(400, f"{name} must be a number from {low:g} to {high:g}.")
    return value


class ChatApp:
    """The ASGI application. `model` is the name that requests give and answers bear."""

    def __init__(self, batches: Batches, model: str) -> None:
        self._batches, self._model = batches, model

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        body = await read_body(receive)
        if body is None:
            return
        heard: asyncio.Queue[Event] = asyncio.Queue()
        loop = asyncio.get_running_loop()

        def hear(event: Event) -> None:
            with contextlib.suppress(RuntimeError):  # the server has ended meanwhile
                loop.call_soon_threadsafe(heard.put_nowait, event)

        try:
            request = read_request(body, self._model)
            place = self._batches.ask(request.ask, hear)
        except Refused as refused:
            await self._refuse(send, refused)
            return
        except Busy:
            await self._refuse(send, Refused(429, "Too many are waiting for an answer.", "busy"))
            return
        await self._answer(request, place, heard, receive, send)

    async def _answer(
        self, request: Request, place: Place, heard: asyncio.Queue[Event], receive: Receive, send: Send
    ) -> None:
        reply = _Stream(send, self._model, request.with_usage) if request.stream else _Whole(send, self._model)
        leaving = asyncio.ensure_future(_left(receive))
        try:
            while True:
                hearing = asyncio.ensure_future(heard.get())
                await asyncio.wait({hearing, leaving}, return_when=asyncio.FIRST_COMPLETED)
                if not hearing.done():
                    hearing.cancel()
                    return
                event = hearing.result()
                if isinstance(event, Failed):
                    await reply.failed(event)
                    return
                if isinstance(event, Written):
                    await reply.written(event)
                    return
                if isinstance(event, Begun):
                    await reply.begun()
                else:
                    await reply.text(event)
        finally:
            leaving.cancel()
            place.leave()

    async def _refuse(self, send: Send, refused: Refused) -> None:
        document = error(str(refused))
        document["error"]["code"] = refused.code
        await answer(send, refused.status, document)


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


class _Whole:
    """The answer as one document."""

    def __init__(self, send: Send, model: str) -> None:
        self._send, self._head = send, _head("chat.completion", model)

    async def begun(self) -> None:
        pass

    async def text(self, text: str) -> None:
        pass

    async def written(self, written: Written) -> None:
        message = {"role": "assistant", "content": written.text}
        choice = {"index": 0, "message": message, "finish_reason": _finish(written)}
        await answer(self._send, 200, {**self._head, "choices": [choice], "usage": _usage(written)})

    async def failed(self, failed: Failed) -> None:
        await answer(self._send, 400 if failed.theirs else 500, error(failed.reason))


class _Stream:
    """The answer as events, each with what is new."""

    def __init__(self, send: Send, model: str, with_usage: bool) -> None:
        self._send, self._head = send, _head("chat.completion.chunk", model)
        self._with_usage = with_usage
        self._sent: str | None = None

    async def begun(self) -> None:
        headers = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-cache")]
        await self._send({"type": "http.response.start", "status": 200, "headers": headers})
        self._sent = ""
        await self._delta({"role": "assistant", "content": ""})

    async def text(self, text: str) -> None:
        text = text.rstrip("\N{REPLACEMENT CHARACTER}")  # a character of which only some bytes are there
        sent = self._sent or ""
        if len(text) > len(sent) and text.startswith(sent):
            self._sent = text
            await self._delta({"content": text[len(sent) :]})

    async def written(self, written: Written) -> None:
        sent = self._sent or ""
        await self._delta({"content": written.text[len(sent) :]})
        await self._delta({}, _finish(written))
        if self._with_usage:
            await self._event({**self._head, "choices": [], "usage": _usage(written)})
        await self._event("[DONE]", last=True)

    async def failed(self, failed: Failed) -> None:
        if self._sent is None:
            await answer(self._send, 400 if failed.theirs else 500, error(failed.reason))
        else:
            await self._event(error(failed.reason), last=True)

    async def _delta(self, delta: dict[str, Any], finish: str | None = None) -> None:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        await self._event({**self._head, "choices": [choice]})

    async def _event(self, document: dict[str, Any] | str, *, last: bool = False) -> None:
        data = document if isinstance(document, str) else json.dumps(document)
        body = f"data: {data}\n\n".encode()
        await self._send({"type": "http.response.body", "body": body, "more_body": not last})


def _head(kind: str, model: str) -> dict[str, Any]:
    return {"id": f"chatcmpl-{uuid.uuid4().hex}", "object": kind, "created": int(time.time()), "model": model}


def _finish(written: Written) -> str:
    return "stop" if written.complete else "length"


def _usage(written: Written) -> dict[str, int]:
    both = written.prompt_tokens + written.tokens
    return {"prompt_tokens": written.prompt_tokens, "completion_tokens": written.tokens, "total_tokens": both}
