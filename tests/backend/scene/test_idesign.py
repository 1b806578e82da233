# SPDX-License-Identifier: GPL-3.0-or-later
"""Scene graphs of MetaSpatial and I-Design: what is read, what is noted, what is refused."""

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from metaspatial.backend.rewards.relations import satisfaction
from metaspatial.backend.scene import Pose, Relation, SceneError, current_layout, scene_from_json, scene_to_json
from metaspatial.backend.scene.geometry import front
from metaspatial.backend.scene.idesign import scene_from_idesign


def element(id, position, size, z_angle=0.0, kind="wall"):
    return {
        "new_object_id": id,
        "itemType": kind,
        "position": dict(zip("xyz", position, strict=True)),
        "size_in_meters": dict(zip(("length", "width", "height"), size, strict=True)),
        "rotation": {"z_angle": z_angle},
    }


def layout_elements():
    return [
        element("south_wall", (2.5, 0, 1.6), (5, 0.0, 3.2)),
        element("north_wall", (2.5, 4, 1.6), (5, 0.0, 3.2), 180.0),
        element("east_wall", (5, 2, 1.6), (4, 0.0, 3.2), 270.0),
        element("west_wall", (0, 2, 1.6), (4, 0.0, 3.2), 90.0),
        element("middle of the room", (2.5, 2, 0), (5, 4, 0), kind="floor"),
        element("ceiling", (2.5, 2, 3.2), (5, 4, 0), kind="ceiling"),
    ]


def thing(id, size, walls=(), objects=(), **fields):
    """One object; `walls` are (element, preposition), `objects` (id, preposition, is_adjacent)."""
    return {
        "new_object_id": id,
        "style": "Classic",
        "material": "Mahogany",
        "size_in_meters": dict(zip(("length", "width", "height"), size, strict=True)),
        "is_on_the_floor": True,
        "facing": "south_wall",
        "placement": {
            "room_layout_elements": [{"layout_element_id": e, "preposition": p} for e, p in walls],
            "objects_in_room": [{"object_id": o, "preposition": p, "is_adjacent": a} for o, p, a in objects],
        },
        "rotation": {"z_angle": 180.0},
        "cluster": {"constraint_area": {"x_neg": 0.0, "x_pos": 0.0, "y_neg": 0.0, "y_pos": 0.0}},
    } | fields


def dining_room():
    return [
        thing("dining_table_1", (1.6, 0.9, 0.75), [("middle of the room", "on")]),
        thing(
            "dining_chair_2",
            (0.45, 0.5, 0.95),
            objects=[("dining_table_1", "in front", True)],
            position={"x": 3.598, "y": 3.29, "z": 0.475},
        ),
        thing(
            "dining_chair_1", (0.45, 0.5, 0.95), objects=[("dining_table_1", "left of", True)], facing="dining_table_1"
        ),
        thing("sideboard_1", (1.4, 0.45, 0.85), [("east_wall", "on")]),
        thing("plant_1", (0.4, 0.4, 1.2), [("north_wall", "in the corner"), ("west_wall", "in the corner")]),
        thing("vase_1", (0.2, 0.2, 0.3), objects=[("sideboard_1", "on", True)], is_on_the_floor=False),
        thing("painting_1", (0.9, 0.05, 0.6), [("north_wall", "on")], is_on_the_floor=False),
        thing("chandelier_1", (0.6, 0.6, 0.5), [("ceiling", "on")], is_on_the_floor=False, facing="middle of the room"),
        thing("rug_1", (2.4, 1.8, 0.01), objects=[("dining_table_1", "under", True)]),
        *layout_elements(),
    ]


def test_a_room_is_read_whole():
    done = scene_from_idesign(json.dumps(dining_room()))
    scene = done.scene
    assert done.notes == ()
    assert scene.room.floor == ((0, 0), (5, 0), (5, 4), (0, 4))
    assert scene.room.height == 3.2
    assert len(scene.furniture) == 9
    assert {piece.id: piece.mount for piece in scene.furniture if piece.mount != "floor"} == {
        "vase_1": "on",
        "painting_1": "wall",
        "chandelier_1": "ceiling",
    }
    assert scene.piece("dining_table_1").category == "dining_table"
    assert scene.piece("chandelier_1").category == "ceiling_lamp"
    assert scene.piece("sideboard_1").size == (1.4, 0.45, 0.85)
    assert (scene.piece("rug_1").style, scene.piece("rug_1").material) == ("Classic", "Mahogany")
    assert [relation for relation in scene.relations if relation.predicate != "facing"] == [
        Relation("dining_table_1", "on", "middle"),
        Relation("dining_chair_2", "in_front_of", "dining_table_1", True),
        Relation("dining_chair_1", "left_of", "dining_table_1", True),
        Relation("sideboard_1", "against", "east_wall"),
        Relation("plant_1", "in_corner", "north_wall"),
        Relation("plant_1", "in_corner", "west_wall"),
        Relation("vase_1", "on", "sideboard_1"),
        Relation("painting_1", "on", "north_wall"),
        Relation("chandelier_1", "on", "ceiling"),
        Relation("rug_1", "under", "dining_table_1"),
    ]
    assert Relation("dining_chair_1", "facing", "dining_table_1") in scene.relations
    assert Relation("chandelier_1", "facing", "middle") in scene.relations


