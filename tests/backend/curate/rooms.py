# SPDX-License-Identifier: GPL-3.0-or-later
"""Rooms quick to teach, and sources of them: good, bad, slow, gone."""

from __future__ import annotations

import json
import os
import re
import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from metaspatial.backend.curate.source import Found
from metaspatial.backend.png import encode_png
from metaspatial.backend.scene import Furniture, Layout, Opening, Relation, Room, Scene


def room(k: int = 0) -> Scene:
    """A bedroom, another one for each number."""
    wide, deep = 3.6 + 0.25 * (k % 4), 3.2 + 0.25 * (k // 4 % 6)
    openings = (
        Opening("door_1", "door", 0, 0.3, 0.8, 2.0, swing="in"),
        Opening("window_1", "window", 2, 1.1, 1.2, 1.2, 0.9),
    )
    furniture = (
        Furniture("bed_1", "bed", (1.4, 2.0, 0.5)),
        Furniture("nightstand_1", "nightstand", (0.45, 0.4, 0.5)),
        Furniture("wardrobe_1", "wardrobe", (1.0 + 0.05 * (k // 24), 0.6, 2.0)),
    )
    relations = (Relation("nightstand_1", "near", "bed_1"), Relation("wardrobe_1", "against", "wall"))
    floor = ((0.0, 0.0), (wide, 0.0), (wide, deep), (0.0, deep))
    return Scene(Room(floor, 2.6, openings), furniture, relations, "A quiet room.", f"bedroom_{k}")


@dataclass(frozen=True)
class Rooms:
    """Rooms by key: a scene, what was found, or what is raised. `asked` counts how often each was sought."""

    rooms: Mapping[str, Scene | Found | Exception | str]
    threads: int = 0
    authentic: bool = False
    perilous: bool = False
    name: str = "fake"
    licence: str = "CC0-1.0"
    citation: str = "Nobody: Nothing."
    asked: list[str] = field(default_factory=list)

    def keys(self) -> Sequence[str]:
        return list(self.rooms)

    def find(self, key: str) -> Found:
        self.asked.append(key)
        what = self.rooms[key]
        if what == CRASH:
            os._exit(11)
        if isinstance(what, Exception):
            raise what
        assert not isinstance(what, str)
        return what if isinstance(what, Found) else Found(key, what, key, kind="bedroom")


CRASH = "crash"
"""A room that ends the process that opens it."""


def good(count: int) -> dict[str, Any]:
    return {f"r{k}": room(k) for k in range(count)}


class Painter:
    """A renderer whose pictures tell room and layout apart, by the grey of their left and right half."""

    def render(self, scene: Scene, layout: Layout, size: tuple[int, int] = (512, 512)) -> bytes:
        pixels = np.zeros((size[1], size[0], 3), np.uint8)
        pixels[:, : size[0] // 2] = zlib.crc32(repr(scene.room).encode()) % 200
        pixels[:, size[0] // 2 :] = 210 + zlib.crc32(repr(sorted(layout.poses.items())).encode()) % 40
        return encode_png(pixels)


class Blank:
    """A renderer with the lens cap on."""

    def render(self, scene: Scene, layout: Layout, size: tuple[int, int] = (512, 512)) -> bytes:
        return encode_png(np.full((size[1], size[0], 3), 77, np.uint8))


def lines_of(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def contents(folder: Path) -> dict[str, bytes]:
    """All files of a folder by their paths; but for the commit, which may be another one when a test ends."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {str(path.relative_to(folder)): re.sub(rb"\b[0-9a-f]{40}\b", b"", path.read_bytes()) for path in files}


def size_of(png: bytes) -> tuple[int, int]:
    return struct.unpack(">II", png[16:24])
