# SPDX-License-Identifier: GPL-3.0-or-later
"""Every relation in a furnished 5 x 4 m room, measured by hand."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from metaspatial.backend.rewards.places import middle_of
from metaspatial.backend.rewards.relations import satisfaction, unit_of
from metaspatial.backend.scene import Furniture, Layout, Opening, Pose, Relation, Room, Scene
from metaspatial.backend.scene.model import PREDICATES

ROOM = Room(
    ((0, 0), (5, 0), (5, 4), (0, 4)),
    2.7,
    (Opening("door_1", "door", 0, 0.5, 0.9, 2.0, swing="in"), Opening("window_1", "window", 2, 1.5, 1.6, 1.2, 0.9)),
)
BED, TABLE, CHAIR, LAMP, SOFA, RUG, PICTURE, PLANT = FURNITURE = (
    Furniture("bed_1", "bed", (1.6, 2.0, 0.5)),
    Furniture("table_1", "dining_table", (1.4, 0.8, 0.75)),
    Furniture("chair_1", "chair", (0.5, 0.5, 0.9)),
    Furniture("lamp_1", "table_lamp", (0.2, 0.2, 0.4), "on"),
    Furniture("sofa_1", "sofa", (2.0, 0.9, 0.8)),
    Furniture("rug_1", "rug", (2.0, 1.5, 0.01)),
    Furniture("picture_1", "painting", (0.8, 0.04, 0.6), "wall"),
    Furniture("plant_1", "plant", (0.4, 0.4, 1.0)),
)
SCENE = Scene(ROOM, FURNITURE)
LAYOUT = Layout(
    {
        "bed_1": Pose(4.0, 2.0, 0.25, 270.0),  # head to the east wall, front west: reaches x 3.0 … 5.0, y 1.2 … 2.8
        "table_1": Pose(1.5, 2.0, 0.375, 0.0),
        "chair_1": Pose(1.5, 1.5, 0.45, 180.0),  # half under the table's south side, looking north at it
        "lamp_1": Pose(1.2, 2.0, 0.95, 0.0),
        "sofa_1": Pose(2.2, 3.55, 0.4, 0.0),  # back on the north wall
        "rug_1": Pose(2.2, 2.6, 0.005, 0.0),
        "picture_1": Pose(2.2, 3.98, 1.6, 0.0),
        "plant_1": Pose(4.75, 3.75, 0.5, 0.0),
    }
)


def grade(subject, predicate, anchor, layout=LAYOUT, scene=SCENE, **more):
    return satisfaction(scene, layout, Relation(subject, predicate, anchor, **more))


@pytest.mark.parametrize(
    ("subject", "predicate", "anchor"),
    [
        ("lamp_1", "on", "table_1"),
        ("sofa_1", "on", "floor"),
        ("picture_1", "on", "north_wall"),
        ("sofa_1", "on", "rug_1"),
        ("chair_1", "under", "table_1"),
        ("rug_1", "under", "sofa_1"),
        ("lamp_1", "above", "table_1"),
        ("picture_1", "above", "sofa_1"),
        ("chair_1", "in_front_of", "table_1"),
        ("table_1", "in_front_of", "bed_1"),
        ("table_1", "in_front_of", "sofa_1"),
        ("plant_1", "right_of", "bed_1"),
        ("plant_1", "right_of", "window_1"),
        ("picture_1", "behind", "table_1"),
        ("plant_1", "in_corner", "corner"),
        ("plant_1", "in_corner", "east_wall"),
        ("bed_1", "against", "east_wall"),
        ("bed_1", "against", "wall"),
        ("plant_1", "against", "north_wall"),
        ("chair_1", "facing", "table_1"),
        ("sofa_1", "facing", "south_wall"),
        ("sofa_1", "facing", "rug_1"),
        ("bed_1", "aligned_with", "sofa_1"),
        ("bed_1", "aligned_with", "north_wall"),
        ("chair_1", "near", "table_1"),
        ("sofa_1", "near", "window_1"),
        ("plant_1", "far_from", "door_1"),
        ("picture_1", "centered_on", "sofa_1"),
        ("rug_1", "in_front_of", "window_1"),
        ("bed_1", "centered_on", "east_wall"),
        ("lamp_1", "near", "table_1"),
    ],
)  # fmt: skip
def test_satisfied(subject, predicate, anchor):
    assert grade(subject, predicate, anchor) == (1.0, 0.0)


@pytest.mark.parametrize(
    ("subject", "predicate", "anchor", "gap"),
    [
        ("lamp_1", "on", "bed_1", math.hypot(0.25 - 0.02, 1.8)),
        ("chair_1", "left_of", "table_1", 0.95 - 0.375),
        ("chair_1", "behind", "table_1", 1.15 - 0.375),
        ("sofa_1", "against", "east_wall", 2.7),
        ("bed_1", "against", "north_wall", 1.9),
        ("table_1", "in_corner", "corner", math.hypot(0.6, 1.4)),
        ("chair_1", "facing", "south_wall", 150.0),
        ("sofa_1", "far_from", "bed_1", 2.0 - 0.3),
        ("chair_1", "near", "bed_1", 0.25),
        ("table_1", "centered_on", "middle", 1.0 - 0.15),
    ],
)
def test_how_far_from_satisfied(subject, predicate, anchor, gap):
    result = grade(subject, predicate, anchor)
    assert result.gap == pytest.approx(gap, abs=0.02)
    assert 0.0 < result.grade < 1.0


def test_left_is_the_anchors_own_left():
    east = LAYOUT.moved({"plant_1": Pose(2.6, 2.0, 0.5)})
    assert grade("plant_1", "left_of", "table_1", east).grade == 1.0  # it looks south, so its left is east
    turned = east.moved({"table_1": Pose(1.5, 2.0, 0.375, 180.0)})
    assert grade("plant_1", "right_of", "table_1", turned).grade == 1.0


def test_left_of_a_window_is_left_for_who_looks_at_it():
    west = LAYOUT.moved({"plant_1": Pose(0.8, 3.7, 0.5)})
    assert grade("plant_1", "left_of", "window_1", west).grade == 1.0
    assert grade("plant_1", "right_of", "window_1", west).grade < 0.3


def test_a_corner_needs_both_walls():
    along = LAYOUT.moved({"plant_1": Pose(4.75, 2.0, 0.5)})
    assert grade("plant_1", "in_corner", "corner", along).grade < 0.3


def test_the_back_has_to_touch_the_wall_not_the_front():
    assert grade("bed_1", "against", "east_wall", LAYOUT.moved({"bed_1": Pose(4.0, 2.0, 0.25, 90.0)})).grade < 0.15


def test_adjacency_is_part_of_the_relation():
    assert grade("plant_1", "right_of", "bed_1").grade == 1.0
    assert grade("plant_1", "right_of", "bed_1", adjacent=True).gap == pytest.approx(0.75 - 0.3, abs=0.01)


def test_without_a_pose_nothing_is_satisfied():
    gone = Layout({id: pose for id, pose in LAYOUT.poses.items() if id != "table_1"})
    assert grade("table_1", "near", "wall", gone).grade == 0.0
    assert grade("chair_1", "facing", "table_1", gone).grade == 0.0


def test_standing_on_the_very_spot_of_its_anchor_is_not_facing_it():
    assert grade("chair_1", "facing", "table_1", LAYOUT.moved({"chair_1": Pose(1.5, 2.0, 0.45)})).grade < 0.1


def test_fixed_pieces_count_where_they_stand_whatever_the_layout_says():
    fixed = Furniture("table_1", "dining_table", (1.4, 0.8, 0.75), fixed=True, pose=Pose(1.5, 2.0, 0.375))
    scene = Scene(ROOM, (fixed, CHAIR))
    layout = LAYOUT.moved({"table_1": Pose(4.0, 3.0, 0.375)})
    assert grade("chair_1", "facing", "table_1", layout, scene).grade == 1.0


def test_in_an_l_shaped_room_either_north_wall_will_do():
    room = Room(((0, 0), (5, 0), (5, 2), (3, 2), (3, 4), (0, 4)), 2.7)
    scene = Scene(room, FURNITURE)
    for pose in (Pose(1.5, 3.55, 0.4), Pose(4.0, 1.55, 0.4)):
        assert grade("sofa_1", "against", "north_wall", LAYOUT.moved({"sofa_1": pose}), scene).grade == 1.0
    assert middle_of(room) == pytest.approx((2.125, 1.75), abs=0.2)


anchors = st.sampled_from(
    [piece.id for piece in FURNITURE]
    + ["wall", "north_wall", "wall_1", "corner", "middle", "ceiling", "floor", "door", "door_1", "window_1"]
)
poses = st.builds(Pose, *[st.floats(-50, 50)] * 3, st.floats(-720, 720))


@given(st.sampled_from(PREDICATES), st.sampled_from(FURNITURE), anchors, poses, poses, st.booleans())
def test_any_relation_of_any_layout_has_a_grade(predicate, subject, anchor, one, two, adjacent):
    layout = LAYOUT.moved({subject.id: one} | ({anchor: two} if anchor in LAYOUT and anchor != subject.id else {}))
    result = grade(subject.id, predicate, anchor, layout, adjacent=adjacent)
    assert 0.0 < result.grade <= 1.0
    assert (result.grade == 1.0) == (result.gap == 0.0)


@given(st.floats(0.0, 30.0), st.floats(0.01, 5.0))
def test_coming_closer_always_pays(gap, step):
    def at(distance):
        return grade("plant_1", "near", "bed_1", LAYOUT.moved({"plant_1": Pose(2.8 - distance, 2.0, 0.5)})).grade

    assert at(gap) >= at(gap + step)
    if gap > 1.0:
        assert at(gap) > at(gap + step)


@given(st.floats(0.0, 180.0), st.floats(0.5, 90.0))
def test_turning_towards_always_pays(angle, step):
    def at(turn):
        return grade("plant_1", "facing", "lamp_1", LAYOUT.moved({"plant_1": Pose(1.2, 3.5, 0.5, turn)})).grade

    assert unit_of("facing") == "°"
    if angle + step <= 180.0:
        assert at(angle) >= at(angle + step)
        assert angle < 30.0 or at(angle) > at(angle + step)
