# SPDX-License-Identifier: GPL-3.0-or-later
"""blender_scripts/curate.py as a command: true pictures in the dataset, the same over processes and after a kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from metaspatial.backend.curate.rooms import read_rooms
from metaspatial.backend.learn.examples import read_examples
from metaspatial.backend.png import decode_png
from metaspatial.tests.backend.curate.rooms import contents, size_of

ROOT = Path(__file__).resolve().parents[3]
ROOMS = ("generated", "--count", "4", "--pieces", "3-4", "--repairs", "1", "--size", "64")


def started(*arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, str(ROOT / "blender_scripts" / "curate.py"), *map(str, arguments)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT, start_new_session=True
    )


def run(*arguments: object) -> tuple[int, str]:
    process = started(*arguments)
    _, said = process.communicate(timeout=300)
    return process.returncode, said


@pytest.mark.slow
def test_rooms_have_their_pictures_whatever_happens(tmp_path: Path) -> None:
    status, said = run(*ROOMS, "--out", tmp_path / "whole")
    assert status == 0, said
    rooms = list(read_rooms(tmp_path / "whole"))
    pictures = [(tmp_path / "whole" / (one.picture or "")).read_bytes() for one in rooms]
    assert len(set(pictures)) == len(rooms) == 4
    assert all(size_of(picture) == (64, 64) and decode_png(picture).std() > 5 for picture in pictures)
    repairs = [one for one in read_examples(tmp_path / "whole") if len(one.messages) > 3]
    assert repairs
    for example in repairs:
        before, after = (message.pictures[0] for message in example.messages if message.pictures)
        assert before in pictures
        assert after not in pictures
    process = started(*ROOMS, "--workers", 2, "--out", tmp_path / "parts")
    journal = tmp_path / "parts" / ".made.jsonl"
    while process.poll() is None and not (journal.exists() and journal.read_bytes().count(b"\n")):
        time.sleep(0.01)
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)
    status, said = run(*ROOMS, "--workers", 2, "--out", tmp_path / "parts")
    assert status == 0, said
    assert contents(tmp_path / "parts") == contents(tmp_path / "whole")
    status, said = run(*ROOMS[:-1], "32", "--out", tmp_path / "whole")
    assert status == 2
    assert "pictures was 64 and is now 32" in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("generated", "--size", 8), "--size must be 16 to 8192"),
        (("generated", "--packages", "nowhere"), "there is no such folder"),
        (("blend", "nowhere.blend"), "nowhere.blend"),
    ],
)
@pytest.mark.slow
def test_what_can_t_be_is_refused(tmp_path: Path, arguments: tuple[object, ...], words: str) -> None:
    status, said = run(*arguments, "--out", tmp_path / "out")
    assert status == 2
    assert words in said
