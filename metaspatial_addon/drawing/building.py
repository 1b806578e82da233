# SPDX-License-Identifier: GPL-3.0-or-later
"""A drawn plan as the objects of a room, in a collection of its own, where it was drawn."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

import bpy
from mathutils import Matrix, Vector

from ...backend.scene import Opening, Room
from ...backend.scene.check import MAX_SIZE, check_room
from ..capture.geometry import metres_per_unit
from ..furnish.room import ROLE, build_room
from ..furnish.surfaces import Flooring
from .plan import PlannedOpening, Point, Problem, floor_of, floor_problem, opening_problem

DOOR_HEIGHT = 2.05
SILL, WINDOW_TOP = 0.9, 2.2
"""Metres; lower where the room is."""
LINTEL = 0.05
"""What stays of the wall above an opening, metres."""
LEAST_HEIGHT = 1.8


class PlanError(ValueError):
    """No room can be made of this plan; `problem` says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


def build_plan(
    scene: bpy.types.Scene,
    corners: Sequence[Point],
    openings: Sequence[PlannedOpening] = (),
    *,
    height: float = 2.6,
    flooring: Flooring = "wood",
    ceiling: bool = True,
) -> bpy.types.Collection:
    """The room of a plan in world metres, as a new collection "Room" of `scene`; its floor lies at world z = 0.

    The openings' walls are those of `plan.floor_of(corners)`. Raises PlanError before anything is made.
    """
    floor, room = _room_of(corners, openings, height)
    collection = bpy.data.collections.new("Room")
    collection[ROLE] = "room"
    scene.collection.children.link(collection)
    built = build_room(room, collection, flooring=flooring, ceiling=ceiling)
    units = 1.0 / metres_per_unit(scene)
    west, south = (min(values) for values in zip(*floor, strict=True))
    for obj in built.all:
        if units != 1.0 and isinstance(obj.data, bpy.types.Mesh):
            obj.data.transform(Matrix.Scale(units, 4))
        stands = obj.matrix_basis.copy()
        stands.translation = (stands.translation + Vector((west, south, 0.0))) * units
        obj.matrix_basis = stands
    return collection


def read_corners(text: str) -> tuple[Point, ...]:
    """Corners from JSON, `[[x, y], …]` in metres. Raises PlanError."""
    try:
        return tuple((float(x), float(y)) for x, y in json.loads(text))
    except (ValueError, TypeError) as error:
        raise PlanError(
            Problem("The corners are no list of pairs of metres, such as [[0, 0], [4, 0], [4, 3]].")
        ) from error


def read_openings(text: str) -> tuple[PlannedOpening, ...]:
    """Openings from JSON, `[{"kind": "door", "wall": 0, "offset": 0.5, "width": 0.9}, …]`. Raises PlanError."""
    try:
        return tuple(_opening_from(each) for each in json.loads(text or "[]"))
    except (ValueError, TypeError, KeyError) as error:
        example = '[{"kind": "door", "wall": 0, "offset": 0.5, "width": 0.9}]'
        raise PlanError(Problem("The openings are no list such as {example}.", {"example": example})) from error


def corners_text(corners: Sequence[Point]) -> str:
    return json.dumps([list(corner) for corner in corners])


def openings_text(openings: Sequence[PlannedOpening]) -> str:
    return json.dumps([{"kind": o.kind, "wall": o.wall, "offset": o.offset, "width": o.width} for o in openings])


def _opening_from(data: Any) -> PlannedOpening:
    if data["kind"] not in ("door", "window"):
        raise ValueError(data["kind"])
    return PlannedOpening(data["kind"], int(data["wall"]), float(data["offset"]), float(data["width"]))


def _room_of(
    corners: Sequence[Point], openings: Sequence[PlannedOpening], height: float
) -> tuple[tuple[Point, ...], Room]:
    """The floor in world metres, and the room in its own frame."""
    problem = floor_problem(corners)
    if problem is None and not (math.isfinite(height) and LEAST_HEIGHT <= height <= MAX_SIZE):
        values = {"least": LEAST_HEIGHT, "most": MAX_SIZE}
        problem = Problem("Walls are {least:.1f} to {most:.0f} m high.", values)
    floor = floor_of(corners)
    for index, opening in enumerate(openings):
        problem = problem or opening_problem(floor, openings[:index], opening)
    if problem is not None:
        raise PlanError(problem)
    west, south = (min(values) for values in zip(*floor, strict=True))
    room = Room(tuple((round(x - west, 6), round(y - south, 6)) for x, y in floor), height)
    made = tuple(_made(opening, index, openings, room) for index, opening in enumerate(openings))
    room = Room(room.floor, height, made)
    check_room(room)
    return floor, room


def _made(opening: PlannedOpening, index: int, openings: Sequence[PlannedOpening], room: Room) -> Opening:
    number = sum(other.kind == opening.kind for other in openings[: index + 1])
    name, kind = f"{opening.kind}_{number}", opening.kind
    start, end = room.floor[opening.wall], room.floor[(opening.wall + 1) % len(room.floor)]
    offset = max(min(opening.offset, math.dist(start, end) - opening.width), 0.0)
    if kind == "door":
        return Opening(
            name, kind, opening.wall, offset, opening.width, min(DOOR_HEIGHT, room.height - LINTEL), 0.0, "in"
        )
    top = min(WINDOW_TOP, room.height - LINTEL)
    return Opening(name, kind, opening.wall, offset, opening.width, top - SILL, SILL)
