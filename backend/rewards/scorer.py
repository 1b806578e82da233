# SPDX-License-Identifier: GPL-3.0-or-later
"""The scorer: a layout's grades for format, physics, function and its picture, their total, the issues behind them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ..scene import Layout, Scene
from .boxes import BoxEngine
from .complaints import physics_issues
from .form import form
from .function import function
from .physics import PhysicsEngine
from .score import Issue, Judge, Part, Photographer, Renderer, Score, Verdict
from .soundness import soundness
from .total import total_of
from .weights import GOOD_MARK, WEIGHTS

if TYPE_CHECKING:
    from ..dialogue import Problem

__all__ = ["WEIGHTS", "Scorer", "judged", "total_of"]

PICTURE_SIZE = (512, 512)
"""Pixels of the pictures that are judged."""


class Scorer:
    """Scores layouts with a physics engine: numpy boxes, or whichever satisfies `PhysicsEngine`.

    With a judge, pictures are judged too: those given to `score`, else the renderer's. Set `weights` to those of the
    stage (`schedule.Schedule.weights`) while a model learns; where they give a picture no weight, none is made.
    """

    def __init__(
        self,
        engine: PhysicsEngine | None = None,
        weights: Mapping[Part, float] = WEIGHTS,
        *,
        renderer: Renderer | None = None,
        judge: Judge | None = None,
    ) -> None:
        self.engine: PhysicsEngine = BoxEngine() if engine is None else engine
        self.weights = weights
        self.renderer = renderer
        self.judge = judge

    def score(
        self,
        scene: Scene,
        layout: Layout,
        problems: Sequence[Problem] = (),
        pictures: Sequence[bytes] | None = None,
    ) -> Score:
        """Grade a layout. `problems` are those of the answer it was read from, if it was; `pictures` are PNGs of it.

        Raises nothing for any layout of finite poses, whatever befalls the renderer or the judge: then the rendered
        grade is missing, and the score's verdict says why. The largest faults come first among the issues of each part.
        To judge off the critical path, score without a judge and fold the verdict in later: `judged`.
        """
        report = self.engine.measure(scene, layout)
        unplaced = set(report.unplaced)
        fixed = {piece.id: piece.pose for piece in scene.fixed if piece.pose is not None}
        placed = Layout({id: pose for id, pose in {**layout.poses, **fixed}.items() if id not in unplaced})
        formed = form(scene, unplaced, problems)
        sound = soundness(scene, report)
        worth = function(scene, placed, sound.own, sound.present)
        issues = (
            *formed.issues,
            *physics_issues(scene, placed, report),
            *sorted(worth.issues, key=lambda issue: -issue.amount / _LIKE_A_METRE[issue.unit]),
        )
        grades: list[tuple[Part, Mapping[str, float]]] = [
            ("format", formed.pieces),
            ("physics", sound.own),
            ("function", worth.pieces),
        ]
        pieces: dict[str, dict[Part, float]] = {
            piece.id: {part: each[piece.id] for part, each in grades if piece.id in each} for piece in scene.movable
        }
        score = Score(0.0, formed.grade, sound.grade, worth.grade, None, issues, pieces)
        score = dataclasses.replace(score, total=total_of(score.parts, self.weights))
        if self.judge is None or not self.weights.get("render", 0.0):
            return score
        return judged(score, self._verdict(self.judge, scene, placed, pictures), self.weights)

    def _verdict(self, judge: Judge, scene: Scene, layout: Layout, pictures: Sequence[bytes] | None) -> Verdict:
        try:
            if pictures is None:
                pictures = pictures_of(self.renderer, scene, layout)
            if not pictures:
                return Verdict(None, missing="there is no picture to judge")
            return judge.judge(scene, pictures)
        except Exception as error:  # whatever fails here is not the layout's fault: the measured grades stand
            return Verdict(None, missing=str(error) or type(error).__name__)


def judged(score: Score, verdict: Verdict, weights: Mapping[Part, float] = WEIGHTS) -> Score:
    """The score with a judge's verdict folded in; one that was there before is replaced.

    A verdict without a grade leaves the rendered grade missing and its weight to the other parts. Criteria below
    `weights.GOOD_MARK` become issues.
    """
    issues = tuple(issue for issue in score.issues if issue.part != "render")
    if verdict.grade is not None:
        weak = sorted((mark, name) for name, mark in verdict.criteria.items() if mark < GOOD_MARK)
        issues += tuple(
            Issue(
                "render",
                name,
                (),
                GOOD_MARK - mark,
                f"the picture's {_words(name)} is judged {mark:.1f} of 10",
                "marks",
            )
            for mark, name in weak
        )
    score = dataclasses.replace(score, render=verdict.grade, issues=issues, verdict=verdict)
    return dataclasses.replace(score, total=total_of(score.parts, weights))


def pictures_of(renderer: Renderer | None, scene: Scene, layout: Layout) -> Sequence[bytes]:
    """The pictures of a layout that a judge should see: all views of a renderer that makes several, else its one.

    Raises what the renderer raises.
    """
    if renderer is None:
        return ()
    if isinstance(renderer, Photographer):
        return renderer.pictures(scene, layout, PICTURE_SIZE)
    return (renderer.render(scene, layout, PICTURE_SIZE),)


_LIKE_A_METRE = {"m": 1.0, "°": 45.0}
"""How much of a unit weighs like one metre, to sort issues."""


def _words(name: str) -> str:
    return name.replace("_", " ")
