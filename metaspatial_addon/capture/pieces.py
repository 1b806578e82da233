# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures single pieces of furniture: box, pose, shape, category."""

from __future__ import annotations

import hashlib
import math
from collections import OrderedDict
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ...backend.scene import CATEGORIES, Part, Pose, Room, category_of, infer_category
from ...backend.scene.geometry import footprint, signed_distance
from ..physics.mesh import Mesh
from .assets import asset_words
from .frame import RoomFrame, into_yaw_frame, out_of_yaw_frame, yaw_of
from .inventory import Item
from .names import category_id, category_in_words
from .settings import AUTO
from .shape import parts_of

Floats = NDArray[np.float64]

_THINNEST = 0.001
_MOST_TRIANGLES = 60_000
_MOST_SHAPES = 2000
_PARTS: OrderedDict[bytes, tuple[Part, ...]] = OrderedDict()
"""Parts by shape: what was taken apart once is not again at the next look at the room, which follows every change."""


@dataclass(frozen=True, eq=False)
class Measured:
    """One piece as it stands: category, box size (metres), pose and shape in the room frame."""

    item: Item
    category: str
    size: tuple[float, float, float]
    pose: Pose
    mesh: Mesh
    shape_key: bytes

    @property
    def bottom(self) -> float:
        return self.pose.z - self.size[2] / 2

    @property
    def top(self) -> float:
        return self.pose.z + self.size[2] / 2

    @property
    def footprint(self) -> Floats:
        return footprint(self.size, self.pose)

    @property
    def name(self) -> str:
        return self.item.root.name

    def covers(self, x: float, y: float) -> bool:
        """Whether a plan point is inside the piece's box."""
        return float(signed_distance(self.footprint, (x, y))) >= 0

    def reach(self, room: Room) -> float:
        """How near its box comes to a wall's inner face, metres; negative beyond it."""
        return float(signed_distance(room.floor, self.footprint).min())


@dataclass(eq=False)
class Measurer:
    """Measures pieces; equal shapes share one mesh."""

    frame: RoomFrame
    meshes: dict[bytes, Mesh] = field(default_factory=dict)

    def measure(self, item: Item) -> Measured:
        """Box and shape of an item in its root's own yaw frame."""
        frame = self.frame
        yaw = yaw_of(np.array(item.root.matrix_world, float), item.settings.front)
        points, triangles, count = [], [], 0
        for shape in item.shapes:
            points.append(into_yaw_frame(shape.world() * frame.scale, yaw))
            triangles.append(shape.triangles + count)
            count += len(shape.vertices)
        vertices = np.concatenate(points)
        low, high = vertices.min(0), vertices.max(0)
        middle = (low + high) / 2
        vertices -= middle
        x, y, z = (round(float(v), 6) + 0.0 for v in frame.to_room(out_of_yaw_frame(middle, yaw)))
        rotation = round((yaw - math.degrees(frame.yaw)) % 360.0, 6) % 360.0
        size = np.maximum(high - low, _THINNEST).round(6).tolist()
        every = np.concatenate(triangles)
        key = hashlib.blake2b(vertices.astype(np.float32).round(4).tobytes() + every.tobytes(), digest_size=16).digest()
        mesh = self.meshes.setdefault(key, Mesh(vertices, every))
        return Measured(item, category_for(item), (size[0], size[1], size[2]), Pose(x, y, z, rotation), mesh, key)

    def parts_for(self, measured: Measured, category: str) -> tuple[Part, ...]:
        """The piece's finer shape where it matters: () for what is a plain box, or is better treated as one."""
        known = category_of(category)
        closed = known.back == "wall" and not known.knee and category not in ("sofa", "kitchen_counter")
        if closed or known.walkable or known.mount != "floor" or len(measured.mesh.triangles) > _MOST_TRIANGLES:
            return ()
        if measured.shape_key not in _PARTS:
            _PARTS[measured.shape_key] = parts_of(measured.mesh.vertices, measured.mesh.triangles)
            while len(_PARTS) > _MOST_SHAPES:
                _PARTS.popitem(last=False)
        _PARTS.move_to_end(measured.shape_key)
        return _PARTS[measured.shape_key]


def category_for(item: Item) -> str:
    """The category that is set, or that the names of the object, its instance, its data or its parts tell.

    Where no name does, the words that came with it as an asset may: catalog, tags, description.
    """
    if item.settings.category != AUTO:
        wanted = item.settings.category
        if wanted in CATEGORIES:
            return wanted
        inferred = infer_category(wanted)
        return inferred if inferred != "unknown" else category_id(wanted)
    root = item.root
    names = [root.name]
    if root.instance_type == "COLLECTION" and root.instance_collection is not None:
        names.append(root.instance_collection.name)
    if root.data is not None:
        names.append(root.data.name)
    for name in names:
        found = infer_category(name)
        if found != "unknown":
            return found
    among = {infer_category(member.name) for member in item.members[1:]} - {"unknown"}
    if len(among) == 1:
        return among.pop()
    told = (category_in_words(*words) for words in asset_words(root))
    return next((found for found in told if found != "unknown"), "unknown")
