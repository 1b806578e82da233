# SPDX-License-Identifier: GPL-3.0-or-later
"""Rooms and openings of a .blend: found or picked, anywhere, in any unit."""

from __future__ import annotations

import math

import bpy
import pytest
from mathutils import Matrix, Vector
from metaspatial.metaspatial_addon.capture import CaptureError, CaptureSettings, ObjectSettings, capture
from metaspatial.tests.addon.capture import blend


@pytest.fixture(autouse=True)
def _empty_file():
    blend.empty_file()


def take(**settings):
    return capture(bpy.context, CaptureSettings(**settings))


L_SHAPE = [(0, 0), (6, 0), (6, 2), (3, 2), (3, 5), (0, 5)]


def test_a_box_room_is_found_by_its_name():
    blend.box_room(5, 4, 2.6)
    blend.box("Bed", (1, 3, 0), (1.4, 2, 0.6))
    room = take().scene.room
    assert room.floor == ((0, 0), (5, 0), (5, 4), (0, 4))
    assert room.height == pytest.approx(2.6)


@pytest.mark.parametrize("name", ["Zimmer", "floor_01", "Living Room", "Boden.003"])
def test_rooms_have_many_names(name):
    blend.polygon(name, [(0, 0), (4, 0), (4, 3), (0, 3)])
    blend.box("Cube", (1, 1, 0), (1, 1, 1))
    assert take().scene.room.extent == (4, 3)


def test_an_unnamed_plane_under_the_furniture_is_the_floor_and_unnamed_walls_around_it_are_walls():
    blend.polygon("Plane", [(-0.1, -0.1), (5.1, -0.1), (5.1, 4.1), (-0.1, 4.1)])
    blend.box("Cube", (2.5, -0.05, 0), (5.2, 0.1, 2.5))
    blend.box("Cube.001", (2.5, 4.05, 0), (5.2, 0.1, 2.5))
    blend.box("Cube.002", (-0.05, 2, 0), (0.1, 4, 2.5))
    blend.box("Cube.003", (5.05, 2, 0), (0.1, 4, 2.5))
    blend.box("Bed", (1, 3, 0), (1.4, 2, 0.6))
    blend.box("Cube.004", (3, 1, 0), (0.6, 0.6, 0.6))
    captured = take()
    assert captured.scene.room.extent == pytest.approx((5, 4))
    assert captured.scene.room.height == pytest.approx(2.5)
    assert sorted(ref.name for ref in captured.objects.values()) == ["Bed", "Cube.004"]
    assert [what for what, _ in blend.notes_on(captured, "Cube.001")] == ["room"]


def test_an_l_shaped_room_turned_and_far_away_comes_out_upright_at_the_origin():
    floor = blend.polygon("Floor", L_SHAPE)
    wall = blend.box("Wall", (3, -0.1, 0), (6, 0.2, 2.4))
    bed = blend.box("Bed", (1, 4, 0), (1.4, 2, 0.6), turn=90)
    matrix = Matrix.Translation((731.5, -420.25, 12.0)) @ Matrix.Rotation(math.radians(30), 4, "Z")
    blend.move_world([floor, wall, bed], matrix)
    captured = take()
    assert len(captured.scene.room.floor) == 6
    for got, expected in zip(captured.scene.room.floor, L_SHAPE, strict=True):
        assert got == pytest.approx(expected, abs=1e-3)
    assert captured.scene.room.height == pytest.approx(2.4, abs=1e-3)
    piece = blend.piece_of(captured, "Bed")
    assert (piece.pose.x, piece.pose.y, piece.pose.z) == pytest.approx((1, 4, 0.3), abs=1e-3)
    assert piece.pose.rotation == pytest.approx(90, abs=1e-2)
    assert (captured.room_to_world @ Vector((1, 4, 0)) - bed.matrix_world.translation).length < 1e-3


def test_a_file_in_centimetres_is_captured_in_metres():
    bpy.context.scene.unit_settings.scale_length = 0.01
    blend.box_room(500, 400, 260)
    blend.box("Sofa", (250, 100, 0), (220, 90, 85))
    captured = take()
    assert captured.scene.room.extent == pytest.approx((5, 4))
    assert blend.piece_of(captured, "Sofa").size == pytest.approx((2.2, 0.9, 0.85))
    assert (captured.room_to_world @ Vector((2.5, 1, 0)) - Vector((250, 100, 0))).length < 1e-3


def test_without_a_unit_system_the_scale_means_nothing_as_in_blender():
    bpy.context.scene.unit_settings.system = "NONE"
    bpy.context.scene.unit_settings.scale_length = 0.01
    blend.box_room(5, 4, 2.6)
    assert take().scene.room.extent == pytest.approx((5, 4))


def test_no_walls_and_no_ceiling_is_noted():
    blend.polygon("Floor", [(0, 0), (4, 0), (4, 3), (0, 3)])
    captured = take()
    assert captured.scene.room.height == 2.6
    assert any("height" in note.reason for note in captured.notes)


