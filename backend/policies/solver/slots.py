# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a tied piece can stand relative to its host: candidate poses with a prior cost, best ideas first."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from .boxes import Array
from .problem import MARGIN, Problem

Local = tuple[float, float, float, float]
"""A pose in the host's frame: x, y (its front is -y), rotation added to the host's, prior cost."""

GAP = MARGIN + 0.002


def slot_candidates(problem: Problem, i: int, poses: Array) -> Array:
    """Candidates for tied piece `i` around its placed host, rows x, y, z, degrees, prior; shape (m, 5).

    Heights are those of the piece's mount, except on top of the host. Slots on walls ("above", "opposite") have their
    own generator in `candidates`.
    """
    tie = problem.ties[problem.pieces[i].id]
    h = int(problem.host[i])
    make = _LOCAL.get(tie.slot)
    if make is None:
        return np.zeros((0, 5))
    local = np.array(make(problem, i, h), float).reshape(-1, 4)
    x, y, z, rotation = poses[h]
    angle = math.radians(rotation)
    cos, sin = math.cos(angle), math.sin(angle)
    rows = np.empty((len(local), 5))
    rows[:, 0] = x + local[:, 0] * cos - local[:, 1] * sin
    rows[:, 1] = y + local[:, 0] * sin + local[:, 1] * cos
    rows[:, 3] = (rotation + local[:, 2]) % 360.0
    rows[:, 4] = local[:, 3]
    if tie.slot == "on_top":
        rows[:, 2] = z + problem.height[h] / 2 + problem.height[i] / 2
    elif problem.mount[i] == "ceiling":
        rows[:, 2] = problem.scene.room.height - problem.height[i] / 2
    else:
        rows[:, 2] = problem.height[i] / 2
    return rows


def _beside_head(problem: Problem, i: int, h: int) -> list[Local]:
    (px, py), (hx, hy) = problem.half[i], problem.half[h]
    return [
        (side * (hx + px + gap), hy - py - back, 0.0, prior)
        for gap, prior in ((0.04, 0.0), (0.09, 0.05), (GAP, 0.1), (0.2, 0.3), (0.35, 0.6))
        for back in (0.0, 0.15)
        for side in (-1, 1)
    ]


def _beside(problem: Problem, i: int, h: int) -> list[Local]:
    (px, py), (hx, hy) = problem.half[i], problem.half[h]
    rows = []
    for gap, prior in ((0.06, 0.0), (0.12, 0.05), (GAP, 0.15), (0.25, 0.3), (0.45, 0.7)):
        for side in (-1, 1):
            for y, more in ((hy - py, 0.0), (0.0, 0.15), (py - hy, 0.3)):
                rows.append((side * (hx + px + gap), y, 0.0, prior + more))
    return rows


def _tuck(problem: Problem, i: int, h: int) -> list[Local]:
    py, (hx, hy) = problem.half[i, 1], problem.half[h]
    depths = (0.2, 0.12, 0.28, 0.05, -0.03, -0.12) if problem.knee[h] else (-0.08, -0.03, -0.15)
    shifts = sorted({0.0, *(s * k * 0.1 for k in range(1, int((hx - 0.2) / 0.1) + 1) for s in (-1, 1))}, key=abs)
    return [
        (shift, -(hy + py - min(depth, py)), 180.0, 0.15 * k + 0.5 * abs(shift))
        for k, depth in enumerate(depths)
        for shift in shifts
    ]


def _around(problem: Problem, i: int, h: int) -> list[Local]:
    """Seats spread evenly: the ideal places for as many as there are first, then any other place along the sides."""
    seats = [j for j in problem.children[h] if problem.ties[problem.pieces[j].id].slot == "around"]
    px, py = problem.half[i]
    ideal = _ring(problem.half[h], px, len(seats))
    order = seats.index(i)
    rows = []
    for k, depth in enumerate((0.18, 0.1, 0.26, 0.02, -0.05)):
        for rank, (x, y, turn) in enumerate([*ideal[order:], *ideal[:order]]):
            rows.append((*_pushed(x, y, turn, py, min(depth, py)), turn, 0.1 * k + 0.02 * rank))
        for x, y, turn in _ring(problem.half[h], px, 999):
            rows.append((*_pushed(x, y, turn, py, min(depth, py)), turn, 0.6 + 0.1 * k))
    return rows


def _pushed(x: float, y: float, turn: float, py: float, depth: float) -> tuple[float, float]:
    """From a point on the table's edge outwards by the seat's half depth, less what goes under the table."""
    angle = math.radians(turn)
    return x - math.sin(angle) * (py - depth), y + math.cos(angle) * (py - depth)


