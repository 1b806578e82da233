# SPDX-License-Identifier: GPL-3.0-or-later
"""Relations in the list: added, changed, suggested, kept in the file, and met by what is arranged."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import bpy
import pytest
from metaspatial.backend.policies.solver import solve
from metaspatial.backend.rewards.relations import satisfaction
from metaspatial.backend.scene import Relation
from metaspatial.backend.scene.model import PREDICATES
from metaspatial.metaspatial_addon.capture import capture
from metaspatial.metaspatial_addon.ui import relation_edits, relation_words, relations, session
from metaspatial.metaspatial_addon.ui.relation_words import KINDS
from metaspatial.tests.addon.ui.conftest import furnish

Objects = dict[str, bpy.types.Object]
ROOT = Path(__file__).resolve().parents[3]


def own() -> bpy.types.PropertyGroup:
    return bpy.context.scene.metaspatial_relations


def words() -> list[str]:
    return [relation_words.relation_words(row) for row in own().rows]


def notes() -> list[str]:
    bpy.ops.metaspatial.look()
    return [note.text for note in bpy.context.window_manager.metaspatial_relations.notes]


def ask(subject: bpy.types.Object, predicate: str, anchor: bpy.types.Object | str, **more: object):
    row = own().rows.add()
    row.subject, row.predicate = subject, predicate
    if isinstance(anchor, str):
        row.place = anchor
    else:
        row.anchor = anchor
    for name, value in more.items():
        setattr(row, name, value)
    own().active = len(own().rows) - 1
    return row


def captured() -> tuple[Relation, ...]:
    return capture(bpy.context).scene.relations


def select(*objects: bpy.types.Object) -> None:
    """The last one becomes active."""
    bpy.ops.object.select_all(action="DESELECT")
    for obj in objects:
        obj.select_set(True)
        bpy.context.view_layer.objects.active = obj


def test_what_is_asked_for_is_in_the_captured_scene(room: Objects) -> None:
    ask(room["Desk"], "AGAINST", "north_wall")
    ask(room["Nightstand"], "NEAR", room["Bed"], adjacent=True)
    ask(room["Bed"], "FAR_FROM", room["Door"], distance=1.5)
    ask(room["Bed"], "NEAR", "middle", enabled=False)
    ask(room["Bed"], "FACING", "door", suggested=True)
    assert captured() == (
        Relation("desk_1", "against", "north_wall"),
        Relation("nightstand_1", "near", "bed_1", adjacent=True),
        Relation("bed_1", "far_from", "door_1", distance=1.5),
    )


@pytest.mark.parametrize("wall", ["north_wall", "west_wall", "east_wall"])
def test_the_arranged_room_keeps_them(room: Objects, wall: str) -> None:
    ask(room["Desk"], "AGAINST", wall)
    ask(room["Bed"], "IN_CORNER", "corner")
    assert bpy.ops.metaspatial.arrange() == {"FINISHED"}
    seen = capture(bpy.context)
    poses = {piece.id: piece.pose for piece in seen.scene.furniture}
    assert all(poses.values())
    (best, *_) = solve(seen.scene, seconds=0.5)  # the solver is told of them, too
    for layout in (best.layout, session.now.arrangement.layout):
        for relation in seen.scene.relations:
            assert satisfaction(seen.scene, layout, relation).grade == 1.0, relation
    x, y, _ = room["Desk"].matrix_world.translation
    assert {"north_wall": y > 3.0, "west_wall": x < 0.5, "east_wall": x > 3.5}[wall]


def test_the_score_tells_of_one_that_is_not_met(room: Objects) -> None:
    room["Desk"].metaspatial.role = "FIXED"
    room["Desk"].location = (2.0, 3.1, 0.0)
    ask(room["Desk"], "NEAR", room["Bed"], distance=0.01)
    ask(room["Bed"], "AGAINST", "south_wall")
    bpy.ops.metaspatial.arrange()
    issues = [row.message for row in bpy.context.window_manager.metaspatial.issues if row.part == "function"]
    assert any("Desk" in issue or "desk_1" in issue or "bed_1" in issue for issue in issues)


def test_renaming_changes_nothing(room: Objects) -> None:
    ask(room["Nightstand"], "NEAR", room["Bed"])
    before = captured()
    room["Nightstand"].name, room["Bed"].name = "\U0001f6cf Nachttisch \"links\" '%s' {0}", "x" * 200
    for obj, category in ((room["Nightstand"], "nightstand"), (room["Bed"], "bed")):
        obj.metaspatial.category = category
    assert captured() == before
    assert words() == [f"{room['Nightstand'].name} · near · {room['Bed'].name}"]
    assert notes() == [""]


def test_they_are_saved_with_the_file(room: Objects, tmp_path: Path) -> None:
    ask(room["Nightstand"], "NEAR", room["Bed"], adjacent=True)
    ask(room["Desk"], "AGAINST", "west_wall", enabled=False)
    ask(room["Desk"], "FACING", "window", suggested=True, origin="HABIT")
    before, said = captured(), words()
    path = tmp_path / "room.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path), check_existing=False)
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    assert not own().rows
    bpy.ops.wm.open_mainfile(filepath=str(path))
    assert words() == said
    assert [(row.enabled, row.suggested, row.origin) for row in own().rows] == [
        (True, False, "USER"), (False, False, "USER"), (True, True, "HABIT"),
    ]  # fmt: skip
    assert captured() == before


def test_a_script_without_the_add_on_obeys_them(room: Objects, tmp_path: Path) -> None:
    ask(room["Desk"], "AGAINST", "east_wall")
    ask(room["Bed"], "NEAR", "window")
    room["Nightstand"].metaspatial.role = "FIXED"
    path = tmp_path / "room.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path), check_existing=False)
    script = ROOT / "blender_scripts" / "arrange.py"
    command = [sys.executable, script, path, "--out", tmp_path, "--seconds", "1", "--size", "0"]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        list(map(str, command)), capture_output=True, text=True, timeout=180, cwd=tmp_path, env=environment
    )
    assert "2 pieces to arrange, 1 fixed" in done.stdout, done.stderr
    assert "a relation is left out: This room has no window." in done.stdout
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "arranged.blend"))
    assert bpy.data.objects["Desk"].matrix_world.translation.x > 3.5
    assert words() == ["Desk · against · east wall", "Bed · near · window"]


def test_undo_and_redo_bring_them_back(room: Objects) -> None:
    select(room["Nightstand"], room["Bed"])
    bpy.ops.metaspatial.look()
    bpy.ops.ed.undo_push(message="before")
    assert bpy.ops.metaspatial.add_relation("EXEC_DEFAULT", True) == {"FINISHED"}
    assert words() == ["Nightstand · near · Bed"]
    bpy.ops.metaspatial.remove_relation("EXEC_DEFAULT", True)
    assert words() == []
    bpy.ops.ed.undo()
    assert words() == ["Nightstand · near · Bed"]
    bpy.ops.ed.undo()
    assert words() == []
    bpy.ops.ed.redo()
    assert captured() == (Relation("nightstand_1", "near", "bed_1"),)


def test_one_selected_piece_is_asked_to_a_wall(room: Objects) -> None:
    select(room["Desk"])
    bpy.ops.metaspatial.add_relation()
    assert words() == ["Desk · against · any wall"]
    bpy.ops.metaspatial.add_relation(predicate="FACING")
    assert words()[-1] == "Desk · facing · door"


def test_without_furniture_there_is_nothing_to_say(addon: None) -> None:
    assert bpy.ops.metaspatial.suggest_relations() == {"CANCELLED"}
    assert bpy.ops.metaspatial.add_relation() == {"CANCELLED"}
    assert not bpy.ops.metaspatial.remove_relation.poll()


def test_the_menus_offer_what_makes_sense(room: Objects) -> None:
    row = ask(room["Desk"], "NEAR", room["Bed"])
    bpy.ops.metaspatial.look()
    offered = [name for name, *_ in relation_edits._anchor_items(None, bpy.context)]
    assert {"wall", "north_wall", "corner", "door", "middle"} <= set(offered)
    assert not {"window", "ceiling", "wall_0"} & set(offered)
    assert f"object {room['Nightstand'].session_uid}" in offered
    assert f"object {room['Desk'].session_uid}" not in offered
    bpy.ops.metaspatial.relation_anchor(choice=f"object {room['Nightstand'].session_uid}")
    assert words() == ["Desk · near · Nightstand"]
    bpy.ops.metaspatial.relation_predicate(choice="AGAINST")
    assert words() == ["Desk · against · any wall"]
    assert {name for name, *_ in relation_edits._anchor_items(None, bpy.context)} == {
        "wall", "north_wall", "east_wall", "south_wall", "west_wall",
    }  # fmt: skip
    bpy.ops.metaspatial.relation_anchor(choice="north_wall")
    bpy.ops.metaspatial.relation_subject(choice=f"object {room['Bed'].session_uid}")
    assert words() == ["Bed · against · north wall"]
    assert row.anchor is None
    assert captured() == (Relation("bed_1", "against", "north_wall"),)


def test_slanted_walls_have_numbers(addon: None) -> None:
    made = furnish()
    mesh = made["Room"].data
    for vertex in mesh.vertices:  # the north-east corner goes in
        if vertex.co.x > 0 and vertex.co.y > 0:
            vertex.co.x -= 1.0
    bpy.ops.metaspatial.look()
    places = {place.name: place.label for place in bpy.context.window_manager.metaspatial_relations.places}
    slanted = [name for name in places if name.startswith("wall_")]
    assert len(slanted) == 1
    assert "east wall" in places[slanted[0]]
    ask(made["Desk"], "AGAINST", slanted[0])
    assert captured() == (Relation("desk_1", "against", slanted[0]),)
    assert words() == [f"Desk · against · wall {slanted[0][5:]}"]


def test_one_of_two_doors_can_be_meant(room: Objects) -> None:
    other = room["Door"].copy()
    other.name = "Balcony Door"
    other.location = (3.2, 0.0, 0.0)
    bpy.context.scene.collection.objects.link(other)
    ask(room["Bed"], "FAR_FROM", "door")
    bpy.ops.metaspatial.look()
    offered = {label: name for name, label, _ in relation_edits._anchor_items(None, bpy.context)}
    bpy.ops.metaspatial.relation_anchor(choice=offered["Balcony Door"])
    assert words() == ["Bed · far from · Balcony Door"]
    (relation,) = captured()
    assert relation.anchor.startswith("door_")
    assert notes() == [""]


def test_what_cannot_be_asked_is_told_in_words_and_left_out(room: Objects) -> None:
    lamp, box = furnish({"Lamp": ((0.3, 0.3, 0.4), (1.0, 1.0))})["Lamp"], room["Nightstand"]
    bpy.data.objects.remove(bpy.data.objects["Room.001"])
    bpy.data.objects.remove(bpy.data.objects["Door.001"])
    ask(lamp, "NEAR", room["Desk"])
    ask(room["Desk"], "NEAR", lamp)
    ask(room["Desk"], "NEAR", room["Room"])
    ask(room["Door"], "NEAR", room["Desk"])
    ask(room["Desk"], "NEAR", room["Desk"])
    ask(room["Desk"], "NEAR", "window")
    ask(box, "AGAINST", "wall")
    ask(room["Bed"], "ON", room["Desk"])
    ask(room["Desk"], "ON", room["Bed"])
    ask(room["Bed"], "NEAR", "far away")
    box.metaspatial.role = "FIXED"
    lamp.metaspatial.role = "IGNORED"
    assert notes() == [
        "Lamp is ignored: its role is Ignored.",
        "Lamp is ignored: its role is Ignored.",
        "Room is part of the room, no piece of furniture. Choose a wall or another place.",
        "Door is a door or window and does not move.",
        "Both sides are the same piece.",
        "This room has no window.",
        "It stays where it is, so nothing can be asked of it.",
        "",
        "It can't be asked: the pieces would carry each other in a circle: bed_1 on desk_1 on bed_1.",
        "This room has no far away.",
    ]
    assert captured() == (Relation("bed_1", "on", "desk_1"),)


def test_a_piece_that_is_gone_is_told_and_is_no_error(room: Objects) -> None:
    ask(room["Desk"], "NEAR", room["Bed"])
    ask(room["Bed"], "NEAR", room["Nightstand"])
    bpy.context.scene.collection.objects.unlink(room["Nightstand"])
    assert notes() == ["", "Nightstand is gone from the scene."]
    bpy.data.objects.remove(room["Desk"])
    assert notes()[0] == "The piece it is about is gone."
    assert words()[0] == "something that is gone · near · Bed"
    assert captured() == ()
    assert bpy.ops.metaspatial.arrange() == {"FINISHED"}


def test_what_it_is_asked_to_stand_on_goes_before_what_it_stands_on(addon: None) -> None:
    desk, dresser = ((1.2, 0.6, 0.75), (1.0, 3.0)), ((1.0, 0.5, 0.9), (3.0, 3.0))
    made = furnish({"Desk": desk, "Dresser": dresser, "Vase": ((0.2, 0.2, 0.3), (1.0, 3.0))})
    made["Vase"].location.z = 0.75
    assert [r.anchor for r in captured() if r.predicate == "on"] in ([], ["desk_1"])
    ask(made["Vase"], "ON", made["Dresser"])
    assert captured() == (Relation("vase_1", "on", "dresser_1"),)
    bpy.context.scene.metaspatial.seconds = 1
    bpy.ops.metaspatial.arrange()
    assert made["Vase"].matrix_world.translation.z == pytest.approx(0.9, abs=0.01)


def test_suggestions_are_marked_and_wait_to_be_accepted(room: Objects) -> None:
    bpy.context.scene.metaspatial.preference = "Put the desk against the north wall."
    bpy.ops.metaspatial.suggest_relations()
    assert {text: (row.suggested, row.origin) for text, row in zip(words(), own().rows, strict=True)} == {
        "Desk · against · north wall": (True, "PREFERENCE"),
        "Nightstand · near · Bed": (True, "HABIT"),
        "Bed · against · any wall": (True, "HABIT"),
    }
    assert captured() == ()
    bpy.ops.metaspatial.accept_relation(index=1)
    assert captured() == (Relation("nightstand_1", "near", "bed_1", adjacent=True),)
    bpy.ops.metaspatial.drop_suggestions()
    assert words() == ["Nightstand · near · Bed"]


def test_suggesting_again_repeats_nothing(room: Objects) -> None:
    bpy.ops.metaspatial.suggest_relations()
    bpy.ops.metaspatial.accept_relation(index=0)
    own().rows[0].enabled = False
    first = words()
    bpy.ops.metaspatial.suggest_relations()
    assert words() == first
    bpy.ops.metaspatial.accept_relation()
    assert not any(row.suggested for row in own().rows)
    bpy.ops.metaspatial.suggest_relations()
    assert words() == first


def test_a_switched_off_wish_of_the_preference_is_told(room: Objects) -> None:
    bpy.context.scene.metaspatial.preference = "Put the desk against the north wall."
    ask(room["Desk"], "AGAINST", "north_wall", enabled=False)
    assert notes() == ["The preference asks for it all the same."]


def test_the_related_pieces_can_be_selected(room: Objects) -> None:
    ask(room["Nightstand"], "NEAR", room["Bed"])
    bpy.ops.metaspatial.select_relation()
    assert {obj.name for obj in bpy.context.selected_objects} == {"Nightstand", "Bed"}
    assert bpy.context.view_layer.objects.active == room["Bed"]


def test_removing_one_keeps_the_others_notes(room: Objects) -> None:
    ask(room["Bed"], "NEAR", "window")
    ask(room["Desk"], "NEAR", "middle")
    bpy.ops.metaspatial.look()
    bpy.ops.metaspatial.remove_relation(index=0)
    assert words() == ["Desk · near · middle of the room"]
    assert [note.text for note in bpy.context.window_manager.metaspatial_relations.notes] == [""]
    assert own().active == 0


def test_a_sample_room_brings_its_relations(addon: None) -> None:
    bpy.ops.metaspatial.add_sample(sample="living_room")
    assert not any(notes())
    said = {(r.subject, r.predicate) for r in captured()}
    assert {("coffee_table_1", "in_front_of"), ("plant_1", "in_corner"), ("tv_stand_1", "against")} <= said
    assert len(captured()) >= len(own().rows)


def test_the_panels_words_are_the_domains() -> None:
    assert {identifier.lower() for identifier, *_ in relation_words.PREDICATES} == set(PREDICATES)
    assert set(KINDS) == {identifier for identifier, *_ in relation_words.PREDICATES}


def test_every_offered_pair_means_more_than_nearness() -> None:
    from metaspatial.backend.rewards import relations as rules

    names = {"piece": "object"}
    for predicate, kinds in KINDS.items():
        if predicate != "NEAR":
            assert {names.get(kind, kind) for kind in kinds} <= set(rules._RULES[predicate.lower()]), predicate


def test_nothing_is_left_behind(addon: None) -> None:
    from metaspatial.metaspatial_addon import ui

    assert hasattr(bpy.types.Scene, "metaspatial_relations")
    ui.unregister()
    try:
        assert not hasattr(bpy.types.Scene, "metaspatial_relations")
        assert not hasattr(bpy.types.WindowManager, "metaspatial_relations")
        assert relations.show not in session.listeners
    finally:
        ui.register()
