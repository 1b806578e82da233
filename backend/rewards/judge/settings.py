# SPDX-License-Identifier: GPL-3.0-or-later
"""Which judge to ask, how often, how patiently and at what cost."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from ...policies.chat.settings import ChatSettings, is_loopback
from ...policies.policy import PolicyError
from .usage import PRICES, Price, price_of

OPENAI_URL = "https://api.openai.com/v1"
KEY_VARIABLE = "METASPATIAL_JUDGE_KEY"
"""The environment variable with the key of the judge's server, whichever it is."""
OPENAI_KEY_VARIABLE = "OPENAI_API_KEY"
"""The environment variable with OpenAI's key; it is sent to OpenAI and to nobody else."""


class JudgeError(ValueError):
    """Settings that can't be used. The message says what is wrong and how to mend it."""


@dataclass(frozen=True, slots=True)
class JudgeSettings:
    """A judge and how to talk to it; times in seconds. Raises `JudgeError` for values that can't be meant.

    `base_url` is what OpenAI clients call the base URL; a bare host gets `/v1`. Servers that are not on this computer
    need `allow_remote`: pictures of the room, names and sizes go there. An empty `model` means the server's only one.
    `api_key` comes from the environment if it is empty (see `key`).

    One layout gets `votes` answers at this `temperature`. At most `concurrency` requests are under way at once,
    whichever threads ask. `timeout` bounds one attempt, `retries` the further ones (with growing pauses, or those that
    the server's Retry-After asks for), `deadline` all attempts and votes of one layout from its first request on.
    After `breaker_failures` failures in a row none is sent for `breaker_pause`, so that an outage stalls nothing.

    `max_calls` and `max_cost` (US dollars) end the asking; requests already under way may still add to the cost.
    `price` is for models that `usage.PRICES` does not list. `cache_dir` is by default in the user's cache folder.
    """

    base_url: str = OPENAI_URL
    model: str = "gpt-4o"
    api_key: str = field(default="", repr=False)
    allow_remote: bool = False
    votes: int = 3
    temperature: float = 0.7
    max_tokens: int = 600
    detail: Literal["low", "high", "auto"] = "high"
    concurrency: int = 8
    timeout: float = 60.0
    retries: int = 4
    deadline: float = 300.0
    breaker_failures: int = 5
    breaker_pause: float = 60.0
    max_calls: int | None = None
    max_cost: float | None = None
    price: Price | None = None
    cache: bool = True
    cache_dir: Path | None = None
    cache_entries: int = 100_000
    cache_bytes: int = 100_000_000

    def __post_init__(self) -> None:
        for name in ("votes", "max_tokens", "concurrency", "breaker_failures", "cache_entries", "cache_bytes"):
            if getattr(self, name) < 1:
                raise JudgeError(f"{name} must be at least 1, not {getattr(self, name)}")
        for name in ("timeout", "deadline", "breaker_pause"):
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) > 0):
                raise JudgeError(f"{name} must be a positive number of seconds, not {getattr(self, name)}")
        if self.votes > 32:
            raise JudgeError(f"{self.votes} votes for one layout are more than 32; their mean would not be better")
        if not 0 <= self.temperature <= 2:
            raise JudgeError(f"temperature must be from 0 to 2, not {self.temperature}")
        if self.votes > 1 and self.temperature == 0:
            raise JudgeError("at temperature 0 all votes are the same: ask for one vote, or raise the temperature")
        if self.retries < 0:
            raise JudgeError(f"retries must not be negative, not {self.retries}")
        for name in ("max_calls", "max_cost"):
            limit = getattr(self, name)
            if limit is not None and not (math.isfinite(limit) and limit >= 0):
                raise JudgeError(f"{name} must not be negative, not {limit}")
        if not (self.local or self.allow_remote):
            raise JudgeError(
                f"{self.host} is not this computer, and pictures of rooms leave it only if you say so: allow a remote"
                " judge (allow_remote, --judge-allow-remote), or name a local one such as `metaspatial serve` starts"
            )
        if not (self.key.isascii() and (self.key == "" or self.key.isprintable())):
            raise JudgeError("the judge's key has characters that no key has; copy it again")
        if self.max_cost is not None and self.known_price is None:
            known = ", ".join(sorted(PRICES))
            raise JudgeError(
                f"what {self.model or 'this model'} costs at {self.host} is not known, so max_cost can't be kept: give"
                f" its price, or limit max_calls instead (prices are known of OpenAI's {known})"
            )

    @property
    def url(self) -> str:
        """The base URL in full, ending in "/". Raises JudgeError for one that can't be read."""
        try:
            return ChatSettings(self.base_url, allow_remote=True).endpoint("")
        except PolicyError as error:
            raise JudgeError(f"the judge's address can't be used: {error}") from None

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    @property
    def server(self) -> str:
        """Scheme, host and port, for messages to people."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def local(self) -> bool:
        """Whether the judge is on this computer."""
        return is_loopback(self.url)

    @property
    def is_openai(self) -> bool:
        parts = urlsplit(self.url)
        return parts.scheme == "https" and (self.host == "api.openai.com" or self.host.endswith(".api.openai.com"))

    @property
    def key(self) -> str:
        """The key to send: the settings' own, else METASPATIAL_JUDGE_KEY, else for OpenAI OPENAI_API_KEY; or empty."""
        found = self.api_key or os.environ.get(KEY_VARIABLE, "")
        if not found and self.is_openai:
            found = os.environ.get(OPENAI_KEY_VARIABLE, "")
        return found.strip()

    @property
    def known_price(self) -> Price | None:
        return self.price or (price_of(self.model) if self.is_openai else None)
