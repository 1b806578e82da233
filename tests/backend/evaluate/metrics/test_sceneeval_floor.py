# SPDX-License-Identifier: GPL-3.0-or-later
"""SceneEval's navigability, accessibility and opening clearance against areas worked out by hand."""

from __future__ import annotations

import pytest
from metaspatial.backend.evaluate.metrics.sceneeval_floor import (
    accessible,
    navigable,
    opening_clear,
    sceneeval_floor,
)
from metaspatial.backend.scene import Furniture
from metaspatial.tests.backend.evaluate.metrics.blocks import DOOR, WINDOW, arranged, cube, scene, usual

PIXEL = 4.4 / 256


def fence(id: str, length: float, height: float = 1.0) -> Furniture:
    return Furniture(id, "box", (length, 0.2, height))


def test_a_free_floor_is_all_connected():
    assert navigable(arranged(scene())) == 1.0
    assert navigable(arranged(scene(cube("a")), a=(2, 2))) == 1.0


def test_a_fence_across_the_room_leaves_the_larger_side():
    """The floor loses 0.1 m all round, the fence 0.1 m on either side: 2.3 of 3.4 m are left on the larger side."""
    where = scene(fence("a", 4.0))
    assert navigable(arranged(where, a=(2, 1.3))) == pytest.approx(2.3 / 3.4, abs=3 * PIXEL)


@pytest.mark.parametrize(("gap", "connected"), [(0.1, False), (0.35, True)])
def test_a_gap_has_to_be_wider_than_the_brush_on_both_sides(gap, connected):
    where = scene(fence("a", 4.0 - gap))
    rate = navigable(arranged(where, a=((4.0 - gap) / 2, 2)))
    assert rate == 1.0 if connected else rate < 0.6


def test_rugs_are_obstacles_and_high_lamps_are_not():
    rug = usual("rug_1")
    rug = Furniture("rug_1", "rug", (4.0, rug.size[1], rug.size[2]))
    assert navigable(arranged(scene(rug), rug_1=(2, 2))) < 0.6
    assert navigable(arranged(scene(fence("a", 4.0, 0.2)), a=(2, 2, 0, 2.0))) == 1.0
    assert navigable(arranged(scene(fence("a", 4.0, 0.2)), a=(2, 2, 0, 1.8))) < 0.6


def test_a_full_floor_has_nothing_to_walk_on():
    assert navigable(arranged(scene(cube("a", 4.0)), a=(2, 2, 0, -2.0))) == 0.0


def test_the_strip_before_a_wardrobe():
    """0.2 m deep, 0.05 m before the front, 1.5 m long; a cube covers a third of its length."""
    where = scene(usual("wardrobe_1"), cube("a", 0.5))
    front = 3.7 - 0.3
    free = arranged(where, wardrobe_1=(2, 3.7), a=(1, 1))
    third = arranged(where, wardrobe_1=(2, 3.7), a=(2, front - 0.3))
    assert accessible(free, free.by_id["wardrobe_1"]) == pytest.approx(1.0)
    assert accessible(third, third.by_id["wardrobe_1"]) == pytest.approx(2 / 3)
    away = arranged(where, wardrobe_1=(2, 3.7, 180), a=(1, 1))
    assert accessible(away, away.by_id["wardrobe_1"]) == 0.0


def test_at_beds_the_better_side_counts():
    where = scene(usual("bed_1"), cube("a"))
    one = arranged(where, bed_1=(0.685, 2.8), a=(3, 1))
    none = arranged(where, bed_1=(0.685, 2.8), a=(1.87, 3.4))
    assert accessible(one, one.by_id["bed_1"]) == pytest.approx(1.0)
    assert accessible(none, none.by_id["bed_1"]) == pytest.approx(1 - (1.0 + 0.02) / 2.24, abs=0.01)
    assert accessible(one, one.by_id["a"]) is None


def test_a_rug_takes_the_strip_too():
    where = scene(usual("wardrobe_1"), usual("rug_1"))
    found = arranged(where, wardrobe_1=(2, 3.7), rug_1=(2, 2.6))
    assert accessible(found, found.by_id["wardrobe_1"]) == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(("y", "clear"), [(1.45, False), (1.51, True)])
def test_a_door_needs_its_width_in_depth(y, clear):
    assert opening_clear(arranged(scene(cube("a"), openings=(DOOR,)), a=(2, y)), DOOR) == clear


@pytest.mark.parametrize(
    ("y", "bottom", "clear"), [(3.1, 0.0, False), (2.95, 0.0, True), (3.4, -0.15, True), (3.4, 2.15, True)]
)
def test_a_window_needs_half_a_metre_between_sill_and_top(y, bottom, clear):
    arrangement = arranged(scene(cube("a"), openings=(WINDOW,)), a=(2, y, 0, bottom))
    assert opening_clear(arrangement, WINDOW) == clear


def test_a_rug_before_the_door_blocks_it():
    where = scene(usual("rug_1"), openings=(DOOR, WINDOW))
    assert sceneeval_floor(arranged(where, rug_1=(2, 1)))["sceneeval.opn"] == 0.5


def test_without_openings_or_sides_there_is_no_value():
    values = sceneeval_floor(arranged(scene(cube("a")), a=(2, 2)))
    assert values["sceneeval.opn"] is values["sceneeval.acc"] is None
