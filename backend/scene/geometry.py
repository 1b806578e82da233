# SPDX-License-Identifier: GPL-3.0-or-later
"""Plane geometry of rooms and boxes: walls, frames, footprints, polygons. Metres and degrees, room frame."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .model import Opening, Point2, Pose, Room, Vector3

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Wall:
    """One edge of the floor polygon. `inward` is the unit normal pointing into the room.

    `name` is "north_wall", "east_wall"… by the compass direction the wall lies in, as seen from inside.
    """

    index: int
    start: Point2
    end: Point2
    length: float
    inward: Point2
    name: str

    @property
    def along(self) -> Point2:
        return (self.end[0] - self.start[0]) / self.length, (self.end[1] - self.start[1]) / self.length

    @property
    def facing(self) -> float:
        """Rotation of a piece whose back is to this wall, degrees."""
        return rotation_facing(self.inward)

    def point(self, offset: float, depth: float = 0.0) -> Point2:
        """The point `offset` along the wall and `depth` into the room from it."""
        ax, ay = self.along
        return (
            self.start[0] + ax * offset + self.inward[0] * depth,
            self.start[1] + ay * offset + self.inward[1] * depth,
        )


def walls(room: Room) -> tuple[Wall, ...]:
    """The room's walls, in the order of the floor polygon's edges."""
    result = []
    for index, start in enumerate(room.floor):
        end = room.floor[(index + 1) % len(room.floor)]
        dx, dy = end[0] - start[0], end[1] - start[1]
        length = math.hypot(dx, dy)
        inward = (-dy / length, dx / length)
        result.append(Wall(index, start, end, length, inward, f"{_compass(-inward[0], -inward[1])}_wall"))
    return tuple(result)


def front(rotation: float) -> Point2:
    """Unit vector an object with this rotation faces: south (0, -1) at 0."""
    angle = math.radians(rotation)
    return math.sin(angle), -math.cos(angle)


def right(rotation: float) -> Point2:
    """Unit vector to the right hand of someone looking out of the object's front: west (-1, 0) at 0."""
    angle = math.radians(rotation)
    return -math.cos(angle), -math.sin(angle)


def rotation_facing(direction: Sequence[float]) -> float:
    """The rotation in [0, 360) whose front is `direction`. Inverse of `front`."""
    return math.degrees(math.atan2(direction[0], -direction[1])) % 360.0


def angle_between(a: float, b: float) -> float:
    """Unsigned difference of two rotations, 0…180 degrees."""
    return abs((a - b + 180.0) % 360.0 - 180.0)


def to_room(pose: Pose, point: Sequence[float]) -> Point2:
    """A plan point of the object's frame (origin at its box centre) in the room frame."""
    angle = math.radians(pose.rotation)
    cos, sin = math.cos(angle), math.sin(angle)
    return pose.x + point[0] * cos - point[1] * sin, pose.y + point[0] * sin + point[1] * cos


def footprint(size: Sequence[float], pose: Pose) -> Array:
    """The four plan corners of a box, counter-clockwise, shape (4, 2)."""
    x, y = size[0] / 2, size[1] / 2
    return np.array([to_room(pose, corner) for corner in ((-x, -y), (x, -y), (x, y), (-x, y))])


def opening_span(room: Room, opening: Opening) -> tuple[Point2, Point2]:
    """Plan end points of an opening on its wall line."""
    wall = walls(room)[opening.wall]
    return wall.point(opening.offset), wall.point(opening.offset + opening.width)


DOOR_DEPTH = 0.75
"""Free depth inside any door, metres (Scene Retargeting; SceneEval uses the door's width)."""
WINDOW_DEPTH = 0.5
"""Depth before a window that tall furniture keeps free, metres (SceneEval)."""


def opening_depth(opening: Opening) -> float:
    """How deep the zone is that the opening needs free in the room: a leaf's sweep, a step, a view."""
    if opening.kind == "window":
        return WINDOW_DEPTH
    return max(DOOR_DEPTH, opening.width) if opening.swing == "in" else DOOR_DEPTH


def opening_zone(room: Room, opening: Opening) -> tuple[Vector3, Pose]:
    """The box (size, pose) that the opening needs free. For a door from the floor up; for a window from its sill up.

    The pose faces into the room, so the box's length runs along the wall. Furniture under a window's sill is below the
    zone and so never in its way.
    """
    wall = walls(room)[opening.wall]
    depth = opening_depth(opening)
    x, y = wall.point(opening.offset + opening.width / 2, depth / 2)
    bottom = opening.sill if opening.kind == "window" else 0.0
    return (opening.width, depth, opening.height), Pose(x, y, bottom + opening.height / 2, wall.facing)


def polygon_area(polygon: ArrayLike) -> float:
    """Signed area, positive when counter-clockwise."""
    p = np.asarray(polygon, float)
    q = np.roll(p, -1, axis=0)
    return float(np.sum(p[:, 0] * q[:, 1] - q[:, 0] * p[:, 1]) / 2)


