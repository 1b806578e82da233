# SPDX-License-Identifier: GPL-3.0-or-later
"""The loop over turns: what the policy is shown, which turn wins, and what happens when something fails."""

import pytest
from metaspatial.backend.dialogue import format_answer
from metaspatial.backend.policies.policy import Cancelled, PolicyError
from metaspatial.backend.refine import (
    PictureFailed,
    TextReceived,
    TurnFailed,
    TurnScored,
    TurnStarted,
    refine,
)
from metaspatial.backend.rewards.score import Issue, Score
from metaspatial.backend.scene import Furniture, Layout, Pose, Room, Scene, SceneError

ROOM = Room(((0, 0), (5, 0), (5, 4), (0, 4)), 2.6)
SCENE = Scene(ROOM, (Furniture("bed_1", "bed", (1.6, 2.0, 0.5)), Furniture("box_1", "box", (0.4, 0.4, 0.4))))


class Script:
    """A policy that gives prepared answers, or raises them."""

    name = "script"

    def __init__(self, *answers):
        self.answers = list(answers)
        self.dialogues = []

    def answer(self, dialogue, *, cancelled=lambda: False, on_text=lambda text: None):
        self.dialogues.append(dialogue)
        step = self.answers[len(self.dialogues) - 1]
        if isinstance(step, Exception):
            raise step
        on_text(step[:5])
        return step


class EastIsBetter:
    """A scorer that likes the bed in the east; a missing bed is worth nothing."""

    def __init__(self):
        self.seen = []

    def score(self, scene, layout, problems=()):
        self.seen.append((layout, problems))
        bed = layout.get("bed_1")
        if bed is None:
            return Score(0.0, issues=(Issue("physics", "unplaced", ("bed_1",), 0.0, "bed_1 has no place"),))
        return Score(
            bed.x / 5,
            physics=bed.x / 5,
            issues=(Issue("function", "west", ("bed_1",), 5 - bed.x, f"{5 - bed.x:g} m too far west"),),
        )


class Camera:
    """A renderer whose picture says where the bed is."""

    def render(self, scene, layout, size=(512, 512)):
        return f"picture of bed at {layout['bed_1'].x if 'bed_1' in layout else None}".encode()


def bed_at(x):
    return format_answer(Layout({"bed_1": Pose(x, 1.0, 0.25), "box_1": Pose(1.0, 3.0, 0.2)}))


def test_one_turn_places_and_scores():
    trajectory = refine(SCENE, Script(bed_at(2)), EastIsBetter())
    assert len(trajectory.turns) == 1
    assert trajectory.best.layout["bed_1"] == Pose(2.0, 1.0, 0.25, 0.0)
    assert trajectory.best.score.total == pytest.approx(0.4)
    assert trajectory.best.picture is None


def test_a_layout_to_begin_with_is_the_first_turn_and_stays_where_nothing_is_better():
    start = Layout({"bed_1": Pose(2.00049, 1.0, 0.25), "box_1": Pose(1.0, 3.0, 0.2)})
    policy, events = Script(bed_at(1), bed_at(1.5)), []
    kept = refine(SCENE, policy, EastIsBetter(), turns=3, start=start, on_event=events.append)
    assert len(policy.dialogues) == 2
    assert "too far west" in policy.dialogues[0].messages[-1].text, "it is told what is wrong with it"
    assert policy.dialogues[0].messages[-2].role == "assistant"
    assert kept.best.layout is start, "not even rounded"
    assert [event.number for event in events if isinstance(event, TextReceived)] == [2, 3]
    better = refine(SCENE, Script(bed_at(4)), EastIsBetter(), turns=2, start=start)
    assert better.best.layout["bed_1"].x == 4.0


def test_the_best_turn_wins_and_of_equals_the_earlier():
    trajectory = refine(SCENE, Script(bed_at(1), bed_at(3), bed_at(2), bed_at(3)), EastIsBetter(), turns=4)
    assert [turn.score.total for turn in trajectory.turns] == pytest.approx([0.2, 0.6, 0.4, 0.6])
    assert trajectory.best is trajectory.turns[1]


def test_each_turn_sees_its_own_last_layout():
    policy = Script(bed_at(1), bed_at(3), bed_at(2))
    refine(SCENE, policy, EastIsBetter(), turns=3, picture=b"empty room", renderer=Camera())
    third = policy.dialogues[2].messages
    assert [message.role for message in third] == ["system", "user", "assistant", "user", "assistant", "user"]
    assert [message.pictures for message in third if message.role == "user"] == [
        (b"empty room",),
        (b"picture of bed at 1.0",),
        (b"picture of bed at 3.0",),
    ]
    assert third[2].text == bed_at(1)
    assert "- bed_1 1 1 0.25 0" in third[3].text
    assert "Score 0.2 of 1 (physics 0.2)" in third[3].text
    assert "- 4 m too far west." in third[3].text
    assert third[:4] == policy.dialogues[1].messages


