# SPDX-License-Identifier: GPL-3.0-or-later
"""Edits of many pieces at once, selecting from the list, and the arrow at the active piece's front."""

from __future__ import annotations

import math
from pathlib import Path

import bpy
import pytest
from metaspatial.metaspatial_addon.ui import fronts

Objects = dict[str, bpy.types.Object]


def select(*objects: bpy.types.Object) -> None:
    for obj in bpy.context.scene.objects:
        obj.select_set(obj in objects)
    bpy.context.view_layer.objects.active = objects[0] if objects else None


def fixed() -> dict[str, bool]:
    return {row.object: row.fixed for row in bpy.context.window_manager.metaspatial.pieces}


def test_a_lock_holds_all_selected_pieces_and_toggles(room: Objects) -> None:
    bpy.ops.metaspatial.look()
    select(room["Bed"], room["Desk"])
    bpy.ops.metaspatial.lock()
    bpy.ops.metaspatial.look()
    assert fixed() == {"Bed": True, "Desk": True, "Nightstand": False}
    select(room["Bed"], room["Nightstand"])
    bpy.ops.metaspatial.lock()
    bpy.ops.metaspatial.look()
    assert fixed() == {"Bed": True, "Desk": True, "Nightstand": True}
    select(*room.values())
    select(room["Bed"], room["Desk"], room["Nightstand"])
    bpy.ops.metaspatial.lock()
    bpy.ops.metaspatial.look()
    assert fixed() == {"Bed": False, "Desk": False, "Nightstand": False}


def test_the_lock_of_a_row_is_a_click_away(room: Objects) -> None:
    room["Desk"].name = "Radiator"
    bpy.ops.metaspatial.look()
    rows = {row.object: index for index, row in enumerate(bpy.context.window_manager.metaspatial.pieces)}
    for name, before in (("Bed", False), ("Radiator", True)):
        assert fixed()[name] is before
        for after in (not before, before, not before):
            assert bpy.ops.metaspatial.lock_row(row=rows[name]) == {"FINISHED"}
            bpy.ops.metaspatial.look()
            assert fixed()[name] is after
    assert not fixed()["Nightstand"]
    assert bpy.ops.metaspatial.lock_row(row=99) == {"CANCELLED"}


def test_a_lock_that_a_constraint_holds_says_so(room: Objects) -> None:
    room["Bed"].constraints.new("COPY_LOCATION").target = room["Desk"]
    bpy.ops.metaspatial.look()
    rows = [row.object for row in bpy.context.window_manager.metaspatial.pieces]
    assert fixed()["Bed"]
    assert bpy.ops.metaspatial.lock_row(row=rows.index("Bed")) == {"CANCELLED"}
    bpy.ops.metaspatial.look()
    assert fixed()["Bed"]


def test_a_part_of_a_piece_stands_for_the_piece(room: Objects) -> None:
    mesh = room["Nightstand"].data
    part = bpy.data.objects.new("Pillow", mesh)
    part.parent = room["Bed"]
    bpy.context.scene.collection.objects.link(part)
    bpy.ops.metaspatial.look()
    select(part)
    bpy.ops.metaspatial.lock(action="LOCK")
    assert room["Bed"].metaspatial.role == "FIXED"
    assert part.metaspatial.role == "AUTO"


def test_what_carries_them_and_their_front_go_to_all_selected(room: Objects) -> None:
    select(room["Bed"], room["Desk"])
    bpy.ops.metaspatial.set_mount(mount="WALL")
    bpy.ops.metaspatial.set_front(front="POS_X")
    for name, expected in (("Bed", ("WALL", "POS_X")), ("Nightstand", ("AUTO", "AUTO"))):
        own = room[name].metaspatial
        assert (own.mount, own.front) == expected


def test_one_undo_takes_an_edit_of_many_back(room: Objects) -> None:
    bpy.context.preferences.edit.use_global_undo = True
    select(room["Bed"], room["Desk"])
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.metaspatial.lock("EXEC_DEFAULT", True, action="LOCK")
    bpy.ops.ed.undo()
    assert {bpy.data.objects[name].metaspatial.role for name in ("Bed", "Desk")} == {"AUTO"}


