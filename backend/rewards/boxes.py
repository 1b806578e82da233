# SPDX-License-Identifier: GPL-3.0-or-later
"""The box engine: physics of layouts with oriented boxes in numpy, many layouts of a scene at once.

A piece made of several boxes (`scene.shape`) penetrates another by the way that it has to go until none of their parts
meet: never less than the deepest of their parts' penetrations, never more than their whole boxes do, and not at all
where only the whole boxes meet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..scene import Layout, Part, Scene, category_of
from ..scene.geometry import opening_zone, outside_distance, reflex_vertices, walls
from ..scene.shape import shape_of
from .physics import TOLERANCE, Blocked, Penetration, PhysicsReport
from .places import mounts_in
from .separation import Array, clearance, corners, covered_area, penetration, reach_beyond, way_out

Indices = NDArray[np.intp]
Mask = NDArray[np.bool_]

FLAT = 0.02
"""Height of a rug, metres, up to which it may lie under a door's leaf."""
LOW_RUG = 0.05
"""Height of a rug's underside, metres, up to which others may stand on the rug: it lies on the floor or another."""


class BoxEngine:
    """Measures layouts with oriented boxes. Keeps what is the same for all layouts of the scenes it saw last."""

    def __init__(self) -> None:
        self._scenes: dict[int, BoxScene] = {}

    def compile(self, scene: Scene) -> BoxScene:
        """The scene, ready to measure; the same object for the same scene."""
        known = self._scenes.get(id(scene))
        if known is None or known.scene is not scene:
            if len(self._scenes) >= 16:
                self._scenes.pop(next(iter(self._scenes)))
            known = self._scenes[id(scene)] = BoxScene(scene)
        return known

    def measure(self, scene: Scene, layout: Layout) -> PhysicsReport:
        """The faults of one layout."""
        return self.measure_many(scene, (layout,)).report(0)

    def measure_many(self, scene: Scene, layouts: Sequence[Layout]) -> BoxBatch:
        """The faults of many layouts as arrays; `BoxBatch.report` gives the report of one."""
        compiled = self.compile(scene)
        return compiled.measure(compiled.poses(layouts))


@dataclass(frozen=True, slots=True)
class BoxBatch:
    """Faults of l layouts of n pieces (in the order of `scene.furniture`), metres; 0 where within the tolerance.

    `pairs` (m, 2) are the pairs of pieces that may not overlap, `depth` (l, m) how deep they do. `outside`,
    `outside_share`, `floating`, `sunk` and `placed` are (l, n), `blocked` is (l, n, openings), as in `PhysicsReport`.
    """

    compiled: BoxScene
    placed: Mask
    pairs: Indices
    depth: Array
    outside: Array
    outside_share: Array
    floating: Array
    sunk: Array
    blocked: Array

    @property
    def valid(self) -> Mask:
        """Which layouts have no fault, shape (l,)."""
        count = len(self.placed)
        faults = (self.depth, self.outside, self.floating, self.sunk, self.blocked.reshape(count, -1), ~self.placed)
        return ~np.logical_or.reduce([fault.any(axis=1) for fault in faults])

    def report(self, index: int) -> PhysicsReport:
        """One layout's faults."""
        ids, openings = self.compiled.ids, self.compiled.openings
        depth, blocked = self.depth[index], self.blocked[index]
        return PhysicsReport(
            penetrations=tuple(
                Penetration(ids[self.pairs[m, 0]], ids[self.pairs[m, 1]], float(depth[m])) for m in depth.nonzero()[0]
            ),
            outside=_named(ids, self.outside[index]),
            outside_share=_named(ids, self.outside_share[index]),
            floating=_named(ids, self.floating[index]),
            sunk=_named(ids, self.sunk[index]),
            blocked=tuple(
                Blocked(ids[i], openings[k], float(blocked[i, k])) for i, k in zip(*blocked.nonzero(), strict=True)
            ),
            unplaced=tuple(ids[i] for i in (~self.placed[index]).nonzero()[0]),
        )


