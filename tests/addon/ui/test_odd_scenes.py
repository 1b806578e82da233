# SPDX-License-Identifier: GPL-3.0-or-later
"""Files as people really have them: arranged rightly, or refused in words, and what is no furniture never moves."""

from __future__ import annotations

import math
from collections.abc import Iterable

import bpy
import pytest
from mathutils import Matrix
from metaspatial.backend import serve
from metaspatial.metaspatial_addon.ui import session

from .conftest import FACES, FURNITURE, furnish

Objects = dict[str, bpy.types.Object]
LONGEST = 255 if bpy.app.version >= (5, 0, 0) else 63
"""Bytes of a name."""


def matrices(objects: Iterable[bpy.types.Object] = ()) -> dict[str, tuple[float, ...]]:
    bpy.context.view_layer.update()
    return {obj.name: tuple(x for row in obj.matrix_world for x in row) for obj in objects or bpy.data.objects}


def shown() -> bpy.types.PropertyGroup:
    return bpy.context.window_manager.metaspatial


def choose(**choices: object) -> None:
    for name, value in choices.items():
        setattr(bpy.context.scene.metaspatial, name, value)


def box(
    name: str,
    size: tuple[float, float, float],
    place: tuple[float, ...],
    collection: bpy.types.Collection | None = None,
) -> bpy.types.Object:
    """A box that stands at `place`, its origin at the middle of its bottom."""
    x, y, z = size[0] / 2, size[1] / 2, size[2]
    flat = [(-x, -y), (x, -y), (x, y), (-x, y)]
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata([(*corner, 0.0) for corner in flat] + [(*corner, z) for corner in flat], [], FACES)
    obj = bpy.data.objects.new(name, mesh)
    obj.location = (*place, 0.0)[:3]
    (collection or bpy.context.scene.collection).objects.link(obj)
    return obj


def arranged(pieces: Iterable[bpy.types.Object]) -> None:
    """Arrange; these pieces move, all else stays bit for bit, and the outcome is valid on the real meshes."""
    choose(seconds=1)
    names = {piece.name for piece in pieces}
    before = matrices()
    assert bpy.ops.metaspatial.arrange() == {"FINISHED"}, shown().message
    after = matrices()
    moved = {name for name in before if before[name] != after[name]}
    assert moved <= names
    assert len(moved) >= (len(names) + 1) // 2
    assert shown().physics == 1.0, [issue.message for issue in shown().issues]


def refused(words: str) -> None:
    """Arrange; it is refused in these words, and nothing moves."""
    before = matrices()
    assert bpy.ops.metaspatial.arrange() == {"CANCELLED"}
    assert words in shown().message
    assert shown().alert
    assert matrices() == before


