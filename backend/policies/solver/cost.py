# SPDX-License-Identifier: GPL-3.0-or-later
"""The soft rules: free space to use things, asked-for relations, and the habits of a well-arranged room.

Costs of many candidates of one piece at once; the total of a layout is the same terms, each counted once.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .boxes import Array, Boxes, plan_overlap
from .problem import Problem
from .wishes import wish_cost

Mask = NDArray[np.bool_]

WISH = 6.0
"""Weight of one asked-for relation wholly missed."""
ZONE = 2.5
"""Weight of one use zone wholly blocked."""
HABIT = 1.0
UNPLACED = 200.0
HEAD_ROOM = 1.9
"""Things hanging above this do not stand in anyone's way, metres."""
_TALL = 1.35
_SIGHT = 0.55


def candidate_cost(problem: Problem, i: int, cand: Array, poses: Array, placed: Mask) -> Array:
    """Cost of candidates (m, 5) of piece `i` beside what is placed, with its effect on the others' zones; (m,)."""
    boxes = problem.boxes(cand, i)
    others = placed.copy()
    others[i] = False
    cost = cand[:, 4].copy()
    cost += own_cost(problem, i, boxes, poses, others)
    cost += _in_others_zones(problem, i, boxes, poses, others)
    for wish in problem.wishes_to[i]:
        if others[wish.subject]:
            cost += WISH * wish_cost(problem, wish, problem.boxes(poses[wish.subject], wish.subject), boxes)
    for j in problem.children[i]:
        if others[j]:
            cost += _tie_cost(problem, j, problem.boxes(poses[j], j), boxes)
    return cost


def total_cost(problem: Problem, poses: Array, placed: Mask, priors: Array) -> tuple[float, Array]:
    """Cost of the whole layout and each piece's share, (n,). Unplaced pieces weigh by their size."""
    shares = np.zeros(problem.n)
    for i in range(problem.n):
        if problem.fixed[i]:
            continue
        if not placed[i]:
            shares[i] = UNPLACED * (1.0 + float(np.prod(2 * problem.half[i])))
            continue
        others = placed.copy()
        others[i] = False
        box = problem.boxes(poses[i : i + 1], i)
        shares[i] = float(own_cost(problem, i, box, poses, others)[0]) + priors[i]
    return float(shares.sum()), shares


def own_cost(problem: Problem, i: int, boxes: Boxes, poses: Array, others: Mask) -> Array:
    """What piece `i` itself suffers at each of these boxes (m,): its zones, its wishes, its habits."""
    cost = _own_zones(problem, i, boxes, poses, others)
    for wish in problem.wishes_of[i]:
        j = wish.anchor
        if j < 0:
            cost = cost + WISH * wish_cost(problem, wish, boxes, None)
        elif others[j]:
            cost = cost + WISH * wish_cost(problem, wish, boxes, problem.boxes(poses[j], j))
    h = int(problem.host[i])
    if h >= 0 and others[h]:
        host = problem.boxes(poses[h], h)
        cost = cost + _tie_cost(problem, i, boxes, host) + _sight_cost(problem, i, boxes, host, poses, others)
    return cost + HABIT * (_habits(problem, i, boxes) + _crowding(problem, i, boxes, poses, others))


def obstacles(problem: Problem, poses: Array, others: Mask) -> NDArray[np.int64]:
    """Placed pieces that people bump into."""
    low = np.nan_to_num(poses[:, 2]) - problem.height / 2 < HEAD_ROOM
    flat = problem.walkable | (np.array(problem.mount) == "on")
    return np.flatnonzero(others & low & ~flat)


def _own_zones(problem: Problem, i: int, boxes: Boxes, poses: Array, others: Mask) -> Array:
    zones = problem.zones
    mine = np.flatnonzero(zones.owner == i)
    cost = np.zeros(len(boxes.x))
    if not len(mine):
        return cost
    walls = obstacles(problem, poses, others & ~problem.friends[i])
    standing = problem.boxes(poses[walls], walls)
    blocked = []
    for k in mine:
        zone = boxes.local(zones.cx[k], zones.cy[k], zones.hx[k], zones.hy[k])
        depth = 2 * float(min(zones.hx[k], zones.hy[k]))
        share = np.clip((problem.outside(zone) - 0.02) / depth, 0.0, 1.0)
        if len(walls):
            inside = np.clip(plan_overlap(zone, standing), 0.0, None).max(-1) / depth
            share = np.maximum(share, np.minimum(inside, 1.0))
        blocked.append(zones.weight[k] * share)
    if len(mine) == 2 and zones.pair[mine[0]] >= 0:
        double = 0.4 if problem.half[i, 0] > 0.6 else 0.1  # a bed for two is entered from both sides
        return ZONE * (np.minimum(*blocked) + double * np.maximum(*blocked))
    return ZONE * np.sum(blocked, 0)