class BoxScene:
    """A scene's boxes as arrays, to measure many layouts of it.

    Fixed pieces stand where they are fixed, whatever a layout says; their faults alone or among each other are not the
    layout's and are left out. Pieces without a pose, or with one that is not finite, count as unplaced.
    """

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        pieces = scene.furniture
        count = len(pieces)
        self.ids = tuple(piece.id for piece in pieces)
        self.openings = tuple(opening.id for opening in scene.room.openings)
        self.half = np.array([piece.size for piece in pieces], float).reshape(-1, 3) / 2
        self.movable = ~np.array([piece.fixed for piece in pieces], bool)
        self.rug = np.array([category_of(piece.category).walkable for piece in pieces], bool)
        self._held = {piece.id: piece.pose for piece in pieces if piece.fixed and piece.pose is not None}
        self._floor = np.array(scene.room.floor, float)
        first, second = np.triu_indices(count, 1)
        apart = (self.movable[first] | self.movable[second]) & (self.rug[first] == self.rug[second])
        self.pairs: Indices = np.stack([first[apart], second[apart]], -1)
        self._zones = _zones(scene)
        blockers = np.stack(np.divmod(np.arange(count * len(self.openings)), max(1, len(self.openings))), -1)
        self._doors = np.array([opening.kind == "door" for opening in scene.room.openings], bool)
        shapes = [shape_of(piece) for piece in pieces]
        sizes = [piece.size for piece in pieces]
        zone_sizes = [tuple(size) for size in (2 * self._zones[5:].T).tolist()]
        self._outline = _PartTable([p.parts or (_whole(p.size),) for p in pieces], sizes)
        self._solids = _PartTable([*shapes, *((_whole(size),) for size in zone_sizes)], [*sizes, *zone_sizes])
        self._carriers = self._solids.owner[self._solids.owner < count]
        meets = np.concatenate([self.pairs, blockers + np.array([0, count])])
        self._made: Mask = np.asarray(self._solids.made[meets].any(-1))
        self._first, self._second = np.ascontiguousarray(meets.T)
        self._part_pairs = [self._solids.pairs(i, k) for i, k in meets.tolist()]
        radius = np.concatenate([np.hypot(self.half[:, 0], self.half[:, 1]), np.hypot(*self._zones[5:7])])
        self._reach = (radius[self._first] + radius[self._second]) ** 2
        mounts = mounts_in(scene)
        # A lamp or a screen on a desk at the window, a pendant before it: nobody's way is blocked.
        self._loose = np.array([mounts[id] in ("on", "ceiling") for id in self.ids], bool)
        by_mount = {
            kind: [i for i, id in enumerate(self.ids) if mounts[id] == kind and self.movable[i]] for kind in _MOUNTS
        }
        self._standing, self._hung, self._under_ceiling, self._resting = (
            np.array(by_mount[kind], int) for kind in _MOUNTS
        )
        self._rugs = np.flatnonzero(self.rug)
        sides = walls(scene.room)
        self._starts, self._inward, self._along = (
            np.array([getattr(wall, name) for wall in sides], float) for name in ("start", "inward", "along")
        )
        self._lengths = np.array([wall.length for wall in sides])
        self._convex = not len(reflex_vertices(self._floor))

    def poses(self, layouts: Sequence[Layout]) -> Array:
        """The layouts' poses as an array (l, n, 4) of x, y, z, rotation; not a number where unplaced."""
        rows = []
        for layout in layouts:
            poses: Mapping = {**layout.poses, **self._held} if self._held else layout.poses
            for id in self.ids:
                pose = poses.get(id)
                rows.append(_NOWHERE if pose is None else (pose.x, pose.y, pose.z, pose.rotation))
        return np.array(rows, float).reshape(len(layouts), len(self.ids), 4)

    def boxes(self, poses: Array) -> tuple[Array, Mask]:
        """The pieces' whole boxes (8, l, n) as in `separation`, and which of them are placed (l, n)."""
        placed: Mask = np.asarray(np.isfinite(poses).all(axis=-1))
        if not placed.all():
            poses = np.where(placed[..., None], poses, 0.0)
        angle = np.radians(poses[..., 3])
        boxes = np.empty((8, *placed.shape))
        boxes[0], boxes[1], boxes[2] = poses[..., 0], poses[..., 1], poses[..., 2]
        boxes[3], boxes[4] = np.cos(angle), np.sin(angle)
        boxes[5:] = self.half.T[:, None]
        return boxes, placed

    def measure(self, poses: Array) -> BoxBatch:
        """The faults of layouts given as an array (l, n, 4), as from `poses`."""
        boxes, placed = self.boxes(poses)
        zones = np.broadcast_to(self._zones[:, None], (8, len(poses), len(self.openings)))
        everything = np.concatenate([boxes, zones], -1)
        parts = self._solids.every(everything)
        depth = self._overlaps(everything, parts)
        m = len(self.pairs)
        pair_depth, blocked = depth[:, :m], depth[:, m:].reshape(*placed.shape, len(self.openings))
        if len(self._rugs) and self._doors.any():
            flat = self.rug & (boxes[2] + boxes[7] <= FLAT + 1e-9)
            blocked[flat[..., None] & self._doors] = 0.0
        blocked[:, self._loose[:, None] & ~self._doors] = 0.0
        outside, share = self._outside(boxes)
        floating = np.zeros(placed.shape)
        self._stand(boxes, floating)
        self._hang(boxes, floating)
        self._rest(boxes, parts, placed, floating)
        sunk = boxes[7] - boxes[2]
        sunk[sunk <= TOLERANCE] = 0.0
        floating[floating <= TOLERANCE] = 0.0
        batch = BoxBatch(self, placed, self.pairs, pair_depth, outside, share, floating, sunk, blocked)
        counted = placed & self.movable
        if not counted.all():
            pair_depth[~(placed[:, self.pairs[:, 0]] & placed[:, self.pairs[:, 1]])] = 0.0
            for faults in (outside, share, floating, sunk, blocked):
                faults[~counted] = 0.0
        return batch

    def _overlaps(self, everything: Array, parts: Array) -> Array:
        """Depth of every pair that may not overlap and every piece in every zone, (l, pairs + blockers)."""
        x, y = everything[0], everything[1]
        dx, dy = x[:, self._first] - x[:, self._second], y[:, self._first] - y[:, self._second]
        depth = np.zeros(dx.shape)
        rows, meets = np.nonzero(dx * dx + dy * dy < self._reach)
        close = penetration(everything[:, rows, self._first[meets]], everything[:, rows, self._second[meets]])
        close[close <= TOLERANCE] = 0.0
        made = np.flatnonzero((close > 0.0) & self._made[meets])
        if len(made):
            close[made] = self._parts_overlap(parts, rows[made], meets[made].tolist())
        depth[rows, meets] = close
        return depth

    def _parts_overlap(self, parts: Array, rows: Indices, meets: list[int]) -> Array:
        """Depth of the given pairs of boxes by their parts (8, l, parts)."""
        pairs = [self._part_pairs[meet] for meet in meets]
        counts = [pair.shape[1] for pair in pairs]
        first, second = np.concatenate(pairs, axis=1)
        case = np.repeat(rows, counts)
        return way_out(parts[:, case, first], parts[:, case, second], counts, TOLERANCE)

    def _outside(self, boxes: Array) -> tuple[Array, Array]:
        """How far, metres, and by what share of their volume pieces are outside the room, (l, n) each."""
        outline = self._outline
        parts = boxes if outline.plain else outline.every(boxes)
        _, _, z, _, _, length, width, height = parts
        below, above = height - z, z + height - self.scene.room.height
        reach = np.maximum(np.maximum(below, above), 0.0)
        beyond = (clearance(parts, self._starts, self._inward) < 0.0).any(-1)  # in a concave room merely a hint
        if not (beyond.any() or (reach > TOLERANCE).any()):
            return np.zeros(boxes.shape[1:]), np.zeros(boxes.shape[1:])
        area = 4 * length * width
        covered = np.where(beyond, 0.0, area)
        suspects = parts[:, beyond]
        covered[beyond] = covered_area(self._floor, suspects)
        out = beyond & (covered < area * (1 - 1e-7))
        if self._convex:
            plans = corners(parts[:, out])
            far = reach_beyond(self._starts, self._along, self._inward, self._lengths, plans).max(-1)
        else:
            far = outside_distance(self._floor, corners(parts[:, out]))
        reach[out] = np.maximum(reach[out], far)
        within = np.maximum(2 * height - np.maximum(below, 0.0) - np.maximum(above, 0.0), 0.0)
        volume, kept = 2 * area * height, np.where(out, covered, area) * within
        if not outline.plain:
            starts = outline.first[:-1]
            reach = np.maximum.reduceat(reach, starts, axis=1)
            volume = np.add.reduceat(volume, starts, axis=1)
            kept = np.add.reduceat(kept, starts, axis=1)
        counted = reach > TOLERANCE
        return np.where(counted, reach, 0.0), np.where(counted, np.clip(1.0 - kept / volume, 0.0, 1.0), 0.0)

    def _stand(self, boxes: Array, floating: Array) -> None:
        """Gaps below pieces that stand on the floor, or on a rug that lies there."""
        at = self._standing
        bottom = boxes[2] - boxes[7]
        gap = np.maximum(bottom[:, at], 0.0)
        if len(self._rugs) and (gap > TOLERANCE).any():
            for rug in self._rugs:
                over = penetration(_flattened(boxes[:, :, at]), _flattened(boxes[:, :, rug, None])) > 0.0
                over &= (bottom[:, rug, None] <= LOW_RUG) & (bottom[:, at] >= bottom[:, rug, None]) & (at != rug)
                top = (boxes[2] + boxes[7])[:, rug, None]
                gap = np.where(over, np.minimum(gap, np.maximum(bottom[:, at] - top, 0.0)), gap)
        floating[:, at] = gap

    def _hang(self, boxes: Array, floating: Array) -> None:
        """Gaps between wall pieces' backs and the nearest wall, ceiling pieces' tops and the ceiling."""
        at = self._under_ceiling
        if len(at):
            floating[:, at] = np.maximum(self.scene.room.height - (boxes[2] + boxes[7])[:, at], 0.0)
        at = self._hung
        if not len(at):
            return
        x, y, _, c, s, length, width, _ = boxes[:, :, at, None]
        (nx, ny), (ax, ay) = self._inward.T, self._along.T
        dx, dy = x - width * s - self._starts[:, 0], y + width * c - self._starts[:, 1]
        off = np.maximum(dx * nx + dy * ny + length * np.abs(nx * c + ny * s), 0.0)
        along = dx * ax + dy * ay
        gap = (off + np.maximum(np.maximum(-along, along - self._lengths), 0.0)).min(-1)
        floating[:, at] = gap

    def _rest(self, boxes: Array, parts: Array, placed: Mask, floating: Array) -> None:
        """How far pieces that stand on others are off what holds them: the nearest top under their centre, or floor.

        Up or down: what is sunk into another stands on nothing there, or it would pay to hide the loose in the large.
        """
        at = self._resting
        if not len(at):
            return
        owner = self._carriers
        x, y, z, c, s, length, width, height = parts[:, :, None, : len(owner)]
        bottom = (boxes[2] - boxes[7])[:, at, None]
        dx, dy = boxes[0][:, at, None] - x, boxes[1][:, at, None] - y
        carries = (np.abs(dx * c + dy * s) <= length) & (np.abs(dy * c - dx * s) <= width)
        carries &= (z - height <= bottom) & (owner != at[:, None]) & placed[:, None, owner]
        gap = np.where(carries, np.abs(bottom - z - height), np.maximum(bottom, 0.0))
        gap = np.minimum(gap, np.maximum(bottom, 0.0))
        floating[:, at] = gap.min(-1)


