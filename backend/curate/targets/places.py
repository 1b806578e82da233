# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a piece may go, in the one order in which a lesson tries: its place beside another, then along the walls.

Each block of candidates comes with the words that say why; the first candidate that is free and satisfies the piece's
relations is taken, so the order is what a model has to learn.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from ...policies.solver.problem import Wish
from ...rewards.places import middle_of
from ...scene.anchors import openings_of
from ...scene.geometry import Wall
from .board import STEP, Array, Board, down, turned, up

EYE = {"blackboard": 1.5, "clock": 1.95, "wall_cabinet": 1.75, "wall_lamp": 1.6, "wall_shelf": 1.45}
EYE_LEVEL = 1.5
ABOVE = 0.1
"""Least height between a piece and what hangs over it, metres."""
TABLE_GAP = 0.15
"""Between a sofa's span and the span of the table before it, metres."""
_LATTICE = 0.25
_TABLES = frozenset({"dining_table", "kitchen_island", "school_desk", "coffee_table"})
_AT_WINDOWS = frozenset({"under", "near", "in_front_of", "against", "centered_on"})
_EPS = 1e-6


class Block(NamedTuple):
    """Candidates (m, 4) in their order, the wall each has its back to (-1: none), and why here: `words`, which may be
    "" where only the wall says it."""

    rows: Array
    walls: tuple[int, ...]
    words: str


def blocks(board: Board, i: int, first_wall: int) -> Iterator[Block]:
    """All places of piece `i`, best first."""
    mount = board.mounts[i]
    if mount == "wall":
        yield from _hung(board, i, first_wall)
    elif mount == "ceiling":
        yield from _on_ceiling(board, i)
    elif mount == "on":
        yield from _on_tops(board, i)
    elif board.problem.walkable[i]:
        yield from _rug(board, i)
    else:
        yield from _standing(board, i, first_wall)


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


def _standing(board: Board, i: int, first_wall: int) -> Iterator[Block]:
    problem = board.problem
    free = problem.categories[i].back == "free"
    for wish in problem.wishes_of[i]:
        if wish.anchor >= 0 and board.placed[wish.anchor]:
            yield from _beside_piece(board, i, wish)
    for wish in problem.wishes_of[i]:
        if wish.kind == "opening" and wish.relation.predicate in _AT_WINDOWS and _is_window(board, wish):
            yield _before_windows(board, i, wish)
        elif wish.relation.predicate == "in_corner" or (
            wish.kind == "corner" and wish.relation.predicate != "far_from"
        ):
            yield _corners(board, i, first_wall)
        elif wish.kind == "middle" and wish.relation.predicate not in ("far_from", "facing"):
            yield _middle(board, i)
    pieces = problem.pieces
    if free and pieces[i].category in _TABLES:
        yield _lattice(board, i)
    named = [w.walls for w in problem.wishes_of[i] if w.kind == "wall" and w.relation.predicate in ("against", "on")]
    only = set.intersection(*({wall.index for wall in walls} for walls in named)) if named else None
    yield _along_walls(board, i, first_wall, only)
    if free or not named:
        yield _lattice(board, i)


# Beside another piece


def _beside_piece(board: Board, i: int, wish: Wish) -> Iterator[Block]:
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


def _rows(board: Board, i: int, h: int, local: list[tuple[float, float, float]]) -> Array:
    """Rows of piece `i` from x, y, turn in the frame of its placed host."""
    z = board.problem.height[i] / 2
    pose = board.poses[h]
    rows = [(*turned(pose, x, y), z, (pose[3] + turn) % 360.0) for x, y, turn in local]
    return np.array(rows, float).reshape(-1, 4)


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
    rows = _rows(board, i, h, local)
    same = [board.wall[h] if turn == 0.0 and abs(y - (hy - py)) < _EPS else -1 for _, y, turn in local]
    return Block(rows, tuple(int(w) for w in same), words)


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
    return Block(_rows(board, i, h, local), (-1,) * len(local), f"in front of {board.problem.pieces[h].id}")


