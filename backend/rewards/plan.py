# SPDX-License-Identifier: GPL-3.0-or-later
"""Boxes seen from above, one at a time, in plain floats: cheaper than arrays for a single pair. Metres, room frame."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

from ..scene.geometry import Wall
from ..scene.model import Furniture, Point2, Pose


class Offset(NamedTuple):
    """Where a box's centre lies in another's frame (x, y), and its half extents (hx, hy) along that frame's axes."""

    x: float
    y: float
    hx: float
    hy: float


@dataclass(frozen=True, slots=True)
class PlanBox:
    """An upright box: centre, half length and width, heights, cosine and sine of its yaw.

    The front is the side at local -y, the back at local +y. Walls and openings are boxes without width that face into
    the room; corners and the middle of the room are boxes without any extent.
    """

    x: float
    y: float
    half_length: float
    half_width: float
    bottom: float
    top: float
    rotation: float
    cos: float
    sin: float

    @staticmethod
    def at(x: float, y: float, length: float, width: float, bottom: float, top: float, rotation: float) -> PlanBox:
        angle = math.radians(rotation)
        return PlanBox(x, y, length / 2, width / 2, bottom, top, rotation, math.cos(angle), math.sin(angle))

    @staticmethod
    def of(piece: Furniture, pose: Pose) -> PlanBox:
        length, width, height = piece.size
        return PlanBox.at(pose.x, pose.y, length, width, pose.z - height / 2, pose.z + height / 2, pose.rotation)

    @staticmethod
    def of_wall(wall: Wall, height: float) -> PlanBox:
        x, y = (wall.start[0] + wall.end[0]) / 2, (wall.start[1] + wall.end[1]) / 2
        return PlanBox.at(x, y, wall.length, 0.0, 0.0, height, wall.facing)

    def local(self, x: float, y: float) -> Point2:
        """A point of the room in this box's frame."""
        dx, dy = x - self.x, y - self.y
        return dx * self.cos + dy * self.sin, dy * self.cos - dx * self.sin

    def offset_of(self, other: PlanBox) -> Offset:
        """The other box in this box's frame."""
        x, y = self.local(other.x, other.y)
        cos = abs(self.cos * other.cos + self.sin * other.sin)
        sin = abs(self.cos * other.sin - self.sin * other.cos)
        return Offset(
            x,
            y,
            cos * other.half_length + sin * other.half_width,
            sin * other.half_length + cos * other.half_width,
        )

    def corners(self) -> tuple[Point2, Point2, Point2, Point2]:
        """Front left, front right, back right, back left as seen in local coordinates (counter-clockwise)."""
        lx, ly = self.half_length * self.cos, self.half_length * self.sin
        wx, wy = -self.half_width * self.sin, self.half_width * self.cos
        return (
            (self.x - lx - wx, self.y - ly - wy),
            (self.x + lx - wx, self.y + ly - wy),
            (self.x + lx + wx, self.y + ly + wy),
            (self.x - lx + wx, self.y - ly + wy),
        )

    def distance_to(self, x: float, y: float) -> float:
        """From the box's outline to a point; 0 inside."""
        u, v = self.local(x, y)
        return math.hypot(max(0.0, abs(u) - self.half_length), max(0.0, abs(v) - self.half_width))


def separation(a: PlanBox, b: PlanBox) -> float:
    """The largest gap between the boxes along any of their sides' normals; negative is how deep they overlap."""
    ab, ba = a.offset_of(b), b.offset_of(a)
    return max(
        abs(ab.x) - ab.hx - a.half_length,
        abs(ab.y) - ab.hy - a.half_width,
        abs(ba.x) - ba.hx - b.half_length,
        abs(ba.y) - ba.hy - b.half_width,
    )


def gap(a: PlanBox, b: PlanBox) -> float:
    """The distance between two boxes' outlines in the plan; 0 when they touch or overlap."""
    if separation(a, b) <= 0.0:
        return 0.0
    return min(
        min(b.distance_to(x, y) for x, y in a.corners()),
        min(a.distance_to(x, y) for x, y in b.corners()),
    )