def test_without_a_picture_the_renderer_shows_the_room_as_it_is():
    placed = Scene(ROOM, (Furniture("bed_1", "bed", (1.6, 2.0, 0.5), pose=Pose(4.0, 1.0, 0.25)),))
    policy = Script(bed_at(2))
    trajectory = refine(placed, policy, EastIsBetter(), renderer=Camera())
    assert policy.dialogues[0].messages[1].pictures == (b"picture of bed at 4.0",)
    assert trajectory.best.picture == b"picture of bed at 4.0"


def test_missing_pieces_and_faults_reach_the_scorer():
    scorer = EastIsBetter()
    trajectory = refine(SCENE, Script("I would rather not."), scorer)
    layout, problems = scorer.seen[0]
    assert len(layout) == 0
    assert [problem.kind for problem in problems if problem.severity == "fault"] == ["no_answer"]
    assert trajectory.best.score.total == 0.0
    assert trajectory.best.problems == problems


def test_a_later_failure_keeps_the_earlier_turns():
    events = []
    policy = Script(bed_at(2), PolicyError("the server went away"))
    trajectory = refine(SCENE, policy, EastIsBetter(), turns=3, on_event=events.append)
    assert len(trajectory.turns) == 1
    assert trajectory.best is trajectory.turns[0]
    assert trajectory.failure == "the server went away"
    assert events[-1] == TurnFailed(2, "the server went away")


def test_a_failure_of_the_first_turn_is_raised():
    with pytest.raises(PolicyError, match="nobody listens"):
        refine(SCENE, Script(PolicyError("nobody listens")), EastIsBetter(), turns=3)


def test_a_perfect_score_ends_the_turns():
    policy = Script(bed_at(5), bed_at(1))
    assert len(refine(SCENE, policy, EastIsBetter(), turns=2).turns) == 1
    assert len(policy.dialogues) == 1


def test_a_failing_renderer_costs_only_the_picture():
    class Broken:
        def render(self, scene, layout, size=(512, 512)):
            raise RuntimeError("no GPU")

    events = []
    policy = Script(bed_at(1), bed_at(2))
    trajectory = refine(SCENE, policy, EastIsBetter(), turns=2, renderer=Broken(), on_event=events.append)
    assert len(trajectory.turns) == 2
    assert all(turn.picture is None for turn in trajectory.turns)
    assert [event for event in events if isinstance(event, PictureFailed)] == [
        PictureFailed(1, "no GPU"),
        PictureFailed(2, "no GPU"),
    ]


def test_progress_is_told_in_order():
    events = []
    trajectory = refine(SCENE, Script(bed_at(1), bed_at(2)), EastIsBetter(), turns=2, on_event=events.append)
    assert events == [
        TurnStarted(1, 2),
        TextReceived(1, "<thin"),
        TurnScored(1, trajectory.turns[0]),
        TurnStarted(2, 2),
        TextReceived(2, "<thin"),
        TurnScored(2, trajectory.turns[1]),
    ]


@pytest.mark.parametrize("after", ["start", "answer", "score"])
def test_cancel_stops_before_the_next_step(after):
    policy, scorer = Script(bed_at(1), bed_at(2)), EastIsBetter()
    reached = {"start": lambda: True, "answer": lambda: policy.dialogues, "score": lambda: scorer.seen}[after]
    with pytest.raises(Cancelled):
        refine(SCENE, policy, scorer, turns=2, cancelled=lambda: bool(reached()))
    assert len(policy.dialogues) == (after != "start")
    assert len(scorer.seen) == (after == "score")


def test_a_cancel_inside_a_later_turn_is_no_failure():
    with pytest.raises(Cancelled):
        refine(SCENE, Script(bed_at(1), Cancelled()), EastIsBetter(), turns=2)


def test_less_than_one_turn_is_refused():
    with pytest.raises(ValueError, match="at least one"):
        refine(SCENE, Script(), EastIsBetter(), turns=0)


def test_an_unsound_scene_never_reaches_the_policy():
    policy = Script(bed_at(1))
    with pytest.raises(SceneError, match=r"furniture\[0\]\.id"):
        refine(Scene(ROOM, (Furniture("a</answer>", "bed", (1, 1, 1)),)), policy, EastIsBetter())
    assert policy.dialogues == []