def _back(board: Board, i: int, h: int) -> Block:
    py, hy = board.reach[i, 1], board.reach[h, 1]
    local = [(0.0, hy + py + gap, 0.0) for gap in (0.0, STEP, 2 * STEP)]
    return Block(_rows(board, i, h, local), (-1,) * len(local), f"behind {board.problem.pieces[h].id}")


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
    return Block(_rows(board, i, h, local), (-1,) * len(local), f"at {board.problem.pieces[h].id}")


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
    return Block(_rows(board, i, h, local), (-1,) * len(local), f"beside {board.problem.pieces[h].id}")


def _opposite(board: Board, i: int, h: int) -> Block:
    """Across the room from the host with the back to a wall, in line with it; then standing free before it."""
    rows, walls = [], []
    reach = board.reach[i]
    x, y, _, rotation = board.poses[h]
    for wall in wall_order(board, 0):
        if abs((wall.facing - rotation - 180.0 + 180.0) % 360.0 - 180.0) > 1.0:
            continue
        along = (x - wall.start[0]) * wall.along[0] + (y - wall.start[1]) * wall.along[1]
        shifts = [0.0] + [s * k * 2 * STEP for k in range(1, 8) for s in (1, -1)]
        for shift in shifts:
            if reach[0] - _EPS <= along + shift <= wall.length - reach[0] + _EPS:
                rows.append(_at_wall(board, i, wall, along + shift))
                walls.append(wall.index)
    rows_free = _rows(board, i, h, [
        (shift, -(board.reach[h, 1] + away + reach[1]), 180.0)
        for away in (1.8, 1.5, 2.2, 1.2, 2.6, 0.9, 3.0)
        for shift in (0.0, 0.3, -0.3, 0.6, -0.6)
    ])  # fmt: skip
    rows_free[:, :2] = np.round(rows_free[:, :2] / STEP) * STEP
    table = np.concatenate([np.array(rows, float).reshape(-1, 4), rows_free])
    return Block(table, (*walls, *(-1 for _ in rows_free)), f"facing {board.problem.pieces[h].id}")


# In the room


def _at_wall(board: Board, i: int, wall: Wall, along: float) -> tuple[float, float, float, float]:
    """Its back to a wall, its middle at `along` from the wall's start; on the grid, into the room."""
    x, y = wall.point(along, float(board.reach[i, 1]))
    if abs(wall.inward[0]) > 0.5:
        x, y = (up(x) if wall.inward[0] > 0 else down(x)), round(round(y / STEP) * STEP, 4)
    else:
        y, x = (up(y) if wall.inward[1] > 0 else down(y)), round(round(x / STEP) * STEP, 4)
    return x, y, float(board.problem.height[i]) / 2, wall.facing


def _along_walls(board: Board, i: int, first_wall: int, only: set[int] | None) -> Block:
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
            rows.append(_at_wall(board, i, wall, along))
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


def _is_window(board: Board, wish: Wish) -> bool:
    return any(opening.kind == "window" for opening in openings_of(board.problem.scene.room, wish.relation.anchor))


def _before_windows(board: Board, i: int, wish: Wish) -> Block:
    """Under or at windows, in line with them first."""
    rows, walls = [], []
    half = board.reach[i, 0]
    for wall, x, y, width in wish.openings:
        along = (x - wall.start[0]) * wall.along[0] + (y - wall.start[1]) * wall.along[1]
        beside = width / 2 + half
        shifts = [0.0, *(s * k * 2 * STEP for k in range(1, int(beside / (2 * STEP)) + 1) for s in (1, -1))]
        for shift in shifts:
            if half - _EPS <= along + shift <= wall.length - half + _EPS:
                rows.append(_at_wall(board, i, wall, along + shift))
                walls.append(wall.index)
    predicate = wish.relation.predicate
    words = "under a window" if predicate == "under" else "at a window"
    return Block(np.array(rows, float).reshape(-1, 4), tuple(walls), words)


def _corners(board: Board, i: int, first_wall: int) -> Block:
    """The start and the end of each wall that meets the next in a corner of the room."""
    rows, walls = [], []
    half = float(board.reach[i, 0])
    convex = {(round(x, 4), round(y, 4)) for x, y in board.problem.corners}
    for wall in wall_order(board, first_wall):
        for point, along in ((wall.start, half), (wall.end, wall.length - half)):
            if (round(point[0], 4), round(point[1], 4)) in convex and 2 * half <= wall.length + _EPS:
                rows.append(_at_wall(board, i, wall, along))
                walls.append(wall.index)
    return Block(np.array(rows, float).reshape(-1, 4), tuple(walls), "in a corner")


