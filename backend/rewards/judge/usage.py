# SPDX-License-Identifier: GPL-3.0-or-later
"""What judging has cost so far, and when to stop asking: prices, counters, budget and circuit breaker."""

from __future__ import annotations

import dataclasses
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for a million tokens of prompt (pictures included) and of completion."""

    prompt: float
    completion: float


PRICES_OF = "April 2026"
PRICES: Mapping[str, Price] = {
    "gpt-4o": Price(2.50, 10.00),
    "gpt-4o-2024-05-13": Price(5.00, 15.00),
    "gpt-4o-mini": Price(0.15, 0.60),
    "gpt-4.1": Price(2.00, 8.00),
    "gpt-4.1-mini": Price(0.40, 1.60),
    "gpt-4.1-nano": Price(0.10, 0.40),
    "gpt-5": Price(1.25, 10.00),
    "gpt-5-mini": Price(0.25, 2.00),
    "gpt-5-nano": Price(0.05, 0.40),
}
"""OpenAI's list prices as of `PRICES_OF`, standard tier; discounts for cached prompts are not taken off."""


def price_of(model: str) -> Price | None:
    """The list price of a model of OpenAI's, by its name with or without a date; None for one that is not listed."""
    return PRICES.get(model) or PRICES.get(re.sub(r"-\d{4}-\d{2}-\d{2}\Z", "", model))


@dataclass(frozen=True, slots=True)
class Usage:
    """Totals since the judge was made.

    `calls` are votes asked of the server, `retries` the further attempts they took, `failures` those of them that
    brought no vote, `cache_hits` the votes that needed no call. `cost` is in US dollars; None where the price is not
    known. Tokens are those that the server counted.
    """

    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float | None = None
    cache_hits: int = 0
    retries: int = 0
    failures: int = 0


class Meter:
    """Counts, from any thread, and refuses what the budget does not allow."""

    def __init__(self, price: Price | None, max_calls: int | None, max_cost: float | None) -> None:
        self._price = price
        self._max_calls = max_calls
        self._max_cost = max_cost
        self._usage = Usage(cost=None if price is None else 0.0)
        self._lock = threading.Lock()

    @property
    def usage(self) -> Usage:
        with self._lock:
            return self._usage

    def take(self) -> str:
        """Count a call that is about to be made, or say why the budget does not allow it."""
        with self._lock:
            usage = self._usage
            if self._max_calls is not None and usage.calls >= self._max_calls:
                return f"the judge's budget of {self._max_calls} calls is used up; raise max_calls"
            if self._max_cost is not None and (usage.cost or 0.0) >= self._max_cost:
                return f"the judge's budget of {self._max_cost:g} US dollars is used up; raise max_cost"
            self._usage = dataclasses.replace(usage, calls=usage.calls + 1)
            return ""

    def count(
        self,
        *,
        prompt_tokens: int = 0,
        completion_tokens: int = 0,
        cache_hits: int = 0,
        retries: int = 0,
        failures: int = 0,
    ) -> None:
        with self._lock:
            old = self._usage
            prompt, completion = old.prompt_tokens + prompt_tokens, old.completion_tokens + completion_tokens
            price = self._price
            self._usage = Usage(
                calls=old.calls,
                prompt_tokens=prompt,
                completion_tokens=completion,
                cost=None if price is None else (prompt * price.prompt + completion * price.completion) / 1e6,
                cache_hits=old.cache_hits + cache_hits,
                retries=old.retries + retries,
                failures=old.failures + failures,
            )


class Breaker:
    """Stops the asking for `pause` seconds after `limit` failures in a row, or one that waiting won't mend.

    After the pause requests are let through again; the next failure starts another pause, a success ends it.
    """

    def __init__(self, limit: int, pause: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._pause = pause
        self._clock = clock
        self._failures = 0
        self._until = 0.0
        self._reason = ""
        self._lock = threading.Lock()

    def refusal(self) -> str:
        """Why nothing is asked now, or ""."""
        with self._lock:
            left = self._until - self._clock()
            if left <= 0:
                return ""
            return f"not asked for another {left:.0f} s after {self._failures} failure(s) in a row: {self._reason}"

    def failed(self, reason: str, *, lasting: bool = False) -> None:
        with self._lock:
            self._failures += 1
            self._reason = reason
            if lasting or self._failures >= self._limit:
                self._until = self._clock() + self._pause

    def succeeded(self) -> None:
        with self._lock:
            self._failures = 0
            self._until = 0.0
