# SPDX-License-Identifier: GPL-3.0-or-later
"""A step's figures: what of trajectories travels between processes, and the means that curves are drawn from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING

from ..rewards.score import Part, Score
from ..rewards.total import total_of
from ..rewards.weights import WEIGHTS

if TYPE_CHECKING:
    from .rollout import Episode


@dataclass(frozen=True, slots=True)
class Grades:
    """A trajectory in numbers: each turn's grades by part, whether its layout collides or leaves the room, and whether
    all pieces of it have a place; the kind of its end. `pieces`: each turn's, with their own grades. `missing`: why a
    picture was not judged."""

    room: str
    parts: tuple[Mapping[Part, float | None], ...] = ()
    collides: tuple[bool, ...] = ()
    leaves: tuple[bool, ...] = ()
    complete: tuple[bool, ...] = ()
    ended: tuple[bool, ...] = ()
    pieces: tuple[Mapping[str, Mapping[Part, float]], ...] = ()
    missing: str = ""

    def as_scores(self) -> list[Score]:
        """The turns' scores, without what doesn't count in a total; the total is that of the product's weights."""
        return [
            Score(total_of(parts, WEIGHTS), **parts, pieces=pieces)
            for parts, pieces in zip(self.parts, self.pieces, strict=True)
        ]


def grades_of(episode: Episode) -> Grades:
    """What the other processes need to know of an episode."""
    kinds = [{issue.kind for issue in score.issues if issue.part == "physics"} for score in episode.scores]
    verdicts = [score.verdict for score in episode.scores if score.verdict is not None]
    return Grades(
        episode.room.key,
        tuple(score.parts for score in episode.scores),
        tuple("overlap" in each for each in kinds),
        tuple("outside" in each for each in kinds),
        tuple("unplaced" not in each for each in kinds),
        tuple(episode.ended[: len(episode.scores)]),
        tuple(score.pieces for score in episode.scores),
        next((verdict.missing for verdict in verdicts if verdict.missing), ""),
    )


def measures_of(grades: Sequence[Grades], totals: Sequence[Sequence[float]]) -> dict[str, float]:
    """Means over trajectories, named for curves. `totals` are those of each trajectory's turns.

    Of the last turn: its grades by part, the shares of layouts that collide, leave the room, lack a piece. Of all: how
    many turns there are, how good the first, the last and the best is, and how often the last is above the first.
    """
    there = [(each, turns) for each, turns in zip(grades, totals, strict=True) if turns]
    figures = {"rooms/failed": 1.0 - len(there) / max(1, len(grades))}
    if not there:
        return figures
    for part in ("format", "physics", "function", "render"):
        known = [grade for each, _ in there if (grade := each.parts[-1][part]) is not None]
        if known:
            figures[f"parts/{part}"] = fmean(known)
    figures["layouts/collide"] = _share(each.collides[-1] for each, _ in there)
    figures["layouts/leave_room"] = _share(each.leaves[-1] for each, _ in there)
    figures["layouts/lack_pieces"] = _share(not each.complete[-1] for each, _ in there)
    figures["turns/count"] = fmean(len(turns) for _, turns in there)
    figures["turns/first"] = fmean(turns[0] for _, turns in there)
    figures["turns/last"] = fmean(turns[-1] for _, turns in there)
    figures["turns/best"] = fmean(max(turns) for _, turns in there)
    figures["turns/improved"] = _share(turns[-1] > turns[0] for _, turns in there)
    figures["turns/ended"] = _share(all(each.ended) for each, _ in there)
    judged = [each for each, _ in there if each.missing or each.parts[-1]["render"] is not None]
    if judged:
        figures["judge/missing"] = _share(bool(each.missing) for each in judged)
    return figures


def _share(values: Iterable[bool]) -> float:
    found = list(values)
    return sum(found) / len(found)
