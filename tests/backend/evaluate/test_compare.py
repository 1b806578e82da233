# SPDX-License-Identifier: GPL-3.0-or-later
import dataclasses
import json

import pytest
from metaspatial.backend.evaluate.compare import (
    compare,
    comparison_to_json,
    comparison_to_markdown,
    comparison_to_text,
    verdict,
)
from metaspatial.backend.evaluate.statistics import holm
from metaspatial.tests.backend.evaluate.records import SCENE, record


def run(policy, totals, **more):
    return [record(policy, f"s{n}", total, **more) for n, total in enumerate(totals)]


def change_of(comparison, name, policy=0):
    return next(change for change in comparison.policies[policy].changes if change.column.name == name)


def test_two_policies_are_paired_scene_by_scene():
    comparison = compare(run("sft", (0.5, 0.5, 0.5)), run("grpo", (0.7, 0.5, 0.4)))
    (policy,) = comparison.policies
    assert (policy.before, policy.after, policy.scenes) == ("sft", "grpo", 3)
    found = change_of(comparison, "score.total").paired
    assert (found.before.mean, found.after.mean) == pytest.approx((0.5, 1.6 / 3))
    assert found.difference.mean == pytest.approx(0.1 / 3)
    assert (found.wins, found.ties, found.losses) == (1, 1, 1)


def test_of_several_policies_those_of_one_name_are_paired():
    before = run("solver", (0.5, 0.6)) + run("random", (0.1, 0.1)) + run("gone", (0.3,))
    comparison = compare(before, run("random", (0.2, 0.2)) + run("solver", (0.5, 0.7)))
    assert [(one.before, one.after) for one in comparison.policies] == [("solver", "solver"), ("random", "random")]
    assert comparison.only_before == ("gone, s0, seed 0",)


def test_seeds_pair_with_their_own():
    before = [record("a", total=0.2, seed=1), record("a", total=0.8, seed=2)]
    after = [record("a", total=0.9, seed=2), record("a", total=0.5, seed=3)]
    comparison = compare(before, after)
    assert comparison.policies[0].keys == (("room", 2),)
    assert change_of(comparison, "score.total").paired.difference.mean == pytest.approx(0.1)
    assert comparison.only_before == ("a, room, seed 1",)
    assert comparison.only_after == ("a, room, seed 3",)


def test_a_scene_that_changed_under_its_name_is_left_out():
    other = dataclasses.replace(SCENE, preference="another wish")
    after = [record("a", "same", 0.9), record("a", "changed", 0.9, scene=other)]
    comparison = compare([record("a", "same"), record("a", "changed")], after)
    assert comparison.different == ("changed",)
    assert comparison.policies[0].scenes == 1
    assert "Left out, not the same scene on both sides: changed." in comparison_to_text(comparison)


def test_p_is_adjusted_for_the_metrics_of_a_table():
    before = run("a", [0.1] * 8, seconds=2.0, metrics={"own.facing": 0.5})
    after = run("a", [0.9] * 8, seconds=1.0, metrics={"own.facing": 0.5})
    changes = compare(before, after).policies[0].group("main")
    assert [change.column.name for change in changes] == ["score.total", "own.facing", "seconds"]
    assert [change.adjusted for change in changes] == holm([2 / 256, 1.0, 2 / 256])


def test_better_worse_and_undecided():
    before = run("a", [0.1] * 8, seconds=1.0)
    comparison = compare(before, run("a", [0.9] * 8, seconds=2.0))
    assert verdict(change_of(comparison, "score.total")) == 1
    assert verdict(change_of(comparison, "seconds")) == -1
    undecided = compare(before, run("a", [0.9, 0.05] * 4, seconds=1.0))
    assert verdict(change_of(undecided, "score.total")) == 0
    assert verdict(change_of(undecided, "seconds")) == 0


def test_values_on_one_side_only_are_no_pairs():
    before = run("a", (0.5, 0.5), metrics={"own.facing": None})
    after = run("a", (0.5, 0.5), metrics={"own.facing": 1.0})
    found = change_of(compare(before, after), "own.facing").paired
    assert (found.difference.mean, found.difference.missing, found.p) == (None, 2, None)


def test_nothing_in_common_is_an_error_that_says_what_there_is():
    with pytest.raises(ValueError, match="before: a; after: b"):
        compare([record("a", "x")], [record("b", "y")])


def test_the_texts_have_the_numbers():
    comparison = compare(run("sft", (0.5, 0.5)), run("grpo", (0.75, 0.75)))
    markdown = comparison_to_markdown(comparison)
    assert "**sft → grpo: Result**" in markdown
    assert r"| Total ↑ | 0.500 | 0.750 | +0.250 \[0.250, 0.250\] | 1.000 | 2 / 0 / 0 |" in markdown
    assert "+0.250" in comparison_to_text(comparison, width=100)
    document = json.loads(json.dumps(comparison_to_json(comparison)))
    assert document["policies"][0]["changes"][0]["paired"]["difference"]["mean"] == pytest.approx(0.25)
