# SPDX-License-Identifier: GPL-3.0-or-later
"""Candidate poses for one piece in the present state: against walls, in its host's slots, free in the room."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ...scene.geometry import Wall
from .boxes import Array
from .problem import MARGIN, Problem
from .slots import slot_candidates

STRAY = 1.5
"""Prior cost of standing elsewhere than in the host's slots."""

EYE_LEVEL = 1.5
_CENTRE_HEIGHT = {"blackboard": 1.5, "clock": 1.95, "wall_cabinet": 1.75, "wall_lamp": 1.6, "wall_shelf": 1.45}


def candidates(
    problem: Problem, i: int, poses: Array, placed: NDArray[np.bool_], rng: np.random.Generator, most: int
) -> Array:
    """Up to about `most` candidates for piece `i` anywhere, rows x, y, z, degrees, prior cost; shape (m, 5)."""
    h = int(problem.host[i])
    tied = h >= 0 and bool(placed[h])
    rows: list[Array] = []
    mount = problem.mount[i]
    if mount == "wall":
        rows.append(_on_walls(problem, i, poses, placed, rng))
    elif mount == "ceiling":
        rows.append(_on_ceiling(problem, i, rng))
    elif mount == "on":
        rows.append(_on_tops(problem, i, poses, placed))
    else:
        stray = STRAY if tied and problem.ties[problem.pieces[i].id].slot not in ("opposite", "row") else 0.0
        rows.append(_on_floor(problem, i, poses, placed, rng, stray, most))
    return np.concatenate(rows)


def host_slots(problem: Problem, i: int, poses: Array, placed: NDArray[np.bool_]) -> Array:
    """Candidates beside, under or on the host piece `i` is tied to; none where it has none or the slot is a wall's."""
    h = int(problem.host[i])
    if h < 0 or not placed[h]:
        return np.zeros((0, 5))
    return slot_candidates(problem, i, poses)


