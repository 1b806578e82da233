# SPDX-License-Identifier: GPL-3.0-or-later
"""One question to the judge's server through the `openai` client, and what to tell people when no answer comes."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

import httpx2
import openai

from ...policies.chat.faults import is_about_the_model
from ...policies.chat.reply import error_text
from .leash import MAX_BYTES, Cut, Leash, http_client, leash
from .rubric import answer_schema
from .settings import KEY_VARIABLE, OPENAI_KEY_VARIABLE, JudgeSettings

MOST_DIALECTS = 5


class Unanswered(Exception):
    """No answer came. The message says what is wrong and how to mend it.

    `lasting` if waiting won't mend it; no `outage` if it says nothing about how the next question would fare.
    """

    def __init__(self, message: str, *, lasting: bool = False, outage: bool = True) -> None:
        super().__init__(message)
        self.lasting = lasting
        self.outage = outage


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: the text, or why the model gave none (`refusal`)."""

    text: str
    refusal: str = ""
    finish: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Dialect:
    """What this server takes: the strictest answer format, the name for the token limit, a temperature or none."""

    answer: Literal["json_schema", "json_object", "text"] = "json_schema"
    limit: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    temperature: bool = True

    def fields(self, settings: JudgeSettings) -> dict[str, Any]:
        fields: dict[str, Any] = {self.limit: settings.max_tokens}
        if self.temperature:
            fields["temperature"] = settings.temperature
        if self.answer == "json_schema":
            schema = {"name": "marks", "strict": True, "schema": answer_schema()}
            fields["response_format"] = {"type": "json_schema", "json_schema": schema}
        elif self.answer == "json_object":
            fields["response_format"] = {"type": "json_object"}
        return fields

    def after(self, said: str) -> Dialect | None:
        """The dialect to try after a refusal with these words (lower case); None if they are about something else."""
        if "max_completion_tokens" in said and self.limit == "max_tokens":
            return replace(self, limit="max_completion_tokens")
        if "temperature" in said and self.temperature:
            return replace(self, temperature=False)
        formats = ("response_format", "json_schema", "json_object", "structured", "grammar", "guided", "schema")
        if self.answer != "text" and any(word in said for word in formats):
            return replace(self, answer="json_object" if self.answer == "json_schema" else "text")
        return None