_MOUNTS = ("floor", "wall", "ceiling", "on")
_NOWHERE = (np.nan,) * 4


class _PartTable:
    """The parts of all pieces in one list, piece by piece; `made` marks pieces that are not simply their whole box."""

    def __init__(self, shapes: Sequence[Sequence[Part]], sizes: Sequence[Sequence[float]]) -> None:
        counts = [len(shape) for shape in shapes]
        self.owner: Indices = np.repeat(np.arange(len(shapes)), counts)
        self.first = [0, *np.cumsum(counts).tolist()]
        parts = [part for shape in shapes for part in shape]
        self._center = np.array([part.center for part in parts], float).reshape(-1, 3).T[:, None]
        self._half = np.array([part.size for part in parts], float).reshape(-1, 3).T[:, None] / 2
        whole = [list(shape) == [_whole(size)] for shape, size in zip(shapes, sizes, strict=True)]
        self.made = ~np.array(whole, bool)
        self.plain = all(whole)

    def every(self, boxes: Array) -> Array:
        """All parts (8, l, parts) of pieces given by their whole boxes (8, l, n)."""
        moved = boxes[:, :, self.owner]
        if not self.plain:
            (u, v, w), c, s = self._center, moved[3], moved[4]
            moved[0] += u * c - v * s
            moved[1] += u * s + v * c
            moved[2] += w
            moved[5:] = self._half
        return moved

    def pairs(self, i: int, k: int) -> Indices:
        """Every part of one piece with every part of another, (2, m)."""
        a, b = np.arange(self.first[i], self.first[i + 1]), np.arange(self.first[k], self.first[k + 1])
        return np.stack([np.repeat(a, len(b)), np.tile(b, len(a))])


def _whole(size: Sequence[float]) -> Part:
    return Part((0.0, 0.0, 0.0), (size[0], size[1], size[2]))


def _zones(scene: Scene) -> Array:
    """The openings' zones as boxes (8, openings)."""
    columns = []
    for opening in scene.room.openings:
        size, pose = opening_zone(scene.room, opening)
        angle = np.radians(pose.rotation)
        columns.append((pose.x, pose.y, pose.z, np.cos(angle), np.sin(angle), size[0] / 2, size[1] / 2, size[2] / 2))
    return np.array(columns, float).reshape(-1, 8).T


def _flattened(boxes: Array) -> Array:
    """The boxes all at one height, so that only their plans separate them."""
    flat = boxes.copy()
    flat[2], flat[7] = 0.0, 1e6
    return flat


def _named(ids: Sequence[str], values: Array) -> dict[str, float]:
    return {str(ids[i]): float(values[i]) for i in values.nonzero()[0].tolist()}
