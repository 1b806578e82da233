# SPDX-License-Identifier: GPL-3.0-or-later
"""One policy on one scene: asked, timed, scored, measured, pictured. This is what runs in each worker."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..dialogue import Dialogue
from ..policies.policy import Policy, PolicyError
from ..policies.repair import settle_on
from ..refine import Trajectory, refine
from ..rewards.judge import CRITERIA
from ..rewards.physics import PhysicsEngine
from ..rewards.score import Part, Renderer, Score, Verdict
from ..rewards.scorer import WEIGHTS, Scorer, judged
from ..scene import Furniture, Layout, Scene, current_layout
from .metrics import measure
from .metrics.metaspatial import metaspatial
from .policies import KINDS, Maker, PolicySpec
from .record import Record, TurnRecord

Pictures = Callable[[Scene, Layout], Sequence[bytes]]


@dataclass(frozen=True, slots=True)
class Tools:
    """What layouts are looked at with; without Blender all are None: boxes and no pictures.

    `mesh_of` gives pieces' meshes to the metrics that want them, `renderer` shows the room to policies that see,
    `pictures` makes the PNGs of a layout for the judge and the report (perspective, plan).
    """

    engine: PhysicsEngine | None = None
    mesh_of: Callable[[Furniture], Any] | None = None
    renderer: Renderer | None = None
    pictures: Pictures | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """One policy, one scene, one seed."""

    spec: PolicySpec
    scene_name: str
    scene: Scene
    seed: int

    @property
    def key(self) -> tuple[str, str, int]:
        """The key of the record that it gives."""
        return self.spec.label, self.scene_name, self.seed


@dataclass(slots=True)
class Grading:
    """Does tasks: `grading(task)` is the record and the layout's pictures.

    `tools` builds the tools, once in each process. Policies are loaded once, too. It travels to workers as it is.
    """

    tools: Callable[[], Tools] = Tools
    turns: int = 1
    weights: Mapping[Part, float] = field(default_factory=lambda: dict(WEIGHTS))
    _built: Tools | None = None
    _makers: dict[tuple[str, str], Maker] = field(default_factory=dict)

    def __call__(self, task: Task) -> tuple[Record, tuple[bytes, ...]]:
        """Whatever fails, but for scoring itself, is in the record's `error`."""
        if self._built is None:
            self._built = self.tools()
        tools = self._built
        scorer = Scorer(tools.engine, self.weights)
        kind = KINDS[task.spec.kind]
        try:
            clock = _Clock(self._policy(task))
            renderer = tools.renderer if kind.sees else None
            trajectory = refine(task.scene, clock, scorer, turns=self.turns if kind.sees else 1, renderer=renderer)
        except PolicyError as error:
            return failed(task, str(error), scorer), ()
        except Exception as error:  # a policy that breaks has failed like one that can't answer
            return failed(task, f"{type(error).__name__}: {error}", scorer), ()
        best = trajectory.best
        layout, score = best.layout, best.score
        if task.spec.settle:
            with clock:
                layout = settle_on(task.scene, layout, scorer.engine).layout
            score = scorer.score(task.scene, layout, best.problems)
        record = Record(
            policy=task.spec.label,
            scene_name=task.scene_name,
            scene=task.scene,
            seed=task.seed,
            layout=layout,
            answer=best.answer_text,
            score=score,
            metrics=_measured(task.scene, layout, best.answer_text, score, tools),
            seconds=sum(clock.seconds),
            spec=task.spec.text,
            cpu_seconds=clock.cpu_seconds,
            turns=_turns(trajectory, clock.seconds),
        )
        return record, () if tools.pictures is None else tuple(tools.pictures(task.scene, layout))

    def _policy(self, task: Task) -> Policy:
        spec = task.spec
        key = spec.label, spec.text
        if key not in self._makers:
            self._makers[key] = KINDS[spec.kind].load(spec.argument, spec.options)
        return self._makers[key](task.scene_name, task.seed)


def failed(task: Task, error: str, scorer: Scorer | None = None) -> Record:
    """The record of a policy that gave no answer: nothing is placed, and that is what is scored."""
    layout = fixed_alone(task.scene)
    score = (scorer or Scorer()).score(task.scene, layout)
    metrics = _measured(task.scene, layout, "", score, Tools())
    return Record(
        task.spec.label, task.scene_name, task.scene, task.seed, layout, "", score, metrics, error=error,
        spec=task.spec.text,
    )  # fmt: skip


def fixed_alone(scene: Scene) -> Layout:
    """The layout of the fixed pieces alone."""
    fixed = {piece.id for piece in scene.fixed}
    return Layout({id: pose for id, pose in current_layout(scene).poses.items() if id in fixed})


def with_verdict(record: Record, verdict: Verdict, weights: Mapping[Part, float]) -> Record:
    """The record with a judge's verdict in its score and in the metrics that take it in."""
    if record.score is None:
        return record
    score = judged(record.score, verdict, weights)
    marks = [verdict.criteria.get(criterion.key) for criterion in CRITERIA]
    metrics = {
        **record.metrics,
        "own.render": score.render,
        "own.total": score.total,
        **metaspatial(record.scene, record.layout, record.answer, marks if verdict.criteria else None),
    }
    return replace(record, score=score, metrics=metrics)


def _measured(scene: Scene, layout: Layout, answer: str, score: Score, tools: Tools) -> dict[str, float | None]:
    return measure(scene, layout, tools.mesh_of, answer, score, engine=tools.engine)


def _turns(trajectory: Trajectory, seconds: Sequence[float]) -> tuple[TurnRecord, ...]:
    """What each turn gave, where there were several."""
    if len(trajectory.turns) < 2:
        return ()
    found = []
    for turn, took in zip(trajectory.turns, seconds, strict=False):
        grades = {"total": turn.score.total, **turn.score.parts}
        found.append(TurnRecord(turn.answer_text, turn.layout, grades, took))
    return tuple(found)


class _Clock:
    """A policy that is timed: `seconds` of each answer, and the processor's `cpu_seconds` of all together."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self.seconds: list[float] = []
        self.cpu_seconds = 0.0

    @property
    def name(self) -> str:
        return self._policy.name

    def answer(
        self,
        dialogue: Dialogue,
        *,
        cancelled: Callable[[], bool] = lambda: False,
        on_text: Callable[[str], None] = lambda text: None,
    ) -> str:
        with self:
            return self._policy.answer(dialogue, cancelled=cancelled, on_text=on_text)

    def __enter__(self) -> None:
        self._start = time.perf_counter(), time.process_time()

    def __exit__(self, *_: object) -> None:
        start, cpu_start = self._start
        self.seconds.append(time.perf_counter() - start)
        self.cpu_seconds += time.process_time() - cpu_start
