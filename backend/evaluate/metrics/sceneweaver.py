# SPDX-License-Identifier: GPL-3.0-or-later
"""SceneWeaver's counts of objects out of bounds and of colliding pairs.

Re-implemented from their definitions (Scene-Weaver/SceneWeaver, derived from Infinigen, BSD-3).
"""

from __future__ import annotations

from collections.abc import Iterable

from shapely import MultiPoint, Polygon

from ...rewards.separation import corners
from .arrangement import Arrangement, Array, Body
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
    return sum((_shared(one, other) for one in a.boxes.T for other in b.boxes.T), 0.0)


def _shared(a: Array, b: Array) -> float:
    height = min(a[2] + a[7], b[2] + b[7]) - max(a[2] - a[7], b[2] - b[7])
    return float(_plan(a).intersection(_plan(b)).area) * float(height) if height > 0.0 else 0.0


def _plan(box: Array) -> Polygon:
    return Polygon(corners(box))


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
