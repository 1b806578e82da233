# SPDX-License-Identifier: GPL-3.0-or-later
"""Layouts and whole rooms as files: exported, imported, dropped on the view; and files that are none."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import bpy
import pytest
from metaspatial.backend.scene import layout_from_json, scene_from_json
from metaspatial.backend.scene.fields import MAX_TEXT
from metaspatial.metaspatial_addon.ui import layouts, session

Objects = dict[str, bpy.types.Object]
SAMPLES = Path(__file__).resolve().parents[3] / "samples"


def matrices() -> dict[str, tuple[float, ...]]:
    bpy.context.view_layer.update()
    return {obj.name: tuple(x for row in obj.matrix_world for x in row) for obj in bpy.data.objects}


def shown() -> bpy.types.PropertyGroup:
    return bpy.context.window_manager.metaspatial


def layout(**poses: tuple[float, ...]) -> dict[str, Any]:
    """A layout document: x, y, z and perhaps rotation by id."""
    keys = ("x", "y", "z", "rotation")
    entries = [{"id": id, **dict(zip(keys, pose, strict=False))} for id, pose in poses.items()]
    return {"format": "metaspatial-layout", "version": 1, "poses": entries}


def written(path: Path, document: object) -> str:
    path.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    return str(path)


def refused(path: str, *, operator: str = "import_layout") -> str:
    """What the operator says when it does nothing; and it has done nothing."""
    before, scenes = matrices(), len(bpy.data.scenes)
    with pytest.raises(RuntimeError) as info:
        getattr(bpy.ops.metaspatial, operator)(filepath=path)
    assert matrices() == before
    assert len(bpy.data.scenes) == scenes
    return str(info.value).removeprefix("Error: ").strip()


def test_a_layout_moves_the_furniture_there(room: Objects, tmp_path: Path) -> None:
    path = written(tmp_path / "a.json", layout(bed_1=(0.9, 2.4, 0.25, 0.0), desk_1=(3.2, 3.1, 0.375, 90.0)))
    nightstand = matrices()["Nightstand"]
    assert bpy.ops.metaspatial.import_layout(filepath=path) == {"FINISHED"}
    assert tuple(room["Bed"].matrix_world.translation) == pytest.approx((0.9, 2.4, 0.0), abs=1e-5)
    assert room["Desk"].matrix_world.to_euler().z == pytest.approx(1.5707963, abs=1e-5)
    assert matrices()["Nightstand"] == nightstand
    assert shown().message == "Placed 2 pieces."
    assert not shown().alert
    assert shown().scored
    assert 0 < shown().physics <= 1


def test_one_undo_brings_everything_back(room: Objects, tmp_path: Path) -> None:
    path = written(tmp_path / "a.json", layout(bed_1=(0.9, 2.4, 0.25)))
    bpy.ops.ed.undo_push(message="before")
    before = matrices()
    bpy.ops.metaspatial.import_layout("EXEC_DEFAULT", True, filepath=path)
    placed = matrices()
    assert placed != before
    bpy.ops.ed.undo()
    assert matrices() == before
    bpy.ops.ed.redo()
    assert matrices() == placed


def test_restore_brings_everything_back(room: Objects, tmp_path: Path) -> None:
    before = matrices()
    bpy.ops.metaspatial.import_layout(filepath=written(tmp_path / "a.json", layout(bed_1=(0.9, 2.4, 0.25))))
    bpy.ops.metaspatial.restore()
    assert matrices() == before


def test_what_was_exported_comes_back(room: Objects, tmp_path: Path) -> None:
    bpy.ops.metaspatial.arrange()
    path, arranged = tmp_path / "sub \U0001f6cb 'x'.json", matrices()
    assert bpy.ops.metaspatial.export_layout(filepath=str(path)) == {"FINISHED"}
    assert set(layout_from_json(path.read_bytes())) == {"bed_1", "nightstand_1", "desk_1"}
    assert [each.name for each in tmp_path.iterdir()] == [path.name]
    bpy.ops.metaspatial.restore()
    assert matrices() != arranged
    bpy.ops.metaspatial.import_layout(filepath=str(path))
    now = matrices()
    for name, matrix in arranged.items():
        assert now[name] == pytest.approx(matrix, abs=1e-5)
    bpy.ops.metaspatial.import_layout(filepath=str(path))
    assert shown().message == "Everything stands so already."


def test_other_pieces_are_named_and_skipped(room: Objects, tmp_path: Path) -> None:
    document = layout(bed_1=(0.9, 2.4, 0.25), piano_1=(1, 1, 1), **{f"chair_{k}": (1, 1, 0.5) for k in range(20)})
    assert bpy.ops.metaspatial.import_layout(filepath=written(tmp_path / "a.json", document)) == {"FINISHED"}
    assert shown().message == (
        "Placed 1 piece. Not in this room: piano_1, chair_0, chair_1, chair_2, chair_3, chair_4, chair_5, chair_6"
        " and 13 more."
    )
    assert shown().alert


def test_locked_pieces_stay_and_are_named(room: Objects, tmp_path: Path) -> None:
    room["Bed"].metaspatial.role = "FIXED"
    room["Bed"].name = 'Bed "x" \U0001f6cf {0} %s'
    bed = matrices()[room["Bed"].name]
    document = layout(bed_1=(0.9, 2.4, 0.25), desk_1=(3.2, 3.1, 0.375))
    bpy.ops.metaspatial.import_layout(filepath=written(tmp_path / "a.json", document))
    assert matrices()[room["Bed"].name] == bed
    assert shown().message == f"Placed 1 piece. Locked, so left where they are: {room['Bed'].name}."


def test_a_layout_of_another_room_moves_nothing(room: Objects, tmp_path: Path) -> None:
    path = written(tmp_path / "a.json", layout(piano_1=(1, 1, 1), crib_1=(1, 1, 1)))
    assert refused(path) == "It is a layout of other pieces: none of piano_1, crib_1 is in this room."


def test_without_a_room_nothing_can_be_placed(addon: None, tmp_path: Path) -> None:
    assert "No room was found" in refused(written(tmp_path / "a.json", layout(bed_1=(1, 1, 1))))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("not json at all", "not JSON"),
        ("", "not JSON"),
        ("[" * 100_000, "nests too deeply|not JSON"),
        ('{"format": "metaspatial-layout", "version": 1}', "poses: is missing"),
        ('{"format": "metaspatial-layout", "version": 2, "poses": []}', "version: must be 1, not 2"),
        ('{"format": "metaspatial-layout", "version": 1, "poses": []}', "The layout is empty"),
        ('{"format": "gltf"}', "neither a layout nor a scene"),
        ("[]", "neither a layout nor a scene"),
        ("3", "neither a layout nor a scene"),
        ('{"format": "metaspatial-scene", "version": 1, "furniture": []}', "room: is missing"),
        (layout(**{"\U0001f6cf \"it's\" " + "x" * 300: (1, 1, 1)}), "can't be an id"),
        (layout(north_wall=(1, 1, 1)), "names a place of the room"),
        (layout(bed_1=(1, 1, 1e9)), "out of range"),
        (layout(bed_1=(float("nan"), 1, 1)), "finite"),
        (layout(bed_1=("1", 1, 1)), "must be a number"),
        ({**layout(bed_1=(1, 1, 1)), "script": "import os"}, "script: unknown key"),
        ({**layout(bed_1=(1, 1, 1)), "file": "/etc/passwd"}, "file: unknown key"),
    ],
)  # fmt: skip
def test_what_is_no_layout_is_refused_in_words(room: Objects, tmp_path: Path, content: object, words: str) -> None:
    path = written(tmp_path / "b \U0001f4a5 'c'.json", content)
    message = refused(path)
    assert any(word in message for word in words.split("|")), message
    assert len(message) < 500


def test_files_that_cannot_be_read_are_refused(room: Objects, tmp_path: Path) -> None:
    assert refused(str(tmp_path / "none.json")) == "There is no file none.json."
    assert refused(str(tmp_path)).startswith("There is no file")
    assert refused("") == "Choose a file."
    binary = tmp_path / "binary.json"
    binary.write_bytes(b"\xff\xfe\x00\xd8garbage\x80")
    assert "binary.json can't be used: not" in refused(str(binary))
    large = tmp_path / "large.json"
    large.write_bytes(b" " * (MAX_TEXT + 2))
    assert refused(str(large)) == "large.json is too large: 8 MB at most are read."


def test_a_whole_scene_is_not_taken_for_a_layout(room: Objects) -> None:
    path = str(SAMPLES / "bedroom.json")
    assert refused(path) == ("bedroom.json is a whole scene, not a layout: bring it in with metaspatial.import_scene.")


def test_a_layout_is_not_taken_for_a_scene(room: Objects, tmp_path: Path) -> None:
    path = written(tmp_path / "a.json", layout(bed_1=(1, 1, 1)))
    assert "layout without a room" in refused(path, operator="import_scene")


def test_a_scene_is_built_beside_what_is_there(room: Objects) -> None:
    before = matrices()
    here = set(bpy.context.scene.objects)
    assert bpy.ops.metaspatial.import_scene(filepath=str(SAMPLES / "bedroom.json")) == {"FINISHED"}
    (made,) = (scene for scene in bpy.data.scenes if here.isdisjoint(scene.objects))
    assert {name: matrix for name, matrix in matrices().items() if name in before} == before
    assert "nightstand" in made.metaspatial.preference
    assert len(made.metaspatial_relations.rows) == 16


def test_a_scene_goes_round_through_files(room: Objects, tmp_path: Path) -> None:
    bpy.context.scene.metaspatial.preference = "Quiet, with 'quotes' and \U0001f6cf."
    bpy.ops.metaspatial.suggest_relations()
    bpy.ops.metaspatial.accept_relation()
    path = tmp_path / "room.json"
    bpy.ops.metaspatial.export_layout(filepath=str(path), whole=True)
    first = scene_from_json(path.read_bytes())
    assert len(first.relations) == 3
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    assert bpy.ops.metaspatial.import_scene(filepath=str(path)) == {"FINISHED"}
    assert len(bpy.data.scenes) == 1
    again = tmp_path / "again.json"
    bpy.ops.metaspatial.export_layout(filepath=str(again), whole=True)
    second = scene_from_json(again.read_bytes())
    assert (second.relations, second.preference) == (first.relations, first.preference)
    assert [piece.category for piece in second.furniture] == [piece.category for piece in first.furniture]


def test_export_says_why_it_cannot(room: Objects, tmp_path: Path, addon: None) -> None:
    with pytest.raises(RuntimeError, match="nowhere"):
        bpy.ops.metaspatial.export_layout(filepath=str(tmp_path / "no" / "nowhere.json"))
    with pytest.raises(RuntimeError, match="Choose a file"):
        bpy.ops.metaspatial.export_layout(filepath=str(tmp_path))
    kept = tmp_path / "kept.json"
    kept.write_text("mine")
    bpy.data.objects.remove(room["Room"])
    bpy.data.objects.remove(room["Door"])
    with pytest.raises(RuntimeError):
        bpy.ops.metaspatial.export_layout(filepath=str(kept))
    assert kept.read_text() == "mine"


def test_a_json_file_can_be_dropped_on_a_3d_view_only(addon: None) -> None:
    handler = bpy.types.METASPATIAL_FH_layout
    assert (handler.bl_import_operator, handler.bl_file_extensions) == ("metaspatial.import_layout", ".json")
    polls = layouts.METASPATIAL_FH_layout.poll_drop
    assert polls(SimpleNamespace(area=SimpleNamespace(type="VIEW_3D")))
    assert not polls(SimpleNamespace(area=SimpleNamespace(type="TEXT_EDITOR")))
    assert not polls(SimpleNamespace(area=None))


def test_the_file_menus_lead_there_and_forget_it_again(addon: None) -> None:
    from metaspatial.metaspatial_addon import ui

    def entries(menu: Any) -> list[Any]:
        return [entry for entry in menu._dyn_ui_initialize() if entry.__module__ == layouts.__name__]

    menus = (bpy.types.TOPBAR_MT_file_import, bpy.types.TOPBAR_MT_file_export)
    assert [len(entries(menu)) for menu in menus] == [1, 1]
    ui.unregister()
    try:
        assert [len(entries(menu)) for menu in menus] == [0, 0]
    finally:
        ui.register()


def test_nothing_is_imported_while_a_job_runs(room: Objects, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "busy", lambda: True)
    for name in ("import_layout", "import_scene", "export_layout", "suggest_relations", "add_relation"):
        assert not getattr(bpy.ops.metaspatial, name).poll()
