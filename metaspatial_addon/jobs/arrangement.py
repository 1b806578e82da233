# SPDX-License-Identifier: GPL-3.0-or-later
"""Arranging a scene as a job's work: ask, score, refine, settle, score again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from ...backend.dialogue import Dialogue
from ...backend.policies.policy import Policy
from ...backend.policies.settle import settle as settled
from ...backend.refine import Trajectory, refine
from ...backend.rewards.score import Renderer, Score
from ...backend.scene import Layout, Scene, current_layout
from .job import Desk


class Scorer(Protocol):
    """Grades layouts (`backend.rewards.scorer.Scorer`)."""

    def score(self, scene: Scene, layout: Layout, problems: Sequence[Any] = ()) -> Score: ...


@dataclass(frozen=True)
class Arrangement:
    """What came out: the layout to place, its score, and how it came about.

    `before` is the score of the room as it stood, None if not everything stood somewhere. `moved` tells what settling
    moved, metres per piece; `answered` is the score of the answer before settling. `unplaced` says of every piece without
    a pose why it has none.
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

    `scorer` and `renderer` are called on the main thread (they may need ``bpy``), all else on this one. Raises `Cancelled`,
    and `PolicyError` when the policy could not answer.
    """
    on_main = _ScorerOnMain(desk, scorer)
    pictures = None if renderer is None else _RendererOnMain(desk, renderer)
    here = current_layout(scene)
    desk.tell("preparing", 0.0, "Looking at the room")
    before = on_main.score(scene, here) if len(here) == len(scene.furniture) else None
    picture = None if pictures is None else pictures.render(scene, here)
    trajectory = refine(
        scene,
        _Narrated(desk, policy, turns),
        on_main,
        turns=turns,
        picture=picture,
        renderer=pictures,
        cancelled=desk.cancelled,
    )
    desk.check()
    best = trajectory.best
    layout, score, moved = best.layout, best.score, {}
    if settle and score.issues:
        desk.tell("settling", 0.95, "Settling")
        result = settled(scene, layout)
        desk.check()
        if result.moved:
            layout, moved = result.layout, dict(result.moved)
            score = on_main.score(scene, layout, problems=best.problems)
    reasons = getattr(policy, "unplaced", {})
    unplaced = {
        piece.id: reasons.get(piece.id, "the answer has no place for it")
        for piece in scene.furniture
        if piece.id not in layout
    }
    return Arrangement(layout, score, best.score, before, trajectory, moved, unplaced)


class _Narrated:
    """A policy that tells the desk what it is doing."""

    def __init__(self, desk: Desk, policy: Policy, turns: int) -> None:
        self.name = policy.name
        self._desk = desk
        self._policy = policy
        self._turns = turns
        self._turn = 0

    def answer(
        self,
        dialogue: Dialogue,
        *,
        cancelled: Callable[[], bool] = lambda: False,
        on_text: Callable[[str], None] = lambda text: None,
    ) -> str:
        self._turn += 1
        which = f" · turn {self._turn} of {self._turns}" if self._turns > 1 else ""
        self._desk.tell("asking", 0.05 + 0.9 * (self._turn - 1) / self._turns, f"{self.name} is thinking{which}")

        def heard(text: str) -> None:
            self._desk.stream(text)
            on_text(text)

        return self._policy.answer(dialogue, cancelled=lambda: cancelled() or self._desk.cancelled(), on_text=heard)


class _ScorerOnMain:
    def __init__(self, desk: Desk, scorer: Scorer) -> None:
        self._desk = desk
        self._scorer = scorer

    def score(self, scene: Scene, layout: Layout, problems: Sequence[Any] = ()) -> Score:
        self._desk.tell("scoring", text="Measuring")
        return self._desk.on_main(self._scorer.score, scene, layout, problems=problems)


class _RendererOnMain:
    def __init__(self, desk: Desk, renderer: Renderer) -> None:
        self._desk = desk
        self._renderer = renderer

    def render(self, scene: Scene, layout: Layout, size: tuple[int, int] = (512, 512)) -> bytes:
        self._desk.tell(text="Taking a picture")
        return self._desk.on_main(self._renderer.render, scene, layout, size)
