# SPDX-License-Identifier: GPL-3.0-or-later
"""ReSpace's voxel losses: volume outside the room, volume shared by meshes, their sum, and the validity of a scene.

Re-implemented from the definitions in the paper and in its evaluation (GradientSpaces/respace, no licence). As there, a
voxel counts when a mesh touches or encloses it, meshes are put on the grid whole voxels at a time, and a mesh is only
looked at where its whole box overlaps another box or leaves the room. So even a small overlap costs a layer of voxels.
"""

from __future__ import annotations

from collections import OrderedDict

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from shapely import contains_xy

from .arrangement import Arrangement, Array, Body, Triangles, overlap_volume
from .metric import Metric, Value

VOXEL = 0.05
LEAST = 1e-7
"""Cubic metres of boxes above which meshes are looked at."""
VALID = 0.1
"""Cubic metres of loss up to which a scene is valid."""

Grid = NDArray[np.bool_]


def respace(arrangement: Arrangement) -> dict[str, Value]:
    """The values of this module's metrics, summed over placed objects; None when there are none."""
    voxels: dict[str, tuple[Grid, NDArray[np.int64]]] = {}

    def grid(body: Body) -> tuple[Grid, NDArray[np.int64]]:
        if body.id not in voxels:
            voxels[body.id] = on_grid(body)
        return voxels[body.id]

    if not arrangement.movable:
        return dict.fromkeys(metric.name for metric in METRICS)
    outside = shared = rugs = 0.0
    for body in arrangement.movable:
        if _box_outside(arrangement, body) > LEAST:
            outside += _outside(arrangement, *grid(body))
    for a, b in arrangement.pairs:
        if overlap_volume(a, b) > LEAST:
            volume = _shared(*grid(a), *grid(b))
            shared += volume
            rugs += volume if a.is_rug or b.is_rug else 0.0
    total = outside + shared
    return {
        "respace.oob": outside,
        "respace.mbl": shared,
        "respace.pbl": total,
        "respace.pbl_no_rugs": total - rugs,
        "respace.valid": float(total <= VALID),
    }


def on_grid(body: Body) -> tuple[Grid, NDArray[np.int64]]:
    """The body's voxels and the index of the first of them on the room's grid."""
    grid = _voxels(body)
    corner = np.floor(np.array([body.pose.x, body.pose.y, body.bottom]) / VOXEL + 1e-9).astype(np.int64)
    return grid, corner - np.array([grid.shape[0] // 2, grid.shape[1] // 2, 0])


def _outside(arrangement: Arrangement, grid: Grid, start: NDArray[np.int64]) -> float:
    room = arrangement.scene.room
    x, y, z = ((np.arange(n) + first + 0.5) * VOXEL for n, first in zip(grid.shape, start, strict=True))
    over = contains_xy(arrangement.floor, *np.meshgrid(x, y, indexing="ij"))
    between = (z > 0.0) & (z < room.height)
    return float((grid & ~(over[:, :, None] & between)).sum()) * VOXEL**3


def _shared(a: Grid, at: NDArray[np.int64], b: Grid, bt: NDArray[np.int64]) -> float:
    low, high = np.maximum(at, bt), np.minimum(at + a.shape, bt + b.shape)
    if (high <= low).any():
        return 0.0
    first = a[tuple(slice(*ends) for ends in zip(low - at, high - at, strict=True))]
    second = b[tuple(slice(*ends) for ends in zip(low - bt, high - bt, strict=True))]
    return float((first & second).sum()) * VOXEL**3


def _box_outside(arrangement: Arrangement, body: Body) -> float:
    """Volume of the whole box that is not in the room."""
    height = max(0.0, min(body.top, arrangement.scene.room.height) - max(body.bottom, 0.0))
    volume = float(body.plan.area) * body.piece.size[2]
    return volume - float(body.plan.intersection(arrangement.floor).area) * height


def _voxels(body: Body) -> Grid:
    """The voxels that the turned mesh touches or encloses; kept for the meshes and rotations used last."""
    key = id(body.mesh), round(body.pose.rotation, 6)
    known = _KEPT.get(key)
    if known is None or known[0] is not body.mesh:
        known = _KEPT[key] = body.mesh, _voxelized((body.vertices - body.center)[body.mesh.triangles])
        while len(_KEPT) > 256:
            _KEPT.popitem(last=False)
    return known[1]


def _voxelized(corners: Array) -> Grid:
    """Voxels about the origin that triangles (m, 3, 3) touch, with the holes inside filled."""
    sides = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).max(1)
    steps = np.maximum(1, np.ceil(sides / (VOXEL / 2))).astype(int)
    start = np.round(corners.min((0, 1)) / VOXEL).astype(np.int64)
    grid = np.zeros(np.round(corners.max((0, 1)) / VOXEL).astype(np.int64) - start + 1, bool)
    for count in np.unique(steps):
        for points in _spread(corners[steps == count], int(count)):
            cells = np.round(points / VOXEL).astype(np.int64) - start
            grid[tuple(np.clip(cells, 0, np.array(grid.shape) - 1).reshape(-1, 3).T)] = True
    return np.asarray(ndimage.binary_fill_holes(grid))


def _spread(corners: Array, count: int) -> list[Array]:
    """Points over triangles, `count` steps along each side, in batches."""
    i, j = np.meshgrid(np.arange(count + 1), np.arange(count + 1), indexing="ij")
    inside = i + j <= count
    u, v = i[inside] / count, j[inside] / count
    weights = np.stack([1.0 - u - v, u, v], -1)
    batch = max(1, 200_000 // len(weights))
    return [weights @ corners[first : first + batch] for first in range(0, len(corners), batch)]


_KEPT: OrderedDict[tuple[int, float], tuple[Triangles, Grid]] = OrderedDict()
_SOURCE = "ReSpace (Bucher and Armeni 2025), GradientSpaces/respace"
_TOLERANCE = "5 cm voxels; only where whole boxes show more than 1e-7 m³"
METRICS = (
    Metric(
        "respace.oob", "ReSpace OOB volume", "m³", "lower", _SOURCE, "scene",
        "volume of placed objects outside the room, floor and ceiling included", _TOLERANCE,
    ),
    Metric(
        "respace.mbl", "ReSpace MBL", "m³", "lower", _SOURCE, "scene",
        "volume shared by two meshes, summed over pairs, rugs included", _TOLERANCE,
    ),
    Metric("respace.pbl", "ReSpace PBL", "m³", "lower", _SOURCE, "scene", "OOB volume + MBL", _TOLERANCE),
    Metric(
        "respace.pbl_no_rugs", "ReSpace PBL without rugs", "m³", "lower", _SOURCE, "scene",
        "PBL without what others share with rugs", _TOLERANCE,
        "3D-FRONT, on which the published values are, has no rugs; not the published PBL where a scene has some",
    ),
    Metric(
        "respace.valid", "ReSpace PBL valid", "flag", "higher", _SOURCE, "scene", "PBL is at most 0.1 m³", "0.1 m³",
    ),
)  # fmt: skip
