# SPDX-License-Identifier: GPL-3.0-or-later
"""Can a person get from the door to every piece? A flood fill of the floor that a person's middle can be over.

A cell is free when its centre is half a person's width (less half a cell) from every wall and obstacle; cells connect
to their four neighbours. Filling alternates between whole rows and whole columns, so it takes a few array operations
and not one per cell.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..scene import Furniture, Layout, Pose, Scene, category_of
from ..scene.geometry import opening_zone, signed_distance
from ..scene.model import Point2
from .places import places_in

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

PERSON = 0.6
"""Width of the person who walks, metres."""
HEAD = 1.8
"""Height below which things are in the way, metres."""
REACH = 0.75
"""Distance from a person's middle to what they use, metres."""
REACH_OVER_SEAT = 1.2
"""The same for tables and desks, which are used from the seat before them."""
ASIDE = 0.2
"""How far beside a front's stretch a person may stand, metres."""
CELL = 0.1
FEW = 25_000
"""Rectangles times cells up to which all distances are worked out at once; with more, each looks at cells near it."""


def reachable_fronts(scene: Scene, layout: Layout) -> dict[str, float]:
    """How far short of each usable piece people from the door come, metres; 0 where they reach it.

    Usable are pieces that need access at the front (then only the front counts), at a side, or are for sitting.
    Infinite where no way leads on from any door. Unplaced pieces are left out.
    """
    places = places_in(scene)
    poses = {piece.id: pose for piece in scene.furniture if (pose := places.pose(layout, piece.id)) is not None}
    return walkway_of(scene).shortfalls(poses)


@dataclass(frozen=True, slots=True)
class Ways:
    """Where people walk, in the plan: rectangles (n, 4) of west, south, east, north, metres, that do not overlap.

    `walked` is the floor under people on their ways from the doors, `cut_off` free floor that no way leads to. `fronts`
    has, for each usable piece that people come short of, the corners of the place they would stand on and the metres
    that they come short (infinite where no way leads on from any door).
    """

    walked: Array
    cut_off: Array
    fronts: Mapping[str, tuple[tuple[Point2, ...], float]]


def ways_in(scene: Scene, layout: Layout) -> Ways:
    """The ways that `reachable_fronts` judges, to be shown."""
    places = places_in(scene)
    poses = {piece.id: pose for piece in scene.furniture if (pose := places.pose(layout, piece.id)) is not None}
    return walkway_of(scene).ways(poses)


def walkway_of(scene: Scene) -> Walkway:
    """The walkway grid of this very scene object; kept for the few scenes looked at last."""
    known = _KEPT.get(id(scene))
    if known is None or known.scene is not scene:
        known = _KEPT[id(scene)] = Walkway(scene)
        while len(_KEPT) > 8:
            _KEPT.popitem(last=False)
    return known


