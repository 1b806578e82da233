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
from ...backend.scene import Layout, Pose, Scene, current_layout
from ...backend.scene.geometry import angle_between
from ...backend.scene.preference import with_preferences
from .job import Desk, Share

_SAME = 0.02
"""Metres, and degrees: layouts that differ by less are one."""
_ROUNDED = 0.001


@dataclass(frozen=True)
class Arrangement:
    """What came out: the layout to place, its score, and how it came about.

    `before` is the score of the room as it stood, None if not everything stood somewhere. `moved` tells what settling
    moved, metres per piece; `answered` is the score of the answer before settling. `unplaced` says of every piece
    without a pose why it has none. `unsettled` is the layout before settling.
    """

    layout: Layout
    score: Score
    answered: Score
    before: Score | None
    trajectory: Trajectory
    moved: Mapping[str, float] = field(default_factory=dict)
    unplaced: Mapping[str, str] = field(default_factory=dict)
    unsettled: Layout = field(default_factory=Layout)


def arranging(
    scene: Scene,
    policy: Policy,
    scorer: Scorer,
    *,
    turns: int = 1,
    renderer: Renderer | None = None,
    settle: bool = True,
    start: Layout | None = None,
) -> Callable[[Desk], Arrangement]:
    """The work of a `Job` that arranges `scene`: see `arrange`."""
    return lambda desk: arrange(desk, scene, policy, scorer, turns=turns, renderer=renderer, settle=settle, start=start)


def arranging_variants(
    scene: Scene,
    policies: Sequence[Policy],
    scorer: Scorer,
    *,
    turns: int = 1,
    renderer: Renderer | None = None,
    settle: bool = True,
    start: Layout | None = None,
) -> Callable[[Desk], tuple[Arrangement, ...]]:
    """The work of a `Job` that arranges `scene` once by each policy: what differs, the best score first.

    What a later policy fails at is left out; the first one's failure is the job's.
    """

    def work(desk: Desk) -> tuple[Arrangement, ...]:
        found: list[Arrangement] = []
        for k, policy in enumerate(policies):
            part = Share(desk, k, len(policies))
            try:
                done = arrange(part, scene, policy, scorer, turns=turns, renderer=renderer, settle=settle, start=start)
            except PolicyError:
                if not found:
                    raise
                continue
            if not any(_alike(done.layout, other.layout) for other in found):
                found.append(done)
        return tuple(sorted(found, key=lambda each: (len(each.unplaced), -each.score.total)))

    return work


def arrange(
    desk: Desk,
    scene: Scene,
    policy: Policy,
    scorer: Scorer,
    *,
    turns: int = 1,
    renderer: Renderer | None = None,
    settle: bool = True,
    start: Layout | None = None,
) -> Arrangement:
    """Let `policy` arrange `scene` in up to `turns` turns, keep the best, settle it if asked.

    With `start`, the first of the turns is that layout, and the policy betters it.

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
        start=start,
        renderer=None if renderer is None else _RendererOnMain(desk, renderer),
        cancelled=desk.cancelled,
        on_event=lambda event: _narrate(desk, event),
    )
    best = trajectory.best
    if not reasons and not any(piece.id in best.layout for piece in scene.movable):
        raise PolicyError(_useless(best.problems))
    unsettled = best.layout if start is None else _kept(best.layout, start)
    layout, score, moved = unsettled, best.score, {}
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
    return Arrangement(layout, score, best.score, before, trajectory, moved, unplaced, unsettled)


def _kept(layout: Layout, start: Layout) -> Layout:
    """The layout with the poses of `start` where they differ by no more than an answer's rounding."""
    return Layout({id: was if (was := start.get(id)) and _near(pose, was, _ROUNDED) else pose
                   for id, pose in layout.poses.items()})  # fmt: skip


def _alike(one: Layout, other: Layout) -> bool:
    """Whether every piece stands in nearly the same place in both."""
    return one.poses.keys() == other.poses.keys() and all(
        _near(pose, other.poses[id], _SAME) for id, pose in one.poses.items()
    )


def _near(a: Pose, b: Pose, most: float) -> bool:
    """No further apart than `most` metres along each axis, nor turned by more than as many degrees."""
    return max(abs(a.x - b.x), abs(a.y - b.y), abs(a.z - b.z)) <= most and angle_between(a.rotation, b.rotation) <= most


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
