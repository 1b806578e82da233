# SPDX-License-Identifier: GPL-3.0-or-later
"""SceneWeaver's counts of objects out of bounds and of colliding pairs.

Re-implemented from their definitions (Scene-Weaver/SceneWeaver, derived from Infinigen, BSD-3).
"""

from __future__ import annotations

from collections.abc import Iterable

from shapely import MultiPoint, Polygon

from ...scene.geometry import footprint, to_room
from ...scene.model import Pose
from ...scene.shape import shape_of
from .arrangement import Arrangement, Body
from .contact import Contact
from .metric import Metric, Value

BUFFER = 0.01
CONTACT = 0.001
VOLUME = 1e-4


def sceneweaver(arrangement: Arrangement, found: Iterable[Contact]) -> dict[str, Value]:
    """The values of this module's metrics."""
    if not arrangement.movable:
        return {"sceneweaver.ob": None, "sceneweaver.cn": None}
    room = arrangement.floor.buffer(BUFFER, join_style="mitre")
    outside = [b for b in arrangement.movable if not room.covers(MultiPoint(b.vertices[:, :2]).convex_hull)]
    colliding = [
        contact
        for contact in found
        if contact.depth > CONTACT
        and not (contact.a.is_rug or contact.b.is_rug)
        and shared_volume(contact.a, contact.b) > VOLUME
    ]
    return {"sceneweaver.ob": float(len(outside)), "sceneweaver.cn": float(len(colliding))}


def shared_volume(a: Body, b: Body) -> float:
    """Volume that the boxes of two pieces' shapes share, cubic metres."""
    total = 0.0
    for one, low, high in _prisms(a):
        for other, bottom, top in _prisms(b):
            height = min(high, top) - max(low, bottom)
            if height > 0.0:
                total += float(one.intersection(other).area) * height
    return total


def _prisms(body: Body) -> list[tuple[Polygon, float, float]]:
    """The shape's boxes: plan, bottom, top."""
    result = []
    for part in shape_of(body.piece):
        x, y = to_room(body.pose, part.center)
        z = body.pose.z + part.center[2]
        plan = Polygon(footprint(part.size, Pose(x, y, z, body.pose.rotation)))
        result.append((plan, z - part.size[2] / 2, z + part.size[2] / 2))
    return result


_SOURCE = "SceneWeaver (Yang et al. 2025), Scene-Weaver/SceneWeaver"
METRICS = (
    Metric(
        "sceneweaver.ob", "SceneWeaver #OB", "count", "lower", _SOURCE, "scene",
        "placed objects whose plan's convex hull is not within the floor", "1 cm",
    ),
    Metric(
        "sceneweaver.cn", "SceneWeaver #CN", "count", "lower", _SOURCE, "scene",
        "pairs of placed objects in contact that share volume, rugs left out",
        "contacts over 1 mm, volume over 1e-4 m³",
        "volume of the boxes that make up the shapes in place of a mesh boolean",
    ),
)  # fmt: skip
