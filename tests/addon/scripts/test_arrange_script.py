# SPDX-License-Identifier: GPL-3.0-or-later
"""blender_scripts/arrange.py as a command: its files, its exit statuses, its one line when something is wrong."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import bpy
import pytest
from metaspatial.backend.scene import layout_from_json

ROOT = Path(__file__).resolve().parents[3]
FACES = ((0, 3, 2, 1), (4, 5, 6, 7), (0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7))


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "blender_scripts" / "arrange.py"), *map(str, arguments)]
    environment = dict(os.environ)  # without what Blender 5.2 set for itself behind Python's back, such as OCIO
    return subprocess.run(command, capture_output=True, text=True, timeout=180, cwd=ROOT, env=environment)


def complaint(done: subprocess.CompletedProcess[str]) -> str:
    """The script's one line on stderr; fails if there is anything else."""
    (line,) = done.stderr.splitlines()
    assert line.startswith("arrange: ")
    return line


def box(name: str, size: tuple[float, float, float], place: tuple[float, float]) -> None:
    x, y, z = size[0] / 2, size[1] / 2, size[2]
    corners = [(-x, -y), (x, -y), (x, y), (-x, y)]
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata([(*corner, 0.0) for corner in corners] + [(*corner, z) for corner in corners], [], FACES)
    obj = bpy.data.objects.new(name, mesh)
    obj.location = (*place, 0.0)
    bpy.context.scene.collection.objects.link(obj)


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A room of 4 × 3.5 m with a bed and a desk in one place."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    box("Room", (4.0, 3.5, 2.5), (2.0, 1.75))
    box("Bed", (1.4, 2.0, 0.5), (2.0, 1.8))
    box("Desk", (1.2, 0.6, 0.75), (1.8, 1.5))
    path = tmp_path_factory.mktemp("room") / "room.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    return path


@pytest.fixture(scope="module")
def too_full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same room with a cupboard higher than it."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    box("Room", (4.0, 3.5, 2.5), (2.0, 1.75))
    box("Desk", (1.2, 0.6, 0.75), (1.8, 1.5))
    box("Wardrobe", (1.2, 0.6, 2.7), (2.8, 2.5))
    path = tmp_path_factory.mktemp("full") / "full.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    return path


def test_it_writes_the_arranged_room_and_leaves_the_input_alone(room: Path, tmp_path: Path) -> None:
    bytes_before = room.read_bytes()
    done = run(room, "--out", tmp_path / "new" / "folder", "--preference", "quiet", "--seconds", 1, "--size", 64)
    assert done.returncode == 0, done.stderr
    out = tmp_path / "new" / "folder"
    assert {path.name for path in out.iterdir()} == {
        "arranged.blend", "layout.json", "score.json", "before.png", "after.png", "blender.log",
    }  # fmt: skip
    assert room.read_bytes() == bytes_before
    assert (out / "before.png").read_bytes() != (out / "after.png").read_bytes()
    layout = layout_from_json((out / "layout.json").read_text(encoding="utf-8"))
    assert set(layout) == {"bed_1", "desk_1"}
    score = json.loads((out / "score.json").read_text(encoding="utf-8"))
    assert score["score"]["physics"] == 1.0 > score["before"]["physics"]
    assert all(line.startswith("arrange: ") for line in done.stdout.splitlines()), done.stdout
    assert done.stderr == ""
    assert "Saved" in (out / "blender.log").read_text(errors="replace")
    bpy.ops.wm.open_mainfile(filepath=str(out / "arranged.blend"))
    desk = bpy.data.objects["Desk"].matrix_world.translation
    assert (desk.x, desk.y) == pytest.approx((layout["desk_1"].x, layout["desk_1"].y), abs=1e-3)


def test_in_place_saves_into_the_input(room: Path, tmp_path: Path) -> None:
    copy = tmp_path / "mine.blend"
    copy.write_bytes(room.read_bytes())
    done = run(copy, "--out", tmp_path / "out", "--in-place", "--seconds", 1, "--size", 0)
    assert done.returncode == 0, done.stderr
    assert copy.read_bytes() != room.read_bytes()
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"layout.json", "score.json", "blender.log"}


def test_what_has_no_place_ends_with_3_and_a_reason(too_full: Path, tmp_path: Path) -> None:
    done = run(too_full, "--out", tmp_path, "--seconds", 1, "--size", 0)
    assert done.returncode == 3, done.stderr
    assert "higher than the room" in complaint(done)
    assert json.loads((tmp_path / "score.json").read_text(encoding="utf-8"))["unplaced"].keys() == {"wardrobe_1"}
    assert (tmp_path / "arranged.blend").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere.blend"], "there is no file nowhere.blend"),
        ([__file__], "can't be opened"),
        pytest.param([], "no file", marks=pytest.mark.slow),
        (["ROOM", "--room", "Cellar"], "Cellar"),
        pytest.param(["ROOM", "--furniture", "Sofas"], "Sofas", marks=pytest.mark.slow),
        pytest.param(["ROOM", "--turns", "0"], "--turns", marks=pytest.mark.slow),
        pytest.param(["ROOM", "--size", "3"], "--size", marks=pytest.mark.slow),
        pytest.param(["ROOM", "--engine", "chat", "--base-url", "ftp://x"], "http://", marks=pytest.mark.slow),
        (["ROOM", "--engine", "chat", "--base-url", "http://example.org/v1"], "not this computer"),
    ],
)
def test_bad_input_ends_with_2_and_one_line(room: Path, tmp_path: Path, arguments: list[str], words: str) -> None:
    done = run(*[str(room) if each == "ROOM" else each for each in arguments], "--out", tmp_path / "out")
    assert done.returncode == 2
    assert words in complaint(done)
    assert not list((tmp_path / "out").glob("*.blend"))


def test_the_input_is_not_taken_for_the_output(room: Path, tmp_path: Path) -> None:
    own = tmp_path / "arranged.blend"
    own.write_bytes(room.read_bytes())
    done = run(own, "--out", tmp_path)
    assert done.returncode == 2
    assert "--in-place" in complaint(done)
    assert own.read_bytes() == room.read_bytes()


def test_an_absent_server_ends_with_4_and_nothing_is_written(room: Path, tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}/v1"
    done = run(room, "--out", tmp_path, "--engine", "chat", "--base-url", url, "--model", "any", "--size", 0)
    assert done.returncode == 4
    assert url.split("/v1")[0] in complaint(done)
    assert [path.name for path in tmp_path.iterdir()] == ["blender.log"]