def signed_distance(polygon: ArrayLike, points: ArrayLike) -> Array:
    """Distance of each point (..., 2) to the polygon's boundary: positive inside, negative outside."""
    p = np.asarray(points, float)
    a = np.asarray(polygon, float)
    b = np.roll(a, -1, axis=0)
    ex, ey = (b - a).T
    x, y = p[..., 0, None], p[..., 1, None]
    dx, dy = x - a[:, 0], y - a[:, 1]
    t = np.minimum(np.maximum((dx * ex + dy * ey) / (ex * ex + ey * ey), 0.0), 1.0)
    distance = np.sqrt(((dx - t * ex) ** 2 + (dy - t * ey) ** 2).min(-1))
    crosses = (a[:, 1] > y) != (b[:, 1] > y)
    left_of_crossing = dx < dy * (ex / np.where(ey == 0.0, 1.0, ey))
    inside = np.count_nonzero(crosses & left_of_crossing, -1) % 2 == 1
    return np.where(inside, distance, -distance)


def outside_distance(floor: ArrayLike, corners: ArrayLike) -> Array:
    """How far footprints (..., 4, 2) reach out of the floor polygon, metres; 0 when wholly inside.

    A footprint's corners may all be inside while a wall's corner or a thin wall pokes into it; how deep it does counts
    too. In a convex room the corners tell all.
    """
    polygon = np.asarray(floor, float)
    box = np.asarray(corners, float)
    out = np.max(np.maximum(-signed_distance(polygon, box), 0.0), -1)
    if len(reflex_vertices(polygon)):
        out = np.maximum(out, _wall_inside(polygon, box))
    return out


def _wall_inside(polygon: Array, box: Array) -> Array:
    """How deep the walls reach into rectangles (..., 4, 2): the depth of the deepest wall point below their sides.

    The depth is a concave function along a wall, linear between the lines through the box's centre along its axes and
    diagonals at 45 degrees, so the deepest point lies on one of those or is a wall's end.
    """
    center = box.mean(-2)[..., None, :]
    sides = box[..., (1, 3), :] - box[..., :1, :]
    length = np.linalg.norm(sides, axis=-1)
    axes = sides / np.maximum(length, 1e-12)[..., None]
    half = length[..., None, :] / 2
    start = np.einsum("...pi,...ai->...pa", polygon - center, axes)
    step = np.roll(start, -1, axis=-2) - start
    (u, v), (du, dv) = np.moveaxis(start, -1, 0), np.moveaxis(step, -1, 0)
    hu, hv = np.moveaxis(half, -1, 0)
    slack = hu - hv
    zero, ones = np.zeros_like(u), np.ones_like(u)
    meets = [(-u, du), (-v, dv)]
    meets += [(side - (u + sign * v), du + sign * dv) for sign in (1.0, -1.0) for side in (slack, -slack)]
    times = [np.clip(a / np.where(b == 0.0, 1.0, b), 0.0, 1.0) for a, b in meets]
    t = np.stack([zero, ones, *times], -1)
    depth = np.minimum(
        hu[..., None] - np.abs(u[..., None] + t * du[..., None]),
        hv[..., None] - np.abs(v[..., None] + t * dv[..., None]),
    )
    return np.maximum(depth.max((-1, -2)), 0.0)


def reflex_vertices(polygon: ArrayLike) -> Array:
    """Vertices of a counter-clockwise polygon where the room bends outwards, shape (n, 2)."""
    p = np.asarray(polygon, float)
    before, after = p - np.roll(p, 1, axis=0), np.roll(p, -1, axis=0) - p
    return p[before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0] < -1e-9]


def is_simple(polygon: Sequence[Point2]) -> bool:
    """Whether no two edges cross or touch, except neighbours in their common vertex."""
    n = len(polygon)
    for i in range(n):
        for j in range(i + 1, n):
            a, b, c, d = polygon[i], polygon[(i + 1) % n], polygon[j], polygon[(j + 1) % n]
            if j == i + 1 or (i == 0 and j == n - 1):
                shared, p, q = (b, a, d) if j == i + 1 else (a, b, c)
                if abs(_cross(shared, p, q)) < 1e-12 and _dot(shared, p, q) > 0:
                    return False
            elif _touch(a, b, c, d):
                return False
    return True


def _compass(x: float, y: float) -> str:
    if abs(x) > abs(y):
        return "east" if x > 0 else "west"
    return "north" if y > 0 else "south"


def _cross(o: Point2, p: Point2, q: Point2) -> float:
    return (p[0] - o[0]) * (q[1] - o[1]) - (p[1] - o[1]) * (q[0] - o[0])


def _dot(o: Point2, p: Point2, q: Point2) -> float:
    return (p[0] - o[0]) * (q[0] - o[0]) + (p[1] - o[1]) * (q[1] - o[1])


def _touch(a: Point2, b: Point2, c: Point2, d: Point2) -> bool:
    d1, d2, d3, d4 = _cross(c, d, a), _cross(c, d, b), _cross(a, b, c), _cross(a, b, d)
    if ((d1 > 0) != (d2 > 0)) and ((d3 > 0) != (d4 > 0)) and 0 not in (d1, d2, d3, d4):
        return True
    return any(
        abs(value) < 1e-12 and _dot(point, p, q) <= 0
        for value, point, p, q in ((d1, a, c, d), (d2, b, c, d), (d3, c, a, b), (d4, d, a, b))
    )