def _ring(half: Array, px: float, count: int) -> list[tuple[float, float, float]]:
    """`count` places on a table's edge (x, y, turn of a seat that faces the table), or all that fit."""
    hx, hy = float(half[0]), float(half[1])
    long_is_x = hx >= hy
    long, short = (hx, hy) if long_is_x else (hy, hx)
    comfortable, tight = max(0.6, 2 * px + 0.06), 2 * px + 0.04
    per_long = int((2 * long + 0.04) / comfortable)
    per_short = int((2 * short + 0.12) / comfortable)
    if count > 2 * per_long + 2 * per_short:
        per_long, per_short = int((2 * long + 0.04) / tight), int((2 * short + 0.12) / tight)
    wanted = [0, 0, 0, 0]  # long -, long +, short -, short +
    for _ in range(min(count, 2 * per_long + 2 * per_short)):
        sides = [s for s in range(4) if wanted[s] < (per_long if s < 2 else per_short)]
        full = min(per_long, per_short + 1) if per_short else per_long
        # Long sides first, the heads of the table once the long sides are comfortable.
        side = min(sides, key=lambda s: (wanted[s] if s < 2 else full - 1 + wanted[s] + 0.5, s))
        wanted[side] += 1
    rows = []
    for side, number in enumerate(wanted):
        reach, edge = (long, short) if side < 2 else (short, long)
        for k in range(number):
            along = -reach + (2 * k + 1) * reach / number
            across = -edge if side % 2 == 0 else edge
            x, y = (along, across) if (side < 2) == long_is_x else (across, along)
            turns = (180.0, 0.0) if (side < 2) == long_is_x else (90.0, 270.0)
            turn = turns[0] if across < 0 else turns[1]
            rows.append((x, y, turn))
    return rows


def _in_front(problem: Problem, i: int, h: int) -> list[Local]:
    (px, py), (hx, hy) = problem.half[i], problem.half[h]
    flat = problem.walkable[i]
    gaps = (0.03, 0.1, -0.1, 0.2) if flat else (0.42, 0.46, 0.38, 0.34, 0.55, 0.3, 0.7, 0.2, 0.9, 1.2)
    if problem.knee[h] and not flat:
        gaps = (0.1, *gaps)
    turns = (90.0, 270.0) if px < py and problem.categories[i].access == 0 else (0.0, 180.0, 90.0, 270.0)
    return _shifted(gaps, turns, px, py, hx, hy, lambda along, out: (along, -out))


def _behind(problem: Problem, i: int, h: int) -> list[Local]:
    (px, py), (hx, hy) = problem.half[i], problem.half[h]
    return _shifted(_NEAR_GAPS, _TURNS, px, py, hx, hy, lambda along, out: (along, out))


def _left(problem: Problem, i: int, h: int) -> list[Local]:
    return _sideways(problem, i, h, 1)


def _right(problem: Problem, i: int, h: int) -> list[Local]:
    return _sideways(problem, i, h, -1)


def _sideways(problem: Problem, i: int, h: int, side: int) -> list[Local]:
    """Right is -x in the host's frame, as its front is -y."""
    (px, py), (hx, hy) = problem.half[i], problem.half[h]
    rows = [(side * (hx + px + gap), hy - py, 0.0, 0.1 * k) for k, gap in enumerate(_NEAR_GAPS)]
    return rows + _shifted(_NEAR_GAPS, _TURNS, px, py, hy, hx, lambda along, out: (side * out, along))


_TURNS = (0.0, 180.0, 90.0, 270.0)
_NEAR_GAPS = (0.05, 0.12, 0.25, GAP, 0.4, 0.6, 0.9)


def _shifted(
    gaps: tuple[float, ...],
    turns: tuple[float, ...],
    px: float,
    py: float,
    hx: float,
    hy: float,
    place: Callable[[float, float], tuple[float, float]],
) -> list[Local]:
    """Along one side of the host: every gap, turn and shift; `place` maps (along the side, out of it) to host x, y."""
    rows = []
    for k, gap in enumerate(gaps):
        for t, turn in enumerate(turns):
            ex, ey = (px, py) if turn % 180 == 0 else (py, px)
            sideways = place(0.0, 1.0)[0] != 0.0
            out = hy + (ex if sideways else ey) + gap
            for shift in (0.0, 0.2, -0.2, 0.5, -0.5):
                if abs(shift) < hx:
                    rows.append((*place(shift, out), turn, 0.05 * k + 0.1 * t + 0.4 * abs(shift)))
    return rows


def _foot(problem: Problem, i: int, h: int) -> list[Local]:
    (px, py), (_, hy) = problem.half[i], problem.half[h]
    turn, depth = (0.0, py) if px >= py else (90.0, px)
    return [(0.0, -(hy + depth + gap), turn, 0.1 * k) for k, gap in enumerate((0.06, 0.12, GAP, 0.2))]


_ROUND = {90: 0.0, 65: 0.1, 110: 0.0, 40: 0.4, 130: 0.2, 155: 0.5, 180: 0.6}
"""Angles round the coffee table from the sofa's back, with priors: opposite the sofa it would hide the screen."""


