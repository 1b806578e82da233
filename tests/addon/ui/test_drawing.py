# SPDX-License-Identifier: GPL-3.0-or-later
"""Drawing a room by script, as the redo panel does it too: what capture sees, and what undo leaves."""

from __future__ import annotations

import json

import bpy
import pytest
from metaspatial.metaspatial_addon.capture import CaptureSettings, capture

L_SHAPE = [[1, 1], [6, 1], [6, 3], [3, 3], [3, 5], [1, 5]]
DOOR = {"kind": "door", "wall": 0, "offset": 1.0, "width": 0.9}
WINDOW = {"kind": "window", "wall": 5, "offset": 1.0, "width": 1.2}


def draw(corners: object = L_SHAPE, openings: object = (DOOR, WINDOW), **options: object) -> set[str]:
    return bpy.ops.metaspatial.draw_room(
        "EXEC_DEFAULT", True, corners=json.dumps(corners), openings=json.dumps(list(openings)), **options
    )


def test_capture_sees_what_was_drawn_where_it_was_drawn(addon: None) -> None:
    assert draw(height=2.4) == {"FINISHED"}
    seen = capture(bpy.context, CaptureSettings())
    assert seen.scene.room.height == pytest.approx(2.4)
    corners = [(0, 0), (5, 0), (5, 2), (2, 2), (2, 4), (0, 4)]
    assert [(round(x, 4), round(y, 4)) for x, y in seen.scene.room.floor] == corners
    assert tuple(seen.room_to_world.translation) == pytest.approx((1, 1, 0), abs=1e-4)
    found = {o.kind: (o.wall, o.offset, o.width, o.sill) for o in seen.scene.room.openings}
    assert found["door"] == pytest.approx((0, 1.0, 0.9, 0.0), abs=1e-3)
    assert found["window"] == pytest.approx((5, 1.0, 1.2, 0.9), abs=1e-3)


def test_its_parts_have_their_roles(addon: None) -> None:
    draw()
    (collection,) = bpy.context.scene.collection.children
    roles = [obj["metaspatial_role"] for obj in collection.objects]
    assert (roles.count("room"), roles.count("door"), roles.count("window")) == (8, 1, 1)


def test_in_a_file_in_centimetres_the_room_is_as_large(addon: None) -> None:
    bpy.context.scene.unit_settings.scale_length = 0.01
    draw()
    seen = capture(bpy.context, CaptureSettings())
    assert seen.scene.room.extent == pytest.approx((5, 4), abs=1e-4)
    assert len(seen.scene.room.openings) == 2
    assert tuple(seen.room_to_world.translation) == pytest.approx((100, 100, 0), abs=1e-2)
    assert all(tuple(obj.scale) == (1, 1, 1) for obj in bpy.context.scene.objects)


def test_one_undo_takes_it_all_away(addon: None) -> None:
    bpy.context.preferences.edit.use_global_undo = True
    bpy.ops.ed.undo_push(message="before")
    draw()
    assert len(bpy.context.scene.objects) == 10
    bpy.ops.ed.undo()
    assert len(bpy.context.scene.objects) == 0
    assert len(bpy.context.scene.collection.children) == 0


def test_another_room_becomes_the_one_to_arrange(room: dict[str, bpy.types.Object]) -> None:
    draw([[20, 0], [23, 0], [23, 3], [20, 3]], ())
    bpy.ops.metaspatial.look()
    assert bpy.context.window_manager.metaspatial.room == "3.00 × 3.00 m, 2.60 m high"


def test_the_only_room_is_found_by_itself(addon: None) -> None:
    draw()
    assert bpy.context.scene.metaspatial.room == "AUTO"


@pytest.mark.parametrize(
    ("corners", "openings", "words"),
    [
        ([[0, 0], [4, 0]], (), "three corners"),
        ([[0, 0], [4, 4], [4, 0], [0, 4]], (), "cross"),
        ([[0, 0], [0.5, 0], [0.5, 0.5]], (), "wardrobe"),
        (L_SHAPE, ({**DOOR, "wall": 1, "offset": 0, "width": 2.5},), "too short for a door"),
        (L_SHAPE, (DOOR, {**DOOR, "offset": 1.5}), "door here already"),
        (L_SHAPE, ({**DOOR, "wall": 9},), "no wall 9"),
        ("four", (), "pairs of metres"),
        ([[0, 0], [1e9, 0], [1e9, 1e9]], (), "longer than"),
        (L_SHAPE, ({"kind": "hatch", "wall": 1, "offset": 0, "width": 1},), "no list such as"),
    ],
)
def test_what_makes_no_room_is_said_in_words_and_leaves_nothing(
    addon: None, corners: object, openings: tuple, words: str
) -> None:
    with pytest.raises(RuntimeError, match=words):
        draw(corners, openings)
    assert len(bpy.data.objects) == len(bpy.data.meshes) == len(bpy.data.collections) == 0


def test_without_a_window_it_says_what_it_wants(addon: None) -> None:
    with pytest.raises(RuntimeError, match="which corners"):
        bpy.ops.metaspatial.draw_room()


def test_low_walls_get_low_windows(addon: None) -> None:
    draw(height=1.8)
    seen = capture(bpy.context, CaptureSettings())
    assert max(opening.sill + opening.height for opening in seen.scene.room.openings) < 1.8
