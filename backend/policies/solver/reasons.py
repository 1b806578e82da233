# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a piece found no place, in words that tell what to change."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .boxes import Array
from .candidates import candidates
from .feasible import feasible
from .problem import MARGIN, Problem


def why_unplaced(problem: Problem, i: int, poses: Array, placed: NDArray[np.bool_], rng: np.random.Generator) -> str:
    """What rules piece `i` out first: its height, the room's plan, doors and windows, fixed pieces, the rest."""
    piece = problem.pieces[i]
    name = piece.label or piece.id
    length, width, height = piece.size
    room = problem.scene.room
    size = f"{length:.2f} × {width:.2f} × {height:.2f} m"
    if height > room.height + 1e-6:
        return f"{name} ({size}) is higher than the room ({room.height:.2f} m)."
    plan = f"{room.extent[0]:.2f} × {room.extent[1]:.2f} m"
    nothing = np.zeros(problem.n, bool)
    if problem.mount[i] == "wall":
        longest = max(wall.length for wall in problem.walls)
        if length + 2 * MARGIN > longest:
            return f"{name} ({size}) is wider than the longest wall ({longest:.2f} m)."
    if problem.mount[i] in ("floor", "on") and not _any(problem, i, poses, nothing, rng, openings=False):
        return f"{name} ({size}) does not fit into the room's plan ({plan}), even when empty."
    if not _any(problem, i, poses, nothing, rng):
        return f"{name} ({size}) fits nowhere without blocking a door or window, even in the empty room."
    if problem.fixed.any() and not _any(problem, i, poses, problem.fixed, rng):
        return f"{name} ({size}) fits nowhere beside the locked pieces; unlock or move one."
    if problem.mount[i] == "wall":
        return f"{name} ({size}) finds no free stretch of wall beside windows, doors and furniture."
    free = _free_area(problem, poses, placed)
    return (
        f"{name} ({size}) finds no free place: it needs {length * width:.1f} m² in one piece, and of the floor "
        f"{free:.1f} m² are left, in pieces. Remove or shrink something, or take a larger room."
    )


def could_fit(problem: Problem, i: int, rng: np.random.Generator) -> bool:
    """Whether piece `i` has any place beside the fixed pieces alone, windows not counted."""
    rows = candidates(problem, i, problem.fixed_pose, problem.fixed, rng, 4000)
    return bool(len(rows) and feasible(problem, i, rows, problem.fixed_pose, problem.fixed, windows=False).any())


def _any(
    problem: Problem, i: int, poses: Array, placed: NDArray[np.bool_], rng: np.random.Generator, openings: bool = True
) -> bool:
    rows = candidates(problem, i, poses, placed, rng, 4000)
    if not len(rows):
        return False
    if openings:
        return bool(feasible(problem, i, rows, poses, placed).any())
    return bool((problem.outside(problem.boxes(rows, i)) <= 1e-6).any())


def _free_area(problem: Problem, poses: Array, placed: NDArray[np.bool_]) -> float:
    """Floor neither under furniture nor in a door's way, m²."""
    p, q = problem.polygon, np.roll(problem.polygon, -1, axis=0)
    area = float(np.sum(p[:, 0] * q[:, 1] - q[:, 0] * p[:, 1]) / 2)
    standing = [j for j in np.flatnonzero(placed) if problem.mount[j] == "floor" and not problem.walkable[j]]
    area -= sum(4 * float(problem.half[j].prod()) for j in standing)
    area -= float(np.sum(4 * problem.doors.hx * problem.doors.hy))
    return max(area, 0.0)
