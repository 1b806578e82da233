# SPDX-License-Identifier: GPL-3.0-or-later
"""The free floor that pieces need before or beside them to be used (`Category.access`, `Category.side_access`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..scene import Furniture, Layout, Pose, Scene, category_of
from ..scene.geometry import outside_distance
from ..scene.model import Point2
from ..scene.use import use_zones
from .places import mounts_in, places_in
from .separation import corners, penetration
from .walkway import HEAD

TOLERANCE = 0.05
"""Metres that may be missing from a clearance."""

BESIDE = 0.6
"""Share of a bed's side that has to be free."""


@dataclass(frozen=True, slots=True)
class UseSpace:
    """The floor that somebody who uses a piece stands on: its corners in the plan, counter-clockwise, room frame.

    `short` is how much of its depth is taken, by furniture or walls, metres beyond the tolerance.
    """

    piece: str
    corners: tuple[Point2, ...]
    short: float


def clearances(scene: Scene, layout: Layout) -> dict[str, float]:
    """How much of each piece's needed free depth is taken, by furniture or walls, metres beyond the tolerance.

    For pieces used from a side, the better side. Seats may stand before tables and desks. Unplaced pieces are left out.
    """
    users, _, owners, taken = _measured(scene, layout)
    short: dict[str, float] = {}
    for owner, depth in zip(owners, taken, strict=True):
        id = users[owner].id
        short[id] = min(short.get(id, np.inf), depth)
    return short


def use_spaces(scene: Scene, layout: Layout) -> tuple[UseSpace, ...]:
    """All the places that pieces are used from, as `clearances` measures them: of a bed's two sides, both."""
    users, zones, owners, taken = _measured(scene, layout)
    if not owners:
        return ()
    spaces = []
    for owner, depth, plan in zip(owners, taken, corners(zones).tolist(), strict=True):
        spaces.append(UseSpace(users[owner].id, tuple((x, y) for x, y in plan), depth))
    return tuple(spaces)


def _measured(scene: Scene, layout: Layout):
    """Who uses floor, the zones (8, k) of it, whose each is (as an index), how much of each is taken."""
    places, mounts = places_in(scene), mounts_in(scene)
    poses = {piece.id: pose for piece in scene.furniture if (pose := places.pose(layout, piece.id)) is not None}
    users = [
        piece for piece in scene.furniture if piece.id in poses and mounts[piece.id] == "floor" and use_zones(piece)
    ]
    zones, owners = [], []
    for index, piece in enumerate(users):
        for zone in _zones(piece, poses[piece.id]):
            zones.append(zone)
            owners.append(index)
    every = np.array(zones, float).reshape(-1, 8).T
    taken = _taken(scene, every, [users[i] for i in owners], poses, mounts) if owners else np.zeros(0)
    return users, every, owners, np.maximum(0.0, taken - TOLERANCE).tolist()


def _zones(piece: Furniture, pose: Pose) -> list[tuple[float, ...]]:
    return [_zone(pose, zone.x, zone.y, zone.length, zone.width) for zone in use_zones(piece)]


def _zone(pose: Pose, u: float, v: float, length: float, width: float) -> tuple[float, ...]:
    """A standing person's space at (u, v) in the pose's frame, as a box column of `separation`."""
    angle = np.radians(pose.rotation)
    c, s = float(np.cos(angle)), float(np.sin(angle))
    low = 0.1
    x, y = pose.x + u * c - v * s, pose.y + u * s + v * c
    return x, y, (low + HEAD) / 2, c, s, length / 2, width / 2, (HEAD - low) / 2


def _taken(scene: Scene, zones, users: list[Furniture], poses: Mapping[str, Pose], mounts: Mapping[str, str]):
    """How deep anything reaches into each zone (8, k) in the plan, metres, however low it is."""
    taken = outside_distance(scene.room.floor, corners(zones))
    others = [
        piece
        for piece in scene.furniture
        if piece.id in poses and mounts[piece.id] != "on" and not category_of(piece.category).walkable
    ]
    if not others:
        return taken
    boxes = np.array([(*_center(poses[p.id]), *(half / 2 for half in p.size)) for p in others]).T
    zone, box = zones[:, :, None], boxes[:, None, :]
    upright = zone[7] + box[7] - np.abs(zone[2] - box[2])
    depth = np.where(upright > 0.0, penetration(_endless(zone), _endless(box)), 0.0)
    for k, user in enumerate(users):
        for j, other in enumerate(others):
            if other.id == user.id or (category_of(user.category).knee and category_of(other.category).seat):
                depth[k, j] = 0.0
    return np.maximum(taken, depth.max(1))


def _endless(boxes):
    """The boxes without top and bottom, so that only their plans separate them."""
    tall = boxes.copy()
    tall[2], tall[7] = 0.0, 1e6
    return tall


def _center(pose: Pose) -> tuple[float, ...]:
    angle = np.radians(pose.rotation)
    return pose.x, pose.y, pose.z, float(np.cos(angle)), float(np.sin(angle))
