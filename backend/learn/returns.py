# SPDX-License-Identifier: GPL-3.0-or-later
"""What a trajectory is worth beside the others from its room: returns of its turns' scores, and advantages.

Plain numbers, no torch: this is what decides which trajectories are made likelier, so it can be worked out by hand.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ..rewards.score import Part, Score
from ..rewards.total import group_totals

Kind = Literal["last", "best", "discounted"]
Credit = Literal["trajectory", "turn", "piece"]
Scale = Literal["group", "batch", "none"]
"""What differences within a group are divided by: their own spread, that of all groups of a step, nothing."""

SMALLEST = 1e-4
"""Added to the spread of a group's returns before they are divided by it, as TRL does."""


@dataclass(frozen=True, slots=True)
class Returns:
    """How the totals of a trajectory's turns become one number.

    `last`: the last turn's total. `best`: the highest. `discounted`: the mean of all with weights 1, γ, γ², …: early
    quality counts most, and a trajectory that ends early, for it is perfect, loses nothing by it.

    `bonus` is paid for each point by which the last turn is above the best *first* turn of the whole group. Paying for
    improvement on one's own first turn would teach to begin badly.
    """

    kind: Kind = "last"
    discount: float = 0.9
    bonus: float = 0.0

    def of(self, totals: Sequence[float]) -> float:
        """The return of turns' totals, without the bonus."""
        if self.kind == "last":
            return totals[-1]
        if self.kind == "best":
            return max(totals)
        weights = [self.discount**k for k in range(len(totals))]
        return sum(w * total for w, total in zip(weights, totals, strict=True)) / sum(weights)

    def of_group(self, totals: Sequence[Sequence[float]]) -> list[float | None]:
        """The returns of one room's trajectories, each given by its turns' totals; None for one without any turn."""
        firsts = [turns[0] for turns in totals if turns]
        mark = max(firsts, default=0.0)
        return [self.of(turns) + self.bonus * max(0.0, turns[-1] - mark) if turns else None for turns in totals]

    def to_go(self, totals: Sequence[float]) -> list[float]:
        """For each turn, the return of what came from it on: what its own tokens could still change."""
        return [self.of(totals[k:]) for k in range(len(totals))]


def totals_of_group(group: Sequence[Sequence[Score]], weights: Mapping[Part, float]) -> list[list[float]]:
    """The totals of each trajectory's turns, by the parts that every turn of the whole group has.

    Where a single picture could not be judged, none of the group's is: a failed judge is worth nothing to anybody.
    """
    flat = group_totals([score for turns in group for score in turns], weights)
    left = iter(flat)
    return [[next(left) for _ in turns] for turns in group]


def advantages(returns: Sequence[float | None], scale: Scale = "group") -> list[float]:
    """Return - mean over a group; 0 for those without a return, and for a lone one.

    `group` divides by the group's standard deviation + 1e-4 (GRPO), whether its trajectories differ much or hardly.
    """
    there = [value for value in returns if value is not None]
    if len(there) < 2:
        return [0.0] * len(returns)
    mean = sum(there) / len(there)
    spread = math.sqrt(sum((value - mean) ** 2 for value in there) / (len(there) - 1)) + SMALLEST
    unit = spread if scale == "group" else 1.0
    return [0.0 if value is None else (value - mean) / unit for value in returns]


def advantages_by_turn(group: Sequence[Sequence[float]], returns: Returns, scale: Scale = "group") -> list[list[float]]:
    """An advantage for each turn: its return to go beside those of the group's other trajectories at the same turn.

    A turn that only one trajectory reached has nothing to be compared with: 0.
    """
    to_go = [returns.to_go(turns) if turns else [] for turns in group]
    longest = max(map(len, to_go), default=0)
    columns = [advantages([turns[k] if k < len(turns) else None for turns in to_go], scale) for k in range(longest)]
    return [[columns[k][row] for k in range(len(turns))] for row, turns in enumerate(to_go)]


def batch_unit(values: Iterable[float], scale: Scale) -> float:
    """What a whole batch's advantages are divided by: with `batch` their root mean square + 1e-4, else 1."""
    squares = [value * value for value in values]
    return math.sqrt(sum(squares) / len(squares)) + SMALLEST if scale == "batch" and squares else 1.0


def worth_of_pieces(score: Score, weights: Mapping[Part, float]) -> dict[str, float]:
    """Each piece's own grades under the weights of the parts that grade pieces."""
    worth: dict[str, float] = {}
    for name, grades in score.pieces.items():
        whole = sum(weights.get(part, 0.0) for part in grades)
        if whole > 0:
            worth[name] = sum(weights.get(part, 0.0) * grade for part, grade in grades.items()) / whole
    return worth


def advantages_by_piece(
    group: Sequence[Sequence[Mapping[str, float]]], returns: Returns, scale: Scale = "group"
) -> list[list[dict[str, float]]]:
    """For each turn an advantage for each piece: what it is worth from there on beside the same piece in the others.

    `group`: trajectories of one room, as the worth of pieces in their turns.
    """
    names = dict.fromkeys(name for turns in group for turn in turns for name in turn)
    found: list[list[dict[str, float]]] = [[{} for _ in turns] for turns in group]
    for name in names:
        values = advantages_by_turn([[turn.get(name, 0.0) for turn in turns] for turns in group], returns, scale)
        for turns, column in zip(found, values, strict=True):
            for turn, value in zip(turns, column, strict=True):
                turn[name] = value
    return found
