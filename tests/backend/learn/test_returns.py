# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of a room's trajectories are made likelier, by hand."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from metaspatial.backend.learn.returns import (
    Returns,
    advantages,
    advantages_by_piece,
    advantages_by_turn,
    batch_unit,
    totals_of_group,
    worth_of_pieces,
)
from metaspatial.backend.rewards.score import Score
from metaspatial.backend.rewards.weights import WEIGHTS

totals = st.lists(st.floats(0, 1), min_size=1, max_size=5)


def test_returns_by_hand() -> None:
    turns = [0.2, 0.8, 0.5]
    assert Returns("last").of(turns) == 0.5
    assert Returns("best").of(turns) == 0.8
    assert Returns("discounted", 0.5).of(turns) == pytest.approx((0.2 + 0.4 + 0.125) / 1.75)


@given(totals, st.sampled_from(("last", "best", "discounted")), st.floats(0.1, 1))
def test_a_single_turn_is_worth_its_total_and_no_return_is_outside_its_turns(turns, kind, discount) -> None:
    returns = Returns(kind, discount)
    assert returns.of(turns[:1]) == pytest.approx(turns[0])
    assert min(turns) - 1e-9 <= returns.of(turns) <= max(turns) + 1e-9


def test_ending_early_for_perfection_costs_nothing() -> None:
    assert Returns("discounted").of([1.0]) > Returns("discounted").of([0.9, 1.0, 1.0])


def test_the_bonus_is_for_what_no_first_answer_of_the_group_reached() -> None:
    returns = Returns("last", bonus=0.5)
    assert returns.of_group([[0.6, 0.8], [0.2, 0.5], [0.4]]) == pytest.approx([0.8 + 0.5 * 0.2, 0.5, 0.4])


def test_beginning_badly_on_purpose_earns_nothing() -> None:
    honest, sly = ([[0.6], [0.5, 0.7]], [[0.6], [0.1, 0.7]])
    returns = Returns("last", bonus=1.0)
    assert returns.of_group(honest)[1] == returns.of_group(sly)[1]


def test_advantages_by_hand() -> None:
    spread = math.sqrt(((0.3**2) * 2) / 2)
    assert advantages([0.2, 0.5, 0.8]) == pytest.approx([-0.3 / (spread + 1e-4), 0.0, 0.3 / (spread + 1e-4)])


def test_by_the_batch_a_small_difference_weighs_little() -> None:
    """By its own group's spread, a hundredth would weigh as much as everything."""
    hardly, much = [0.99, 1.0], [0.2, 1.0]
    assert advantages(hardly)[1] == pytest.approx(advantages(much)[1], rel=0.02)
    centred = [advantages(group, "batch") for group in (hardly, much)]
    assert centred == [pytest.approx([-0.005, 0.005]), pytest.approx([-0.4, 0.4])]
    unit = batch_unit([value for group in centred for value in group], "batch")
    assert unit == pytest.approx(math.sqrt((2 * 0.005**2 + 2 * 0.4**2) / 4) + 1e-4)
    assert batch_unit([0.1, 0.2], "group") == batch_unit([0.1, 0.2], "none") == batch_unit([], "batch") == 1.0


def test_what_has_no_return_neither_learns_nor_counts() -> None:
    assert advantages([0.2, None, 0.8]) == pytest.approx(
        [*advantages([0.2, 0.8])[:1], 0.0, *advantages([0.2, 0.8])[1:]]
    )
    assert advantages([None, 0.4, None]) == [0.0, 0.0, 0.0]


def test_equal_trajectories_teach_nothing() -> None:
    assert advantages([0.7] * 4) == [0.0] * 4


def test_each_turn_beside_the_others_of_its_number() -> None:
    values = advantages_by_turn([[0.2, 0.9], [0.6, 0.3], [1.0]], Returns("last"))
    assert [len(turns) for turns in values] == [2, 2, 1]
    first, second = advantages([0.9, 0.3, 1.0]), advantages([0.9, 0.3])
    assert values == [pytest.approx([first[0], second[0]]), pytest.approx([first[1], second[1]]), [first[2]]]


def test_the_only_one_to_get_so_far_is_compared_with_nobody() -> None:
    assert advantages_by_turn([[0.2, 0.9], [1.0], []], Returns("last"))[0][1] == 0.0


def test_one_picture_that_is_not_judged_takes_judgement_from_the_whole_group() -> None:
    seen = Score(0.0, format=1.0, physics=1.0, function=0.5, render=1.0)
    unseen = Score(0.0, format=1.0, physics=1.0, function=0.5)
    (a, b), (c,) = totals_of_group([[seen, unseen], [seen]], WEIGHTS)
    assert a == b == c
    ((d,),) = totals_of_group([[seen]], WEIGHTS)
    assert d > a


def test_a_piece_is_worth_its_own_grades_under_the_weights() -> None:
    score = Score(0.0, pieces={"bed_1": {"physics": 0.5, "function": 1.0}, "rug_1": {"format": 1.0}, "lamp_1": {}})
    assert worth_of_pieces(score, {"physics": 0.4, "function": 0.2}) == {"bed_1": pytest.approx(0.4 / 0.6)}


def test_each_piece_beside_itself_in_the_other_trajectories() -> None:
    group = [[{"bed_1": 1.0, "desk_1": 0.2}], [{"bed_1": 0.0, "desk_1": 0.6}], [{"bed_1": 0.5, "desk_1": 0.4}]]
    values = [turn for (turn,) in advantages_by_piece(group, Returns("last"))]
    assert [turn["bed_1"] for turn in values] == pytest.approx(advantages([1.0, 0.0, 0.5]))
    assert [turn["desk_1"] for turn in values] == pytest.approx(advantages([0.2, 0.6, 0.4]))
    assert advantages_by_piece([[], [{"bed_1": 1.0}]], Returns("last")) == [[], [{"bed_1": 0.0}]]
