# SPDX-License-Identifier: GPL-3.0-or-later
"""SceneEval's geometry of relations: OOR between objects, OAR between an object and the room.

Re-implemented from their definitions (3dlg-hcvc/SceneEval, MIT; configs/metrics.yaml). Their vocabulary is not ours, so
each of our relations is scored by the relation of theirs that means the same, and those without one are left out. Who
is meant needs no VLM here: our relations name their pieces. Left and right are ours, the anchor's own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ...rewards.places import places_in
from ...rewards.plan import PlanBox, gap
from ...scene import Relation
from ...scene.anchors import anchor_kind, walls_of
from ...scene.geometry import Wall, front
from .arrangement import EPSILON, Arrangement, Array, Body
from .metric import Metric, Value
from .sceneeval import first_hits

SATISFIED = 0.5
NEXT_TO, NEAR, ACROSS, FAR = (0.0, 0.5), (0.5, 1.5), (1.5, 4.0), (4.0, math.inf)
SPREAD = 0.25
"""Standard deviation of the scores' fall-off outside their range, metres."""
AGAINST, AGAINST_SPREAD = (0.0, 0.3), 0.1
ON_WALL, ON_WALL_SPREAD = (0.0, 0.01), 0.01
HANGING, HANGING_SPREAD = (0.0, 0.01), 0.03
CORNER, PERPENDICULAR = (0.0, 0.8), 0.15
FACING = 30.0
SIDE_MARGIN = 0.25
SAMPLES, SAMPLES_PER_VOLUME, MOST_SAMPLES = 64, 5000.0, 4000
_SIDES = {"left_of": (0, 1.0), "right_of": (0, -1.0), "in_front_of": (1, -1.0), "behind": (1, 1.0), "above": (2, 1.0)}


def sceneeval_relations(arrangement: Arrangement) -> dict[str, Value]:
    """The values of this module's metrics. A relation whose subject or anchor is unplaced is not satisfied."""
    met: dict[bool, list[bool]] = {True: [], False: []}
    fixed = {piece.id for piece in arrangement.scene.fixed}
    for relation in dict.fromkeys(arrangement.scene.relations):
        kind = anchor_kind(arrangement.scene, relation.anchor)
        if relation.subject in fixed and (kind != "object" or relation.anchor in fixed):
            continue
        between = kind == "object"
        score = object_score(arrangement, relation) if between else room_score(arrangement, relation)
        if score is not None:
            met[between].append(score >= SATISFIED)
    oor, oar = met[True], met[False]
    return {
        "sceneeval.oor": sum(oor) / len(oor) if oor else None,
        "sceneeval.oar": sum(oar) / len(oar) if oar else None,
    }


def object_score(arrangement: Arrangement, relation: Relation) -> float | None:
    """SceneEval's score, 0…1, of a relation between two objects; None when it has no such relation."""
    if relation.predicate not in ("near", "far_from", "facing", "on", *_SIDES):
        return None
    subject, anchor = arrangement.by_id.get(relation.subject), arrangement.by_id.get(relation.anchor)
    if subject is None or anchor is None:
        return 0.0
    distance = _distance(subject, anchor)
    beside = in_range(distance, NEXT_TO, SPREAD) if relation.adjacent else 1.0
    if relation.predicate == "near":
        return _near(distance, relation)
    if relation.predicate == "far_from":
        return max(in_range(distance, ACROSS, SPREAD), in_range(distance, FAR, SPREAD))
    if relation.predicate == "facing":
        return min(face_to(subject, anchor), beside)
    if relation.predicate == "on":
        if anchor.is_rug:
            return None
        return at_side(_samples(subject), anchor, 2, 1.0, outside=False, margin=0.0)
    axis, sign = _SIDES[relation.predicate]
    return min(at_side(_samples(subject), anchor, axis, sign, outside=True, margin=SIDE_MARGIN), beside)


def room_score(arrangement: Arrangement, relation: Relation) -> float | None:
    """SceneEval's score, 0…1, of a relation to a part of the room; None when it has no such relation."""
    room, predicate = arrangement.scene.room, relation.predicate
    kind = anchor_kind(arrangement.scene, relation.anchor)
    wants = {
        "wall": ("against", "on", "near", "in_corner"), "corner": ("in_corner", "on", "against", "near"),
        "opening": ("near",), "ceiling": ("on", "under"), "middle": ("on", "near", "centered_on"),
    }.get(kind or "", ())  # fmt: skip
    if predicate not in wants or (kind == "middle" and predicate == "on"):
        return None
    body = arrangement.by_id.get(relation.subject)
    if body is None:
        return 0.0
    box = PlanBox.of(body.piece, body.pose)
    if kind == "corner" or predicate == "in_corner":
        return corner_of_room(arrangement, body, relation.anchor)
    if kind == "ceiling":
        return in_range(max(0.0, room.height - body.top), HANGING, HANGING_SPREAD)
    if kind == "middle":
        return middle_of_room(arrangement, body)
    if kind == "wall" and predicate != "near":
        limits = (ON_WALL, ON_WALL_SPREAD) if body.mount == "wall" else (AGAINST, AGAINST_SPREAD)
        return max(
            (_at_wall(body, wall, room.height, *limits) for wall in walls_of(room, relation.anchor)), default=0.0
        )
    found = places_in(arrangement.scene).anchors(arrangement.layout, relation.anchor)
    return max((_near(gap(box, place), relation) for place in found[1]), default=0.0) if found else 0.0


