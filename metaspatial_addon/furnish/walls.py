# SPDX-License-Identifier: GPL-3.0-or-later
"""The shape of a room's walls as plain arrays: prisms outside the floor polygon, mitred, with clean holes. No bpy."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ...backend.scene import Room
from ...backend.scene.geometry import Array, signed_distance, walls

THICKNESS = 0.12
"""Of a wall, metres, where the room's shape leaves that much between its arms."""
SKIRTING = 0.08
"""Height of the painted skirting at the foot of the inner faces (material slot 1), metres."""
_MITRE_LIMIT = 4.0


@dataclass
class Solid:
    """A mesh in the making: vertices (room or object frame, metres), faces, and a material slot per face."""

    vertices: list[tuple[float, float, float]] = field(default_factory=list)
    faces: list[tuple[int, ...]] = field(default_factory=list)
    slots: list[int] = field(default_factory=list)

    def add(self, corners: list[tuple[float, float, float]], faces: list[tuple[int, ...]], slot: int = 0) -> None:
        first = len(self.vertices)
        self.vertices += corners
        self.faces += [tuple(first + i for i in face) for face in faces]
        self.slots += [slot] * len(faces)

    def add_box(self, low: tuple[float, float, float], high: tuple[float, float, float], slot: int = 0) -> None:
        """An axis-aligned box with outward faces."""
        corners = [(x, y, z) for z in (low[2], high[2]) for y in (low[1], high[1]) for x in (low[0], high[0])]
        self.add(corners, [(0, 2, 3, 1), (4, 5, 7, 6), (0, 1, 5, 4), (2, 6, 7, 3), (0, 4, 6, 2), (1, 3, 7, 5)], slot)


def wall_thickness(room: Room) -> float:
    """The thickness that all walls of the room can have without reaching into another of its arms, metres."""
    thickness = THICKNESS
    while thickness > 0.004 and not _clear(room, thickness):
        thickness /= 2
    return thickness


def outer_corners(room: Room, thickness: float) -> Array:
    """The mitred outer corner of the walls at each floor vertex, shape (n, 2). Very acute mitres are blunted."""
    inward = np.array([wall.inward for wall in walls(room)])
    before = np.roll(inward, 1, axis=0)
    mitre = (before + inward) / np.maximum(1 + np.sum(before * inward, -1, keepdims=True), 1e-6)
    length = np.linalg.norm(mitre, axis=-1, keepdims=True)
    return np.array(room.floor) - thickness * mitre * np.minimum(1.0, _MITRE_LIMIT / np.maximum(length, 1e-9))


def wall_solid(room: Room, index: int, thickness: float, height: float | None = None) -> Solid:
    """One wall from z = 0 up to `height` (the room's when None), with a hole at each opening.

    Its inner face lies exactly on the edge `floor[index]`, `floor[index + 1]`; its ends meet the neighbours' in a
    mitre. The mesh is one closed surface: a grid along the holes' edges, the cells of the holes left out.
    """
    wall = walls(room)[index]
    top = room.height if height is None else min(height, room.height)
    holes = [o for o in room.openings if o.wall == index and o.sill < top - 1e-6]
    us = _breaks(wall.length, [u for o in holes for u in (o.offset, o.offset + o.width)])
    vs = _breaks(top, [SKIRTING, *(v for o in holes for v in (o.sill, o.sill + o.height))])
    solid_cell = np.ones((len(us) - 1, len(vs) - 1), bool)
    for hole in holes:
        in_u = (us[:-1] > hole.offset - 1e-6) & (us[1:] < hole.offset + hole.width + 1e-6)
        in_v = (vs[:-1] > hole.sill - 1e-6) & (vs[1:] < hole.sill + hole.height + 1e-6)
        solid_cell[np.ix_(in_u, in_v)] = False

    corners = outer_corners(room, thickness)
    start, end = corners[index], corners[(index + 1) % len(corners)]
    along, inward, origin = np.array(wall.along), np.array(wall.inward), np.array(wall.start)
    first, last = (start - origin) @ along, (end - origin) @ along
    outer_us = np.concatenate([[first], np.clip(us[1:-1], min(first, last), max(first, last)), [last]])
    inner = origin + us[:, None] * along
    outer = origin + outer_us[:, None] * along - thickness * inward
    outer[0], outer[-1] = start, end
    return _grid_solid(inner, outer, vs, solid_cell)


def _grid_solid(inner: Array, outer: Array, vs: Array, solid_cell: np.ndarray) -> Solid:
    nu, nv = solid_cell.shape
    numbers: dict[tuple[int, int, int], int] = {}
    solid = Solid()

    def vertex(side: int, i: int, j: int) -> int:
        key = (side, i, j)
        if key not in numbers:
            numbers[key] = len(solid.vertices)
            x, y = (inner, outer)[side][i]
            solid.vertices.append((float(x), float(y), float(vs[j])))
        return numbers[key]

    def face(*keys: tuple[int, int, int], slot: int = 0) -> None:
        solid.faces.append(tuple(vertex(*key) for key in keys))
        solid.slots.append(slot)

    def filled(i: int, j: int) -> bool:
        return 0 <= i < nu and 0 <= j < nv and bool(solid_cell[i, j])

    for i in range(nu):
        for j in range(nv):
            if not filled(i, j):
                continue
            skirting = int(vs[j + 1] < SKIRTING + 1e-6)
            face((0, i + 1, j), (0, i, j), (0, i, j + 1), (0, i + 1, j + 1), slot=skirting)
            face((1, i, j), (1, i + 1, j), (1, i + 1, j + 1), (1, i, j + 1))
            if not filled(i - 1, j):
                face((0, i, j), (1, i, j), (1, i, j + 1), (0, i, j + 1))
            if not filled(i + 1, j):
                face((1, i + 1, j), (0, i + 1, j), (0, i + 1, j + 1), (1, i + 1, j + 1))
            if not filled(i, j - 1):
                face((0, i, j), (0, i + 1, j), (1, i + 1, j), (1, i, j))
            if not filled(i, j + 1):
                face((0, i + 1, j + 1), (0, i, j + 1), (1, i, j + 1), (1, i + 1, j + 1))
    return solid


def _breaks(length: float, values: list[float]) -> Array:
    inside = sorted({round(v, 6) for v in values if 1e-6 < v < length - 1e-6})
    return np.array([0.0, *inside, length])


def _clear(room: Room, thickness: float) -> bool:
    """Whether every point of the walls' outer faces is a wall's thickness away from all of the floor."""
    corners = outer_corners(room, thickness)
    ends = np.roll(corners, -1, axis=0)
    t = np.linspace(0.0, 1.0, 33)[:, None, None]
    points = corners + t * (ends - corners)
    return bool(np.all(signed_distance(room.floor, points) <= -0.98 * thickness))
