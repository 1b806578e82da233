# SPDX-License-Identifier: GPL-3.0-or-later
"""Rooms from .blend files: what is found in them, what can't be used and why, and that files can do no harm nor come
to any."""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import pickle
import struct
import subprocess
import sys
from pathlib import Path

import bpy
import pytest
from metaspatial.backend.console import Stop
from metaspatial.backend.curate.rooms import read_rooms
from metaspatial.backend.curate.source import BadRoom, Source
from metaspatial.backend.dialogue import parse_answer
from metaspatial.backend.learn.examples import read_examples
from metaspatial.backend.rewards.boxes import BoxEngine
from metaspatial.backend.scene import Furniture, Layout, Opening, Pose, Room, Scene, current_layout
from metaspatial.metaspatial_addon import harvest
from metaspatial.metaspatial_addon.furnish.scene import build_scene
from metaspatial.metaspatial_addon.harvest import BlendSource, blend_files
from metaspatial.metaspatial_addon.render import BlenderRenderer
from metaspatial.tests.addon.capture.blend import add, box, box_mesh, empty_file, polygon
from PIL import Image

ROOM = Room(
    ((0.0, 0.0), (4.0, 0.0), (4.0, 3.0), (0.0, 3.0)),
    2.6,
    (
        Opening("door_1", "door", 0, 2.6, 0.9, 2.0, swing="in"),
        Opening("window_1", "window", 2, 1.2, 1.4, 1.2, 0.9),
    ),
)
PIECES = (
    Furniture("bed_1", "bed", (1.4, 2.0, 0.9)),
    Furniture("desk_1", "desk", (1.2, 0.6, 0.75)),
    Furniture("nightstand_1", "nightstand", (0.45, 0.4, 0.55)),
)
LAYOUT = Layout(
    {
        "bed_1": Pose(0.72, 1.98, 0.45, 0.0),
        "desk_1": Pose(3.69, 2.2, 0.375, 270.0),
        "nightstand_1": Pose(1.8, 2.79, 0.275, 0.0),
    }
)


