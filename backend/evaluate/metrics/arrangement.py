# SPDX-License-Identifier: GPL-3.0-or-later
"""A layout as solid bodies in the room: what the metrics of other projects are computed on.

Fixed pieces stand where they are fixed, whatever the layout says: they are in others' way like walls, but what is wrong
with them alone is not the layout's fault and is never counted.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from shapely import Polygon

from ...rewards.places import mounts_in
from ...scene import Furniture, Layout, Mount, Part, Pose, Scene, category_of
from ...scene.geometry import footprint, signed_distance
from ...scene.shape import shape_of

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

SEED = 20250601
"""Of all sampled points; each piece draws its own from this and its id, in its own frame, so they move with it."""
EPSILON = 1e-6
"""Metres up to which a point on the floor, a wall's plane or a box's side counts as inside: rounding, no tolerance."""


class Triangles(Protocol):
    """A mesh in a piece's own frame: metres, origin at the centre of its box, rotation 0, front south (-Y)."""

    @property
    def vertices(self) -> Array:
        """(n, 3)"""
        ...

    @property
    def triangles(self) -> Indices:
        """(m, 3) indices into `vertices`"""
        ...


MeshOf = Callable[[Furniture], Triangles]


@dataclass(frozen=True, slots=True, eq=False)
class BoxMesh:
    """The mesh of one or more boxes."""

    vertices: Array
    triangles: Indices


@dataclass(frozen=True, eq=False)
class Body:
    """One placed piece; `vertices` (n, 3) are its mesh's in the room frame."""

    piece: Furniture
    pose: Pose
    mount: Mount
    mesh: Triangles

    @property
    def id(self) -> str:
        return self.piece.id

    @property
    def is_rug(self) -> bool:
        return category_of(self.piece.category).walkable

    @cached_property
    def turn(self) -> Array:
        """The rotation matrix (3, 3) from the piece's frame to the room's."""
        return turn_of(self.pose.rotation)

    @cached_property
    def center(self) -> Array:
        return np.array([self.pose.x, self.pose.y, self.pose.z])

    @cached_property
    def vertices(self) -> Array:
        return self.in_room(self.mesh.vertices)

    @cached_property
    def corners(self) -> Array:
        """The mesh's triangles as corner points in the room frame, (m, 3, 3)."""
        return self.vertices[self.mesh.triangles]

    @cached_property
    def bounds(self) -> Array:
        """Minimum and maximum of the mesh in the room frame, (2, 3)."""
        return np.array([self.vertices.min(0), self.vertices.max(0)])

    @cached_property
    def centroid(self) -> Array:
        """The mean of the mesh's surface, in the room frame."""
        areas = triangle_areas(self.corners)
        total = areas.sum()
        return (self.corners.mean(1) * areas[:, None]).sum(0) / total if total else self.vertices.mean(0)

    @cached_property
    def plan(self) -> Polygon:
        """The whole box seen from above."""
        return Polygon(footprint(self.piece.size, self.pose))

    @cached_property
    def boxes(self) -> Array:
        """The boxes of the piece's shape in the room frame, (8, parts) as in `rewards.separation`."""
        parts = shape_of(self.piece)
        x, y, z = self.in_room(np.array([part.center for part in parts])).T
        half = np.array([part.size for part in parts]).T / 2
        return np.stack([x, y, z, *np.broadcast_to(self.turn[:2, :1], (2, len(parts))), *half])

    @property
    def bottom(self) -> float:
        return self.pose.z - self.piece.size[2] / 2

    @property
    def top(self) -> float:
        return self.pose.z + self.piece.size[2] / 2

    def in_room(self, points: Array) -> Array:
        """Points (..., 3) of the piece's frame in the room's."""
        return points @ self.turn.T + self.center

    def in_piece(self, points: Array) -> Array:
        """Points (..., 3) of the room's frame in the piece's."""
        return (points - self.center) @ self.turn

    def random(self, purpose: str) -> np.random.Generator:
        """Random numbers for one purpose, the same at every call."""
        return np.random.default_rng((SEED, zlib.crc32(f"{purpose} {self.id}".encode())))

    def surface_points(self, count: int, purpose: str) -> Array:
        """Points (count, 3) spread evenly over the mesh's surface, in the room frame."""
        random = self.random(purpose)
        corners = np.asarray(self.mesh.vertices)[self.mesh.triangles]
        areas = triangle_areas(corners)
        total = areas.sum()
        chosen = random.choice(len(areas), count, p=areas / total if total else None)
        return self.in_room(points_in_triangles(corners[chosen], random, 1)[:, 0])

    def inner_points(self, count: int, purpose: str) -> Array:
        """Points (count, 3) spread evenly inside the whole box, in the room frame."""
        half = np.array(self.piece.size) / 2
        return self.in_room((self.random(purpose).random((count, 3)) * 2.0 - 1.0) * half)


