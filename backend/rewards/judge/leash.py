# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP under the `openai` client with what it doesn't bound: all attempts' time, an answer's time and size, a cancel.

The client keeps doing what it does well: retries with growing pauses and Retry-After.
"""

from __future__ import annotations

import email.utils
import ssl
import time
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx2

MAX_BYTES = 2_000_000
"""Of one reply; a vote has less than 2 KB."""
CONNECT = 10.0


class Cut(Exception):
    """The exchange was ended from this side: `why` is "cancelled", "deadline" or "size"."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass
class Leash:
    """How long one call, with all its attempts, may go on; counts the `attempts`. `until` is on the monotonic clock."""

    until: float
    cancelled: Callable[[], bool]
    attempts: int = 0

    @property
    def left(self) -> float:
        return self.until - time.monotonic()

    def check(self) -> None:
        if self.cancelled():
            raise Cut("cancelled")
        if self.left <= 0:
            raise Cut("deadline")


leash: ContextVar[Leash] = ContextVar("leash")
"""That of the call which the current thread makes."""


def http_client(url: str, timeout: float, *, local: bool, keep_account: bool) -> httpx2.Client:
    """A client for one server, every request of which needs a `leash`.

    It follows no redirects, so that key and pictures stay where they were sent, and asks local servers without a proxy.
    `keep_account` False takes off the headers that name an OpenAI account.
    """
    parts = urlsplit(url)
    direct = local or bool(proxy_bypass(parts.hostname or ""))
    proxy = None if direct else getproxies().get(parts.scheme)
    # Without TLS no certificates are needed, and reading them all takes a while: trust nobody.
    verify = True if parts.scheme == "https" else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    transport = _Leashed(httpx2.HTTPTransport(verify, proxy=proxy), timeout, keep_account)
    return httpx2.Client(transport=transport, follow_redirects=False, headers={"Accept-Encoding": "identity"})


class _Leashed(httpx2.BaseTransport):
    def __init__(self, inner: httpx2.BaseTransport, timeout: float, keep_account: bool) -> None:
        self._inner = inner
        self._timeout = timeout
        self._keep_account = keep_account

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        held = leash.get()
        held.check()
        held.attempts += 1
        patience = max(0.001, min(self._timeout, held.left))
        request.extensions["timeout"] = {
            "connect": min(CONNECT, patience), "read": patience, "write": patience, "pool": patience
        }  # fmt: skip
        if not self._keep_account:
            for name in ("OpenAI-Organization", "OpenAI-Project"):
                request.headers.pop(name, None)
        end = time.monotonic() + patience
        response = self._inner.handle_request(request)
        if response.headers.get("content-encoding", "identity") != "identity":  # its size can't be bounded as sent
            response.close()
            raise Cut("size")
        asked = retry_after(response.headers)
        if response.status_code >= 400 and asked is not None and asked > held.left:
            response.headers["x-should-retry"] = "false"  # the client obeys; it would sleep past the deadline
        return httpx2.Response(
            response.status_code,
            headers=response.headers,
            stream=_Bounded(cast(httpx2.SyncByteStream, response.stream), held, end, request),
            extensions=response.extensions,
        )

    def close(self) -> None:
        self._inner.close()


class _Bounded(httpx2.SyncByteStream):
    def __init__(self, inner: Iterable[bytes], held: Leash, end: float, request: httpx2.Request) -> None:
        self._inner = inner
        self._held = held
        self._end = end
        self._request = request

    def __iter__(self) -> Iterator[bytes]:
        size = 0
        for chunk in self._inner:
            size += len(chunk)
            if size > MAX_BYTES:
                raise Cut("size")
            self._held.check()
            if time.monotonic() > self._end:
                raise httpx2.ReadTimeout("the answer took too long", request=self._request)
            yield chunk

    def close(self) -> None:
        if isinstance(self._inner, httpx2.SyncByteStream):
            self._inner.close()


def retry_after(headers: httpx2.Headers) -> float | None:
    """The seconds that a server asks to wait, given as such or as a date; None where it says nothing readable."""
    said = headers.get("retry-after", "").strip()
    try:
        return float(said)
    except ValueError:
        pass
    try:
        return email.utils.parsedate_to_datetime(said).timestamp() - time.time()
    except (ValueError, TypeError, OverflowError, OSError):
        return None
