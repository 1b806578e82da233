# SPDX-License-Identifier: GPL-3.0-or-later
"""What Holodeck places after the floor: wall pieces, small pieces, lamps; and rugs (source: see `grid`).

Simple equivalents, one greedy pass each, nothing taken back; whatever has no free place is left out:
- wall pieces, the longest first: points along every wall a twentieth of the room apart, the underside at 1.5 m or above
  what they belong to, at most 20 cm below the ceiling; off everything in the way, off doors and windows; the nearest to
  what they belong to, or any. Holodeck searches the same places depth first for 5 s, whose first leaf this is, and
  lets a language model say the height;
- small pieces: a random free place on top of their carrier, turned as it is. Holodeck leaves this to the physics of
  AI2-THOR;
- ceiling pieces: the middle of the room, as in Holodeck, or over what they belong to; if that is taken, the nearest
  free grid point;
- rugs: Holodeck has none. Under what they belong to, or the grid point nearest to it or to the middle where they fit.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...rewards.places import middle_of
from ...scene import Furniture, Pose, Scene, category_of
from ...scene.geometry import Array, opening_zone, outside_distance, walls
from ..policy import Cancelled
from ..solver.boxes import Boxes, height_overlap, join, plan_overlap
from .wishes import Wishes

WALL_HEIGHT = 1.5
"""Height of a wall piece's underside where nothing says otherwise, metres."""
UNDER_CEILING = 0.2
"""Least room above a wall piece, metres."""
OVER_HOST = 0.05
"""Least room between a wall piece and what it hangs over, metres."""
OFF_WALL = 0.002
"""Gap behind a wall piece, metres: it touches, as far as physics is concerned."""
TRIES = 60
"""Random places on a carrier that are looked at."""
THIN = 0.02
"""Height of a rug up to which it may lie in a door's zone, metres."""


def place_extras(
    wishes: Wishes, poses: dict[str, Pose], rng: np.random.Generator, cancelled: Callable[[], bool]
) -> dict[str, Pose]:
    """`poses` with all pieces that do not stand on the floor and found a place. Raises `Cancelled`."""
    poses = dict(poses)
    rest = [wishes.scene.piece(id) for id in wishes.order if not wishes.stands(id)]
    rank = {"floor": 0, "wall": 1, "on": 2, "ceiling": 3}
    for piece in sorted(
        rest, key=lambda piece: (rank[wishes.mounts[piece.id]], len(wishes.stack(piece.id)), -piece.size[0])
    ):
        if cancelled():
            raise Cancelled
        candidates = _CANDIDATES[wishes.mounts[piece.id]](wishes, piece, poses, rng)
        free = _free(wishes, piece, candidates, poses)
        if len(free):
            x, y, z, rotation = (float(value) for value in free[0])
            poses[piece.id] = Pose(x, y, z, rotation)
    return poses


def _rug(wishes: Wishes, piece: Furniture, poses: dict[str, Pose], rng: np.random.Generator) -> Array:
    host = poses.get(wishes.hosts.get(piece.id, ""))
    turns = (0.0, 90.0) if host is None else (host.rotation, host.rotation + 90.0)
    points = _by_distance(wishes.scene, middle_of(wishes.scene.room) if host is None else (host.x, host.y))
    return np.array([(x, y, piece.size[2] / 2, turn % 360.0) for x, y in points for turn in turns])


def _on_wall(wishes: Wishes, piece: Furniture, poses: dict[str, Pose], rng: np.random.Generator) -> Array:
    room = wishes.scene.room
    host_id = wishes.hosts.get(piece.id, "")
    host = poses.get(host_id)
    bottom = WALL_HEIGHT
    if host is not None:
        bottom = max(bottom, host.z + wishes.scene.piece(host_id).size[2] / 2 + OVER_HOST)
    bottom = max(min(bottom, room.height - piece.size[2] - UNDER_CEILING), 0.0)
    z = bottom + piece.size[2] / 2
    step = max(room.extent) / 20
    rows = []
    for wall in walls(room):
        for offset in np.arange(piece.size[0] / 2, wall.length - piece.size[0] / 2 + 1e-9, step):
            rows.append((*wall.point(offset, piece.size[1] / 2 + OFF_WALL), z, wall.facing))
    places = rng.permutation(np.array(rows).reshape(-1, 4))
    if host is not None:
        away = np.linalg.norm(places[:, :3] - (host.x, host.y, host.z), axis=1)
        places = places[np.argsort(away, kind="stable")]
    return places


