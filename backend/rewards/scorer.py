# SPDX-License-Identifier: GPL-3.0-or-later
"""The scorer: a layout's grades for format, physics and function, their total, and the issues behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ..scene import Layout, Scene
from .boxes import BoxEngine
from .complaints import physics_issues
from .function import function
from .physics import PhysicsEngine
from .score import Issue, Part, Score
from .soundness import soundness

if TYPE_CHECKING:
    from ..dialogue import Problem

WEIGHTS: Mapping[Part, float] = {"format": 0.2, "physics": 0.4, "function": 0.4, "render": 0.4}
"""How much each part counts in the total. A part that is missing counts nothing, and the others share its weight."""
HARMLESS = 0.02
"""What each kind of harmless deviation in an answer's wrapping costs of the format grade."""
MOST_HARMLESS = 0.1


class Scorer:
    """Scores layouts with a physics engine: numpy boxes, or whichever satisfies `PhysicsEngine`."""

    def __init__(self, engine: PhysicsEngine | None = None, weights: Mapping[Part, float] = WEIGHTS) -> None:
        self.engine: PhysicsEngine = BoxEngine() if engine is None else engine
        self.weights = weights

    def score(self, scene: Scene, layout: Layout, problems: Sequence[Problem] = ()) -> Score:
        """Grade a layout. `problems` are those of the answer it was read from, if it was.

        Raises nothing for any layout of finite poses. The largest faults come first among the issues of each part.
        """
        report = self.engine.measure(scene, layout)
        unplaced = set(report.unplaced)
        fixed = {piece.id: piece.pose for piece in scene.fixed if piece.pose is not None}
        placed = Layout({id: pose for id, pose in {**layout.poses, **fixed}.items() if id not in unplaced})
        sound = soundness(scene, report)
        worth = function(scene, placed, sound.own, sound.present)
        form = format_grade(scene, unplaced, problems)
        issues = (
            *(Issue("format", p.kind, () if p.piece is None else (p.piece,), 0.0, p.message) for p in problems),
            *physics_issues(scene, placed, report),
            *sorted(worth.issues, key=lambda issue: -issue.amount / (1.0 if issue.unit == "m" else 45.0)),
        )
        parts: dict[Part, float | None] = {"format": form, "physics": sound.grade, "function": worth.grade}
        return Score(total_of(parts, self.weights), form, sound.grade, worth.grade, None, issues)


def total_of(parts: Mapping[Part, float | None], weights: Mapping[Part, float] = WEIGHTS) -> float:
    """The weighted mean of the parts that are there; 0 when none is."""
    there = [(weights[name], grade) for name, grade in parts.items() if grade is not None]
    weight = sum(weight for weight, _ in there)
    return sum(weight * grade for weight, grade in there) / weight if weight else 0.0


def format_grade(scene: Scene, unplaced: set[str], problems: Sequence[Problem] = ()) -> float:
    """The share of movable pieces that have exactly one complete pose, 0…1.

    Faults that concern no piece to place (unknown ids, entries that are no objects, a moved fixed piece) count like
    pieces without a pose; each kind of harmless wrapping costs a little.
    """
    movable = {piece.id for piece in scene.movable}
    stray = sum(p.severity == "fault" and p.piece not in movable for p in problems)
    wanted = len(movable) + stray
    share = (len(movable) - len(movable & unplaced)) / wanted if wanted else 1.0
    harmless = len({p.kind for p in problems if p.severity == "harmless"})
    return max(0.0, share * (1.0 - min(MOST_HARMLESS, HARMLESS * harmless)))
