# SPDX-License-Identifier: GPL-3.0-or-later
"""Documents survive the round trip, and every bad one is refused with the path of the bad field."""

import dataclasses
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from metaspatial.backend.scene import (
    Layout,
    Opening,
    Pose,
    SceneError,
    current_layout,
    layout_from_json,
    layout_to_json,
    scene_from_json,
    scene_to_json,
    validate,
)
from metaspatial.backend.scene.geometry import opening_span, walls
from metaspatial.tests.strategies import layouts, scenes


def bedroom():
    return {
        "format": "metaspatial-scene",
        "version": 1,
        "room": {
            "floor": [[0, 0], [4, 0], [4, 3], [0, 3]],
            "height": 2.5,
            "openings": [
                {"id": "door_1", "kind": "door", "wall": 0, "offset": 0.5, "width": 0.9, "height": 2.0, "swing": "in"},
                {"id": "window_1", "kind": "window", "wall": 0, "offset": 2, "width": 1, "height": 1.2, "sill": 0.9},
            ],
        },
        "furniture": [
            {"id": "bed_1", "category": "bed", "size": [1.6, 2.1, 0.5]},
            {
                "id": "nightstand_1",
                "category": "nightstand",
                "size": [0.5, 0.4, 0.5],
                "pose": {"x": 1, "y": 1, "z": 0.25},
            },
            {"id": "table_lamp_1", "category": "table_lamp", "size": [0.3, 0.3, 0.45]},
        ],
        "relations": [
            {"subject": "bed_1", "predicate": "against", "anchor": "wall_2"},
            {"subject": "table_lamp_1", "predicate": "on", "anchor": "nightstand_1"},
        ],
    }


def put(document, path, value):
    """Set one field of a document; `path` is a list of keys and indices."""
    *where, last = path
    target = document
    for key in where:
        target = target[key]
    target[last] = value
    return document


@given(scenes())
def test_scenes_survive_the_round_trip(scene):
    assert scene_from_json(json.dumps(scene_to_json(scene))) == scene


@given(st.data())
def test_layouts_survive_the_round_trip(data):
    scene = data.draw(scenes())
    layout = data.draw(layouts(scene))
    assert layout_from_json(json.dumps(layout_to_json(layout)), scene) == layout


def test_parsed_data_text_and_bytes_read_the_same():
    text = json.dumps(bedroom())
    assert scene_from_json(text) == scene_from_json(bedroom()) == scene_from_json(text.encode())


def test_mount_defaults_to_the_usual_one_of_the_category():
    assert scene_from_json(bedroom()).piece("table_lamp_1").mount == "on"


@given(scenes())
def test_a_clockwise_room_is_turned_without_moving_its_openings(scene):
    document = scene_to_json(scene)
    n = len(scene.room.floor)
    document["room"]["floor"].reverse()
    lengths = [wall.length for wall in walls(scene.room)]
    for opening in document["room"]["openings"]:
        opening["offset"] = lengths[opening["wall"]] - opening["offset"] - opening["width"]
        opening["wall"] = (n - 2 - opening["wall"]) % n
    for relation in document["relations"]:
        if relation["anchor"] == "wall_0":
            relation["anchor"] = f"wall_{n - 2}"
    turned = scene_from_json(document)
    assert turned.room.floor == scene.room.floor
    assert turned.relations == scene.relations
    for before, after in zip(scene.room.openings, turned.room.openings, strict=True):
        for a, b in zip(opening_span(scene.room, before), opening_span(turned.room, after), strict=True):
            assert math.dist(a, b) < 1e-9


