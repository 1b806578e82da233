# SPDX-License-Identifier: GPL-3.0-or-later
"""A mesh made ready for queries, once: its tree, its edges, points on its surface, and the boxes it may consist of.

Everything is in the mesh's own frame. Trees carry no transform, so it is the queries that move, and a mesh is never
built twice however often its piece moves.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from mathutils import Vector
from mathutils.bvhtree import BVHTree
from numpy.typing import NDArray

from ...backend.scene import Part
from .mesh import Mesh

Array = NDArray[np.float64]

SPACING = 0.03
"""Distance between the points on a surface, metres, as long as there are not more than `MOST_POINTS`."""
MOST_POINTS = 4000
INSET = 0.002
"""How far below the surface the points lie, metres: so touching surfaces have no point in each other."""
ALONG = 0.02
"""Distance between the points along an edge, metres, as long as there are not more than `MOST_POINTS`."""
SEGMENT = 0.08
"""Longest piece of an edge, metres."""
MOST_SEGMENTS = 8000
MOST_CELLS = 48
_FLAT = 1 - 6e-6
_STEP = 1e-5
_SKEW = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class Solid:
    """`points` (n, 3) lie just below the surface; `low` and `high` are the bounds; `closed` when no edge is open,
    `single` when there is but one closed shell.

    `corners` (3, k) are points along the edges where the surface bends, with the edges' ends, and `segments` (2, 3, m)
    those edges in short pieces; all just below the surface. Open meshes have `points` among their corners. Where two
    surfaces cross, a segment of one goes through the other, and where one is deepest in the other, it has a corner or
    an edge. `parts` (s, 2, 3) are the bounds of the connected parts, neighbours taken together, and `cells` (c, 2, 3)
    those of pieces of the surface.

    `rim` (m, 2) are the vertices farthest out in the plan, row by row and column by column of a grid. `boxes` are the
    boxes that make up the mesh, if it consists of upright closed boxes only, else empty.
    """

    tree: BVHTree | None
    points: Array
    corners: Array
    segments: Array
    parts: Array
    cells: Array
    rim: Array
    low: Array
    high: Array
    closed: bool
    single: bool
    boxes: tuple[Part, ...]

    @property
    def reach(self) -> float:
        """How far the bounds reach from the origin in the plan."""
        x, y = np.maximum(np.abs(self.low), np.abs(self.high))[:2].tolist()
        return math.hypot(x, y)

    def winding(self, point: Vector) -> int:
        """How many shells the point is inside of; 0 outside.

        A ray that grazes an edge may miss a face, so what one ray calls inside a second has to confirm. Open meshes
        have no true inside: there, two of three directions have to agree.
        """
        if self.single:
            return int(self._leaves(point, _EAST) and self._leaves(point, _UP))
        if self.closed:  # every shell's normals point outwards here, so an inner point leaves more than it enters
            first = self._crossings(point, _EAST)
            return first if first > 0 and self._leaves(point, _UP) else 0
        first, second, third = (abs(self._crossings(point, way)) for way in (_UP, _EAST, _NORTH))
        return max(min(first, second), min(first, third), min(second, third))

    def exit(self, point: Vector, winding: int, way: Vector, limit: float) -> float:
        """From an inner point along `way` to where it leaves all shells, metres; at most about `limit`."""
        gone, start = 0.0, point
        while winding > 0 and gone < limit and self.tree is not None:
            hit, normal, _, distance = self.tree.ray_cast(start, way)
            if hit is None or normal is None or distance is None:
                break
            winding -= 1 if normal.dot(way) > 0.0 else -1
            gone += distance + _STEP
            start = hit + way * _STEP
        return gone

    def _leaves(self, point: Vector, way: Vector) -> bool:
        """Whether a ray from the point ever leaves more shells than it entered, so that it started in one."""
        if self.tree is None:
            return False
        count, start = 0, point
        for _ in range(64):
            hit, normal, _, _ = self.tree.ray_cast(start, way)
            if hit is None or normal is None:
                return False
            count += 1 if normal.dot(way) > 0.0 else -1
            if count > 0 or self.single:
                return count > 0
            start = hit + way * _STEP
        return False

    def _crossings(self, point: Vector, way: Vector) -> int:
        if self.tree is None:
            return 0
        count, start = 0, point
        for _ in range(64):
            hit, normal, _, _ = self.tree.ray_cast(start, way)
            if hit is None or normal is None:
                break
            count += 1 if normal.dot(way) > 0.0 else -1
            start = hit + way * _STEP
        return count


# A little off the axes, so that rays do not run along the edges that furniture is full of.
_UP = Vector((_SKEW, 2 * _SKEW, 1.0)).normalized()
_EAST = Vector((1.0, _SKEW, 2 * _SKEW)).normalized()
_NORTH = Vector((2 * _SKEW, 1.0, _SKEW)).normalized()


def solid_of(mesh: Mesh) -> Solid:
    """Make a mesh ready. Triangles without area, with unknown vertices or not finite are left out."""
    vertices = np.asarray(mesh.vertices, float).reshape(-1, 3)
    triangles = np.asarray(mesh.triangles, int).reshape(-1, 3)
    triangles = triangles[((triangles >= 0) & (triangles < len(vertices))).all(1)]
    triangles = triangles[np.isfinite(vertices[triangles]).all((1, 2))]
    corners = vertices[triangles]
    cross = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    area = np.linalg.norm(cross, axis=1) / 2
    kept = area > 1e-12
    triangles, corners, cross, area = triangles[kept], corners[kept], cross[kept], area[kept]
    if not len(triangles):
        corner, bounds, rim = np.zeros(3), np.empty((0, 2, 3)), np.empty((0, 2))
        return Solid(None, rim, rim, bounds, bounds, bounds, rim, corner, corner, False, False, ())
    welded = _welded(vertices)[triangles]
    shells = _shells(welded)
    outward = _outward(corners, shells)
    normals = cross / (2 * area[:, None]) * outward[:, None]
    flipped = triangles.copy()
    flipped[outward < 0] = flipped[outward < 0][:, ::-1]
    tree = BVHTree.FromPolygons(vertices.tolist(), flipped.tolist(), all_triangles=True)
    points = _points(corners, normals, area)
    bends, segments = _edges(vertices, triangles, welded, normals)
    closed = _closed(welded)
    if not closed:
        bends = np.concatenate([bends, points])
    boxes = _boxes(corners, normals, area, shells) if closed else ()
    parts = _grouped(_bounds_by(corners, shells), MOST_CELLS)
    cells = _grouped(np.stack([corners.min(1), corners.max(1)], 1), MOST_CELLS)
    flat = corners.reshape(-1, 3)
    rim = _rim(flat[:, :2])
    bends, segments = np.ascontiguousarray(bends.T), np.ascontiguousarray(np.moveaxis(segments, 0, -1))
    low, high, single = flat.min(0), flat.max(0), closed and int(shells.max()) == 0
    return Solid(tree, points, bends, segments, parts, cells, rim, low, high, closed, single, boxes)


def box_solid(size: tuple[float, float, float]) -> Solid:
    """A plain box of this size around the origin."""
    x, y, z = (value / 2 for value in size)
    corners = [(sx * x, sy * y, sz * z) for sx in (-1, 1) for sy in (-1, 1) for sz in (-1, 1)]
    quads = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    triangles = [(q[0], q[i], q[i + 1]) for q in quads for i in (1, 2)]
    return solid_of(Mesh(np.array(corners), np.array(triangles)))


def _welded(vertices: Array) -> NDArray[np.intp]:
    """The same number for vertices at the same place: exporters split them at seams and sharp edges."""
    _, same = np.unique(np.round(vertices, 5), axis=0, return_inverse=True)
    return same.reshape(-1)


def _shells(triangles: NDArray[np.intp]) -> NDArray[np.intp]:
    """The number of each triangle's connected part. Labels spread along edges until nothing changes."""
    label = np.arange(triangles.max() + 1)
    while True:
        least = label[triangles].min(1)
        spread = label.copy()
        np.minimum.at(spread, triangles.ravel(), np.repeat(least, 3))
        spread = spread[spread]
        if (spread == label).all():
            return np.unique(label[triangles[:, 0]], return_inverse=True)[1].reshape(-1)
        label = spread


