# SPDX-License-Identifier: GPL-3.0-or-later
"""How deep two meshes are inside each other.

The depth is the least way that the second mesh has to go until no surface point of either is inside the other, along
the sides of both boxes or the vertical. Along one direction: the points inside have to get out, each measured by a ray
to where it leaves the shells around it; having gone the longest of these ways, others may have come inside, and so on
until none has. Points are looked up by rays through the other mesh's tree, in that mesh's own frame. In a small region
they lie close together; of a large one at most `MOST_LOOKED_AT` are looked at.
"""

from __future__ import annotations

import math

import numpy as np
from mathutils import Vector
from numpy.typing import NDArray

from ...backend.rewards.physics import TOLERANCE
from ...backend.scene import Pose
from .solid import INSET, Solid

Array = NDArray[np.float64]

MOST_LOOKED_AT = 80
"""Points of one mesh that are tested against the other."""


def depth(a: Solid, pose_a: Pose, b: Solid, pose_b: Pose, limit: float) -> float:
    """The penetration depth of two placed solids, metres; 0 when apart, at most `limit`, their boxes' depth."""
    points_b = in_frame(pose_a, in_room(pose_b, b.points))
    points_a = in_frame(pose_b, in_room(pose_a, a.points))
    still = np.zeros(3)
    inner_a, inner_b = _inside(b, points_a, still), _inside(a, points_b, still)
    if not inner_a and not inner_b:
        return 0.0
    best, first_steps = limit, []
    for bound, way in _ways_out(a, pose_a, b, pose_b):
        best = min(best, bound)
        out, back = _turned(way, -pose_a.rotation), _turned(-way, -pose_b.rotation)
        step = max(_longest(a, inner_b, out, best), _longest(b, inner_a, back, best))
        first_steps.append((step, len(first_steps), out, back))
    for gone, _, out, back in sorted(first_steps, key=lambda step: step[:2]):  # the most promising way first
        for _ in range(_STEPS):
            if gone >= best:
                break
            left = best - gone
            step = max(
                _longest(a, _inside(a, points_b, out * gone), out, left),
                _longest(b, _inside(b, points_a, back * gone), back, left),
            )
            gone += step
            if step == 0.0:
                break
        best = min(best, gone)
        if best <= TOLERANCE:
            break
    return best


_STEPS = 4


def _longest(solid: Solid, points: list[tuple[Vector, int]], way: Array, limit: float) -> float:
    """The longest way any of the points inside a solid has to go to leave it, given up beyond the limit."""
    direction = Vector(way.tolist())
    longest = 0.0
    for point, winding in points:
        longest = max(longest, solid.exit(point, winding, direction, limit) + INSET)
        if longest >= limit:
            break
    return longest


def _inside(solid: Solid, points: Array, shift: Array) -> list[tuple[Vector, int]]:
    """The points (n, 3), shifted, that are inside a solid in its frame, each with the number of shells around it."""
    near = points + shift
    near = near[((near > solid.low) & (near < solid.high)).all(1)]
    if len(near) > MOST_LOOKED_AT:
        near = near[np.linspace(0, len(near) - 1, MOST_LOOKED_AT).astype(int)]
    found = []
    for row in near.tolist():
        point = Vector(row)
        winding = solid.winding(point)
        if winding:
            found.append((point, winding))
    return found


def in_room(pose: Pose, points: Array) -> Array:
    """Points (n, 3) of a piece's frame in the room's."""
    return points @ _rotation(pose.rotation).T + (pose.x, pose.y, pose.z)


def in_frame(pose: Pose, points: Array) -> Array:
    """Points (n, 3) of the room in a piece's frame."""
    return (points - (pose.x, pose.y, pose.z)) @ _rotation(pose.rotation)


def _rotation(degrees: float) -> Array:
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])


def _turned(way: Array, degrees: float) -> Array:
    return _rotation(degrees) @ way


def _ways_out(a: Solid, pose_a: Pose, b: Solid, pose_b: Pose) -> list[tuple[float, Array]]:
    """Directions to move the second solid off the first, with how far until their bounds are apart, least first."""
    ways = [_UP, -_UP]
    square = abs((pose_a.rotation - pose_b.rotation + 45.0) % 90.0 - 45.0) < 1e-3
    for pose in (pose_a,) if square else (pose_a, pose_b):
        turn = _rotation(pose.rotation)
        ways += [turn[:, 0], -turn[:, 0], turn[:, 1], -turn[:, 1]]
    every = np.array(ways)
    far = (in_room(pose_a, _bounds(a)) @ every.T).max(0) - (in_room(pose_b, _bounds(b)) @ every.T).min(0)
    return sorted(zip(far.tolist(), ways, strict=True), key=lambda pair: pair[0])


_UP = np.array([0.0, 0.0, 1.0])
_CORNERS = np.array([(x, y, z) for x in (0, 1) for y in (0, 1) for z in (0, 1)], float)


def _bounds(solid: Solid) -> Array:
    """The corners of a solid's bounds, (8, 3)."""
    return solid.low + _CORNERS * (solid.high - solid.low)