BAD_FIELDS = [
    (["room", "floor", 1, 0], math.nan, "room.floor[1][0]", "finite"),
    (["room", "floor", 1, 0], 10**400, "room.floor[1][0]", "finite"),
    (["room", "floor", 1, 0], True, "room.floor[1][0]", "must be a number, not true"),
    (["room", "floor", 1], [4], "room.floor[1]", "2 numbers"),
    (["room", "floor"], [[0, 0], [4, 0]], "room.floor", "at least 3"),
    (["room", "floor"], [[0, 0], [4, 0], [4, 3], [4, 3], [0, 3]], "room.floor[3]", "repeats vertex 2"),
    (["room", "floor"], [[0, 0], [4, 0], [4, 3], [0, 3], [0, 0]], "room.floor[4]", "closes by itself"),
    (["room", "floor"], [[0, 0], [4, 3], [4, 0], [0, 3]], "room.floor", "crosses"),
    (["room", "floor"], [[0, 0], [4, 0], [2, 0]], "room.floor", "crosses or touches"),
    (["room", "floor"], [[0, 0], [0.1, 0], [0, 0.1]], "room.floor", "area"),
    (["room", "floor"], [[1, 0], [5, 0], [5, 3], [1, 3]], "room.floor", "subtract 1 from every x"),
    (["room", "floor"], [[4000 * (i % 2), 3000 * (i // 2)] for i in (0, 1, 3, 2)], "room.floor[1][0]", "1000 metres"),
    (["room", "height"], -2.5, "room.height", "out of range"),
    (["room", "height"], "2.5", "room.height", "must be a number, not '2.5'"),
    (["room", "openings", 0, "wall"], 4, "room.openings[0].wall", "0 to 3"),
    (["room", "openings", 0, "wall"], -1, "room.openings[0].wall", "0 to 3"),
    (["room", "openings", 0, "wall"], 0.5, "room.openings[0].wall", "whole number"),
    (["room", "openings", 0, "width"], 4.5, "room.openings[0].width", "wider than wall 0, which is 4 m"),
    (["room", "openings", 1, "offset"], 3.5, "room.openings[1].offset", "3 m at most"),
    (["room", "openings", 0, "offset"], -0.2, "room.openings[0].offset", "out of range"),
    (["room", "openings", 0, "offset"], 1.5, "room.openings[1].offset", "overlaps 'door_1'"),
    (["room", "openings", 1, "sill"], 1.5, "room.openings[1].height", "above the room's height"),
    (["room", "openings", 0, "kind"], "dor", "room.openings[0].kind", "did you mean 'door'"),
    (["room", "openings", 0, "swing"], "inn", "room.openings[0].swing", "did you mean 'in'"),
    (["room", "openings", 0, "id"], "door", "room.openings[0].id", "names a place"),
    (["room", "openings", 0, "id"], "bed_1", "furniture[0].id", "already the id of room.openings[0]"),
    (["furniture", 1, "id"], "bed_1", "furniture[1].id", "already the id of furniture[0]"),
    (["furniture", 0, "id"], "wall_7", "furniture[0].id", "names a place"),
    (["furniture", 0, "id"], "</answer>", "furniture[0].id", "can't be an id"),
    (["furniture", 0, "id"], "bed_1\n", "furniture[0].id", "can't be an id"),
    (["furniture", 0, "id"], None, "furniture[0].id", "must be a text, not null"),
    (["furniture", 2, "size", 1], -0.3, "furniture[2].size[1]", "out of range"),
    (["furniture", 2, "size", 1], 0, "furniture[2].size[1]", "out of range"),
    (["furniture", 2, "size", 1], math.inf, "furniture[2].size[1]", "finite"),
    (["furniture", 2, "size"], [0.3, 0.3], "furniture[2].size", "3 numbers"),
    (["furniture", 2, "size"], 600, "furniture[2].size", "must be a list"),
    (["furniture", 0, "size", 0], 1600, "furniture[0].size[0]", "metres"),
    (["furniture", 0, "mount"], "flor", "furniture[0].mount", "did you mean 'floor'"),
    (["furniture", 0, "fixed"], True, "furniture[0].pose", "fixed but has no pose"),
    (["furniture", 0, "fixed"], 1, "furniture[0].fixed", "true or false"),
    (["furniture", 0, "label"], "x" * 201, "furniture[0].label", "200 at most"),
    (["furniture", 0, "label"], "\ud800", "furniture[0].label", "surrogate"),
    (["furniture", 0, "colour"], "red", "furniture[0].colour", "unknown key"),
    (["furniture", 0, "categry"], "bed", "furniture[0].categry", "did you mean 'category'"),
    (["furniture", 1, "pose", "rotation"], math.nan, "furniture[1].pose.rotation", "finite"),
    (["furniture", 1, "pose", "x"], 1e6, "furniture[1].pose.x", "out of range"),
    (["furniture", 1, "pose"], [1, 1, 1], "furniture[1].pose", "must be an object with x, y, z"),
    (["furniture", 0, "parts"], [{"center": [1, 0, 0], "size": [1, 1, 0.5]}], "furniture[0].parts[0].center[0]", "box"),
    (["furniture"], {"bed_1": {}}, "furniture", "must be a list, not an object"),
    (["relations", 0, "predicate"], "agains", "relations[0].predicate", "did you mean 'against'"),
    (["relations", 0, "subject"], "bad_1", "relations[0].subject", "did you mean 'bed_1'"),
    (["relations", 0, "anchor"], "bed_1", "relations[0].anchor", "to itself"),
    (["relations", 0, "anchor"], "wall_" + "9" * 5000, "relations[0].anchor", "no such place"),
    (["relations", 0, "anchor"], "wall_\u0662", "relations[0].anchor", "is unknown"),
    (["relations", 0, "anchor"], "wall_4", "relations[0].anchor", "no such place"),
    (["relations", 0, "anchor"], "nigthstand_1", "relations[0].anchor", "did you mean 'nightstand_1'"),
    (["relations", 0, "distance"], 1, "relations[0].distance", "only 'near'"),
    (["preference"], "x" * 2001, "preference", "2000 at most"),
    (["version"], 2, "version", "must be 1"),
    (["version"], True, "version", "must be 1"),
    (["format"], "metaspatial-layout", "format", "must be 'metaspatial-scene'"),
]


@pytest.mark.parametrize(("where", "value", "path", "reason"), BAD_FIELDS)
def test_a_bad_field_is_named(where, value, path, reason):
    with pytest.raises(SceneError) as caught:
        scene_from_json(put(bedroom(), where, value))
    assert caught.value.path == path
    assert reason in caught.value.reason
    assert str(caught.value) == f"{path}: {caught.value.reason}"


@pytest.mark.parametrize("where", [["room"], ["furniture"], ["room", "height"], ["furniture", 0, "size"], ["version"]])
def test_a_missing_field_is_named(where):
    document = bedroom()
    target = document
    for key in where[:-1]:
        target = target[key]
    del target[where[-1]]
    with pytest.raises(SceneError, match="is missing") as caught:
        scene_from_json(document)
    assert caught.value.path.endswith(str(where[-1]))


def test_pieces_that_carry_each_other_are_refused():
    document = bedroom()
    document["relations"] += [
        {"subject": "nightstand_1", "predicate": "on", "anchor": "bed_1"},
        {"subject": "bed_1", "predicate": "on", "anchor": "table_lamp_1"},
    ]
    with pytest.raises(SceneError, match=r"in a circle: .* on .* on ") as caught:
        scene_from_json(document)
    assert caught.value.path.startswith("relations[")


def test_a_long_stack_is_fine_and_two_pieces_may_share_a_carrier():
    document = bedroom()
    document["furniture"] = [{"id": f"box_{i}", "category": "box", "size": [1, 1, 1]} for i in range(400)]
    document["relations"] = [
        {"subject": f"box_{i}", "predicate": "on", "anchor": f"box_{j}"} for i in range(1, 400) for j in {i - 1, i // 2}
    ]
    assert len(scene_from_json(document).furniture) == 400


def test_too_many_pieces_are_refused():
    document = bedroom()
    document["furniture"] = [{"id": f"box_{i}", "category": "box", "size": [1, 1, 1]} for i in range(501)]
    with pytest.raises(SceneError, match="500 at most"):
        scene_from_json(document)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[" * 100_000, "nests too deeply"),
        ('{"a":' * 100_000, "nests too deeply"),
        ('{"format": "metaspatial-scene", "format": 1}', "appears twice"),
        ("9" * 5000, "can be read"),
        ("{", "line 1, column 2"),
        (b"\xff\xfe\x00", "UTF-8"),
        (" " * 8_000_001, "at most are read"),
        ("[]", "scene_from_idesign"),
        ("null", "must be an object"),
        ("", "not JSON"),
    ],
)
def test_text_that_is_no_document_is_refused(text, reason):
    with pytest.raises(SceneError, match=reason):
        scene_from_json(text)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    )
)
def test_any_data_is_refused_with_a_scene_error(data):
    with pytest.raises(SceneError):
        scene_from_json(data)


@given(scenes(min_pieces=1), st.data())
def test_a_field_of_the_wrong_type_is_refused_where_it_is(scene, data):
    document = scene_to_json(scene)
    places = list(_places(document))
    where = data.draw(st.sampled_from(places))
    put(document, where, {"no": "such"})
    with pytest.raises(SceneError) as caught:
        scene_from_json(document)
    assert str(where[0]) in caught.value.path


def test_a_scene_from_code_obeys_the_same_rules():
    scene = scene_from_json(bedroom())
    validate(scene)
    clockwise = dataclasses.replace(scene.room, floor=scene.room.floor[::-1])
    with pytest.raises(SceneError, match="clockwise"):
        validate(type(scene)(clockwise, scene.furniture))
    bad = Opening("door_9", "door", 0, math.nan, 1, 2)
    with pytest.raises(SceneError, match=r"room\.openings\[0\]\.offset"):
        validate(type(scene)(type(scene.room)(scene.room.floor, 2.5, (bad,)), ()))


@pytest.mark.parametrize(
    ("pose", "path"),
    [
        ({"id": "bed_1", "x": 1, "y": 1}, "poses[1].z"),
        ({"id": "bed_1", "x": "1", "y": 1, "z": 1}, "poses[1].x"),
        ({"id": "nightstand_1", "x": 1, "y": 1, "z": 1}, "poses[1].id"),
        ({"id": "sofa_1", "x": 1, "y": 1, "z": 1}, "poses['sofa_1']"),
        ({"id": "bed_1", "x": 1, "y": 1e9, "z": 1}, "poses['bed_1'].y"),
        ({"id": "bed_1", "x": 1, "y": 1, "z": 1, "w": 1}, "poses[1].w"),
    ],
)
def test_a_bad_layout_is_refused(pose, path):
    scene = scene_from_json(bedroom())
    document = layout_to_json(current_layout(scene))
    document["poses"].append(pose)
    with pytest.raises(SceneError) as caught:
        layout_from_json(document, scene)
    assert caught.value.path == path


def test_a_layout_without_rotation_stands_at_zero():
    poses = [{"id": "bed_1", "x": 1, "y": 2, "z": 0.25}]
    document = {"format": "metaspatial-layout", "version": 1, "poses": poses}
    assert layout_from_json(document) == Layout({"bed_1": Pose(1.0, 2.0, 0.25, 0.0)})


def _places(value, path=()):
    if path:
        yield list(path)
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from _places(item, (*path, key))
