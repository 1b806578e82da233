# SPDX-License-Identifier: GPL-3.0-or-later
"""What a relation's anchor can be, besides a piece of furniture: walls, corners, openings, middle, ceiling, floor."""

from __future__ import annotations

from typing import Literal

from .geometry import Wall, walls
from .model import Opening, Point2, Room, Scene

AnchorKind = Literal["object", "wall", "corner", "opening", "middle", "ceiling", "floor"]
SIDES = ("north", "east", "south", "west")
PLACES = ("wall", *(f"{side}_wall" for side in SIDES), "corner", "door", "window", "middle", "ceiling", "floor")
"""Reserved anchor names; "wall_0", "wall_1"… also name single walls. No furniture or opening may be called so."""


def is_reserved(name: str) -> bool:
    """Whether `name` is a place of the room, and so no id for furniture or openings."""
    return name in PLACES or (name.startswith("wall_") and name[5:].isdecimal())


def anchor_kind(scene: Scene, anchor: str) -> AnchorKind | None:
    """What `anchor` names in this scene, or None when it names nothing."""
    if any(piece.id == anchor for piece in scene.furniture):
        return "object"
    if any(opening.id == anchor for opening in scene.room.openings):
        return "opening"
    if anchor in ("door", "window"):
        return "opening" if openings_of(scene.room, anchor) else None
    if anchor.endswith("wall") or anchor.startswith("wall_"):
        return "wall" if walls_of(scene.room, anchor) else None
    places: dict[str, AnchorKind] = {"corner": "corner", "middle": "middle", "ceiling": "ceiling", "floor": "floor"}
    return places.get(anchor)


def walls_of(room: Room, anchor: str) -> tuple[Wall, ...]:
    """The walls that "wall", "north_wall" or "wall_2" mean; a concave room can have several north walls."""
    every = walls(room)
    if anchor == "wall":
        return every
    if anchor.startswith("wall_") and anchor[5:].isdecimal():
        return every[int(anchor[5:]) : int(anchor[5:]) + 1]
    return tuple(wall for wall in every if wall.name == anchor)


def openings_of(room: Room, anchor: str) -> tuple[Opening, ...]:
    """The openings that "door", "window" or an opening's id mean."""
    return tuple(opening for opening in room.openings if anchor in (opening.id, opening.kind))


def corners(room: Room) -> tuple[Point2, ...]:
    """The convex corners of the room, where furniture can be put."""
    n = len(room.floor)
    result = []
    for i, (x, y) in enumerate(room.floor):
        (px, py), (qx, qy) = room.floor[i - 1], room.floor[(i + 1) % n]
        if (x - px) * (qy - y) - (y - py) * (qx - x) > 1e-9:
            result.append((x, y))
    return tuple(result)