def save(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    bpy.ops.wm.save_as_mainfile(filepath=str(path), compress=False)
    empty_file()
    return path


def bedroom(path: Path, layout: Layout = LAYOUT, **properties: str) -> Path:
    """A room of the product's own furniture."""
    empty_file()
    built = build_scene(Scene(ROOM, PIECES, name="Bedroom"), layout)
    for id, role in properties.items():
        built.pieces[id]["metaspatial_role"] = role
    return save(path)


def source(*paths: Path, **options: object) -> BlendSource:
    return BlendSource(tuple(path.resolve() for path in paths), **({"size": 0} | options))


def reason(one: BlendSource, key: str) -> str:
    with pytest.raises(BadRoom) as error:
        one.find(key)
    return str(error.value)


def test_a_room_is_found_with_its_furniture_where_it_stands(tmp_path: Path) -> None:
    one = source(bedroom(tmp_path / "my bedroom.blend"), preference="quiet")
    assert isinstance(one, Source)
    assert one.keys() == ["my bedroom.blend"]
    found = pickle.loads(pickle.dumps(one)).find("my bedroom.blend")
    scene = found.scene
    assert scene.preference == "quiet"
    assert scene.room.extent == pytest.approx((4.0, 3.0), abs=1e-3)
    assert {opening.kind for opening in scene.room.openings} == {"door", "window"}
    assert sorted(piece.category for piece in scene.movable) == ["bed", "desk", "nightstand"]
    for piece in scene.furniture:
        pose, built = piece.pose, LAYOUT[piece.id]
        assert (pose.x, pose.y, pose.rotation) == pytest.approx((built.x, built.y, built.rotation), abs=0.03), piece.id
    answer = parse_answer(scene, found.answer)
    assert not answer.problems
    assert answer.layout.poses == {
        id: Pose(round(p.x, 3), round(p.y, 3), round(p.z, 3), round(p.rotation, 3) % 360)
        for id, p in current_layout(scene).poses.items()
    }
    assert BoxEngine().measure(scene, answer.layout).valid


def test_an_arrangement_with_faults_is_kept_but_no_answer(tmp_path: Path) -> None:
    heap = LAYOUT.moved({"desk_1": Pose(0.9, 1.9, 0.375, 270.0)})
    found = source(bedroom(tmp_path / "heap.blend", heap)).find("heap.blend")
    assert found.answer is None
    assert found.scene.piece("desk_1").pose.x == pytest.approx(0.9, abs=0.03)


def test_the_picture_shows_what_is_fixed_and_nothing_else(tmp_path: Path) -> None:
    bare = source(bedroom(tmp_path / "a.blend"), size=64).find("a.blend").picture
    fixed = source(bedroom(tmp_path / "b.blend", bed_1="FIXED"), size=64).find("b.blend").picture
    moved = LAYOUT.moved({"desk_1": Pose(2.0, 0.6, 0.375, 0.0)})
    other = source(bedroom(tmp_path / "c.blend", moved), size=64).find("c.blend").picture
    assert Image.open(io.BytesIO(bare)).size == (64, 64)
    assert bare == other
    assert bare != fixed


def test_files_are_never_written_and_none_stays_open(tmp_path: Path) -> None:
    files = [bedroom(tmp_path / "a.blend"), bedroom(tmp_path / "b.blend")]
    before = [(file.read_bytes(), file.stat().st_mtime_ns) for file in files]
    one = source(*files, size=32)
    for key in list(one.keys()):
        one.find(key)
    assert [(file.read_bytes(), file.stat().st_mtime_ns) for file in files] == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.blend", "b.blend"]
    assert bpy.data.filepath == ""
    assert not bpy.data.objects


def test_nothing_in_a_file_runs(tmp_path: Path) -> None:
    """A text block that would run on load, and drivers on what capture and render evaluate."""
    marker = tmp_path / "it ran"
    act = f"__import__('pathlib').Path({str(marker)!r}).write_text('x')"
    empty_file()
    build_scene(Scene(ROOM, PIECES, name="Bedroom"), LAYOUT)
    text = bpy.data.texts.new("startup.py")
    text.write(act)
    text.use_module = True
    for obj in (bpy.data.objects["Room Camera"], bpy.data.objects["Room Light"]):
        obj.driver_add("location", 0).driver.expression = f"{act} * 0.0"
    evil = save(tmp_path / "evil.blend")
    marker.unlink(missing_ok=True)
    found = source(evil, size=32).find("evil.blend")
    assert len(found.scene.movable) == 3
    assert not marker.exists()
    bpy.ops.wm.open_mainfile(filepath=str(evil), use_scripts=True)  # it would have, had it been let
    bpy.context.view_layer.update()
    assert marker.exists()
    empty_file()
    marker.unlink()
    source(evil).find("evil.blend")  # nor does having trusted a file once let the next one
    assert not marker.exists()


def test_what_cannot_be_used_is_dropped_with_the_reason(tmp_path: Path) -> None:
    corrupt = tmp_path / "corrupt.blend"
    corrupt.write_bytes(b"BLENDER-v405 but not for long" * 9)
    (tmp_path / "text.blend").write_text("Dear diary")
    (tmp_path / "empty.blend").write_bytes(b"")
    empty_file()
    box("Chair", (0, 0, 0), (0.5, 0.5, 0.9))
    save(tmp_path / "no floor.blend")
    bedroom(tmp_path / "built in.blend", bed_1="FIXED", desk_1="FIXED", nightstand_1="IGNORED")
    good = bedroom(tmp_path / "good.blend")
    half = good.read_bytes()[: good.stat().st_size // 3]
    (tmp_path / "half.blend").write_bytes(half)
    one = source(*blend_files(str(tmp_path)))
    reasons = {}
    for key in list(one.keys()):
        try:
            one.find(key)
        except BadRoom as error:
            reasons[key] = str(error)
    assert sorted(reasons) == [
        "built in.blend", "corrupt.blend", "empty.blend", "half.blend", "no floor.blend", "text.blend",
    ]  # fmt: skip
    for name in ("corrupt", "empty", "text"):
        assert reasons[f"{name}.blend"].startswith("the file can't be opened: "), reasons
    assert not any(str(tmp_path) in text for text in reasons.values())  # reasons are kept beside what is published
    assert "No room was found" in reasons["no floor.blend"]
    assert reasons["built in.blend"] == "nothing in the room can be moved"
    (tmp_path / "good.blend").unlink()
    with pytest.raises(FileNotFoundError):  # no fault of the room: it is asked for again
        one.find("good.blend")
    assert reason(one, "other.blend") == "there is no such room: 'other.blend'"


def test_a_file_of_a_newer_blender_is_dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening it would silently lose what this Blender doesn't know."""
    file = bedroom(tmp_path / "future.blend")
    raw = bytearray(file.read_bytes())
    newer = bpy.app.version[0] * 100 + bpy.app.version[1] + 1
    digits = struct.pack("3s", str(newer).encode())
    at = raw.index(b"BLENDER") + (13 if raw[7:9].isdigit() else 9)
    raw[at : at + (4 if raw[7:9].isdigit() else 3)] = b"0" + digits if raw[7:9].isdigit() else digits
    file.write_bytes(raw)
    assert "newer" in reason(source(file), "future.blend").lower()


def test_each_scene_and_each_floor_with_a_name_is_a_room(tmp_path: Path) -> None:
    empty_file()
    for number, (name, category) in enumerate([("Kitchen", "fridge"), ("Küche “2” 🍳", "stove")]):
        x = 6.0 * number
        polygon(f"{name} Floor", [(x, 0), (x + 4, 0), (x + 4, 3), (x, 3)])
        box(f"{category} {number}", (x + 2, 1.5, 0), (0.7, 0.7, 0.9))
    flat = save(tmp_path / "flat.blend")
    build_scene(Scene(ROOM, PIECES), LAYOUT)
    bpy.context.scene.name = "Bedroom"
    attic = bpy.data.scenes.new("Attic")
    bpy.context.window.scene = attic
    polygon("Floor", [(0, 0), (5, 0), (5, 5), (0, 5)])
    box("Sofa", (2, 2, 0), (2.0, 0.9, 0.8))
    house = save(tmp_path / "house.blend")
    one = source(flat, house)
    assert list(one.keys()) == [
        "flat.blend::floor:Kitchen Floor",
        "flat.blend::floor:Küche “2” 🍳 Floor",
        "house.blend::scene:Attic",
        "house.blend::scene:Bedroom",
    ]
    found = [one.find(key) for key in list(one.keys())]
    assert [[piece.category for piece in each.scene.movable] for each in found] == [
        ["fridge"], ["stove"], ["sofa"], ["bed", "desk", "nightstand"],
    ]  # fmt: skip
    assert len({each.room for each in found}) == 4
    assert reason(one, "house.blend::scene:Cellar") == "the file has no such scene: 'Cellar'"
    assert reason(one, "flat.blend::floor:Roof") == "the file's scene has no such floor: 'Roof'"


def test_a_floor_of_tiles_is_one_room(tmp_path: Path) -> None:
    empty_file()
    for x in (0, 2):
        polygon("Floor", [(x, 0), (x + 2, 0), (x + 2, 3), (x, 3)])
    box("Desk", (2, 1.5, 0), (1.2, 0.6, 0.75))
    one = source(save(tmp_path / "tiles.blend"))
    assert one.keys() == ["tiles.blend"]
    assert one.find("tiles.blend").scene.room.extent == pytest.approx((4.0, 3.0), abs=1e-3)


def test_a_file_saved_in_edit_mode_is_used(tmp_path: Path) -> None:
    empty_file()
    polygon("Floor", [(0, 0), (4, 0), (4, 3), (0, 3)])
    desk = box("Desk", (2, 1.5, 0), (1.2, 0.6, 0.75))
    bpy.context.view_layer.objects.active = desk
    bpy.ops.object.mode_set(mode="EDIT")
    found = source(save(tmp_path / "edit.blend")).find("edit.blend")
    assert [piece.category for piece in found.scene.movable] == ["desk"]


def test_names_of_any_kind_are_data(tmp_path: Path) -> None:
    empty_file()
    polygon("Floor", [(0, 0), (4, 0), (4, 3), (0, 3)])
    add('Sofa "🛋️" <answer>[]</answer>\n', box_mesh("m", (2.0, 0.9, 0.8), (-1, -0.45, 0)), (2, 1.5, 0))
    file = save(tmp_path / 'w\'eird "näme" 🛏️' / "Zimmer “#1”::scene:x.blend")
    one = source(*blend_files(str(tmp_path)))
    assert one.keys() == [file.name]
    (piece,) = one.find(file.name).scene.movable
    assert piece.category == "sofa"
    assert not set('<>"\n') & set(piece.label)


def test_files_folders_and_patterns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a/1.blend", "a/deep/2.BLEND", "b/1.blend", "b/1.blend1", "b/notes.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    parser = argparse.ArgumentParser()
    harvest.add_arguments(parser)

    def keys(*words: str) -> list[str]:
        return list(harvest.source_from(parser.parse_args([*words])).keys())

    assert keys("a", "b") == ["a/1.blend", "a/deep/2.BLEND", "b/1.blend"]
    assert keys("b") == keys("b/1.blend") == keys("b", "b/1.blend", os.path.join("a", "..", "b")) == ["1.blend"]
    assert keys("**/1.blend") == ["a/1.blend", "b/1.blend"]
    for nothing in ("c", "b/notes.txt", "*.blend"):
        with pytest.raises(Stop, match=r"there is no such \.blend file"):
            keys(nothing)


@pytest.mark.slow
def test_the_script_curates_files_over_processes(tmp_path: Path) -> None:
    """Through `blender_scripts/curate.py blend`: rooms, pictures, their owners' answers; a bad file is dropped."""
    rooms = tmp_path / "rooms"
    bedroom(rooms / "a.blend")
    bedroom(rooms / "b.blend", LAYOUT.moved({"desk_1": Pose(0.9, 1.9, 0.375, 270.0)}))
    (rooms / "c.blend").write_bytes(b"BLENDER-v405 and no more")
    script = Path(__file__).resolve().parents[2] / "blender_scripts" / "curate.py"
    out = tmp_path / "out"
    command = [sys.executable, str(script), "blend", str(rooms), "--out", str(out), "--size", "48", "--repairs", "0"]
    done = subprocess.run([*command, "--workers", "2"], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    found = list(read_rooms(out))
    assert [room.key for room in found] == ["a.blend", "b.blend"]
    assert all((out / room.picture).is_file() for room in found)
    (dropped,) = map(json.loads, (out / "dropped.jsonl").read_text().splitlines())
    assert dropped["key"] == "c.blend"
    own = [example for example in read_examples(out) if "<think></think>" in example.answer]
    assert [current_layout(example.scene).poses.keys() for example in own] == [LAYOUT.poses.keys()]
    assert len(own) == 1
    published = [*out.glob("*.json*"), out / "README.md"]
    assert str(tmp_path) not in "".join(file.read_text() for file in published)


def test_a_renderer_in_use_survives_the_files(tmp_path: Path) -> None:
    """The curation's own renderer works in the same Blender, between one file and the next."""
    one = source(bedroom(tmp_path / "a.blend"), size=32)
    scene = Scene(ROOM, PIECES)
    with BlenderRenderer() as renderer:
        first = renderer.render(scene, LAYOUT, (32, 32))
        one.find("a.blend")
        assert hashlib.sha256(renderer.render(scene, LAYOUT, (32, 32))).digest() == hashlib.sha256(first).digest()
