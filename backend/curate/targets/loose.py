# SPDX-License-Identifier: GPL-3.0-or-later
"""Places of what does not stand on the floor by itself: rugs, what hangs on walls and ceilings, what is on others."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...scene.geometry import Wall
from .board import STEP, Array, Board, down, up
from .spots import Block, in_middle, lattice, rows_by, wall_order

EYE = {"blackboard": 1.5, "clock": 1.95, "wall_cabinet": 1.75, "wall_lamp": 1.6, "wall_shelf": 1.45}
EYE_LEVEL = 1.5
ABOVE = 0.1
"""Least height between a piece and what hangs over it, metres."""
_LATTICE = 0.25
_EPS = 1e-6


def rug(board: Board, i: int) -> Iterator[Block]:
    problem = board.problem
    for wish in problem.wishes_of[i]:
        h = wish.anchor
        if h < 0 or not board.placed[h]:
            continue
        name = problem.pieces[h].id
        (px, py), (hx, hy) = board.reach[i], board.reach[h]
        turns = ((0.0, px, py), (90.0, py, px)) if (px >= py) == (hx >= hy) else ((90.0, py, px), (0.0, px, py))
        if wish.relation.predicate in ("under", "centered_on", "near"):
            shifts = [(0.0, 0.0)] + [(a * k * STEP * 2, 0.0) for k in range(1, 8) for a in (1, -1)]
            shifts += [(0.0, b * k * STEP * 2) for k in range(1, 8) for b in (-1, 1)]
            local = [(x, y, turn) for turn, _, _ in turns for x, y in shifts]
            yield Block(rows_by(board, i, h, local), (-1,) * len(local), f"under {name}")
        if wish.relation.predicate != "under":
            local = [(0.0, -(hy + deep), turn) for turn, _, deep in turns]
            local += [(side * (hx + wide), 0.0, turn) for turn, wide, _ in turns for side in (1, -1)]
            yield Block(rows_by(board, i, h, local), (-1,) * len(local), f"beside {name}")
    yield in_middle(board, i)
    yield lattice(board, i)


def hung(board: Board, i: int, first_wall: int) -> Iterator[Block]:
    """Flat on walls: over its host, then wherever there is room, at the usual height or over what stands there."""
    problem = board.problem
    height = float(problem.height[i])
    usual = EYE.get(problem.pieces[i].category, EYE_LEVEL)
    most = down(problem.scene.room.height - height / 2 - 0.02)
    half, deep = float(board.reach[i, 0]), float(board.half[i, 1])
    for wish in problem.wishes_of[i]:
        h = wish.anchor
        if h >= 0 and board.placed[h] and wish.relation.predicate in ("above", "near", "centered_on", "behind"):
            level = min(max(usual, up(board.high[h, 2] + ABOVE + height / 2)), most)
            rows, walls = [], []
            for wall in _walls_behind(board, h):
                along = _along(wall, board.poses[h])
                for shift in (0.0, *(s * k * STEP for k in range(1, 12) for s in (1, -1))):
                    rows.append(_flat(wall, along + shift, deep, level))
                    walls.append(wall.index if half - _EPS <= along + shift <= wall.length - half + _EPS else -2)
            keep = [k for k, wall in enumerate(walls) if wall >= 0]
            table = np.array(rows, float).reshape(-1, 4)[keep]
            yield Block(table, tuple(walls[k] for k in keep), f"above {problem.pieces[h].id}")
    named = [w.walls for w in problem.wishes_of[i] if w.kind == "wall" and w.relation.predicate in ("against", "on")]
    only = set.intersection(*({wall.index for wall in walls} for walls in named)) if named else None
    tops = sorted({up(float(top) + ABOVE + height / 2) for top in board.high[board.placed, 2]})
    levels = [min(usual, most), *(top for top in tops if usual < top <= most)]
    rows, walls = [], []
    for level in dict.fromkeys(levels):
        for wall in wall_order(board, first_wall):
            if 2 * half > wall.length + _EPS or (only is not None and wall.index not in only):
                continue
            stops = [wall.length / 2, half, *np.arange(half, wall.length - half, _LATTICE), wall.length - half]
            for along in stops:
                if half - _EPS <= along <= wall.length - half + _EPS:
                    rows.append(_flat(wall, float(along), deep, level))
                    walls.append(wall.index)
    yield Block(np.array(rows, float).reshape(-1, 4), tuple(walls), "")


def _walls_behind(board: Board, h: int) -> list[Wall]:
    """The walls within reach of a piece, the one at its back first."""
    own = [wall for wall in board.problem.walls if wall.index == board.wall[h]]
    if own:
        return own
    near = []
    for wall in wall_order(board, 0):
        x, y = (board.low[h, :2] + board.high[h, :2]) / 2
        away = (x - wall.start[0]) * wall.inward[0] + (y - wall.start[1]) * wall.inward[1]
        along = _along(wall, board.poses[h])
        if 0 <= away <= float(board.reach[h].max()) + 0.3 and 0 <= along <= wall.length:
            near.append((away, wall))
    return [wall for _, wall in sorted(near, key=lambda pair: pair[0])]


def _along(wall: Wall, pose: Array) -> float:
    return float((pose[0] - wall.start[0]) * wall.along[0] + (pose[1] - wall.start[1]) * wall.along[1])


def _flat(wall: Wall, along: float, deep: float, level: float) -> tuple[float, float, float, float]:
    """Flat on a wall: exact across it, on the grid along it."""
    x, y = wall.point(along, deep)
    if abs(wall.inward[0]) > 0.5:
        y = round(round(y / STEP) * STEP, 4)
    else:
        x = round(round(x / STEP) * STEP, 4)
    return x, y, level, wall.facing


def on_tops(board: Board, i: int) -> Iterator[Block]:
    """On its host: the middle first, then to the left and right of that; then on any other surface."""
    problem = board.problem
    asked = [w.anchor for w in problem.wishes_of[i] if w.relation.predicate in ("on", "centered_on") and w.anchor >= 0]
    tied = int(problem.host[i])
    others = [j for j in range(problem.n) if problem.categories[j].surface and j != i]
    order: list[int] = [*asked, *([tied] if tied >= 0 else []), *others]
    for h in dict.fromkeys(order):
        if not board.placed[h]:
            continue
        (px, py), (hx, hy) = board.half[i], problem.half[h]
        tall = problem.height[i] / 2 + board.poses[h, 2] + problem.height[h] / 2
        local = []
        for turn in (0.0, 90.0):
            wide, deep = (px, py) if turn == 0.0 else (py, px)
            room_x, room_y = max(0.0, hx - wide), max(0.0, hy - deep)
            if (wide > hx or deep > hy) and turn == 90.0:
                continue
            xs = [0.0] + [s * k * STEP for k in range(1, int(room_x / STEP + _EPS) + 1) for s in (1, -1)]
            ys = [0.0] + [s * k * STEP for k in range(1, int(room_y / STEP + _EPS) + 1) for s in (1, -1)]
            local += [(x, y, turn) for y in ys for x in xs]
        rows = rows_by(board, i, h, local)
        rows[:, 2] = tall
        yield Block(rows, (-1,) * len(rows), f"on {problem.pieces[h].id}")


def on_ceiling(board: Board, i: int) -> Iterator[Block]:
    problem = board.problem
    z = float(problem.scene.room.height - problem.height[i] / 2)
    for wish in problem.wishes_of[i]:
        if wish.anchor >= 0 and board.placed[wish.anchor]:
            x, y = board.poses[wish.anchor, :2]
            spots = [(x + a * STEP, y + b * STEP) for a in (0, 1, -1, 2, -2) for b in (0, 1, -1, 2, -2)]
            rows = np.array([(a, b, z, 0.0) for a, b in spots])
            yield Block(rows, (-1,) * len(rows), f"above {problem.pieces[wish.anchor].id}")
    middle, around = in_middle(board, i), lattice(board, i)
    rows = np.concatenate([middle.rows, around.rows])
    rows[:, 2], rows[:, 3] = z, 0.0
    yield Block(rows, (-1,) * len(rows), "on the ceiling")
