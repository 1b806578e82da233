# SPDX-License-Identifier: GPL-3.0-or-later
"""Cubes in a room small enough to measure by hand."""

from __future__ import annotations

from metaspatial.backend.evaluate.metrics.arrangement import Arrangement
from metaspatial.backend.scene import Furniture, Layout, Opening, Pose, Relation, Room, Scene, category_of

DOOR = Opening("door_1", "door", 0, 1.5, 1.0, 2.0)
"""One metre wide, in the middle of the south wall."""
WINDOW = Opening("window_1", "window", 2, 1.0, 2.0, 1.2, 0.9)
"""From x 1 to 3 in the north wall, from 0.9 m up."""
SQUARE = ((0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0))
ELL = ((0.0, 0.0), (4.0, 0.0), (4.0, 2.0), (2.0, 2.0), (2.0, 4.0), (0.0, 4.0))


def cube(id: str, side: float = 1.0, **fields) -> Furniture:
    return Furniture(id, **{"category": "box", "size": (side, side, side), **fields})


def usual(id: str, **fields) -> Furniture:
    """A piece of a known category, by its id, in its usual size."""
    category = category_of(id.rsplit("_", 1)[0])
    return Furniture(id, category.name, category.size, category.mount, **fields)


def scene(*furniture: Furniture, relations: tuple[Relation, ...] = (), floor=SQUARE, openings=()) -> Scene:
    return Scene(Room(floor, 3.0, tuple(openings)), furniture, relations)


def stand(furniture, x: float, y: float, rotation: float = 0.0, bottom: float = 0.0) -> Pose:
    """The pose of a piece that stands at (x, y)."""
    return Pose(x, y, bottom + furniture.size[2] / 2, rotation)


def placed(where: Scene, **at) -> Layout:
    """Pieces by id at (x, y), (x, y, rotation) or (x, y, rotation, bottom)."""
    return Layout({id: stand(where.piece(id), *place) for id, place in at.items()})


def arranged(where: Scene, **at) -> Arrangement:
    return Arrangement(where, placed(where, **at))
