# SPDX-License-Identifier: GPL-3.0-or-later
"""A finer shape than the box: at most a dozen boxes that together contain a mesh. Pure numpy.

The mesh is voxelised conservatively and the hollow inside of closed shapes filled; then boxes are cut in two or three
where that saves most volume, so the knee space of a table or the room above a chair's seat stays free.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...backend.scene import Part

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

CELL = 0.05
"""Largest side of a voxel, metres."""
LIMIT = 12
"""Most boxes of one shape."""
FULL = 0.8
"""A shape that fills this share of its box is no better described by parts."""

_ALONG, _MOST = 36, 64  # voxels along the longest side; more only as far as CELL asks for it
_LEAST_GAIN = 0.008
_MAX_SAMPLES = 600_000
_THIN = 0.001


def parts_of(vertices: Floats, triangles: Ints, *, limit: int = LIMIT) -> tuple[Part, ...]:
    """Boxes that together contain every triangle, or () when the whole box is as good a description.

    `vertices` (n, 3) in metres with the origin at the centre of the whole box, `triangles` (m, 3).
    """
    corners = np.asarray(vertices, float)[np.asarray(triangles)]
    if len(corners) == 0:
        return ()
    low, high = corners.min((0, 1)), corners.max((0, 1))
    size = high - low
    if np.any(size < 4 * _THIN) or _is_box(corners, low, high):
        return ()
    grid = _voxelise(corners, low, size)
    if grid is None:
        return ()
    boxes = _cut(grid.solid, limit)
    tight = [_tighten(grid, box, low, high) for box in boxes]
    volume = sum(float(np.prod(b - a)) for a, b in tight)
    if len(tight) < 2 or volume > FULL * float(np.prod(size)):
        return ()
    return tuple(_part(a, b) for a, b in tight)


def _part(low: Floats, high: Floats) -> Part:
    """The box as a part, in hundredths of a millimetre, rounded outwards."""
    x, y, z = ((low + high) / 2).round(5).tolist()
    length, width, height = (np.ceil((high - low) * 1e5 + 1.0) / 1e5).round(5).tolist()
    return Part((x, y, z), (length, width, height))


def _is_box(corners: Floats, low: Floats, high: Floats) -> bool:
    """Whether all triangles lie in the faces of the whole box."""
    flat = (np.ptp(corners, axis=1) < _THIN) & ((corners[:, 0] < low + _THIN) | (corners[:, 0] > high - _THIN))
    return bool(flat.any(1).all())


@dataclass(frozen=True)
class _Grid:
    """Voxels and, of those the surface passes, the bounds of the surface inside them (infinite elsewhere)."""

    solid: NDArray[np.bool_]
    low: Floats
    high: Floats


def _voxelise(corners: Floats, origin: Floats, size: Floats) -> _Grid | None:
    """Mark every voxel that a triangle may pass. None when that would take too many samples."""
    cell = min(CELL, size.max() / _ALONG)
    count = np.clip(np.ceil(size / cell), 1, _MOST).astype(int)
    step = size / count
    pieces = _subdivide(corners, float(step.min()) * 0.75)
    if pieces is None:
        return None
    low, high = pieces
    slack = 1e-9
    first = np.clip(np.floor((low - origin + slack) / step).astype(int), 0, count - 1)
    last = np.clip(np.ceil((high - origin - slack) / step).astype(int) - 1, first, count - 1)
    bounds_low = np.full((3, int(count.prod())), np.inf)
    bounds_high = np.full((3, int(count.prod())), -np.inf)
    reach = int((last - first).max()) + 1
    for offset in np.ndindex(reach, reach, reach):
        at = first + np.array(offset)
        use = np.all(at <= last, axis=1)
        if not use.any():
            continue
        at, a, b = at[use], low[use], high[use]
        voxel = origin + at * step
        index = np.ravel_multi_index(tuple(at.T), tuple(count))
        clipped_low, clipped_high = np.maximum(a, voxel), np.minimum(b, voxel + step)
        for axis in range(3):  # one dimension at a time is numpy's fast way
            np.minimum.at(bounds_low[axis], index, clipped_low[:, axis])
            np.maximum.at(bounds_high[axis], index, clipped_high[:, axis])
    bounds_low = bounds_low.T.reshape(*count, 3).copy()
    bounds_high = bounds_high.T.reshape(*count, 3).copy()
    surface = np.isfinite(bounds_low[..., 0])
    inside = ~(surface | _outside(surface))
    cells = np.argwhere(inside)
    index = tuple(cells.T)
    bounds_low[index] = origin + cells * step
    bounds_high[index] = origin + (cells + 1) * step
    return _Grid(surface | inside, bounds_low, bounds_high)


def _subdivide(corners: Floats, edge: float) -> tuple[Floats, Floats] | None:
    """Bounds (low, high) of pieces of the triangles whose sides are at most `edge` long."""
    sides = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).max(1)
    cuts = np.maximum(np.ceil(sides / edge).astype(int), 1)
    if int(np.sum(cuts.astype(np.int64) ** 2)) > _MAX_SAMPLES:
        return None
    lows, highs = [], []
    for n in np.unique(cuts):
        triangles = corners[cuts == n]
        i, j = (a.ravel() for a in np.meshgrid(np.arange(n), np.arange(n), indexing="ij"))
        up = i + j < n
        down = i + j < n - 1
        first = np.concatenate([_barycentric(i[up], j[up], n, 0), _barycentric(i[down], j[down], n, 1)])
        points = np.einsum("sck,tkd->tscd", first, triangles)
        lows.append(points.min(2).reshape(-1, 3))
        highs.append(points.max(2).reshape(-1, 3))
    return np.concatenate(lows), np.concatenate(highs)


def _barycentric(i: Ints, j: Ints, n: int, turned: int) -> Floats:
    """Weights (s, 3 corners, 3) of the small triangles of an n-fold subdivision."""
    nodes = ((i + 1, j), (i + 1, j + 1), (i, j + 1)) if turned else ((i, j), (i + 1, j), (i, j + 1))
    return np.stack([np.stack([a, b, n - a - b], -1) for a, b in nodes], 1) / n


def _outside(surface: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Free voxels that can be reached from beyond the grid through faces."""
    free = np.pad(~surface, 1, constant_values=True)
    reached = np.zeros_like(free)
    reached[0], reached[-1] = True, True
    while True:
        before = int(reached.sum())
        for axis in range(3):
            view, open_ = np.moveaxis(reached, axis, 0), np.moveaxis(free, axis, 0)
            for k in range(1, len(view)):
                view[k] |= view[k - 1] & open_[k]
            for k in range(len(view) - 2, -1, -1):
                view[k] |= view[k + 1] & open_[k]
        if int(reached.sum()) == before:
            return reached[1:-1, 1:-1, 1:-1]


