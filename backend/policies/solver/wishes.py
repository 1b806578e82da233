# SPDX-License-Identifier: GPL-3.0-or-later
"""Asked-for relations as costs of many candidates at once.

A search surrogate of `rewards.relations`, which grades the result: same meaning, but with slopes that lead somewhere
from far away, and for arrays of poses on either side of the relation.
"""

from __future__ import annotations

import numpy as np

from ...scene import Relation
from .boxes import Array, Boxes, plan_overlap
from .problem import Problem, Wish

ADJACENT = 0.12
"""Gap up to which pieces asked to be adjacent are, metres."""


def wish_cost(problem: Problem, wish: Wish, subject: Boxes, anchor: Boxes | None) -> Array:
    """Cost 0 (satisfied) … about 1 (far from it) of every subject box against the anchor, broadcast; (m,).

    `anchor` is the box of the anchor piece, None for places of the room. "on", "under" and "above" are kept by slots
    and heights; here they ask for the plan position.
    """
    relation, kind = wish.relation, wish.kind
    if anchor is not None:
        return _to_piece(relation, subject, anchor)
    if kind == "wall":
        return _to_walls(problem, wish, subject)
    if kind == "corner":
        return _to_corner(problem, subject)
    if kind == "opening":
        return _to_openings(wish, subject)
    if kind == "middle":
        low, high = problem.polygon.min(0), problem.polygon.max(0)
        middle = (low + high) / 2
        away = np.hypot(subject.x - middle[0], subject.y - middle[1])
        if relation.predicate == "facing":
            return _look(subject, middle[0], middle[1])
        if relation.predicate == "far_from":
            along = np.abs((middle[0] - subject.x) * subject.c + (middle[1] - subject.y) * subject.s) - subject.hx
            across = np.abs((middle[1] - subject.y) * subject.c - (middle[0] - subject.x) * subject.s) - subject.hy
            gap = np.hypot(np.maximum(along, 0.0), np.maximum(across, 0.0))
            return _ramp((relation.distance if relation.distance is not None else 2.0) - gap, 2.0)
        limit = 0.05 if relation.predicate == "centered_on" else 0.6
        return _ramp(away - limit, 2.0)
    return np.zeros(np.shape(subject.x))


def _to_piece(relation: Relation, s: Boxes, a: Boxes) -> Array:
    dx, dy = s.x - a.x, s.y - a.y
    cos, sin = np.abs(s.c * a.c + s.s * a.s), np.abs(s.c * a.s - s.s * a.c)
    reach_x, reach_y = s.hx * cos + s.hy * sin, s.hx * sin + s.hy * cos  # of the subject, in the anchor's frame
    lx, ly = dx * a.c + dy * a.s, dy * a.c - dx * a.s  # in the anchor's frame: front is -y, right is -x
    gap = -_pairwise(s, a)
    close = _ramp(gap - ADJACENT, 1.0) if relation.adjacent else np.zeros(np.shape(gap))
    predicate = relation.predicate
    if predicate in ("left_of", "right_of"):
        out = lx if predicate == "left_of" else -lx
        return np.minimum(1.0, _ramp(a.hx + reach_x - out, 0.8) + _ramp(np.abs(ly) - a.hy, 1.0) + close)
    if predicate in ("in_front_of", "behind"):
        out = -ly if predicate == "in_front_of" else ly
        return np.minimum(1.0, _ramp(a.hy + reach_y - out - 0.35, 0.8) + _ramp(np.abs(lx) - a.hx, 1.0) + close)
    if predicate == "near":
        limit = relation.distance if relation.distance is not None else (ADJACENT if relation.adjacent else 0.5)
        return _ramp(gap - limit, 2.0)
    if predicate == "far_from":
        return _ramp((relation.distance if relation.distance is not None else 2.0) - gap, 2.0)
    if predicate == "facing":
        return np.minimum(1.0, _look_at(s, a) + close)
    if predicate == "aligned_with":
        return _ramp(np.degrees(np.arcsin(np.clip(np.minimum(cos, sin), 0, 1))) - 1.0, 44.0)
    if predicate == "centered_on":
        return np.minimum(1.0, _ramp(np.minimum(np.abs(lx), np.abs(ly)) - 0.03, 0.6))
    return _ramp(np.maximum(np.abs(lx) - a.hx, np.abs(ly) - a.hy), 1.0)  # on, under, above


def _to_walls(problem: Problem, wish: Wish, s: Boxes) -> Array:
    costs, relation = [], wish.relation
    for wall in wish.walls:
        nx, ny = wall.inward
        depth = (s.x - wall.start[0]) * nx + (s.y - wall.start[1]) * ny
        along = (s.x - wall.start[0]) * wall.along[0] + (s.y - wall.start[1]) * wall.along[1]
        beyond = np.maximum(np.maximum(-along, along - wall.length), 0.0)
        reach = np.abs(nx * s.c + ny * s.s) * s.hx + np.abs(ny * s.c - nx * s.s) * s.hy
        gap = np.hypot(depth - reach, beyond)
        turned = np.degrees(np.arccos(np.clip(s.s * nx - s.c * ny, -1, 1)))  # 0: back to the wall
        if relation.predicate == "facing":
            cost = _ramp(180.0 - turned - 10.0, 120.0)
        elif relation.predicate == "far_from":
            cost = _ramp((relation.distance or 1.0) - gap, 1.5)
        elif relation.predicate == "near":
            cost = _ramp(gap - (relation.distance if relation.distance is not None else 0.5), 2.0)
        elif relation.predicate == "aligned_with":
            cost = _ramp(np.minimum(turned % 90.0, 90.0 - turned % 90.0) - 1.0, 44.0)
        elif relation.predicate == "centered_on":
            cost = np.minimum(1.0, _ramp(np.abs(along - wall.length / 2) - 0.03, 1.0) + _ramp(gap - 0.1, 2.0))
        else:  # against, on, behind…
            cost = np.minimum(1.0, _ramp(gap - 0.06, 2.0) + _backed(problem, relation, turned))
        costs.append(cost)
    return np.min(costs, 0) if costs else np.zeros(np.shape(s.x))