def test_a_picked_object_need_not_be_called_anything():
    blend.polygon("Floor", [(0, 0), (9, 0), (9, 9), (0, 9)], z=-3)
    blend.box_room(3, 2, 2.4, name="xyz")
    assert take(room="xyz").scene.room.extent == (3, 2)
    assert take(room=bpy.data.objects["xyz"]).scene.room.extent == (3, 2)


def test_a_picked_collection_is_the_room_without_the_furniture_in_it():
    collection = bpy.data.collections.new("Apartment 1")
    bpy.context.scene.collection.children.link(collection)
    for obj in (
        blend.polygon("Ground floor", [(0, 0), (4, 0), (4, 3), (0, 3)]),
        blend.box("Wall", (2, 3.1, 0), (4, 0.2, 2.5)),
        blend.box("Wardrobe", (1, 1, 0), (1, 0.6, 2)),
    ):
        collection.objects.link(obj)
    captured = take(room="Apartment 1")
    assert captured.scene.room.extent == (4, 3)
    assert captured.scene.room.height == pytest.approx(2.5)
    assert [ref.name for ref in captured.objects.values()] == ["Wardrobe"]


def test_roles_as_custom_properties_decide():
    floor = blend.polygon("xyz", [(0, 0), (4, 0), (4, 3), (0, 3)])
    floor["metaspatial_role"] = "room"
    gap = blend.box("abc", (2, 0, 0), (0.9, 0.1, 2))
    gap["metaspatial_role"] = "door"
    gap["metaspatial_swing"] = "none"
    room = take().scene.room
    assert room.extent == (4, 3)
    assert [(o.id, o.swing) for o in room.openings] == [("door_1", "none")]


def test_a_room_without_a_floor_face_is_the_space_between_its_walls():
    for n, (location, size) in enumerate(
        [((2, -0.1, 0), (4.4, 0.2, 2.5)), ((2, 3.1, 0), (4.4, 0.2, 2.5)), ((-0.1, 1.5, 0), (0.2, 3, 2.5)),
         ((4.1, 1.5, 0), (0.2, 3, 2.5))]
    ):  # fmt: skip
        blend.box(f"Wall.{n:03}", location, size)
    assert take().scene.room.extent == pytest.approx((4, 3))


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: None, "No room was found"),
        (lambda: blend.box("Wall", (0, 0, 0), (4, 0.2, 2.5)), "plane as the floor"),
    ],
)
def test_without_a_room_the_error_says_how_to_mend_it(build, message):
    build()
    with pytest.raises(CaptureError, match=message):
        take()


def test_an_unknown_or_hidden_room_is_named():
    with pytest.raises(CaptureError, match="'Nope'"):
        take(room="Nope")
    blend.box_room().hide_viewport = True
    with pytest.raises(CaptureError, match="'Room' can't be seen"):
        take(room="Room")


def test_edit_mode_is_refused():
    room = blend.box_room()
    bpy.context.view_layer.objects.active = room
    bpy.ops.object.mode_set(mode="EDIT")
    with pytest.raises(CaptureError, match="Edit Mode"):
        take()
    bpy.ops.object.mode_set(mode="OBJECT")


def test_doors_and_windows_are_projected_on_their_walls():
    blend.box_room(5, 4, 2.6)
    blend.box("Door", (1.5, 0, 0), (0.9, 0.12, 2.0))
    blend.box("Fenster links", (5.05, 3, 0.9), (0.1, 1.2, 1.1))
    blend.box("Tür.001", (2.5, 4.1, 0), (1.0, 0.2, 2.1), turn=180)
    openings = {o.id: o for o in take().scene.room.openings}
    door, second, window = openings["door_1"], openings["door_2"], openings["window_1"]
    assert (door.wall, door.swing, door.sill) == (0, "in", 0)
    assert (door.offset, door.width, door.height) == pytest.approx((1.05, 0.9, 2.0))
    assert (window.wall, window.sill, window.swing) == (1, pytest.approx(0.9), "none")
    assert (window.offset, window.width, window.height) == pytest.approx((2.4, 1.2, 1.1))
    assert (second.wall, second.offset) == (2, pytest.approx(2.0))


def test_frame_and_leaf_of_a_door_are_one_opening_even_as_separate_objects():
    blend.box_room(5, 4, 2.6)
    blend.box("Door frame", (1.5, 0, 0), (1.0, 0.2, 2.1))
    blend.box("Door leaf", (1.5, 0, 0.01), (0.9, 0.05, 2.0))
    openings = take().scene.room.openings
    assert [(o.id, o.width) for o in openings] == [("door_1", pytest.approx(1.0))]


