# SPDX-License-Identifier: GPL-3.0-or-later
"""Our own columns in rooms measured by hand."""

from __future__ import annotations

import pytest
from metaspatial.backend.evaluate.metrics.own import own_metrics
from metaspatial.backend.rewards.score import Score
from metaspatial.backend.scene import Layout, Pose, Relation
from metaspatial.tests.backend.evaluate.metrics.blocks import DOOR, WINDOW, cube, placed, scene, usual


def own(where, layout, answer=None):
    return {name.removeprefix("own."): value for name, value in own_metrics(where, layout, answer=answer).items()}


CUBES = scene(cube("a"), cube("b"), cube("c"), cube("d"))


def test_two_of_four_cubes_inside_each_other():
    found = own(CUBES, placed(CUBES, a=(1, 1), b=(1.6, 1), c=(3, 3), d=(1, 3)))
    assert found["collision_rate"] == 0.5
    assert found["mean_depth"] == pytest.approx(2 * 0.4 / 4)
    assert found["valid"] == 0.0


@pytest.mark.parametrize(("gap", "rate"), [(-0.004, 0.0), (-0.006, 0.5)])
def test_five_millimetres_are_touching(gap, rate):
    layout = placed(CUBES, a=(1, 1), b=(2 + gap, 1), c=(3, 3), d=(1, 3))
    assert own(CUBES, layout)["collision_rate"] == rate


@pytest.mark.parametrize(("bottom", "held"), [(0.0, 1.0), (0.004, 1.0), (0.015, 0.75), (-0.006, 0.75), (1.0, 0.75)])
def test_what_floats_or_is_sunk_is_not_held(bottom, held):
    layout = placed(CUBES, a=(1, 1, 0, bottom), b=(3, 1), c=(3, 3), d=(1, 3))
    assert own(CUBES, layout)["support"] == held


def test_out_of_bounds_counts_pieces():
    found = own(CUBES, placed(CUBES, a=(0, 1), b=(3, 1), c=(9, 9), d=(1, 3)))
    assert found["out_of_bounds"] == 0.5


def test_leaving_pieces_out_only_empties_the_shares_of_placed_ones():
    where = scene(
        usual("dining_table_1"), usual("chair_1"), usual("wardrobe_1"), openings=(DOOR,),
        relations=(Relation("wardrobe_1", "against", "wall"), Relation("chair_1", "near", "dining_table_1")),
    )  # fmt: skip
    found = own(where, Layout())
    zero = dict.fromkeys(("format", "support", "relations", "relation_grade", "facing", "walkway", "clearance"), 0.0)
    assert {name: found[name] for name in zero} == zero
    assert (found["unplaced"], found["valid"], found["openings"]) == (1.0, 0.0, 1.0)
    assert found["collision_rate"] is found["mean_depth"] is found["out_of_bounds"] is None


def test_dropping_the_table_does_not_excuse_its_chairs():
    where = scene(usual("dining_table_1"), usual("chair_1"))
    assert own(where, placed(where, dining_table_1=(2, 3), chair_1=(2, 2, 180)))["facing"] == 1.0
    assert own(where, placed(where, dining_table_1=(2, 3), chair_1=(2, 2, 0)))["facing"] == 0.0
    assert own(where, placed(where, chair_1=(2, 2, 180)))["facing"] == 0.0


def test_a_chair_asked_to_face_elsewhere_is_only_asked_once():
    where = scene(usual("dining_table_1"), usual("chair_1"), relations=(Relation("chair_1", "facing", "south_wall"),))
    assert own(where, placed(where, dining_table_1=(2, 3), chair_1=(2, 2, 0)))["facing"] == 1.0


def test_relations_are_counted_once_and_only_those_a_layout_can_meet():
    near = Relation("a", "near", "b")
    where = scene(
        cube("a"), cube("b"), cube("f", fixed=True, pose=Pose(3.5, 3.5, 0.5)),
        relations=(near, near, near, Relation("a", "far_from", "b"), Relation("f", "near", "wall")),
    )  # fmt: skip
    found = own(where, placed(where, a=(1, 1), b=(2.1, 1)))
    assert found["relations"] == 0.5
    assert found["relation_grade"] == pytest.approx((1 + (1 + 1.9 / 0.75) ** -2) / 2)


def test_a_wardrobe_with_its_front_to_the_wall_is_neither_free_nor_reached():
    where = scene(usual("wardrobe_1"), openings=(DOOR,))
    right, wrong = placed(where, wardrobe_1=(2, 3.7)), placed(where, wardrobe_1=(2, 3.7, 180))
    assert (own(where, right)["clearance"], own(where, right)["walkway"]) == (1.0, 1.0)
    assert (own(where, wrong)["clearance"], own(where, wrong)["walkway"]) == (0.0, 0.0)


def test_a_blocked_door_is_half_of_two_openings():
    where = scene(cube("a"), openings=(DOOR, WINDOW))
    assert own(where, placed(where, a=(2, 0.5)))["openings"] == 0.5
    assert own(where, placed(where, a=(3.4, 0.5)))["openings"] == 1.0


def test_rugs_and_tucked_chairs_are_no_collisions():
    where = scene(usual("rug_1"), usual("dining_table_1"), usual("chair_1"))
    layout = placed(where, rug_1=(2, 2), dining_table_1=(2, 2), chair_1=(2, 1.5, 180))
    assert own(where, layout)["collision_rate"] == 0.0


def test_the_format_is_the_scores_or_the_answers():
    where = scene(cube("a"), cube("b"))
    layout = placed(where, a=(1, 1), b=(3, 3))
    assert own(where, layout)["format"] == 1.0
    assert own(where, layout, "<answer>nothing")["format"] < 1.0
    assert own_metrics(where, layout, Score(0.2, format=0.3))["own.format"] == 0.3


def test_nothing_to_measure_has_no_value():
    found = own(scene(), Layout())
    for name in ("collision_rate", "unplaced", "support", "relations", "facing", "walkway", "openings", "clearance"):
        assert found[name] is None
    assert found["valid"] == 1.0