@given(st.randoms(use_true_random=False))
def test_layout_elements_are_found_wherever_they_stand(rng):
    shuffled = dining_room()
    rng.shuffle(shuffled)
    done = scene_from_idesign(shuffled)
    expected = scene_from_idesign(dining_room()).scene
    assert done.scene.room == expected.room
    assert sorted(done.scene.furniture, key=str) == sorted(expected.furniture, key=str)
    assert set(done.scene.relations) == set(expected.relations)


@pytest.mark.parametrize(
    ("z_angle", "rotation", "direction"),
    [
        (0, 180, (0, 1)),
        (90, 90, (1, 0)),
        (180, 0, (0, -1)),
        (270, 270, (-1, 0)),
        (-90, 270, (-1, 0)),
        (360.0, 180, (0, 1)),
    ],
)
def test_clockwise_angles_become_our_rotation(z_angle, rotation, direction):
    graph = [thing("chair_1", (1, 1, 1), position={"x": 1, "y": 2, "z": 0.5}, rotation={"z_angle": z_angle})]
    piece = scene_from_idesign(graph + layout_elements()).scene.piece("chair_1")
    assert piece.pose == Pose(1, 2, 0.5, rotation)
    assert front(rotation) == pytest.approx(direction)


@pytest.mark.parametrize(
    ("z_angle", "left", "before"),
    [(0, (1.4, 2), (2.5, 3)), (90, (2.5, 3.1), (3.5, 2)), (180, (3.6, 2), (2.5, 1)), (270, (2.5, 0.9), (1.5, 2))],
)
def test_left_and_front_mean_what_they_mean_there(z_angle, left, before):
    """Positions that I-Design's own rules allow: left of an object that faces north is west of it, and so on round."""
    sideways = z_angle in (90, 270)
    anchor = thing("desk_1", (1.2, 1, 0.8), position={"x": 2.5, "y": 2, "z": 0.4}, rotation={"z_angle": z_angle})
    beside = thing(
        "box_1",
        (0.5, 1, 0.4) if not sideways else (1, 0.5, 0.4),
        objects=[("desk_1", "left of", True)],
        position={"x": left[0], "y": left[1], "z": 0.2},
        rotation={"z_angle": 0},
    )
    ahead = thing(
        "box_2",
        (0.5, 0.5, 0.4),
        objects=[("desk_1", "in front", True)],
        position={"x": before[0], "y": before[1], "z": 0.2},
        rotation={"z_angle": 0},
    )
    scene = scene_from_idesign([anchor, beside, ahead, *layout_elements()]).scene
    for relation in scene.relations:
        if relation.predicate in ("left_of", "in_front_of"):
            assert satisfaction(scene, current_layout(scene), relation).grade == 1.0


def test_the_import_is_a_sound_document():
    scene = scene_from_idesign(dining_room(), preference="A classic dining room", name="dining").scene
    assert scene_from_json(json.dumps(scene_to_json(scene))) == scene
    assert scene.preference == "A classic dining room"


def test_an_object_with_objects_in_room_and_a_stated_size_is_fine():
    graph = {"objects_in_room": [thing("sofa_1", (2, 0.9, 0.8), [("north_wall", "on")])]}
    scene = scene_from_idesign(graph, room_size=(4.0, 3.0, 2.5)).scene
    assert scene.room.extent == (4.0, 3.0)
    assert scene.relations[0] == Relation("sofa_1", "against", "north_wall")


def test_the_room_is_found_from_sizes_where_positions_lack():
    elements = layout_elements()
    for entry in elements:
        del entry["position"]
    assert scene_from_idesign(elements).scene.room == scene_from_idesign(layout_elements()).scene.room


