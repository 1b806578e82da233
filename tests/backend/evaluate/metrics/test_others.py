# SPDX-License-Identifier: GPL-3.0-or-later
"""Volumes, counts and flags by the definitions of ReSpace, LayoutVLM, LayoutGPT, SceneReVis, SceneWeaver, I-Design."""

from __future__ import annotations

import pytest
from metaspatial.backend.evaluate.metrics.contact import contacts
from metaspatial.backend.evaluate.metrics.idesign import idesign
from metaspatial.backend.evaluate.metrics.layoutgpt import layoutgpt
from metaspatial.backend.evaluate.metrics.layoutvlm import layoutvlm
from metaspatial.backend.evaluate.metrics.metaspatial import metaspatial
from metaspatial.backend.evaluate.metrics.respace import VOXEL, respace
from metaspatial.backend.evaluate.metrics.scenerevis import scenerevis
from metaspatial.backend.evaluate.metrics.sceneweaver import sceneweaver, shared_volume
from metaspatial.backend.scene import Furniture, Pose
from metaspatial.tests.backend.evaluate.metrics.blocks import ELL, arranged, cube, placed, scene, usual

CUBES = scene(cube("a"), cube("b"))
LAYER = VOXEL * (1 + VOXEL) ** 2
"""One layer of a cube's voxels: half a voxel more on every side."""


def in_contact(measure, arrangement):
    return measure(arrangement, tuple(contacts(arrangement)))


# ReSpace


def test_half_a_cube_shared():
    values = respace(arranged(CUBES, a=(1, 1), b=(1.5, 1)))
    assert 0.5 <= values["respace.mbl"] <= 0.5 + 3 * LAYER
    assert values["respace.oob"] == 0.0
    assert values["respace.pbl"] == values["respace.mbl"]
    assert values["respace.valid"] == 0.0


def test_half_a_cube_outside():
    values = respace(arranged(CUBES, a=(0, 2), b=(3, 1)))
    assert values["respace.oob"] == pytest.approx(0.5, abs=3 * LAYER)
    assert values["respace.mbl"] == 0.0


def test_a_cube_far_outside_is_outside_with_all_of_its_volume():
    values = respace(arranged(CUBES, a=(50, 2), b=(3, 1)))
    assert values["respace.oob"] == pytest.approx((1 + VOXEL) ** 3)


def test_above_the_ceiling_is_outside():
    values = respace(arranged(CUBES, a=(2, 2, 0, 2.5), b=(3, 1)))
    assert values["respace.oob"] == pytest.approx(0.5, abs=3 * LAYER)


def test_a_millimetre_costs_a_layer_and_touching_nothing():
    touching = respace(arranged(CUBES, a=(1, 1), b=(2, 1)))
    inside = respace(arranged(CUBES, a=(1, 1), b=(1.999, 1)))
    assert touching["respace.pbl"] == 0.0
    assert LAYER / 2 < inside["respace.mbl"] < 3 * LAYER


def test_a_scene_is_valid_up_to_a_tenth_of_a_cubic_metre():
    small = scene(cube("a", 0.4), cube("b", 0.4))
    values = respace(arranged(small, a=(2, 2), b=(2, 2)))
    assert 0.064 <= values["respace.pbl"] <= 0.1
    assert values["respace.valid"] == 1.0


def test_a_tucked_chair_shares_no_voxels():
    where = scene(usual("dining_table_1"), usual("chair_1"))
    assert respace(arranged(where, dining_table_1=(2, 2), chair_1=(2, 1.4, 180)))["respace.mbl"] == 0.0


def test_what_stands_on_a_rug_shares_its_layer():
    where = scene(usual("rug_1"), cube("a"))
    values = respace(arranged(where, rug_1=(2, 2), a=(2, 2)))
    assert values["respace.mbl"] == pytest.approx(LAYER)
    assert values["respace.pbl_no_rugs"] == 0.0


# LayoutVLM


def flags(where, **at):
    values = layoutvlm(arranged(where, **at))
    return values["layoutvlm.cf"], values["layoutvlm.ib"]


def test_one_overlap_fails_the_scene():
    assert flags(CUBES, a=(1, 1), b=(3, 3)) == (1.0, 1.0)
    assert flags(CUBES, a=(1, 1), b=(1.99, 1)) == (0.0, 1.0)
    assert flags(CUBES, a=(1, 1), b=(1.996, 1)) == (1.0, 1.0)


def test_rugs_are_no_collision_but_tucked_chairs_are():
    rug, table = scene(usual("rug_1"), cube("a")), scene(usual("dining_table_1"), usual("chair_1"))
    assert flags(rug, rug_1=(2, 2), a=(2, 2)) == (1.0, 1.0)
    assert flags(table, dining_table_1=(2, 2), chair_1=(2, 1.4, 180)) == (0.0, 1.0)


def test_a_corner_outside_or_a_missing_piece_is_out_of_bounds():
    assert flags(CUBES, a=(0.495, 1), b=(3, 3)) == (1.0, 1.0)
    assert flags(CUBES, a=(0.48, 1), b=(3, 3)) == (1.0, 0.0)
    assert flags(CUBES, a=(1, 1)) == (1.0, 0.0)
    assert flags(CUBES) == (1.0, 0.0)
    assert flags(scene()) == (None, None)


# LayoutGPT


