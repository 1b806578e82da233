# SPDX-License-Identifier: GPL-3.0-or-later
"""Places in the room: along its walls, in its corners, at its windows, in its middle; each kind in one fixed order."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...policies.solver.problem import Wish
from ...rewards.places import middle_of
from ...scene.anchors import openings_of
from ...scene.geometry import Wall
from .board import STEP, Array, Board, down, turned, up

_LATTICE = 0.25
_EPS = 1e-6


class Block(NamedTuple):
    """Candidates (m, 4) in their order, the wall each has its back to (-1: none), and why here: `words`, which may be
    "" where only the wall says it."""

    rows: Array
    walls: tuple[int, ...]
    words: str


def wall_order(board: Board, first: int) -> list[Wall]:
    """The walls counter-clockwise from one on; those askew to the axes never."""
    walls = board.problem.walls
    ring = [walls[(first + k) % len(walls)] for k in range(len(walls))]
    return [wall for wall in ring if abs(wall.inward[0] * wall.inward[1]) < _EPS]


def opposite_the_door(board: Board) -> int:
    """The wall to begin with: the longest of those that one looks at when coming in."""
    walls = board.problem.walls
    door = next((o for o in board.problem.scene.room.openings if o.kind == "door"), None)
    into = walls[door.wall].inward if door else (0.0, 1.0)
    seen = [wall for wall in walls if wall.inward[0] * into[0] + wall.inward[1] * into[1] < -1 + _EPS]
    return max(seen or walls, key=lambda wall: round(wall.length, 3)).index


def at_wall(board: Board, i: int, wall: Wall, along: float) -> tuple[float, float, float, float]:
    """Its back to a wall, its middle at `along` from the wall's start; on the grid, into the room."""
    x, y = wall.point(along, float(board.reach[i, 1]))
    if abs(wall.inward[0]) > 0.5:
        x, y = (up(x) if wall.inward[0] > 0 else down(x)), round(round(y / STEP) * STEP, 4)
    else:
        y, x = (up(y) if wall.inward[1] > 0 else down(y)), round(round(x / STEP) * STEP, 4)
    return x, y, float(board.problem.height[i]) / 2, wall.facing


def along_walls(board: Board, i: int, first_wall: int, only: set[int] | None) -> Block:
    """Wall after wall, and along each from its start: wherever its span can begin beside something, then in steps."""
    rows, walls = [], []
    for wall in wall_order(board, first_wall):
        if only is not None and wall.index not in only:
            continue
        half, deep = (float(side) for side in board.reach[i])
        last = wall.length - half
        stops = _stops(board, i, wall, 2 * deep)
        alongs = {round(stop + half, 4) for stop in (0.0, *stops[:, 1])} | {round(a - half, 4) for a in stops[:, 0]}
        alongs |= {round(last, 4)} | {round(float(a), 4) for a in np.arange(half, last, _LATTICE)}
        for along in sorted(a for a in alongs if half - _EPS <= a <= last + _EPS):
            rows.append(at_wall(board, i, wall, along))
            walls.append(wall.index)
    return Block(np.array(rows, float).reshape(-1, 4), tuple(walls), "")


def _stops(board: Board, i: int, wall: Wall, deep: float) -> Array:
    """The stretches along a wall, within this depth of it, that placed pieces and openings take; (k, 2)."""
    at = np.flatnonzero(board.placed & ~board.problem.walkable)
    low = [board.low[at], board.doors[0]]
    high = [board.high[at], board.doors[1]]
    if board.problem.height[i] > min(board.windows[0][:, 2], default=99.0):
        low.append(board.windows[0])
        high.append(board.windows[1])
    a, b = np.concatenate(low), np.concatenate(high)
    axis = 0 if abs(wall.along[0]) > 0.5 else 1
    across, sign = 1 - axis, wall.along[axis]
    if wall.inward[across] > 0:
        near, far = a[:, across] - wall.start[across], b[:, across] - wall.start[across]
    else:
        near, far = wall.start[across] - b[:, across], wall.start[across] - a[:, across]
    first, last = (a[:, axis] - wall.start[axis]) * sign, (b[:, axis] - wall.start[axis]) * sign
    spans = np.stack([np.minimum(first, last), np.maximum(first, last)], 1)
    return spans[(near < deep - _EPS) & (far > _EPS) & (spans[:, 1] > _EPS) & (spans[:, 0] < wall.length - _EPS)]