def _cut(solid: NDArray[np.bool_], limit: int) -> list[tuple[Ints, Ints]]:
    """Boxes of voxels (low, high exclusive) that cover all solid ones, cut where it saves most."""
    whole = np.zeros(3, int), np.array(solid.shape)  # the surface reaches every side of the grid
    total = float(np.prod(whole[1] - whole[0]))
    done: list[tuple[Ints, Ints]] = []
    todo = [(*_best_cut(solid, whole), whole)]
    while todo:
        todo.sort(key=lambda entry: entry[0])
        gain, pieces, box = todo.pop()
        count = len(done) + len(todo)
        if gain < _LEAST_GAIN * total or count + len(pieces) > limit:
            done.append(box)
            continue
        todo += [(*_best_cut(solid, piece), piece) for piece in pieces]
    return done


def _best_cut(solid: NDArray[np.bool_], box: tuple[Ints, Ints]) -> tuple[float, list[tuple[Ints, Ints]]]:
    """The two or three boxes that replace this one with the least volume, and how many voxels that saves per box."""
    low, high = box
    inner = solid[tuple(slice(a, b) for a, b in zip(low, high, strict=True))]
    whole = float(inner.size)
    best: tuple[float, list[tuple[int, int]], int] = (0.0, [], 0)
    for axis in range(3):
        n = inner.shape[axis]
        if n < 2:
            continue
        volume = _interval_volumes(np.moveaxis(inner, axis, 0))
        two = whole - (volume[0, 1:n] + volume[1:n, n])
        k = int(two.argmax())
        if two[k] > best[0]:
            best = (float(two[k]), [(0, k + 1), (k + 1, n)], axis)
        if n > 2:
            first, second = np.triu_indices(n + 1, 1)
            keep = (first > 0) & (second < n)
            first, second = first[keep], second[keep]
            three = (whole - (volume[0, first] + volume[first, second] + volume[second, n])) / 2
            k = int(three.argmax())
            if three[k] > best[0]:
                best = (
                    float(three[k]),
                    [(0, int(first[k])), (int(first[k]), int(second[k])), (int(second[k]), n)],
                    axis,
                )
    gain, spans, axis = best
    pieces = []
    for start, end in spans:
        a, b = low.copy(), high.copy()
        a[axis], b[axis] = low[axis] + start, low[axis] + end
        piece = _bounds(solid, a, b)
        if piece is not None:
            pieces.append(piece)
    return gain, pieces


