# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan while a lesson's pieces are placed one by one: what is taken, and which of many poses are free.

Everything stands square to the axes, its box widened to a grid of 5 cm: whoever reads "x 0.1 to 1.5 mid 0.8" can add
and compare spans without fractions of the grid, and neighbours whose spans touch are a few centimetres apart.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ...policies.solver.problem import Problem, Wish
from ...rewards.places import mounts_in
from ...rewards.relations import TOLERANCES
from ...scene import Pose
from ...scene.geometry import opening_zone, signed_distance
from ...scene.use import use_zones

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

STEP = 0.05
"""The grid, metres."""
SPARE = 0.01
"""Least that a span is wider than its piece at each end, metres."""
ZONE_SLACK = 0.045
"""How far others may reach into a use zone, metres: a little less than the score lets pass."""
HEAD = 1.8
_EPS = 1e-6
_FLAT = 0.02
_TOUCH = 0.004


def up(value: float) -> float:
    """The next multiple of the grid from here on."""
    return round(math.ceil(value / STEP - _EPS) * STEP, 4)


def down(value: float) -> float:
    return round(math.floor(value / STEP + _EPS) * STEP, 4)


def reach(side: float) -> float:
    """Half of the span that a piece of this side takes, on the grid."""
    return up(side / 2 + SPARE)


