# SPDX-License-Identifier: GPL-3.0-or-later
"""Small rooms, and what evaluations of them need."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

from metaspatial.backend.evaluate.record import Record, record_to_json
from metaspatial.backend.scene import scene_from_json

ROOM: dict[str, Any] = {
    "format": "metaspatial-scene",
    "version": 1,
    "name": "small",
    "room": {"floor": [[0, 0], [4, 0], [4, 3], [0, 3]], "height": 2.6, "openings": []},
    "furniture": [
        {"id": "bed_1", "category": "bed", "size": [1.6, 2.0, 0.5]},
        {"id": "wardrobe_1", "category": "wardrobe", "size": [1.2, 0.6, 2.0]},
    ],
    "relations": [{"subject": "bed_1", "predicate": "against", "anchor": "wall"}],
}
SCENE = scene_from_json(ROOM)
GOOD = (
    '<think>.</think><answer>[{"new_object_id":"bed_1","x":1,"y":2,"z":0.25,"rotation":0},'
    '{"new_object_id":"wardrobe_1","x":3,"y":2.7,"z":1,"rotation":0}]</answer>'
)
HEAP = GOOD.replace('"x":3,"y":2.7', '"x":1,"y":2')


def folder_of(folder: Path, count: int) -> Path:
    """A folder of scenes room0.json, room1.json, … each a little longer than the one before."""
    folder.mkdir()
    for k in range(count):
        room = json.loads(json.dumps(ROOM))
        room["room"]["floor"] = [[0, 0], [4 + k / 10, 0], [4 + k / 10, 3], [0, 3]]
        (folder / f"room{k}.json").write_text(json.dumps(room))
    return folder


def answers_of(path: Path, answers: dict[str, str]) -> str:
    """The policy that gives these answers by scene."""
    path.write_text("".join(json.dumps({"scene": scene, "answer": text}) + "\n" for scene, text in answers.items()))
    return f"answers:{path}"


def timeless(records: Any) -> list[dict[str, Any]]:
    """The records' documents without what is never twice the same."""
    return [record_to_json(dataclasses.replace(record, seconds=None, cpu_seconds=None)) for record in records]


def by_key(records: Any) -> dict[tuple[str, str, int], Record]:
    return {record.key: record for record in records}
