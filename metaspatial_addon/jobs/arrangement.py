# SPDX-License-Identifier: GPL-3.0-or-later
"""Arranging a scene as a job's work: ask, score, refine, settle, score again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ...backend.dialogue import Problem
from ...backend.policies.policy import Policy, PolicyError
from ...backend.policies.repair import settle_on
from ...backend.policies.solver import SolverPolicy
from ...backend.refine import (
    Event,
    PictureFailed,
    TextReceived,
    Trajectory,
    TurnFailed,
    TurnStarted,
    refine,
)
from ...backend.rewards.physics import PhysicsReport
from ...backend.rewards.score import Renderer, Score
from ...backend.rewards.scorer import Scorer
from ...backend.scene import Layout, Scene, current_layout
from ...backend.scene.preference import with_preferences
from .job import Desk


@dataclass(frozen=True)
class Arrangement:
    """What came out: the layout to place, its score, and how it came about.

    `before` is the score of the room as it stood, None if not everything stood somewhere. `moved` tells what settling
    moved, metres per piece; `answered` is the score of the answer before settling. `unplaced` says of every piece
    without a pose why it has none.
    """

    layout: Layout
    score: Score
    answered: Score
    before: Score | None
    trajectory: Trajectory
    moved: Mapping[str, float] = field(default_factory=dict)
    unplaced: Mapping[str, str] = field(default_factory=dict)


def arranging(
    scene: Scene,
    policy: Policy,
    scorer: Scorer,
    *,
    turns: int = 1,
    renderer: Renderer | None = None,
    settle: bool = True,
) -> Callable[[Desk], Arrangement]:
    """The work of a `Job` that arranges `scene`: see `arrange`."""
    return lambda desk: arrange(desk, scene, policy, scorer, turns=turns, renderer=renderer, settle=settle)


def arrange(
    desk: Desk,
    scene: Scene,
    policy: Policy,
    scorer: Scorer,
    *,
    turns: int = 1,
    renderer: Renderer | None = None,
    settle: bool = True,
) -> Arrangement:
    """Let `policy` arrange `scene` in up to `turns` turns, keep the best, settle it if asked.

    What the preference plainly asks for is among the relations that the policy is told and the scorer looks for.
    Settling goes by what the scorer's engine measures. `scorer`, its engine and `renderer` are called on the main
    thread (they may need ``bpy``), all else on this one.

    An answer with faults counts for the pieces that it has a sound pose for; the others have none, and the reason is
    told. Raises `Cancelled`, and `PolicyError` when the policy could not answer or no piece has a pose.
    """
    scene = with_preferences(scene)
    graded = _ScorerOnMain(desk, scorer)
    reasons: dict[str, str] = {}
    if isinstance(policy, SolverPolicy):
        policy = replace(
            policy,
            on_progress=lambda share: desk.tell(fraction=0.05 + 0.9 * share),
            on_unplaced=lambda unplaced: reasons.update({unplaced.id: unplaced.reason}),
        )
    desk.tell("preparing", 0.0, "Looking at the room")
    here = current_layout(scene)
    before = graded.score(scene, here) if len(here) == len(scene.furniture) else None
    trajectory = refine(
        scene,
        policy,
        graded,
        turns=turns,
        renderer=None if renderer is None else _RendererOnMain(desk, renderer),
        cancelled=desk.cancelled,
        on_event=lambda event: _narrate(desk, event),
    )
    best = trajectory.best
    if not reasons and not any(piece.id in best.layout for piece in scene.movable):
        raise PolicyError(_useless(best.problems))
    layout, score, moved = best.layout, best.score, {}
    if settle:
        desk.tell("settling", 0.97, "Settling")
        result = settle_on(scene, layout, graded, check=desk.check)
        desk.check()
        if result.moved:
            layout, moved = result.layout, dict(result.moved)
            score = graded.score(scene, layout, best.problems)
    unplaced = {
        piece.id: reasons.get(piece.id) or _fault_of(piece.id, best.problems)
        for piece in scene.furniture
        if piece.id not in layout
    }
    return Arrangement(layout, score, best.score, before, trajectory, moved, unplaced)


def _useless(problems: Sequence[Problem]) -> str:
    """Why an answer says nothing about any piece."""
    fault = next((problem.message for problem in problems if problem.severity == "fault"), "it places no piece")
    return f"The model's answer can't be used: {fault}. Try again, or choose another model."


def _fault_of(id: str, problems: Sequence[Problem]) -> str:
    """What is wrong with a piece's entry in the answer."""
    faults = (problem.message for problem in problems if problem.piece == id and problem.severity == "fault")
    return next(faults, "the answer has no place for it")


def _narrate(desk: Desk, event: Event) -> None:
    """What happens in the loop, for the user."""
    if isinstance(event, TurnStarted):
        turn = f", turn {event.number} of {event.turns}" if event.turns > 1 else ""
        desk.tell("asking", 0.05 + 0.9 * (event.number - 1) / event.turns, f"Thinking{turn}")
    elif isinstance(event, TextReceived):
        desk.stream(event.text)
    elif isinstance(event, TurnFailed | PictureFailed):
        desk.tell(text=event.reason)


class _ScorerOnMain:
    def __init__(self, desk: Desk, scorer: Scorer) -> None:
        self._desk = desk
        self._scorer = scorer

    def score(self, scene: Scene, layout: Layout, problems: tuple[Problem, ...] = ()) -> Score:
        self._desk.tell("scoring", text="Measuring")
        return self._desk.on_main(self._scorer.score, scene, layout, problems)

    def measure(self, scene: Scene, layout: Layout) -> PhysicsReport:
        return self._desk.on_main(self._scorer.engine.measure, scene, layout)


class _RendererOnMain:
    def __init__(self, desk: Desk, renderer: Renderer) -> None:
        self._desk = desk
        self._renderer = renderer

    def render(self, scene: Scene, layout: Layout, size: tuple[int, int] = (512, 512)) -> bytes:
        self._desk.tell(text="Taking a picture")
        return self._desk.on_main(self._renderer.render, scene, layout, size)
