# SPDX-License-Identifier: GPL-3.0-or-later
"""Sentences for people about what went wrong between this computer and a chat server, and how to mend it."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Sequence
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from ..policy import PolicyError
from .exchange import MAX_BYTES, ExchangeError, Head
from .reply import error_text
from .settings import KEY_VARIABLE, ChatSettings, is_loopback


class Refusal(PolicyError):
    """The server answered, but with another status than 200. `wait` is how many seconds it asks to wait, if it does."""

    def __init__(self, sentence: str, status: int, wait: float | None = None) -> None:
        super().__init__(sentence)
        self.status = status
        self.wait = wait


def exchange_failed(settings: ChatSettings, error: ExchangeError) -> PolicyError:
    """The sentence for an exchange that brought no complete reply."""
    server = settings.server
    local = is_loopback(settings.base_url)
    sentences = {
        "refused": f"Nothing listens at {server} — start it with `metaspatial serve` or the panel's Start button"
        if local
        else f"Nothing listens at {server} — start the model server there, or correct the server address",
        "unknown_host": f"There is no computer named {urlsplit(server).hostname}, or no network — correct the server "
        "address or check the connection",
        "tls": f"No secure connection to {server} ({error.detail or 'its certificate does not fit'}) — correct the "
        "address (http instead of https?) or the server's certificate",
        "connect": f"{server} could not be reached {error.detail}".rstrip()
        + " — check that the server runs, and the address, network and firewall",
        "idle": f"{server} was silent for too long (over {settings.idle_timeout:g} s) — it may still be loading the "
        "model or be overloaded; wait and try again, or raise the time-out",
        "total": f"{server} did not finish its answer within {settings.timeout:g} s — raise the time-out, or use a "
        "smaller model or fewer tokens",
        "closed": f"{server} closed the connection in the middle of the answer — try again; if it happens again, the "
        "server's log says why",
        "too_big": f"{server} sent more than {MAX_BYTES // 1_000_000} MB, which no answer needs; stopped reading — "
        "check that this is the address of a model server",
        "failed": f"The exchange with {server} failed ({error.detail or 'no reason known'}) — check the server address",
    }
    return PolicyError(sentences[error.fault] + ".")


def refused(settings: ChatSettings, head: Head, body: bytes, *, pictures: bool, models: Sequence[str]) -> Refusal:
    """The sentence for a reply whose status is not 200. `models` are those the server says it has."""
    sentence = _why_refused(settings, head, body, pictures=pictures, models=models)
    return Refusal(str(sentence), head.status, _asked_to_wait(head))


def _why_refused(
    settings: ChatSettings, head: Head, body: bytes, *, pictures: bool, models: Sequence[str]
) -> PolicyError:
    said = error_text(_document(body), secret=settings.key)
    lower = said.lower()
    server, status = settings.server, head.status
    quoted = f" ({said})" if said else ""
    if 300 <= status < 400:
        target = urlsplit(head.headers.get("location", ""))
        where = f"{target.scheme}://{target.hostname}" if target.hostname else "another path"
        return PolicyError(
            f"{server} sends requests on to {where[:100]}, which is not followed, to keep key and picture where you "
            "sent them. Enter that address instead if you trust it."
        )
    if status in (401, 403):
        mend = "check the key" if settings.key else "it wants a key: enter it"
        return PolicyError(
            f"{server} refused the key (HTTP {status}){quoted}; {mend} in MetaSpatial's preferences or in the "
            f"environment variable {KEY_VARIABLE}."
        )
    if (
        pictures
        and status in (400, 415, 422, 500, 501)
        and _is_about_pictures(lower.replace(settings.model.lower() or " ", ""))
    ):
        return PolicyError(
            f"The model {settings.model or 'of this server'} does not take pictures{quoted}. Choose a vision model "
            "such as Qwen2.5-VL, or turn “Send picture” off."
        )
    if is_about_the_model(status, lower):
        return model_missing(settings, models)
    if status in (404, 405):
        path = urlsplit(settings.endpoint("chat/completions")).path
        return PolicyError(
            f"{server} has no {path} (HTTP {status}): correct the server address; it usually ends in /v1."
        )
    if status == 413:
        return PolicyError(f"The request is too large for {server} (HTTP 413){quoted}; send a smaller picture.")
    if status in (400, 422) and ("context" in lower or "too long" in lower or "max_tokens" in lower):
        return PolicyError(
            f"The dialogue and the answer do not fit into the model{quoted}. Use fewer turns, a smaller picture or "
            "fewer tokens, or a model with a longer context."
        )
    if status == 429:
        wait = head.headers.get("retry-after", "").strip()
        when = f"try again in {wait} s" if wait.isdigit() else "wait a little and try again"
        return PolicyError(f"{server} is busy or the quota is used up (HTTP 429){quoted}; {when}.")
    if status == 503:
        return PolicyError(f"{server} is not ready yet (HTTP 503){quoted}; wait and try again.")
    if status >= 500:
        return PolicyError(f"{server} failed (HTTP {status}){quoted}; its log says more. Try again or restart it.")
    return PolicyError(f"{server} refused the request (HTTP {status}){quoted}.")


def model_missing(settings: ChatSettings, models: Sequence[str]) -> PolicyError:
    """The sentence for a model that the server does not have."""
    listed = ", ".join(models[:8]) + (", …" if len(models) > 8 else "")
    has = f"It has: {listed}." if models else "Ask its owner for the model's exact name."
    return PolicyError(f"{settings.server} has no model “{settings.model}”. {has}")


def is_about_the_model(status: int, lower: str) -> bool:
    """Whether a refusal (its text in lower case) is about the model's name."""
    unknown = any(words in lower for words in ("not found", "not exist", "pinned to", "no such"))
    return (status == 404 and "model" in lower) or (status in (400, 422) and "model" in lower and unknown)


def wants_other_token_field(status: int, body: bytes) -> bool:
    """Whether a server refuses `max_tokens` and asks for `max_completion_tokens`, as OpenAI's newer models do."""
    return status in (400, 422) and b"max_completion_tokens" in body


def _is_about_pictures(lower: str) -> bool:
    return any(word in lower for word in ("image", "picture", "vision", "multimodal", "multi-modal", "mmproj"))


def _asked_to_wait(head: Head) -> float | None:
    """Retry-After in seconds, given as such or as a date; None where it says nothing readable."""
    said = head.headers.get("retry-after", "").strip()
    try:
        wait = float(said) if said[:1].isdigit() else parsedate_to_datetime(said).timestamp() - time.time()
    except (ValueError, TypeError, OverflowError, OSError):
        return None
    return max(0.0, wait) if math.isfinite(wait) else None


def _document(body: bytes) -> Any:
    """The error document; a web page or a broken one says nothing."""
    text = body.decode("utf-8", "replace")
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return "" if text.lstrip()[:1] == "<" else text
