# SPDX-License-Identifier: GPL-3.0-or-later
"""Make a layout valid by moving little: out of each other, into the room, onto the floor, off the doors."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..rewards.physics import TOLERANCE
from ..scene import Layout, Pose, Scene
from .solver.boxes import Array, height_overlap, plan_overlap
from .solver.candidates import candidates
from .solver.feasible import feasible
from .solver.problem import MARGIN, Problem, compile_problem

_TURN_COST = 0.5
"""Metres that a quarter turn counts as, when the least move is chosen."""
_SLACK = 0.8 * TOLERANCE


@dataclass(frozen=True, slots=True)
class Settled:
    """The settled layout, how far each moved piece went (metres, turns counted as distance at its edge), and the ids
    that could not be made valid and stay as they were."""

    layout: Layout
    moved: dict[str, float]
    stuck: tuple[str, ...]


def settle(scene: Scene, layout: Layout) -> Settled:
    """Move the pieces of `layout` the least that makes them valid. Fixed pieces and unplaced ones are left alone.

    Large pieces stay before small ones do; what rests on a piece goes with it. A valid layout comes back as it is.
    """
    problem = compile_problem(scene)
    poses, given = _poses(problem, layout)
    carried = _carriers(problem, poses, given)
    order = _order(problem, given, carried)
    result, stuck = _pass(problem, poses, order, carried)
    for _ in range(3):  # what found no room goes before the rest, except its carrier
        if not stuck:
            break
        first = [i for i in order if i in stuck or any(carried[k] == i for k in stuck)]
        order = first + [i for i in order if i not in first]
        again, still = _pass(problem, poses, order, carried)
        if len(still) < len(stuck):
            result, stuck = again, still
    return _report(problem, layout, poses, result, given, [problem.pieces[i].id for i in stuck])


def _pass(problem: Problem, poses: Array, order: list[int], carried: NDArray[np.int64]) -> tuple[Array, list[int]]:
    """Settle the pieces in this order; the poses, and the pieces that found no valid place and stay as they were."""
    settled = problem.fixed.copy()
    result, stuck = poses.copy(), []
    for i in order:
        before = result[i].copy()
        found = _least_move(problem, i, before, result, settled)
        if found is None:
            stuck.append(i)
            continue
        result[i] = found
        settled[i] = True
        _carry_along(problem, i, before, found, result, carried, settled)
    return result, stuck


def _least_move(problem: Problem, i: int, start: Array, poses: Array, settled: NDArray[np.bool_]) -> Array | None:
    """The valid pose nearest to `start`, or None."""
    wanted = _on_level(problem, i, start, poses, settled)
    for pose in (start, wanted):
        near = abs(pose[2] - wanted[2]) <= _SLACK and np.abs(pose - wanted).max() <= (
            _SLACK if problem.mount[i] == "wall" else 1e9
        )
        if near and feasible(problem, i, pose[None], poses, settled, clear=-_SLACK, slack=_SLACK)[0]:
            return pose
    rows = [_pushed_out(problem, i, wanted, poses, settled), _rings(wanted)]
    if problem.mount[i] == "wall":
        rows = [_walls(problem, i, wanted)]
    elif problem.mount[i] == "on":
        rows.append(_tops(problem, i, wanted, poses, settled))
    else:
        rows.append(_inside(problem, i, np.concatenate(rows)))
        rows.append(_turned(np.concatenate(rows[:2])))
        anywhere = candidates(problem, i, poses, settled, np.random.default_rng(0), 1200)[:, :4]
        rows.append(anywhere)
    cand = np.concatenate(rows)
    for windows in (True, False):
        ok = cand[feasible(problem, i, cand, poses, settled, windows=windows)]
        if len(ok):
            best = ok[np.argmin(_moves(ok, wanted))]
            return _drawn_back(problem, i, wanted, best, poses, settled, windows)
    return None


def _drawn_back(
    problem: Problem, i: int, wanted: Array, found: Array, poses: Array, settled: NDArray[np.bool_], windows: bool
) -> Array:
    """The point nearest to `wanted` on the way from `found` back to it that is still valid."""
    share = np.linspace(1.0, 0.0, 41)[:, None]
    way = wanted + (found - wanted) * share
    way[:, 2:] = found[2:]
    ok = feasible(problem, i, way, poses, settled, windows=windows)
    stop = int(np.argmin(ok)) if not ok.all() else len(ok)
    return way[max(stop - 1, 0)]


def _moves(rows: Array, wanted: Array) -> Array:
    turn = np.abs((rows[:, 3] - wanted[3] + 180.0) % 360.0 - 180.0)
    return np.linalg.norm(rows[:, :3] - wanted[:3], axis=1) + _TURN_COST * turn / 90.0


def _rings(wanted: Array) -> Array:
    radii = np.concatenate([np.arange(0.02, 0.3, 0.04), np.arange(0.3, 1.2, 0.1), np.arange(1.2, 6.0, 0.3)])
    angles = np.arange(0, 2 * math.pi, math.pi / 12)
    rows = np.tile(wanted, (len(radii) * len(angles), 1))
    rows[:, 0] += np.outer(radii, np.cos(angles)).ravel()
    rows[:, 1] += np.outer(radii, np.sin(angles)).ravel()
    return rows


def _turned(rows: Array) -> Array:
    """The same places square to the room's axes, and with the other side in front."""
    square = rows.copy()
    square[:, 3] = np.round(rows[:, 3] / 90.0) * 90.0
    quarter = square.copy()
    quarter[:, 3] += 90.0
    return np.concatenate([square, quarter])