def test_rows_are_selected_by_one_by_category_or_all(room: Objects) -> None:
    room["Desk"].metaspatial.category = "bed"
    bpy.ops.metaspatial.look()
    shown = bpy.context.window_manager.metaspatial
    shown.piece = next(index for index, row in enumerate(shown.pieces) if row.object == "Bed")
    for which, names in (("PIECE", {"Bed"}), ("CATEGORY", {"Bed", "Desk"}), ("ALL", {"Bed", "Desk", "Nightstand"})):
        bpy.ops.metaspatial.select_rows(which=which)
        assert {obj.name for obj in bpy.context.selected_objects} == names
        assert bpy.context.view_layer.objects.active.name == "Bed"
    select(room["Nightstand"])
    bpy.ops.metaspatial.select_rows(which="PIECE", extend=True)
    assert {obj.name for obj in bpy.context.selected_objects} == {"Bed", "Nightstand"}


def test_an_empty_list_has_nothing_to_select(addon: None) -> None:
    assert not bpy.ops.metaspatial.select_rows.poll()


@pytest.mark.parametrize("turned", [0.0, 30.0, 200.0])
@pytest.mark.parametrize("front", ["NEG_Y", "POS_X", "POS_Y", "NEG_X"])
def test_the_arrow_lies_before_the_front_on_the_floor_and_points_away(room: Objects, turned: float, front: str) -> None:
    bed = room["Bed"]
    bed.rotation_euler.z = math.radians(turned)
    bed.metaspatial.front = front
    bpy.context.view_layer.update()
    place = fronts.arrow_matrix(bed)
    assert place is not None
    away = place.to_3x3() @ fronts.Vector((0, -1, 0))
    yaw = math.radians(turned + {"NEG_Y": 0, "POS_X": 90, "POS_Y": 180, "NEG_X": 270}[front])
    assert (away.x, away.y) == pytest.approx((math.sin(yaw), -math.cos(yaw)), abs=1e-6)
    out = place.translation - bed.matrix_world.translation
    half = 1.0 if front.endswith("Y") else 0.7
    assert half < out.xy.length < half + 0.2
    assert out.xy.normalized().dot(away.xy) == pytest.approx(1.0, abs=1e-6)
    assert abs(out.z) < 0.01


def test_a_click_on_the_arrow_turns_the_front_of_the_active_piece_only(room: Objects) -> None:
    bpy.ops.metaspatial.look()
    select(room["Bed"], room["Desk"])
    seen = []
    for _ in range(4):
        assert bpy.ops.metaspatial.turn_active_front() == {"FINISHED"}
        seen.append(room["Bed"].metaspatial.front)
    assert seen == ["POS_X", "POS_Y", "NEG_X", "NEG_Y"]
    assert room["Desk"].metaspatial.front == "AUTO"


def test_the_front_turns_on_from_where_a_custom_property_has_it(room: Objects) -> None:
    room["Bed"]["metaspatial_front"] = "POS_Y"
    bpy.ops.metaspatial.look()
    select(room["Bed"])
    bpy.ops.metaspatial.turn_active_front()
    assert room["Bed"].metaspatial.front == "NEG_X"


def test_what_is_no_piece_has_no_arrow(room: Objects) -> None:
    bpy.ops.metaspatial.look()
    select(room["Room"])
    assert fronts.active_piece(bpy.context) is None
    assert bpy.ops.metaspatial.turn_active_front() == {"CANCELLED"}


def test_the_front_of_linked_furniture_stays_and_is_said_to(room: Objects, tmp_path: Path) -> None:
    library = str(tmp_path / "library.blend")
    bpy.data.libraries.write(library, {room["Bed"]})
    bpy.data.objects.remove(room["Bed"])
    with bpy.data.libraries.load(library, link=True) as (_, into):
        into.objects = ["Bed"]
    bed = bpy.data.objects["Bed", library]
    bpy.context.scene.collection.objects.link(bed)
    bpy.ops.metaspatial.look()
    bpy.context.view_layer.objects.active = bed
    assert fronts.active_piece(bpy.context) == bed
    assert bpy.ops.metaspatial.turn_active_front() == {"CANCELLED"}
    assert bed.metaspatial.front == "AUTO"
