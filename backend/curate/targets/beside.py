# SPDX-License-Identifier: GPL-3.0-or-later
"""Places of a piece that stands by another: beside it, before it, at its sides, across the room from it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...policies.solver.problem import Wish
from ...scene.geometry import Wall
from .board import STEP, Array, Board
from .spots import Block, at_wall, rows_by, wall_order

TABLE_GAP = 0.15
"""Between a sofa's span and the span of the table before it, metres."""
_EPS = 1e-6


def beside_piece(board: Board, i: int, wish: Wish) -> Iterator[Block]:
    problem, h, predicate = board.problem, wish.anchor, wish.relation.predicate
    name = problem.pieces[h].id
    seat = bool(board.seat[i] and board.knee[h])
    if predicate in ("left_of", "right_of"):
        side = 1 if predicate == "left_of" else -1
        yield _side(board, i, h, (side,), f"{_spoken(predicate)} {name}")
    elif predicate == "in_front_of" or (seat and predicate in ("near", "facing")):
        if seat and problem.pieces[h].category in ("dining_table", "kitchen_island"):
            yield _seats(board, i, h)
        elif predicate == "in_front_of" or seat:
            yield _front(board, i, h)
    elif predicate == "behind":
        yield _back(board, i, h)
    elif predicate in ("near", "facing") and problem.pieces[h].category == "coffee_table":
        yield _round_table(board, i, h)
    elif predicate in ("near", "against"):
        yield _side(board, i, h, (1, -1), f"beside {name}")
        if wish.relation.adjacent and problem.categories[i].back == "free":
            yield _front(board, i, h, gap=0.1)
    elif predicate == "facing":
        yield _opposite(board, i, h)


def _spoken(predicate: str) -> str:
    return predicate.replace("_", " ")


def _side(board: Board, i: int, h: int, sides: tuple[int, ...], words: str) -> Block:
    """Left (+1) and right of the host, backs in line, spans touching; then a little off."""
    (px, py), (hx, hy) = board.reach[i], board.reach[h]
    local = []
    for y, turn in ((hy - py, 0.0), (0.0, 0.0), (py - hy, 0.0), (hy - px, 90.0), (hy - px, 270.0)):
        for side in sides:
            wide = px if turn == 0.0 else py
            x = side * (hx + wide)
            quarter = turn if turn == 0.0 else 90.0 if side < 0 else 270.0
            local.append((x, y, quarter))
    for gap in (STEP, 2 * STEP, 3 * STEP):
        local += [(side * (hx + px + gap), hy - py, 0.0) for side in sides]
    rows = rows_by(board, i, h, local)
    behind = {wall.index: wall for wall in board.problem.walls}.get(int(board.wall[h]))
    in_line = [turn == 0.0 and abs(y - (hy - py)) < _EPS for _, y, turn in local]
    same = [
        behind.index if behind and at and 0.0 < _along(behind, row) < behind.length else -1
        for at, row in zip(in_line, rows, strict=True)
    ]
    return Block(rows, tuple(same), words)


def _along(wall: Wall, row: Array) -> float:
    """How far along a wall a piece's middle is, from the wall's start; metres."""
    return float((row[0] - wall.start[0]) * wall.along[0] + (row[1] - wall.start[1]) * wall.along[1])


def _front(board: Board, i: int, h: int, gap: float = 0.0) -> Block:
    """Before the host: a seat at once and turned to it, others with room between and square to it."""
    (px, py), (hx, hy) = board.reach[i], board.reach[h]
    seat = bool(board.seat[i])
    table = board.problem.pieces[i].category == "coffee_table"
    gap = gap or (0.0 if seat else TABLE_GAP)
    turns = ((0.0, px, py), (90.0, py, px)) if table else ((180.0, px, py),)
    shifts = [0.0] + [s * k * 2 * STEP for k in range(1, int(hx / (2 * STEP)) + 1) for s in (1, -1)]
    local = [
        (shift, -(hy + deep + more), turn)
        for more in dict.fromkeys((gap, gap + STEP, max(0.0, gap - STEP), 0.0))
        for turn, _, deep in turns
        for shift in shifts
    ]
    return Block(rows_by(board, i, h, local), (-1,) * len(local), f"in front of {board.problem.pieces[h].id}")