class Walkway:
    """A room's floor as cells, with what depends on the room alone worked out once."""

    def __init__(self, scene: Scene, cell: float = CELL) -> None:
        self.scene = scene
        length, width = scene.room.extent
        columns, rows = max(1, int(np.ceil(length / cell))), max(1, int(np.ceil(width / cell)))
        x, y = np.meshgrid((np.arange(columns) + 0.5) * length / columns, (np.arange(rows) + 0.5) * width / rows)
        self.x, self.y, self.shape = x.ravel(), y.ravel(), (rows, columns)
        self._radius = PERSON / 2 - cell / 2
        self._clear = signed_distance(scene.room.floor, np.stack([self.x, self.y], -1))
        self._open = self._clear >= self._radius
        self._doors = [self._before(*opening_zone(scene.room, o)) for o in scene.room.openings if o.kind == "door"]
        self._obstacles = [piece for piece in scene.furniture if _in_the_way(piece)]
        self._usable = [piece for piece in scene.furniture if _usable(piece)]
        self._last: tuple[dict[str, Pose], Mask, Mask] | None = None

    def shortfalls(self, poses: Mapping[str, Pose]) -> dict[str, float]:
        """As `reachable_fronts`, for poses that are all finite."""
        return self._shortfalls(poses, self._walked(poses)[1])

    def ways(self, poses: Mapping[str, Pose]) -> Ways:
        """As `ways_in`, for poses that are all finite."""
        free, reached = self._walked(poses)
        walked = self._under(reached)
        cut_off = self._under(free & ~reached) & ~walked
        pieces = {piece.id: piece for piece in self._usable}
        fronts = {
            id: (_corners(_front(pieces[id], poses[id])), short)
            for id, short in self._shortfalls(poses, reached).items()
            if short > 0.0
        }
        return Ways(self._rectangles(walked), self._rectangles(cut_off), fronts)

    def _walked(self, poses: Mapping[str, Pose]) -> tuple[Mask, Mask]:
        """The cells that are free, and those of them that are reached; kept for the poses asked about last."""
        if self._last is None or self._last[0] != poses:
            free = self.free(poses)
            self._last = dict(poses), free, self.reached(free)
        return self._last[1:]

    def _shortfalls(self, poses: Mapping[str, Pose], reached: Mask) -> dict[str, float]:
        usable = [piece for piece in self._usable if piece.id in poses]
        if not usable:
            return {}
        if not reached.any():
            return dict.fromkeys((piece.id for piece in usable), np.inf)
        fronts = np.array([_front(piece, poses[piece.id]) for piece in usable]).T
        slack = np.array([_slack(piece) for piece in usable])
        short = np.zeros(len(usable))
        far = list(range(len(usable)))
        if len(usable) * len(reached) > FEW:
            near = self._near(fronts, slack)
            far = [k for k, at in enumerate(near) if not self._meets(fronts[:, k], slack[k], at, reached)]
        if far:
            distance = _distances(fronts[:, far], self.x[reached], self.y[reached]).min(1)
            short[far] = np.maximum(distance - slack[far], 0.0)
        return {piece.id: float(value) for piece, value in zip(usable, short, strict=True)}

    def free(self, poses: Mapping[str, Pose]) -> Mask:
        """The cells, row by row from the south west, that a person's middle can be over."""
        boxes = []
        for piece in self._obstacles:
            pose = poses.get(piece.id)
            if pose is not None and pose.z - piece.size[2] / 2 < HEAD and pose.z + piece.size[2] / 2 > 0.05:
                boxes.append(_plan(piece, pose))
        free = self._open.copy()
        if not boxes:
            return free
        plans = np.array(boxes).T
        if len(boxes) * len(free) <= FEW:
            at = np.flatnonzero(free)
            free[at] = (_distances(plans, self.x[at], self.y[at]) >= self._radius).all(0)
            return free
        for k, at in enumerate(self._near(plans, np.full(len(boxes), self._radius))):
            free[at] &= _distances(plans[:, k : k + 1], self.x[at], self.y[at])[0] >= self._radius
        return free

    def reached(self, free: Mask) -> Mask:
        """The free cells connected to a door; without doors, to the free spot farthest from the walls."""
        if self._doors:
            reached = np.logical_or.reduce(self._doors) & free
        else:
            reached = np.zeros_like(free)
            if free.any():
                reached[np.argmax(np.where(free, self._clear, -np.inf))] = True
        rows, columns = _runs(free, self.shape)
        count = -1
        while count != (count := int(reached.sum())):
            for runs in (rows, columns):
                hit = np.zeros(len(free) + 1, bool)
                hit[runs[reached]] = True
                reached = hit[runs] & free
        return reached

    def _under(self, middles: Mask) -> Mask:
        """The cells under people whose middles are over the given ones."""
        grid = middles.reshape(self.shape)
        wide = np.zeros_like(grid)
        length, width = self.scene.room.extent
        rows, columns = self.shape
        reach_x, reach_y = int(self._radius * columns / length + 1e-6), int(self._radius * rows / width + 1e-6)
        for down in range(-reach_y, reach_y + 1):
            for along in range(-reach_x, reach_x + 1):
                if (down / max(reach_y, 1)) ** 2 + (along / max(reach_x, 1)) ** 2 > 1.0 + 1e-9:
                    continue
                north, east = max(down, 0), max(along, 0)
                south, west = max(-down, 0), max(-along, 0)
                wide[north : rows - south, east : columns - west] |= grid[south : rows - north, west : columns - east]
        return wide.ravel() & (self._clear > 0.0)

    def _rectangles(self, cells: Mask) -> Array:
        """Cells as few rectangles (n, 4): runs along the rows, taken together while the next row has the same run."""
        rows, columns = self.shape
        length, width = self.scene.room.extent
        grid = np.zeros((rows + 1, columns + 2), np.int8)
        grid[:rows, 1:-1] = cells.reshape(self.shape)
        steps = np.diff(grid, axis=1)
        begins, ends = np.argwhere(steps == 1).tolist(), np.argwhere(steps == -1).tolist()
        lines: list[set[tuple[int, int]]] = [set() for _ in range(rows + 1)]
        for (row, begin), (_, end) in zip(begins, ends, strict=True):
            lines[row].add((begin, end))
        found, growing = [], {}
        for row, runs in enumerate(lines):
            for run in growing.keys() - runs:
                found.append((run[0], growing.pop(run), run[1], row))
            for run in runs - growing.keys():
                growing[run] = row
        scale = (length / columns, width / rows) * 2
        return np.array(found, float).reshape(-1, 4) * scale

    def _near(self, boxes: Array, reach: Array) -> list[NDArray[np.intp]]:
        """For each rectangle (6, k), the cells that may be within its reach: those in the square around it."""
        x, y, c, s, half_length, half_width = boxes
        c, s = np.abs(c), np.abs(s)
        rows, columns = self.shape
        length, width = self.scene.room.extent
        spans = []
        for middle, half, count, size in (
            (x, half_length * c + half_width * s + reach, columns, length),
            (y, half_length * s + half_width * c + reach, rows, width),
        ):
            first = np.clip(np.floor((middle - half) * count / size) - 1, 0, count).astype(int)
            last = np.clip(np.ceil((middle + half) * count / size) + 1, 0, count).astype(int)
            spans.append(list(zip(first.tolist(), last.tolist(), strict=True)))
        return [
            (np.arange(south, north)[:, None] * columns + np.arange(west, east)).ravel()
            for (west, east), (south, north) in zip(*spans, strict=True)
        ]

    def _meets(self, box: Array, reach: float, at: NDArray[np.intp], reached: Mask) -> bool:
        """Whether one of the cells `at` that people reach is within reach of the rectangle."""
        at = at[reached[at]]
        return bool(len(at)) and bool((_distances(box[:, None], self.x[at], self.y[at]) <= reach).any())

    def _before(self, size: tuple[float, float, float], pose: Pose) -> Mask:
        """The cells inside a door's zone."""
        box = np.array([_box(pose, 0.0, 0.0, size[0] / 2, size[1] / 2)]).T
        return _distances(box, self.x, self.y)[0] <= 0.0


