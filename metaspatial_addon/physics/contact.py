# SPDX-License-Identifier: GPL-3.0-or-later
"""How deep two meshes are inside each other.

The depth is the least way that the second mesh has to go until no surface point of either is inside the other, along
the sides of both boxes or the vertical. Along one direction: the points inside have to get out, each measured by a ray
to where it leaves the shells around it; having gone the longest of these ways, others may have come inside, and so on
until none has. Only points along edges and at corners can be the deepest, and of those the ones that have farthest to
the other's bounds are looked at first, so few have to be.

Where that finds little or nothing, edges are followed through the other's surface: two surfaces that cross do so at an
edge of one of them. So no overlap is too small to be seen. Queries are rays through the other mesh's tree, in that
mesh's own frame.
"""

from __future__ import annotations

import math

import numpy as np
from mathutils import Vector
from numpy.typing import NDArray

from ...backend.rewards.physics import TOLERANCE
from ...backend.rewards.separation import penetration
from ...backend.scene import Pose
from .solid import INSET, Solid

Array = NDArray[np.float64]

MOST_LOOKED_AT = 24
"""Points of one mesh that are tested against the other for one direction."""
MOST_POINTS = 800
"""Points of one mesh in the other's bounds that these are chosen from."""
SMALL = 0.05
"""Depth in metres below which edges are followed, to measure it more finely."""
MOST_FOLLOWED = 600
"""Pieces of edges of one mesh that are followed through the other's surface."""
FINE = 0.008
"""Distance between the points along those pieces, metres."""


def depth(a: Solid, pose_a: Pose, b: Solid, pose_b: Pose, limit: float) -> float:
    """The penetration depth of two placed solids, metres; 0 when apart, at most `limit`, their boxes' depth."""
    parts_a, parts_b = _meeting(a, pose_a, b, pose_b)
    if not len(parts_a):
        return 0.0
    ways = _ways_out(a, pose_a, b, pose_b)
    b_to_a, a_to_b = _Change(pose_b, pose_a), _Change(pose_a, pose_b)
    corners_a, corners_b = a_to_b.points(a.corners), b_to_a.points(b.corners)
    found = _least(_Inside(a, parts_a, corners_b), _Inside(b, parts_b, corners_a), ways, limit)
    if found >= min(SMALL, limit):
        return found
    along_a, along_b = _crossing(b, parts_b, a_to_b, a.segments), _crossing(a, parts_a, b_to_a, b.segments)
    if not along_a.size and not along_b.size:
        return found
    in_a = _Inside(a, parts_a, np.concatenate([along_b, corners_b], axis=1))
    in_b = _Inside(b, parts_b, np.concatenate([along_a, corners_a], axis=1))
    return _least(in_a, in_b, ways, limit)


class _Change:
    """From one piece's frame to another's."""

    def __init__(self, start: Pose, end: Pose) -> None:
        self._turn = _rotation(start.rotation - end.rotation)
        self._shift = in_frame(end, np.array([(start.x, start.y, start.z)])).T

    def points(self, points: Array) -> Array:
        """Points (3, n) in the other frame."""
        return self._turn @ points + self._shift


