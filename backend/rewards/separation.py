# SPDX-License-Identifier: GPL-3.0-or-later
"""Arithmetic of many upright boxes: how deep they are inside each other, and how much of them a floor covers.

Boxes are arrays of shape (8, ...): x, y, z of the centre, cosine and sine of the yaw, half length, width and height.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def penetration(a: Array, b: Array) -> Array:
    """The least distance that separates each pair of boxes (8, ...), metres; negative is a gap along one axis.

    Exact for boxes that turn about the vertical only: the Minkowski difference is a prism whose side faces have the
    four side normals (separating axis theorem), also where one box contains the other.
    """
    ax, ay, az, ac, as_, al, aw, ah = a
    bx, by, bz, bc, bs, bl, bw, bh = b
    dx, dy = bx - ax, by - ay
    c, s = np.abs(ac * bc + as_ * bs), np.abs(ac * bs - as_ * bc)
    depth = al + bl * c + bw * s - np.abs(dx * ac + dy * as_)
    np.minimum(depth, aw + bl * s + bw * c - np.abs(dy * ac - dx * as_), out=depth)
    np.minimum(depth, bl + al * c + aw * s - np.abs(dx * bc + dy * bs), out=depth)
    np.minimum(depth, bw + al * s + aw * c - np.abs(dy * bc - dx * bs), out=depth)
    np.minimum(depth, ah + bh - np.abs(az - bz), out=depth)
    return depth


def way_out(a: Array, b: Array, counts: Sequence[int], contact: float) -> Array:
    """The least way along a side's normal or the vertical after which no box of a piece is inside another's, metres.

    `a` and `b` (8, p) are pairs of boxes; the first `counts[0]` are those of one pair of pieces, and so on. The
    result is (len(counts),), 0 where all are inside each other by no more than `contact`. Boxes of one piece have the
    same yaw. Two tables on one spot are not apart when their tops are: then legs are in tops. Along a direction two
    boxes meet for one stretch of the way (separating axes); the way out goes to the end of the stretches that follow on
    one another from here.
    """
    starts, case = np.cumsum([0, *counts[:-1]]), np.repeat(np.arange(len(counts)), counts)
    (*_, ac, as_, al, aw, ah), (*_, bc, bs, bl, bw, bh) = a, b
    none, one = np.zeros_like(ac), np.ones_like(ac)
    normals = np.array([(ac, as_, none), (-as_, ac, none), (bc, bs, none), (-bs, bc, none), (none, none, one)])
    c, s = np.abs(ac * bc + as_ * bs), np.abs(ac * bs - as_ * bc)
    reach = np.array([al + bl * c + bw * s, aw + bl * s + bw * c, bl + al * c + aw * s, bw + al * s + aw * c, ah + bh])
    reach -= contact
    off = (normals * (b[:3] - a[:3])).sum(1)
    least = np.full(len(counts), np.inf)
    for way in normals:
        pace = (normals * way).sum(1)
        still = np.abs(pace) < 1e-9
        pace = np.where(still, np.where(np.abs(off) < reach, 1e-9, np.nan), pace)  # alongside: all the way, or never
        ends = (off - reach) / pace, (off + reach) / pace
        enter, leave = np.minimum(*ends).max(0), np.maximum(*ends).min(0)
        for begin, end in ((enter, leave), (-leave, -enter)):
            gone, further = np.full(len(counts), -1.0), np.zeros(len(counts))
            while (further > gone).any():
                gone = further
                here = gone[case]
                met = (begin <= here) & (here < end)
                further = np.maximum.reduceat(np.where(met, end, here), starts)
            np.minimum(least, gone, out=least)
    return np.where(least > 0.0, least + contact, 0.0)


def corners(boxes: Array) -> Array:
    """The plan corners, counter-clockwise from the local minimum corner, shape (..., 4, 2)."""
    x, y, _, c, s, length, width, _ = boxes
    result = np.empty((*x.shape, 4, 2))
    along, across = length[..., None] * _ALONG, width[..., None] * _ACROSS
    c, s = c[..., None], s[..., None]
    result[..., 0] = x[..., None] + along * c - across * s
    result[..., 1] = y[..., None] + along * s + across * c
    return result


_ALONG, _ACROSS = np.array([-1.0, 1.0, 1.0, -1.0]), np.array([-1.0, -1.0, 1.0, 1.0])


def clearance(boxes: Array, starts: Array, inward: Array) -> Array:
    """From walls' lines to the boxes' nearest points, metres, negative beyond: (..., walls).

    `starts` and `inward` (walls, 2) are a point and the unit normal into the room of each wall.
    """
    x, y, _, c, s, length, width, _ = boxes[..., None]
    nx, ny = inward[:, 0], inward[:, 1]
    reach = length * np.abs(nx * c + ny * s) + width * np.abs(ny * c - nx * s)
    return x * nx + y * ny - (starts[:, 0] * nx + starts[:, 1] * ny) - reach


def reach_beyond(starts: Array, along: Array, inward: Array, lengths: Array, points: Array) -> Array:
    """How far points (..., 2) are outside a convex room, metres, 0 inside: (...).

    The walls' starts, directions and normals into the room are (walls, 2), their lengths (walls,).
    """
    dx, dy = points[..., 0, None] - starts[:, 0], points[..., 1, None] - starts[:, 1]
    behind = -(dx * inward[:, 0] + dy * inward[:, 1])
    t = dx * along[:, 0] + dy * along[:, 1]
    past = np.maximum(np.maximum(-t, t - lengths), 0.0)
    nearest = np.sqrt((behind * behind + past * past).min(-1))
    return np.where((behind > 0.0).any(-1), nearest, 0.0)


def covered_area(polygon: ArrayLike, boxes: Array) -> Array:
    """Area of each box's plan inside a counter-clockwise polygon, concave or not, square metres; exact.

    Across a box, the polygon's height at x is the signed sum of its edges clamped to the box, so the area is the sum of
    the edges' clamped integrals (Green's theorem).
    """
    x, y, _, c, s, length, width, _ = boxes[..., None]
    p = np.asarray(polygon, float)
    p = np.concatenate([p, p[:1]])
    dx, dy = p[:, 0] - x, p[:, 1] - y
    u, v = dx * c + dy * s, dy * c - dx * s
    u, v, u2, v2 = u[..., :-1], v[..., :-1], u[..., 1:], v[..., 1:]
    run = u2 - u
    upright = np.abs(run) < 1e-9  # such an edge covers nothing
    slope = np.where(upright, 0.0, (v2 - v) / np.where(upright, 1.0, run))
    ua, ub = np.maximum(np.minimum(u, length), -length), np.maximum(np.minimum(u2, length), -length)
    va, vb = v + slope * (ua - u), v + slope * (ub - u)
    rise = vb - va
    flat = np.abs(rise) < 1e-9
    level = np.maximum(np.minimum((va + vb) / 2, width), -width)
    mean = np.where(flat, level, (_clamped(vb, width) - _clamped(va, width)) / np.where(flat, 1.0, rise))
    return np.maximum(-np.sum((ub - ua) * mean, -1), 0.0)


def _clamped(v: Array, half: Array) -> Array:
    """Integral of a value clamped to ±half."""
    size = np.abs(v)
    inner = np.minimum(size, half)
    return inner * (size - inner / 2)
