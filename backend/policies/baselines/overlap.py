# SPDX-License-Identifier: GPL-3.0-or-later
"""How much rectangles share in the plan, and how that changes when they move: many pairs at once.

Area and derivative follow from the outline of what two rectangles share: the stretches of each one's sides that lie
inside the other. The divergence theorem gives the area, half the integral of (point · normal) along the outline. Moving
one rectangle moves only its own stretches, so the area changes by each stretch's length times the speed of its middle
along its normal (Reynolds' transport theorem).
"""

from __future__ import annotations

import numpy as np

from ...scene.geometry import Array

_SAME = 1e-9
"""Sides that lie on one line up to this distance count as one, metres."""
_NORMALS = np.array([(0.0, -1.0), (1.0, 0.0), (0.0, 1.0), (-1.0, 0.0)])
_CORNERS = np.array([(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)])


def shared_area(a: Array, b: Array, half_a: Array, half_b: Array) -> tuple[Array, Array, Array]:
    """The area that rectangles share pair by pair, (p,), and its derivatives by the poses `a` and `b`, (p, 3) each.

    Poses (p, 3) are x, y in metres and the yaw in radians; half sizes (p, 2) in metres. Derivatives in m²/m and m²/rad;
    where sides lie on one line the derivative is one-sided.
    """
    length_a, middle_a, normal_a = _stretches(a, half_a, b, half_b, _SAME)
    length_b, middle_b, normal_b = _stretches(b, half_b, a, half_a, -_SAME)
    origin = a[:, None, :2]  # any point will do; a near one keeps the digits
    area = 0.5 * (length_a * ((middle_a - origin) * normal_a).sum(-1)).sum(-1)
    area += 0.5 * (length_b * ((middle_b - origin) * normal_b).sum(-1)).sum(-1)
    touching = (length_b.sum(-1) <= 0.0) & (length_a.sum(-1) < 2 * half_a.sum(-1))  # sides meet, nothing is shared
    off = touching | (area <= 0.0)
    area = np.where(off, 0.0, area)
    da = np.where(off[:, None], 0.0, _change(length_a, middle_a, normal_a, a))
    db = np.where(off[:, None], 0.0, _change(length_b, middle_b, normal_b, b))
    return area, da, db


def overlap_ratio(a: Array, b: Array, half_a: Array, half_b: Array) -> tuple[Array, Array, Array]:
    """Intersection over union of rectangles pair by pair, 0…1, and its derivatives, as `shared_area`."""
    area, da, db = shared_area(a, b, half_a, half_b)
    both = 4 * (half_a.prod(-1) + half_b.prod(-1))
    union = both - area
    slope = (both / union**2)[:, None]
    return area / union, slope * da, slope * db


def _stretches(a: Array, half_a: Array, b: Array, half_b: Array, more: float) -> tuple[Array, Array, Array]:
    """The stretches of a's four sides inside b: lengths (p, 4), middles and outward normals (p, 4, 2) in the room.

    `more` is how far outside b a side that runs along b's may lie and still count as inside.
    """
    corners = _turned(_CORNERS * half_a[:, None], a[:, 2]) + a[:, None, :2]
    side = np.roll(corners, -1, axis=1) - corners
    start = _turned(corners - b[:, None, :2], -b[:, 2])
    step = _turned(side, -b[:, 2])
    wide = half_b[:, None]
    along = np.abs(step) < _SAME
    inside = np.abs(start) <= wide + more
    safe = np.where(along, 1.0, step)
    one, other = (-wide - start) / safe, (wide - start) / safe
    enter = np.where(along, np.where(inside, 0.0, 2.0), np.minimum(one, other)).max(-1)
    leave = np.where(along, 1.0, np.maximum(one, other)).min(-1)
    enter, leave = np.clip(enter, 0.0, 1.0), np.clip(leave, 0.0, 1.0)
    share = np.maximum(leave - enter, 0.0)
    middle = corners + side * ((enter + leave) / 2)[..., None]
    return share * np.linalg.norm(side, axis=-1), middle, _turned(np.broadcast_to(_NORMALS, corners.shape), a[:, 2])


def _turned(vectors: Array, angle: Array) -> Array:
    """Vectors (p, k, 2) turned by angles (p,), radians."""
    c, s = np.cos(angle)[:, None], np.sin(angle)[:, None]
    return np.stack([vectors[..., 0] * c - vectors[..., 1] * s, vectors[..., 0] * s + vectors[..., 1] * c], -1)


def _change(length: Array, middle: Array, normal: Array, pose: Array) -> Array:
    arm = middle - pose[:, None, :2]
    turn = arm[..., 0] * normal[..., 1] - arm[..., 1] * normal[..., 0]
    return np.stack([(length * normal[..., 0]).sum(-1), (length * normal[..., 1]).sum(-1), (length * turn).sum(-1)], -1)