NOTED = [
    (thing("a_1", (1, 1, 1), objects=[("ghost_1", "left of", True)]), "there is no 'ghost_1'"),
    (thing("a_1", (1, 1, 1), objects=[("b_1", "astride", True)]), "unknown preposition 'astride'"),
    (thing("a_1", (1, 1, 1), objects=[("b_1", None, True)]), "unknown preposition null"),
    (thing("a_1", (1, 1, 1), objects=[("a_1", "left of", True)]), "to itself"),
    (thing("a_1", (1, 1, 1), walls=[("roof", "on")]), "there is no 'roof'"),
    (thing("a_1", (1, 1, 1), objects=[("b_1", "on", True)]), "carry each other"),
    (thing("a_1", (1, 1, 0)), "a_1 has no height; 0.01 m"),
    (thing("a_1", (1, 1, 1), facing="ceiling"), "can't face 'ceiling'"),
    (thing("a_1", (1, 1, 1), facing=["b_1"]), "can't face a list of 1"),
    (thing("a_1", (1, 1, 1), position={"x": 1, "y": None, "z": 1}), "incomplete position"),
    (thing("a_1", (1, 1, 1), position={"x": 1, "y": 1, "z": 1}, rotation={}), "no z_angle"),
    (thing("a_1", (1, 1, 1), is_on_the_floor=False, facing=""), "put on the floor"),
    (thing("Café table #1", (1, 1, 1)), "is called 'Caf_table_1'"),
    (thing("door", (1, 1, 1)), "'door' is called 'door_1'"),
    (element("roof_wall", (1, 1, 1), (1, 1, 1)), "part of the room"),
    (thing("a_1", (1, 1, 1), placement={"objects_in_room": [7]}), "a placement that is 7"),
]


@pytest.mark.parametrize(("entry", "note"), NOTED)
def test_what_cannot_be_used_is_noted_and_the_rest_kept(entry, note):
    others = [thing("b_1", (1, 1, 1), objects=[("a_1", "on", True)])] if entry["new_object_id"] == "a_1" else []
    done = scene_from_idesign([*others, entry, *layout_elements()])
    assert len(done.scene.furniture) == len(others) + ("itemType" not in entry)
    assert len(done.notes) == 1
    assert note in done.notes[0]


REFUSED = [
    ("null", "", "must be a list, not null"),
    ("[7]", "[0]", "must be an object, not 7"),
    ([{"size_in_meters": {}}], "[0].new_object_id", "is missing"),
    ([{"new_object_id": 7}], "[0].new_object_id", "must be a text"),
    ([thing("a_1", (1, 1, 1))], "", "don't give the room's length and width and height"),
    ([thing("a_1", (1, 1, 1)), thing("a_1", (1, 1, 1)), *layout_elements()], "[1].new_object_id", "must be different"),
    ([*layout_elements(), thing("a_1", (1, -1, 1))], "[6].size_in_meters.width", "out of range"),
    ([*layout_elements(), thing("a_1", (1, "1", 1))], "[6].size_in_meters.width", "must be a number"),
    ([*layout_elements(), thing("a_1", (float("nan"), 1, 1))], "[6].size_in_meters.length", "finite"),
    ([*layout_elements(), thing("a_1", (1, 1, 1), size_in_meters=None)], "[6].size_in_meters", "must be an object"),
    (
        [*layout_elements(), thing("a_1", (1, 1, 1), position={"x": 1e9, "y": 1, "z": 1})],
        "[6].position.x",
        "out of range",
    ),
    ([element("east_wall", (-5, 2, 1), (4, 0, 3))], "[0].position.x", "out of range"),
]


@pytest.mark.parametrize(("graph", "path", "reason"), REFUSED)
def test_what_makes_a_graph_useless_is_refused(graph, path, reason):
    with pytest.raises(SceneError) as caught:
        scene_from_idesign(graph)
    assert caught.value.path == path
    assert reason in caught.value.reason


JUNK = st.sampled_from(
    [None, True, 0, -1, 1e9, float("nan"), "", "south_wall", "sideboard_1", "x" * 999, [], [None], {}, {"x": 1}]
)


@given(st.data())
def test_a_spoilt_graph_gives_a_sound_scene_or_a_scene_error(data):
    graph = dining_room()
    rng = random.Random(data.draw(st.integers(0, 2**32)))
    for _ in range(data.draw(st.integers(1, 3))):
        target, depth = graph, rng.randint(1, 4)
        while depth and isinstance(target, dict | list) and target:
            key = rng.choice(list(target)) if isinstance(target, dict) else rng.randrange(len(target))
            depth -= 1
            if depth == 0 or not isinstance(target[key], dict | list):
                target[key] = data.draw(JUNK)
                break
            target = target[key]
    try:
        scene = scene_from_idesign(graph).scene
    except SceneError:
        return
    assert scene_from_json(scene_to_json(scene)) == scene
