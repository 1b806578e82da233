# SPDX-License-Identifier: GPL-3.0-or-later
"""The published score is reproduced: what the released functions were measured to pay, and the rules one by one."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from metaspatial.backend.rewards.metaspatial import collision_ratio, constraint_ratio, metaspatial_score
from metaspatial.backend.scene import Furniture, Layout, Opening, Pose, Relation, Room, Scene
from metaspatial.backend.scene.idesign import scene_from_idesign

ROOM = Room(((0, 0), (5, 0), (5, 4), (0, 4)), 3.0, (Opening("window_1", "window", 0, 1, 1, 1, 1),))
FIVES = (5, 5, 5, 5, 5)


def boxes(count, size=(0.5, 0.5, 0.5)):
    return tuple(Furniture(f"box_{k}", "cabinet", size) for k in range(count))


def spread(count, z=0.25):
    return Layout({f"box_{k}": Pose(0.5 + k % 4, 0.5 + k // 4, z) for k in range(count)})


def on_the_floor(pieces):
    return Scene(ROOM, pieces, tuple(Relation(piece.id, "on", "middle") for piece in pieces))


EIGHT = on_the_floor(boxes(8))
GOOD = spread(8)


def entries(layout=GOOD):
    return [{"new_object_id": id, "x": pose.x, "y": pose.y, "z": pose.z} for id, pose in layout.poses.items()]


def said(answer):
    text = answer if isinstance(answer, str) else json.dumps(answer)
    return f"<think>so</think>\n<answer>{text}</answer>"


def shifted(metres, layout=GOOD):
    return Layout({id: Pose(pose.x + metres, pose.y, pose.z) for id, pose in layout.poses.items()})


def with_reference(scene, layout):
    pieces = tuple(Furniture(p.id, p.category, p.size, pose=layout[p.id]) for p in scene.furniture)
    return Scene(scene.room, pieces, scene.relations)


NO_Z = [{key: value for key, value in entry.items() if key != "z"} for entry in entries()]
KEYED = {entry["new_object_id"]: {"x": 99, "y": 99, "z": 99} for entry in entries()}
UNKNOWN = [*entries()[:-1], {"new_object_id": "ghost_1", "x": 1, "y": 1, "z": 1}]
NUMBERS = list(range(8))


@pytest.mark.parametrize(
    ("text", "grades", "total"),
    [
        (said(entries()), FIVES, 1.0),
        (said(entries(Layout({id: Pose(2.5, 2, 0.25) for id in GOOD}))), FIVES, 0.9385),
        (said(entries(shifted(100))), FIVES, 0.8),
        (said(json.dumps(entries()).replace("0.25", "NaN")), FIVES, 0.8),
        (said(KEYED), FIVES, 0.7),
        (said([entries()[0]] * 8), FIVES, 1.0),
        (said(UNKNOWN), FIVES, 0.5),
        (said(NO_Z), FIVES, 0.5),
        (said(NUMBERS), FIVES, 0.5),
        (said(entries()), (), 0.5),
        (said(entries()), (None,) * 5, 0.5),
        (said(entries()), (2, 2, 2, 2, 2), 0.7),
        (said(entries(shifted(100))), (2, 2, 2, 2, 2), 0.7),
        (said(entries()), (1, 1, 1, 1, 1), 0.6),
        (said(entries()), (10, 10, 10, 10, 10), 1.5),
        (said(entries()), (5.9, 5.9, 5.9, 5.9, 5.9), 1.0),
        (said(entries()[1:]), FIVES, 0.25),
        (said("```json\n" + json.dumps(entries()) + "\n```"), FIVES, 0.05),
        (said(json.dumps(entries())[:-1] + ",]"), FIVES, 0.05),
        (said("null"), FIVES, 0.05),
        (said(entries()) + " I hope you like it.", FIVES, 0.0),
        ("<answer>" + json.dumps(entries()) + "</answer>", FIVES, 0.0),
        ("", FIVES, 0.0),
    ],
    ids=[
        "correct", "one point", "100 m away", "NaN", "keyed by id", "copies of one", "unknown id", "no z", "integers",
        "no judge", "all unknown", "twos", "twos 100 m away", "ones", "best", "truncated", "one missing", "fence",
        "comma", "null", "text after", "no thoughts", "empty",
    ],
)  # fmt: skip
def test_what_the_released_code_pays(text, grades, total):
    result = metaspatial_score(with_reference(EIGHT, GOOD), Layout(), text, grades)
    assert result.total == pytest.approx(total, abs=5e-5)


@pytest.mark.parametrize("answer", [json.dumps(entries()).replace('"z": 0.25', '"z": "0.25"'), "7"])
def test_where_the_original_crashes_there_is_no_number(answer):
    result = metaspatial_score(EIGHT, Layout(), said(answer), FIVES)
    assert (result.total, result.total_without_render) == (None, None)
    assert "crashes" in result.note


def test_without_a_judge_nothing_is_made_up():
    result = metaspatial_score(EIGHT, shifted(100), said(entries(shifted(100))))
    assert (result.total, result.render) == (None, None)
    assert result.total_without_render == pytest.approx(0.3)
    assert metaspatial_score(EIGHT, Layout(), said("oops")).total == pytest.approx(0.05)  # the judge was never asked
    assert metaspatial_score(EIGHT, Layout(), said(KEYED)).total == pytest.approx(0.7)


def test_a_layout_is_scored_as_though_answered_faultlessly():
    assert metaspatial_score(EIGHT, GOOD, None, FIVES) == metaspatial_score(EIGHT, GOOD, said(entries()), FIVES)
    less = Layout({id: pose for id, pose in GOOD.poses.items() if id != "box_3"})
    assert metaspatial_score(EIGHT, less, None, FIVES).total == 0.25


@given(
    st.text(max_size=200),
    st.sampled_from(["", "<think>", "<think></think><answer>"]),
    st.sampled_from(["", "</answer>"]),
)
def test_any_text_has_a_score_in_range(text, head, tail):
    result = metaspatial_score(EIGHT, GOOD, head + text + tail, FIVES)
    assert result.total is None or 0.0 <= result.total <= 1.5


WEIRD = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.lists(st.integers(), max_size=2)
)
ENTRY = st.fixed_dictionaries(
    {}, optional={"new_object_id": st.sampled_from([*GOOD, "ghost", 3, None]), "x": WEIRD, "y": WEIRD, "z": WEIRD}
)


@settings(deadline=None)
@given(
    st.lists(ENTRY | WEIRD, min_size=6, max_size=9) | st.dictionaries(st.text(max_size=2), WEIRD),
    st.sampled_from([None, FIVES]),
)
def test_any_json_has_a_score_in_range(answer, grades):
    result = metaspatial_score(EIGHT, GOOD, said(answer), grades)
    assert result.total is None or 0.0 <= result.total <= 1.5


# C


@pytest.mark.parametrize(("count", "share"), [(6, 0.227), (10, 0.375), (12, 0.431)])
def test_pairs_of_furniture_are_a_small_part_of_the_pairs(count, share):
    scene = on_the_floor(boxes(count))
    assert collision_ratio(scene, Layout({p.id: Pose(2, 2, 0.25) for p in scene.furniture})) == pytest.approx(
        share, abs=5e-4
    )


def test_out_of_the_room_nothing_collides():
    scene = on_the_floor(boxes(10))
    assert collision_ratio(scene, shifted(50, spread(10))) == 0.0
    half_out = {"box_0": Pose(0.1, 2, 0.25)}
    assert collision_ratio(scene, spread(10).moved(half_out)) == pytest.approx(1 / 120)
    below = {"box_0": Pose(4.5, 2.8, 0.2)}
    assert collision_ratio(scene, spread(10).moved(below)) == pytest.approx(1 / 120)


@pytest.mark.parametrize(
    ("size", "pose", "collides"),
    [
        ((0.5, 0.5, 0.5), Pose(1.7485, 1, 0.25), True),
        ((0.5, 0.5, 0.5), Pose(1.7495, 1, 0.25), False),  # half a millimetre is free
        ((1.0, 0.2, 0.5), Pose(1.5, 1.7, 0.25), False),
        ((1.0, 0.2, 0.5), Pose(1.5, 1.7, 0.25, 90), True),  # turned, it reaches
        ((1.0, 0.2, 0.5), Pose(1.5, 1.7, 0.25, 60), False),  # any other yaw is none
        ((1.0, 0.025, 0.5), Pose(1, 1, 0.25), False),  # 40 times as long as thick: never tested
        ((1.0, 0.026, 0.5), Pose(1, 1, 0.25), True),
    ],
)
def test_boxes_collide_by_more_than_a_millimetre(size, pose, collides):
    scene = on_the_floor((Furniture("cube_1", "cabinet", (1, 1, 0.5)), Furniture("other_1", "cabinet", size)))
    layout = Layout({"cube_1": Pose(1, 1, 0.25), "other_1": pose})
    assert collision_ratio(scene, layout) == (pytest.approx(1 / 28) if collides else 0.0)


# V


def violated(pose, *relations, size=(0.5, 0.4, 0.8), mount="floor", **others):
    """Whether `thing` breaks all of its relations. Beside it a table of 1.5 x 0.9 x 0.75 m that faces south."""
    table = Furniture("table", "desk", (1.5, 0.9, 0.75))
    scene = Scene(
        ROOM, (Furniture("thing", "cabinet", size, mount), table), (*relations, Relation("table", "on", "middle"))
    )
    layout = Layout({"thing": pose, "table": Pose(2.5, 2.0, 0.375, 0), **others})
    ratio = constraint_ratio(scene, layout)
    assert ratio in (0.0, 0.5)
    return ratio > 0


def thing(predicate, anchor, adjacent=False):
    return Relation("thing", predicate, anchor, adjacent)


Z = 0.4
MET = [
    (thing("on", "middle"), Pose(0.25, 3.8, Z)),
    (thing("centered_on", "middle"), Pose(0.25, 3.8, Z)),  # "in the middle of the room" is anywhere on the floor
    (thing("against", "south_wall"), Pose(3.3, 0.2, Z)),
    (thing("against", "north_wall"), Pose(3.3, 3.8, Z)),
    (thing("against", "west_wall"), Pose(0.25, 1.7, Z)),
    (thing("against", "east_wall"), Pose(4.75, 1.7, Z)),
    (thing("against", "wall_1"), Pose(4.75, 1.7, Z)),
    (thing("against", "east_wall"), Pose(4.8, 1.7, Z, 90)),
    (thing("against", "wall"), Pose(4.75, 1.7, Z)),
    (thing("in_corner", "corner"), Pose(2.5, 0.2, Z)),  # anywhere along a wall
    (thing("in_corner", "west_wall"), Pose(0.25, 2.0, Z)),
    (thing("left_of", "table", True), Pose(3.5, 2.0, Z)),  # the table faces south: its left is east
    (thing("right_of", "table", True), Pose(1.5, 2.0, Z)),
    (thing("in_front_of", "table", True), Pose(2.5, 1.35, Z)),
    (thing("behind", "table", True), Pose(2.5, 2.0 + 0.45 + 0.2, Z)),  # to the last bit
    (thing("left_of", "table"), Pose(4.7, 2.9, Z)),  # at most half a metre beside the table's stretch
    (thing("under", "table"), Pose(1.6, 2.0, Z)),
    (thing("above", "table"), Pose(1.6, 2.0, Z)),  # what belongs on the floor stays there
]


@pytest.mark.parametrize(("relation", "pose"), MET)
def test_a_met_relation_and_a_millimetre_off(relation, pose):
    assert not violated(pose, relation)
    assert violated(Pose(pose.x, pose.y, pose.z + 0.001, pose.rotation), relation)
    assert violated(Pose(pose.x + 100, pose.y, pose.z, pose.rotation), relation)


@pytest.mark.parametrize("dx", [-0.001, 0.001])
def test_flush_means_flush(dx):
    assert violated(Pose(4.75 + dx, 1.7, Z), thing("against", "east_wall"))
    assert violated(Pose(3.5 + dx, 2.0, Z), thing("left_of", "table", True))


UP = {"mount": "on", "size": (0.2, 0.2, 0.3)}


@pytest.mark.parametrize(
    ("relation", "pose", "wrong"),
    [
        (thing("on", "table"), Pose(1.85, 2.35, 0.9), Pose(1.85, 2.35, 0.901)),
        (thing("on", "table"), Pose(3.15, 2.0, 0.9), Pose(3.16, 2.0, 0.9)),
        (thing("on", "ceiling"), Pose(0.1, 0.1, 2.85), Pose(0.1, 0.1, 2.84)),
        (thing("on", "north_wall"), Pose(2.0, 3.9, 1.7), Pose(2.0, 3.899, 1.7)),
        (thing("above", "table"), Pose(1.7, 2.0, 2.9), Pose(1.6, 2.0, 2.9)),
        (thing("under", "table"), Pose(3.0, 2.0, 0.15), Pose(3.0, 2.0, 0.149)),
        (thing("right_of", "table"), Pose(1.0, 2.0, 1.7), Pose(1.7, 2.0, 1.7)),
    ],
)
def test_what_is_not_on_the_floor(relation, pose, wrong):
    assert not violated(pose, relation, **UP)
    assert violated(wrong, relation, **UP)


def test_one_met_relation_is_enough_and_none_is_a_violation():
    against, beside = thing("against", "south_wall"), thing("left_of", "table", True)
    assert not violated(Pose(3.5, 2.0, Z), against, beside)
    assert violated(Pose(3.5, 2.1, Z, 3), against)
    assert violated(Pose(3.5, 2.0, Z))


@pytest.mark.parametrize(
    ("predicate", "anchor"),
    [("near", "table"), ("far_from", "table"), ("facing", "table"), ("aligned_with", "wall"), ("near", "window_1"),
     ("centered_on", "table"), ("against", "table"), ("under", "window_1"), ("near", "middle")],
)  # fmt: skip
def test_relations_they_do_not_have_are_left_out(predicate, anchor):
    assert violated(Pose(3.5, 2.0, Z), thing(predicate, anchor))
    assert not violated(Pose(3.5, 2.0, Z), thing(predicate, anchor), thing("left_of", "table", True))


@pytest.mark.parametrize("rotation", [0, 90, 180, 270, 89.995, 450])
def test_sides_turn_with_the_anchor(rotation):
    left = {0: (3.5, 2.0), 90: (2.5, 3.0), 180: (1.5, 2.0), 270: (2.5, 1.0)}[round(rotation) % 360]
    thing_rotation = 0 if round(rotation) % 180 == 0 else 90  # its long side away from the table
    table = {"table": Pose(2.5, 2.0, 0.375, rotation)}
    assert not violated(Pose(*left, Z, thing_rotation), thing("left_of", "table", True), **table)
    assert violated(Pose(5 - left[0], 4 - left[1], Z, thing_rotation), thing("left_of", "table", True), **table)


def test_a_bad_anchor_damns_what_depends_on_it():
    chair = Relation("thing", "in_front_of", "table", True)
    assert not violated(Pose(2.5, 1.35, Z), chair)
    assert violated(Pose(2.5, 1.35, Z), chair, table=Pose(2.5, 2.01, 0.375))


def test_anything_wider_than_its_place_may_still_be_there():
    assert not violated(Pose(2.5, 1.35, Z), thing("in_front_of", "table", True), size=(2.0, 0.4, 0.8))
    assert not violated(Pose(2.7, 1.35, Z), thing("in_front_of", "table", True), size=(2.0, 0.4, 0.8))
    assert violated(Pose(2.8, 1.35, Z), thing("in_front_of", "table", True), size=(2.0, 0.4, 0.8))


def test_fixed_pieces_are_anchors_and_obstacles_but_not_asked_for():
    stove = Furniture("stove_1", "stove", (0.6, 0.6, 0.9), fixed=True, pose=Pose(2.5, 2.0, 0.45))
    pieces = (stove, Furniture("hood_1", "cabinet", (0.4, 0.4, 0.4)))
    scene = Scene(ROOM, pieces, (Relation("hood_1", "left_of", "stove_1", True),))
    result = metaspatial_score(scene, Layout({"hood_1": Pose(3.0, 2.0, 0.2)}), None, FIVES)
    assert (result.format, result.collision_ratio, result.constraint_ratio) == (1.0, 0.0, 0.0)
    assert collision_ratio(scene, Layout({"hood_1": Pose(2.9, 2.0, 0.2)})) == pytest.approx(1 / 28)


def test_a_graph_of_theirs_comes_in_with_its_reference_and_scores_full():
    graph = [
        placed("table_1", (1.6, 0.9, 0.75), (2.5, 2.0, 0.375), 0.0, walls=[("middle of the room", "on")]),
        placed("chair_1", (0.45, 0.5, 0.95), (2.5, 2.7, 0.475), 180.0, objects=[("table_1", "in front", True)]),
        placed("chair_2", (0.45, 0.5, 0.95), (1.45, 2.0, 0.475), 90.0, objects=[("table_1", "left of", True)]),
        placed("cabinet_1", (1.2, 0.4, 0.8), (4.8, 1.0, 0.4), 270.0, walls=[("east_wall", "on")]),
    ]
    scene = scene_from_idesign(graph, room_size=(5.0, 4.0, 3.0)).scene
    layout = Layout({piece.id: piece.pose for piece in scene.furniture if piece.pose})
    result = metaspatial_score(scene, layout, None, FIVES)
    assert (result.collision_ratio, result.constraint_ratio, result.total) == (0.0, 0.0, 1.0)


def placed(id, size, position, z_angle, walls=(), objects=()):
    return {
        "new_object_id": id,
        "size_in_meters": dict(zip(("length", "width", "height"), size, strict=True)),
        "position": dict(zip("xyz", position, strict=True)),
        "rotation": {"z_angle": z_angle},
        "is_on_the_floor": True,
        "placement": {
            "room_layout_elements": [{"layout_element_id": e, "preposition": p} for e, p in walls],
            "objects_in_room": [{"object_id": o, "preposition": p, "is_adjacent": a} for o, p, a in objects],
        },
    }
