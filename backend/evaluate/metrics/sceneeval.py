# SPDX-License-Identifier: GPL-3.0-or-later
"""SceneEval's metrics of single objects: collision, out of bounds, support.

Re-implemented from their definitions (3dlg-hcvc/SceneEval, MIT; configs/metrics.yaml). Points are drawn from seeded
generators, so values repeat exactly.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from shapely import MultiPoint, Point

from ...scene.geometry import front, walls
from .arrangement import EPSILON, Arrangement, Array, Body, points_in_triangles, triangle_areas
from .contact import Contact, touch
from .metric import Metric, Value

RETEST = 0.005
"""Metres the second body is moved away from the contacts before a collision counts."""
IN_BOUNDS = 0.99
SAMPLES, SAMPLES_PER_VOLUME = 1000, 5000.0
LIFT, REACH = 0.005, 0.01
"""Metres a body is lifted before the rays of SUP, and how long they are."""
FACE_SAMPLES, FACE_SAMPLES_PER_AREA, FACING = 32, 256.0, 0.9
MOST_PAIRS = 1_000_000
"""Rays and triangles tested at once: a matter of memory."""


def sceneeval(arrangement: Arrangement, found: Sequence[Contact]) -> dict[str, Value]:
    """The values of this module's metrics."""
    hit = colliding(found)
    out = {body.id for body in arrangement.movable if out_of_bounds(arrangement, body)}
    apart = colliding(contact for contact in found if not (contact.a.is_rug or contact.b.is_rug))
    held = {body.id for body in arrangement.movable if supported(arrangement, body)}
    return {
        "sceneeval.col": arrangement.share(hit),
        "sceneeval.col_scene": float(bool(hit)) if arrangement.movable else None,
        "sceneeval.col_no_rugs": arrangement.share(apart),
        "sceneeval.oob": arrangement.share(out),
        "sceneeval.sup": arrangement.share(held),
    }


def colliding(found: Iterable[Contact]) -> set[str]:
    """Ids of the bodies in a collision: still in contact after a step of 5 mm away from the contacts' mean.

    The direction is the one from that mean to the second body's centroid, so shallow overlaps of low and wide pieces
    may stay (they are pushed along, not apart).
    """
    result: set[str] = set()
    for a, b, points, _ in found:
        away = b.centroid - points.mean(0)
        length = float(np.linalg.norm(away))
        if length == 0.0 or touch(a, b, away / length * RETEST):
            result |= {a.id, b.id}
    return result


def out_of_bounds(arrangement: Arrangement, body: Body) -> bool:
    """Whether fewer than 99 % of its surface's points are over the floor and not below it."""
    volume = float(np.prod(body.piece.size))
    points = body.surface_points(int(max(SAMPLES, SAMPLES_PER_VOLUME * volume)), "oob")
    inside = arrangement.on_floor(points) & (points[:, 2] > -EPSILON)
    return float(inside.mean()) < IN_BOUNDS


def supported(arrangement: Arrangement, body: Body) -> bool:
    """Whether the floor, another body, a wall or the ceiling is next to the side the body is held at.

    Lifted by 5 mm, the side's points look 10 mm along gravity (for wall pieces: towards their back): one contact is
    enough at walls and ceilings; below, four are needed whose hull has the centroid above it.
    """
    pull = _gravity(body)
    origins = _held_side(body, pull) - LIFT * pull
    points = np.concatenate([origins[hit] for hit in _contacts(arrangement, body, origins, pull)])
    if body.mount in ("wall", "ceiling"):
        return len(points) > 0
    if len(points) < 4:
        return False
    hull = MultiPoint(points[:, :2]).convex_hull
    return bool(hull.area > 0.0 and hull.covers(Point(body.centroid[:2])))


def _gravity(body: Body) -> Array:
    if body.mount == "ceiling":
        return np.array([0.0, 0.0, 1.0])
    if body.mount == "wall":
        x, y = front(body.pose.rotation)
        return np.array([-x, -y, 0.0])
    return np.array([0.0, 0.0, -1.0])


def _held_side(body: Body, pull: Array) -> Array:
    """Corners within 10 mm of the extreme along gravity's main axis, and points on the faces between them."""
    axis = int(np.argmax(np.abs(pull)))
    along = body.vertices[:, axis]
    extreme = along.min() if pull[axis] < 0 else along.max()
    near = np.abs(along - extreme) <= REACH + 1e-5 * abs(extreme)
    faces = body.corners[near[body.mesh.triangles].all(1)]
    normals = np.cross(faces[:, 1] - faces[:, 0], faces[:, 2] - faces[:, 0])
    size = np.linalg.norm(normals, axis=1)
    facing = np.abs(normals @ pull) > FACING * np.maximum(size, 1e-15)
    faces = faces[facing]
    if not len(faces):
        return body.vertices[near]
    count = max(FACE_SAMPLES, int(triangle_areas(faces).max() * FACE_SAMPLES_PER_AREA))
    sampled = points_in_triangles(faces, body.random("sup"), count).reshape(-1, 3)
    return np.concatenate([body.vertices[near], sampled])


