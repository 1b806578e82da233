# SPDX-License-Identifier: GPL-3.0-or-later
"""Described rooms as a source: a language model furnishes each; its answers are checked, and asked for again."""

from __future__ import annotations

import dataclasses
import math
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...policies.chat import ChatPolicy, ChatSettings, Refusal
from ...policies.policy import Cancelled, PolicyError
from ..source import BadRoom, Found
from .answer import MAX_ANSWER, BadAnswer, read_answer
from .answers import Answers, Kept, default_folder, key_of
from .descriptions import Description
from .furnished import Crowded, furnished
from .prompt import asked_again, question
from .shell import room_of, room_type_of

_LASTING = frozenset({301, 302, 303, 307, 308, 401, 403, 404, 405})
"""What a server answers that will not answer otherwise if asked again: another address, key or model is needed."""
_CITATION = (
    "Room descriptions: Pan and Liu, MetaSpatial: Reinforcing 3D Spatial Reasoning in VLMs for the Metaverse, 2025, "
    "arXiv:2503.18470, https://github.com/PzySeere/MetaSpatial (Apache-2.0). Doors, windows and ranges of sizes are "
    "derived from ProcTHOR's (Apache-2.0): https://github.com/allenai/procthor"
)


class NoAnswer(Exception):
    """The server gave no answer for a room. Nothing is wrong with the room: it can be asked for again."""


@dataclass(frozen=True, slots=True)
class LlmSettings:
    """Whom to ask, and how patiently. Times in seconds.

    `seconds` bounds one room with all its answers, pauses and retries, whatever the server does; `chat.timeout` one
    answer. A room is given up as unusable after `answers` refused answers, and as not answered after `tries` failed
    exchanges in a row or when its time is up; after `failures` such rooms in a row nobody is asked any more. `threads`
    rooms are asked for at once. `folder` keeps the answers (default: in the user's cache folder).
    """

    chat: ChatSettings = field(default_factory=lambda: ChatSettings(timeout=180.0, pictures=False))
    seconds: float = 300.0
    answers: int = 4
    tries: int = 3
    failures: int = 5
    threads: int = 4
    folder: Path | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """What was asked since the source was made, in this process.

    `calls` are exchanges with the server, `failed` those that brought no answer; `reused` answers came from the folder.
    `accepted` and `refused` count answers, those too. Tokens are those that the server counted, in answers it was asked
    for now.
    """

    calls: int = 0
    failed: int = 0
    reused: int = 0
    accepted: int = 0
    refused: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0


