# SPDX-License-Identifier: GPL-3.0-or-later
"""SceneReVis's collision and out-of-bounds rates.

Re-implemented from their definitions (eval/myeval.py of Runder-sun/SceneReVis, MIT).
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ...scene.geometry import signed_distance
from .arrangement import Arrangement, Body
from .contact import Contact
from .metric import Metric, Value

DEPTH = 0.01
SAMPLES = 500
BUFFER = 0.001
OUTSIDE = 0.01


def scenerevis(arrangement: Arrangement, found: Iterable[Contact]) -> dict[str, Value]:
    """The values of this module's metrics."""
    colliding = {body.id for contact in found if contact.depth > DEPTH for body in (contact.a, contact.b)}
    outside = {body.id for body in arrangement.movable if out_of_bounds(arrangement, body)}
    return {
        "scenerevis.collision": arrangement.share(colliding),
        "scenerevis.oob": arrangement.share(outside),
    }


def out_of_bounds(arrangement: Arrangement, body: Body) -> bool:
    """Whether more than 1 % of 500 points of its surface are more than 1 mm outside the room."""
    room = arrangement.scene.room
    points = body.surface_points(SAMPLES, "scenerevis")
    inside = np.asarray(signed_distance(room.floor, points[:, :2]) >= -BUFFER)
    inside &= (points[:, 2] >= -BUFFER) & (points[:, 2] <= room.height + BUFFER)
    return float((~inside).mean()) > OUTSIDE


_SOURCE = "SceneReVis, Runder-sun/SceneReVis"
METRICS = (
    Metric(
        "scenerevis.collision", "SceneReVis collision", "share", "lower", _SOURCE, "object",
        "placed objects whose surface meets another's, which is more than 1 cm inside", "1 cm",
        "depth of the boxes that make up the shapes: the original takes FCL's, of two triangles at a time, which is 1 m"
        " for cubes of 1 m that barely touch",
    ),
    Metric(
        "scenerevis.oob", "SceneReVis OOB", "share", "lower", _SOURCE, "object",
        "placed objects with more than 1 % of 500 surface points outside the floor polygon or the room's height",
        "1 mm",
    ),
)  # fmt: skip
