# SPDX-License-Identifier: GPL-3.0-or-later
"""The box engine: hand-made rooms, and laws that hold for any boxes."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from metaspatial.backend.rewards.boxes import BoxEngine
from metaspatial.backend.scene import Furniture, Layout, Opening, Part, Pose, Relation, Room, Scene

SQUARE = ((0.0, 0.0), (5.0, 0.0), (5.0, 4.0), (0.0, 4.0))
ELL = ((0.0, 0.0), (5.0, 0.0), (5.0, 2.0), (3.0, 2.0), (3.0, 4.0), (0.0, 4.0))
SPUR = ((0.0, 0.0), (5.0, 0.0), (5.0, 4.0), (2.55, 4.0), (2.55, 2.0), (2.45, 2.0), (2.45, 4.0), (0.0, 4.0))


def block(id="a", size=(1.0, 1.0, 1.0), category="box", **more):
    return Furniture(id, category, size, **more)


def measure(furniture, poses, floor=SQUARE, openings=(), relations=()):
    scene = Scene(Room(floor, 2.7, tuple(openings)), tuple(furniture), tuple(relations))
    return BoxEngine().measure(scene, Layout({k: Pose(*v) for k, v in poses.items()}))


def depth(*args, **more):
    found = measure(*args, **more).penetrations
    return found[0].depth if found else 0.0


AB = (block("a"), block("b"))


def test_a_sound_layout_has_no_fault():
    assert measure(AB, {"a": (1, 1, 0.5), "b": (3, 3, 0.5, 45)}).valid


@pytest.mark.parametrize(("x", "expected"), [(2.0, 0.0), (1.996, 0.0), (1.99, 0.01), (1.5, 0.5), (1.0, 1.0)])
def test_touching_is_not_colliding_and_depth_is_what_separates(x, expected):
    assert depth(AB, {"a": (1, 1, 0.5), "b": (x, 1, 0.5)}) == pytest.approx(expected)


def test_boxes_apart_at_45_degrees_whose_axis_aligned_bounds_overlap():
    assert depth(AB, {"a": (1, 1, 0.5, 45), "b": (2.3, 2.3, 0.5, 0)}) == 0.0
    assert depth(AB, {"a": (1, 1, 0.5, 45), "b": (1.75, 1.75, 0.5, 45)}) == pytest.approx(
        1 - 0.75 * math.sqrt(2), abs=0.07
    )


def test_a_box_inside_another_counts_with_the_way_out():
    pieces = (block("a", (2, 2, 2)), block("b", (0.2, 0.2, 0.2)))
    assert depth(pieces, {"a": (2, 2, 1), "b": (2, 2.5, 0.4)}) == pytest.approx(0.5)


def test_a_cross_of_two_bars_without_a_corner_in_the_other():
    pieces = (block("a", (2, 0.2, 1)), block("b", (2, 0.2, 1)))
    assert depth(pieces, {"a": (2, 2, 0.5), "b": (2, 2, 0.5, 90)}) == pytest.approx(1.0)


def test_one_on_the_other_touches_but_sinking_in_counts():
    pieces = (block("a", (1, 1, 0.5), "desk"), block("b", (0.3, 0.3, 0.3), "vase", mount="on"))
    assert measure(pieces, {"a": (1, 1, 0.25), "b": (1, 1, 0.65)}).valid
    assert depth(pieces, {"a": (1, 1, 0.25), "b": (1, 1, 0.62)}) == pytest.approx(0.03)
    assert measure(pieces, {"a": (1, 1, 0.25), "b": (1, 1, 0.62)}).floating == {"b": pytest.approx(0.03)}


def test_a_chair_tucked_under_a_table_is_fine_but_not_through_its_top_or_leg():
    pieces = (block("t", (1.4, 0.8, 0.75), "dining_table"), block("c", (0.48, 0.54, 0.88), "chair"))
    table = (2, 2, 0.375)
    assert measure(pieces, {"t": table, "c": (2, 1.45, 0.44, 180)}).valid
    assert depth(pieces, {"t": table, "c": (2, 1.85, 0.44, 180)}) > 0.02  # its back runs into the top
    assert depth(pieces, {"t": table, "c": (1.4, 1.45, 0.44, 180)}) > 0.02  # its seat runs into a leg


@pytest.mark.parametrize(("offset", "expected"), [(0.0, 0.6), (0.3, 0.6), (0.7, 0.5), (1.1, 0.1), (1.196, 0.0)])
@pytest.mark.parametrize("angle", [0, 30])
def test_tables_in_each_other_are_apart_only_where_legs_and_tops_are(offset, expected, angle):
    pieces = (block("a", (1.2, 0.6, 0.75), "desk"), block("b", (1.2, 0.6, 0.75), "desk"))
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    poses = {"a": (2, 2, 0.375, angle), "b": (2 + offset * c, 2 + offset * s, 0.375, angle)}
    assert depth(pieces, poses) == pytest.approx(expected, abs=1e-6)


def test_rugs_lie_under_everything_but_not_in_each_other():
    rug, other = block("r", (2, 2, 0.01), "rug"), block("s", (2, 2, 0.01), "rug")
    assert measure((rug, block("b")), {"r": (2, 2, 0.005), "b": (2, 2, 0.5)}).valid
    assert measure((rug, block("b")), {"r": (2, 2, 0.005), "b": (2, 2, 0.51)}).valid  # on top of its pile
    assert depth((rug, other), {"r": (2, 2, 0.005), "s": (2.5, 2, 0.005)}) == pytest.approx(0.01)


@pytest.mark.parametrize(
    ("floor", "pose", "reach", "share"),
    [
        (SQUARE, (0.2, 2, 0.5), 0.3, 0.3),
        (SQUARE, (0.0, 0.0, 0.5), math.hypot(0.5, 0.5), 0.75),
        (SQUARE, (105.5, 2, 0.5), 101.0, 1.0),
        (SQUARE, (2, 2, 2.5), 0.3, 0.3),
        (SQUARE, (2, 2, 0.3), 0.2, 0.2),
        (ELL, (2.7, 1.7, 0.5), 0.2, 0.04),
        (SPUR, (2.5, 2.6, 0.5), 0.45, 0.1),
        (ELL, (2.5, 2.5, 0.5), 0.0, 0.0),
        (ELL, (4.5, 1.5, 0.5), 0.0, 0.0),
    ],
)
def test_how_far_outside(floor, pose, reach, share):
    report = measure((block(),), {"a": pose}, floor)
    assert report.outside.get("a", 0.0) == pytest.approx(reach, abs=1e-6)
    assert report.outside_share.get("a", 0.0) == pytest.approx(share, abs=1e-6)


def test_an_l_shaped_piece_goes_round_the_corner_of_the_room():
    arms = (Part((-0.25, 0.0, 0.0), (1.5, 2.0, 0.8)), Part((0.5, -0.5, 0.0), (1.0, 1.0, 0.8)))
    sofa = block("a", (2.0, 2.0, 0.8), "sofa", parts=arms)
    pose = {"a": (2.2, 2.4, 0.4)}  # its free quarter is over the room's inner corner at (3, 2)
    assert measure((sofa,), pose, ELL).outside != {}
    ell = block(
        "a", (2.0, 2.0, 0.8), "sofa", parts=(Part((-0.5, 0, 0), (1, 2, 0.8)), Part((0.5, -0.5, 0), (1, 1, 0.8)))
    )
    assert measure((ell,), {"a": (2.9, 1.95, 0.4)}, ELL).valid
    assert measure((block("a", (2.0, 2.0, 0.8), "sofa"),), {"a": (2.9, 1.95, 0.4)}, ELL).outside["a"] > 0.5


def test_floating_and_sunk_pieces():
    assert measure((block(),), {"a": (2, 2, 0.7)}).floating == {"a": pytest.approx(0.2)}
    report = measure((block(),), {"a": (2, 2, 0.4)})
    assert report.sunk == {"a": pytest.approx(0.1)}
    assert report.floating == {}


def test_what_stands_on_something_needs_it_below_its_centre():
    pieces = (block("t", (1.4, 0.8, 0.75), "dining_table"), block("l", (0.3, 0.3, 0.4), "table_lamp", mount="on"))
    assert measure(pieces, {"t": (2, 2, 0.375), "l": (2.65, 2, 0.95)}).valid
    assert measure(pieces, {"t": (2, 2, 0.375), "l": (2.8, 2, 0.95)}).floating == {"l": pytest.approx(0.75)}
    assert measure(pieces, {"t": (2, 2, 0.375), "l": (2, 2, 1.15)}).floating == {"l": pytest.approx(0.2)}
    assert measure(pieces, {"t": (2, 2, 0.375), "l": (4, 2, 0.2)}).valid  # the floor carries, too


def test_a_floor_piece_floats_on_a_table_unless_it_is_asked_to_stand_there():
    pieces = (block("t", (1.4, 0.8, 0.75), "dining_table"), block("p", (0.3, 0.3, 0.5), "plant"))
    poses = {"t": (2, 2, 0.375), "p": (2, 2, 1.0)}
    assert measure(pieces, poses).floating == {"p": pytest.approx(0.75)}
    assert measure(pieces, poses, relations=(Relation("p", "on", "t"),)).valid


def test_shelves_carry_at_every_board():
    boards = tuple(Part((0, 0, z), (0.9, 0.3, 0.02)) for z in (-0.89, -0.3, 0.3, 0.89))
    shelf = block("s", (0.9, 0.3, 1.8), "bookshelf", parts=boards)
    books = block("b", (0.3, 0.2, 0.2), "books", mount="on")
    assert measure((shelf, books), {"s": (2, 2, 0.9), "b": (2, 2, 0.9 - 0.29 + 0.1)}).valid


def test_wall_pieces_touch_a_wall_with_their_back_and_ceiling_pieces_the_ceiling():
    picture, lamp = block("p", (0.8, 0.04, 0.6), "painting", mount="wall"), block("l", (0.4, 0.4, 0.3), mount="ceiling")
    assert measure((picture, lamp), {"p": (2, 3.98, 1.5), "l": (2, 2, 2.55)}).valid
    report = measure((picture, lamp), {"p": (2, 3.9, 1.5), "l": (2, 2, 2.0)})
    assert report.floating == {"p": pytest.approx(0.08), "l": pytest.approx(0.55)}
    assert measure((picture,), {"p": (2, 3.98, 1.5, 90)}).floating["p"] > 0.3


DOOR = Opening("door", "door", 0, 1.0, 0.9, 2.0, swing="in")
WINDOW = Opening("window", "window", 2, 1.5, 1.5, 1.2, 0.9)


@pytest.mark.parametrize(
    ("piece", "pose", "blocks"),
    [
        (block(), (1.5, 0.5, 0.5), {"door"}),
        (block(), (1.5, 1.5, 0.5), set()),
        (block("a", (2, 2, 0.012), "rug"), (1.5, 1.2, 0.006), set()),
        (block("a", (2, 2, 0.05), "rug"), (1.5, 1.2, 0.025), {"door"}),
        (block("a", (1, 0.6, 0.75), "desk"), (2.5, 3.7, 0.375), set()),
        (block("a", (1, 0.6, 1.8), "wardrobe"), (2.5, 3.7, 0.9), {"window"}),
        (block("a", (0.8, 0.04, 0.6), "painting", mount="wall"), (2.5, 3.98, 1.4), {"window"}),
        (block("a", (0.8, 0.04, 0.6), "painting", mount="wall"), (4.5, 3.98, 1.4), set()),
    ],
)
def test_blocked_openings(piece, pose, blocks):
    report = measure((piece,), {"a": pose}, openings=(DOOR, WINDOW))
    assert {fault.opening for fault in report.blocked} == blocks


def test_fixed_pieces_stand_where_they_are_and_their_own_faults_are_not_the_layouts():
    fixed = (
        block("a", fixed=True, pose=Pose(1, 1, 0.5)),
        block("b", fixed=True, pose=Pose(1.2, 1, 0.9)),
        block("c", (0.2, 0.2, 0.2)),
    )
    assert measure(fixed, {"c": (3, 3, 0.1)}).valid
    assert depth(fixed, {"c": (1.1, 0.7, 0.1), "a": (4, 3, 0.5)}) > 0.1  # moving a fixed piece away does not help


def test_missing_and_unreal_poses_are_unplaced():
    assert measure(AB, {"a": (1, 1, 0.5)}).unplaced == ("b",)
    report = measure(AB, {"a": (1, 1, 0.5), "b": (1, math.nan, 0.5)})
    assert report.unplaced == ("b",)
    assert not report.penetrations
    assert measure((), {}).valid


sizes = st.tuples(*[st.floats(0.05, 2.0)] * 3)
poses = st.builds(Pose, st.floats(0, 5), st.floats(0, 4), st.floats(0, 2), st.floats(-360, 360))
kinds = st.sampled_from(["box", "chair", "dining_table", "rug", "desk"])


@given(sizes, sizes, poses, poses)
def test_moving_by_the_depth_separates_and_less_does_not(size_a, size_b, pose_a, pose_b):
    pieces = (block("a", size_a), block("b", size_b))
    scene = Scene(Room(SQUARE, 2.7), pieces)
    engine = BoxEngine()
    found = engine.measure(scene, Layout({"a": pose_a, "b": pose_b})).penetrations
    if not found:
        return
    deep = found[0].depth

    def best(distance):
        angles = np.radians([pose_a.rotation, pose_b.rotation])
        ways = [(math.cos(t + q), math.sin(t + q), 0.0) for t in angles for q in np.arange(4) * math.pi / 2]
        moved = [
            Pose(pose_b.x + x * distance, pose_b.y + y * distance, pose_b.z + z * distance, pose_b.rotation)
            for x, y, z in (*ways, (0, 0, 1), (0, 0, -1))
        ]
        batch = engine.measure_many(scene, [Layout({"a": pose_a, "b": pose}) for pose in moved])
        return batch.depth.min()

    assert best(deep) == 0.0
    if deep > 0.02:
        assert best(deep - 0.01) > 0.0


@settings(max_examples=60)
@given(st.lists(st.tuples(kinds, sizes, poses), min_size=1, max_size=6), st.sampled_from([SQUARE, ELL, SPUR]))
def test_a_batch_measures_each_layout_as_it_would_alone(rows, floor):
    pieces = tuple(block(f"p{i}", size, kind) for i, (kind, size, _) in enumerate(rows))
    scene = Scene(Room(floor, 2.7, (DOOR,)), pieces)
    layouts = [
        Layout({piece.id: pose for piece, (_, _, pose) in zip(pieces, rows, strict=True)}),
        Layout({piece.id: Pose(2, 2, 1) for piece in pieces[1:]}),
        Layout(),
    ]
    batch = BoxEngine().measure_many(scene, layouts)
    for k, layout in enumerate(layouts):
        assert batch.report(k) == BoxEngine().measure(scene, layout)
    assert list(batch.valid) == [batch.report(k).valid for k in range(3)]


@given(sizes, poses, st.floats(0.0, 360.0), st.floats(-3, 3), st.floats(-3, 3))
def test_turning_room_and_pieces_together_changes_nothing(size, pose, angle, dx, dy):
    pieces = (block("a", size), block("b", (0.6, 0.4, 0.5), "chair"))

    def turned(x, y):
        c, s = math.cos(math.radians(angle)), math.sin(math.radians(angle))
        return x * c - y * s + dx, x * s + y * c + dy

    def report(turn):
        floor = tuple(turned(*p) for p in ELL) if turn else ELL
        placed = {"a": pose, "b": Pose(2, 2, 0.25, 30)}
        if turn:
            placed = {k: Pose(*turned(p.x, p.y), p.z, p.rotation + angle) for k, p in placed.items()}
        return BoxEngine().measure(Scene(Room(floor, 2.7), pieces), Layout(placed))

    one, two = report(False), report(True)
    for field in ("outside", "outside_share", "floating", "sunk"):
        for id in ("a", "b"):
            before, after = getattr(one, field).get(id, 0.0), getattr(two, field).get(id, 0.0)
            at_tolerance = abs(one.outside.get(id, 0.0) - 0.005) < 1e-6 or abs(two.outside.get(id, 0.0) - 0.005) < 1e-6
            assert at_tolerance or before == pytest.approx(after, abs=1e-5)
    assert [p.depth for p in one.penetrations] == pytest.approx([p.depth for p in two.penetrations], abs=1e-6)