def is_window(board: Board, wish: Wish) -> bool:
    return any(opening.kind == "window" for opening in openings_of(board.problem.scene.room, wish.relation.anchor))


def before_windows(board: Board, i: int, wish: Wish) -> Block:
    """Under or at windows, in line with them first."""
    rows, walls = [], []
    half = board.reach[i, 0]
    for wall, x, y, width in wish.openings:
        along = (x - wall.start[0]) * wall.along[0] + (y - wall.start[1]) * wall.along[1]
        beside = width / 2 + half
        shifts = [0.0, *(s * k * 2 * STEP for k in range(1, int(beside / (2 * STEP)) + 1) for s in (1, -1))]
        for shift in shifts:
            if half - _EPS <= along + shift <= wall.length - half + _EPS:
                rows.append(at_wall(board, i, wall, along + shift))
                walls.append(wall.index)
    predicate = wish.relation.predicate
    words = "under a window" if predicate == "under" else "at a window"
    return Block(np.array(rows, float).reshape(-1, 4), tuple(walls), words)


def in_corners(board: Board, i: int, first_wall: int) -> Block:
    """The start and the end of each wall that meets the next in a corner of the room."""
    rows, walls = [], []
    half = float(board.reach[i, 0])
    convex = {(round(x, 4), round(y, 4)) for x, y in board.problem.corners}
    for wall in wall_order(board, first_wall):
        for point, along in ((wall.start, half), (wall.end, wall.length - half)):
            if (round(point[0], 4), round(point[1], 4)) in convex and 2 * half <= wall.length + _EPS:
                rows.append(at_wall(board, i, wall, along))
                walls.append(wall.index)
    return Block(np.array(rows, float).reshape(-1, 4), tuple(walls), "in a corner")


def in_middle(board: Board, i: int) -> Block:
    x, y = middle_of(board.problem.scene.room)
    x, y = down(x), down(y)
    z = float(board.problem.height[i]) / 2
    spots = [(x + dx, y + dy) for dx in (0.0, STEP, -STEP) for dy in (0.0, STEP, -STEP)]
    rows = [(*spot, z, turn) for turn in lying(board, i) for spot in spots]
    return Block(np.array(rows, float), (-1,) * len(rows), "in the middle of the room")


def lying(board: Board, i: int) -> tuple[float, ...]:
    """Its long side along the room's first."""
    length, width = board.problem.scene.room.extent
    long_x = board.reach[i, 0] >= board.reach[i, 1]
    return (0.0, 90.0) if (length >= width) == long_x else (90.0, 0.0)


def lattice(board: Board, i: int) -> Block:
    """Standing free: from the middle of the room outwards."""
    room = board.problem.scene.room
    length, width = room.extent
    x, y = middle_of(room)
    x, y = down(x), down(y)
    xs = [x + k * _LATTICE for k in range(-int(x / _LATTICE), int((length - x) / _LATTICE) + 1)]
    ys = [y + k * _LATTICE for k in range(-int(y / _LATTICE), int((width - y) / _LATTICE) + 1)]
    spots = sorted(((a, b) for a in xs for b in ys), key=lambda p: (round(max(abs(p[0] - x), abs(p[1] - y)), 3), p))
    z = float(board.problem.height[i]) / 2
    turns = lying(board, i)
    asked = [w for w in board.problem.wishes_of[i] if w.relation.predicate == "facing"]
    if asked:
        turns = (*turns, *(turn + 180.0 for turn in turns))
    rows = np.array([(a, b, z, turn) for turn in turns for a, b in spots], float).reshape(-1, 4)
    rows[:, :2] = np.round(rows[:, :2], 4)
    return Block(rows, (-1,) * len(rows), "standing free")


def rows_by(board: Board, i: int, h: int, local: list[tuple[float, float, float]]) -> Array:
    """Rows of piece `i` from x, y, turn in the frame of its placed host."""
    z = board.problem.height[i] / 2
    pose = board.poses[h]
    rows = [(*turned(pose, x, y), z, (pose[3] + turn) % 360.0) for x, y, turn in local]
    return np.array(rows, float).reshape(-1, 4)