def _back(board: Board, i: int, h: int) -> Block:
    py, hy = board.reach[i, 1], board.reach[h, 1]
    local = [(0.0, hy + py + gap, 0.0) for gap in (0.0, STEP, 2 * STEP)]
    return Block(rows_by(board, i, h, local), (-1,) * len(local), f"behind {board.problem.pieces[h].id}")


def _seats(board: Board, i: int, h: int) -> Block:
    """Round a table, spans touching it and each other: its front and back, then its ends."""
    (px, py), (hx, hy) = board.reach[i], board.reach[h]
    seats = sum(
        wish.anchor == h and wish.relation.predicate == "facing" and bool(board.seat[wish.subject])
        for wish in board.problem.wishes
    )
    long_x = hx >= hy
    long, short = (hx, hy) if long_x else (hy, hx)
    per_side = max(1, int((2 * long + _EPS) / (2 * px)))
    ends = 1 if 2 * short + 2 * STEP >= 2 * px else 0
    per_side = min(per_side, max(1, (seats + 1) // 2 if seats <= 2 * per_side else per_side))
    places: list[tuple[float, float]] = [  # along the long side, which side
        ((2 * k + 1 - per_side) * px, side) for k in range(per_side) for side in (-1, 1)
    ]
    local = []
    for along, side in places:
        if long_x:
            local.append((along, side * (hy + py), 180.0 if side < 0 else 0.0))
        else:
            local.append((side * (hx + py), along, 90.0 if side < 0 else 270.0))
    for side in (-1, 1) if ends else ():
        if long_x:
            local.append((side * (hx + py), 0.0, 90.0 if side < 0 else 270.0))
        else:
            local.append((0.0, side * (hy + py), 180.0 if side < 0 else 0.0))
    return Block(rows_by(board, i, h, local), (-1,) * len(local), f"at {board.problem.pieces[h].id}")


def _round_table(board: Board, i: int, h: int) -> Block:
    """At the ends of a coffee table, turned to it; then opposite."""
    py = board.reach[i, 1]
    hx, hy = board.reach[h]
    local = []
    for gap in (0.3, 0.2, 0.4):
        local += [(side * (hx + py + gap), 0.0, 90.0 if side < 0 else 270.0) for side in (1, -1)]
        local.append((0.0, -(hy + py + gap), 180.0))
    for gap in (0.2, 0.3):
        local += [(side * (hx + py + gap), y, 90.0 if side < 0 else 270.0) for y in (-0.3, 0.3) for side in (1, -1)]
    return Block(rows_by(board, i, h, local), (-1,) * len(local), f"beside {board.problem.pieces[h].id}")


def _opposite(board: Board, i: int, h: int) -> Block:
    """Across the room from the host with the back to a wall, in line with it; then standing free before it."""
    rows, walls = [], []
    reach = board.reach[i]
    rotation = board.poses[h, 3]
    for wall in wall_order(board, 0):
        if abs((wall.facing - rotation - 180.0 + 180.0) % 360.0 - 180.0) > 1.0:
            continue
        along = _along(wall, board.poses[h])
        shifts = [0.0] + [s * k * 2 * STEP for k in range(1, 8) for s in (1, -1)]
        for shift in shifts:
            if reach[0] - _EPS <= along + shift <= wall.length - reach[0] + _EPS:
                rows.append(at_wall(board, i, wall, along + shift))
                walls.append(wall.index)
    rows_free = rows_by(board, i, h, [
        (shift, -(board.reach[h, 1] + away + reach[1]), 180.0)
        for away in (1.8, 1.5, 2.2, 1.2, 2.6, 0.9, 3.0)
        for shift in (0.0, 0.3, -0.3, 0.6, -0.6)
    ])  # fmt: skip
    rows_free[:, :2] = np.round(rows_free[:, :2] / STEP) * STEP
    table = np.concatenate([np.array(rows, float).reshape(-1, 4), rows_free])
    return Block(table, (*walls, *(-1 for _ in rows_free)), f"facing {board.problem.pieces[h].id}")
