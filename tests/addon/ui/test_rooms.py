# SPDX-License-Identifier: GPL-3.0-or-later
"""A room made of what is selected: planes, walls, shells; what is said of it; nothing changed where it is none."""

from __future__ import annotations

import bpy
import pytest
from metaspatial.metaspatial_addon.capture import capture
from metaspatial.metaspatial_addon.ui import rooms, session

Objects = dict[str, bpy.types.Object]


def plane(name: str, west: float, south: float, east: float, north: float, z: float = 0.0) -> bpy.types.Object:
    corners = [(west, south, z), (east, south, z), (east, north, z), (west, north, z)]
    return _mesh(name, corners, [(0, 1, 2, 3)])


def box(name: str, low: tuple[float, float, float], high: tuple[float, float, float]) -> bpy.types.Object:
    corners = [(x, y, z) for z in (low[2], high[2]) for y in (low[1], high[1]) for x in (low[0], high[0])]
    faces = [(0, 2, 3, 1), (4, 5, 7, 6), (0, 1, 5, 4), (2, 6, 7, 3), (0, 4, 6, 2), (1, 3, 7, 5)]
    return _mesh(name, corners, faces)


def _mesh(name: str, corners: list, faces: list) -> bpy.types.Object:
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(corners, [], faces)
    obj = bpy.data.objects.new(name, mesh)
    bpy.context.scene.collection.objects.link(obj)
    return obj


def select(*objects: bpy.types.Object) -> None:
    for obj in bpy.context.scene.objects:
        obj.select_set(obj in objects)


def seen_room():
    return capture(bpy.context, session.capture_settings(bpy.context.scene)).scene.room


def unnamed_room() -> list[bpy.types.Object]:
    """A floor and four walls whose names tell nothing."""
    parts = [plane("Plane", 0, 0, 4, 3)]
    for index, (low, high) in enumerate(
        [((0, -0.1), (4, 0)), ((0, 3), (4, 3.1)), ((-0.1, 0), (0, 3)), ((4, 0), (4.1, 3))]
    ):
        parts.append(box(f"Cube.{index:03}", (*low, 0), (*high, 2.4)))
    return parts


def test_a_plane_alone_is_a_room_without_walls(addon: None) -> None:
    floor = plane("Plane", 10, 0, 14, 5)
    select(floor)
    assert bpy.ops.metaspatial.room_from_selection() == {"FINISHED"}
    own = bpy.context.scene.metaspatial
    assert (own.room, own.room_object) == ("OBJECT", floor)
    assert seen_room().extent == pytest.approx((4, 5))
    seen = capture(bpy.context, session.capture_settings(bpy.context.scene))
    assert rooms.found_in_words(seen).startswith("Room of 4.00 × 5.00 m, 20.0 m², 2.60 m high")


def test_several_objects_become_the_room_together_whatever_their_names(addon: None) -> None:
    parts = unnamed_room()
    plane("Plane.001", 10, 10, 30, 30)  # a wider floor elsewhere
    select(*parts)
    assert bpy.ops.metaspatial.room_from_selection() == {"FINISHED"}
    assert seen_room().extent == pytest.approx((4, 3))
    assert seen_room().height == pytest.approx(2.4)
    assert {obj.metaspatial.role for obj in parts} == {"ROOM"}
    assert len(bpy.data.collections) == 0


def test_a_shell_in_one_piece_is_the_room_with_the_doors_in_it(addon: None) -> None:
    shell = box("Cube", (0, 0, 0), (5, 4, 2.7))
    box("Door", (1, -0.05, 0), (1.9, 0.05, 2))
    select(shell)
    assert bpy.ops.metaspatial.room_from_selection() == {"FINISHED"}
    seen = capture(bpy.context, session.capture_settings(bpy.context.scene))
    words = "Room of 5.00 × 4.00 m, 20.0 m², 2.70 m high; doors: 1, windows: 0"
    assert rooms.found_in_words(seen) == words


def test_where_another_room_is_the_selected_one_is_the_room(room: Objects) -> None:
    parts = unnamed_room()
    for obj in parts:
        obj.location.x = 30.0
    room["Bed"].location.x = 31.0
    select(*parts)
    assert bpy.ops.metaspatial.room_from_selection() == {"FINISHED"}
    assert seen_room().extent == pytest.approx((4, 3))
    assert {row.object for row in bpy.context.window_manager.metaspatial.pieces} == {"Bed"}


def test_a_collection_that_holds_just_the_room_is_used_as_it_is(room: Objects) -> None:
    parts, own = unnamed_room(), bpy.data.collections.new("Studio")
    bpy.context.scene.collection.children.link(own)
    for obj in parts:
        own.objects.link(obj)
    select(*parts)
    bpy.ops.metaspatial.room_from_selection()
    assert bpy.context.scene.metaspatial.room_collection == own
    assert len(bpy.data.collections) == 1


def test_furniture_and_doors_in_the_selection_are_no_walls(room: Objects) -> None:
    select(*room.values())
    assert bpy.ops.metaspatial.room_from_selection() == {"FINISHED"}
    seen = capture(bpy.context, session.capture_settings(bpy.context.scene))
    assert {ref.name for ref in seen.objects.values()} == {"Bed", "Nightstand", "Desk"}
    assert [opening.kind for opening in seen.scene.room.openings] == ["door"]
    assert room["Bed"].metaspatial.role == "AUTO"


def test_what_is_no_room_says_so_and_changes_nothing(addon: None) -> None:
    parts = [box("Cube", (0, 0, 0), (0.2, 0.2, 0.2)), box("Cube.001", (5, 0, 0), (5.2, 0.2, 0.2))]
    own = bpy.context.scene.metaspatial
    for chosen in (parts, parts[:1]):
        select(*chosen)
        with pytest.raises(RuntimeError, match="The selection is no room"):
            bpy.ops.metaspatial.room_from_selection()
        assert (own.room, own.room_object, own.room_collection) == ("AUTO", None, None)
        assert {obj.metaspatial.role for obj in parts} == {"AUTO"}
        assert len(bpy.data.collections) == 0


def test_furniture_alone_is_no_room(room: Objects) -> None:
    select(room["Bed"], room["Desk"])
    with pytest.raises(RuntimeError, match="select its floor"):
        bpy.ops.metaspatial.room_from_selection()


def test_nothing_selected_nothing_to_make(room: Objects) -> None:
    select()
    assert not bpy.ops.metaspatial.room_from_selection.poll()
