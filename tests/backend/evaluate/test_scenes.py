# SPDX-License-Identifier: GPL-3.0-or-later
"""The scenes of an evaluation: where they come from, what they are called, which are refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from metaspatial.backend.evaluate.scenes import SAMPLES, ScenesError, gather
from metaspatial.tests.backend.evaluate.small import ROOM, folder_of


def names(*sources: object, **more: object) -> list[str]:
    return [each.name for each in gather([str(source) for source in sources], **more)]  # type: ignore[arg-type]


def test_files_folders_samples_and_generated_ones(tmp_path: Path) -> None:
    rooms = folder_of(tmp_path / "rooms", 2)
    assert names(rooms / "room1.json", rooms) == ["room1", "room0"]
    assert names("samples") == sorted(path.stem for path in SAMPLES.glob("*.json"))
    found = gather(["generated:3-4,9"], pieces=(4, 5))
    assert [each.name for each in found] == ["generated_0003", "generated_0004", "generated_0009"]
    assert all(4 <= len(each.scene.furniture) <= 5 for each in found)
    assert gather(["generated:3"], pieces=(4, 5))[0] == found[0]


def test_names_stay_apart(tmp_path: Path) -> None:
    one, two = folder_of(tmp_path / "one", 1), folder_of(tmp_path / "two", 2)
    (two / "room0.json").write_text((two / "room1.json").read_text())
    (one / "Füße & 1.json").write_text(json.dumps(ROOM))
    assert names(one, two) == ["Füße_1", "one_room0", "two_room0", "room1"]


def test_a_preference_is_part_of_what_is_asked(tmp_path: Path) -> None:
    file = tmp_path / "room.json"
    file.write_text(json.dumps({**ROOM, "preference": "the wardrobe in a corner"}))
    (found,) = gather([str(file)])
    assert [(each.subject, each.predicate) for each in found.scene.relations] == [
        ("bed_1", "against"),
        ("wardrobe_1", "in_corner"),
    ]


def test_everything_that_cannot_be_used_is_named_at_once(tmp_path: Path) -> None:
    rooms = folder_of(tmp_path / "rooms", 2)
    (rooms / "broken.json").write_text("{")
    (rooms / "empty.json").write_text(json.dumps({**ROOM, "furniture": [], "relations": []}))
    with pytest.raises(ScenesError) as refused:
        gather([str(rooms), str(tmp_path / "none.json"), "generated:x", "generated:1"], pieces=900)
    lines = str(refused.value).splitlines()
    assert [line.partition(": ")[0] for line in lines] == [
        str(rooms / "broken.json"), str(rooms / "empty.json"), str(tmp_path / "none.json"), "generated:x", "generated:1"
    ]  # fmt: skip
    assert "nothing to arrange" in lines[1]
    (tmp_path / "bare").mkdir()
    with pytest.raises(ScenesError, match=r"no \.json file"):
        gather([str(tmp_path / "bare")])
