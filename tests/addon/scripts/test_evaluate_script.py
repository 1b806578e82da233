# SPDX-License-Identifier: GPL-3.0-or-later
"""blender_scripts/evaluate.py as a command: Blender's physics and pictures in the records, over processes, judged."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from metaspatial.backend.evaluate.command import REQUIREMENTS
from metaspatial.backend.evaluate.record import read_recorded
from metaspatial.tests.backend.evaluate.small import GOOD, answers_of, folder_of

ROOT = Path(__file__).resolve().parents[3]


def run(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "blender_scripts" / "evaluate.py"), *map(str, arguments)]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=300, cwd=ROOT, env={**os.environ, **environment}
    )


@pytest.mark.slow
def test_layouts_are_measured_on_meshes_and_pictured(tmp_path: Path) -> None:
    rooms, out = folder_of(tmp_path / "rooms", 2), tmp_path / "out"
    answers = "mine=" + answers_of(tmp_path / "answers.jsonl", {"room0": GOOD})
    done = run("--policies", "random", answers, "--scenes", rooms, "--size", 64, "--out", out, "--workers", 2)
    assert done.returncode == 0, done.stderr
    assert "Total" in done.stdout
    found = read_recorded(out / "records.jsonl")
    assert found.headers[0].settings["engine"] == "bvh"
    assert found.headers[0].settings["pictures"] == 64
    assert "blender" in found.headers[0].made_with
    assert [(record.policy, record.scene_name) for record in found.records] == [
        ("random", "room0"), ("mine", "room0"), ("random", "room1"), ("mine", "room1")
    ]  # fmt: skip
    *made, failed = found.records
    for record in made:
        pictures = [(out / name).read_bytes() for name in record.pictures]
        assert len(set(pictures)) == 2
        assert all(picture.startswith(b"\x89PNG") for picture in pictures)
    assert failed.error
    assert failed.pictures == ()
    assert made[1].score.physics == 1.0
    before = (out / "records.jsonl").read_bytes()
    again = run("--policies", "random", answers, "--scenes", rooms, "--size", 64, "--out", out)
    assert again.returncode == 0, again.stderr
    assert "4 of 4 are done already" in again.stderr
    assert (out / "records.jsonl").read_bytes() == before
    other = run("--policies", "random", answers, "--scenes", rooms, "--size", 32, "--out", out)
    assert other.returncode == 2
    assert "pictures was 64 and is now 32" in other.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--size", "3"], "--size"),
        (["--packages", "nowhere"], "there is no such folder"),
        (["--scenes", "nowhere.json"], "nowhere.json"),
    ],
)
def test_bad_input_ends_with_2_and_one_line(tmp_path: Path, arguments: list[str], words: str) -> None:
    done = run(*arguments, "--policies", "random", "--out", tmp_path / "out")
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert words in line


def test_a_missing_package_is_named_with_what_mends_it(tmp_path: Path) -> None:
    """As in a Blender whose Python lacks it: a module of that name fails to be imported."""
    (tmp_path / "scipy.py").write_text("raise ModuleNotFoundError('no scipy', name='scipy')")
    done = run("--policies", "random", "--out", tmp_path / "out", PYTHONPATH=str(tmp_path))
    assert done.returncode == 2
    assert f'"{sys.executable}" -m pip install "{REQUIREMENTS["scipy"]}"' in done.stderr
    assert not (tmp_path / "out" / "records.jsonl").exists()


def test_the_requirements_are_those_of_the_package() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    assert all(json.dumps(requirement) in text for requirement in REQUIREMENTS.values())
