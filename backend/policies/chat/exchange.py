# SPDX-License-Identifier: GPL-3.0-or-later
"""One HTTP exchange that can be cancelled at any moment, ends in bounded time and can't grow without bound."""

from __future__ import annotations

import contextlib
import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase

from ..policy import Cancelled

Fault = Literal["refused", "unknown_host", "tls", "connect", "idle", "total", "closed", "too_big", "failed"]

MAX_BYTES = 10_000_000
"""More than this in one reply, whatever it is, ends the exchange."""

_POLL = 0.05  # seconds between looks at `cancelled`


class ExchangeError(Exception):
    """No complete reply. `fault` says why; nothing of the request is kept, so no key can leak."""

    def __init__(self, fault: Fault, detail: str = "") -> None:
        super().__init__(f"{fault}: {detail}" if detail else fault)
        self.fault = fault
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Head:
    """Status and headers (names in lower case) of a reply."""

    status: int
    headers: Mapping[str, str]

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


class Exchange:
    """Sends a request in a daemon thread; the caller's thread waits for the parts of the reply.

    Use as a context manager: `head()`, then `chunks()`. Both raise `Cancelled` within a tenth of a second of
    `cancelled()` turning true, and `ExchangeError`. Leaving the context closes the socket, so that the server notices.
    `on_wait` is told about once a second for how many seconds nothing has come. Redirects are not followed.
    """

    def __init__(
        self,
        method: Literal["GET", "POST"],
        url: str,
        *,
        body: bytes | None = None,
        key: str = "",
        use_proxies: bool = True,
        connect: float = 5.0,
        idle: float = 60.0,
        total: float = 600.0,
        cancelled: Callable[[], bool] = lambda: False,
        on_wait: Callable[[float], None] = lambda seconds: None,
    ) -> None:
        self._request = (method, url, body, key)
        self._use_proxies = use_proxies
        self._connect, self._idle = connect, idle
        self._deadline = time.monotonic() + total
        self._cancelled, self._on_wait = cancelled, on_wait
        self._wire = _Wire()
        self._parts: queue.Queue[Head | bytes | ExchangeError | None] = queue.Queue(maxsize=256)

    def __enter__(self) -> Exchange:
        threading.Thread(target=self._run, name="metaspatial-exchange", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._wire.close()

    def head(self) -> Head:
        part = self._next()
        if not isinstance(part, Head):
            raise ExchangeError("closed")
        return part

    def chunks(self) -> Iterator[bytes]:
        while (part := self._next()) is not None:
            if isinstance(part, bytes):
                yield part

    def body(self) -> bytes:
        return b"".join(self.chunks())

    def _next(self) -> Head | bytes | None:
        since = told = time.monotonic()
        while True:
            now = time.monotonic()
            if self._cancelled():
                self._wire.close()
                raise Cancelled
            if now > self._deadline:
                raise ExchangeError("total")
            if now - since > self._idle:
                raise ExchangeError("idle")
            if now - told >= 1:
                told = now
                self._on_wait(now - since)
            try:
                part = self._parts.get(timeout=_POLL)
            except queue.Empty:
                continue
            if isinstance(part, ExchangeError):
                raise part
            return part

    def _run(self) -> None:
        """The worker: everything that blocks. It ends once the wire is closed or the socket's own time-outs strike."""
        try:
            self._transfer()
        except ExchangeError as error:
            self._put(error)
        except Exception as error:  # it is raised again where the answer is waited for
            self._put(_fault(error))
        else:
            self._put(None)

    def _transfer(self) -> None:
        method, url, body, key = self._request
        headers = {"Accept": "text/event-stream, application/json", "Accept-Encoding": "identity"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        with requests.Session() as session:
            session.trust_env = self._use_proxies
            for scheme in ("http://", "https://"):
                session.mount(scheme, _WatchedAdapter(self._wire))
            with session.request(
                method,
                url,
                data=body,
                headers=headers,
                auth=_Bearer(key),
                stream=True,
                allow_redirects=False,
                timeout=(self._connect, self._idle + 1),
            ) as response:
                head = Head(response.status_code, {name.lower(): value for name, value in response.headers.items()})
                self._put(head)
                self._receive(response, head)

    def _receive(self, response: requests.Response, head: Head) -> None:
        encoded = head.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity")
        if encoded:  # asked not to; and a few bytes may unpack to gigabytes
            raise ExchangeError("failed", "it sent a compressed answer, though asked not to")
        # A read of n bytes from an unchunked reply waits for all n: keep n to about one event of a stream.
        unchunked_stream = head.content_type == "text/event-stream" and not getattr(response.raw, "chunked", False)
        received = 0
        for chunk in response.iter_content(256 if unchunked_stream else 8192):
            received += len(chunk)
            if received > MAX_BYTES:
                raise ExchangeError("too_big")
            self._put(chunk)
            if self._wire.closed:
                return
        announced = head.headers.get("content-length", "")
        if announced.isdigit() and received < int(announced):  # older urllib3 does not tell
            raise ExchangeError("closed")

    def _put(self, part: Head | bytes | ExchangeError | None) -> None:
        while not self._wire.closed:
            with contextlib.suppress(queue.Full):
                self._parts.put(part, timeout=_POLL)
                return


class _Bearer(AuthBase):
    """Sets the Authorization header, or none; its presence keeps requests from taking one out of ~/.netrc."""

    def __init__(self, key: str) -> None:
        self._key = key

    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._key:
            r.headers["Authorization"] = f"Bearer {self._key}"
        return r


class _Wire:
    """The socket of an exchange, closable from another thread even while one reads from it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self.closed = False

    def opened(self, sock: socket.socket | None) -> None:
        with self._lock:
            self._socket = sock
            closed = self.closed
        if closed:
            self.close()

    def close(self) -> None:
        with self._lock:
            self.closed = True
            sock, self._socket = self._socket, None
        if sock is not None:
            with contextlib.suppress(OSError, ValueError):
                sock.shutdown(socket.SHUT_RDWR)  # wakes the reader; the worker then closes


class _WatchedAdapter(HTTPAdapter):
    """requests' adapter, telling a `_Wire` which socket it opened."""

    def __init__(self, wire: _Wire) -> None:
        self._watching = wire
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self._watch(self.poolmanager)

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        self._watch(manager)
        return manager

    def _watch(self, manager: Any) -> None:
        manager.pool_classes_by_scheme = {
            scheme: _watched_pool(pool, self._watching) for scheme, pool in manager.pool_classes_by_scheme.items()
        }


def _watched_pool(pool: Any, wire: _Wire) -> type:
    connection = pool.ConnectionCls

    class Watched(connection):
        def connect(self) -> None:
            super().connect()
            wire.opened(self.sock)

    return type(pool.__name__, (pool,), {"ConnectionCls": Watched})


def _fault(error: BaseException) -> ExchangeError:
    """What went wrong, from requests' nested exceptions; their texts may quote the request, so they are not kept."""
    causes = list(_causes(error))

    def any_is(*kinds: type[BaseException]) -> bool:
        return any(isinstance(cause, kinds) for cause in causes)

    if any_is(ConnectionRefusedError):
        return ExchangeError("refused")
    if any_is(socket.gaierror):
        return ExchangeError("unknown_host")
    if any_is(ssl.SSLError, requests.exceptions.SSLError):
        reason = next((cause.reason for cause in causes if isinstance(cause, ssl.SSLError) and cause.reason), "")
        return ExchangeError("tls", str(reason).replace("_", " ").lower())
    if any_is(requests.exceptions.ProxyError):
        return ExchangeError("connect", "through the proxy")
    if any_is(requests.exceptions.ConnectTimeout):
        return ExchangeError("connect")
    if any_is(requests.exceptions.ReadTimeout, TimeoutError):
        return ExchangeError("idle")
    if any_is(requests.exceptions.ConnectionError, requests.exceptions.ChunkedEncodingError, ConnectionError):
        unreachable = any(isinstance(c, OSError) and c.errno and not isinstance(c, ConnectionError) for c in causes)
        return ExchangeError("connect") if unreachable else ExchangeError("closed")
    return ExchangeError("failed", type(error).__name__)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        cause = waiting.pop()
        if not isinstance(cause, BaseException) or id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        waiting += [cause.__cause__, cause.__context__, getattr(cause, "reason", None), *cause.args]
