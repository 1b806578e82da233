# SPDX-License-Identifier: GPL-3.0-or-later
"""Random choices that come out the same on every machine and in every version of Python.

Of `random.Random` only `random()` is used, whose sequence for a seed Python promises never to change.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """A stream of choices that the key alone decides."""

    def __init__(self, key: str) -> None:
        self._random = random.Random(key)

    def chance(self, probability: float) -> bool:
        return self._random.random() < probability

    def between(self, low: float, high: float, step: float = 0.0) -> float:
        """A number from `low` to `high`; a multiple of `step` where that is given."""
        value = low + (high - low) * self._random.random()
        return snap(value, step) if step else value

    def whole(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return min(high, low + int((high - low + 1) * self._random.random()))

    def pick(self, items: Sequence[T]) -> T:
        return items[self.whole(0, len(items) - 1)]

    def weighted(self, items: Sequence[T], weights: Sequence[float]) -> T:
        """One of the items, with chances in proportion to their weights, of which one at least is positive."""
        mark = sum(weights) * self._random.random()
        for item, weight in zip(items, weights, strict=True):
            mark -= weight
            if mark < 0:
                return item
        return next(item for item, weight in reversed(list(zip(items, weights, strict=True))) if weight > 0)

    def shuffled(self, items: Sequence[T]) -> list[T]:
        result = list(items)
        for k in range(len(result) - 1, 0, -1):
            other = self.whole(0, k)
            result[k], result[other] = result[other], result[k]
        return result


def snap(value: float, step: float = 0.05) -> float:
    """The nearest multiple of `step`, without binary dust: 0.15000000000000002 is 0.15."""
    return round(round(value / step) * step, 4)