def _outward(corners: Array, shells: NDArray[np.intp]) -> Array:
    """1 for triangles of shells whose normals point out, -1 for inside-out shells (negative volume)."""
    center = corners.reshape(-1, 3).mean(0)
    a, b, c = np.moveaxis(corners - center, 1, 0)
    volume = np.bincount(shells, np.einsum("ij,ij->i", a, np.cross(b, c)))
    return np.where(volume < 0.0, -1.0, 1.0)[shells]


def _closed(triangles: NDArray[np.intp]) -> bool:
    """Whether every edge has as many triangles on its one way as on its other."""
    edges = np.concatenate([triangles[:, (0, 1)], triangles[:, (1, 2)], triangles[:, (2, 0)]])
    edges = edges[edges[:, 0] != edges[:, 1]]
    low, high = edges.min(1), edges.max(1)
    _, same = np.unique(low * (int(high.max()) + 1) + high, return_inverse=True)
    return bool((np.bincount(same.reshape(-1)) % 2 == 0).all())


def _points(corners: Array, normals: Array, area: Array) -> Array:
    """Points all over the surface, a little below it: the corners, and a lattice in every larger triangle."""
    spacing = max(SPACING, float(np.sqrt(area.sum() / MOST_POINTS)))
    longest = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).max(1)
    steps = np.clip(np.ceil(longest / spacing).astype(int), 1, 64)
    found = []
    for count in np.unique(steps):
        i, j = np.meshgrid(np.arange(count + 1), np.arange(count + 1))
        weights = np.stack([i, j, count - i - j], -1)[i + j <= count] / count
        some = steps == count
        middle = weights.mean(0)
        weights = middle + (weights - middle) * 0.98  # off the edges, where neighbours' points would be the same
        lattice = np.einsum("wk,tkd->twd", weights, corners[some]) - INSET * normals[some][:, None]
        found.append(lattice.reshape(-1, 3))
    points = np.concatenate(found)
    return points if len(points) <= MOST_POINTS else points[:: -(-len(points) // MOST_POINTS)]


def _edges(
    vertices: Array, triangles: NDArray[np.intp], welded: NDArray[np.intp], normals: Array
) -> tuple[Array, Array]:
    """Points along the edges where the surface bends or ends, (k, 3), and the edges in short pieces, (m, 2, 3).

    An edge lies `INSET` below both its faces, and its ends as far within it.
    """
    ends = np.concatenate([welded[:, (0, 1)], welded[:, (1, 2)], welded[:, (2, 0)]])
    where = np.concatenate([triangles[:, (0, 1)], triangles[:, (1, 2)], triangles[:, (2, 0)]])
    face = np.tile(np.arange(len(triangles)), 3)
    real = ends[:, 0] != ends[:, 1]
    ends, where, face = ends[real], where[real], face[real]
    keys = ends.min(1) * (int(welded.max()) + 1) + ends.max(1)
    _, first, same, count = np.unique(keys, return_index=True, return_inverse=True, return_counts=True)
    around = np.zeros((len(first), 3))
    np.add.at(around, same.reshape(-1), normals[face])
    dot = (np.einsum("ij,ij->i", around, around) - 2) / 2  # of the two normals, where there are two
    bent = (count != 2) | (dot < _FLAT)
    first, around, dot, count = first[bent], around[bent], dot[bent], count[bent]
    below = around / np.where(count == 2, np.maximum(1 + dot, 0.2), np.maximum(count, 1))[:, None]
    line = vertices[where[first]] - INSET * below[:, None]
    way = line[:, 1] - line[:, 0]
    length = np.linalg.norm(way, axis=1)
    shorter = way * np.minimum(INSET / np.maximum(length, 1e-9), 0.25)[:, None]
    line[:, 0] += shorter
    line[:, 1] -= shorter
    tips = np.zeros((int(welded.max()) + 1, 3))
    met = np.zeros(len(tips))
    np.add.at(tips, ends[first].ravel(), line.reshape(-1, 3))
    np.add.at(met, ends[first].ravel(), 1.0)
    spacing = max(ALONG, float(length.sum() / MOST_POINTS))
    found = np.concatenate([tips[met > 0] / met[met > 0, None], *_cut(line, length, spacing, inner=True)])
    pieces = np.concatenate([np.empty((0, 2, 3)), *_cut(line, length, SEGMENT, inner=False)])
    return found[:: -(-len(found) // MOST_POINTS)], pieces[:: -(-len(pieces) // MOST_SEGMENTS)]


def _cut(line: Array, length: Array, spacing: float, inner: bool) -> list[Array]:
    """Lines (n, 2, 3) cut in equal pieces not longer than the spacing: their inner cuts or the pieces."""
    counts = np.clip(np.ceil(length / spacing).astype(int), 1, 1000)
    found = []
    for count in np.unique(counts):
        some = line[counts == count]
        t = np.linspace(0.0, 1.0, count + 1)[:, None, None]
        cuts = some[:, 0] + t * (some[:, 1] - some[:, 0])
        found.append(cuts[1:-1].reshape(-1, 3) if inner else np.stack([cuts[:-1], cuts[1:]], 2).reshape(-1, 2, 3))
    return found


def _bounds_by(corners: Array, shells: NDArray[np.intp]) -> Array:
    """The bounds of each shell's triangles, (shells, 2, 3)."""
    count = int(shells.max()) + 1
    low, high = np.full((count, 3), np.inf), np.full((count, 3), -np.inf)
    np.minimum.at(low, shells, corners.min(1))
    np.maximum.at(high, shells, corners.max(1))
    return np.stack([low, high], 1)


def _grouped(bounds: Array, most: int) -> Array:
    """Bounds (n, 2, 3) taken together with their neighbours until there are not more than `most`."""
    groups = [bounds]
    sizes = [_spread(bounds)]
    while len(groups) < most:
        widest = int(np.argmax(sizes))
        if len(groups[widest]) < 2:
            break
        group = groups.pop(widest)
        del sizes[widest]
        middle = group.mean(1)
        order = np.argsort(middle[:, np.argmax(np.ptp(middle, axis=0))], kind="stable")
        halves = [group[order[: len(order) // 2]], group[order[len(order) // 2 :]]]
        groups += halves
        sizes += map(_spread, halves)
    return np.array([(group[:, 0].min(0), group[:, 1].max(0)) for group in groups])


def _spread(bounds: Array) -> float:
    """How far the middles of bounds (n, 2, 3) lie apart, along the axis along which it is farthest."""
    return float(np.ptp(bounds.mean(1), axis=0).max()) if len(bounds) > 1 else 0.0


def _rim(points: Array, grid: float = 0.02) -> Array:
    """The points that are first or last in their column or row of a grid."""
    kept = []
    for across in (0, 1):
        order = np.lexsort((points[:, 1 - across], np.round(points[:, across] / grid)))
        lines = np.round(points[order, across] / grid)
        ends = np.flatnonzero(lines[1:] != lines[:-1])
        kept += [order[np.concatenate([[0], ends + 1])], order[np.concatenate([ends, [len(order) - 1]])]]
    return np.unique(points[np.concatenate(kept)], axis=0)


def _boxes(corners: Array, normals: Array, area: Array, shells: NDArray[np.intp]) -> tuple[Part, ...]:
    """The shells as boxes, if each fills its bounds and has only faces along the axes; else nothing."""
    if (np.abs(normals).max(1) < 1 - 1e-6).any() or shells.max() >= 64:
        return ()
    parts = []
    for shell in range(int(shells.max()) + 1):
        own = corners[shells == shell]
        low, high = own.reshape(-1, 3).min(0), own.reshape(-1, 3).max(0)
        size, center = high - low, (high + low) / 2
        surface = 2 * (size[0] * size[1] + size[1] * size[2] + size[2] * size[0])
        a, b, c = np.moveaxis(own - center, 1, 0)
        volume = abs(np.einsum("ij,ij->i", a, np.cross(b, c)).sum()) / 6
        full = np.isclose(volume, size.prod(), rtol=1e-4)
        if not full or not np.isclose(area[shells == shell].sum(), surface, rtol=1e-4) or size.min() <= 1e-6:
            return ()
        parts.append(Part(tuple(center.tolist()), tuple(size.tolist())))
    return tuple(parts)
