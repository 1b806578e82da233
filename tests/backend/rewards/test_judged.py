# SPDX-License-Identifier: GPL-3.0-or-later
"""The rendered grade: pictures go to the judge, its verdict into the score; what fails is missing and costs nothing."""

import pytest
from metaspatial.backend.rewards.score import Score, Verdict
from metaspatial.backend.rewards.scorer import Scorer, judged
from metaspatial.backend.rewards.weights import STAGES
from metaspatial.backend.scene import Furniture, Layout, Pose, Room, Scene

SCENE = Scene(Room(((0, 0), (4, 0), (4, 4), (0, 4)), 2.5), (Furniture("sofa_1", "sofa", (2.0, 0.9, 0.8)),))
GOOD = Layout({"sofa_1": Pose(2, 3.5, 0.4)})
PRAISE = Verdict(0.8, {"realism": 9.0, "layout": 5.5, "function_and_activity": 3.0}, {"realism": 0.5}, 3)


class Judge:
    def __init__(self, verdict=PRAISE):
        self.verdict, self.seen = verdict, []

    def judge(self, scene, pictures):
        self.seen.append(tuple(pictures))
        if isinstance(self.verdict, Exception):
            raise self.verdict
        return self.verdict


class OneView:
    def render(self, scene, layout, size=(512, 512)):
        return b"one"


class TwoViews(OneView):
    def pictures(self, scene, layout, size=(512, 512)):
        return b"perspective", b"top"


class Broken(OneView):
    def render(self, scene, layout, size=(512, 512)):
        raise RuntimeError("out of memory")


@pytest.mark.parametrize(("renderer", "shown"), [(OneView(), (b"one",)), (TwoViews(), (b"perspective", b"top"))])
def test_the_judge_sees_every_view_that_the_renderer_makes(renderer, shown):
    judge = Judge()
    score = Scorer(renderer=renderer, judge=judge).score(SCENE, GOOD)
    assert judge.seen == [shown]
    assert (score.render, score.verdict) == (0.8, PRAISE)
    assert score.total == pytest.approx((0.2 + 0.4 + 0.4 + 0.4 * 0.8) / 1.4)


def test_pictures_that_are_given_are_not_made_again():
    judge = Judge()
    assert Scorer(renderer=Broken(), judge=judge).score(SCENE, GOOD, pictures=(b"mine",)).render == 0.8
    assert judge.seen == [(b"mine",)]


@pytest.mark.parametrize(
    ("renderer", "verdict", "said"),
    [
        (Broken(), PRAISE, "out of memory"),
        (None, PRAISE, "no picture"),
        (OneView(), Verdict(None, missing="the server refused"), "the server refused"),
        (OneView(), ValueError("cut off"), "cut off"),
    ],
    ids=["no render", "no renderer", "no judgement", "the judge broke"],
)
def test_what_fails_is_missing_and_neither_costs_nor_pays(renderer, verdict, said):
    plain = Scorer().score(SCENE, GOOD)
    score = Scorer(renderer=renderer, judge=Judge(verdict)).score(SCENE, GOOD)
    assert score.render is None
    assert said in score.verdict.missing
    assert (score.total, score.issues) == (plain.total, plain.issues)


def test_a_verdict_can_be_folded_in_later():
    at_once = Scorer(renderer=OneView(), judge=Judge()).score(SCENE, GOOD)
    later = judged(Scorer().score(SCENE, GOOD), PRAISE)
    assert later == at_once
    assert judged(later, PRAISE) == later
    assert judged(later, Verdict(None, missing="gone")).total == Scorer().score(SCENE, GOOD).total


def test_weak_criteria_become_issues_the_weakest_first():
    issues = judged(Score(0.0, 1.0, 1.0, 1.0), PRAISE).issues
    assert [(i.kind, i.amount, i.unit) for i in issues] == [
        ("function_and_activity", 4.0, "marks"),
        ("layout", 1.5, "marks"),
    ]
    assert "function and activity is judged 3.0 of 10" in issues[0].message


def test_no_picture_is_made_while_a_stage_gives_it_no_weight():
    judge = Judge()
    assert Scorer(None, STAGES[0].weights, renderer=Broken(), judge=judge).score(SCENE, GOOD).verdict is None
    assert not judge.seen


def test_a_flattering_judge_saves_no_layout_that_is_not_there():
    flattered = Scorer(renderer=OneView(), judge=Judge(Verdict(1.0)))
    assert flattered.score(SCENE, Layout()).total == 0.0
    away = flattered.score(SCENE, Layout({"sofa_1": Pose(100, 3.5, 0.4)}))
    assert away.total < 0.21


def test_each_piece_has_its_grades():
    score = Scorer().score(SCENE, GOOD)
    assert score.pieces == {"sofa_1": {"format": 1.0, "physics": 1.0, "function": 1.0}}
    assert Scorer().score(SCENE, Layout()).pieces["sofa_1"] == {"format": 0.0, "physics": 0.0, "function": 0.0}
