# SPDX-License-Identifier: GPL-3.0-or-later
"""LayoutVLM's loss of a layout with its gradient (source: see `gradient`).

    loss = 0.01 · (1000 · Σ overlaps + 100 · Σ relations of pieces placed before + Σ relations of pieces placed now)

An overlap is the plan boxes' intersection over union times the height they share, metres; pairs that share less than
5 cm are left out. The relations are LayoutVLM's, of which ours are made (`relations_of`):
- distance: squared metres that two centres are nearer than `low` or further apart than `high`;
- on top of: squared metres that a piece reaches beyond its carrier's sides, in the carrier's frame;
- point towards: 1 − cos of the angle between a direction of the piece and that to the other's centre;
- align with: 1 − cos of the angle between two yaws;
- against wall: mean squared distance of the two back corners from the wall's line, and 1 − cos of the yaw to the room.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...scene.geometry import Array
from .overlap import overlap_ratio

OVERLAPS = 1000.0
BEFORE = 100.0
WHOLE = 0.01
LEAST_DEPTH = 0.05
"""Height that two pieces share at least to count as overlapping, metres."""

Indices = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Distance:
    """Centres of pieces (or points) `a` and `b` between `low` and `high` metres apart."""

    a: int
    b: int
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class OnTop:
    """Piece `a` within the top of `b`, whose half sizes less a's own are `slack`, metres."""

    a: int
    b: int
    slack: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Point:
    """Piece `a` turns the direction `angle` (radians counter-clockwise from its front) towards `b`."""

    a: int
    b: int
    angle: float = 0.0


@dataclass(frozen=True, slots=True)
class Align:
    """Pieces `a` and `b` have the same yaw."""

    a: int
    b: int


@dataclass(frozen=True, slots=True)
class AtWall:
    """Piece `a` of these half sizes has its back on the line through `start` with the unit normal `inward`."""

    a: int
    half: tuple[float, float]
    start: tuple[float, float]
    inward: tuple[float, float]
    facing: float
    """Yaw of a piece with its back to the wall, radians."""


Term = Distance | OnTop | Point | Align | AtWall


class Loss:
    """The loss of pieces at poses (n, 3): x, y in metres and yaw in radians.

    `half` (n, 2) are the half sizes, `low` and `high` (n,) the heights between which each piece is, metres. Rows of
    no height are points that terms refer to. Only rows that are `present` count; terms with a `new` piece count least.
    """

    def __init__(self, half: Array, low: Array, high: Array, terms: Sequence[Term]) -> None:
        count = len(half)
        self.half = half
        first, second = np.triu_indices(count, 1)
        depth = np.minimum(high[first], high[second]) - np.maximum(low[first], low[second])
        deep = depth >= LEAST_DEPTH
        self.first, self.second, self.depth = first[deep], second[deep], depth[deep]
        self._radius = np.hypot(half[:, 0], half[:, 1])
        self._distance = _table([t for t in terms if isinstance(t, Distance)], 4)
        self._on_top = _table([t for t in terms if isinstance(t, OnTop)], 4)
        self._point = _table([t for t in terms if isinstance(t, Point)], 3)
        self._align = _table([t for t in terms if isinstance(t, Align)], 2)
        self._at_wall = _table([t for t in terms if isinstance(t, AtWall)], 8)

    def overlaps(self, poses: Array, present: NDArray[np.bool_]) -> tuple[float, Array]:
        """Σ of overlaps of pieces that are present, and its gradient (n, 3)."""
        gradient = np.zeros_like(poses)
        i, j = self.first, self.second
        apart = np.hypot(*(poses[i, :2] - poses[j, :2]).T)
        near = (apart < self._radius[i] + self._radius[j]) & present[i] & present[j]
        if not near.any():
            return 0.0, gradient
        i, j, depth = i[near], j[near], self.depth[near]
        ratio, di, dj = overlap_ratio(poses[i], poses[j], self.half[i], self.half[j])
        np.add.at(gradient, i, di * depth[:, None])
        np.add.at(gradient, j, dj * depth[:, None])
        return float(ratio @ depth), gradient

    def relations(self, poses: Array, weight: Array) -> tuple[float, Array]:
        """Σ of terms, each times the lesser `weight` (n,) of its pieces, and its gradient (n, 3)."""
        gradient = np.zeros_like(poses)
        total = 0.0
        for table, rule in (
            (self._distance, _distance), (self._on_top, _on_top), (self._point, _point), (self._align, _align),
            (self._at_wall, _at_wall),
        ):  # fmt: skip
            if len(table):
                total += rule(table, poses, weight, gradient)
        return total, gradient

    def __call__(self, poses: Array, present: NDArray[np.bool_], new: NDArray[np.bool_]) -> tuple[float, Array]:
        """The loss and its gradient (n, 3)."""
        weight = np.where(present, np.where(new, 1.0, BEFORE), 0.0)
        overlaps, by_overlaps = self.overlaps(poses, present)
        relations, by_relations = self.relations(poses, weight)
        return WHOLE * (OVERLAPS * overlaps + relations), WHOLE * (OVERLAPS * by_overlaps + by_relations)


