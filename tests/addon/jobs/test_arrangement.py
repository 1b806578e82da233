# SPDX-License-Identifier: GPL-3.0-or-later
"""Arranging as a job's work: who runs where, what is told, what comes out."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
from metaspatial.backend.dialogue import Dialogue, format_answer
from metaspatial.backend.policies.policy import Cancelled, PolicyError
from metaspatial.backend.policies.solver import SolverPolicy
from metaspatial.backend.rewards.boxes import BoxEngine
from metaspatial.backend.rewards.physics import PhysicsReport
from metaspatial.backend.rewards.score import Score
from metaspatial.backend.rewards.scorer import Scorer
from metaspatial.backend.scene import Furniture, Layout, Part, Pose, Room, Scene
from metaspatial.metaspatial_addon.jobs import Job, arranging

ROOM = Room(((0.0, 0.0), (4.0, 0.0), (4.0, 3.0), (0.0, 3.0)), 2.5)
BED = Furniture("bed_1", "bed", (1.4, 2.0, 0.5), pose=Pose(2.0, 1.5, 0.25))
DESK = Furniture("desk_1", "desk", (1.2, 0.6, 0.75), pose=Pose(2.2, 1.5, 0.375))
SCENE = Scene(ROOM, (BED, DESK))
OVERLAPPING = Layout({"bed_1": Pose(0.75, 1.9, 0.25), "desk_1": Pose(1.95, 2.6, 0.375)})


class Says:
    """A policy that gives these answers in turn."""

    name = "says"

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.pictures = 0

    def answer(
        self,
        dialogue: Dialogue,
        *,
        cancelled: Callable[[], bool] = lambda: False,
        on_text: Callable[[str], None] = lambda text: None,
    ) -> str:
        self.pictures = sum(len(message.pictures) for message in dialogue.messages)
        on_text("<think>hm")
        return self.answers.pop(0)


class ThreadMarked(Scorer):
    """A scorer, and a renderer, that remember on which threads they were used."""

    def __init__(self) -> None:
        super().__init__(BoxEngine())
        self.threads: set[int] = set()

    def score(self, *args: object, **kwargs: object) -> Score:
        self.threads.add(threading.get_ident())
        return super().score(*args, **kwargs)

    def render(self, scene: Scene, layout: Layout, size: tuple[int, int] = (512, 512)) -> bytes:
        self.threads.add(threading.get_ident())
        return b"\x89PNG\r\n\x1a\n"


def test_scoring_and_rendering_happen_on_the_pumping_thread_alone() -> None:
    scorer, policy = ThreadMarked(), Says(format_answer(OVERLAPPING), format_answer(OVERLAPPING))
    Job("test", arranging(SCENE, policy, scorer, turns=2, renderer=scorer)).run()
    assert scorer.threads == {threading.get_ident()}
    assert policy.pictures == 2


def test_an_answer_is_settled_and_says_what_moved() -> None:
    done = Job("test", arranging(SCENE, Says(format_answer(OVERLAPPING)), Scorer(BoxEngine()))).run()
    assert BoxEngine().measure(SCENE, OVERLAPPING).penetrations
    assert BoxEngine().measure(SCENE, done.layout).valid
    assert done.moved
    assert all(metres > 0 for metres in done.moved.values())
    assert done.score.physics > done.answered.physics


class SolidChairs(BoxEngine):
    """Sees a chair as a block, where boxes see a seat and a back; remembers on which threads it measured."""

    def __init__(self) -> None:
        super().__init__()
        self.threads: set[int] = set()

    def measure(self, scene: Scene, layout: Layout) -> PhysicsReport:
        self.threads.add(threading.get_ident())
        blocks = tuple(
            replace(piece, parts=(Part((0.0, 0.0, 0.0), piece.size),)) if piece.category == "chair" else piece
            for piece in scene.furniture
        )
        return super().measure(replace(scene, furniture=blocks), layout)


def test_settling_goes_by_what_the_scorers_engine_measures_on_the_pumping_thread() -> None:
    chair, table = (
        Furniture("chair_1", "chair", (0.5, 0.5, 0.9)),
        Furniture("table_1", "dining_table", (1.4, 0.9, 0.75)),
    )
    scene = Scene(ROOM, (chair, table))
    tucked = Layout({"chair_1": Pose(2.0, 2.0, 0.45), "table_1": Pose(2.0, 1.5, 0.375)})
    assert BoxEngine().measure(scene, tucked).valid
    engine = SolidChairs()
    done = Job("test", arranging(scene, Says(format_answer(tucked)), Scorer(engine))).run()
    assert engine.threads == {threading.get_ident()}
    assert engine.measure(scene, done.layout).valid
    assert set(done.moved) == {"chair_1"}
    assert done.score.physics == 1.0 > (done.answered.physics or 0.0)


def test_a_preference_in_words_is_told_to_the_model_and_asked_for_by_the_scorer() -> None:
    scene = replace(SCENE, preference="The desk near the bed.")
    apart = Layout({"bed_1": Pose(0.75, 1.9, 0.25), "desk_1": Pose(3.3, 0.4, 0.375)})
    done = Job("test", arranging(scene, Says(format_answer(apart)), Scorer(BoxEngine()))).run()
    assert "desk_1 near bed_1" in done.trajectory.turns[0].messages[-1].text
    assert [issue for issue in done.score.issues if set(issue.pieces) == {"desk_1", "bed_1"}]


def test_without_settling_an_answer_is_placed_as_it_was_returned() -> None:
    done = Job("test", arranging(SCENE, Says(format_answer(OVERLAPPING)), Scorer(BoxEngine()), settle=False)).run()
    assert dict(done.layout.poses) == dict(OVERLAPPING.poses)
    assert done.moved == {}
    assert done.score == done.answered


def test_the_best_turn_is_kept_not_the_last() -> None:
    good = Layout({"bed_1": Pose(0.75, 1.9, 0.25), "desk_1": Pose(3.3, 2.6, 0.375)})
    policy = Says(format_answer(good), format_answer(OVERLAPPING))
    done = Job("test", arranging(SCENE, policy, Scorer(BoxEngine()), turns=2, settle=False)).run()
    assert dict(done.layout.poses) == dict(good.poses)


def test_the_room_is_scored_as_it_stood() -> None:
    work = arranging(SCENE, SolverPolicy(seconds=1), Scorer(BoxEngine()))
    done = Job("test", work).run()
    assert done.before is not None
    assert done.before.physics < done.score.physics == 1.0
    homeless = Scene(ROOM, (BED, Furniture("desk_1", "desk", DESK.size)))
    assert Job("test", arranging(homeless, SolverPolicy(seconds=1), Scorer(BoxEngine()))).run().before is None


def test_the_solver_gives_the_reason_for_each_piece_without_a_place() -> None:
    scene = Scene(ROOM, (BED, Furniture("wardrobe_1", "wardrobe", (1.0, 0.6, 2.7), label="Tall wardrobe")))
    done = Job("test", arranging(scene, SolverPolicy(seconds=1), Scorer(BoxEngine()))).run()
    assert "bed_1" in done.layout
    assert set(done.unplaced) == {"wardrobe_1"}
    assert "higher than the room" in done.unplaced["wardrobe_1"]


def test_a_piece_that_a_model_forgets_is_unplaced() -> None:
    answer = format_answer(Layout({"bed_1": Pose(0.75, 1.9, 0.25)}))
    done = Job("test", arranging(SCENE, Says(answer), Scorer(BoxEngine()))).run()
    assert set(done.unplaced) == {"desk_1"}
    assert done.unplaced["desk_1"]


def test_the_solvers_progress_grows_to_the_end() -> None:
    job = Job("test", arranging(SCENE, SolverPolicy(seconds=2), Scorer(BoxEngine()))).start()
    fractions, stages = [], []
    while job.working:
        job.pump(budget=0.0, wait=0.1)
        fractions.append(job.fraction)
        stages.append(job.stage)
    assert fractions == sorted(fractions)
    assert len(set(fractions)) > 5
    assert fractions[-1] == 1.0
    assert {"asking", "scoring", "ready"} <= set(stages)


def test_the_models_words_are_streamed() -> None:
    job = Job("test", arranging(SCENE, Says(format_answer(OVERLAPPING)), Scorer(BoxEngine())))
    job.run()
    assert job.stream == "<think>hm"


def test_a_policy_that_can_not_answer_fails_with_its_own_sentence() -> None:
    class Absent(Says):
        def answer(self, *args: object, **kwargs: object) -> str:
            raise PolicyError("Nobody answers at http://127.0.0.1:9.")

    with pytest.raises(PolicyError, match="Nobody answers"):
        Job("test", arranging(SCENE, Absent(), Scorer(BoxEngine()))).run()


def test_a_scorer_that_breaks_fails_the_job_and_keeps_the_traceback() -> None:
    class Broken(Scorer):
        def score(self, *args: object, **kwargs: object) -> Score:
            raise ReferenceError("StructRNA of type Object has been removed")

    job = Job("test", arranging(SCENE, SolverPolicy(seconds=1), Broken(BoxEngine()))).start()
    while job.working:
        job.pump(wait=0.1)
    assert job.stage == "failed"
    assert "has been removed" in job.error
    assert "in score" in job.details


def test_cancelling_reaches_the_solver() -> None:
    many = Scene(ROOM, tuple(Furniture(f"chair_{k}", "chair", (0.4, 0.4, 0.8)) for k in range(12)))
    job = Job("test", arranging(many, SolverPolicy(seconds=60), Scorer(BoxEngine()))).start()
    while job.working and job.fraction < 0.06:
        job.pump(wait=0.1)
    job.cancel()
    assert job.join(5)
    assert job.stage == "cancelled"
    with pytest.raises(Cancelled):
        job.run()
