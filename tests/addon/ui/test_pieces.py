# SPDX-License-Identifier: GPL-3.0-or-later
"""The furniture list, roles, and selecting what an issue is about."""

from __future__ import annotations

import json

import bpy
import pytest
from metaspatial.metaspatial_addon.capture import FRONTS, MOUNT_CHOICES, ROLES

Objects = dict[str, bpy.types.Object]


def rows() -> dict[str, bpy.types.PropertyGroup]:
    return {row.object: row for row in bpy.context.window_manager.metaspatial.pieces}


def test_the_list_tells_what_everything_is(room: Objects) -> None:
    bpy.ops.metaspatial.look()
    assert {name: row.category for name, row in rows().items()} == {
        "Bed": "bed", "Nightstand": "nightstand", "Desk": "desk",
    }  # fmt: skip
    assert rows()["Bed"].size == "1.40 × 2.00 × 0.50"
    assert bpy.context.window_manager.metaspatial.room == "4.00 × 3.50 m, 2.50 m high, 1 door"


def test_looking_again_keeps_the_active_row(room: Objects) -> None:
    state = bpy.context.window_manager.metaspatial
    bpy.ops.metaspatial.look()
    state.piece = 2
    chosen = state.pieces[2].object
    bpy.data.objects.remove(room[next(name for name in rows() if name != chosen)])
    bpy.ops.metaspatial.look()
    assert state.pieces[state.piece].object == chosen


def test_the_panels_choices_are_captures(addon: None) -> None:
    group = bpy.data.objects.new("x", None).metaspatial
    for name, known in (("role", ROLES), ("mount", MOUNT_CHOICES), ("front", FRONTS)):
        offered = {item.identifier for item in group.bl_rna.properties[name].enum_items}
        assert offered == set(known)
    assert group.role == group.mount == group.front == "AUTO"


def test_role_and_category_go_to_all_selected_objects(room: Objects) -> None:
    for name in ("Bed", "Desk"):
        room[name].select_set(True)
    bpy.ops.metaspatial.set_role(role="IGNORED")
    bpy.ops.metaspatial.set_category(category="wardrobe")
    assert [room[name].metaspatial.role for name in ("Bed", "Desk", "Nightstand")] == ["IGNORED", "IGNORED", "AUTO"]
    assert room["Bed"].metaspatial.category == "wardrobe"
    bpy.ops.metaspatial.look()
    assert set(rows()) == {"Nightstand"}


def test_the_front_turns_counter_clockwise_and_the_object_does_not(room: Objects) -> None:
    room["Bed"].select_set(True)
    matrix = room["Bed"].matrix_world.copy()
    seen = []
    for _ in range(4):
        bpy.ops.metaspatial.turn_front()
        seen.append(room["Bed"].metaspatial.front)
    assert seen == ["POS_X", "POS_Y", "NEG_X", "NEG_Y"]
    assert room["Bed"].matrix_world == matrix


def test_nothing_selected_nothing_to_set(room: Objects) -> None:
    assert not bpy.ops.metaspatial.set_role.poll()
    assert not bpy.ops.metaspatial.set_category.poll()


def test_a_click_on_an_issue_selects_its_pieces_and_no_others(room: Objects) -> None:
    bpy.ops.metaspatial.look()
    room["Desk"].select_set(True)
    wanted = json.dumps([rows()["Bed"].id, rows()["Nightstand"].id, "door_1"])
    assert bpy.ops.metaspatial.select_pieces(pieces=wanted) == {"FINISHED"}
    assert {obj.name for obj in bpy.context.selected_objects} == {"Bed", "Nightstand"}
    assert bpy.context.view_layer.objects.active.name == "Bed"


def test_a_click_on_an_issue_of_hidden_pieces_says_so_and_keeps_the_selection(room: Objects) -> None:
    bpy.ops.metaspatial.look()
    room["Desk"].select_set(True)
    room["Bed"].hide_set(True)
    assert bpy.ops.metaspatial.select_pieces(pieces=json.dumps([rows()["Bed"].id])) == {"CANCELLED"}
    assert [obj.name for obj in bpy.context.selected_objects] == ["Desk"]


@pytest.mark.parametrize("name", ['Bed "king" \\ size', "床 🛏", "Bed." + "x" * 50])
def test_any_name_can_be_listed_and_selected(room: Objects, name: str) -> None:
    room["Bed"].name = name
    bpy.ops.metaspatial.look()
    row = rows()[room["Bed"].name]
    bpy.ops.metaspatial.select_pieces(pieces=json.dumps([row.id]))
    assert bpy.context.selected_objects == [room["Bed"]]


def remarks() -> dict[str, tuple[str, str]]:
    return {each.object: (each.what, each.reason) for each in bpy.context.window_manager.metaspatial.remarks}


def test_what_is_left_out_or_held_is_remarked_on_with_the_reason(room: Objects) -> None:
    room["Desk"].metaspatial.role = "FIXED"
    room["Bed"].location.x = 9.0
    bpy.ops.metaspatial.look()
    assert remarks()["Bed"] == ("ignored", "it is outside the room")
    assert remarks()["Desk"] == ("fixed", "its role is Fixed")
    assert "Nightstand" not in remarks()
    assert set(rows()) == {"Desk", "Nightstand"}
    room["Desk"].metaspatial.role = "AUTO"
    bpy.ops.metaspatial.look()
    assert "Desk" not in remarks()


def test_a_click_on_a_remark_selects_its_object(room: Objects) -> None:
    room["Bed"].location.x = 9.0
    bpy.ops.metaspatial.look()
    room["Desk"].select_set(True)
    assert bpy.ops.metaspatial.select_object(object="Bed") == {"FINISHED"}
    assert [obj.name for obj in bpy.context.selected_objects] == ["Bed"]
    room["Bed"].hide_set(True)
    room["Desk"].select_set(True)
    assert bpy.ops.metaspatial.select_object(object="Bed") == {"CANCELLED"}
    assert [obj.name for obj in bpy.context.selected_objects] == ["Desk"]


def test_remarks_of_another_room_go(room: Objects) -> None:
    room["Bed"].location.x = 9.0
    bpy.ops.metaspatial.look()
    assert remarks()
    bpy.data.objects.remove(room["Room"])
    bpy.ops.metaspatial.look()
    assert bpy.context.window_manager.metaspatial.problem
    assert not remarks()