def _on_floor(
    problem: Problem,
    i: int,
    poses: Array,
    placed: NDArray[np.bool_],
    rng: np.random.Generator,
    stray: float,
    most: int,
) -> Array:
    walls = _along_walls(problem, i, poses, placed, rng)
    backed = problem.categories[i].back == "wall"
    free = _free(problem, i, rng, most // 3 if backed else most // 2)
    if backed:
        free[:, 4] += 1.2  # standing free what belongs to a wall
    rows = np.concatenate([walls, free])
    rows[:, 4] += stray
    if len(rows) > most:
        rows = rows[rng.permutation(len(rows))[:most]]
    return np.concatenate([rows, _in_middle(problem, i)])


def _in_middle(problem: Problem, i: int) -> Array:
    """Centred in the room, at all four turns, for what is asked to be there."""
    if not any(wish.kind == "middle" and wish.relation.predicate != "far_from" for wish in problem.wishes_of[i]):
        return np.zeros((0, 5))
    x, y = (problem.polygon.min(0) + problem.polygon.max(0)) / 2
    turns = [(wall.facing + turn) % 360.0 for wall in problem.walls[:1] for turn in (0.0, 90.0, 180.0, 270.0)]
    return np.array([(x, y, problem.height[i] / 2, turn, 0.0) for turn in turns])


def _along_walls(problem: Problem, i: int, poses: Array, placed: NDArray[np.bool_], rng: np.random.Generator) -> Array:
    """Back (and, less liked, a side) to every wall: ends, middle, flush with neighbours, under openings, in steps."""
    px, py = (float(v) for v in problem.half[i])
    z = float(problem.height[i]) / 2
    turns = [(0.0, px, py, 0.0)]
    if px != py:
        side_prior = 0.0 if problem.categories[i].back == "free" else 1.0
        turns += [(90.0, py, px, side_prior), (270.0, py, px, side_prior)]
    neighbours = _neighbours(problem, poses, placed)
    rows = []
    for w, wall in enumerate(problem.walls):
        stops = _stops(problem, wall, neighbours[w])
        for turn, along, deep, prior in turns:
            low, high = along + MARGIN, wall.length - along - MARGIN
            if high < low:
                continue
            step = 0.15 if turn == 0.0 else 0.4
            offsets = np.concatenate([
                (low, high, wall.length / 2),
                stops[:, 0] + stops[:, 1] * along,
                np.arange(low + rng.uniform(0, step), high, step),
            ])  # fmt: skip
            offsets = offsets[(offsets >= low) & (offsets <= high)]
            block = np.empty((len(offsets), 5))
            (x, y), (ax, ay) = wall.point(0.0, deep + MARGIN), wall.along
            block[:, 0] = x + ax * offsets
            block[:, 1] = y + ay * offsets
            block[:, 2:] = z, (wall.facing + turn) % 360.0, prior
            rows.append(block)
    return np.concatenate(rows) if rows else np.zeros((0, 5))


def _neighbours(problem: Problem, poses: Array, placed: NDArray[np.bool_]) -> list[Array]:
    """Per wall, the stretches (from, to) that placed floor pieces take along it, shape (k, 2)."""
    standing = np.array(
        [j for j in np.flatnonzero(placed) if problem.mount[j] == "floor" and not problem.walkable[j]], int
    )
    if not len(standing):
        return [np.zeros((0, 2)) for _ in problem.walls]
    box = problem.boxes(poses[standing], standing)
    result = []
    for wall in problem.walls:
        (ax, ay), (nx, ny) = wall.along, wall.inward
        dx, dy = box.x - wall.start[0], box.y - wall.start[1]
        depth = dx * nx + dy * ny - np.abs(nx * box.c + ny * box.s) * box.hx - np.abs(ny * box.c - nx * box.s) * box.hy
        reach = np.abs(ax * box.c + ay * box.s) * box.hx + np.abs(ay * box.c - ax * box.s) * box.hy
        centre = dx * ax + dy * ay
        at_wall = (depth > -0.1) & (depth < 0.7)
        result.append(np.stack([centre - reach, centre + reach], 1)[at_wall])
    return result


def _stops(problem: Problem, wall: Wall, taken: Array) -> Array:
    """Offsets as (base, factor of the piece's half length): flush with neighbours, beside or centred on openings."""
    stops: list[tuple[float, float]] = []
    for opening in problem.scene.room.openings:
        if opening.wall == wall.index:
            low, high = opening.offset, opening.offset + opening.width
            stops += [(low - MARGIN, -1.0), (high + MARGIN, 1.0), ((low + high) / 2, 0.0)]
    for low, high in taken:
        stops += [(low - MARGIN - 0.002, -1.0), (high + MARGIN + 0.002, 1.0)]
    return np.array(stops, float).reshape(-1, 2)


def _free(problem: Problem, i: int, rng: np.random.Generator, count: int) -> Array:
    """Scattered over the floor, turned square to the walls; plants and lamps also into corners."""
    px, py = problem.half[i]
    low, high = problem.polygon.min(0), problem.polygon.max(0)
    area = float(np.prod(high - low))
    step = max(0.12, math.sqrt(area / max(count / 2, 1)))
    xs = np.arange(low[0] + rng.uniform(0, step), high[0], step)
    ys = np.arange(low[1] + rng.uniform(0, step), high[1], step)
    grid = np.stack(np.meshgrid(xs, ys, indexing="ij"), -1).reshape(-1, 2)
    middle = (low + high) / 2
    grid = np.concatenate([grid, [middle], np.stack([xs, np.full_like(xs, middle[1])], -1)])
    base = max(problem.walls, key=lambda wall: wall.length).facing
    turns = np.array([0.0, 90.0, 180.0, 270.0])
    rows = np.empty((len(grid) * 2, 5))
    rows[:, :2] = np.repeat(grid, 2, axis=0)
    rows[:, 2] = problem.height[i] / 2
    rows[:, 3] = (base + rng.choice(turns, len(rows))) % 360.0
    rows[:, 4] = 0.0
    if len(rows) > count:
        rows = rows[rng.permutation(len(rows))[:count]]
    corners = _corners(problem, float(px), float(py))
    corners[:, 2] = problem.height[i] / 2
    return np.concatenate([rows, corners])


def _corners(problem: Problem, px: float, py: float) -> Array:
    """In each convex corner, 2 to 15 cm off both walls."""
    rows = []
    reach = max(px, py)
    for k, wall in enumerate(problem.walls):
        before = problem.walls[k - 1]
        if before.along[0] * wall.along[1] - before.along[1] * wall.along[0] < 0.2:
            continue
        for gap in (0.02, 0.08, 0.15):
            x, y = wall.point(reach + gap, reach + gap)
            rows.append((x, y, 0.0, wall.facing, 0.0))
    return np.array(rows, float).reshape(-1, 5)


def _on_walls(problem: Problem, i: int, poses: Array, placed: NDArray[np.bool_], rng: np.random.Generator) -> Array:
    """Hung on walls at the usual height, or a hand above the host; prior grows with the distance from the host."""
    px, py = (float(v) for v in problem.half[i])
    height = float(problem.height[i])
    ceiling = problem.scene.room.height
    category = problem.pieces[i].category
    usual = min(_CENTRE_HEIGHT.get(category, EYE_LEVEL), ceiling - height / 2 - 0.05)
    usual = max(usual, height / 2 + 0.02)
    h = int(problem.host[i])
    over = h >= 0 and bool(placed[h])
    lowest = float(poses[h, 2] + problem.height[h] / 2) + 0.12 if over else 0.0
    tops = sorted({float(poses[j, 2] + problem.height[j] / 2) + 0.15 for j in np.flatnonzero(placed)})
    heights = [max(usual, lowest + height / 2)]
    heights += [top + height / 2 for top in tops if usual < top + height / 2 < usual + 0.7][:3]
    heights = [z for z in dict.fromkeys(heights) if z + height / 2 <= ceiling - 0.02]
    rows = []
    for wall in problem.walls:
        low, high = px + MARGIN, wall.length - px - MARGIN
        if high < low:
            continue
        offsets = [wall.length / 2, low, high, *np.arange(low + rng.uniform(0, 0.15), high, 0.15)]
        target = None
        if over:
            target = (poses[h, 0] - wall.start[0]) * wall.along[0] + (poses[h, 1] - wall.start[1]) * wall.along[1]
            offsets += [target, target - px - 0.05, target + px + 0.05]
        for offset in offsets:
            if not low <= offset <= high:
                continue
            x, y = wall.point(float(offset), py + 0.002)
            if target is not None:
                away = (poses[h, 0] - x) * wall.inward[0] + (poses[h, 1] - y) * wall.inward[1] - problem.half[h].min()
                behind = abs((poses[h, 3] - wall.facing + 180.0) % 360.0 - 180.0) < 1.0 and away < 0.6
                prior = abs(offset - target) if behind else STRAY + 0.3
            else:
                prior = 0.4 * abs(offset - wall.length / 2) / wall.length
            for k, z in enumerate(heights):
                rows.append((x, y, z, wall.facing, prior + 0.4 * k))
    return np.array(rows, float).reshape(-1, 5)


def _on_ceiling(problem: Problem, i: int, rng: np.random.Generator) -> Array:
    """Centred rectangles of the room first: its middle, then a lattice."""
    low, high = problem.polygon.min(0), problem.polygon.max(0)
    z = problem.scene.room.height - problem.height[i] / 2 - 0.001
    rows = []
    lights = [j for j in range(problem.n) if problem.mount[j] == "ceiling"]
    across = max(1, len(lights))
    for nx in range(1, across + 2):
        for ny in range(1, across + 2):
            if nx * ny >= len(lights):
                for a in range(nx):
                    for b in range(ny):
                        x = low[0] + (high[0] - low[0]) * (2 * a + 1) / (2 * nx)
                        y = low[1] + (high[1] - low[1]) * (2 * b + 1) / (2 * ny)
                        rows.append((x, y, z, 0.0, 0.3 * (nx * ny - len(lights))))
    for x in np.arange(low[0] + 0.3, high[0], 0.4):
        for y in np.arange(low[1] + 0.3, high[1], 0.4):
            rows.append((float(x), float(y), z, 0.0, 2.0 + rng.uniform(0, 0.2)))
    return np.array(rows, float).reshape(-1, 5)


def _on_tops(problem: Problem, i: int, poses: Array, placed: NDArray[np.bool_]) -> Array:
    """On any placed surface that is large enough; on the floor by a wall where there is none."""
    px, py = problem.half[i]
    rows: list[tuple[float, float, float, float, float]] = []
    for j in np.flatnonzero(placed):
        if j == problem.host[i] or not problem.categories[j].surface:
            continue
        hx, hy = problem.half[j] - (px + 0.01, py + 0.01)
        if min(hx, hy) < 0:
            continue
        x, y, z, rotation = poses[j]
        angle = math.radians(rotation)
        c, s = math.cos(angle), math.sin(angle)
        top = z + problem.height[j] / 2 + problem.height[i] / 2
        for dx in (-hx, -hx / 2, 0.0, hx / 2, hx):
            for dy in (-hy, 0.0, hy):
                rows.append((x + dx * c - dy * s, y + dx * s + dy * c, top, rotation, STRAY))
    if not rows:
        for wall in problem.walls:
            for offset in np.arange(px + 0.05, wall.length - px - 0.05, 0.3):
                x, y = wall.point(float(offset), float(py) + 0.03)
                rows.append((x, y, float(problem.height[i]) / 2, wall.facing, 3 * STRAY))
    return np.array(rows, float).reshape(-1, 5)
