# SPDX-License-Identifier: GPL-3.0-or-later
"""Means with intervals and paired tests, over scenes.

A scene arranged with several seeds is one observation, the mean over its seeds: seeds of one scene resemble each other,
and counting them singly would make intervals too narrow (cluster bootstrap, Davison & Hinkley 1997, §3.8). Missing
values (None) are left out and counted. Everything random is seeded and does not depend on the order of the scenes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Groups = Mapping[str, Sequence[float | None]]
"""Values by scene: one for each seed, None where missing."""
Array = NDArray[np.float64]

CONFIDENCE = 0.95
RESAMPLES = 2000
PERMUTATIONS = 20_000
"""Sign flips tried where all of them are too many (more than 14 scenes); the least p is 1/20,001 then."""
_EXACT = 14
_EQUAL = 1e-9
"""Values closer than this are a tie; rounding makes such differences, policies don't."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over scenes and its confidence interval.

    `mean` is None without values; `low` and `high` are None with fewer than two scenes. `scenes` is the number of
    scenes that have a value, `n` the number of values, `missing` the number of values that are None.
    """

    mean: float | None
    low: float | None
    high: float | None
    scenes: int
    n: int
    missing: int


@dataclass(frozen=True, slots=True)
class Paired:
    """Two measurements of the same scenes.

    `difference` is after − before. `p` is two-sided, by flipping the signs of the scenes' differences; None without
    scenes. `effect` is Cohen's d_z, the mean difference by its standard deviation, with its interval; None where all
    differences are equal. `wins`, `ties` and `losses` count scenes, a win being a better value after.
    """

    before: Estimate
    after: Estimate
    difference: Estimate
    p: float | None
    effect: float | None
    effect_low: float | None
    effect_high: float | None
    wins: int
    ties: int
    losses: int


def estimate(groups: Groups, *, confidence: float = CONFIDENCE, seed: int = 0) -> Estimate:
    """The mean over scenes with its BCa bootstrap interval (Efron 1987), resampling scenes.

    The interval always holds the mean: BCa's is widened where its correction for skew would leave it out.
    """
    means, n, missing = _scene_means(groups)
    mean = float(np.mean(means)) if len(means) else None
    low, high = _interval(means, confidence, seed)
    return Estimate(mean, low, high, len(means), n, missing)


def proportion(groups: Groups, *, confidence: float = CONFIDENCE) -> Estimate:
    """The share of scenes with Wilson's interval (1927), for values that say yes (1) or no (0).

    Unlike a bootstrap's, the interval has a width where all scenes agree. Several seeds of a scene count as one scene.
    """
    means, n, missing = _scene_means(groups)
    count = len(means)
    if not count:
        return Estimate(None, None, None, 0, n, missing)
    share = float(np.clip(np.mean(means), 0.0, 1.0))
    if count < 2:
        return Estimate(share, None, None, count, n, missing)
    z = float(stats.norm.ppf(0.5 + confidence / 2))
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return Estimate(share, max(0.0, min(middle - half, share)), min(1.0, max(middle + half, share)), count, n, missing)


def paired(
    before: Groups, after: Groups, *, lower_is_better: bool = False, confidence: float = CONFIDENCE, seed: int = 0
) -> Paired:
    """Before and after over the scenes of both, values of a scene paired by their place (the same seed).

    A pair with a missing side is left out of everything, also of the two means, and counted as missing.
    """
    left: dict[str, list[float | None]] = {}
    right: dict[str, list[float | None]] = {}
    change: dict[str, list[float | None]] = {}
    for name in sorted(before.keys() & after.keys()):
        left[name], right[name], change[name] = [], [], []
        for a, b in zip(before[name], after[name], strict=True):
            whole = a is not None and b is not None
            left[name].append(a if whole else None)
            right[name].append(b if whole else None)
            change[name].append(b - a if a is not None and b is not None else None)
    differences, _, _ = _scene_means(change)
    towards_better = -differences if lower_is_better else differences
    effect, effect_low, effect_high = _effect(differences, confidence, seed)
    return Paired(
        before=estimate(left, confidence=confidence, seed=seed),
        after=estimate(right, confidence=confidence, seed=seed),
        difference=estimate(change, confidence=confidence, seed=seed),
        p=sign_flip_p(differences, seed=seed),
        effect=effect,
        effect_low=effect_low,
        effect_high=effect_high,
        wins=int(np.sum(towards_better > _EQUAL)),
        ties=int(np.sum(np.abs(towards_better) <= _EQUAL)),
        losses=int(np.sum(towards_better < -_EQUAL)),
    )


def sign_flip_p(differences: Sequence[float] | Array, *, seed: int = 0) -> float | None:
    """Two-sided p that the differences are symmetric about zero (Fisher's randomisation test, 1935).

    Every flip of signs is tried for up to 14 differences that are not zero; beyond, 20,000 random ones, counting the
    flip that was observed (Phipson & Smyth 2010). 1.0 where nothing differs, None without differences.
    """
    values = np.sort(np.asarray(differences, dtype=float))
    if not len(values):
        return None
    values = values[np.abs(values) > _EQUAL]  # zeros add the same nothing to every flip
    if not len(values):
        return 1.0
    observed = abs(float(values.sum())) - _EQUAL * len(values)
    if len(values) <= _EXACT:
        bits = np.arange(2 ** len(values))[:, None] >> np.arange(len(values))
        sums = (1.0 - 2.0 * (bits & 1)) @ values
        return float(np.mean(np.abs(sums) >= observed))
    signs = np.random.default_rng(seed).choice((-1.0, 1.0), size=(PERMUTATIONS, len(values)))
    return (int(np.sum(np.abs(signs @ values) >= observed)) + 1) / (PERMUTATIONS + 1)


def holm(ps: Sequence[float | None]) -> list[float | None]:
    """p values adjusted for their number (Holm 1979), in the order given; None stays None and does not count."""
    order = sorted((p, index) for index, p in enumerate(ps) if p is not None)
    adjusted: list[float | None] = [None] * len(ps)
    highest = 0.0
    for rank, (p, index) in enumerate(order):
        highest = max(highest, min(1.0, p * (len(order) - rank)))
        adjusted[index] = highest
    return adjusted


def _scene_means(groups: Groups) -> tuple[Array, int, int]:
    """The mean of each scene that has a value, sorted; the number of values; the number of missing ones."""
    means, n, missing = [], 0, 0
    for values in groups.values():
        there = [value for value in values if value is not None and math.isfinite(value)]
        n += len(there)
        missing += len(values) - len(there)
        if there:
            means.append(math.fsum(there) / len(there))
    return np.sort(np.array(means, dtype=float)), n, missing


def _interval(means: Array, confidence: float, seed: int) -> tuple[float | None, float | None]:
    if len(means) < 2:
        return None, None
    mean = float(np.mean(means))
    if np.ptp(means) <= _EQUAL * max(1.0, abs(mean)):
        return mean, mean
    result = stats.bootstrap(
        (means,),
        np.mean,
        confidence_level=confidence,
        n_resamples=RESAMPLES,
        method="BCa",
        rng=np.random.default_rng(seed),
    )
    low, high = (float(bound) for bound in result.confidence_interval)
    if not (math.isfinite(low) and math.isfinite(high)):  # no correction can be made from so few values
        outside = (1.0 - confidence) / 2
        low, high = (float(q) for q in np.quantile(result.bootstrap_distribution, (outside, 1.0 - outside)))
    return min(low, mean), max(high, mean)


def _effect(differences: Array, confidence: float, seed: int) -> tuple[float | None, float | None, float | None]:
    """Cohen's d_z and its percentile interval, resampling scenes."""
    if len(differences) < 2 or np.ptp(differences) <= _EQUAL:
        return None, None, None
    picks = np.random.default_rng(seed).integers(0, len(differences), (RESAMPLES, len(differences)))
    drawn = differences[picks]
    spread = drawn.std(axis=1, ddof=1)
    whole = spread > _EQUAL
    effect = float(differences.mean() / differences.std(ddof=1))
    outside = (1.0 - confidence) / 2
    low, high = np.quantile(drawn[whole].mean(axis=1) / spread[whole], (outside, 1.0 - outside))
    return effect, min(float(low), effect), max(float(high), effect)
