# SPDX-License-Identifier: GPL-3.0-or-later
"""The rooms to learn in, and those that they are when turned and mirrored."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from metaspatial.backend.curate.rooms import CuratedRoom, RoomsError, write_rooms
from metaspatial.backend.learn.examples import Example
from metaspatial.backend.learn.learning_rooms import apart, learning_rooms
from metaspatial.backend.scene import Scene

pytestmark = pytest.mark.learn


@pytest.fixture
def curated(tmp_path: Path, examples: list[Example]) -> Path:
    write_rooms(tmp_path, [CuratedRoom(one.room, one.scene, one.room, "train", "test") for one in examples[:2]])
    return tmp_path


def test_a_room_is_eight(curated: Path) -> None:
    rooms = learning_rooms(str(curated), symmetric=True)
    assert len(rooms) == len({room.key for room in rooms}) == 16
    assert [room.key for room in rooms[:2]] == ["room 0", "room 0, symmetry 1"]
    floors = {max(x for x, _ in room.scene.room.floor) for room in rooms[:8]}
    assert len(floors) == 2, "turned by a quarter, its length is its width"
    doors = {(wall.wall, round(wall.offset, 3)) for room in rooms[:8] for wall in room.scene.room.openings}
    assert len(doors) == 8, "its door is elsewhere in each"


def test_what_only_the_caller_knows_comes_to_each(curated: Path) -> None:
    def prepare(scene: Scene) -> Scene:
        return replace(scene, preference=f"{scene.preference} Seen.")

    assert all(
        room.scene.preference.endswith("Seen.")
        for room in learning_rooms(str(curated), symmetric=True, prepare=prepare)
    )


def test_a_room_to_measure_on_may_not_be_learned_in(curated: Path) -> None:
    rooms = learning_rooms(str(curated), symmetric=True)
    with pytest.raises(RoomsError, match="room 0, symmetry 3 is among the training rooms"):
        apart(rooms, [rooms[3]])
