# SPDX-License-Identifier: GPL-3.0-or-later
"""Things that only look right together: a class's desks in rows with aisles, a kitchen's units in one line."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ...scene.geometry import Wall
from .boxes import Array
from .feasible import feasible
from .problem import MARGIN, Problem
from .slots import GAP

LEAST = 6
"""As many equal desks make rows."""
AISLE = 0.62
"""Free width between two columns, metres: a person."""
SEAT_ROOM = 0.95
"""Depth behind a desk for its seat and to pass behind, metres."""


def row_poses(problem: Problem, poses: Array, placed: NDArray[np.bool_]) -> dict[int, Array]:
    """Poses (x, y, z, degrees) in rows for every set of `LEAST` or more equal desks; {} where none fits whole."""
    result: dict[int, Array] = {}
    sets: dict[tuple[str, float, float], list[int]] = defaultdict(list)
    for i, piece in enumerate(problem.pieces):
        if piece.category in ("school_desk", "desk") and not placed[i] and not problem.fixed[i]:
            sets[piece.category, round(piece.size[0], 1), round(piece.size[1], 1)].append(i)
    for members in sets.values():
        if len(members) >= LEAST:
            rows = _best_rows(problem, members, poses, placed)
            if rows is not None:
                # Front row first, so that the first listed sit in front.
                result.update({i: rows[k] for k, i in enumerate(members)})
    return result


def line_poses(
    problem: Problem, poses: Array, placed: NDArray[np.bool_], cost: Callable[[int, Array], Array]
) -> dict[int, Array]:
    """Poses for every set of three or more pieces tied in a "row", side by side along one wall; {} where none fits.

    `cost(i, rows)` is what piece `i` costs at candidate rows (m, 5).
    """
    result: dict[int, Array] = {}
    for members in _lines(problem, placed):
        best: tuple[float, dict[int, Array]] | None = None
        for order in (members, members[::-1]):
            for wall in problem.walls:
                found = _line_along(problem, order, wall, poses, placed, cost)
                if found is not None and (best is None or found[0] < best[0]):
                    best = found
        if best is not None:
            result.update(best[1])
    return result


def _line_along(
    problem: Problem,
    order: list[int],
    wall: Wall,
    poses: Array,
    placed: NDArray[np.bool_],
    cost: Callable[[int, Array], Array],
) -> tuple[float, dict[int, Array]] | None:
    length = sum(2 * float(problem.half[i, 0]) + GAP for i in order) - GAP
    starts = np.arange(MARGIN, wall.length - length - MARGIN + 1e-9, 0.08)
    if not len(starts):
        return None
    starts = np.append(starts, wall.length - length - MARGIN)
    total, ok = np.zeros(len(starts)), np.ones(len(starts), bool)
    rows: dict[int, Array] = {}
    along = 0.0
    for i in order:
        px, py = (float(v) for v in problem.half[i])
        (x, y), (ax, ay) = wall.point(along + px, py + MARGIN), wall.along
        block = np.zeros((len(starts), 5))
        block[:, 0], block[:, 1] = x + ax * starts, y + ay * starts
        block[:, 2], block[:, 3] = problem.height[i] / 2, wall.facing
        ok &= feasible(problem, i, block, poses, placed)
        if not ok.any():
            return None
        total += cost(i, block)
        rows[i] = block
        along += 2 * px + GAP
    # Rather from corner to corner than with a strip left over.
    total += 0.2 * np.minimum(starts, wall.length - length - starts)
    k = int(np.argmin(np.where(ok, total, np.inf)))
    return float(total[k]), {i: block[k, :4] for i, block in rows.items()}


def _lines(problem: Problem, placed: NDArray[np.bool_]) -> list[list[int]]:
    """Sets of free pieces joined by "row" ties, ordered along the wall: tall ends, wet and hot apart."""
    parent = list(range(problem.n))

    def root(i: int) -> int:
        while parent[i] != i:
            i = parent[i]
        return i

    for tie in problem.ties.values():
        i, h = problem.index[tie.piece], problem.index[tie.host]
        if tie.slot == "row" and not placed[i] and not placed[h]:
            parent[root(i)] = root(h)
    groups: dict[int, list[int]] = defaultdict(list)
    for i in range(problem.n):
        if not problem.fixed[i] and problem.mount[i] == "floor":
            groups[root(i)].append(i)
    return [_in_line(problem, group) for group in groups.values() if len(group) >= 3]


def _in_line(problem: Problem, group: list[int]) -> list[int]:
    template = (
        "fridge",
        "kitchen_counter",
        "kitchen_sink",
        "dishwasher",
        "kitchen_counter",
        "stove",
        "kitchen_counter",
    )
    rest = sorted(group, key=lambda i: -float(problem.height[i]))
    line: list[int] = []
    for name in template:
        found = next((i for i in rest if problem.pieces[i].category == name), None)
        if found is not None:
            line.append(found)
            rest.remove(found)
    return line + rest


def _best_rows(problem: Problem, members: list[int], poses: Array, placed: NDArray[np.bool_]) -> Array | None:
    lead = max(members, key=lambda i: float(problem.half[i].prod()))
    count = len(members)
    boards = [int(j) for j in np.flatnonzero(placed) if problem.pieces[int(j)].category == "blackboard"]
    walls = sorted(problem.walls, key=lambda wall: -wall.length)
    facings = [float(poses[j, 3]) for j in boards] or list(dict.fromkeys(round(wall.facing, 3) for wall in walls))
    best: tuple[float, Array] | None = None
    for facing in facings:  # the class looks against this direction; a desk's own front (the seat's side) is along it
        board = poses[boards[0], :2] if boards else None
        for aisle, back in (
            (AISLE + 0.2, SEAT_ROOM + 0.15),
            (AISLE, SEAT_ROOM),
            (0.5, 0.85),
            (0.36, 0.75),
            (0.05, 0.72),
        ):
            found = _lattice(problem, lead, count, facing, board, aisle, back, poses, placed)
            if found is not None:
                spare = 0.0 if aisle > 0.1 else 1.0
                if best is None or spare < best[0]:
                    best = spare, found
                break
    return best[1] if best else None


def _lattice(
    problem: Problem,
    lead: int,
    count: int,
    facing: float,
    board: Array | None,
    aisle: float,
    back: float,
    poses: Array,
    placed: NDArray[np.bool_],
) -> Array | None:
    """The `count` most forward and central places of a lattice that keeps everything free, or None."""
    px, py = (float(v) for v in problem.half[lead])
    angle = math.radians(facing)
    ahead = np.array([math.sin(angle), -math.cos(angle)])  # from the board into the class
    side = np.array([ahead[1], -ahead[0]])
    span = problem.polygon @ np.stack([side, ahead], 1)
    low, high = span.min(0), span.max(0)
    dx, dy = 2 * px + aisle, 2 * py + back
    middle = (low[0] + high[0]) / 2 if board is None else float(board @ side)
    first = low[1] + (2.3 if board is not None else 0.8) + py
    best: tuple[float, Array] | None = None
    for shift_x in (0.0, dx / 2, dx / 4, -dx / 4):
        for shift_y in np.arange(-0.5 if board is not None else 0.0, max(dy, 0.6), 0.15):
            xs = np.concatenate([np.arange(middle + shift_x, high[0] - px - 0.05, dx),
                                 np.arange(middle + shift_x - dx, low[0] + px + 0.05, -dx)])  # fmt: skip
            ys = np.arange(first + shift_y, high[1] - py - back + 0.2, dy)
            if len(xs) * len(ys) < count:
                continue
            grid = np.stack(np.meshgrid(xs, ys, indexing="ij"), -1).reshape(-1, 2)
            rows = np.empty((len(grid), 5))
            rows[:, :2] = grid[:, :1] * side + grid[:, 1:] * ahead
            rows[:, 2], rows[:, 3], rows[:, 4] = problem.height[lead] / 2, facing, 0.0
            keep = feasible(problem, lead, rows, poses, placed)
            seats = problem.boxes(rows, lead).local(0.0, -py - 0.3, np.asarray(px - 0.05), np.asarray(0.28))
            keep &= problem.outside(seats) <= -0.02 if problem.rectangle else problem.outside(seats) <= 0
            if keep.sum() < count:
                continue
            rows, grid = rows[keep], grid[keep]
            # Whole rows, the front ones first; in the last row the middle ones.
            order = np.lexsort((np.abs(grid[:, 0] - middle), np.round(grid[:, 1], 3)))[:count]
            chosen = grid[order]
            cost = float(np.ptp(chosen[:, 1]) + 0.4 * abs(chosen[:, 0].mean() - middle) + 0.3 * abs(shift_y))
            if best is None or cost < best[0]:
                best = cost, rows[order][:, :4]
    return best[1] if best else None