def _in_others_zones(problem: Problem, i: int, boxes: Boxes, poses: Array, others: Mask) -> Array:
    cost = np.zeros(len(boxes.x))
    if problem.mount[i] != "floor" or problem.walkable[i]:
        return cost
    zones = problem.zones
    owners = others & ~problem.friends[:, i]
    live = np.flatnonzero(owners[zones.owner]) if len(zones.owner) else np.zeros(0, int)
    if not len(live):
        return cost
    owner = zones.owner[live]
    frames = problem.boxes(poses[owner], owner)
    area = frames.local(zones.cx[live], zones.cy[live], zones.hx[live], zones.hy[live])
    depth = 2 * np.minimum(zones.hx[live], zones.hy[live])
    weight = np.where(zones.pair[live] >= 0, 0.5, 1.0) * zones.weight[live]
    share = np.minimum(np.clip(plan_overlap(boxes, area), 0.0, None) / depth, 1.0)
    return ZONE * (share * weight).sum(-1)


def _tie_cost(problem: Problem, i: int, boxes: Boxes, host: Boxes) -> Array:
    """What slots cannot say by their priors: facing each other across the room, keeping near."""
    tie = problem.ties[problem.pieces[i].id]
    zero = np.zeros(np.broadcast_shapes(np.shape(boxes.x), np.shape(host.x)))
    if tie.slot == "opposite":
        dx, dy = boxes.x - host.x, boxes.y - host.y
        ahead = dx * host.s - dy * host.c  # along the host's front
        aside = np.abs(dx * host.c + dy * host.s)
        opposed = (boxes.s * host.s + boxes.c * host.c + 1.0) / 2.0  # 0 when the fronts look at each other
        far = np.clip(ahead - host.hy - 3.6, 0.0, 3.0) / 3.0 + np.clip(1.6 + host.hy - ahead, 0.0, 3.0) / 1.5
        return 1.6 * np.minimum(aside, 2.5) / 1.5 + 2.0 * opposed + 1.5 * far
    if tie.slot in ("row", "beside", "near", "seating", "beside_head"):
        gap = np.hypot(boxes.x - host.x, boxes.y - host.y) - np.hypot(boxes.hx, boxes.hy) - np.hypot(host.hx, host.hy)
        return 0.5 * np.clip(gap, 0.0, 4.0) + zero
    return zero


def _sight_cost(problem: Problem, i: int, boxes: Boxes, host: Boxes, poses: Array, others: Mask) -> Array | float:
    """What stands between a sofa and its television."""
    if problem.ties[problem.pieces[i].id].slot != "opposite":
        return 0.0
    between = others & ~problem.walkable & (problem.height > _SIGHT) & (np.array(problem.mount) == "floor")
    between[problem.host[i]] = False
    index = np.flatnonzero(between)
    if not len(index):
        return 0.0
    dx, dy = boxes.x - host.x, boxes.y - host.y
    length = np.maximum(np.hypot(dx, dy), 1e-6)
    half = np.stack([length / 2, np.full_like(length, 0.3)], -1)
    turn = np.degrees(np.arctan2(dy, dx))
    middle = np.stack([host.x + dx / 2, host.y + dy / 2, np.zeros_like(length), turn], -1)
    sight = Boxes.at(middle, half, 1.0)
    return np.asarray(2.0 * (plan_overlap(sight, problem.boxes(poses[index], index)) > 0.05).any(-1))