def _on_top(wishes: Wishes, piece: Furniture, poses: dict[str, Pose], rng: np.random.Generator) -> Array:
    hosts = [wishes.hosts[piece.id]] if piece.id in wishes.hosts else _carriers(wishes, piece, poses)
    if not hosts or hosts[0] not in poses:
        return np.zeros((0, 4))
    host = wishes.scene.piece(hosts[rng.integers(len(hosts))])
    pose = poses[host.id]
    slack = np.maximum(np.array(host.size[:2]) - piece.size[:2], 0.0) / 2
    u, v = rng.uniform(-1.0, 1.0, (2, TRIES)) * slack[:, None]
    c, s = np.cos(np.radians(pose.rotation)), np.sin(np.radians(pose.rotation))
    z = np.full(TRIES, pose.z + (host.size[2] + piece.size[2]) / 2)
    return np.stack([pose.x + u * c - v * s, pose.y + u * s + v * c, z, np.full(TRIES, pose.rotation)], -1)


def _carriers(wishes: Wishes, piece: Furniture, poses: dict[str, Pose]) -> list[str]:
    return [
        other.id
        for other in wishes.scene.furniture
        if other.id in poses
        and other.id != piece.id
        and category_of(other.category).surface
        and wishes.stands(other.id)
        and other.size[0] >= piece.size[0]
        and other.size[1] >= piece.size[1]
    ]


def _on_ceiling(wishes: Wishes, piece: Furniture, poses: dict[str, Pose], rng: np.random.Generator) -> Array:
    host = poses.get(wishes.hosts.get(piece.id, ""))
    points = _by_distance(wishes.scene, middle_of(wishes.scene.room) if host is None else (host.x, host.y))
    z = wishes.scene.room.height - piece.size[2] / 2
    return np.array([(x, y, z, turn) for x, y in points for turn in (0.0, 90.0)])


_CANDIDATES: dict[str, Callable[[Wishes, Furniture, dict[str, Pose], np.random.Generator], Array]] = {
    "floor": _rug, "wall": _on_wall, "on": _on_top, "ceiling": _on_ceiling,
}  # fmt: skip


def _by_distance(scene: Scene, point: tuple[float, float]) -> Array:
    """`point`, then the grid's points by their distance from it, (m, 2)."""
    step = max(scene.room.extent) / 20
    xs, ys = (np.arange(0.0, side, step) for side in scene.room.extent)
    points = np.stack([part.ravel() for part in np.meshgrid(xs, ys, indexing="ij")], -1)
    away = np.hypot(*(points - point).T)
    return np.concatenate([[point], points[np.argsort(away, kind="stable")]])


def _free(wishes: Wishes, piece: Furniture, places: Array, poses: dict[str, Pose]) -> Array:
    """Those places (m, 4) that are inside the room, off everything placed and out of the openings' zones."""
    scene = wishes.scene
    if not len(places):
        return places
    boxes = Boxes.at(places, np.array(piece.size[:2]) / 2, piece.size[2])
    ok = outside_distance(scene.room.floor, boxes.corners()) <= 1e-6
    ok &= (boxes.z1 <= scene.room.height + 1e-6) & (boxes.z0 >= -1e-6)
    rug = category_of(piece.category).walkable
    others = [other for other in scene.furniture if other.id in poses and category_of(other.category).walkable == rug]
    bodies = [_box(other.size, poses[other.id]) for other in others]
    hung = wishes.mounts[piece.id] == "wall"
    for opening in scene.room.openings:
        if (opening.kind == "door" and not (rug and piece.size[2] <= THIN)) or hung:
            bodies.append(_box(*opening_zone(scene.room, opening)))
    if bodies:
        joined = join(bodies)
        hit = plan_overlap(boxes, joined) > 1e-6
        if not rug:
            hit &= height_overlap(boxes, joined) > 1e-6
        ok &= ~hit.any(-1)
    return places[ok]


def _box(size: tuple[float, float, float], pose: Pose) -> Boxes:
    row = np.array([[pose.x, pose.y, pose.z, pose.rotation]])
    return Boxes.at(row, np.array([size[:2]]) / 2, np.array([size[2]]))
