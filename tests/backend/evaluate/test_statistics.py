# SPDX-License-Identifier: GPL-3.0-or-later
import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from metaspatial.backend.evaluate.statistics import Estimate, estimate, holm, paired, proportion, sign_flip_p
from scipy import stats

VALUES = st.floats(-100, 100, allow_nan=False).map(lambda value: round(value, 3))


def by_scene(values):
    return {f"scene {index}": [value] for index, value in enumerate(values)}


def test_the_mean_and_its_interval_are_those_of_scipy():
    values = [0.1, 0.9, 0.4, 0.4, 0.8, 0.2, 0.95, 0.3]
    found = estimate(by_scene(values))
    known = stats.bootstrap(
        (np.sort(values),), np.mean, n_resamples=2000, method="BCa", rng=np.random.default_rng(0)
    ).confidence_interval
    assert found.mean == pytest.approx(0.50625)
    assert (found.low, found.high) == pytest.approx((known.low, known.high))
    assert (found.scenes, found.n, found.missing) == (8, 8, 0)


def test_the_interval_is_about_that_of_student_for_normal_values():
    values = np.random.default_rng(1).normal(3.0, 2.0, 400)
    found = estimate(by_scene(values))
    half = stats.sem(values) * 1.96
    assert (found.low, found.high) == pytest.approx((values.mean() - half, values.mean() + half), abs=0.05)


def test_seeds_of_one_scene_are_one_observation():
    """Ten seeds that all say the same of a scene tell no more than one."""
    once = estimate({"a": [0.0], "b": [1.0], "c": [0.5]})
    often = estimate({"a": [0.0] * 10, "b": [1.0] * 10, "c": [0.5] * 10})
    assert (often.mean, often.low, often.high, often.scenes) == (once.mean, once.low, once.high, 3)
    assert (once.n, often.n) == (3, 30)


def test_each_scene_weighs_the_same_however_many_seeds_it_has():
    assert estimate({"a": [0.0], "b": [1.0, 1.0, 1.0]}).mean == 0.5


def test_missing_values_are_left_out_and_counted():
    found = estimate({"a": [1.0, None], "b": [None], "c": [2.0, math.nan]})
    assert (found.mean, found.scenes, found.n, found.missing) == (1.5, 2, 2, 3)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], Estimate(None, None, None, 0, 0, 0)),
        ([None, None], Estimate(None, None, None, 0, 0, 2)),
        ([0.3], Estimate(0.3, None, None, 1, 1, 0)),
        ([0.1, 0.1, 0.1], Estimate(0.1, 0.1, 0.1, 3, 3, 0)),
    ],
)
def test_few_and_equal_values_make_no_noise(values, expected):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = estimate(by_scene(values))
    assert found == Estimate(
        expected.mean if expected.mean is None else pytest.approx(expected.mean),
        expected.low if expected.low is None else pytest.approx(expected.low),
        expected.high if expected.high is None else pytest.approx(expected.high),
        expected.scenes,
        expected.n,
        expected.missing,
    )


@settings(max_examples=40, deadline=None)
@given(st.lists(VALUES, min_size=2, max_size=30), st.randoms(use_true_random=False))
def test_an_interval_holds_its_mean_and_knows_no_order(values, random):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = estimate(by_scene(values))
        shuffled = list(by_scene(values).items())
        random.shuffle(shuffled)
        again = estimate(dict(shuffled))
    assert found == again
    assert min(values) - 1e-9 <= found.low <= found.mean <= found.high <= max(values) + 1e-9


@settings(max_examples=20, deadline=None)
@given(st.lists(VALUES, min_size=4, max_size=12).filter(lambda values: np.ptp(values) > 1))
def test_more_scenes_make_a_narrower_interval(values):
    few, many = estimate(by_scene(values)), estimate(by_scene(values * 16))
    assert many.high - many.low < 0.6 * (few.high - few.low)


def test_the_interval_covers_the_truth_about_as_often_as_it_says():
    random = np.random.default_rng(7)
    inside = 0
    for _ in range(150):
        found = estimate(by_scene(random.beta(2.0, 5.0, 40)))
        inside += found.low <= 2 / 7 <= found.high
    assert 0.88 <= inside / 150 <= 1.0


@pytest.mark.parametrize(("yes", "n"), [(0, 50), (50, 50), (7, 20), (1, 2)])
def test_a_share_has_wilsons_interval(yes, n):
    found = proportion(by_scene([1.0] * yes + [0.0] * (n - yes)))
    known = stats.binomtest(yes, n).proportion_ci(method="wilson")
    assert found.mean == yes / n
    assert (found.low, found.high) == pytest.approx((known.low, known.high))


