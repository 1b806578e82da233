# SPDX-License-Identifier: GPL-3.0-or-later
"""The room as pictures show it: walls that stand, walls cut down to a stub, and marks for openings in the stubs."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass

import bpy

from ...backend.scene import Opening, Room
from ...backend.scene.geometry import walls
from ..furnish.openings import DOUBLE_FROM
from ..furnish.room import RoomObjects, build_room, mesh_from, opening_matrix
from ..furnish.surfaces import Flooring
from ..furnish.walls import Solid, wall_solid, wall_thickness

STUB = 0.12
"""Height of a wall that is cut away, metres."""


@dataclass(frozen=True)
class Shell:
    """A room's objects for pictures; `show` picks which walls stand."""

    room: Room
    built: RoomObjects
    stubs: tuple[bpy.types.Object, ...]
    marks: dict[str, bpy.types.Object]
    swings: dict[str, bpy.types.Object]

    def show(self, standing: Collection[int], *, swings: bool) -> None:
        """Lets the walls with these indices stand, and cuts the others down; `swings` shows where doors sweep."""
        for index, (wall, stub) in enumerate(zip(self.built.walls, self.stubs, strict=True)):
            wall.hide_render, stub.hide_render = index not in standing, index in standing
        for opening in self.room.openings:
            stands = opening.wall in standing
            self.built.openings[opening.id].hide_render = not stands
            self.marks[opening.id].hide_render = stands
            if opening.id in self.swings:
                self.swings[opening.id].hide_render = not swings


def build_shell(room: Room, collection: bpy.types.Collection, flooring: Flooring) -> Shell:
    """Builds everything once; nothing is made or removed when the view changes."""
    thickness = wall_thickness(room)
    built = build_room(room, collection, flooring=flooring)
    stubs = []
    for index in range(len(room.floor)):
        solid = wall_solid(room, index, thickness, STUB)
        stubs.append(_add(mesh_from(solid, "Stub", ("Room Wall Cut", "Room Wall Cut")), collection))
    marks, swings = {}, {}
    for opening in room.openings:
        marks[opening.id] = _add(_mark_mesh(opening, thickness), collection)
        marks[opening.id].matrix_world = opening_matrix(room, opening)
        if opening.swing == "in":
            swings[opening.id] = _add(_swing_mesh(opening), collection)
            swings[opening.id].matrix_world = opening_matrix(room, opening)
    return Shell(room, built, tuple(stubs), marks, swings)


def near_cut_wall(room: Room, standing: Collection[int], x: float, y: float, reach: float) -> bool:
    """Whether a point of the plan is within `reach` metres of a wall that doesn't stand."""
    for wall in walls(room):
        if wall.index in standing:
            continue
        dx, dy = x - wall.start[0], y - wall.start[1]
        along = dx * wall.along[0] + dy * wall.along[1]
        if -reach <= along <= wall.length + reach and abs(dx * wall.inward[0] + dy * wall.inward[1]) <= reach:
            return True
    return False


def _mark_mesh(opening: Opening, thickness: float) -> bpy.types.Mesh:
    """A door's or window's place in the stub: a block that fills a door's gap, a strip on top below a window."""
    w = opening.width / 2
    bottom = 0.0 if opening.sill < STUB else STUB
    solid = Solid()
    solid.add_box((-w, 0.0, bottom - opening.sill), (w, thickness, STUB + 0.005 - opening.sill))
    return mesh_from(solid, "Mark", ("Room Door Mark" if opening.kind == "door" else "Room Window Mark",))


def _swing_mesh(opening: Opening) -> bpy.types.Mesh:
    """The open leaf or leaves, drawn on the floor, and the rims of the quarter circles they sweep."""
    solid = Solid()
    if opening.width >= DOUBLE_FROM:
        _add_sweep(solid, -opening.width / 2, opening.width / 2)
        _add_sweep(solid, opening.width / 2, -opening.width / 2)
    else:
        _add_sweep(solid, -opening.width / 2, opening.width)
    return mesh_from(solid, "Swing", ("Room Door Mark",))


def _add_sweep(solid: Solid, hinge: float, reach: float) -> None:
    """One leaf hinged at x = `hinge`, closed towards x = `hinge + reach`, open towards -y."""
    h, steps, radius = 0.004, 24, abs(reach)
    side = math.copysign(1.0, reach)
    for start, end in ((i / steps, (i + 1) / steps) for i in range(steps)):
        ring = []
        for turn, r in ((start, radius), (end, radius), (end, radius - 0.025), (start, radius - 0.025)):
            angle = -turn * math.pi / 2
            ring.append((hinge + side * r * math.cos(angle), r * math.sin(angle), h))
        solid.add(ring, [(3, 2, 1, 0) if side > 0 else (0, 1, 2, 3)])
    low, high = sorted((hinge, hinge + side * 0.03))
    solid.add_box((low, -radius, h), (high, 0.0, h + 0.01))


def _add(mesh: bpy.types.Mesh, collection: bpy.types.Collection) -> bpy.types.Object:
    built = bpy.data.objects.new(mesh.name, mesh)
    collection.objects.link(built)
    return built