class LlmSource:
    """Scenes of descriptions. `find` asks the model; what it has answered before is taken from the folder."""

    name = "descriptions"
    licence = "apache-2.0"
    citation = _CITATION

    def __init__(self, descriptions: Sequence[Description], settings: LlmSettings | None = None) -> None:
        self.settings = settings or LlmSettings()
        self._descriptions = {description.key: description for description in descriptions}
        self._begin()

    def __getstate__(self) -> dict[str, Any]:
        return {"settings": self.settings, "_descriptions": self._descriptions}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._begin()

    @property
    def threads(self) -> int:
        return self.settings.threads

    @property
    def usage(self) -> Usage:
        with self._lock:
            return self._usage

    def summary(self) -> str:
        """The usage in a line; "" where nothing was asked."""
        usage = self.usage
        if usage == Usage():
            return ""
        return (
            f"{usage.calls} calls to {self.settings.chat.server} ({usage.failed} failed), {usage.reused} answers "
            f"reused; {usage.accepted} accepted, {usage.refused} refused; {usage.prompt_tokens} prompt and "
            f"{usage.completion_tokens} completion tokens"
        )

    def keys(self) -> Sequence[str]:
        return list(self._descriptions)

    def find(self, key: str) -> Found:
        """The furnished room, the same every time once its answers are kept. Takes `seconds` at most, and a moment.

        Raises BadRoom where the model's answers can't be used, NoAnswer where it has none, OSError where they can't be
        kept.
        """
        description = self._descriptions.get(key)
        if description is None:
            raise BadRoom(f"no such description: {key}")
        until = time.monotonic() + self.settings.seconds
        room = room_of(description)
        messages = question(description, room)
        crowded, fault = 0, BadAnswer(["no answer was asked for"])
        for number in range(self.settings.answers):
            kept, place = self._answer(description, messages, number, until)
            try:
                scene = furnished(room, read_answer(kept.text, room), key)
            except BadAnswer as error:
                fault = error
                self._count(refused=1)
                if not kept.refused:
                    self._answers.keep(place, dataclasses.replace(kept, refused=str(error)))
                crowded += isinstance(error, Crowded)
                if crowded > 1:  # told once; whoever does not listen will not the next time
                    break
                told = [*error.faults, *(["the answer was cut off: choose fewer pieces"] if kept.cut else [])]
                messages = asked_again(messages, kept.text, told)
            else:
                self._count(accepted=1)
                return Found(key, scene, description.room, kind=room_type_of(description.text).name)
        raise BadRoom(f"no usable answer, {fault}")

    def _begin(self) -> None:
        self._answers = Answers(self.settings.folder or default_folder())
        self._lock = threading.Lock()
        self._usage = Usage()
        self._failures = 0
        self._rest = 0.0  # until when the server wants to be left alone
        self._gone = ""

    def _answer(
        self, description: Description, messages: list[dict[str, Any]], number: int, until: float
    ) -> tuple[Kept, str]:
        """The answer to these messages, the room's `number`th, and the key under which it is kept."""
        chat = self.settings.chat
        asked = {
            "model": chat.model or chat.base_url,
            "messages": messages,
            "temperature": chat.temperature,
            "max_tokens": chat.max_tokens,
            "number": number,  # who repeats an answer is asked the same again
        }
        place = key_of(asked)
        kept = self._answers.get(place)
        if kept is not None:
            self._count(reused=1)
            return kept, place
        kept = self._asked(messages, until, description.key)
        self._answers.keep(place, kept)
        return kept, place

    def _asked(self, messages: list[dict[str, Any]], until: float, room: str) -> Kept:
        """Ask the server until it answers. Raises NoAnswer when the tries or the time are used up."""
        for number in range(self.settings.tries):
            with self._lock:
                gone, rest = self._gone, self._rest
            if gone:
                raise NoAnswer(gone)
            now = time.monotonic()
            if rest >= until or now >= until:
                break
            time.sleep(max(0.0, rest - now))
            try:
                reply = self._exchange(messages, until)
            except PolicyError as error:
                fault = error
            except Cancelled:
                fault = PolicyError(f"{self.settings.chat.server} had no answer within {self.settings.seconds:g} s.")
            else:
                self._succeeded()
                return dataclasses.replace(reply, room=room)
            self._failed(fault, number)
        self._give_up()
        raise NoAnswer(self._why())

    def _exchange(self, messages: list[dict[str, Any]], until: float) -> Kept:
        left = max(0.05, until - time.monotonic())
        chat = self.settings.chat
        # Not streamed: servers tell the tokens then. So it is silent until it is done, and that may take its time.
        patience = min(chat.timeout, left)
        policy = ChatPolicy(dataclasses.replace(chat, timeout=patience, idle_timeout=patience))
        self._count(calls=1)
        reply = policy.ask(messages, stream=False, cancelled=lambda: time.monotonic() > until + 0.5)
        prompt, completion = reply.prompt_tokens or 0, reply.completion_tokens or 0
        self._count(prompt_tokens=prompt, completion_tokens=completion)
        return Kept(reply.text[: MAX_ANSWER + 1], reply.truncated, prompt, completion, model=chat.model)

    def _failed(self, fault: PolicyError, number: int) -> None:
        """One exchange brought nothing: let the server rest, the longer the more often that was."""
        status = fault.status if isinstance(fault, Refusal) else 0
        wait = fault.wait if isinstance(fault, Refusal) and fault.wait is not None else 0.0
        self._count(failed=1)
        with self._lock:
            self._fault = str(fault)
            self._rest = max(self._rest, time.monotonic() + max(wait, 0.5 * math.pow(3.0, number)))
            if status in _LASTING:
                self._gone = str(fault)

    def _succeeded(self) -> None:
        with self._lock:
            self._failures = 0
            self._rest = 0.0

    def _give_up(self) -> None:
        """One room has no answer."""
        with self._lock:
            self._failures += 1
            if self._failures >= self.settings.failures and not self._gone:
                self._gone = f"{self._failures} rooms in a row had no answer, the last because: {self._fault}"

    def _why(self) -> str:
        with self._lock:
            return self._gone or self._fault

    def _count(self, **more: int) -> None:
        with self._lock:
            grown = {name: getattr(self._usage, name) + number for name, number in more.items()}
            self._usage = dataclasses.replace(self._usage, **grown)

    _fault = "the server wants to be left alone for longer than a room's time"