def _pushed_out(problem: Problem, i: int, wanted: Array, poses: Array, settled: NDArray[np.bool_]) -> Array:
    """Pushed out along each obstacle's own axes, from there out of the next, a few times over: the short ways out."""
    others = settled & ~problem.walkable
    others[i] = False
    index = np.flatnonzero(others)
    level = wanted[None].copy()
    frontier, seen = level, [level]
    for _ in range(3):
        nexts = []
        for row in frontier[:12]:
            box = problem.boxes(row[None], i)
            if len(index):
                obstacle = problem.boxes(poses[index], index)
                hit = (plan_overlap(box, obstacle)[0] > -MARGIN) & (height_overlap(box, obstacle)[0] > 0)
                for j in index[hit]:
                    nexts.append(_ways_out(problem, i, int(j), row, poses))
        if not nexts:
            break
        frontier = np.concatenate(nexts)
        frontier = frontier[np.argsort(_moves(frontier, wanted))]
        seen.append(frontier)
    return np.concatenate(seen)


def _ways_out(problem: Problem, i: int, j: int, row: Array, poses: Array) -> Array:
    rows = []
    for owner, other in ((poses[j], row), (row, poses[j])):
        angle = math.radians(owner[3])
        turn = math.radians(other[3] - owner[3])
        half_owner = problem.half[j] if owner is poses[j] else problem.half[i]
        half_other = problem.half[i] if owner is poses[j] else problem.half[j]
        for axis, (ux, uy) in enumerate(((math.cos(angle), math.sin(angle)), (-math.sin(angle), math.cos(angle)))):
            c, s = abs(math.cos(turn)), abs(math.sin(turn))
            reach = half_other[0] * (c if axis == 0 else s) + half_other[1] * (s if axis == 0 else c)
            along = (row[0] - poses[j, 0]) * ux + (row[1] - poses[j, 1]) * uy
            for side in (-1.0, 1.0):
                shift = side * (half_owner[axis] + reach + MARGIN) - along
                moved = row.copy()
                moved[0] += shift * ux
                moved[1] += shift * uy
                rows.append(moved)
    return np.array(rows)


def _inside(problem: Problem, i: int, rows: Array) -> Array:
    """The same rows drawn into the room, wall by wall where they reach through one."""
    rows = rows.copy()
    for _ in range(2):
        for wall in problem.walls:
            box = problem.boxes(rows, i)
            corners = box.corners()
            (nx, ny), (ax, ay) = wall.inward, wall.along
            dx, dy = corners[..., 0] - wall.start[0], corners[..., 1] - wall.start[1]
            depth = (dx * nx + dy * ny).min(-1)
            along = (rows[:, 0] - wall.start[0]) * ax + (rows[:, 1] - wall.start[1]) * ay
            # A wall of a concave room binds only what is beside it.
            beside = (along > -0.1) & (along < wall.length + 0.1) & (depth > -3.0 if len(problem.reflex) else True)
            push = np.where(beside & (depth < MARGIN / 2), MARGIN - depth, 0.0)
            rows[:, 0] += push * nx
            rows[:, 1] += push * ny
    return rows


def _walls(problem: Problem, i: int, wanted: Array) -> Array:
    """Flat on every wall: as near as can be, then along it and up and down."""
    px, py = problem.half[i]
    height = problem.height[i]
    rows = []
    for wall in problem.walls:
        low, high = px + MARGIN, wall.length - px - MARGIN
        if high < low:
            continue
        along = (wanted[0] - wall.start[0]) * wall.along[0] + (wanted[1] - wall.start[1]) * wall.along[1]
        offsets = np.clip(np.concatenate([[along], np.arange(low, high, 0.1)]), low, high)
        top = problem.scene.room.height - height / 2
        for z in np.clip(wanted[2] + np.array([0, 0.1, -0.1, 0.2, -0.2, 0.4, -0.4]), height / 2, max(top, height / 2)):
            for offset in offsets:
                rows.append((*wall.point(float(offset), float(py) + 0.002), z, wall.facing))
    return np.array(rows, float).reshape(-1, 4)


