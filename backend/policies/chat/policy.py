# SPDX-License-Identifier: GPL-3.0-or-later
"""A model behind an OpenAI-compatible chat server, as a policy."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Sequence
from typing import Any

from ...dialogue import Dialogue, openai_messages
from ..policy import PolicyError
from . import faults
from .exchange import Exchange, ExchangeError, Head
from .reply import Reply, read_reply
from .settings import ChatSettings, is_loopback


class ChatPolicy:
    """Asks the server of `settings`; streams, and stops within a fraction of a second when cancelled.

    Every failure is a `PolicyError` with a sentence that says what is wrong and how to mend it; the key is in none.
    What the model writes is returned as it is, whatever it is: judging it is the parser's work.
    """

    def __init__(self, settings: ChatSettings) -> None:
        self.settings = settings
        self.name = settings.model or "chat"

    def answer(
        self,
        dialogue: Dialogue,
        *,
        cancelled: Callable[[], bool] = lambda: False,
        on_text: Callable[[str], None] = lambda text: None,
    ) -> str:
        """The model's answer. A truncated one is returned too, after a line to `on_text` that says so."""
        reply = self.ask(self._messages(dialogue), cancelled=cancelled, on_text=on_text)
        if reply.truncated:
            on_text(f"The answer is cut off: the model used up its {self.settings.max_tokens} tokens.")
        return reply.text

    def ask(
        self,
        messages: Sequence[dict[str, Any]],
        *,
        stream: bool = True,
        cancelled: Callable[[], bool] = lambda: False,
        on_text: Callable[[str], None] = lambda text: None,
    ) -> Reply:
        """The reply to messages in OpenAI's form. `on_text` gets the text so far, and lines while nothing comes.

        Raises PolicyError, Cancelled.
        """
        settings = self.settings
        if not settings.model:
            settings = dataclasses.replace(settings, model=_only_model(settings, cancelled))
        request: dict[str, Any] = {
            "model": settings.model,
            "messages": list(messages),
            "stream": stream,
            "max_tokens": settings.max_tokens,
        }
        if settings.temperature is not None:
            request["temperature"] = settings.temperature
        return self._post(settings, request, cancelled, _Teller(on_text, settings.server))

    def _messages(self, dialogue: Dialogue) -> list[dict[str, Any]]:
        if not self.settings.pictures:
            blind = tuple(dataclasses.replace(message, pictures=()) for message in dialogue.messages)
            dialogue = dataclasses.replace(dialogue, messages=blind)
        return openai_messages(dialogue)

    def _post(
        self, settings: ChatSettings, request: dict[str, Any], cancelled: Callable[[], bool], teller: _Teller
    ) -> Reply:
        try:
            with _exchange(settings, "chat/completions", request, cancelled, teller.waiting) as exchange:
                head = exchange.head()
                if head.status == 200:
                    reply = read_reply(head, exchange.chunks(), settings.server, teller.text, secret=settings.key)
                    if not reply.text.strip():
                        raise _nothing_said(settings, reply)
                    teller.text(reply.text)
                    return reply
                body = exchange.body()
        except ExchangeError as error:
            raise faults.exchange_failed(settings, error) from None
        if "max_tokens" in request and faults.wants_other_token_field(head.status, body):
            renamed = {("max_completion_tokens" if name == "max_tokens" else name): v for name, v in request.items()}
            return self._post(settings, renamed, cancelled, teller)
        raise _refused(settings, head, body, request, cancelled)


def list_models(settings: ChatSettings, cancelled: Callable[[], bool] = lambda: False) -> tuple[str, ...]:
    """The ids of the server's models. Raises PolicyError, Cancelled."""
    brief = dataclasses.replace(settings, timeout=min(settings.timeout, 15.0), idle_timeout=min(settings.timeout, 15.0))
    try:
        with _exchange(brief, "models", None, cancelled) as exchange:
            head, body = exchange.head(), exchange.body()
    except ExchangeError as error:
        raise faults.exchange_failed(brief, error) from None
    if head.status != 200:
        raise faults.refused(settings, head, body, pictures=False, models=())
    try:
        entries = json.loads(body)["data"]
        return tuple(str(entry["id"])[:200] for entry in entries)
    except (ValueError, RecursionError, LookupError, TypeError):
        raise PolicyError(
            f"{settings.server} does not list its models in the OpenAI form: this is not the address of a model "
            "server. Correct the server address; it usually ends in /v1."
        ) from None


def _exchange(
    settings: ChatSettings,
    path: str,
    request: dict[str, Any] | None,
    cancelled: Callable[[], bool],
    on_wait: Callable[[float], None] = lambda seconds: None,
) -> Exchange:
    return Exchange(
        "GET" if request is None else "POST",
        settings.endpoint(path),
        body=None if request is None else json.dumps(request).encode(),
        key=settings.key,
        use_proxies=not is_loopback(settings.base_url),
        connect=settings.connect_timeout,
        idle=settings.idle_timeout,
        total=settings.timeout,
        cancelled=cancelled,
        on_wait=on_wait,
    )


def _only_model(settings: ChatSettings, cancelled: Callable[[], bool]) -> str:
    models = list_models(settings, cancelled)
    if len(models) == 1:
        return models[0]
    if not models:
        raise PolicyError(f"{settings.server} has no model loaded; load one, or enter the model's name.")
    raise PolicyError(f"{settings.server} has several models; choose one: {', '.join(models[:8])}.")


def _refused(
    settings: ChatSettings, head: Head, body: bytes, request: dict[str, Any], cancelled: Callable[[], bool]
) -> PolicyError:
    models: tuple[str, ...] = ()
    if faults.is_about_the_model(head.status, body.decode("utf-8", "replace").lower()):
        try:
            models = list_models(settings, cancelled)
        except PolicyError:
            models = ()
    pictures = any(isinstance(message.get("content"), list) for message in request["messages"])
    return faults.refused(settings, head, body, pictures=pictures, models=models)


def _nothing_said(settings: ChatSettings, reply: Reply) -> PolicyError:
    if reply.truncated:
        return PolicyError(f"The model used up its {settings.max_tokens} tokens without an answer; allow it more.")
    return PolicyError(f"{settings.server} sent an empty answer; try again, or try another model.")


class _Teller:
    """Passes a growing text on; until there is any, a line now and then that says who is being waited for."""

    def __init__(self, on_text: Callable[[str], None], server: str) -> None:
        self._on_text, self._server = on_text, server
        self._told = ""

    def text(self, text: str) -> None:
        if text != self._told:
            self._told = text
            self._on_text(text)

    def waiting(self, seconds: float) -> None:
        if not self._told:
            self._on_text(f"Waiting for {self._server} ({seconds:.0f} s)")
