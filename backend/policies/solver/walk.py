# SPDX-License-Identifier: GPL-3.0-or-later
"""Which pieces nobody can walk to, as the score will see it."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ...rewards.walkway import walkway_of
from ...scene import Pose
from .boxes import Array
from .problem import Problem


def unreached(problem: Problem, poses: Array, placed: NDArray[np.bool_]) -> dict[int, float]:
    """Pieces a person from the door stops short of, and how badly: 1 for half a metre or more, or no way at all."""
    if not len(problem.doors.x):
        return {}
    standing = {
        problem.pieces[i].id: Pose(*(float(v) for v in poses[i]))
        for i in np.flatnonzero(placed)
        if problem.mount[i] == "floor"
    }
    short = walkway_of(problem.scene).shortfalls(standing)
    return {problem.index[id]: _share(gap) for id, gap in short.items() if gap > 0}


def _share(gap: float) -> float:
    return 1.0 if math.isinf(gap) else min(0.4 + 1.2 * gap, 1.0)
