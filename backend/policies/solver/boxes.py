# SPDX-License-Identifier: GPL-3.0-or-later
"""Many oriented boxes at once: candidates against what already stands. Arrays broadcast; metres, radians inside."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Boxes:
    """Boxes with a yaw: plan centre, cosine and sine of the yaw, plan half sizes, z interval. All of one shape."""

    x: Array
    y: Array
    c: Array
    s: Array
    hx: Array
    hy: Array
    z0: Array
    z1: Array

    @staticmethod
    def at(poses: Array, half: Array, height: Array | float) -> Boxes:
        """Boxes at poses (..., 4) of x, y, z, degrees, with plan half sizes (..., 2) and heights (...)."""
        angle = np.radians(poses[..., 3])
        z, h = poses[..., 2], np.asarray(height) / 2
        shape = angle.shape if half.ndim == 1 else np.broadcast_shapes(angle.shape, half[..., 0].shape)
        if np.shape(angle) != shape:
            poses, angle, z = (np.broadcast_to(part, shape + part.shape[angle.ndim :]) for part in (poses, angle, z))
        return Boxes(
            poses[..., 0],
            poses[..., 1],
            np.cos(angle),
            np.sin(angle),
            _wide(half[..., 0], shape),
            _wide(half[..., 1], shape),
            z - h,
            z + h,
        )

    def __getitem__(self, index: object) -> Boxes:
        return Boxes(*(getattr(self, name)[index] for name in self.__slots__))

    def local(self, cx: Array | float, cy: Array | float, hx: Array | float, hy: Array | float) -> Boxes:
        """Boxes fixed in these boxes' own frames: centre (cx, cy) and half sizes (hx, hy); same z interval."""
        x = self.x + cx * self.c - cy * self.s
        y = self.y + cx * self.s + cy * self.c
        shape = np.shape(x)
        return Boxes(x, y, self.c, self.s, _wide(hx, shape), _wide(hy, shape), self.z0, self.z1)

    def raised(self, z0: Array | float, z1: Array | float) -> Boxes:
        """The same boxes with another z interval, absolute."""
        shape = np.shape(self.x)
        return Boxes(self.x, self.y, self.c, self.s, self.hx, self.hy, _wide(z0, shape), _wide(z1, shape))

    def corners(self) -> Array:
        """Plan corners (..., 4, 2), counter-clockwise."""
        ux, uy = self.hx * self.c, self.hx * self.s
        vx, vy = -self.hy * self.s, self.hy * self.c
        xs = np.stack([self.x - ux - vx, self.x + ux - vx, self.x + ux + vx, self.x - ux + vx], -1)
        ys = np.stack([self.y - uy - vy, self.y + uy - vy, self.y + uy + vy, self.y - uy + vy], -1)
        return np.stack([xs, ys], -1)


def join(parts: list[Boxes]) -> Boxes:
    """Flat boxes one after another."""
    return Boxes(*(np.concatenate([np.atleast_1d(getattr(part, n)) for part in parts]) for n in Boxes.__slots__))


def plan_overlap(a: Boxes, b: Boxes) -> Array:
    """Overlap of every box of `a` (shape A) with every box of `b` (shape B) seen from above, metres, shape A + B.

    Positive: the least plan translation that parts the two (separating axis theorem, the four edge directions).
    Negative: the largest separation along an edge direction, a lower bound of their distance.
    """
    ax = _over(a, b)
    c = ax["c"] * b.c + ax["s"] * b.s  # cosine and sine of the yaw between them
    s = ax["c"] * b.s - ax["s"] * b.c
    ac, as_ = np.abs(c), np.abs(s)
    dx, dy = b.x - ax["x"], b.y - ax["y"]
    hx, hy = ax["hx"], ax["hy"]
    in_a = np.minimum(
        hx + b.hx * ac + b.hy * as_ - np.abs(dx * ax["c"] + dy * ax["s"]),
        hy + b.hx * as_ + b.hy * ac - np.abs(dy * ax["c"] - dx * ax["s"]),
    )
    in_b = np.minimum(
        b.hx + hx * ac + hy * as_ - np.abs(dx * b.c + dy * b.s),
        b.hy + hx * as_ + hy * ac - np.abs(dy * b.c - dx * b.s),
    )
    return np.minimum(in_a, in_b)


def height_overlap(a: Boxes, b: Boxes) -> Array:
    """Overlap of the z intervals of every pair, metres, shape A + B."""
    ax = _over(a, b)
    return np.minimum(ax["z1"], b.z1) - np.maximum(ax["z0"], b.z0)


def _wide(part: Array | float, shape: tuple[int, ...]) -> Array:
    """`part` in this shape; far cheaper than `broadcast_to` where it has it already."""
    return part if np.shape(part) == shape else np.broadcast_to(part, shape)  # pyright: ignore[reportReturnType]


def _over(a: Boxes, b: Boxes) -> dict[str, Array]:
    extra = (...,) + (None,) * np.ndim(b.x)
    return {name: getattr(a, name)[extra] for name in Boxes.__slots__}
