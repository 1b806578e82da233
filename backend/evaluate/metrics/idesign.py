# SPDX-License-Identifier: GPL-3.0-or-later
"""I-Design's out-of-bounds share and bounding box loss, by the definitions of its paper."""

from __future__ import annotations

from .arrangement import EPSILON, Arrangement, Body, overlap_volume
from .metric import Metric, Value


def idesign(arrangement: Arrangement) -> dict[str, Value]:
    """The values of this module's metrics."""
    if not arrangement.movable:
        return {"idesign.oob": None, "idesign.bbl": None}
    outside = {body.id for body in arrangement.movable if out_of_bounds(arrangement, body)}
    return {
        "idesign.oob": arrangement.share(outside),
        "idesign.bbl": sum((overlap_volume(a, b) for a, b in arrangement.pairs), 0.0),
    }


def out_of_bounds(arrangement: Arrangement, body: Body) -> bool:
    """Whether any of the whole box is outside the room."""
    if body.bottom < -EPSILON or body.top > arrangement.scene.room.height + EPSILON:
        return True
    return not arrangement.floor.buffer(EPSILON, join_style="mitre").covers(body.plan)


_SOURCE = "I-Design (Çelen et al. 2024), atcelen/IDesign"
METRICS = (
    Metric(
        "idesign.oob", "I-Design OOB", "share", "lower", _SOURCE, "object",
        "placed objects whose box is not wholly inside the room", "none (1 µm for rounding)",
    ),
    Metric(
        "idesign.bbl", "I-Design BBL", "m³", "lower", _SOURCE, "scene",
        "volume shared by two boxes, summed over pairs; rugs and tucked chairs included", "none",
        "oriented boxes, where its own turn in quarters only",
    ),
)  # fmt: skip
