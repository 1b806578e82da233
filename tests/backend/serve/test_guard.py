# SPDX-License-Identifier: GPL-3.0-or-later
"""Who gets past the guard of the model server, and with what."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from metaspatial.backend.serve.guard import MAX_BODY, Guard, Rules

TOKEN = "right-token-0123456789"
PICTURE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
CHAT = {"model": "m", "messages": [{"role": "user", "content": [PICTURE, {"type": "text", "text": "hi"}]}]}


class ThisGuard(Guard):
    rules = Rules(TOKEN, 8123, "some/model")


def ask(
    path: str = "/v1/chat/completions", *, method: str = "POST", body: object = CHAT, **headers: str | None
) -> tuple[int, Any, bool]:
    """Status and document of the answer, and whether the application was reached."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    given: dict[str, str | None] = {
        "host": "127.0.0.1:8123",
        "authorization": f"Bearer {TOKEN}",
        "content-length": str(len(raw)),
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    sent: list[Any] = []
    reached: list[bytes] = []
    arriving = [
        {"type": "http.request", "body": raw[:9], "more_body": True},
        {"type": "http.request", "body": raw[9:], "more_body": False},
    ]

    async def receive() -> Any:
        return arriving.pop(0) if arriving else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        reached.append((await receive())["body"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b'"app"'})

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "headers": [(name.encode(), value.encode()) for name, value in given.items() if value is not None],
    }
    asyncio.run(ThisGuard(app)(scope, receive, send))
    assert not reached or reached == [raw]
    return sent[0]["status"], json.loads(sent[1]["body"]), bool(reached)


def test_a_chat_request_with_the_token_passes_whole() -> None:
    assert ask() == (200, "app", True)
    assert ask(host="localhost:8123") == (200, "app", True)


def test_the_served_model_is_listed() -> None:
    status, document, reached = ask("/v1/models", method="GET")
    assert (status, reached) == (200, False)
    assert [model["id"] for model in document["data"]] == ["some/model"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"authorization": None}, 401),
        ({"authorization": ""}, 401),
        ({"authorization": "Bearer "}, 401),
        ({"authorization": "Bearer right-token"}, 401),
        ({"authorization": TOKEN}, 401),
        ({"authorization": "Bearer \u00e9"}, 401),
        ({"host": "evil.example:8123"}, 403),
        ({"host": "127.0.0.1:9999"}, 403),
        ({"host": "127.0.0.1"}, 403),
        ({"host": None}, 403),
        ({"origin": "http://127.0.0.1:8123"}, 403),
        ({"origin": "null"}, 403),
        ({"content_length": None}, 411),
        ({"content_length": "-1"}, 411),
        ({"content_length": str(MAX_BODY + 1)}, 413),
    ],
)
@pytest.mark.parametrize("path", ["/v1/chat/completions"])
def test_others_are_refused(path: str, headers: dict[str, str | None], status: int) -> None:
    answered, document, reached = ask(path, **headers)  # pyright: ignore[reportArgumentType]
    assert (answered, reached) == (status, False)
    assert document["error"]["message"]
    assert TOKEN not in json.dumps(document)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/load_model"),
        ("POST", "/v1/responses"),
        ("POST", "/v1/audio/transcriptions"),
        ("GET", "/docs"),
        ("OPTIONS", "/v1/models"),
        ("GET", "/v1/chat/completions"),
        ("POST", "/v1/chat/completions/../../load_model"),
    ],
)
def test_nothing_else_of_the_application_is_reachable(method: str, path: str) -> None:
    assert ask(path, method=method)[::2] == (404, False)


@pytest.mark.parametrize(
    "part",
    [
        {"type": "image_url", "image_url": {"url": "/etc/passwd"}},
        {"type": "image_url", "image_url": {"url": "file:///etc/passwd"}},
        {"type": "image_url", "image_url": {"url": "http://169.254.169.254/"}},
        {"type": "image_url", "image_url": {"url": ["data:image/png"]}},
        {"type": "image_url", "image_url": "data:image/png;base64,AAAA"},
        {"type": "image_url"},
        {"type": "video_url", "video_url": {"url": "data:image/png;base64,AAAA"}},
        {"type": "input_audio", "input_audio": {"data": "/etc/passwd"}},
        "text",
        None,
    ],
)
def test_only_pictures_in_the_request_are_read(part: object) -> None:
    status, _, reached = ask(body={"messages": [{"role": "user", "content": [part]}]})
    assert (status, reached) == (400, False)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"[" * 100_000, b"\xff", b'{"messages": 1}'])
def test_what_is_no_chat_request_is_refused(body: bytes) -> None:
    assert ask(body=body)[::2] == (400, False)


def test_web_sockets_are_closed() -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message["type"])

    async def never(*_: Any) -> Any:
        raise AssertionError("reached")

    asyncio.run(ThisGuard(never)({"type": "websocket", "path": "/", "headers": []}, never, send))
    assert sent == ["websocket.close"]
