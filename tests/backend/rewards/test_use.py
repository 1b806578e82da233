# SPDX-License-Identifier: GPL-3.0-or-later
"""Walkways and clearances in rooms small enough to measure by hand."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from metaspatial.backend.rewards.clearance import clearances, use_spaces
from metaspatial.backend.rewards.walkway import reachable_fronts, ways_in
from metaspatial.backend.scene import Furniture, Layout, Opening, Pose, Room, Scene
from metaspatial.tests.strategies import layouts, scenes

DOOR = Opening("door_1", "door", 0, 0.3, 0.9, 2.0, swing="in")
ROOM = Room(((0, 0), (5, 0), (5, 4), (0, 4)), 2.7, (DOOR,))
ELL = Room(((0, 0), (5, 0), (5, 2), (3, 2), (3, 4), (0, 4)), 2.7, (DOOR,))
WARDROBE = Furniture("wardrobe_1", "wardrobe", (1.5, 0.6, 2.1))
CHAIR = Furniture("chair_1", "chair", (0.5, 0.5, 0.9))
DESK = Furniture("desk_1", "desk", (1.2, 0.6, 0.75))


def block(id, x, y):
    return Furniture(id, "box", (x, y, 1.0))


def ways(room, **placed):
    return reachable_fronts(*_scene(room, placed))


def taken(room, **placed):
    return clearances(*_scene(room, placed))


def _scene(room, placed):
    return Scene(room, tuple(p for p, _ in placed.values())), Layout({p.id: Pose(*pose) for p, pose in placed.values()})


def test_an_empty_room_lets_people_to_every_front():
    assert ways(ROOM, a=(WARDROBE, (4.0, 3.7, 1.05)), b=(CHAIR, (4.0, 1.0, 0.45))) == {"wardrobe_1": 0, "chair_1": 0}


def test_only_the_front_counts_for_a_wardrobe():
    assert ways(ROOM, a=(WARDROBE, (2.5, 3.7, 1.05, 180)))["wardrobe_1"] > 0.1  # doors to the wall
    assert ways(ROOM, a=(WARDROBE, (2.5, 3.7, 1.05, 0)))["wardrobe_1"] == 0


@pytest.mark.parametrize(("passage", "passes"), [(0.72, True), (0.6, True), (0.4, False), (0.0, False)])
def test_a_person_needs_60_cm_to_pass(passage, passes):
    barrier = block("b", 0.2, 4.0 - passage)
    short = ways(ROOM, a=(WARDROBE, (4.6, 3.0, 1.05, 270)), b=(barrier, (2.0, (4.0 - passage) / 2, 0.5)))
    assert (short["wardrobe_1"] == 0.0) == passes


def test_a_blocked_door_leads_nowhere():
    short = ways(ROOM, a=(CHAIR, (4, 3, 0.45)), b=(block("b", 1.2, 1.0), (0.75, 0.5, 0.5)))
    assert short == {"chair_1": math.inf}


def test_rugs_and_lamps_above_heads_are_no_obstacles():
    rug, lamp = Furniture("rug_1", "rug", (4.9, 3.9, 0.01)), Furniture("l", "ceiling_lamp", (2, 2, 0.3), "ceiling")
    short = ways(ROOM, a=(CHAIR, (4, 3, 0.45)), b=(rug, (2.5, 2, 0.005)), c=(lamp, (1, 1, 2.5)))
    assert short == {"chair_1": 0.0}


def test_around_the_corner_of_an_l_shaped_room():
    assert ways(ELL, a=(CHAIR, (4.5, 1.5, 0.45)))["chair_1"] == 0.0
    shut = ways(ELL, a=(CHAIR, (4.5, 1.5, 0.45)), b=(block("b", 0.3, 2.0), (3.0, 1.0, 0.5)))
    assert shut["chair_1"] > 0.5


def test_without_a_door_people_start_where_there_is_most_room():
    room = Room(ROOM.floor, 2.7)
    assert ways(room, a=(CHAIR, (4, 3, 0.45))) == {"chair_1": 0.0}


@pytest.mark.parametrize(("gap", "short"), [(0.7, 0.0), (0.6, 0.0), (0.4, 0.15), (0.0, 0.45)])
def test_a_wardrobe_needs_60_cm_before_it(gap, short):
    crate = block("b", 1.5, 0.5)
    found = taken(ROOM, a=(WARDROBE, (2.5, 3.7, 1.05)), b=(crate, (2.5, 3.4 - gap - 0.25, 0.5)))
    assert found["wardrobe_1"] == pytest.approx(short)


def test_walls_take_room_too():
    assert taken(ROOM, a=(WARDROBE, (2.5, 3.5, 1.05, 180)))["wardrobe_1"] == pytest.approx(0.6 - 0.2 - 0.05)


def test_a_chair_belongs_before_its_desk():
    assert taken(ROOM, a=(DESK, (2.5, 3.7, 0.375)), b=(CHAIR, (2.5, 3.2, 0.45, 180))) == {"desk_1": 0.0}
    assert taken(ROOM, a=(DESK, (2.5, 3.7, 0.375)), b=(block("b", 0.5, 0.5), (2.5, 3.15, 0.5)))["desk_1"] > 0.3


def test_one_free_side_of_a_bed_is_enough_and_nightstands_may_stand_at_its_head():
    bed, stand = Furniture("bed_1", "bed", (1.6, 2.0, 0.5)), Furniture("n", "nightstand", (0.45, 0.4, 0.5))
    assert taken(ROOM, a=(bed, (0.8, 3.0, 0.25)))["bed_1"] == 0.0
    both = taken(ROOM, a=(bed, (0.8, 3.0, 0.25)), b=(stand, (1.85, 3.8, 0.25)))
    assert both["bed_1"] == 0.0
    shut = taken(ROOM, a=(bed, (0.8, 3.0, 0.25)), b=(block("b", 0.5, 2.0), (1.85, 3.0, 0.5)))
    assert shut["bed_1"] > 0.3


@settings(deadline=None, max_examples=50)
@given(st.data())
def test_what_is_shown_is_what_is_measured(data):
    scene = data.draw(scenes())
    layout = data.draw(layouts(scene, complete=False))
    spaces, ways = use_spaces(scene, layout), ways_in(scene, layout)
    best = {space.piece: min(s.short for s in spaces if s.piece == space.piece) for space in spaces}
    assert best == clearances(scene, layout)
    short = {id: metres for id, metres in reachable_fronts(scene, layout).items() if metres > 0.0}
    assert {id: metres for id, (_, metres) in ways.fronts.items()} == short


def test_the_use_spaces_of_a_bed_are_beside_it():
    bed = Furniture("bed_1", "bed", (1.6, 2.0, 0.5))
    west, east = use_spaces(*_scene(ROOM, {"a": (bed, (3.0, 3.0, 0.25))}))
    assert west.short == east.short == 0.0
    assert np.array(west.corners)[:, 0] == pytest.approx([1.6, 2.2, 2.2, 1.6])
    assert np.array(east.corners)[:, 0] == pytest.approx([3.8, 4.4, 4.4, 3.8])


def test_all_of_an_empty_room_is_walked_and_a_wall_across_cuts_off_the_rest():
    def covered(rectangles):
        west, south, east, north = rectangles.T
        return float(((east - west) * (north - south)).sum())

    free = ways_in(Scene(ROOM, ()), Layout({}))
    assert covered(free.walked) == pytest.approx(20.0, abs=0.2)  # but for the corners, where nobody's middle gets
    assert not len(free.cut_off)
    across = ways_in(*_scene(ROOM, {"a": (block("b", 5.0, 0.4), (2.5, 2.0, 0.5))}))
    assert covered(across.walked) == pytest.approx(5.0 * 1.8, abs=0.8)  # in whole cells
    assert covered(across.cut_off) == pytest.approx(5.0 * 1.8, abs=0.8)  # in whole cells
    assert across.cut_off[:, 1].min() > 2.0 > across.walked[:, 3].max()