def in_range(distance: float, limits: tuple[float, float], spread: float) -> float:
    """1 within the limits, and a Gaussian of the distance to them outside."""
    beyond = max(limits[0] - distance, distance - limits[1], 0.0)
    return math.exp(-(beyond**2) / (2 * spread**2))


def at_side(points: Array, anchor: Body, axis: int, sign: float, *, outside: bool, margin: float) -> float:
    """The share of points on one side of a body's box: of its centre, or beyond its face, within the face's area."""
    half = np.array(anchor.piece.size) / 2
    local = anchor.in_piece(points)
    across = [other for other in range(3) if other != axis]
    there = sign * local[:, axis] >= (half[axis] if outside else 0.0) - EPSILON
    there &= (np.abs(local[:, across]) <= half[across] * (1 + margin) + 1e-9).all(1)
    return float(there.mean())


def face_to(subject: Body, anchor: Body) -> float:
    """Rays from points in the subject along its front; the angle to where they meet the anchor, 0 at 30° and beyond."""
    ahead = np.array([*front(subject.pose.rotation), 0.0])
    origins = _samples(subject)
    distance = first_hits(origins, ahead, anchor.corners)
    hit = np.isfinite(distance)
    if not hit.any():
        return 0.0
    aim = (origins[hit] + distance[hit, None] * ahead).mean(0)[:2] - subject.center[:2]
    length = float(np.linalg.norm(aim))
    angle = math.degrees(math.acos(max(-1.0, min(1.0, float(aim @ ahead[:2]) / length)))) if length else 0.0
    return max(0.0, 1.0 - angle / FACING)


def middle_of_room(arrangement: Arrangement, body: Body) -> float:
    """A Gaussian of the distance to the middle of the floor's bounds, wider for large pieces in small rooms."""
    length, width = arrangement.scene.room.extent
    size = max(body.piece.size[:2])
    spread = 0.5 * size + (1.0 - size / ((length + width) / 2))
    distance = math.hypot(body.pose.x - length / 2, body.pose.y - width / 2)
    return math.exp(-(distance**2) / (2 * spread**2))


def corner_of_room(arrangement: Arrangement, body: Body, anchor: str) -> float:
    """The best product of the scores of the distances to two roughly perpendicular walls that meet."""
    if float(arrangement.on_floor(_samples(body)).mean()) < 0.5:
        return 0.0
    box = PlanBox.of(body.piece, body.pose)
    best = 0.0
    for one, other in places_in(arrangement.scene).corners(anchor):
        if abs(one.cos * other.cos + one.sin * other.sin) < PERPENDICULAR:
            scores = (in_range(gap(box, wall), CORNER, SPREAD) for wall in (one, other))
            best = max(best, math.prod(scores))
    return best


def _near(distance: float, relation: Relation) -> float:
    """Next to, where it is asked so close; else next to or near, since ours has no least distance."""
    close = in_range(distance, NEXT_TO, SPREAD)
    if relation.adjacent or (relation.distance is not None and relation.distance <= NEXT_TO[1]):
        return close
    return max(close, in_range(distance, NEAR, SPREAD))


def _at_wall(body: Body, wall: Wall, height: float, limits: tuple[float, float], spread: float) -> float:
    """The share of points before a wall's stretch times the score of the distance to it."""
    points = _samples(body)
    off = points[:, :2] - np.array(wall.start)
    along, depth = off @ np.array(wall.along), off @ np.array(wall.inward)
    before = (along >= -EPSILON) & (along <= wall.length + EPSILON) & (depth >= -EPSILON)
    before &= (points[:, 2] >= -EPSILON) & (points[:, 2] <= height + EPSILON)
    distance = gap(PlanBox.of(body.piece, body.pose), PlanBox.of_wall(wall, height))
    return float(before.mean()) * in_range(distance, limits, spread)


def _samples(body: Body) -> Array:
    count = int(SAMPLES_PER_VOLUME * float(np.prod(body.piece.size)))
    return body.inner_points(min(max(count, SAMPLES), MOST_SAMPLES), "relations")


def _distance(a: Body, b: Body) -> float:
    """Between two pieces' boxes, metres."""
    apart: Sequence[float] = (a.bottom - b.top, b.bottom - a.top, 0.0)
    return math.hypot(gap(PlanBox.of(a.piece, a.pose), PlanBox.of(b.piece, b.pose)), max(apart))


_SOURCE = "SceneEval (Tam et al. 2025), 3dlg-hcvc/SceneEval"
METRICS = (
    Metric(
        "sceneeval.oor", "SceneEval OOR", "share", "higher", _SOURCE, "object",
        "relations between objects that score 0.5 by their geometry; the unplaced fail. near is next_to (or near),"
        " far_from across or far, on on_top, facing face_to, sides and above side_of; others are left out",
        "next_to 0–0.5 m, near 0.5–1.5 m, across 1.5–4 m, far from 4 m (Gaussian 0.25 m outside); face_to 1 at 0° to 0"
        " at 30°, so 15° pass; half of the points beyond the side, within its face and 25 %",
        "the scene's own relations in place of annotated ones, our ids in place of a VLM's matching; distances between"
        " boxes, not sampled; at most 4000 points",
    ),
    Metric(
        "sceneeval.oar", "SceneEval OAR", "share", "higher", _SOURCE, "object",
        "relations of objects to walls, corners, openings, ceiling and middle of the room that score 0.5; the unplaced"
        " fail",
        "against_wall 0–0.3 m, on_wall and ceiling 0–0.01 m, corner 0.8 m to both walls, next_to and near as in OOR,"
        " middle by a Gaussian that depends on sizes",
        "as in OOR",
    ),
)  # fmt: skip