def _middle(board: Board, i: int) -> Block:
    x, y = middle_of(board.problem.scene.room)
    x, y = down(x), down(y)
    z = float(board.problem.height[i]) / 2
    spots = [(x + dx, y + dy) for dx in (0.0, STEP, -STEP) for dy in (0.0, STEP, -STEP)]
    rows = [(*spot, z, turn) for turn in _lying(board, i) for spot in spots]
    return Block(np.array(rows, float), (-1,) * len(rows), "in the middle of the room")


def _lying(board: Board, i: int) -> tuple[float, ...]:
    """Its long side along the room's first."""
    length, width = board.problem.scene.room.extent
    long_x = board.reach[i, 0] >= board.reach[i, 1]
    return (0.0, 90.0) if (length >= width) == long_x else (90.0, 0.0)


def _lattice(board: Board, i: int) -> Block:
    """Standing free: from the middle of the room outwards."""
    room = board.problem.scene.room
    length, width = room.extent
    x, y = middle_of(room)
    x, y = down(x), down(y)
    xs = [x + k * _LATTICE for k in range(-int(x / _LATTICE), int((length - x) / _LATTICE) + 1)]
    ys = [y + k * _LATTICE for k in range(-int(y / _LATTICE), int((width - y) / _LATTICE) + 1)]
    spots = sorted(((a, b) for a in xs for b in ys), key=lambda p: (round(max(abs(p[0] - x), abs(p[1] - y)), 3), p))
    z = float(board.problem.height[i]) / 2
    turns = _lying(board, i)
    asked = [w for w in board.problem.wishes_of[i] if w.relation.predicate == "facing"]
    if asked:
        turns = (*turns, *(turn + 180.0 for turn in turns))
    rows = np.array([(a, b, z, turn) for turn in turns for a, b in spots], float).reshape(-1, 4)
    rows[:, :2] = np.round(rows[:, :2], 4)
    return Block(rows, (-1,) * len(rows), "standing free")


# What does not stand on the floor


def _rug(board: Board, i: int) -> Iterator[Block]:
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
            yield Block(_rows(board, i, h, local), (-1,) * len(local), f"under {name}")
        if wish.relation.predicate != "under":
            local = [(0.0, -(hy + deep), turn) for turn, _, deep in turns]
            local += [(side * (hx + wide), 0.0, turn) for turn, wide, _ in turns for side in (1, -1)]
            yield Block(_rows(board, i, h, local), (-1,) * len(local), f"beside {name}")
    yield _middle(board, i)
    yield _lattice(board, i)


def _hung(board: Board, i: int, first_wall: int) -> Iterator[Block]:
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


def _on_tops(board: Board, i: int) -> Iterator[Block]:
    """On its host: the middle first, then to the left and right of that; then on any other surface."""
    problem = board.problem
    asked = [w.anchor for w in problem.wishes_of[i] if w.relation.predicate in ("on", "centered_on") and w.anchor >= 0]
    tied = int(problem.host[i])
    others = [j for j in range(problem.n) if problem.categories[j].surface and j != i]
    for h in dict.fromkeys([*asked, *([tied] if tied >= 0 else []), *others]):
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
        rows = _rows(board, i, h, local)
        rows[:, 2] = tall
        yield Block(rows, (-1,) * len(rows), f"on {problem.pieces[h].id}")


def _on_ceiling(board: Board, i: int) -> Iterator[Block]:
    problem = board.problem
    z = float(problem.scene.room.height - problem.height[i] / 2)
    for wish in problem.wishes_of[i]:
        if wish.anchor >= 0 and board.placed[wish.anchor]:
            x, y = board.poses[wish.anchor, :2]
            spots = [(x + a * STEP, y + b * STEP) for a in (0, 1, -1, 2, -2) for b in (0, 1, -1, 2, -2)]
            rows = np.array([(a, b, z, 0.0) for a, b in spots])
            yield Block(rows, (-1,) * len(rows), f"above {problem.pieces[wish.anchor].id}")
    block = _middle(board, i)
    lattice = _lattice(board, i)
    rows = np.concatenate([block.rows, lattice.rows])
    rows[:, 2], rows[:, 3] = z, 0.0
    yield Block(rows, (-1,) * len(rows), "on the ceiling")