class Arrangement:
    """A scene's placed pieces as bodies; `unplaced` are the ids of movable pieces without a finite pose."""

    def __init__(self, scene: Scene, layout: Layout, mesh_of: MeshOf | None = None) -> None:
        self.scene = scene
        self.layout = layout
        mounts = mounts_in(scene)
        shape = box_mesh_of if mesh_of is None else mesh_of
        bodies: list[Body] = []
        unplaced: list[str] = []
        for piece in scene.furniture:
            pose = piece.pose if piece.fixed and piece.pose is not None else layout.get(piece.id)
            if pose is not None and all(map(math.isfinite, (pose.x, pose.y, pose.z, pose.rotation))):
                bodies.append(Body(piece, pose, mounts[piece.id], shape(piece)))
            elif not piece.fixed:
                unplaced.append(piece.id)
        self.bodies: tuple[Body, ...] = tuple(bodies)
        self.movable: tuple[Body, ...] = tuple(body for body in bodies if not body.piece.fixed)
        self.unplaced: tuple[str, ...] = tuple(unplaced)
        self.by_id = {body.id: body for body in bodies}

    @cached_property
    def floor(self) -> Polygon:
        return Polygon(self.scene.room.floor)

    @property
    def pairs(self) -> Iterator[tuple[Body, Body]]:
        """Every two bodies of which at least one is movable, in the order of the scene's furniture."""
        for index, first in enumerate(self.bodies):
            for second in self.bodies[index + 1 :]:
                if not (first.piece.fixed and second.piece.fixed):
                    yield first, second

    def share(self, counted: set[str]) -> float | None:
        """The share of the placed movable pieces that are among those counted; None when there are none."""
        return sum(body.id in counted for body in self.movable) / len(self.movable) if self.movable else None

    def on_floor(self, points: Array) -> NDArray[np.bool_]:
        """Which points (n, 2 or more) are over the floor polygon."""
        return np.asarray(signed_distance(self.scene.room.floor, points[..., :2]) >= -EPSILON)


def turn_of(rotation: float) -> Array:
    """The matrix (3, 3) of a turn about +Z by so many degrees."""
    c, s = math.cos(math.radians(rotation)), math.sin(math.radians(rotation))
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])


def overlap_volume(a: Body, b: Body) -> float:
    """Volume that the two whole boxes share, cubic metres; exact."""
    height = min(a.top, b.top) - max(a.bottom, b.bottom)
    return float(a.plan.intersection(b.plan).area) * height if height > 0.0 else 0.0


def box_mesh_of(piece: Furniture) -> BoxMesh:
    """The boxes of a piece's shape (`scene.shape`) as one mesh."""
    return _box_mesh(tuple(shape_of(piece)))


@lru_cache(maxsize=512)
def _box_mesh(parts: Sequence[Part]) -> BoxMesh:
    signs = np.array([(x, y, z) for z in (-1, 1) for y in (-1, 1) for x in (-1, 1)], float)
    vertices = [np.array(part.center) + signs * np.array(part.size) / 2 for part in parts]
    triangles = [_BOX + 8 * index for index in range(len(parts))]
    return BoxMesh(np.concatenate(vertices), np.concatenate(triangles))


_BOX: Indices = np.array(
    [(0, 2, 1), (1, 2, 3), (4, 5, 6), (5, 7, 6), (0, 1, 4), (1, 5, 4),
     (2, 6, 3), (3, 6, 7), (0, 4, 2), (2, 4, 6), (1, 3, 5), (3, 7, 5)],
    np.int64,
)  # fmt: skip


def triangle_areas(corners: Array) -> Array:
    """Areas of triangles (m, 3, 3)."""
    return np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1) / 2


def points_in_triangles(corners: Array, random: np.random.Generator, count: int) -> Array:
    """`count` points spread evenly over each triangle (m, 3, 3): (m, count, 3)."""
    u, v = random.random((2, len(corners), count, 1))
    over = u + v > 1.0
    u, v = np.where(over, 1.0 - u, u), np.where(over, 1.0 - v, v)
    a, b, c = corners[:, None, 0], corners[:, None, 1], corners[:, None, 2]
    return a + u * (b - a) + v * (c - a)
