# SPDX-License-Identifier: GPL-3.0-or-later
"""The shape of a piece of furniture as triangles, the way capture hands it to the physics engine."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """Triangles in a piece's own frame: metres, origin at the centre of its box, rotation 0, front south (-Y).

    `vertices` has shape (n, 3), `triangles` (m, 3) with indices into it. Pieces of the same shape share one `Mesh`, so
    what is built from it can be kept by identity.
    """

    vertices: NDArray[np.float64]
    triangles: NDArray[np.int64]