class _Inside:
    """The points (3, n) of one mesh in the frame of another, and the solid of that other."""

    def __init__(self, solid: Solid, parts: Array, points: Array) -> None:
        self._solid = solid
        self._points = points[:, :: -(-points.shape[1] // MOST_POINTS) or 1]  # enough to see whether others come in
        self._still = _Looked(solid, points[:, _within(solid, parts, points)])

    def longest(self, way: Array, limit: float, gone: float = 0.0) -> float:
        """The longest way out of the solid that any point inside it has along `way`, having gone some of it."""
        if gone == 0.0:
            return self._still.longest(way, limit)
        points = self._points + (way * gone)[:, None]
        return _Looked(self._solid, points[:, _within(self._solid, self._solid.parts, points)]).longest(way, limit)


class _Looked:
    """Points (3, n) within the bounds of a solid's parts. Which of them are inside is asked once."""

    def __init__(self, solid: Solid, points: Array) -> None:
        self._solid = solid
        self._points = points[:, :: -(-points.shape[1] // MOST_POINTS) or 1]
        self._known: dict[int, tuple[Vector, int]] = {}

    def longest(self, way: Array, limit: float) -> float:
        """The longest way out along `way`; given up beyond the limit."""
        points, solid = self._points, self._solid
        if not points.size:
            return 0.0
        most = np.full(points.shape[1], np.inf)
        for x, w, low, high in zip(points, way.tolist(), solid.low.tolist(), solid.high.tolist(), strict=True):
            if abs(w) > 1e-9:
                np.minimum(most, ((high if w > 0.0 else low) - x) / w, out=most)
        direction, longest = Vector(way.tolist()), 0.0
        for i in self._promising(most):
            if most[i] + INSET <= longest:
                continue
            known = self._known.get(i)
            if known is None:
                point = Vector(points[:, i].tolist())
                known = self._known[i] = point, solid.winding(point)
            if known[1]:
                longest = max(longest, solid.exit(*known, direction, limit) + INSET)
                if longest >= limit:
                    break
        return longest

    def _promising(self, most: Array) -> list[int]:
        """Which points to look at: those known inside, those with the largest bounds, some from everywhere."""
        count = len(most)
        inside = sorted((i for i, (_, winding) in self._known.items() if winding), key=lambda i: -most[i])
        if count <= MOST_LOOKED_AT:
            return [*inside, *(-most).argsort().tolist()]
        half = MOST_LOOKED_AT // 2
        best = (-most).argpartition(half)[:half]
        best = best[(-most[best]).argsort()]
        return [*inside, *best.tolist(), *range(0, count, -(-count // half))]


def _least(in_a: _Inside, in_b: _Inside, ways: list[tuple[float, Array, Array]], limit: float) -> float:
    """The least way that takes all points out, of the directions given with how far until the bounds are apart."""
    best = limit
    for bound, out, back in ways:
        best, gone = min(best, bound), 0.0
        for _ in range(_STEPS):
            left = best - gone
            step = in_a.longest(out, left, gone)
            if step < left:
                step = max(step, in_b.longest(back, left, gone))
            gone += step
            if step == 0.0 or gone >= best:
                break
        if gone == 0.0:  # nothing is inside, whichever the direction
            return 0.0
        best = min(best, gone)
        if best <= TOLERANCE:
            break
    return best


_STEPS = 5


def _within(solid: Solid, parts: Array, points: Array) -> NDArray[np.bool_]:
    """Which points (3, n) are within the bounds of any of a solid's parts (s, 2, 3)."""
    if len(parts) == 1:
        return _between(points, *parts[0])
    within = _between(points, solid.low, solid.high)
    within[within] = _between(points[:, within, None], *parts.transpose(1, 2, 0)).any(1)
    return within


def _between(points: Array, low: Array, high: Array) -> NDArray[np.bool_]:
    x, y, z = points
    within = (x > low[0]) & (x < high[0])
    within &= (y > low[1]) & (y < high[1])
    within &= (z > low[2]) & (z < high[2])
    return within


def _crossing(solid: Solid, parts: Array, change: _Change, segments: Array) -> Array:
    """Points along those of the other mesh's segments (2, 3, n) that go through a solid's surface, in its frame."""
    starts, ends = change.points(segments[0]), change.points(segments[1])
    low, high = np.minimum(starts, ends), np.maximum(starts, ends)
    near = _overlap(low, high, parts[:, 0].min(0), parts[:, 1].max(0))
    low, high, starts, ends = low[:, near], high[:, near], starts[:, near], ends[:, near]
    if starts.shape[1] > _FEW:
        near = np.zeros(starts.shape[1], bool)
        for cell in _touched(solid.cells, low, high):
            near |= _overlap(low, high, *cell)
        starts, ends = starts[:, near], ends[:, near]
    if starts.shape[1] > MOST_FOLLOWED:
        some = np.linspace(0, starts.shape[1] - 1, MOST_FOLLOWED).astype(int)
        starts, ends = starts[:, some], ends[:, some]
    tree, count = solid.tree, starts.shape[1]
    if tree is None or not count:
        return np.empty((3, 0))
    ways = ends - starts
    lengths = np.sqrt((ways * ways).sum(0))
    rows = zip(starts.T.tolist(), ways.T.tolist(), lengths.tolist(), strict=True)
    through = [tree.ray_cast(Vector(start), Vector(way), length)[0] is not None for start, way, length in rows]
    if not any(through):
        return np.empty((3, 0))
    steps = 2 + int(lengths[through].max() / FINE)
    t = np.linspace(0.0, 1.0, steps)
    return (starts[:, through, None] + ways[:, through, None] * t).reshape(3, -1)


_FEW = 100


def _overlap(low: Array, high: Array, least: Array, most: Array) -> NDArray[np.bool_]:
    """Which bounds (3, n) each overlap one."""
    result = (high[0] > least[0]) & (low[0] < most[0])
    result &= (high[1] > least[1]) & (low[1] < most[1])
    result &= (high[2] > least[2]) & (low[2] < most[2])
    return result


def _touched(cells: Array, low: Array, high: Array) -> Array:
    """The cells (c, 2, 3) that overlap the bounds of all the bounds (3, n) together."""
    return cells[((cells[:, 1] > low.min(1)) & (cells[:, 0] < high.max(1))).all(1)]


def _meeting(a: Solid, pose_a: Pose, b: Solid, pose_b: Pose) -> tuple[Array, Array]:
    """The bounds (s, 2, 3) of those parts of each that overlap any of the other's."""
    if len(a.parts) == 1 and len(b.parts) == 1:
        return a.parts, b.parts  # their boxes are known to
    meet = penetration(_placed(a, pose_a)[:, :, None], _placed(b, pose_b)[:, None]) > TOLERANCE
    return a.parts[meet.any(1)], b.parts[meet.any(0)]


def _placed(solid: Solid, pose: Pose) -> Array:
    """A solid's parts as boxes (8, parts) of `separation`."""
    boxes = np.empty((8, len(solid.parts)))
    low, high = solid.parts[:, 0], solid.parts[:, 1]
    boxes[:3] = in_room(pose, (low + high) / 2).T
    boxes[3], boxes[4] = math.cos(math.radians(pose.rotation)), math.sin(math.radians(pose.rotation))
    boxes[5:] = (high - low).T / 2
    return boxes


def in_room(pose: Pose, points: Array) -> Array:
    """Points (n, 3) of a piece's frame in the room's."""
    return points @ _rotation(pose.rotation).T + (pose.x, pose.y, pose.z)


def in_frame(pose: Pose, points: Array) -> Array:
    """Points (n, 3) of the room in a piece's frame."""
    return (points - (pose.x, pose.y, pose.z)) @ _rotation(pose.rotation)


def _rotation(degrees: float) -> Array:
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])


def _ways_out(a: Solid, pose_a: Pose, b: Solid, pose_b: Pose) -> list[tuple[float, Array, Array]]:
    """Directions to move the second solid off the first, with how far until their bounds are apart, least first.

    Each is given in the first's frame, and turned round in the second's.
    """
    ways = [_UP, -_UP]
    square = abs((pose_a.rotation - pose_b.rotation + 45.0) % 90.0 - 45.0) < 1e-3
    for pose in (pose_a,) if square else (pose_a, pose_b):
        turn = _rotation(pose.rotation)
        ways += [turn[:, 0], -turn[:, 0], turn[:, 1], -turn[:, 1]]
    every = np.array(ways)
    far = (in_room(pose_a, _bounds(a)) @ every.T).max(0) - (in_room(pose_b, _bounds(b)) @ every.T).min(0)
    outs, backs = every @ _rotation(pose_a.rotation), -every @ _rotation(pose_b.rotation)
    return sorted(zip(far.tolist(), outs, backs, strict=True), key=lambda row: row[0])


_UP = np.array([0.0, 0.0, 1.0])
_CORNERS = np.array([(x, y, z) for x in (0, 1) for y in (0, 1) for z in (0, 1)], float)


def _bounds(solid: Solid) -> Array:
    """The corners of a solid's bounds, (8, 3)."""
    return solid.low + _CORNERS * (solid.high - solid.low)