class Exchange:
    """Asks one server; safe to use from several threads. Learns once what the server takes."""

    def __init__(self, settings: JudgeSettings, count_retries: Callable[[int], None] = lambda retries: None) -> None:
        self._settings = settings
        self._count_retries = count_retries
        self._dialect = Dialect()
        self._model = settings.model
        self._lock = threading.Lock()
        self._http = http_client(settings.url, settings.timeout, local=settings.local, keep_account=settings.is_openai)
        self._client = openai.OpenAI(
            api_key=settings.key or "none",  # the client insists on one
            base_url=settings.url,
            max_retries=settings.retries,
            timeout=settings.timeout,
            http_client=self._http,
        )

    def close(self) -> None:
        self._http.close()

    def model(self, until: float, cancelled: Callable[[], bool]) -> str:
        """The settings' model, or the server's only one. Raises Unanswered."""
        with self._lock:
            if not self._model:
                listing = self._get(lambda: self._client.models.with_raw_response.list(), until, cancelled)
                entries = listing.get("data") if isinstance(listing, dict) else None
                names = [one["id"] for one in entries or [] if isinstance(one, dict) and isinstance(one.get("id"), str)]
                if len(names) != 1:
                    has = ", ".join(names[:8]) or "none"
                    raise Unanswered(
                        f"{self._settings.server} has {len(names)} models ({has}); name the judge's model", lasting=True
                    )
                self._model = names[0]
            return self._model

    def ask(self, messages: list[dict[str, Any]], until: float, cancelled: Callable[[], bool]) -> Reply:
        """One answer to these messages, before `until` (monotonic clock). Raises Unanswered."""
        model = self.model(until, cancelled)
        for _ in range(MOST_DIALECTS):
            dialect = self._dialect
            fields: dict[str, Any] = {"model": model, "messages": messages, **dialect.fields(self._settings)}
            create = self._client.chat.completions.with_raw_response.create
            try:
                document = self._get(lambda call=create, given=fields: call(**given), until, cancelled)
                return _reply(document, self._settings)
            except _Refused as refused:
                other = dialect.after(refused.said.lower()) if refused.status in (400, 404, 415, 422, 501) else None
                if other is None:
                    raise
                with self._lock:
                    if self._dialect == dialect:  # else another thread has learnt it meanwhile
                        self._dialect = other
        raise Unanswered(f"{self._settings.server} refuses every form of the request", lasting=True)

    def _get(self, call: Callable[[], Any], until: float, cancelled: Callable[[], bool]) -> Any:
        """The JSON document that a call brings. Raises Unanswered."""
        settings, held = self._settings, Leash(until, cancelled)
        token = leash.set(held)
        try:
            content: bytes = call().content
        except Cut as cut:
            raise _cut(settings, cut, asked=held.attempts > 0) from None
        except openai.APIStatusError as error:
            raise _refused(settings, error) from None
        except openai.APITimeoutError as error:
            if held.left <= 0:
                raise _cut(settings, Cut("deadline"), asked=True) from error
            raise Unanswered(
                f"{settings.server} did not answer within {settings.timeout:g} s; raise the judge's time-out, ask for"
                " fewer at once, or use a smaller model"
            ) from error
        except openai.APIConnectionError as error:
            raise Unanswered(_unreached(settings, error.__cause__)) from error
        except (openai.OpenAIError, httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise Unanswered(f"the exchange with {settings.server} failed ({_said(settings, str(error))})") from error
        finally:
            leash.reset(token)
            if held.attempts > 1:
                self._count_retries(held.attempts - 1)
        try:
            return json.loads(content)
        except (ValueError, RecursionError):
            raise Unanswered(
                f"{settings.server} sent something that is not JSON; check that the judge's address is that of an"
                " OpenAI-compatible server: it usually ends in /v1"
            ) from None


class _Refused(Unanswered):
    """An HTTP status that is no answer."""

    def __init__(self, message: str, status: int, said: str, *, lasting: bool, outage: bool) -> None:
        super().__init__(message, lasting=lasting, outage=outage)
        self.status = status
        self.said = said


def _reply(document: Any, settings: JudgeSettings) -> Reply:
    """The reply in a chat completion. Raises Unanswered for anything else."""
    choices = document.get("choices") if isinstance(document, dict) else None
    choice = choices[0] if isinstance(choices, list) and choices else None
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(choice, dict) or not isinstance(message, dict):
        said = _said(settings, document if isinstance(document, dict) and "error" in document else "")
        raise Unanswered(
            f"{settings.server} sent JSON that is not a chat completion{f' ({said})' if said else ''}; check that the"
            " judge's address is that of an OpenAI-compatible server: it usually ends in /v1"
        )
    content = message.get("content")
    if isinstance(content, list):  # some servers send the text in typed pieces
        content = "".join(str(part.get("text") or "") for part in content if isinstance(part, dict))
    refusal = message.get("refusal")
    usage = document.get("usage")
    usage = usage if isinstance(usage, dict) else {}
    return Reply(
        text=content if isinstance(content, str) else "",
        refusal=_said(settings, refusal) if isinstance(refusal, str) else "",
        finish=str(choice.get("finish_reason") or ""),
        prompt_tokens=_tokens(usage.get("prompt_tokens")),
        completion_tokens=_tokens(usage.get("completion_tokens")),
    )


def _tokens(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**9 else 0


def _cut(settings: JudgeSettings, cut: Cut, *, asked: bool) -> Unanswered:
    if cut.why == "cancelled":
        return Unanswered("cancelled", outage=False)
    if cut.why == "deadline":
        return Unanswered(
            f"no verdict within {settings.deadline:g} s; raise the judge's deadline, or ask for fewer votes at once",
            outage=asked,
        )
    return Unanswered(
        f"{settings.server} sent more than {MAX_BYTES // 1_000_000} MB or a compressed reply, which no vote needs;"
        " check that the judge's address is that of a model server"
    )


def _refused(settings: JudgeSettings, error: openai.APIStatusError) -> _Refused:
    status, server = error.status_code, settings.server
    said = _said(settings, error.body)
    quoted = f" ({said})" if said else ""
    lasting, outage = False, True
    if 300 <= status < 400:
        lasting = True
        told = f"{server} sends requests on to another address, which is not followed; enter that one if you trust it"
    elif status in (401, 403):
        lasting = True
        variable = OPENAI_KEY_VARIABLE if settings.is_openai else KEY_VARIABLE
        mend = "check the key" if settings.key else "it wants a key: put it"
        told = f"{server} refused the key (HTTP {status}){quoted}; {mend} in the environment variable {variable}"
    elif error.code == "content_filter" or "content management policy" in said.lower():
        told = f"{server}'s content filter refused the pictures or the text{quoted}; look at the preference and labels"
        outage = False
    elif error.code == "insufficient_quota":
        lasting = True
        told = f"the quota at {server} is used up (HTTP {status}){quoted}; raise it there, or use another judge"
    elif status == 404 or is_about_the_model(status, said.lower()):
        lasting = True
        told = f"{server} has no such model or path (HTTP {status}){quoted}; check the judge's model and address"
    elif status == 429:
        told = f"{server} is busy (HTTP 429){quoted}; ask for fewer at once, or wait"
    elif status >= 500:
        told = f"{server} failed (HTTP {status}){quoted}; its log says more"
    else:
        told = f"{server} refused the request (HTTP {status}){quoted}; use a model that reads several pictures"
    return _Refused(told, status, said, lasting=lasting, outage=outage)


def _unreached(settings: JudgeSettings, cause: BaseException | None) -> str:
    server = settings.server
    if isinstance(cause, httpx2.ConnectError):
        mend = "start it with `metaspatial serve`" if settings.local else "check the address and the network"
        return f"nothing answers at {server}; {mend}"
    if isinstance(cause, httpx2.RemoteProtocolError | httpx2.ReadError | httpx2.WriteError):
        return f"{server} closed the connection before the answer was complete; its log may say why"
    return f"{server} could not be reached ({type(cause).__name__ if cause else 'no reason known'}); check the network"


def _said(settings: JudgeSettings, document: Any) -> str:
    """A server's words in one short line without the key."""
    if isinstance(document, dict) and "message" in document and "error" not in document:
        document = document["message"]
    if isinstance(document, str) and document.lstrip()[:1] == "<":  # a web page
        return ""
    return error_text(document, secret=settings.key)