def _interval_volumes(block: NDArray[np.bool_]) -> Floats:
    """Volume of the tight box around slabs i…j-1 of `block` along its first axis, shape (n + 1, n + 1)."""
    n = len(block)
    filled: NDArray[np.bool_] = np.any(block, axis=(1, 2))
    edges: list[Ints] = []
    for axis in (1, 2):
        row: NDArray[np.bool_] = np.any(block, axis=3 - axis)
        size = row.shape[1]
        edges.append(np.where(filled, row.argmax(1), size))
        edges.append(np.where(filled, size - row[:, ::-1].argmax(1), 0))
    position = np.arange(n)
    first, last = np.where(filled, position, n), np.where(filled, position + 1, 0)
    volume = np.zeros((n + 1, n + 1))
    for i in range(n):
        low_a, high_a = np.minimum.accumulate(edges[0][i:]), np.maximum.accumulate(edges[1][i:])
        low_b, high_b = np.minimum.accumulate(edges[2][i:]), np.maximum.accumulate(edges[3][i:])
        low_c, high_c = np.minimum.accumulate(first[i:]), np.maximum.accumulate(last[i:])
        sides = (np.maximum(upper - lower, 0) for lower, upper in ((low_a, high_a), (low_b, high_b), (low_c, high_c)))
        volume[i, i + 1 :] = np.prod(np.stack(list(sides)), axis=0)
    return volume


def _bounds(solid: NDArray[np.bool_], low: Ints, high: Ints) -> tuple[Ints, Ints] | None:
    """The tight box around the solid voxels within low…high, or None when there are none."""
    inner = solid[tuple(slice(a, b) for a, b in zip(low, high, strict=True))]
    cells = np.argwhere(inner)
    if len(cells) == 0:
        return None
    return low + cells.min(0), low + cells.max(0) + 1


def _tighten(grid: _Grid, box: tuple[Ints, Ints], low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """The true bounds of what is inside a box of voxels, at least a millimetre thick and within the whole."""
    inner = tuple(slice(a, b) for a, b in zip(*box, strict=True))
    a, b = grid.low[inner].min((0, 1, 2)), grid.high[inner].max((0, 1, 2))
    thin = np.maximum(2 * _THIN - (b - a), 0) / 2
    a, b = a - thin, b + thin
    shift = np.maximum(low - a, 0) - np.maximum(b - high, 0)
    return a + shift, b + shift