@pytest.mark.parametrize(("x", "out"), [(0.5, 0.0), (0.41, 0.0), (0.39, 1.0), (3.61, 1.0)])
def test_the_bounding_rectangle_and_ten_centimetres(x, out):
    assert layoutgpt(arranged(CUBES, a=(x, 2), b=(2, 2)))["layoutgpt.oob"] == out


def test_the_rectangle_does_not_see_the_polygon():
    assert layoutgpt(arranged(scene(cube("a"), floor=ELL), a=(3.2, 3.2)))["layoutgpt.oob"] == 0.0


# SceneReVis


@pytest.mark.parametrize(("overlap", "share"), [(0.0, 0.0), (0.009, 0.0), (0.011, 2 / 3)])
def test_a_collision_is_deeper_than_a_centimetre(overlap, share):
    where = scene(cube("a"), cube("b"), cube("c"))
    found = in_contact(scenerevis, arranged(where, a=(1, 1), b=(2 - overlap, 1), c=(3, 3)))
    assert found["scenerevis.collision"] == pytest.approx(share)


@pytest.mark.parametrize(
    ("at", "out"),
    [((0.4995, 2), 0.0), ((0.498, 2), 0.5), ((2, 2, 0, -0.0005), 0.0), ((2, 2, 0, -0.002), 0.5), ((2, 2, 0, 2.1), 0.5)],
)
def test_a_millimetre_outside_the_walls_floor_or_ceiling(at, out):
    assert in_contact(scenerevis, arranged(CUBES, a=at, b=(3.4, 3.4)))["scenerevis.oob"] == out


# SceneWeaver


def test_counts_of_pieces_outside_and_of_pairs():
    where = scene(cube("a"), cube("b"), cube("c"), usual("rug_1"))
    found = in_contact(sceneweaver, arranged(where, a=(0.48, 1), b=(1.3, 1), c=(2.1, 1), rug_1=(2, 2)))
    assert found == {"sceneweaver.ob": 1.0, "sceneweaver.cn": 2.0}
    found = in_contact(sceneweaver, arranged(where, a=(0.495, 1), b=(1.495, 1), c=(3, 3), rug_1=(2, 2)))
    assert found == {"sceneweaver.ob": 0.0, "sceneweaver.cn": 0.0}


def test_a_pair_needs_more_than_a_millimetre_and_a_tenth_of_a_litre():
    thin = Furniture("thin", "box", (0.02, 0.02, 0.5))
    where = scene(cube("a"), thin)
    found = arranged(where, a=(2, 2), thin=(2.5, 2))
    assert shared_volume(*found.bodies) == pytest.approx(0.01 * 0.02 * 0.5)
    assert in_contact(sceneweaver, found)["sceneweaver.cn"] == 0.0  # exactly 1e-4 m³ is not more
    wide = scene(cube("a"), Furniture("thin", "box", (0.02, 0.04, 0.5)))
    assert in_contact(sceneweaver, arranged(wide, a=(2, 2), thin=(2.5, 2)))["sceneweaver.cn"] == 1.0


# I-Design


def test_boxes_overlap_by_their_volume():
    found = idesign(arranged(CUBES, a=(1, 1), b=(1.5, 1.5)))
    assert found["idesign.bbl"] == pytest.approx(0.25)
    assert found["idesign.oob"] == 0.0
    turned = idesign(arranged(scene(cube("a"), cube("b")), a=(2, 2), b=(2, 2, 45)))
    assert turned["idesign.bbl"] == pytest.approx(2 * (2**0.5 - 1))  # a regular octagon, one metre across


@pytest.mark.parametrize(
    ("at", "out"), [((0.5, 2), 0.0), ((0.499, 2), 0.5), ((2, 2, 0, -0.001), 0.5), ((2, 2, 0, 2.001), 0.5)]
)
def test_any_of_a_box_outside_is_outside(at, out):
    assert idesign(arranged(CUBES, a=at, b=(3, 3)))["idesign.oob"] == out


# MetaSpatial


def test_the_published_reward_is_passed_on():
    layout = placed(CUBES, a=(1, 1), b=(1, 1))
    assert metaspatial(CUBES, layout)["metaspatial.collision_ratio"] == pytest.approx(1 / 28)
    assert metaspatial(CUBES, layout)["metaspatial.total"] is None
    judged = metaspatial(CUBES, layout, grades=[5, 5, 5, 5, 5])
    assert judged["metaspatial.total"] == pytest.approx(1.0 - 0.2 / 28 - 0.2)
    assert metaspatial(CUBES, layout, "no tags")["metaspatial.format"] == 0.0


def test_fixed_pieces_alone_are_nobodys_fault():
    where = scene(cube("a"), cube("f", fixed=True, pose=Pose(0, 0, 0)), cube("g", fixed=True, pose=Pose(0, 0, 0)))
    found = arranged(where, a=(3, 3))
    assert respace(found)["respace.pbl"] == idesign(found)["idesign.bbl"] == layoutgpt(found)["layoutgpt.oob"] == 0.0
    assert layoutvlm(found) == {"layoutvlm.cf": 1.0, "layoutvlm.ib": 1.0}
    assert in_contact(sceneweaver, found) == {"sceneweaver.ob": 0.0, "sceneweaver.cn": 0.0}


def test_nothing_placed_has_no_volume():
    empty = arranged(CUBES)
    assert set(respace(empty).values()) == {None}
    assert set(idesign(empty).values()) == {None}
    assert layoutgpt(empty)["layoutgpt.oob"] is None