@pytest.mark.usefixtures("addon")
def test_three_hundred_objects() -> None:
    box("Room", (9.0, 8.0, 2.6), (4.5, 4.0))
    kinds = [("Chair", (0.5, 0.5, 0.9)), ("Desk", (1.2, 0.6, 0.75)), ("Cabinet", (0.8, 0.4, 1.2))]
    pieces = [
        box(f"{kind}.{index:03}", size, (2.0 + index % 5, 2.0 + index // 5))
        for index in range(15)
        for kind, size in [kinds[index % 3]]
    ]
    for index in range(285):
        box(f"Tree.{index:03}", (0.3, 0.3, 4.0), (20.0 + index % 20, index // 20))
    assert len(bpy.data.objects) == 301
    arranged(pieces)
    assert len(shown().pieces) == 15


@pytest.mark.usefixtures("addon")
def test_a_room_without_a_floor_is_the_space_between_its_walls() -> None:
    for name, size, place in (
        ("Wall south", (4.2, 0.1, 2.5), (2.0, -0.05)),
        ("Wall north", (4.2, 0.1, 2.5), (2.0, 3.55)),
        ("Wall west", (0.1, 3.5, 2.5), (-0.05, 1.75)),
        ("Wall east", (0.1, 3.5, 2.5), (4.05, 1.75)),
    ):
        box(name, size, place)
    pieces = [box(name, size, place) for name, (size, place) in FURNITURE.items()]
    arranged(pieces)
    for piece in pieces:
        assert 0 < piece.matrix_world.translation.x < 4
        assert 0 < piece.matrix_world.translation.y < 3.5


@pytest.mark.usefixtures("addon")
def test_furniture_without_any_room_is_refused() -> None:
    for name, (size, place) in FURNITURE.items():
        box(name, size, place)
    refused("name an object 'Floor' or 'Room'")


def test_of_two_rooms_the_other_one_is_left_alone(room: Objects) -> None:
    other = [box("Room.001", (4.0, 3.5, 2.5), (12.0, 1.75))]
    other += [box(f"{name}.001", size, (place[0] + 10, place[1])) for name, (size, place) in FURNITURE.items()]
    pieces = [room[name] for name in FURNITURE]
    choose(room="OBJECT", room_object=room["Room"])
    arranged(pieces)
    choose(room_object=other[0])
    arranged(other[1:])


def test_of_two_rooms_one_is_arranged_and_the_list_says_so(room: Objects) -> None:
    other = [box("Room.001", (4.0, 3.5, 2.5), (12.0, 1.75)), box("Bed.001", (1.4, 2.0, 0.5), (12.0, 1.8))]
    before = matrices(other)
    arranged([room[name] for name in FURNITURE])
    assert matrices(other) == before
    assert any("pick the room to arrange another" in remark.reason for remark in shown().remarks)


def test_with_nothing_selected_the_selection_is_asked_for(room: Objects) -> None:
    for obj in bpy.context.selected_objects:
        obj.select_set(False)
    choose(source="SELECTED")
    refused("elect")


def test_in_local_view_the_whole_room_is_meant(room: Objects) -> None:
    areas = [area for window in bpy.context.window_manager.windows for area in window.screen.areas]
    area = next((area for area in areas if area.type == "VIEW_3D"), None)
    if area is None:
        pytest.skip("no 3D view in this Blender without a window")
    room["Bed"].select_set(True)
    with bpy.context.temp_override(area=area, region=area.regions[-1]):
        bpy.ops.view3d.localview(frame_selected=False)
        arranged([room[name] for name in FURNITURE])


@pytest.mark.parametrize("how", ["hide_viewport", "exclude", "eye"])
def test_what_a_hidden_collection_holds_stays_and_is_named(room: Objects, how: str) -> None:
    attic = bpy.data.collections.new("Attic")
    bpy.context.scene.collection.children.link(attic)
    hidden = box("Wardrobe", (1.0, 0.6, 2.0), (2.0, 2.0), attic)
    bpy.context.view_layer.update()
    layer = bpy.context.view_layer.layer_collection.children["Attic"]
    if how == "hide_viewport":
        attic.hide_viewport = True
    elif how == "exclude":
        layer.exclude = True
    else:
        layer.hide_viewport = True
    arranged([room[name] for name in FURNITURE])
    assert "Wardrobe" not in [row.object for row in shown().pieces]
    assert hidden.location[:] == (2.0, 2.0, 0.0)
    assert bpy.ops.metaspatial.select_object(object="Wardrobe") == {"CANCELLED"}


@pytest.mark.usefixtures("addon")
def test_instanced_collections_move_as_a_whole_and_their_source_stays() -> None:
    made = furnish({})
    library = bpy.data.collections.new("Models")  # in no scene, as appended assets are
    models = [box("seat", (0.5, 0.5, 0.45), (0.0, 0.0), library), box("back", (0.5, 0.05, 0.9), (0.0, 0.22), library)]
    chairs = []
    for index in range(3):
        chair = bpy.data.objects.new(f"Chair.{index}", None)
        chair.instance_type, chair.instance_collection = "COLLECTION", library
        chair.location = (2.0 + index / 10, 1.8, 0.0)
        bpy.context.scene.collection.objects.link(chair)
        chairs.append(chair)
    before = matrices(models)
    arranged(chairs)
    assert matrices(models) == before
    assert made["Room"].location[:] == (2.0, 1.75, 0.0)


def test_a_file_in_centimetres(room: Objects) -> None:
    bpy.context.scene.unit_settings.scale_length = 0.01
    grown = Matrix.Scale(100.0, 4)
    for obj in room.values():
        obj.data.transform(grown)
        obj.location = obj.location * 100
    arranged([room[name] for name in FURNITURE])
    assert shown().room.startswith("4.00 × 3.50 m")
    assert max(abs(x) for name in FURNITURE for x in room[name].matrix_world.translation) > 50


def test_a_turned_room(room: Objects) -> None:
    turn = Matrix.Translation((30.0, -7.0, 3.0)) @ Matrix.Rotation(math.radians(37.0), 4, "Z")
    for obj in room.values():
        obj.matrix_world = turn @ obj.matrix_world
    arranged([room[name] for name in FURNITURE])
    for name in FURNITURE:
        inside = turn.inverted() @ room[name].matrix_world.translation
        assert 0 < inside.x < 4
        assert 0 < inside.y < 3.5
        assert abs(inside.z) < 1e-3


NAMES = (
    'it\'s "quoted" \\ chair',
    "椅子 🪑 sofa",
    "%s {chair} %(x)d <b>",
    "bed\nover two lines",
    "x" * LONGEST,
    "é" * (LONGEST // 2),
)


@pytest.mark.parametrize("name", NAMES, ids=["quotes", "emoji", "formats", "newline", "long", "long accents"])
def test_objects_with_strange_names(room: Objects, name: str) -> None:
    room["Desk"].name = name
    assert room["Desk"].name == name
    arranged([room[each] for each in FURNITURE])
    (row,) = [row for row in shown().pieces if row.object == name]
    assert session.object_of(row) == room["Desk"]
    assert bpy.ops.metaspatial.select_pieces(pieces=f'["{row.id}"]', message=name) == {"FINISHED"}
    assert bpy.context.selected_objects == [room["Desk"]]
    assert bpy.ops.metaspatial.select_object(object=name, message=name) == {"FINISHED"}
    assert bpy.ops.metaspatial.restore() == {"FINISHED"}


@pytest.mark.usefixtures("addon")
def test_in_an_empty_file_every_operator_runs_or_refuses_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is called as a script would; nothing is there to work on, no model, and no Python to start one with."""
    monkeypatch.setattr(serve, "find_python", lambda preferred: "")
    choose(seconds=1)
    for name in sorted(dir(bpy.ops.metaspatial)):
        operator = getattr(bpy.ops.metaspatial, name)
        if name.startswith("_") or not operator.poll():
            continue
        said = ""
        try:
            assert operator() <= {"FINISHED", "CANCELLED"}, name
        except RuntimeError as error:  # what the operator reported as an error
            said = str(error) or "nothing"
        assert "Traceback" not in said, f"{name}: {said}"
        assert said not in ("nothing", "Error: "), name
        assert not session.busy(), name


@pytest.mark.usefixtures("addon")
def test_what_can_not_be_done_in_an_empty_file_says_why() -> None:
    assert bpy.ops.metaspatial.arrange() == {"CANCELLED"}
    assert shown().problem == shown().message != ""
    with pytest.raises(RuntimeError, match="Nothing was arranged yet"):
        bpy.ops.metaspatial.restore()
    with pytest.raises(RuntimeError, match="Select objects"):
        bpy.ops.metaspatial.set_role(role="FIXED")