def _contacts(arrangement: Arrangement, body: Body, origins: Array, pull: Array) -> list[np.ndarray]:
    """For every possible support, which of the rays (r, 3) meet it within their length."""
    room = arrangement.scene.room
    over = arrangement.on_floor(origins)
    distance = origins[:, 2] if pull[2] < 0 else room.height - origins[:, 2]
    result = [over & (distance > -EPSILON) & (distance < REACH) if pull[2] else np.zeros(len(origins), bool)]
    low = np.minimum(origins.min(0), origins.min(0) + pull * REACH) - EPSILON
    high = np.maximum(origins.max(0), origins.max(0) + pull * REACH) + EPSILON
    others = [other.corners for other in arrangement.bodies if other is not body]
    if not pull[2]:
        others.append(_wall_triangles(arrangement))
    for triangles in others:
        close = (triangles.min(1) <= high).all(1) & (triangles.max(1) >= low).all(1)
        if close.any():
            result.append(first_hits(origins, pull, triangles[close]) < REACH)
    return result


def _wall_triangles(arrangement: Arrangement) -> Array:
    triangles = []
    height = arrangement.scene.room.height
    for wall in walls(arrangement.scene.room):
        a, b = (*wall.start, 0.0), (*wall.end, 0.0)
        c, d = (*wall.end, height), (*wall.start, height)
        triangles += [(a, b, c), (a, c, d)]
    return np.array(triangles, float)


def first_hits(origins: Array, direction: Array, triangles: Array) -> Array:
    """Distance from the origin of each of many parallel rays (r, 3) to the first of the triangles (t, 3, 3) it meets.

    Infinite where there is none; both sides of a triangle count. Seen along the rays they are points, so each triangle
    is tested against those in its rectangle only.
    """
    result = np.full(len(origins), np.inf)
    across = np.cross(direction, np.eye(3)[int(np.argmin(np.abs(direction)))])
    across /= np.linalg.norm(across)
    frame = np.stack([across, np.cross(direction, across), direction])
    rays, corners = origins @ frame.T, triangles @ frame.T
    order = np.argsort(rays[:, 0], kind="stable")
    rays = rays[order]
    a, ab, ac = corners[:, 0], corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    det = ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0]
    low, high = corners.min(1) - EPSILON, corners.max(1) + EPSILON
    first = np.searchsorted(rays[:, 0], low[:, 0])
    count = np.searchsorted(rays[:, 0], high[:, 0], "right") - first
    count[(np.abs(det) < 1e-14)] = 0
    ends = np.cumsum(count)
    start = 0
    while start < len(count):
        stop = max(start + 1, int(np.searchsorted(ends, ends[start] - count[start] + MOST_PAIRS, "right")))
        n = count[start:stop]
        k = np.repeat(np.arange(start, stop), n)
        r = np.arange(len(k)) - np.repeat(np.cumsum(n) - n, n) + first[k]
        start = stop
        near = (rays[r, 1] >= low[k, 1]) & (rays[r, 1] <= high[k, 1])
        k, r = k[near], r[near]
        x, y = rays[r, 0] - a[k, 0], rays[r, 1] - a[k, 1]
        u = (x * ac[k, 1] - y * ac[k, 0]) / det[k]
        v = (y * ab[k, 0] - x * ab[k, 1]) / det[k]
        distance = a[k, 2] + u * ab[k, 2] + v * ac[k, 2] - rays[r, 2]
        hit = (u >= -1e-9) & (v >= -1e-9) & (u + v <= 1.0 + 1e-9) & (distance > -EPSILON)
        np.minimum.at(result, order[r[hit]], distance[hit])
    return result


_SOURCE = "SceneEval (Tam et al. 2025), 3dlg-hcvc/SceneEval"
METRICS = (
    Metric(
        "sceneeval.col", "SceneEval COL", "share", "lower", _SOURCE, "object",
        "placed objects whose surface meets another's, rugs included; what stands wholly inside another is not seen",
        "on contact the second object moves 5 mm from the mean contact towards its own centroid and is tested again",
    ),
    Metric(
        "sceneeval.col_scene", "SceneEval COL scenes", "flag", "lower", _SOURCE, "scene", "any object collides (COL)",
        "as COL",
    ),
    Metric(
        "sceneeval.col_no_rugs", "SceneEval COL without rugs", "share", "lower", _SOURCE, "object",
        "COL without contacts of rugs: what stands on the floor is as deep in a rug as the rug is thick",
        "as COL", "as the fork nepfaff/SceneEval does with carpets; not the published COL",
    ),
    Metric(
        "sceneeval.oob", "SceneEval OOB", "share", "lower", _SOURCE, "object",
        "placed objects of whose surface points, max(1000, 5000 · m³ of the box), fewer than 99 % have floor below"
        " them",
        "99 % of points; floor height itself is inside, any depth below it is not",
    ),
    Metric(
        "sceneeval.sup", "SceneEval SUP", "share", "higher", _SOURCE, "object",
        "placed objects that are held: four contacts below with the centroid over their hull; any contact with a wall"
        " or the ceiling",
        "lifted 5 mm, rays of 10 mm: gaps and sinking of more than 5 mm fail",
        "our mount (floor, on, wall, ceiling) in place of a VLM's support type",
    ),
)  # fmt: skip