@dataclass
class Board:
    """A problem's room and what is placed in it. Rows of candidates are x, y, z, rotation; all metres and degrees.

    `low` and `high` (n, 3) are the corners of the spans taken; `wall` the wall a piece has its back to, -1: none.
    """

    problem: Problem
    poses: Array = field(init=False)
    placed: Mask = field(init=False)
    low: Array = field(init=False)
    high: Array = field(init=False)
    wall: NDArray[np.int64] = field(init=False)

    def __post_init__(self) -> None:
        problem = self.problem
        n = problem.n
        self.poses, self.placed = problem.fixed_pose.copy(), np.zeros(n, bool)
        self.low, self.high, self.wall = np.zeros((n, 3)), np.zeros((n, 3)), np.full(n, -1)
        self.half = problem.half
        self.reach = np.array([[reach(2 * side) for side in half] for half in problem.half]).reshape(n, 2)
        mounts = mounts_in(problem.scene)
        self.mounts = [mounts[piece.id] for piece in problem.pieces]
        self.zones = [
            [(zone.x, zone.y, zone.length / 2, zone.width / 2) for zone in use_zones(piece)]
            if mounts[piece.id] == "floor"
            else []
            for piece in problem.pieces
        ]
        self.seat, self.knee = problem.seat, problem.knee
        self.friends = np.zeros((n, n), bool)  # who may stand in whose use zone
        self.doors, self.windows = self._openings("door"), self._openings("window")
        self._floor = self._cells()
        self.strict = True
        for i in range(n):
            if problem.fixed[i]:
                self._put_fixed(i)

    def copy(self) -> Board:
        other = object.__new__(Board)
        other.__dict__.update(self.__dict__)
        for name in ("poses", "placed", "low", "high", "wall"):
            setattr(other, name, getattr(self, name).copy())
        return other

    def become(self, other: Board) -> None:
        self.__dict__.update(other.__dict__)

    def put(self, i: int, row: Array, wall: int) -> None:
        """Place piece `i` at a row."""
        self.poses[i], self.placed[i], self.wall[i] = row[:4], True, wall
        low, high = self.spans(i, row[None])
        self.low[i], self.high[i] = low[0], high[0]

    def layout(self) -> dict[str, Pose]:
        return {self.problem.pieces[i].id: self.pose(self.poses[i]) for i in np.flatnonzero(self.placed)}

    @staticmethod
    def pose(row: Array) -> Pose:
        x, y, z, rotation = (float(v) for v in row[:4])
        return Pose(round(x, 4), round(y, 4), round(z, 4), round(rotation) % 360.0)

    def spans(self, i: int, rows: Array) -> tuple[Array, Array]:
        """The corners of what candidates take, (m, 3) each: on the grid for what stands or hangs from the ceiling."""
        along = self.reach[i] if self.mounts[i] in ("floor", "ceiling") else self.half[i]
        turned = np.round(rows[:, 3] / 90.0) % 2 == 1
        half = np.where(turned[:, None], along[::-1], along)
        if self.mounts[i] == "wall":  # along the wall on the grid, exact across it
            half[:, 0] = np.where(turned, half[:, 0], self.reach[i, 0])
            half[:, 1] = np.where(turned, self.reach[i, 0], half[:, 1])
        tall = np.full((len(rows), 1), self.problem.height[i] / 2)
        half = np.concatenate([half, tall], 1)
        return rows[:, :3] - half, rows[:, :3] + half

    def free(self, i: int, rows: Array) -> Mask:
        """Which candidates (m, 4) of piece `i` break no hard rule and, on a strict board, no use zone."""
        problem = self.problem
        low, high = self.spans(i, rows)
        ok = (high[:, 2] <= problem.scene.room.height + _EPS) & (low[:, 2] >= -_EPS)
        if self.mounts[i] == "wall":
            ok &= self._hangs(low, high)
        elif self.mounts[i] != "on":
            ok &= self._inside(low, high)
        if self.mounts[i] in ("floor", "wall"):
            if not (problem.walkable[i] and problem.height[i] <= _FLAT):
                ok &= ~_meet(low, high, *self.doors).any(1)
            ok &= ~_meet(low, high, *self.windows).any(1)
        others = self.placed & (problem.walkable if problem.walkable[i] else ~problem.walkable)
        others[i] = False
        at = np.flatnonzero(others)
        if len(at):
            ok &= ~_meet(low, high, self.low[at], self.high[at]).any(1)
        if self.strict and self.mounts[i] in ("floor", "wall") and not problem.walkable[i]:
            live = np.flatnonzero(ok)
            if len(live):
                ok[live] = self._leaves_zones(i, rows[live]) & self._has_zone(i, rows[live])
        return ok

    def _leaves_zones(self, i: int, rows: Array) -> Mask:
        """Whether candidates stay out of the zones that placed pieces need; of a bed's two, one."""
        ok = np.ones(len(rows), bool)
        low, high = _bodies(self.half[i], rows)
        if rows[0, 2] - self.problem.height[i] / 2 >= HEAD:
            return ok
        for j in np.flatnonzero(self.placed):
            if j == i or not self.zones[j] or self.exempt(int(j), i):
                continue
            blocked = []
            for zone in self.zones[j]:
                if len(self.zones[j]) > 1 and not self._zone_free(int(j), self.poses[j][None], zone)[0]:
                    continue
                zone_low, zone_high = _zone(self.poses[j][None], zone)
                blocked.append(_depth(low, high, zone_low, zone_high) > ZONE_SLACK)
            if blocked:
                ok &= ~np.logical_and.reduce(blocked)
        return ok

    def _has_zone(self, i: int, rows: Array) -> Mask:
        if not self.zones[i]:
            return np.ones(len(rows), bool)
        return np.logical_or.reduce([self._zone_free(i, rows, zone) for zone in self.zones[i]])

    def _zone_free(self, i: int, rows: Array, zone: tuple[float, float, float, float]) -> Mask:
        """Whether a zone of piece `i` standing at these rows lies in the room and nothing placed stands in it."""
        low, high = _zone(rows, zone)
        flat = np.zeros((len(rows), 1))
        ok = self._inside(np.hstack([low + STEP, flat]), np.hstack([high - STEP, flat]))
        for j in np.flatnonzero(self.placed & ~self.problem.walkable):
            if j == i or self.mounts[j] == "on" or self.low[j, 2] >= HEAD or self.exempt(i, int(j)):
                continue
            body = _bodies(self.half[j], self.poses[j][None])
            ok &= _depth(low, high, *body) <= ZONE_SLACK
        return ok

    def exempt(self, owner: int, other: int) -> bool:
        """Whether `other` may stand in the zone of `owner`."""
        return bool(self.friends[owner, other]) or bool(self.knee[owner] and self.seat[other])

    def _inside(self, low: Array, high: Array) -> Mask:
        """Whether all grid cells that the spans touch are floor."""
        sums = self._floor
        first = np.floor(low[:, :2] / STEP + 1e-3).astype(int)
        last = np.ceil(high[:, :2] / STEP - 1e-3).astype(int)
        columns, rows = sums.shape[0] - 1, sums.shape[1] - 1
        ok = (first >= 0).all(1) & (last[:, 0] <= columns) & (last[:, 1] <= rows)
        (a, b), (c, d) = (np.clip(part, 0, (columns, rows)).T for part in (first, last))
        count = sums[c, d] - sums[a, d] - sums[c, b] + sums[a, b]
        return ok & (count == np.maximum(c - a, 0) * np.maximum(d - b, 0))

    def _hangs(self, low: Array, high: Array) -> Mask:
        """Whether what is flat on a wall is in the room, within the tolerance of what touches."""
        inside = np.ones(len(low), bool)
        for x, y in ((low, low), (high, low), (high, high), (low, high)):
            corner = np.stack([x[:, 0], y[:, 1]], -1)
            inside &= signed_distance(self.problem.polygon, corner) >= -_TOUCH
        return inside

    def _openings(self, kind: str) -> tuple[Array, Array]:
        """Corners of the zones that openings of a kind need free, on the grid, (k, 3) each."""
        low, high = [], []
        for opening in self.problem.scene.room.openings:
            if opening.kind != kind:
                continue
            size, pose = opening_zone(self.problem.scene.room, opening)
            row = np.array([[pose.x, pose.y, pose.z, pose.rotation]])
            (a,), (b,) = _bodies(np.array(size[:2]) / 2, row)
            low.append((down(a[0]), down(a[1]), pose.z - size[2] / 2 + 0.001))
            high.append((up(b[0]), up(b[1]), pose.z + size[2] / 2))
        return np.array(low, float).reshape(-1, 3), np.array(high, float).reshape(-1, 3)

    def _cells(self) -> NDArray[np.int64]:
        """Sums over the grid's cells that are wholly floor: `sums[a, b]` counts those with column < a, row < b."""
        length, width = self.problem.scene.room.extent
        columns, rows = math.floor(length / STEP + _EPS), math.floor(width / STEP + _EPS)
        x, y = np.meshgrid(np.arange(columns) + 0.5, np.arange(rows) + 0.5, indexing="ij")
        if self.problem.rectangle:
            floor = np.ones(x.shape, np.int64)
        else:
            middle = signed_distance(self.problem.polygon, np.stack([x, y], -1) * STEP)
            floor = (middle > 0.45 * STEP).astype(np.int64)
            edge = np.flatnonzero((np.abs(middle) < 0.75 * STEP).ravel())
            if len(edge):
                corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * (STEP / 2 - 1e-4)
                points = np.stack([x.ravel()[edge], y.ravel()[edge]], -1)[:, None] * STEP + corners
                floor.ravel()[edge] = (signed_distance(self.problem.polygon, points) > 0).all(-1)
        return np.pad(floor.cumsum(0).cumsum(1), ((1, 0), (1, 0)))

    def _put_fixed(self, i: int) -> None:
        """A fixed piece takes the square span around it, however it is turned."""
        self.placed[i] = True
        angle = math.radians(self.poses[i, 3])
        c, s = abs(math.cos(angle)), abs(math.sin(angle))
        hx, hy = self.half[i]
        half = np.array([hx * c + hy * s, hx * s + hy * c, self.problem.height[i] / 2])
        self.low[i], self.high[i] = self.poses[i, :3] - half, self.poses[i, :3] + half


