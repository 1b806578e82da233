# SPDX-License-Identifier: GPL-3.0-or-later
# pyright: reportMissingImports=false
"""blender_scripts/train.py as a command: TRL and Blender in one process, or neither picture nor Blender."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from metaspatial.backend.curate.rooms import CuratedRoom, write_rooms
from metaspatial.backend.learn.examples import Example

pytestmark = pytest.mark.learn
ROOT = Path(__file__).resolve().parents[3]
HAS_BPY = importlib.util.find_spec("bpy") is not None


def run(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "blender_scripts" / "train.py"), *map(str, arguments)]
    around = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", **environment}
    return subprocess.run(command, capture_output=True, text=True, timeout=400, cwd=ROOT, env=around, check=False)


@pytest.fixture(scope="module")
def rooms(tmp_path_factory: pytest.TempPathFactory, examples: list[Example]) -> Path:
    folder = tmp_path_factory.mktemp("rooms")
    write_rooms(folder, [CuratedRoom(one.room, one.scene, one.room, "train", "test") for one in examples[:3]])
    return folder


SMALL = (
    *("--steps", 2, "--group", 2, "--rooms-per-step", 1, "--batch", 2, "--turns", 2, "--max-answer", 12),
    *("--save-every", 1, "--validate-every", 0, "--record-every", 1),
)


@pytest.mark.slow
@pytest.mark.skipif(not HAS_BPY, reason="Blender as a module is not in this environment")
def test_two_steps_with_rendered_pictures_and_going_on(tmp_path: Path, model: Path, rooms: Path) -> None:
    out = tmp_path / "run"
    begin = ("--model", model, "--rooms", rooms, "--out", out, *SMALL, "--picture", 56)
    done = run(*begin, BLENDER_USER_RESOURCES=str(tmp_path / "blender"))
    assert done.returncode == 0, done.stderr
    assert "pictures of 56 px by" in done.stderr
    assert (out / "model" / "model.safetensors").exists()
    rows = [
        json.loads(line) for file in (out / "trajectories").glob("*.jsonl") for line in file.read_text().splitlines()
    ]
    assert len(rows) == 4
    pictures = {turn["picture"] for row in rows for turn in row["turns"]}
    assert None not in pictures
    again = run(*begin)
    assert again.returncode == 2
    assert "--resume" in again.stderr
    more = run(*begin, "--resume")
    assert more.returncode == 0, more.stderr


@pytest.mark.slow
def test_boxes_need_no_blender(tmp_path: Path, model: Path, rooms: Path) -> None:
    done = run("--physics", "boxes", "--model", model, "--rooms", rooms, "--out", tmp_path / "run", *SMALL)
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "run" / "blender.log").exists()
    assert (tmp_path / "run" / "model" / "config.json").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--preset", "huge"), "there is no preset 'huge'"),
        (("--model", "m", "--group", "1"), "it takes two"),
        (("--model", "m", "--packages", "/no/such/folder"), "there is no such folder"),
        (("--model", "m", "--vllm", "colocate", "--physics", "boxes"), "--vllm needs the package"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_begun(tmp_path: Path, arguments: tuple[str, ...], words: str) -> None:
    done = run("--rooms", tmp_path, "--out", tmp_path / "run", *arguments)
    assert done.returncode == 2, done.stderr
    assert words in done.stderr
    assert not (tmp_path / "run" / "settings.json").exists()
