# SPDX-License-Identifier: GPL-3.0-or-later
"""A chat server that does as told: answers well, slowly, wrongly or not at all. For tests on loopback.

    with ChatServer() as server:
        server.script(says("…"), fails(429, "slow down", {"Retry-After": "7"}))
        ChatPolicy(ChatSettings(server.base_url, MODEL))…

The script's behaviours serve one chat request each, the last one all that follow. `/v1/models` always works (and asks
for the key, if the server has one), unless `models` is a behaviour itself.
"""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

MODEL = "test/vision-model"

Behaviour = Callable[["Handler"], None]


@dataclass(frozen=True)
class Request:
    """What the server was sent."""

    method: str
    path: str
    headers: dict[str, str]
    body: dict[str, Any] = field(default_factory=dict)

    @property
    def pictures(self) -> int:
        contents = [message["content"] for message in self.body.get("messages", [])]
        return sum(part["type"] == "image_url" for parts in contents if isinstance(parts, list) for part in parts)


class ChatServer:
    """Listens on a free port of 127.0.0.1 in threads of its own, from `with` until its end."""

    def __init__(
        self, *, key: str = "", models: Sequence[str] | Behaviour = (MODEL,), counts_tokens: bool = True
    ) -> None:
        self.key = key
        self.models = models
        self.counts_tokens = counts_tokens
        self.requests: list[Request] = []
        self.arrived = threading.Event()  # a chat request is being served
        self.left = threading.Event()  # a client hung up before its answer was complete
        self.stopping = threading.Event()
        self._script: list[Behaviour] = [says("[]")]
        self._lock = threading.Lock()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._http.chat = self  # type: ignore[attr-defined]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    @property
    def base_url(self) -> str:
        return self.url + "/v1"

    @property
    def chats(self) -> list[Request]:
        return [request for request in self.requests if request.path.endswith("/chat/completions")]

    def script(self, *behaviours: Behaviour) -> None:
        with self._lock:
            self._script = list(behaviours)

    def next_behaviour(self) -> Behaviour:
        with self._lock:
            return self._script.pop(0) if len(self._script) > 1 else self._script[0]

    def __enter__(self) -> ChatServer:
        threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stopping.set()
        self._http.shutdown()
        self._http.server_close()


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    request_seen: Request

    @property
    def chat(self) -> ChatServer:
        return self.server.chat  # type: ignore[attr-defined]

    def do_GET(self) -> None:
        self._serve({})

    def do_POST(self) -> None:
        self._serve(json.loads(self.rfile.read(int(self.headers.get("Content-Length", "0"))) or b"{}"))

    def _serve(self, body: dict[str, Any]) -> None:
        self.request_seen = Request(self.command, self.path, dict(self.headers.items()), body)
        self.chat.requests.append(self.request_seen)
        try:
            if self.chat.key and self.headers.get("Authorization") != f"Bearer {self.chat.key}":
                return fails(401, "Incorrect API key provided: " + self.headers.get("Authorization", ""))(self)
            if self.path == "/v1/models":
                if callable(self.chat.models):
                    return self.chat.models(self)
                listed = [{"id": id, "object": "model"} for id in self.chat.models]
                return self.send(200, json.dumps({"object": "list", "data": listed}).encode())
            if self.path == "/v1/chat/completions":
                self.chat.arrived.set()
                return self.chat.next_behaviour()(self)
            return fails(404, "Not Found")(self)
        except OSError:  # the client went away
            self.chat.left.set()
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the tests' output is for what fails."""

    def send(
        self, status: int, body: bytes, headers: dict[str, str] | None = None, content_type: str = "application/json"
    ) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": content_type, "Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def start_events(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def event(self, data: str) -> None:
        payload = f"data: {data}\n\n".encode()
        self.wfile.write(f"{len(payload):x}\r\n".encode() + payload + b"\r\n")

    def end_events(self) -> None:
        self.wfile.write(b"0\r\n\r\n")

    def hang(self) -> None:
        """Say nothing until the client hangs up or the server stops."""
        self.connection.settimeout(0.05)
        while not self.chat.stopping.is_set():
            try:
                if not self.connection.recv(1):
                    break
            except TimeoutError:
                continue
            except OSError:
                break
        self.chat.left.set()
        self.close_connection = True

    def hang_up(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def usage(self) -> dict[str, Any]:
        if not self.chat.counts_tokens:
            return {}
        return {"usage": {"prompt_tokens": 20 + 18 * self.request_seen.pictures, "completion_tokens": 5}}


def says(text: str, *, finish: str = "stop", thinking: str = "", stream: bool | None = None) -> Behaviour:
    """A proper answer: streamed if asked to, unless `stream` says otherwise. `thinking` goes apart, as some do."""

    def behave(handler: Handler) -> None:
        asked = handler.request_seen.body.get("stream", False)
        if asked if stream is None else stream:
            handler.start_events()
            handler.event(delta(role="assistant"))
            for start in range(0, len(thinking), 7):
                handler.event(delta(reasoning_content=thinking[start : start + 7]))
            for start in range(0, len(text), 7):
                handler.event(delta(content=text[start : start + 7]))
            handler.event(
                json.dumps({"choices": [{"index": 0, "delta": {}, "finish_reason": finish}], **handler.usage()})
            )
            handler.event("[DONE]")
            handler.end_events()
        else:
            message = {"role": "assistant", "content": text}
            if thinking:
                message["reasoning_content"] = thinking
            choice = {"index": 0, "message": message, "finish_reason": finish}
            handler.send(200, json.dumps({"choices": [choice], **handler.usage()}).encode())

    return behave


def fails(status: int, message: str, headers: dict[str, str] | None = None) -> Behaviour:
    """A refusal in OpenAI's form."""
    body = json.dumps({"error": {"message": message, "type": "error", "code": status}}).encode()
    return lambda handler: handler.send(status, body, headers)


def web_page(status: int = 200) -> Behaviour:
    page = b"<!DOCTYPE html><html><body><h1>It works!</h1></body></html>"
    return lambda handler: handler.send(status, page, content_type="text/html")


def raw(body: bytes, content_type: str = "application/json", status: int = 200) -> Behaviour:
    return lambda handler: handler.send(status, body, content_type=content_type)


def redirects(target: str) -> Behaviour:
    return lambda handler: handler.send(307, b"", {"Location": target})


def silent(handler: Handler) -> None:
    """Takes the request and never answers."""
    handler.hang()


def stalls(text: str) -> Behaviour:
    """Streams `text`, then nothing more."""

    def behave(handler: Handler) -> None:
        handler.start_events()
        handler.event(delta(content=text))
        handler.hang()

    return behave


def trickles(piece: str = "a", pause: float = 0.01) -> Behaviour:
    """Streams for ever, a little at a time."""

    def behave(handler: Handler) -> None:
        handler.start_events()
        while not handler.chat.stopping.is_set():
            handler.event(delta(content=piece))
            time.sleep(pause)

    return behave


def floods(handler: Handler) -> None:
    """Streams text without end, as fast as it goes."""
    trickles("x" * 50_000, pause=0)(handler)


def floods_bytes(content_type: str = "application/json") -> Behaviour:
    """An endless body that is no answer at all."""

    def behave(handler: Handler) -> None:
        handler.close_connection = True
        handler.send_response(200)
        handler.send_header("Content-Type", content_type)
        handler.end_headers()
        while not handler.chat.stopping.is_set():
            handler.wfile.write(b" " * 65_536)

    return behave


def hangs_up(handler: Handler) -> None:
    """Closes the connection instead of answering."""
    handler.hang_up()


def hangs_up_after(text: str, *, chunked: bool = True) -> Behaviour:
    """Streams `text`, then closes the connection in the middle of the answer."""

    def behave(handler: Handler) -> None:
        if chunked:
            handler.start_events()
            handler.event(delta(content=text))
        else:
            handler.send_response(200)
            handler.send_header("Content-Type", "text/event-stream")
            handler.end_headers()
            handler.wfile.write(f"data: {delta(content=text)}\n\n".encode())
        handler.hang_up()

    return behave


def half_a_body(handler: Handler) -> None:
    """Announces more bytes than it sends."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", "5000")
    handler.end_headers()
    handler.wfile.write(b'{"choices": [{"message": {"content": "[')
    handler.hang_up()


def fails_in_stream(message: str) -> Behaviour:
    def behave(handler: Handler) -> None:
        handler.start_events()
        handler.event(delta(content="[{"))
        handler.event(json.dumps({"error": message}))
        handler.end_events()

    return behave


def delta(**fields: Any) -> str:
    return json.dumps({"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": fields}]})


NO_ANSWER: Mapping[str, tuple[Behaviour, str]] = {
    "slow": (silent, "raise the time-out"),
    "closes the socket": (hangs_up, "closed the connection"),
    "closes it in mid-answer": (hangs_up_after("[{"), "closed the connection"),
    "HTML": (web_page(), "a web page instead of JSON"),
    "10 MB of text": (floods, "stopped reading"),
    "10 MB of anything": (floods_bytes(), "more than 10 MB"),
    "half a JSON body": (half_a_body, "closed the connection"),
    "NaN": (
        says('[{"new_object_id":"bed_1","x":NaN,"y":NaN,"z":0.25,"rotation":0}]'),
        "bed_1's x is not a finite number",
    ),
    "half a JSON": (says('<answer>[{"new_object_id":"bed_1","x":1.0,"y'), "breaks off"),
    "another id": (says('[{"new_object_id":"sofa_9","x":1,"y":1,"z":0.4,"rotation":0}]'), "no piece 'sofa_9'"),
    "prose": (says("I would put the bed by the window."), "no list of poses"),
}
"""What gets nothing placed in a room without a sofa, and words of the message about it, each by a name."""