def _habits(problem: Problem, i: int, boxes: Boxes) -> Array:
    piece, category = problem.pieces[i], problem.categories[i]
    cost = np.zeros(len(boxes.x))
    if piece.mount != "floor" or category.walkable:
        return cost
    name = category.name
    tied = problem.host[i] >= 0
    if piece.size[2] > _TALL and category.back == "wall":
        cost += 0.25 * np.clip(_corner_distance(problem, boxes), 0.0, 2.0)
    if name in ("plant", "floor_lamp", "coat_rack", "box") and not tied:
        cost += 0.8 * np.clip(_corner_distance(problem, boxes), 0.0, 2.0)
    if name in ("desk", "plant", "armchair") and not tied:
        cost += 0.15 * _opening_distance(problem, boxes, "window")
    if name == "coat_rack":
        cost += 0.3 * _opening_distance(problem, boxes, "door")
    if name in ("bed", "single_bed", "crib"):
        cost += 0.12 * np.clip(3.5 - _opening_distance(problem, boxes, "door"), 0.0, None)
        cost += 0.5 * _under_window(problem, boxes)
    if name in ("bed", "sofa", "tv_stand") and problem.half[i, 0] > 0.6:
        cost += 0.35 * np.clip(_off_wall_middle(problem, boxes), 0.0, 1.5)
    if name in ("dining_table", "kitchen_island"):
        around = -problem.outside(boxes) if problem.rectangle else _clearance(problem, boxes)
        cost += 1.2 * np.clip(0.9 - around, 0.0, 0.9)
        low, high = problem.polygon.min(0), problem.polygon.max(0)
        cost += 0.1 * np.hypot(boxes.x - (low[0] + high[0]) / 2, boxes.y - (low[1] + high[1]) / 2)
    if (
        category.back == "free"
        and not tied
        and name in ("armchair", "ottoman", "bench", "stool", "chair", "trash_bin", "side_table")
    ):
        cost += 0.4 * np.clip(_clearance(problem, boxes) - 0.1, 0.0, 1.5)
    return cost


def _crowding(problem: Problem, i: int, boxes: Boxes, poses: Array, others: Mask) -> Array | float:
    """Plants, lamps and pictures of one kind spread over the room instead of standing together."""
    if problem.categories[i].name not in _SPREAD:
        return 0.0
    same = [int(j) for j in np.flatnonzero(others) if problem.categories[j].name == problem.categories[i].name]
    if not same:
        return 0.0
    away = np.hypot(boxes.x[:, None] - poses[same, 0], boxes.y[:, None] - poses[same, 1]).min(-1)
    return np.asarray(0.4 * np.clip(1.8 - away, 0.0, 1.8))


_SPREAD = frozenset({"plant", "floor_lamp", "painting", "ceiling_lamp"})


def _clearance(problem: Problem, boxes: Boxes) -> Array:
    """Least distance of the boxes' corners to any wall line, metres."""
    corner = boxes.corners()
    gaps = [
        ((corner[..., 0] - w.start[0]) * w.inward[0] + (corner[..., 1] - w.start[1]) * w.inward[1]).min(-1)
        for w in problem.walls
    ]
    return np.min(np.abs(gaps), 0)


def _corner_distance(problem: Problem, boxes: Boxes) -> Array:
    away = []
    for k, wall in enumerate(problem.walls):
        before = problem.walls[k - 1]
        if before.along[0] * wall.along[1] - before.along[1] * wall.along[0] > 0.2:
            away.append(np.hypot(boxes.x - wall.start[0], boxes.y - wall.start[1]))
    return np.clip(np.min(away, 0) - np.hypot(boxes.hx, boxes.hy) - 0.1, 0.0, None)


def _opening_distance(problem: Problem, boxes: Boxes, kind: str) -> Array:
    zones = problem.doors if kind == "door" else problem.windows
    if not len(zones.x):
        return np.zeros(len(boxes.x))
    return np.hypot(boxes.x[:, None] - zones.x, boxes.y[:, None] - zones.y).min(-1)


def _under_window(problem: Problem, boxes: Boxes) -> Array:
    """Share of the head end that is before a window, 0 or 1."""
    if not len(problem.windows.x):
        return np.zeros(len(boxes.x))
    head = boxes.local(0.0, boxes.hy - 0.1, boxes.hx, np.full_like(boxes.hy, 0.1))
    return (plan_overlap(head, problem.windows) > 0).any(-1).astype(float)


def _off_wall_middle(problem: Problem, boxes: Boxes) -> Array:
    """How far from the middle of the wall behind it, metres."""
    best = np.full(len(boxes.x), 1.5)
    for wall in problem.walls:
        nx, ny = wall.inward
        depth = (boxes.x - wall.start[0]) * nx + (boxes.y - wall.start[1]) * ny
        along = (boxes.x - wall.start[0]) * wall.along[0] + (boxes.y - wall.start[1]) * wall.along[1]
        backed = (boxes.s * nx - boxes.c * ny > 0.99) & (depth < boxes.hy + 0.2)
        best = np.where(backed, np.minimum(best, np.abs(along - wall.length / 2)), best)
    return best