def _backed(problem: Problem, relation: Relation, turned: Array) -> Array:
    category = problem.categories[problem.index[relation.subject]]
    if category.back == "wall":
        return 0.6 * _ramp(turned - 10.0, 60.0)
    return np.zeros(np.shape(turned))


def _to_corner(problem: Problem, s: Boxes) -> Array:
    costs = []
    for x, y in problem.corners:
        gaps = []
        for wall in problem.walls:
            if min(np.hypot(wall.start[0] - x, wall.start[1] - y), np.hypot(wall.end[0] - x, wall.end[1] - y)) < 1e-6:
                nx, ny = wall.inward
                depth = (s.x - wall.start[0]) * nx + (s.y - wall.start[1]) * ny
                reach = np.abs(nx * s.c + ny * s.s) * s.hx + np.abs(ny * s.c - nx * s.s) * s.hy
                along = (s.x - x) ** 2 + (s.y - y) ** 2 - depth**2
                near_corner = np.sqrt(np.maximum(along, 0.0)) < wall.length
                gaps.append(np.where(near_corner, depth - reach, 5.0))
        costs.append(_ramp(np.max(gaps, 0) - 0.12, 2.5))
    return np.min(costs, 0)


def _to_openings(wish: Wish, s: Boxes) -> Array:
    costs, relation = [], wish.relation
    for wall, mx, my, width in wish.openings:
        nx, ny = wall.inward
        reach = np.abs(nx * s.c + ny * s.s) * s.hx + np.abs(ny * s.c - nx * s.s) * s.hy
        depth = (s.x - mx) * nx + (s.y - my) * ny - reach
        along = np.abs((s.x - mx) * wall.along[0] + (s.y - my) * wall.along[1])
        aside = np.maximum(along - width / 2, 0.0)
        if relation.predicate == "facing":
            cost = _look(s, mx, my)
        elif relation.predicate == "far_from":
            cost = _ramp((relation.distance if relation.distance is not None else 2.0) - np.hypot(depth, aside), 2.5)
        elif relation.predicate in ("under", "above", "against", "in_front_of", "on", "centered_on"):
            cost = np.minimum(1.0, _ramp(depth - 0.1, 2.0) + _ramp(along - 0.25, 2.0))
        else:
            limit = relation.distance if relation.distance is not None else 0.6
            cost = _ramp(np.hypot(np.maximum(depth, 0.0), aside) - limit, 3.0)
        costs.append(cost)
    return np.max(costs, 0) if relation.predicate == "far_from" else np.min(costs, 0)


def _look(s: Boxes, x: Array | float, y: Array | float) -> Array:
    """How far the front is turned from the point: 0 within 10 degrees, 1 when it looks away."""
    dx, dy = x - s.x, y - s.y
    length = np.maximum(np.hypot(dx, dy), 1e-9)
    turned = np.degrees(np.arccos(np.clip((dx * s.s - dy * s.c) / length, -1, 1)))
    return _ramp(turned - 10.0, 120.0)


def _look_at(s: Boxes, a: Boxes) -> Array:
    """`_look` at the nearest point of a box seen from above; 0 when the look meets it."""
    corner = np.moveaxis(a.corners(), -2, 0)  # 4, …, 2
    if corner.ndim == 2:
        corner = corner[:, None]
    dx, dy = corner[..., 0] - s.x, corner[..., 1] - s.y
    turned = np.degrees(np.arctan2(dx * s.c + dy * s.s, dx * s.s - dy * s.c))  # of each corner from the front
    low, high = turned.min(0), turned.max(0)
    outside = np.where(low * high <= 0, 0.0, np.minimum(np.abs(low), np.abs(high)))
    behind = high - low > 180.0  # the box straddles the line behind the back
    return _ramp(np.where(behind, 180.0 - np.maximum(-low, high), outside) - 10.0, 120.0)


def _pairwise(s: Boxes, a: Boxes) -> Array:
    """`plan_overlap` of boxes that broadcast against each other instead of all with all."""
    if np.ndim(a.x) == 0:
        return plan_overlap(s, a)
    if np.ndim(s.x) == 0:
        return plan_overlap(a, s)
    return np.array([plan_overlap(s[k], a[k]) for k in range(len(s.x))])


def _ramp(amount: Array, width: float) -> Array:
    """0 below 0, rising steeply at once so that a miss is never free, 1 at `width` and beyond."""
    x = np.clip(amount / width, 0.0, 1.0)
    return np.where(x > 0, 0.15 + 0.85 * x, 0.0)
