# SPDX-License-Identifier: GPL-3.0-or-later
"""The staged schedule: form first, then physics and function, rendering last; it never goes back and can be resumed."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from metaspatial.backend.rewards.schedule import Schedule
from metaspatial.backend.rewards.score import Score
from metaspatial.backend.rewards.total import group_totals, reweighed, total_of
from metaspatial.backend.rewards.weights import STAGES, WEIGHTS, Stage

NAMES = [stage.name for stage in STAGES]
grades = st.floats(0, 1)
scores = st.builds(Score, grades, grades, grades, st.none() | grades, st.none() | grades)


def batch(count=64, **parts):
    return [Score(0.0, **parts) for _ in range(count)]


def test_form_comes_first_and_rendering_last():
    schedule = Schedule()
    assert schedule.weights["format"] > schedule.weights["physics"] > 0.0
    assert not schedule.judges
    assert schedule.observe(batch(format=0.95, physics=0.1, function=0.1))
    assert schedule.weights["physics"] + schedule.weights["function"] > schedule.weights["format"]
    assert not schedule.judges
    assert not schedule.observe(batch(format=1.0, physics=0.9, function=0.5))
    assert schedule.observe(batch(format=1.0, physics=0.9, function=0.7))
    assert schedule.judges
    assert schedule.weights == WEIGHTS


def test_a_few_good_answers_are_not_enough():
    schedule = Schedule()
    assert not schedule.observe(batch(63, format=1.0))
    assert schedule.observe(batch(1, format=1.0))


def test_the_mean_is_over_the_last_scores_only():
    schedule = Schedule()
    schedule.observe(batch(500, format=0.0))
    assert schedule.stage.name == NAMES[0]
    assert schedule.observe(batch(64, format=1.0))


def test_a_scene_that_demands_nothing_of_function_holds_nothing_up():
    schedule = Schedule()
    schedule.observe(batch(format=1.0))
    assert schedule.observe(batch(format=1.0, physics=1.0, function=None))


@given(st.lists(st.lists(scores, max_size=80), max_size=8))
def test_it_never_goes_back_and_says_when_it_goes_on(batches):
    schedule = Schedule()
    for each in batches:
        before = NAMES.index(schedule.stage.name)
        went_on = schedule.observe(each)
        assert NAMES.index(schedule.stage.name) == before + went_on


@given(st.lists(st.lists(scores, max_size=80), max_size=6), st.integers(0, 5))
def test_it_goes_on_where_it_was_saved(batches, cut):
    whole, first, second = Schedule(), Schedule(), Schedule()
    for each in batches[:cut]:
        first.observe(each)
    second.load_state_dict(json.loads(json.dumps(first.state_dict())))
    for each in batches[cut:]:
        second.observe(each)
    for each in batches:
        whole.observe(each)
    assert second.state_dict() == whole.state_dict()


def test_states_and_stages_that_make_no_sense_are_refused():
    with pytest.raises(ValueError, match=r"no stage 'warm-up'; its stages are format, "):
        Schedule().load_state_dict({"stage": "warm-up"})
    with pytest.raises(ValueError, match="at least one stage"):
        Schedule(())
    with pytest.raises(ValueError, match="window"):
        Schedule((Stage("a", WEIGHTS, {"format": 1.0}, 0),))
    with pytest.raises(ValueError, match="negative"):
        Schedule((Stage("a", {"format": -1.0}),))


@given(scores, st.sampled_from(STAGES))
def test_every_stage_has_totals_from_0_to_1_that_rise_with_every_part(score, stage):
    total = reweighed(score, stage.weights).total
    assert 0.0 <= total <= 1.0
    for part, grade in score.parts.items():
        if grade is not None:
            better = {**score.parts, part: min(1.0, grade + 0.1)}
            assert total_of(better, stage.weights) >= total - 1e-12


def test_totals_of_all_stages_are_one_where_everything_is():
    perfect = Score(0.0, 1.0, 1.0, 1.0, 1.0)
    assert [reweighed(perfect, stage.weights).total for stage in STAGES] == pytest.approx([1.0] * 3)


def test_a_group_is_compared_by_the_parts_that_all_of_it_have():
    plain = Score(0.0, 1.0, 1.0, 1.0, 0.4)
    unseen = Score(0.0, 1.0, 1.0, 1.0, None)
    assert group_totals([plain, unseen]) == [1.0, 1.0]
    assert group_totals([plain, plain]) == pytest.approx([1.16 / 1.4] * 2)
    assert group_totals([]) == []