def _table(terms: Sequence[Term], columns: int) -> Array:
    rows = []
    for term in terms:
        row: list[float] = []
        for name in term.__slots__:
            value = getattr(term, name)
            row += value if isinstance(value, tuple) else (value,)
        rows.append(row)
    return np.array(rows, float).reshape(len(rows), columns)


def _pair(table: Array, weight: Array) -> tuple[Indices, Indices, Array]:
    """The two pieces of each term and its weight: that of the newer; nothing while one of them is not there."""
    i, j = table[:, 0].astype(int), table[:, 1].astype(int)
    return i, j, np.minimum(weight[i], weight[j])


def _distance(table: Array, poses: Array, weight: Array, gradient: Array) -> float:
    i, j, w = _pair(table, weight)
    off = poses[i, :2] - poses[j, :2]
    d = np.sqrt((off**2).sum(-1) + 1e-12)
    past = np.maximum(d - table[:, 3], 0.0) - np.maximum(table[:, 2] - d, 0.0)
    pull = (2 * w * past / d)[:, None] * off
    np.add.at(gradient[:, :2], i, pull)
    np.add.at(gradient[:, :2], j, -pull)
    return float(w @ past**2)


def _on_top(table: Array, poses: Array, weight: Array, gradient: Array) -> float:
    i, j, w = _pair(table, weight)
    off = poses[i, :2] - poses[j, :2]
    c, s = np.cos(poses[j, 2]), np.sin(poses[j, 2])
    axes = np.stack([np.stack([c, s], -1), np.stack([-s, c], -1)], 1)  # the carrier's x and y
    at = np.einsum("pkd,pd->pk", axes, off)
    past = np.sign(at) * np.maximum(np.abs(at) - table[:, 2:], 0.0)
    slope = 2 * w[:, None] * past
    pull = np.einsum("pk,pkd->pd", slope, axes)
    np.add.at(gradient[:, :2], i, pull)
    np.add.at(gradient[:, :2], j, -pull)
    np.add.at(gradient[:, 2], j, slope[:, 0] * at[:, 1] - slope[:, 1] * at[:, 0])
    return float(w @ (past**2).sum(-1))


def _point(table: Array, poses: Array, weight: Array, gradient: Array) -> float:
    i, j, w = _pair(table, weight)
    angle = poses[i, 2] + table[:, 2]
    ahead = np.stack([np.sin(angle), -np.cos(angle)], -1)
    off = poses[j, :2] - poses[i, :2]
    d = np.sqrt((off**2).sum(-1) + 1e-12)[:, None]
    to = off / d
    cosine = (ahead * to).sum(-1)
    pull = -w[:, None] * (ahead - cosine[:, None] * to) / d
    np.add.at(gradient[:, :2], j, pull)
    np.add.at(gradient[:, :2], i, -pull)
    np.add.at(gradient[:, 2], i, -w * (np.cos(angle) * to[:, 0] + np.sin(angle) * to[:, 1]))
    return float(w @ (1.0 - cosine))


def _align(table: Array, poses: Array, weight: Array, gradient: Array) -> float:
    i, j, w = _pair(table, weight)
    turn = poses[i, 2] - poses[j, 2]
    np.add.at(gradient[:, 2], i, w * np.sin(turn))
    np.add.at(gradient[:, 2], j, -w * np.sin(turn))
    return float(w @ (1.0 - np.cos(turn)))


def _at_wall(table: Array, poses: Array, weight: Array, gradient: Array) -> float:
    i = table[:, 0].astype(int)
    w = weight[i]
    half, start, inward, facing = table[:, 1:3], table[:, 3:5], table[:, 5:7], table[:, 7]
    c, s = np.cos(poses[i, 2]), np.sin(poses[i, 2])
    turn = poses[i, 2] - facing
    total = w * (1.0 - np.cos(turn))
    np.add.at(gradient[:, 2], i, w * np.sin(turn))
    for side in (-1.0, 1.0):
        u, v = side * half[:, 0], half[:, 1]
        arm = np.stack([u * c - v * s, u * s + v * c], -1)
        gap = ((poses[i, :2] + arm - start) * inward).sum(-1)
        total = total + w * gap**2 / 2
        np.add.at(gradient[:, :2], i, (w * gap)[:, None] * inward)
        np.add.at(gradient[:, 2], i, w * gap * (arm[:, 0] * inward[:, 1] - arm[:, 1] * inward[:, 0]))
    return float(total.sum())