def test_a_share_of_none_or_one():
    assert proportion({}).mean is None
    assert proportion({"a": [1.0]}) == Estimate(1.0, None, None, 1, 1, 0)


def test_flipped_signs_by_hand():
    assert sign_flip_p([]) is None
    assert sign_flip_p([0.0, 0.0]) == 1.0
    assert sign_flip_p([1.0]) == 1.0  # both of two flips are as far from zero
    assert sign_flip_p([1.0, 2.0, 3.0]) == pytest.approx(2 / 8)
    assert sign_flip_p([1.0, 1.0, 1.0, -1.0]) == pytest.approx(10 / 16)


@pytest.mark.parametrize("n", [6, 13, 40])
def test_flipped_signs_agree_with_scipy(n):
    values = np.random.default_rng(n).normal(0.35, 1.0, n)
    known = stats.permutation_test(
        (values,), np.sum, permutation_type="samples", n_resamples=20_000, rng=np.random.default_rng(3)
    )
    assert sign_flip_p(values) == pytest.approx(known.pvalue, abs=0.012)


@settings(max_examples=40, deadline=None)
@given(st.lists(VALUES, min_size=1, max_size=20), st.randoms(use_true_random=False))
def test_p_is_a_probability_that_knows_no_order_and_no_direction(values, random):
    shuffled = list(values)
    random.shuffle(shuffled)
    p = sign_flip_p(values)
    assert 0.0 < p <= 1.0
    assert sign_flip_p(shuffled) == p
    if len(values) <= 14:
        assert sign_flip_p([-value for value in values]) == pytest.approx(p)


def test_before_and_after_by_hand():
    before = {"a": [0.5], "b": [0.5], "c": [0.5], "d": [None], "only before": [9.0]}
    after = {"a": [0.7], "b": [0.5], "c": [0.4], "d": [0.9], "only after": [9.0]}
    found = paired(before, after)
    assert found.before.mean == pytest.approx(0.5)
    assert found.after.mean == pytest.approx(1.6 / 3)
    assert found.difference.mean == pytest.approx(0.1 / 3)
    assert found.difference.missing == 1
    assert (found.wins, found.ties, found.losses) == (1, 1, 1)
    assert found.p == 1.0  # of ±0.2 ±0.1 no sum is nearer to zero
    assert found.effect == pytest.approx(np.mean([0.2, 0, -0.1]) / np.std([0.2, 0, -0.1], ddof=1))
    assert found.effect_low <= found.effect <= found.effect_high


def test_less_is_a_win_where_lower_is_better():
    found = paired(by_scene([3.0, 2.0, 1.0]), by_scene([1.0, 1.0, 1.5]), lower_is_better=True)
    assert (found.wins, found.ties, found.losses) == (2, 0, 1)
    assert found.difference.mean == pytest.approx(-2.5 / 3)


def test_seeds_are_paired_before_they_are_averaged():
    found = paired({"a": [0.2, 0.4, None]}, {"a": [0.3, 0.5, 0.9]})
    assert found.difference.mean == pytest.approx(0.1)
    assert (found.difference.n, found.difference.missing) == (2, 1)
    assert (found.before.mean, found.after.mean) == pytest.approx((0.3, 0.4))


def test_pairing_by_seed_refuses_sides_of_different_length():
    with pytest.raises(ValueError, match="zip"):
        paired({"a": [0.2, 0.4]}, {"a": [0.3]})


def test_nothing_in_common_is_no_evidence():
    found = paired({"a": [1.0]}, {"b": [1.0]})
    assert (found.difference.mean, found.p, found.effect, found.wins) == (None, None, None, 0)


def test_equal_change_everywhere_has_no_effect_size_but_a_p():
    found = paired(by_scene([0.0] * 8), by_scene([0.5] * 8))
    assert found.effect is None
    assert found.p == pytest.approx(2 / 256)
    assert (found.difference.low, found.difference.high) == (0.5, 0.5)


def test_holm_by_hand():
    assert holm([0.01, 0.04, None, 0.03]) == pytest.approx([0.03, 0.06, None, 0.06])
    assert holm([0.5, 0.9]) == [1.0, 1.0]
    assert holm([]) == []


@given(st.lists(st.floats(0.0, 1.0), max_size=20))
def test_holm_never_lowers_a_p_and_keeps_their_order(ps):
    adjusted = holm(ps)
    assert all(p <= q <= 1.0 for p, q in zip(ps, adjusted, strict=True))
    pairs = sorted(zip(ps, adjusted, strict=True))
    assert [q for _, q in pairs] == sorted(adjusted)
