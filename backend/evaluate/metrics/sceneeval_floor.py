# SPDX-License-Identifier: GPL-3.0-or-later
"""SceneEval's metrics of the floor: navigability, accessibility, opening clearance.

Re-implemented from their definitions (3dlg-hcvc/SceneEval, MIT; configs/metrics.yaml; navigability after PhyScene).
Whole boxes are in the way, rugs like any other piece, up to a centre height of 2 m.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from shapely import Polygon, contains_xy, unary_union

from ...scene.geometry import footprint, opening_zone, to_room, walls
from ...scene.model import Opening, Pose, Room
from ...scene.use import use_zones
from .arrangement import EPSILON, Arrangement, Array, Body, turn_of
from .metric import Metric, Value

PIXELS = 256
MARGIN = 0.2
"""Metres around the floor on the map."""
ROBOT = 0.2
"""Width in metres by which the floor is eroded and boxes are outlined: half of it on either side."""
HIGH = 2.0
STRIP, OFFSET = 0.2, 0.05
"""Depth of the strip before a functional side, and its distance from it, metres."""
WINDOW_DEPTH = 0.5
BOX_SAMPLES, BOX_SAMPLES_PER_VOLUME = 64, 5000.0


def sceneeval_floor(arrangement: Arrangement) -> dict[str, Value]:
    """The values of this module's metrics."""
    free = [share for body in arrangement.movable if (share := accessible(arrangement, body)) is not None]
    openings = arrangement.scene.room.openings
    clear = [opening_clear(arrangement, opening) for opening in openings]
    return {
        "sceneeval.nav": navigable(arrangement),
        "sceneeval.acc": sum(free) / len(free) if free else None,
        "sceneeval.opn": sum(clear) / len(clear) if clear else None,
    }


def navigable(arrangement: Arrangement) -> float:
    """The largest connected part of the free floor, as a share of all of it; 0 when nothing is free."""
    room = arrangement.scene.room
    length, width = room.extent
    scale = max(length, width) / 2 + MARGIN
    pixel = 2 * scale / PIXELS
    robot = max(1, int(ROBOT / pixel))
    line = (np.arange(PIXELS) + 0.5) * pixel - scale
    columns, rows = line + length / 2, line + width / 2
    x, y = np.meshgrid(columns, rows)
    floor = contains_xy(arrangement.floor, x, y)
    free: NDArray[np.bool_] = np.asarray(ndimage.minimum_filter(floor, size=robot, mode="nearest"), bool)
    for body in arrangement.bodies:
        if body.pose.z <= HIGH:
            brush = robot * pixel / 2
            west, south, east, north = body.plan.bounds
            at = np.ix_(
                np.abs(2 * rows - south - north) <= north - south + 2 * brush,
                np.abs(2 * columns - west - east) <= east - west + 2 * brush,
            )
            free[at] &= _distance(body, x[at], y[at]) > brush
    if not free.any():
        return 0.0
    parts: NDArray[np.int32] = np.empty(free.shape, np.int32)
    ndimage.label(free, structure=np.ones((3, 3)), output=parts)
    return float(np.bincount(parts[free]).max() / free.sum())


def accessible(arrangement: Arrangement, body: Body) -> float | None:
    """The free share of the strip before the best of a piece's functional sides; None when it has none."""
    strips = _strips(body)
    if not strips:
        return None
    taken = unary_union([other.plan for other in arrangement.bodies if other.pose.z <= HIGH])
    free = arrangement.floor.difference(taken)
    return min(1.0, max(float(strip.intersection(free).area / strip.area) for strip in strips))


def opening_clear(arrangement: Arrangement, opening: Opening) -> bool:
    """Whether no point inside a movable piece's box is in the opening's clearance box."""
    size, pose = clearance_box(arrangement.scene.room, opening)
    half = np.array(size) / 2
    for body in arrangement.movable:
        reach = np.hypot(*half[:2]) + np.hypot(body.piece.size[0], body.piece.size[1]) / 2
        if np.hypot(body.pose.x - pose.x, body.pose.y - pose.y) > reach + EPSILON:
            continue
        count = int(max(BOX_SAMPLES, BOX_SAMPLES_PER_VOLUME * float(np.prod(body.piece.size))))
        points = body.inner_points(count, "box")
        if (np.abs(_local(points, pose)) <= half + EPSILON).all(1).any():
            return False
    return True


def clearance_box(room: Room, opening: Opening) -> tuple[tuple[float, float, float], Pose]:
    """The box (size, pose) inside the room that SceneEval wants free: as deep as a door is wide, 0.5 m at a window."""
    depth = opening.width if opening.kind == "door" else WINDOW_DEPTH
    (_, _, height), pose = opening_zone(room, opening)
    wall = walls(room)[opening.wall]
    x, y = wall.point(opening.offset + opening.width / 2, depth / 2)
    return (opening.width, depth, height), Pose(x, y, pose.z, pose.rotation)


def _strips(body: Body) -> list[Polygon]:
    """The strips before the sides from which the piece's use zones are used."""
    strips = []
    length, width, _ = body.piece.size
    for zone in use_zones(body.piece):
        if abs(zone.x) > length / 2:
            side = np.sign(zone.x)
            center, size = (side * (length / 2 + OFFSET + STRIP / 2), 0.0), (STRIP, width, 1.0)
        else:
            side = np.sign(zone.y)
            center, size = (0.0, side * (width / 2 + OFFSET + STRIP / 2)), (length, STRIP, 1.0)
        x, y = to_room(body.pose, center)
        strips.append(Polygon(footprint(size, Pose(x, y, 0.0, body.pose.rotation))))
    return strips


def _distance(body: Body, x: Array, y: Array) -> Array:
    """From a piece's box in the plan to points, 0 inside, metres."""
    cos, sin = body.turn[0, 0], body.turn[1, 0]
    dx, dy = x - body.pose.x, y - body.pose.y
    u = np.maximum(np.abs(dx * cos + dy * sin) - body.piece.size[0] / 2, 0.0)
    v = np.maximum(np.abs(dy * cos - dx * sin) - body.piece.size[1] / 2, 0.0)
    return np.hypot(u, v)


def _local(points: Array, pose: Pose) -> Array:
    return (points - np.array([pose.x, pose.y, pose.z])) @ turn_of(pose.rotation)


_SOURCE = "SceneEval (Tam et al. 2025), 3dlg-hcvc/SceneEval"
METRICS = (
    Metric(
        "sceneeval.nav", "SceneEval NAV", "share", "higher", _SOURCE, "scene",
        "largest connected part of the free floor / free floor; boxes are obstacles, rugs included; doors play no part",
        "256² map, floor eroded and boxes outlined with a 0.2 m wide brush, centres above 2 m ignored",
    ),
    Metric(
        "sceneeval.acc", "SceneEval ACC", "share", "higher", _SOURCE, "object",
        "free share of a strip before an object's best functional side, mean over placed objects that have one",
        "strip 0.2 m deep, 0.05 m off; the best side counts; centres above 2 m ignored; exact areas, no map",
        "sides of our categories' use zones (front; left and right of beds) in place of a VLM's",
    ),
    Metric(
        "sceneeval.opn", "SceneEval OPN", "share", "higher", _SOURCE, "object",
        "doors and windows in whose box inside the room no point of a placed object's box lies, rugs included",
        "box as deep as a door is wide, 0.5 m at windows; max(64, 5000 · m³) points per object",
        "walls without thickness; the projected share of a window that is covered is left out",
    ),
)  # fmt: skip
