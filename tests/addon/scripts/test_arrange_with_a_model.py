# SPDX-License-Identifier: GPL-3.0-or-later
"""blender_scripts/arrange.py with a model behind a real server on loopback: files, exit statuses, messages."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import bpy
import pytest
from metaspatial.backend.dialogue import format_answer
from metaspatial.backend.scene import Layout, Pose, layout_from_json
from metaspatial.tests.chat_server import NO_ANSWER, Behaviour, ChatServer, fails, says

ROOT = Path(__file__).resolve().parents[3]
FACES = ((0, 3, 2, 1), (4, 5, 6, 7), (0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7))
GOOD = Layout({"bed_1": Pose(3.2, 2.4, 0.25, 180.0), "desk_1": Pose(0.65, 3.15, 0.375)})
HEAP = Layout({"bed_1": Pose(2.0, 1.8, 0.25), "desk_1": Pose(1.8, 1.5, 0.375)})


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A room of 4 × 3.5 m with a bed and a desk in one place."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    boxes = {
        "Room": ((4.0, 3.5, 2.5), (2.0, 1.75)),
        "Bed": ((1.4, 2.0, 0.5), (2.0, 1.8)),
        "Desk": ((1.2, 0.6, 0.75), (1.8, 1.5)),
    }
    for name, ((x, y, z), place) in boxes.items():
        corners = [(sx * x / 2, sy * y / 2) for sx, sy in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
        mesh = bpy.data.meshes.new(name)
        mesh.from_pydata([(*corner, 0.0) for corner in corners] + [(*corner, z) for corner in corners], [], FACES)
        obj = bpy.data.objects.new(name, mesh)
        obj.location = (*place, 0.0)
        bpy.context.scene.collection.objects.link(obj)
    path = tmp_path_factory.mktemp("room") / "room.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    return path


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with ChatServer() as server:
        yield server


def ask(server: ChatServer, room: Path, out: Path, *options: object) -> subprocess.CompletedProcess[str]:
    given = [room, "--out", out, "--engine", "chat", "--base-url", server.base_url, *options]
    command = [sys.executable, str(ROOT / "blender_scripts" / "arrange.py"), *map(str, given)]
    environment = dict(os.environ)  # without what Blender 5.2 set for itself behind Python's back, such as OCIO
    return subprocess.run(command, capture_output=True, text=True, timeout=180, cwd=ROOT, env=environment)


def test_two_turns_with_pictures_end_in_the_arranged_file(server: ChatServer, room: Path, tmp_path: Path) -> None:
    server.script(says(format_answer(HEAP)), says(format_answer(GOOD)))
    done = ask(server, room, tmp_path, "--turns", 2, "--size", 64)
    assert done.returncode == 0, done.stderr
    assert [request.pictures for request in server.chats] == [1, 2]
    assert "Issues to correct" in json.dumps(server.chats[1].body)
    layout = layout_from_json((tmp_path / "layout.json").read_text(encoding="utf-8"))
    assert dict(layout.poses) == dict(GOOD.poses)
    assert json.loads((tmp_path / "score.json").read_text(encoding="utf-8"))["turns"] == 2
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "arranged.blend"))
    bed = bpy.data.objects["Bed"].matrix_world.translation
    assert (bed.x, bed.y) == pytest.approx((3.2, 2.4), abs=1e-3)


def test_an_overlapping_answer_is_settled_or_ends_with_3(server: ChatServer, room: Path, tmp_path: Path) -> None:
    server.script(says(format_answer(HEAP)))
    settled = ask(server, room, tmp_path / "a", "--turns", 1, "--size", 0)
    assert settled.returncode == 0, settled.stderr
    assert "arrange: settled " in settled.stdout
    as_answered = ask(server, room, tmp_path / "b", "--turns", 1, "--size", 0, "--no-settle")
    assert as_answered.returncode == 3
    (line,) = as_answered.stderr.splitlines()
    assert "fault" in line
    layout = layout_from_json((tmp_path / "b" / "layout.json").read_text(encoding="utf-8"))
    assert dict(layout.poses) == dict(HEAP.poses)


def test_an_answer_with_a_hole_is_placed_as_far_as_it_goes_and_ends_with_3(
    server: ChatServer, room: Path, tmp_path: Path
) -> None:
    answer = format_answer(Layout({"bed_1": GOOD["bed_1"]})).replace(
        "]", ',{"new_object_id":"desk_1","x":NaN,"y":1,"z":0.375,"rotation":0}]'
    )
    server.script(says(answer))
    done = ask(server, room, tmp_path, "--turns", 1, "--size", 0)
    assert done.returncode == 3
    assert "arrange: answer: desk_1's x is not a finite number" in done.stdout
    (line,) = done.stderr.splitlines()
    assert "not a finite number" in line
    assert set(layout_from_json((tmp_path / "layout.json").read_text(encoding="utf-8"))) == {"bed_1"}
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "arranged.blend"))
    desk = bpy.data.objects["Desk"].matrix_world.translation
    assert (desk.x, desk.y) == pytest.approx((1.8, 1.5), abs=1e-6)


def test_a_failed_later_turn_is_told_and_the_first_is_used(server: ChatServer, room: Path, tmp_path: Path) -> None:
    server.script(says(format_answer(HEAP)), fails(500, "out of memory"))
    done = ask(server, room, tmp_path, "--turns", 2, "--size", 0)
    assert done.returncode == 0, done.stderr
    assert "a later turn failed" in done.stdout
    assert "out of memory" in done.stdout


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [
        pytest.param(*told, id=name, marks=() if name in ("slow", "prose", "10 MB of text") else pytest.mark.slow)
        for name, told in NO_ANSWER.items()
    ],
)
def test_no_answer_ends_with_4_and_one_line_and_no_file(
    server: ChatServer, room: Path, tmp_path: Path, behaviour: Behaviour, words: str
) -> None:
    server.script(behaviour)
    bytes_before = room.read_bytes()
    seconds = 2 if "time-out" in words else 60
    done = ask(server, room, tmp_path, "--turns", 1, "--size", 0, "--timeout", seconds, "--in-place")
    assert done.returncode == 4, done.stderr
    (line,) = done.stderr.splitlines()
    assert line.startswith("arrange: ")
    assert words in line
    assert room.read_bytes() == bytes_before
    assert [path.name for path in tmp_path.iterdir()] == ["blender.log"]
