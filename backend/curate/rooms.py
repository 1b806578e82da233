# SPDX-License-Identifier: GPL-3.0-or-later
"""The rooms of a curated folder: what a line of its `rooms.jsonl` holds. A room may be there without any example.

A line: `key` (the source's), `source`, `kind` (the type of room, or ""), `room` (what the split goes by), `split`,
`picture` (a path in the folder, or null) and `scene` (its document).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..scene import Scene, SceneError, scene_from_json, scene_to_json

FILE = "rooms.jsonl"


class RoomsError(ValueError):
    """Rooms that can't be read; the message says where and why."""


@dataclass(frozen=True, slots=True)
class CuratedRoom:
    """A room to arrange, with its picture's path relative to the folder."""

    key: str
    scene: Scene
    room: str
    split: str
    source: str
    kind: str = ""
    picture: str | None = None


def write_rooms(folder: Path, rooms: Iterable[CuratedRoom]) -> int:
    """Write the folder's rooms, all or nothing; how many."""
    growing, written = folder / f".{FILE}", 0
    with growing.open("w", encoding="utf-8", newline="\n") as file:
        for room in rooms:
            file.write(json.dumps(to_row(room), ensure_ascii=False, separators=(",", ":")) + "\n")
            written += 1
    growing.replace(folder / FILE)
    return written


def read_rooms(folder: str | Path) -> Iterator[CuratedRoom]:
    """The rooms of a folder. Raises RoomsError naming the line that can't be used."""
    file = Path(folder) / FILE
    try:
        lines = file.open(encoding="utf-8")
    except OSError as error:
        raise RoomsError(f"{file}: can't be read: {error.strerror or error}") from error
    with lines:
        for number, line in enumerate(lines, 1):
            try:
                yield from_row(json.loads(line))
            except (SceneError, KeyError, TypeError, ValueError) as error:
                reason = f"has no {error}" if isinstance(error, KeyError) else str(error)
                raise RoomsError(f"{file}, line {number}: {reason}") from error


def to_row(room: CuratedRoom) -> dict[str, Any]:
    """A room as plain values."""
    return {
        "key": room.key,
        "source": room.source,
        "kind": room.kind,
        "room": room.room,
        "split": room.split,
        "picture": room.picture,
        "scene": scene_to_json(room.scene),
    }


def from_row(row: dict[str, Any]) -> CuratedRoom:
    """The room of plain values. Raises SceneError, KeyError."""
    scene = scene_from_json(row["scene"])
    return CuratedRoom(
        row["key"], scene, row["room"], row["split"], row["source"], row.get("kind", ""), row.get("picture")
    )
