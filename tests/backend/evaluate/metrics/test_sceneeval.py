# SPDX-License-Identifier: GPL-3.0-or-later
"""SceneEval's collision, bounds and support, at their tolerances and with their traps."""

from __future__ import annotations

import pytest
from metaspatial.backend.evaluate.metrics.contact import contacts
from metaspatial.backend.evaluate.metrics.sceneeval import colliding, out_of_bounds, sceneeval, supported
from metaspatial.backend.scene import Furniture, Pose, Relation
from metaspatial.tests.backend.evaluate.metrics.blocks import ELL, arranged, cube, scene, usual

CUBES = scene(cube("a"), cube("b"), cube("c"), cube("d"))


def found(where, **at):
    arrangement = arranged(where, **at)
    return sceneeval(arrangement, tuple(contacts(arrangement)))


@pytest.mark.parametrize(("overlap", "share"), [(-0.001, 0.0), (0.0, 0.0), (0.004, 0.0), (0.006, 0.5), (0.5, 0.5)])
def test_cubes_collide_from_five_millimetres_on(overlap, share):
    values = found(CUBES, a=(1, 1), b=(2 - overlap, 1), c=(3.4, 3), d=(1, 3))
    assert (values["sceneeval.col"], values["sceneeval.col_scene"]) == (share, float(share > 0))


@pytest.mark.parametrize("turn", [30, 45, 90])
def test_meshes_collide_at_any_angle(turn):
    assert colliding(contacts(arranged(CUBES, a=(1, 1), b=(1.9, 1, turn)))) == {"a", "b"}
    assert not colliding(contacts(arranged(CUBES, a=(1, 1), b=(2.3, 1, turn))))


def test_a_tucked_chair_passes_and_one_through_the_top_does_not():
    where = scene(usual("dining_table_1"), usual("chair_1"))
    assert not colliding(contacts(arranged(where, dining_table_1=(2, 2), chair_1=(2, 1.4, 180))))
    assert colliding(contacts(arranged(where, dining_table_1=(2, 2), chair_1=(2, 1.8, 180))))


def test_what_stands_on_a_rug_collides_with_it():
    where = scene(usual("rug_1"), cube("a"), cube("b"))
    values = found(where, rug_1=(1.5, 2), a=(1.5, 2), b=(3.3, 3.3))
    assert values["sceneeval.col"] == pytest.approx(2 / 3)
    assert values["sceneeval.col_no_rugs"] == 0.0


def test_a_cube_wholly_inside_another_is_not_seen():
    where = scene(cube("a"), cube("b", 0.4))
    assert not colliding(contacts(arranged(where, a=(2, 2), b=(2, 2, 0, 0.3))))


def test_fixed_pieces_collide_only_with_movable_ones():
    where = scene(cube("a"), cube("f", fixed=True, pose=Pose(2, 2, 0.5)), cube("g", fixed=True, pose=Pose(2.5, 2, 0.5)))
    assert found(where, a=(1.0, 0.5))["sceneeval.col"] == 0.0
    assert found(where, a=(1.5, 2.0))["sceneeval.col"] == 1.0


@pytest.mark.parametrize(("x", "out"), [(0.5, False), (0.499, True), (0.25, True), (-3.0, True)])
def test_a_side_is_more_than_one_percent_of_a_cube(x, out):
    """Flush with the wall it is inside, a millimetre further a sixth of its surface is not."""
    arrangement = arranged(CUBES, a=(x, 2))
    assert out_of_bounds(arrangement, arrangement.bodies[0]) == out


@pytest.mark.parametrize(("bottom", "out"), [(0.0, False), (0.3, False), (-0.001, True)])
def test_floor_height_is_inside_and_any_depth_below_is_not(bottom, out):
    arrangement = arranged(CUBES, a=(2, 2, 0, bottom))
    assert out_of_bounds(arrangement, arrangement.bodies[0]) == out


@pytest.mark.parametrize(("reach", "out"), [(0.06, False), (0.1, True)])
def test_one_percent_of_the_surface_may_be_outside(reach, out):
    """A slab of 2 x 2 x 0.5 m, 12 m² of surface, reaches out with a corner: 2 reach² + √2 reach m² are outside."""
    outside = (2 * reach**2 + 2**0.5 * reach) / 12
    assert (outside > 0.01) == out
    arrangement = arranged(scene(Furniture("slab", "box", (2.0, 2.0, 0.5))), slab=(2**0.5 - reach, 2, 45))
    assert out_of_bounds(arrangement, arrangement.bodies[0]) == out


def test_bounds_follow_the_polygon():
    arrangement = arranged(scene(cube("a"), floor=ELL), a=(3, 3))
    assert out_of_bounds(arrangement, arrangement.bodies[0])


@pytest.mark.parametrize(
    ("bottom", "held"), [(0.0, True), (0.004, True), (0.006, False), (0.015, False), (-0.004, True), (-0.006, False)]
)
def test_held_from_five_millimetres_below_to_five_above_the_floor(bottom, held):
    arrangement = arranged(CUBES, a=(2, 2, 0, bottom))
    assert supported(arrangement, arrangement.bodies[0]) == held


@pytest.mark.parametrize(("x", "held"), [(2.0, True), (2.45, True), (2.55, False)])
def test_a_cube_on_a_cube_needs_its_centroid_over_it(x, held):
    where = scene(cube("a"), cube("b"), relations=(Relation("b", "on", "a"),))
    arrangement = arranged(where, a=(2, 2), b=(x, 2, 0, 1.0))
    assert supported(arrangement, arrangement.by_id["b"]) == held


def test_chairs_and_tables_stand_on_their_legs():
    where = scene(usual("dining_table_1"), usual("chair_1"))
    arrangement = arranged(where, dining_table_1=(2, 2, 17), chair_1=(2, 1, 100))
    assert all(supported(arrangement, body) for body in arrangement.bodies)


@pytest.mark.parametrize(("off", "held"), [(0.0, True), (0.004, True), (0.02, False)])
def test_a_picture_is_held_by_the_wall_behind_it(off, held):
    where = scene(usual("painting_1"))
    arrangement = arranged(where, painting_1=(2, 4 - 0.02 - off, 0, 1.4))
    assert supported(arrangement, arrangement.bodies[0]) == held
    arrangement = arranged(where, painting_1=(4 - 0.02 - off, 2, 270, 1.4))
    assert supported(arrangement, arrangement.bodies[0]) == held
    arrangement = arranged(where, painting_1=(2, 4 - 0.02 - off, 180, 1.4))
    assert not supported(arrangement, arrangement.bodies[0])


@pytest.mark.parametrize(("gap", "held"), [(0.0, True), (0.004, True), (0.02, False)])
def test_a_lamp_is_held_by_the_ceiling(gap, held):
    arrangement = arranged(scene(usual("ceiling_lamp_1")), ceiling_lamp_1=(2, 2, 0, 3.0 - 0.35 - gap))
    assert supported(arrangement, arrangement.bodies[0]) == held


def test_shares_are_of_placed_pieces():
    values = found(CUBES, a=(1, 1), b=(3, 3, 0, 0.5))
    assert values["sceneeval.sup"] == 0.5
    assert found(CUBES)["sceneeval.sup"] is found(CUBES)["sceneeval.col"] is found(CUBES)["sceneeval.oob"] is None
