# SPDX-License-Identifier: GPL-3.0-or-later
"""LayoutGPT's out-of-bounds rate: the share of scenes with a box beyond the room's bounding rectangle.

Re-implemented from its definition (weixi-feng/LayoutGPT, MIT).
"""

from __future__ import annotations

import numpy as np

from .arrangement import EPSILON, Arrangement
from .metric import Metric, Value

BEYOND = 0.1


def layoutgpt(arrangement: Arrangement) -> dict[str, Value]:
    """The value of this module's metric."""
    if not arrangement.movable:
        return {"layoutgpt.oob": None}
    corners = np.concatenate([np.array(body.plan.exterior.coords) for body in arrangement.movable])
    beyond = np.maximum(-corners, corners - np.array(arrangement.scene.room.extent)).max()
    return {"layoutgpt.oob": float(beyond > BEYOND + EPSILON)}


METRICS = (
    Metric(
        "layoutgpt.oob", "LayoutGPT OOB scenes", "flag", "lower",
        "LayoutGPT (Feng et al. 2023), weixi-feng/LayoutGPT", "scene",
        "a plan corner of a placed object's box is beyond the floor's bounding rectangle (not its polygon)", "0.1 m",
    ),
)  # fmt: skip