def _seating(problem: Problem, i: int, h: int) -> list[Local]:
    """On a ring about the coffee table's place before the sofa, turned to its middle."""
    py, hy = problem.half[i, 1], problem.half[h, 1]
    tables = [j for j in problem.children[h] if problem.pieces[j].category == "coffee_table"]
    depth = max((2 * min(problem.half[j]) for j in tables), default=0.6)
    width = max((2 * max(problem.half[j]) for j in tables), default=0.9)
    middle = -(hy + 0.42 + depth / 2)
    rows = []
    for around in _ROUND:
        for side in (-1, 1):
            a = math.radians(side * around)  # from the host's back direction: 180 is opposite the sofa
            for k, gap in enumerate((0.4, 0.3, 0.55, 0.75)):
                reach = abs(math.sin(a)) * width / 2 + abs(math.cos(a)) * depth / 2 + gap + py
                x, y = math.sin(a) * reach, middle + math.cos(a) * reach
                turn = math.degrees(math.atan2(-x, y - middle)) % 360.0
                prior = 0.08 * k + _ROUND[around]
                rows.append((x, y, turn, prior))
                square = round(turn / 90.0) * 90.0
                if abs(square - turn) > 1.0:
                    rows.append((x, y, square, prior + 0.05))
    return rows


def _under_group(problem: Problem, i: int, h: int) -> list[Local]:
    (px, py), (hx, hy) = problem.half[i], problem.half[h]
    category = problem.pieces[h].category
    long_first = (0.0, 90.0) if (px >= py) == (hx >= hy or category in ("sofa", "bed")) else (90.0, 0.0)
    rows = []
    for t, turn in enumerate(long_first):
        depth = py if turn == 0.0 else px
        if category == "sofa":
            places = [-(hy - under + depth) for under in (0.3, 0.2, 0.1, 0.45)]
        elif category in ("bed", "single_bed"):
            places = [-0.3 * hy - max(0.0, depth - 0.7 * hy), -0.45 * hy, -hy]
        elif category == "desk":
            places = [-hy, -hy - 0.2]
        else:
            places = [0.0]
        for k, y in enumerate(places):
            for shift in (0.0, 0.15, -0.15, 0.35, -0.35):
                rows.append((shift, y, turn, 0.1 * k + 0.5 * t + abs(shift)))
    return rows


def _on_top(problem: Problem, i: int, h: int) -> list[Local]:
    (px, py), (hx, hy) = problem.half[i], problem.half[h]
    turn = 90.0 if (px > hx or py > hy) and px <= hy and py <= hx else 0.0
    if turn:
        px, py = py, px
    inset = 0.015
    room_x, room_y = max(hx - px - inset, 0.0), max(hy - py - inset, 0.0)
    category = problem.pieces[i].category
    back = {"monitor": 0.8, "tv": 0.0, "laptop": 0.0, "table_lamp": 0.6, "microwave": 0.6}.get(category, 0.2)
    aside = {"table_lamp": 0.85 if hx > 0.4 else 0.0, "books": 0.5, "microwave": 0.7, "small_plant": 0.7}.get(
        category, 0.0
    )
    rows = []
    if px > hx:  # a television wider than its stand may stand off its middle
        room_x = min(0.3 * hx, px - hx + inset)
    for x in np.linspace(-room_x, room_x, 9) if room_x > 0.05 else (0.0,):
        for y in np.linspace(-room_y, room_y, 5) if room_y > 0.04 else (0.0,):
            off = abs(abs(x) - aside * room_x) + abs(y - back * room_y)
            rows.append((float(x), float(y), turn, 0.6 * off))
    return rows


def _over(problem: Problem, i: int, h: int) -> list[Local]:
    return [(x, y, 0.0, abs(x) + abs(y)) for x in (0.0, 0.2, -0.2, 0.4, -0.4) for y in (0.0, 0.2, -0.2)]


def _row(problem: Problem, i: int, h: int) -> list[Local]:
    (px, py), (hx, hy) = problem.half[i], problem.half[h]
    return [(side * (hx + px + GAP), hy - py, 0.0, 0.0) for side in (-1, 1)]


def _board(problem: Problem, i: int, h: int) -> list[Local]:
    """Before the board with room for the teacher between; the lectern beside the desk."""
    py, hy = problem.half[i, 1], problem.half[h, 1]
    shifts = (
        (0.0, 0.4, -0.4, 0.8, -0.8) if problem.pieces[i].category == "desk" else (1.3, -1.3, 1.0, -1.0, 0.0, 1.7, -1.7)
    )
    return [
        (shift, -(hy + gap + py), 180.0, 0.1 * k + 0.1 * t)
        for k, gap in enumerate((1.0, 1.15, 0.85, 1.3))
        for t, shift in enumerate(shifts)
    ]


def _near(problem: Problem, i: int, h: int) -> list[Local]:
    rows = _sideways(problem, i, h, 1) + _sideways(problem, i, h, -1) + _behind(problem, i, h)
    (px, py), (hx, hy) = problem.half[i], problem.half[h]
    return rows + _shifted(_NEAR_GAPS, _TURNS, px, py, hx, hy, lambda along, out: (along, -out))


_LOCAL: dict[str, Callable[[Problem, int, int], list[Local]]] = {
    "beside_head": _beside_head, "beside": _beside, "tuck": _tuck, "around": _around, "in_front": _in_front,
    "behind": _behind, "left": _left, "right": _right, "foot": _foot, "seating": _seating,
    "under_group": _under_group, "on_top": _on_top, "over": _over, "row": _row, "board": _board, "near": _near,
}  # fmt: skip
