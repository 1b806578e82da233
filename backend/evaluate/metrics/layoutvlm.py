# SPDX-License-Identifier: GPL-3.0-or-later
"""LayoutVLM's CF and IB, collision-free and in-boundary.

Its evaluation code was never released (its issue 16). All published values are whole numbers of 99 scenes, so they are
taken for flags of scenes; tolerances are those of its own optimisation.
"""

from __future__ import annotations

from shapely import Point

from ...rewards.physics import TOLERANCE
from ...rewards.plan import PlanBox, separation
from .arrangement import Arrangement, Body
from .metric import Metric, Value

FLAT = 0.05
"""Overlap in height that its collision loss leaves out, metres."""
BOUNDARY = 0.01
"""Buffer of the floor in its projection into the room, metres."""


def layoutvlm(arrangement: Arrangement) -> dict[str, Value]:
    """The values of this module's metrics."""
    if not (arrangement.movable or arrangement.unplaced):
        return {"layoutvlm.cf": None, "layoutvlm.ib": None}
    floor = arrangement.floor.buffer(BOUNDARY, join_style="mitre")
    inside = all(floor.covers(Point(corner)) for body in arrangement.movable for corner in body.plan.exterior.coords)
    return {
        "layoutvlm.cf": float(not any(_collide(a, b) for a, b in arrangement.pairs)),
        "layoutvlm.ib": float(inside and not arrangement.unplaced),
    }


def _collide(a: Body, b: Body) -> bool:
    if min(a.top, b.top) - max(a.bottom, b.bottom) < FLAT:
        return False
    return separation(PlanBox.of(a.piece, a.pose), PlanBox.of(b.piece, b.pose)) < -TOLERANCE


_SOURCE = "LayoutVLM (Sun et al. 2025), sunfanyunn/LayoutVLM"
METRICS = (
    Metric(
        "layoutvlm.cf", "LayoutVLM CF", "flag", "higher", _SOURCE, "scene",
        "no two whole boxes of placed objects overlap (inferred)",
        "5 mm in the plan; less than 5 cm in height is no collision, so rugs are not",
        "evaluation never released: scene flag inferred from published values, tolerances from its optimisation",
    ),
    Metric(
        "layoutvlm.ib", "LayoutVLM IB", "flag", "higher", _SOURCE, "scene",
        "every object is placed with its box's plan corners on the floor (inferred)", "1 cm",
        "as CF; that unplaced objects fail is inferred too",
    ),
)  # fmt: skip
