# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading what a chat server sends back: a stream of events, or one JSON document."""

from __future__ import annotations

import codecs
import itertools
import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ..policy import PolicyError
from .exchange import Head

MAX_TEXT = 1_000_000
"""Characters of answer, thinking included, after which a reply is given up."""

_TELL_EVERY = 0.1  # seconds between reports of a growing answer


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer. `truncated`: the model hit its token limit before it was done. Token counts where the server tells."""

    text: str
    finish_reason: str = ""
    prompt_tokens: int | None = None
    completion_tokens: int | None = None

    @property
    def truncated(self) -> bool:
        return self.finish_reason == "length"


def read_reply(
    head: Head,
    chunks: Iterable[bytes],
    server: str,
    on_text: Callable[[str], None] = lambda text: None,
    *,
    secret: str = "",
) -> Reply:
    """The reply in a 200 answer's body. `on_text` gets the whole text so far, not more often than a person can see.

    Thinking that the server sends apart (`reasoning_content` or `reasoning`) goes back in front as `<think>…</think>`.
    `secret` is cut out of what an error quotes. Raises PolicyError for anything that is not a chat completion.
    """
    reading = _Reading(server, secret)
    chunks = iter(chunks)
    first = next(chunks, b"")
    chunks = itertools.chain([first], chunks)
    if head.content_type == "text/event-stream" or first.startswith(b"data:"):
        told = 0.0
        for event in _events(chunks):
            if event == "[DONE]":
                reading.done = True
                break
            if reading.take(_json(event, server), "delta") and time.monotonic() - told > _TELL_EVERY:
                told = time.monotonic()
                on_text(reading.text)
        if not reading.done and not reading.finish_reason:
            raise PolicyError(
                f"{server} closed the connection in the middle of the answer, after {len(reading.text)} characters. "
                "Try again; if it happens again, the server's log says why."
            )
    else:
        body = b"".join(chunks)
        if body.lstrip()[:1] == b"<":
            raise PolicyError(
                f"{server} answered with a web page instead of JSON: this is not the address of a model server. "
                "Correct the server address; it usually ends in /v1."
            )
        reading.take(_json(body.decode("utf-8", "replace"), server), "message")
    return Reply(reading.text, reading.finish_reason, reading.prompt_tokens, reading.completion_tokens)


@dataclass(slots=True)
class _Reading:
    """The parts of an answer gathered so far."""

    server: str
    secret: str
    answer: list[str] = field(default_factory=list)
    thought: list[str] = field(default_factory=list)
    length: int = 0
    finish_reason: str = ""
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    done: bool = False

    @property
    def text(self) -> str:
        answer, thought = "".join(self.answer), "".join(self.thought).strip()
        return f"<think>{thought}</think>{answer}" if thought and "<think>" not in answer else answer

    def take(self, document: Any, key: str) -> bool:
        """Add one event (`key` "delta") or a whole completion ("message"); whether the text grew."""
        if not isinstance(document, dict):
            raise self._strange()
        if document.get("error"):
            said = error_text(document, secret=self.secret) or "it did not say why"
            raise PolicyError(f"{self.server} failed while answering: {said}.")
        usage = document.get("usage")
        if isinstance(usage, dict):
            self.prompt_tokens = _count(usage.get("prompt_tokens"), self.prompt_tokens)
            self.completion_tokens = _count(usage.get("completion_tokens"), self.completion_tokens)
        choices = document.get("choices")
        if not isinstance(choices, list) or (key == "message" and not choices):
            raise self._strange()
        if not choices:  # the event that carries only the token counts
            return False
        choice = choices[0]
        part = choice.get(key) if isinstance(choice, dict) else None
        if not isinstance(choice, dict) or not isinstance(part, dict | None):
            raise self._strange()
        self.finish_reason = str(choice.get("finish_reason") or self.finish_reason)[:40]
        part = part or {}
        grown = self._add(self.answer, part.get("content"))
        return self._add(self.thought, part.get("reasoning_content") or part.get("reasoning")) or grown

    def _add(self, parts: list[str], content: Any) -> bool:
        if isinstance(content, list):  # some servers send the text in typed pieces
            content = "".join(str(piece.get("text") or "") for piece in content if isinstance(piece, dict))
        if not isinstance(content, str) or not content:
            return False
        self.length += len(content)
        if self.length > MAX_TEXT:
            raise PolicyError(
                f"{self.server} sent more than {MAX_TEXT:,} characters of answer, which no layout needs; stopped "
                "reading. The model repeats itself, or this is not a model server."
            )
        parts.append(content)
        return True

    def _strange(self) -> PolicyError:
        return PolicyError(
            f"{self.server} sent JSON that is not a chat completion. "
            "Check that the server address is that of an OpenAI-compatible server; it usually ends in /v1."
        )


def _count(said: Any, known: int | None) -> int | None:
    return said if isinstance(said, int) and not isinstance(said, bool) and 0 <= said < 10**9 else known


def error_text(document: Any, *, secret: str = "") -> str:
    """What a server's error document says, in one short line without control characters and without `secret`."""
    if isinstance(document, dict):
        error = document.get("error", document)
        if isinstance(error, dict):
            error = error.get("message") or error.get("detail") or error.get("error") or ""
        document = error
    text = document if isinstance(document, str) else json.dumps(document)[:1000] if document else ""
    if secret:
        text = text.replace(secret, "•••")
    text = " ".join("".join(c if c.isprintable() else " " for c in text[:2000]).split())
    return (text if len(text) <= 300 else text[:299] + "…").rstrip(".")


def _events(chunks: Iterable[bytes]) -> Iterator[str]:
    """The `data` of each server-sent event."""
    data: list[str] = []
    for line in _lines(chunks):
        if not line:
            if data:
                yield "\n".join(data)
            data = []
        elif line.startswith("data:"):
            data.append(line[5:].removeprefix(" "))
    if data:  # the last event, where the server forgot the blank line after it
        yield "\n".join(data)


def _lines(chunks: Iterable[bytes]) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    rest: list[str] = []
    for chunk in chunks:
        first, *more = decoder.decode(chunk).split("\n")
        rest.append(first)
        for following in more:
            yield "".join(rest).removesuffix("\r")
            rest = [following]
    if any(rest):
        yield "".join(rest).removesuffix("\r")


def _json(text: str, server: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise PolicyError(
            f"{server} sent something that is not JSON (or only half of it). Try again; if it happens again, check "
            "that the server address is that of an OpenAI-compatible server; it usually ends in /v1."
        ) from None