def turned(pose: Array, x: float, y: float) -> tuple[float, float]:
    """A plan point of the frame of a piece that stands square, in the room."""
    quarter = round(float(pose[3]) / 90.0) % 4
    c, s = ((1, 0), (0, 1), (-1, 0), (0, -1))[quarter]
    return float(pose[0]) + x * c - y * s, float(pose[1]) + x * s + y * c


def within_distances(board: Board, i: int, rows: Array, wishes: Sequence[Wish]) -> Mask:
    """Which candidates of piece `i` are as near and as far as `wishes` to or of it ask; other predicates pass.

    A quick and exact test where pieces stand square; whoever passes is still to be held against the relations.
    """
    ok = np.ones(len(rows), bool)
    low, high = _bodies(board.half[i], rows)
    for wish in wishes:
        relation = wish.relation
        if relation.predicate not in ("near", "far_from") or wish.kind not in ("object", "opening"):
            continue
        other = wish.anchor if wish.subject == i else wish.subject
        if wish.kind == "object":
            places = [_bodies(board.half[other], board.poses[other][None])]
        else:
            places = [_bodies(np.array([width / 2, 0.0]), np.array([[x, y, 0.0, wall.facing]]))
                      for wall, x, y, width in wish.openings]  # fmt: skip
        gaps = [np.hypot(*np.maximum(np.maximum(a - high, low - b), 0.0).T) for a, b in places]
        gap = np.min(gaps, 0)
        if relation.predicate == "far_from":
            ok &= gap >= (TOLERANCES.far if relation.distance is None else relation.distance) - 1e-3
        else:
            most = TOLERANCES.near if relation.distance is None else relation.distance
            ok &= gap <= (min(most, TOLERANCES.adjacent) if relation.adjacent else most) + 1e-3
    return ok


def _bodies(half: Array, rows: Array) -> tuple[Array, Array]:
    """Plan corners (m, 2) of pieces with these half sides; those that are not square to the axes by their bounds."""
    angle = np.radians(rows[:, 3])
    c, s = np.abs(np.cos(angle)), np.abs(np.sin(angle))
    size = np.stack([half[0] * c + half[1] * s, half[0] * s + half[1] * c], -1)
    return rows[:, :2] - size, rows[:, :2] + size


def _zone(rows: Array, zone: tuple[float, float, float, float]) -> tuple[Array, Array]:
    x, y, hx, hy = zone
    angle = np.radians(rows[:, 3])
    c, s = np.cos(angle), np.sin(angle)
    middle = np.stack([rows[:, 0] + x * c - y * s, rows[:, 1] + x * s + y * c], -1)
    size = np.stack([hx * np.abs(c) + hy * np.abs(s), hx * np.abs(s) + hy * np.abs(c)], -1)
    return middle - size, middle + size


def _depth(low: Array, high: Array, other_low: Array, other_high: Array) -> Array:
    """How deep plans reach into each other along the axis where it is least, metres; below 0: apart."""
    return (np.minimum(high, other_high) - np.maximum(low, other_low)).min(-1)


def _meet(low: Array, high: Array, other_low: Array, other_high: Array) -> Mask:
    """Which boxes (m, 3) share space with which others (k, 3), shape (m, k)."""
    shared = np.minimum(high[:, None], other_high) - np.maximum(low[:, None], other_low)
    return (shared > 1e-5).all(-1)
