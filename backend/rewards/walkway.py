# SPDX-License-Identifier: GPL-3.0-or-later
"""Can a person get from the door to every piece? A flood fill of the floor that a person's middle can be over.

A cell is free when its centre is half a person's width (less half a cell) from every wall and obstacle; cells connect
to their four neighbours. Filling alternates between whole rows and whole columns, so it takes a few array operations
and not one per cell.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ..scene import Furniture, Layout, Pose, Scene, category_of
from ..scene.geometry import opening_zone, signed_distance
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

    def shortfalls(self, poses: Mapping[str, Pose]) -> dict[str, float]:
        """As `reachable_fronts`, for poses that are all finite."""
        reached = self.reached(self.free(poses))
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


def _distances(boxes: Array, x: Array, y: Array) -> Array:
    """From each rectangle (6, k) to each point (p,), 0 inside, shape (k, p)."""
    bx, by, c, s, half_length, half_width = boxes[:, :, None]
    dx, dy = x - bx, y - by
    u = np.maximum(np.abs(dx * c + dy * s) - half_length, 0.0)
    v = np.maximum(np.abs(dy * c - dx * s) - half_width, 0.0)
    return np.sqrt(u * u + v * v)
