# SPDX-License-Identifier: GPL-3.0-or-later
"""The total of a score's parts, under any weights."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from .score import Part, Score
from .weights import WEIGHTS


def total_of(parts: Mapping[Part, float | None], weights: Mapping[Part, float] = WEIGHTS) -> float:
    """The weighted mean of the parts that are there, 0…1; 0 when none is.

    What a picture shows is worth judging as far as it is there and stands: the rendered grade's weight is multiplied
    with the physics grade. So an empty room flatters nobody, however handsome it is.
    """
    there = {name: (weights.get(name, 0.0), grade) for name, grade in parts.items() if grade is not None}
    if "render" in there and "physics" in there:
        weight, grade = there["render"]
        there["render"] = weight * there["physics"][1], grade
    weight = sum(weight for weight, _ in there.values())
    if weight <= 0.0:
        return 0.0
    return min(1.0, max(0.0, sum(weight * grade for weight, grade in there.values()) / weight))


def reweighed(score: Score, weights: Mapping[Part, float]) -> Score:
    """The same score with the total it has under other weights, as of another stage."""
    return dataclasses.replace(score, total=total_of(score.parts, weights))


def group_totals(scores: Sequence[Score], weights: Mapping[Part, float] = WEIGHTS) -> list[float]:
    """The totals of layouts that are compared with each other, by the parts that every one of them has.

    Where one layout's judgement is missing, none of the group is judged: nothing can be gained by failing to be seen.
    """
    shared: list[Part] = [
        name for name in (scores[0].parts if scores else ()) if all(score.parts[name] is not None for score in scores)
    ]
    return [total_of({name: score.parts[name] for name in shared}, weights) for score in scores]
