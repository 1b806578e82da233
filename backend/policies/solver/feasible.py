# SPDX-License-Identifier: GPL-3.0-or-later
"""The hard rules: which candidates stand inside the room, off everything else, and out of doors and windows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .boxes import Array, Boxes, height_overlap, join, plan_overlap
from .problem import Problem

Mask = NDArray[np.bool_]

CLEAR = 0.006
"""Least plan gap between two bodies that share a height, metres; the slots leave 1 cm."""
TOUCH = 0.001
"""Height two bodies may share without being in each other's way, metres."""
UNDER_DOOR = 0.02
"""Things flatter than this may lie in a door's sweep, metres."""


def feasible(
    problem: Problem,
    i: int,
    cand: Array,
    poses: Array,
    placed: Mask,
    *,
    windows: bool = True,
    clear: float = CLEAR,
    slack: float = 1e-6,
) -> Mask:
    """Which candidates (m, 4+) of piece `i` break no hard rule in the present state, shape (m,).

    `clear` is the plan gap asked for between bodies (negative: that much overlap passes); `slack` how far a piece may
    reach out of the room, metres.
    """
    boxes = problem.boxes(cand, i)
    ok = problem.outside(boxes) <= slack
    ok &= (boxes.z1 <= problem.scene.room.height + slack) & (boxes.z0 >= -slack)
    ok &= ~_in_openings(problem, i, boxes, windows, max(slack, TOUCH))
    live = np.flatnonzero(ok)
    if len(live):
        ok[live[hits(problem, i, boxes[live], poses, placed, clear)]] = False
    return ok


def hits(problem: Problem, i: int, boxes: Boxes, poses: Array, placed: Mask, clear: float = CLEAR) -> Mask:
    """Which of these boxes (m,) of piece `i` run into a placed piece."""
    others = placed.copy()
    others[i] = False
    others &= problem.walkable if problem.walkable[i] else ~problem.walkable
    through = problem.knee if problem.seat[i] else problem.seat if problem.knee[i] else np.zeros(problem.n, bool)
    plain, shaped = np.flatnonzero(others & ~through), np.flatnonzero(others & through)
    result = np.zeros(len(boxes.x), bool)
    if problem.walkable[i] and len(plain):  # rugs lie beside each other, however thin they are
        return (plan_overlap(boxes, problem.boxes(poses[plain], plain)) > -clear).any(-1)
    if len(plain):
        result |= _collide(boxes, problem.boxes(poses[plain], plain), clear).any(-1)
    if len(shaped):
        result |= _shapes_collide(problem, i, boxes, poses, shaped, clear)
    return result


def part_boxes(problem: Problem, j: int, box: Boxes) -> list[Boxes]:
    """The parts of piece `j` standing as `box` (whole boxes of it, any shape)."""
    result = []
    middle = (box.z0 + box.z1) / 2
    for part in problem.parts[j]:
        (cx, cy, cz), (hx, hy, hz) = part.center, (side / 2 for side in part.size)
        local = box.local(cx, cy, np.asarray(hx), np.asarray(hy))
        result.append(local.raised(middle + cz - hz, middle + cz + hz))
    return result


def _shapes_collide(
    problem: Problem, i: int, boxes: Boxes, poses: Array, shaped: NDArray[np.int64], clear: float
) -> Mask:
    """Seats against tables: part by part, and only where the whole boxes meet at all."""
    result = np.zeros(len(boxes.x), bool)
    whole = _collide(boxes, problem.boxes(poses[shaped], shaped), clear)
    near = np.flatnonzero(whole.any(0))
    rows = np.flatnonzero(whole.any(1))
    if not len(near):
        return result
    theirs = join([part for j in shaped[near] for part in part_boxes(problem, int(j), problem.boxes(poses[j], j))])
    for own in part_boxes(problem, i, boxes[rows]):
        result[rows] |= _collide(own, theirs, clear).any(-1)
    return result


def _collide(a: Boxes, b: Boxes, clear: float) -> Mask:
    return (plan_overlap(a, b) > -clear) & (height_overlap(a, b) > max(TOUCH, -clear))


def _in_openings(problem: Problem, i: int, boxes: Boxes, windows: bool, slack: float) -> Mask:
    blocked = np.zeros(len(boxes.x), bool)
    doors = problem.doors
    if len(doors.x) and not (problem.walkable[i] and problem.height[i] <= UNDER_DOOR):
        blocked |= ((plan_overlap(boxes, doors) > slack) & (height_overlap(boxes, doors) > slack)).any(-1)
    if windows and len(problem.windows.x) and problem.mount[i] in ("floor", "wall"):
        view = problem.windows
        blocked |= ((plan_overlap(boxes, view) > slack) & (height_overlap(boxes, view) > slack)).any(-1)
    return blocked