@pytest.mark.parametrize(
    ("turn", "hinge", "offset"),
    [(60, 1.0, 1.0), (85, 1.0, 1.0), (90, 1.0, 1.0), (90, 4.5, 3.6), (95, 4.5, 3.6), (130, 3.0, 2.1)],
)
def test_a_door_leaf_that_stands_open_is_a_door_where_it_shuts(turn, hinge, offset):
    blend.box_room(5, 4, 2.6)
    blend.add("Door", blend.box_mesh("Door", (0.9, 0.04, 2.0), (0, -0.02, 0)), (hinge, 0, 0), turn)
    captured = take()
    (door,) = captured.scene.room.openings
    assert (door.wall, door.offset, door.width, door.height) == pytest.approx((0, offset, 0.9, 2.0), abs=0.05)
    assert [what for what, _ in blend.notes_on(captured, "Door")] == ["opening"]


def test_a_finely_made_handle_does_not_turn_the_leaf():
    blend.box_room(5, 4, 2.6)
    leaf = blend.add("Door", blend.box_mesh("Door", (0.9, 0.04, 2.0), (0, -0.02, 0)), (1.0, 0, 0), 60)
    handle = bpy.data.meshes.new("Handle")
    grid = [(0.75 + 0.1 * (n % 40) / 40, 0.02 + 0.06 * (n // 40) / 40, 1.0) for n in range(1600)]
    handle.from_pydata(grid, [], [(n, n + 1, n + 40) for n in range(1559) if n % 40 < 39])
    blend.parent(blend.add("Handle", handle), leaf, keep=False)
    (door,) = take().scene.room.openings
    assert (door.offset, door.width) == pytest.approx((1.0, 0.9), abs=0.05)


@pytest.mark.parametrize("turn", [20, 60, 90, 120])
def test_the_frame_of_an_open_door_tells_where_it_is(turn):
    blend.box_room(5, 4, 2.6)
    blend.box("Door frame", (1.5, 0, 0), (1.0, 0.2, 2.1))
    leaf = blend.add("A door leaf", blend.box_mesh("Leaf", (0.9, 0.04, 2.0), (0, -0.02, 0)), (1.05, 0, 0), turn)
    captured = take()
    assert [(o.offset, o.width) for o in captured.scene.room.openings] == [(pytest.approx(1.0), pytest.approx(1.0))]
    assert blend.notes_on(captured, leaf.name) == []


def test_an_opening_beyond_its_wall_is_cut_and_one_far_from_walls_is_left_out():
    blend.box_room(5, 4, 2.6)
    blend.box("Door wide", (4.9, 0, 0), (1.0, 0.1, 3.0))
    blend.box("Window stored", (2.5, 2, 0), (1.0, 0.1, 1.0))
    captured = take()
    (door,) = captured.scene.room.openings
    assert (door.offset, door.width, door.height) == pytest.approx((4.4, 0.6, 2.6))
    assert [what for what, _ in blend.notes_on(captured, "Door wide")] == ["opening"]
    assert [what for what, _ in blend.notes_on(captured, "Window stored")] == ["ignored"]


def test_a_wardrobe_keeps_its_doors():
    blend.box_room(5, 4, 2.6)
    wardrobe = blend.box("Wardrobe", (2, 3.7, 0), (1.2, 0.6, 2))
    door = blend.box("Door", (2, 3.39, 0), (0.6, 0.02, 1.9))
    blend.parent(door, wardrobe)
    captured = take()
    assert captured.scene.room.openings == ()
    assert blend.piece_of(captured, "Wardrobe").size[1] == pytest.approx(0.62, abs=1e-5)


def test_overrides_come_before_names():
    blend.box_room(5, 4, 2.6)
    blend.box("Door", (2, 2, 0), (0.9, 0.1, 2.0))
    captured = take(overrides={"Door": ObjectSettings(role="MOVABLE", category="bookshelf")})
    assert captured.scene.room.openings == ()
    assert blend.piece_of(captured, "Door").category == "bookshelf"


def test_capturing_changes_nothing():
    blend.box_room(5, 4, 2.6)
    blend.box("Bed", (1, 3, 0), (1.4, 2, 0.6), turn=12)
    before = blend.matrices()
    names = {name: len(getattr(bpy.data, name)) for name in ("objects", "meshes", "materials", "collections")}
    take()
    assert blend.matrices() == before
    assert {name: len(getattr(bpy.data, name)) for name in names} == names


@pytest.mark.parametrize(("floor", "door"), [("Boden", "Zimmertür"), ("地板", "门"), ("suelo", "puerta")])
def test_rooms_and_doors_may_be_named_in_other_languages(floor, door):
    blend.box_room(5, 4, 2.6, name=floor)
    blend.box(door, (1.5, 0, 0), (0.9, 0.12, 2.0))
    captured = take()
    assert [ref.name for ref in captured.room] == [floor]
    assert [o.id for o in captured.scene.room.openings] == ["door_1"]