_KEPT: OrderedDict[int, Walkway] = OrderedDict()


def _runs(free: Mask, shape: tuple[int, int]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """A number for every cell's unbroken run of free cells along its row, and along its column."""
    grid = free.reshape(shape)
    found = []
    for lines in (grid, grid.T):
        begins = lines.copy()
        begins[:, 1:] &= ~lines[:, :-1]
        found.append(np.cumsum(begins).reshape(lines.shape))
    return found[0].ravel(), np.ascontiguousarray(found[1].T).ravel()


def _in_the_way(piece: Furniture) -> bool:
    return piece.mount in ("floor", "wall") and not category_of(piece.category).walkable


def _usable(piece: Furniture) -> bool:
    category = category_of(piece.category)
    return bool(category.access or category.side_access or category.seat) and piece.mount == "floor"


def _slack(piece: Furniture) -> float:
    return ASIDE if category_of(piece.category).access else REACH


def _box(pose: Pose, u: float, v: float, half_length: float, half_width: float) -> tuple[float, ...]:
    """A rectangle at (u, v) in a pose's frame: x, y, cosine, sine, half length, half width."""
    angle = np.radians(pose.rotation)
    c, s = float(np.cos(angle)), float(np.sin(angle))
    return pose.x + u * c - v * s, pose.y + u * s + v * c, c, s, half_length, half_width


def _plan(piece: Furniture, pose: Pose) -> tuple[float, ...]:
    return _box(pose, 0.0, 0.0, piece.size[0] / 2, piece.size[1] / 2)


def _front(piece: Furniture, pose: Pose) -> tuple[float, ...]:
    """Where people stand who use a piece: within reach before its front; around it, where any side will do."""
    category = category_of(piece.category)
    if not category.access:
        return _plan(piece, pose)
    reach = REACH_OVER_SEAT if category.knee else REACH
    return _box(pose, 0.0, -(piece.size[1] + reach) / 2, piece.size[0] / 2, reach / 2)


def _corners(box: tuple[float, ...]) -> tuple[Point2, ...]:
    x, y, c, s, half_length, half_width = box
    ways = (
        (-half_length, -half_width),
        (half_length, -half_width),
        (half_length, half_width),
        (-half_length, half_width),
    )
    return tuple((x + u * c - v * s, y + u * s + v * c) for u, v in ways)


def _distances(boxes: Array, x: Array, y: Array) -> Array:
    """From each rectangle (6, k) to each point (p,), 0 inside, shape (k, p)."""
    bx, by, c, s, half_length, half_width = boxes[:, :, None]
    dx, dy = x - bx, y - by
    u = np.maximum(np.abs(dx * c + dy * s) - half_length, 0.0)
    v = np.maximum(np.abs(dy * c - dx * s) - half_width, 0.0)
    return np.sqrt(u * u + v * v)