def _tops(problem: Problem, i: int, wanted: Array, poses: Array, settled: NDArray[np.bool_]) -> Array:
    rows = [wanted]
    for j in np.flatnonzero(settled):
        if not problem.categories[j].surface:
            continue
        room = np.maximum(problem.half[j] - problem.half[i].max(), 0.0)
        x, y, z, rotation = poses[j]
        angle = math.radians(rotation)
        c, s = math.cos(angle), math.sin(angle)
        for dx in np.linspace(-room[0], room[0], 7):
            for dy in np.linspace(-room[1], room[1], 5):
                top = z + problem.height[j] / 2 + problem.height[i] / 2
                rows.append(np.array([x + dx * c - dy * s, y + dx * s + dy * c, top, wanted[3]]))
    return np.array(rows)


def _on_level(problem: Problem, i: int, pose: Array, poses: Array, settled: NDArray[np.bool_]) -> Array:
    """The pose at the height of its mount: on the floor, the ceiling, the wall, or the top of what is under it."""
    pose = pose.copy()
    half = problem.height[i] / 2
    mount = problem.mount[i]
    if mount == "floor":
        level = half
    elif mount == "ceiling":
        level = problem.scene.room.height - half
    elif mount == "on":
        j = _below(problem, i, pose, poses, settled)
        level = half if j < 0 else poses[j, 2] + problem.height[j] / 2 + half
    else:
        walls = _walls(problem, i, pose)
        nearest = walls[np.argmin(_moves(walls, pose))] if len(walls) else pose
        return nearest
    pose[2] = level
    return pose


def _below(problem: Problem, i: int, pose: Array, poses: Array, given: NDArray[np.bool_]) -> int:
    """The piece whose top the middle of piece `i` is over, the one nearest in height; -1: none."""
    best, least = -1, math.inf
    for j in np.flatnonzero(given):
        if j == i or problem.mount[j] in ("wall", "ceiling") or problem.walkable[j]:
            continue
        angle = math.radians(poses[j, 3])
        dx, dy = pose[0] - poses[j, 0], pose[1] - poses[j, 1]
        x, y = dx * math.cos(angle) + dy * math.sin(angle), dy * math.cos(angle) - dx * math.sin(angle)
        if abs(x) <= problem.half[j, 0] and abs(y) <= problem.half[j, 1]:
            away = abs(pose[2] - problem.height[i] / 2 - poses[j, 2] - problem.height[j] / 2)
            if away < least:
                best, least = int(j), away
    return best


def _carriers(problem: Problem, poses: Array, given: NDArray[np.bool_]) -> NDArray[np.int64]:
    """For every piece that rests on another, that other; -1 elsewhere."""
    return np.array(
        [
            _below(problem, i, poses[i], poses, given) if given[i] and problem.mount[i] == "on" else -1
            for i in range(problem.n)
        ]
    )


def _carry_along(
    problem: Problem,
    i: int,
    before: Array,
    after: Array,
    poses: Array,
    carried: NDArray[np.int64],
    settled: NDArray[np.bool_],
) -> None:
    turn = math.radians(after[3] - before[3])
    c, s = math.cos(turn), math.sin(turn)
    for j in np.flatnonzero((carried == i) & ~settled & ~problem.fixed):
        dx, dy = poses[j, 0] - before[0], poses[j, 1] - before[1]
        poses[j, 0], poses[j, 1] = after[0] + dx * c - dy * s, after[1] + dx * s + dy * c
        poses[j, 2] += after[2] - before[2]
        poses[j, 3] += after[3] - before[3]


def _order(problem: Problem, given: NDArray[np.bool_], carried: NDArray[np.int64]) -> list[int]:
    """Carriers before what they carry; the floor before walls and ceiling; large before small; seats after tables."""
    levels = {"floor": 0, "on": 1, "wall": 2, "ceiling": 3}
    return sorted(
        (int(i) for i in np.flatnonzero(given & ~problem.fixed)),
        key=lambda i: (levels[problem.mount[i]], carried[i] >= 0, -float(problem.half[i].prod())),
    )


def _poses(problem: Problem, layout: Layout) -> tuple[Array, NDArray[np.bool_]]:
    poses = problem.fixed_pose.copy()
    given = problem.fixed.copy()
    for i, piece in enumerate(problem.pieces):
        pose = layout.get(piece.id)
        if pose is not None and not piece.fixed:
            poses[i] = pose.x, pose.y, pose.z, pose.rotation
            given[i] = True
    return poses, given


def _report(
    problem: Problem, layout: Layout, before: Array, after: Array, given: NDArray[np.bool_], stuck: list[str]
) -> Settled:
    poses: dict[str, Pose] = {}
    moved: dict[str, float] = {}
    for i in np.flatnonzero(given & ~problem.fixed):
        id = problem.pieces[i].id
        turn = abs((after[i, 3] - before[i, 3] + 180.0) % 360.0 - 180.0)
        way = float(np.linalg.norm(after[i, :3] - before[i, :3]))
        if way > 1e-9 or turn > 1e-9:
            x, y, z, rotation = (float(v) for v in after[i])
            poses[id] = Pose(round(x, 4), round(y, 4), round(z, 4), round(rotation % 360.0, 3) % 360.0)
            moved[id] = way + math.radians(turn) * float(np.hypot(*problem.half[i]))
    return Settled(layout.moved(poses), moved, tuple(stuck))
