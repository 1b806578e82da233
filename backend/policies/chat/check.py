# SPDX-License-Identifier: GPL-3.0-or-later
"""Does a chat server work, can it see, and if not, which step fails?"""

from __future__ import annotations

import base64
import dataclasses
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..policy import PolicyError
from .policy import ChatPolicy, list_models
from .settings import ChatSettings


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was tried, and a sentence about how it went."""

    name: str
    ok: bool
    message: str


@dataclass(frozen=True, slots=True)
class Check:
    """The steps up to the first that failed, and the models that the server has."""

    steps: tuple[Step, ...]
    models: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        return all(step.ok for step in self.steps)

    @property
    def message(self) -> str:
        """The last step's sentence: what is wrong, or that all is well."""
        return self.steps[-1].message


def check(settings: ChatSettings, *, cancelled: Callable[[], bool] = lambda: False) -> Check:
    """Try the server step by step: reachable and key accepted, model there, an answer, and that pictures reach it.

    That the model sees is told by the prompt getting longer with a picture than without one; servers that do not count
    tokens are taken at their word. Raises Cancelled; every other trouble is a failed step.
    """
    steps: list[Step] = []
    models: tuple[str, ...] = ()
    settings = dataclasses.replace(settings, max_tokens=min(settings.max_tokens, 64), temperature=0.0)
    step = "server"
    try:
        models = list_models(settings, cancelled)
        steps.append(Step(step, True, f"{settings.server} answers."))
        step = "model"
        if not settings.model and len(models) == 1:
            settings = dataclasses.replace(settings, model=models[0])
        if settings.model not in models:
            steps.append(Step(step, False, _model_fault(settings, models)))
            return Check(tuple(steps), models)
        steps.append(Step(step, True, f"The model {settings.model} is there."))
        step = "answer"
        policy = ChatPolicy(settings)
        plain = policy.ask([_question()], stream=False, cancelled=cancelled)
        steps.append(Step(step, True, "The model answers."))
        if settings.pictures:
            step = "picture"
            seen = policy.ask([_question(picture=True)], stream=False, cancelled=cancelled)
            steps.append(_sight(settings, plain.prompt_tokens, seen.prompt_tokens))
    except PolicyError as error:
        steps.append(Step(step, False, str(error)))
    return Check(tuple(steps), models)


def _model_fault(settings: ChatSettings, models: tuple[str, ...]) -> str:
    has = f"It has: {', '.join(models[:8])}{', …' if len(models) > 8 else ''}." if models else "It has none loaded."
    if not settings.model:
        return f"Choose one of the models of {settings.server}. {has}"
    return f"{settings.server} has no model “{settings.model}”. {has}"


def _sight(settings: ChatSettings, without: int | None, with_picture: int | None) -> Step:
    if without is None or with_picture is None:
        return Step("picture", True, "The model takes pictures (the server does not tell whether it looks at them).")
    if with_picture - without < _LEAST_PICTURE_TOKENS:
        return Step(
            "picture",
            False,
            f"The server drops pictures: {settings.model} answers but cannot see. Choose a vision model, or turn "
            "“Send picture” off.",
        )
    return Step("picture", True, f"The model sees pictures (a small one is {with_picture - without} tokens).")


_LEAST_PICTURE_TOKENS = 3  # start, end and at least one patch


def _question(picture: bool = False) -> dict[str, Any]:
    text = "Name one colour."
    if not picture:
        return {"role": "user", "content": text}
    url = "data:image/png;base64," + base64.b64encode(red_png(112)).decode("ascii")
    return {
        "role": "user",
        "content": [{"type": "image_url", "image_url": {"url": url}}, {"type": "text", "text": text}],
    }


def red_png(side: int) -> bytes:
    """A PNG of a red square, `side` pixels wide and high."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    rows = (b"\0" + b"\xd0\x20\x20" * side) * side
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
